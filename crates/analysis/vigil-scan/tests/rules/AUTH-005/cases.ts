//: bad option
import cors from 'cors';
app.use(cors({ origin: '*' }));
//: bad default of the middleware
import cors from 'cors';
app.use(cors());
//: bad header by hand
export function handler(req, res) { res.setHeader('Access-Control-Allow-Origin', '*'); res.end(); }
//: bad socket server
import { Server } from 'socket.io';
const io = new Server(http, { cors: { origin: '*' } });
//: good named origin
import cors from 'cors';
app.use(cors({ origin: 'https://app.example.com' }));
//: good decided by a function
import cors from 'cors';
app.use(cors({ origin: (origin, done) => done(null, allowed.has(origin)) }));
//: good comment
/* app.use(cors({ origin: '*' })); */
export const x = 1;
