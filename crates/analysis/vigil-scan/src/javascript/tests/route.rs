//! Endpoints and their guards.

use super::{facts, facts_at};

fn routes(path: &str, text: &str) -> Vec<String> {
    let facts = facts_at(path, text);
    facts
        .endpoints
        .into_iter()
        .map(|it| format!("{} {} [{}]", it.method, it.path.replace('\u{FFFC}', "…"), it.guards.join(",")))
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(routes("src/a.ts", text), expected, "{text}");
}

#[test]
fn express_routes_and_their_middlewares() {
    for (text, route) in [
        ("const app = require('express')(); app.get('/a', (req, res) => res.end())", "GET /a []"),
        ("const router = require('express').Router(); router.delete('/a/:id', h)", "DELETE /a/:id []"),
        ("import { Router } from 'express'; const r: Router = Router(); r.post('/a', h)", "POST /a []"),
        (
            "import express from 'express'; const api = express.Router(); api.put('/a', auth, h)",
            "PUT /a [auth]",
        ),
        ("import { app } from './server'; app.delete('/a', (req, res) => f())", "DELETE /a []"),
        ("router.put('/a', [checkToken, isAdmin], h)", "PUT /a [checkToken,isAdmin]"),
        ("app.get('/a', passport.authenticate('jwt'), h)", "GET /a [passport.authenticate]"),
        ("app.get('/users/auth/x', (req, res) => f())", "GET /users/auth/x []"),
        ("app.delete(`${prefix}/a/:id`, (req, res) => f())", "DELETE …/a/:id []"),
        ("app.get(/^\\/a/, h)", "GET ^\\/a []"),
        ("app.get(['/a', '/b'], h)", "GET /a []"),
        ("app.post('/a', requireRole('admin'), controller.create)", "POST /a [requireRole]"),
        ("app.post('/a', asyncHandler(async (req, res) => f()))", "POST /a [asyncHandler]"),
        ("class S { constructor() { this.router.post('/a', this.create) } }", "POST /a []"),
        ("router.get('/a',\n  authenticate,\n  (req, res) => f(),\n)", "GET /a [authenticate]"),
        ("app.del('/a', h)", "DELETE /a []"),
        ("adminRouter.patch('/a', h)", "PATCH /a []"),
        ("module.exports = (app) => { app.post('/a', h) }", "POST /a []"),
    ] {
        check(text, &[route]);
    }
}

#[test]
fn stores_clients_and_comments_open_no_route() {
    for text in [
        "app.delete('cached')",
        "app.put('started', Date.now())",
        "app.get('env')",
        "app.set('/x', h)",
        "this.$router.put('/x', h)",
        "map.delete('/x', h)",
        "axios.post('/x', body)",
        "client.get('/x', cb)",
        "api.post('/x', data)",
        "request(app).get('/x')",
        "// app.delete('/x', h)",
        "/* app.delete('/x', h) */",
        "router.post('/x', { name: 1 })",
        "import { router } from '@inertiajs/react'; router.delete('/x', f)",
        "const router = useRouter(); router.get('/x', f)",
        "const app = new Map(); app.delete('/x', f)",
        "cy.get('/x', f)",
        "app.get('/x')",
    ] {
        check(text, &[]);
    }
}

#[test]
fn guards_of_the_router_stand_before_later_routes_only() {
    check(
        "router.get('/a', h); router.use(requireAuth); router.get('/b', h)",
        &["GET /a []", "GET /b [requireAuth]"],
    );
    check(
        "app.use('/admin', requireAuth); app.get('/admin/x', h); app.get('/y', h)",
        &["GET /admin/x [requireAuth]", "GET /y []"],
    );
    check(
        "app.all('/admin/*', requireAuth); app.get('/admin/x', h)",
        &["ALL /admin/* [requireAuth]", "GET /admin/x [requireAuth]"],
    );
    check("app.use('/auth', authRouter); app.post('/x', h)", &["POST /x []"]);
    check("app.use(require('./auth')); app.post('/x', h)", &["POST /x []"]);
    check(
        "app.use(expressjwt({ a: 1 }).unless({ path: ['/x'] })); app.post('/y', h)",
        &["POST /y [expressjwt]"],
    );
    check(
        "app.use((req, res, next) => { if (!req.user) return res.sendStatus(401); next() }); app.post('/x', h)",
        &["POST /x [authorization]"],
    );
    check(
        "function a() { const router = Router(); router.use(auth); router.post('/x', h) } function b() { const router = Router(); router.post('/y', h) }",
        &["POST /x [auth]", "POST /y []"],
    );
}

#[test]
fn mounted_routers_take_prefix_and_guards() {
    check(
        "const app = express(); const api = express.Router(); api.post('/x', h); app.use('/v1', requireAuth, api)",
        &["POST /v1/x [requireAuth]"],
    );
    check(
        "const app = express(); app.use(gate); const a = Router(), b = Router(); b.get('/z', h); a.use('/b', b); app.use('/a', a)",
        &["GET /a/b/z [gate]"],
    );
}

#[test]
fn chains_of_a_route() {
    check("router.route('/x').get(h).post(auth, h)", &["GET /x []", "POST /x [auth]"]);
    check("new Hono().get('/a', h).post('/b', h)", &["GET /a []", "POST /b []"]);
}

