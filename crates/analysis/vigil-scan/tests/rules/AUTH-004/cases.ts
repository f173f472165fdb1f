//: bad constant
const JWT_SECRET = 'tangerine dream';
//: bad option of the session
app.use(session({ secret: 'keyboard cat', resave: false }));
//: bad literal handed to the library
import jwt from 'jsonwebtoken';
export const token = jwt.sign({ sub }, 'tangerine', { expiresIn: '1h' });
//: bad class field
export class Auth { private secretKey: string = 'not-very-random'; }
//: good environment
const JWT_SECRET = process.env.JWT_SECRET;
//: good template
const secret = `${process.env.A}-b`;
//: good label
export const labels = { secret: 'Secret' };
//: good name of a kind of thing
export const kinds = { secret: 'secret', volume: 'volume' };
