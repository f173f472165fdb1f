//: bad express post
import express from 'express';
const app = express();
app.post('/tickets', createTicket);
//: bad path in backquotes
import express from 'express';
const app = express();
app.delete(`/tickets/${kind}`, (req, res) => res.end());
//: bad validation of the body is no guard
import { Router } from 'express';
const router = Router();
router.put('/users/:id', validateBody(schema), updateUser);
//: good guard before the handler
import { Router } from 'express';
const router = Router();
router.delete('/coupons/:code', isAdmin, dropCoupon);
//: good guards in a list
import { Router } from 'express';
const router = Router();
router.put('/coupons/:code', [checkToken, express.json()], replaceCoupon);
//: good passport
import express from 'express';
const app = express();
app.post('/photos', passport.authenticate('jwt'), savePhoto);
//: good entries of a store
import { app } from './state';
app.delete('cached-config');
app.put('started', Date.now());
//: good commented out
import express from 'express';
const app = express();
// app.delete('/jobs/:id', removeJob);
app.get('/jobs', listJobs);