#[test]
fn what_the_handler_does_first_is_a_guard() {
    for (text, guards) in [
        ("app.post('/x', async (req, res) => { const u = await verifyToken(req); f(u) })", "verifyToken"),
        (
            "app.post('/x', (req, res) => { if (!req.user) return res.status(401).end(); f() })",
            "authorization",
        ),
        (
            "app.post('/x', h); function h(req, res) { if (!ok(req)) { res.sendStatus(403) } }",
            "authorization",
        ),
        ("app.post('/x', (req, res) => { jwt.verify(t, k, (e) => { if (e) return f() }) })", "jwt.verify"),
        ("app.post('/x', withAuth(async (req, res) => f()))", "withAuth"),
        (
            "app.post('/x', gate, h); function gate(req, res, next) { if (!a) throw new UnauthorizedError() }",
            "gate,authorization",
        ),
        ("app.post('/x', createAuthToken)", ""),
        ("app.post('/y', (q, s) => s.status(404)); ", ""),
    ] {
        let found = &facts(text).endpoints[0];
        assert_eq!(found.guards.join(","), guards, "{text}");
    }
}

#[test]
fn koa_fastify_and_hono() {
    check(
        "const Router = require('@koa/router'); const r = new Router({ prefix: '/v1' }); r.use(auth); r.post('/x', h)",
        &["POST /v1/x [auth]"],
    );
    check("fastify.get('/x', { preHandler: [fastify.authenticate] }, h)", &["GET /x [fastify.authenticate]"]);
    check(
        "fastify.route({ method: ['GET', 'POST'], url: '/x', onRequest: verifyJWT, handler: h })",
        &["GET /x [verifyJWT]", "POST /x [verifyJWT]"],
    );
    check("fastify.post('/x', { handler: h })", &["POST /x []"]);
    check(
        "const app = Fastify(); app.register(async (instance) => { instance.addHook('preHandler', auth); instance.post('/x', h) }, { prefix: '/v1' }); app.post('/y', h)",
        &["POST /v1/x [auth]", "POST /y []"],
    );
    check(
        "async function routes(fastify) { fastify.post('/x', h) } const app = Fastify(); app.register(routes, { prefix: '/v1' })",
        &["POST /v1/x []"],
    );
    check(
        "const app = new Hono(); app.use('/admin/*', jwt({ secret })); app.post('/admin/x', h); app.post('/y', h)",
        &["POST /admin/x [jwt]", "POST /y []"],
    );
    check("const app = new Hono().basePath('/api'); app.post('/x', h)", &["POST /api/x []"]);
    check(
        "const app = new Hono(), sub = new Hono(); sub.post('/x', h); app.route('/v1', sub)",
        &["POST /v1/x []"],
    );
}

#[test]
fn nest_controllers() {
    check(
        "@Controller('cats') class C { @Get(':id') one() {} @Post() @UseGuards(AuthGuard('jwt'), RolesGuard) make() {} }",
        &["GET /cats/:id []", "POST /cats [AuthGuard,RolesGuard]"],
    );
    check(
        "@UseGuards(JwtAuthGuard) @Controller({ path: 'cats' }) class C { @Delete('x') drop() {} @Public() @Post('y') make() {} }",
        &["DELETE /cats/x [JwtAuthGuard]", "POST /cats/y [Public]"],
    );
    check("@Controller() class C { @Put('x') put(@CurrentUser() user: User) {} }", &["PUT /x [CurrentUser]"]);
    check("class Service { @Get('x') get() {} }", &[]);
}

#[test]
fn next_route_handlers() {
    for (path, text, expected) in [
        (
            "app/api/users/[id]/route.ts",
            "export async function DELETE(req) { f() }",
            "DELETE /api/users/[id] []",
        ),
        (
            "src/app/(admin)/api/x/route.ts",
            "export const POST = withAuth(async (req) => f())",
            "POST /api/x [withAuth]",
        ),
        (
            "app/api/x/route.ts",
            "export async function POST() { const s = await getServerSession(o); if (!s) return f() }",
            "POST /api/x [getServerSession]",
        ),
        ("app/api/x/route.js", "const handler = async () => f(); export { handler as PUT }", "PUT /api/x []"),
        (
            "app/api/x/route.js",
            "export async function POST() { return Response.json({}, { status: 401 }) }",
            "POST /api/x [authorization]",
        ),
        (
            "pages/api/users/index.ts",
            "export default async function handler(req, res) { if (req.method === 'POST') f() }",
            "POST /api/users []",
        ),
        (
            "pages/api/x.ts",
            "export default withSession(async (req, res) => { switch (req.method) { case 'DELETE': f() } })",
            "DELETE /api/x [withSession]",
        ),
    ] {
        assert_eq!(routes(path, text), [expected], "{path}: {text}");
    }
    for (path, text) in [
        (
            "app/api/auth/[...nextauth]/route.ts",
            "const handler = NextAuth(options); export { handler as GET, handler as POST }",
        ),
        (
            "app/api/x/route.ts",
            "export const dynamic = 'force-dynamic'; export const { GET, POST } = handlers",
        ),
        ("app/x/page.tsx", "export async function POST() {}"),
        ("lib/route.ts", "export async function POST() {}"),
        ("pages/api/x.ts", "export default function handler(req, res) { f() }"),
    ] {
        assert!(routes(path, text).is_empty(), "{path}: {text}");
    }
}
