//: bad express dashboard
import express from 'express';
const app = express();
app.get('/dashboard', (req, res) => res.json(widgets()));
//: bad body parser is no guard
import express from 'express';
const app = express();
app.get('/orders/:id', express.json(), (req, res) => res.json(order(req.params.id)));
//: bad versioned api
import express from 'express';
const router = express.Router();
router.get('/api/v2/reports', (req, res) => res.json(reports()));
//: good middleware before the handler
import express from 'express';
const app = express();
app.get('/payments', requireAuth, (req, res) => res.json(payments(req.user)));
//: good middleware of the router
import { Router } from 'express';
const router = Router();
router.use(isAuthenticated);
router.get('/account', (req, res) => res.json(req.user));
//: good health check
import express from 'express';
const app = express();
app.get('/health', (req, res) => res.send('up'));
//: good map of users
const cache = new Map<string, string>();
export const user = cache.get('/users/1');
