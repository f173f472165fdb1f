//! Lifetimes, signing keys, CORS, cookies, comparisons.

use super::{facts, facts_at};
use crate::facts::Operand;
use crate::finding::Edit;

#[test]
fn lifetimes_in_hours() {
    for (text, hours) in [
        ("jwt.sign(p, k, { expiresIn: '30d' })", 720.0),
        ("a = { expiresIn: '2w' }", 336.0),
        ("a = { expires_in: '90 days' }", 2160.0),
        ("a = { expiresIn: '1y' }", 8766.0),
        ("a = { expiresIn: '15m' }", 0.25),
        ("a = { expiresIn: '36 hrs' }", 36.0),
        ("a = { expiresIn: 604800 }", 168.0),
        ("a = { expiresIn: 60 * 60 * 24 * 30 }", 720.0),
        ("const DAY = 86400; a = { expiresIn: 2 * DAY }", 48.0),
        ("const expiresIn = '48h'", 48.0),
        ("const JWT_EXPIRES_IN = '48h'; jwt.sign(p, k, { expiresIn: JWT_EXPIRES_IN })", 48.0),
        ("options.expiresIn = '48h'", 48.0),
        ("class A { expiresIn = '48h' }", 48.0),
        ("await new SignJWT(p).setExpirationTime('7d').sign(k)", 168.0),
        ("a = { exp: Math.floor(Date.now() / 1000) + 60 * 60 * 48 }", 48.0),
        ("app.use(session({ cookie: { maxAge: 1000 * 60 * 60 * 48 } }))", 48.0),
        ("NextAuth({ session: { maxAge: 30 * 24 * 60 * 60 } })", 720.0),
        (
            "res.cookie('token', t, { maxAge: 172800000, httpOnly: true, secure: true, sameSite: 'lax' })",
            48.0,
        ),
        ("auth.createSessionCookie(t, { expiresIn: 1000 * 60 * 60 * 48 })", 48.0),
    ] {
        let found: Vec<f64> = facts(text).lifetimes.iter().map(|it| it.seconds / 3600.0).collect();
        assert_eq!(found, [hours], "{text}");
    }
    for text in [
        "a = { maxAge: 2592000000, ttl: '30d', cacheFor: '7d' }",
        "// expiresIn: '365d'",
        "a = { expiresIn: env.LIFE }",
        "getSignedUrl(client, command, { expiresIn: 604800 })",
        "res.cookie('theme', t, { maxAge: 31536000000 })",
        "a = { expiresIn: 'soon' }",
    ] {
        assert!(facts(text).lifetimes.is_empty(), "{text}");
    }
}

#[test]
fn signing_keys_that_are_written_down() {
    for (text, key) in [
        ("const jwt = require('jsonwebtoken'); jwt.sign(p, 'tangerine', o)", "tangerine"),
        ("import { sign } from 'jsonwebtoken'; sign(p, 'tangerine')", "tangerine"),
        ("import jsonwebtoken from 'jsonwebtoken'; jsonwebtoken.verify(t, `tangerine`)", "tangerine"),
        ("const k = 'tangerine'; jwt.verify(t, k)", "tangerine"),
        ("new SignJWT(p).setIssuedAt().sign(new TextEncoder().encode('tangerine'))", "tangerine"),
        ("const k = new TextEncoder().encode('tangerine'); jwtVerify(t, k)", "tangerine"),
        ("new Strategy({ secretOrKey: 'tangerine' }, f)", "tangerine"),
        ("app.use(cookieParser('tangerine'))", "tangerine"),
        ("app.use(session({ secret: ['tangerine'] }))", "tangerine"),
        ("app.keys = ['tangerine']", "tangerine"),
        ("app.use(cookieSession({ keys: ['tangerine'] }))", "tangerine"),
    ] {
        let found: Vec<String> = facts(text).signing_keys.into_iter().map(|it| it.value).collect();
        assert_eq!(found, [key], "{text}");
    }
    for text in [
        "jwt.sign(p, process.env.KEY)",
        "jwt.sign(p, JWT_SECRET)",
        "const JWT_SECRET = 'reported where it stands'; jwt.sign(p, JWT_SECRET)",
        "jwt.sign(p, `${a}b`)",
        "crypto.sign('sha256', 'data')",
        "wallet.sign(tx, 'x')",
        "redact({ keys: ['name'] })",
        "jwt.decode(token, 'x')",
    ] {
        assert!(facts(text).signing_keys.is_empty(), "{text}");
    }
}

#[test]
fn cors_for_everybody() {
    for (text, framework) in [
        ("app.use(cors())", "express"),
        ("import cors from 'cors'; router.use( cors() )", "express"),
        ("app.use(cors({ credentials: true }))", "express"),
        ("app.use(cors({ origin: '*' }))", "express"),
        ("app.use(cors({ origin: ['*'] }))", "express"),
        ("app.use(cors({ origin: true }))", "express"),
        ("new Server(1, { cors: { origin: '*' } })", "express"),
        ("import { cors } from 'hono/cors'; app.use('*', cors())", "hono"),
        ("const cors = require('@koa/cors'); app.use(cors())", "koa"),
        ("import cors from '@fastify/cors'; await app.register(cors)", "fastify"),
        ("import cors from '@fastify/cors'; app.register(cors, { origin: true })", "fastify"),
        ("app.enableCors()", "nest"),
        ("NestFactory.create(M, { cors: true })", "nest"),
        ("res.header('Access-Control-Allow-Origin', '*')", "header"),
        ("res.setHeader('access-control-allow-origin', '*')", "header"),
        ("res.writeHead(200, { 'Access-Control-Allow-Origin': '*' })", "header"),
        ("headers['Access-Control-Allow-Origin'] = '*'", "header"),
        ("x = { headers: [{ key: 'Access-Control-Allow-Origin', value: '*' }] }", "header"),
    ] {
        let found: Vec<_> = facts(text).cors.into_iter().map(|it| it.framework).collect();
        assert_eq!(found, [framework], "{text}");
    }
    for text in [
        "app.use(cors({ origin: 'https://a.invalid' }))",
        "app.use(cors({ origin: (o, cb) => cb(null, true) }))",
        "app.use(cors(options))",
        "app.use(cors({ ...options }))",
        "// app.use(cors())",
        "/* app.use(cors()) */",
        "import { cors } from './own'; app.use(cors())",
        "function cors() {} app.use(cors())",
        "res.header('Access-Control-Allow-Origin', req.headers.origin)",
        "res.header('Access-Control-Allow-Headers', '*')",
        "req.get('Access-Control-Allow-Origin')",
        "app.enableCors({ origin: list })",
    ] {
        assert!(facts(text).cors.is_empty(), "{text}");
    }
}

#[test]
fn cookies_without_flags() {
    let all = ["secure", "httponly", "samesite"].as_slice();
    for (text, missing) in [
        ("res.cookie('a', b)", all),
        ("res.cookie('a', b, {})", all),
        ("res.status(200).cookie('a', b)", all),
        ("this.res.cookie('a', b)", all),
        ("res.cookie('a', b, { httpOnly: true, maxAge: 1 })", &["secure", "samesite"]),
        ("res.cookie('a', b, { insecure: true, httpOnly: true, sameSite: 'lax' })", &["secure"]),
        ("res.cookie('a', b, { secure: false, httpOnly: true, sameSite: 'lax' })", &["secure"]),
        ("res.cookie('a', b, { ...o, secure: false })", &["secure"]),
        ("const o = { secure: true }; res.cookie('a', b, o)", &["httponly", "samesite"]),
        ("reply.setCookie('a', b, { path: '/' })", all),
        ("import { cookies } from 'next/headers'; cookies().set('a', b)", all),
        (
            "import { cookies } from 'next/headers'; (await cookies()).set({ name: 'a', value: b, secure: true })",
            &["httponly", "samesite"],
        ),
        ("import { cookies } from 'next/headers'; const jar = await cookies(); jar.set('a', b)", all),
        ("response.cookies.set('a', b, { secure: true, sameSite: 'lax' })", &["httponly"]),
        ("import { setCookie } from 'hono/cookie'; setCookie(c, 'a', b)", all),
    ] {
        let found: Vec<_> = facts(text).cookies.into_iter().map(|it| it.missing).collect();
        assert_eq!(found, [missing.to_vec()], "{text}");
    }
    for text in [
        "res.cookie('a', b, { httpOnly: true, secure: true, sameSite: 'lax' })",
        "res.cookie('a', b, { httpOnly: true, secure: true, sameSite: true })",
        "res.cookie('a', b, { httpOnly: true, secure: prod, sameSite: 'lax' })",
        "res.cookie('a', b, { ...defaults })",
        "res.cookie('a', b, options)",
        "res.cookie('a', '', { maxAge: 0 })",
        "res.cookie('a', '', { expires: new Date(0) })",
        "$.cookie('currency')",
        "$.cookie('currency', 'EUR')",
        "req.cookie('a')",
        "req.cookies.a",
        "map.set('a', b)",
        "res.clearCookie('a')",
        "app.use(cookieParser())",
    ] {
        assert!(facts(text).cookies.is_empty(), "{text}");
    }
}

#[test]
fn a_cookie_is_mended_in_place() {
    for (text, mended) in [
        ("res.cookie('a', b)", "res.cookie('a', b, { secure: true, httpOnly: true, sameSite: 'lax' })"),
        ("res.cookie('a', b, {})", "res.cookie('a', b, { secure: true, httpOnly: true, sameSite: 'lax' })"),
        (
            "res.cookie('a', b, { secure: false })",
            "res.cookie('a', b, { secure: true, httpOnly: true, sameSite: 'lax' })",
        ),
        (
            "res.cookie('a', b, { httpOnly: true, })",
            "res.cookie('a', b, { httpOnly: true, secure: true, sameSite: 'lax', })",
        ),
    ] {
        let fix = facts(text).cookies.remove(0).fix.expect("a fix");
        assert_eq!(apply(text, &fix.edits), mended);
    }
    assert!(facts("res.cookie('a', b, { ...o, secure: false })").cookies.remove(0).fix.is_none());
}

pub(super) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.start as usize..edit.end as usize, &edit.text);
    }
    text
}

#[test]
fn comparisons_that_name_a_password() {
    let name = |last: &str, whole: &str| Operand::Name { last: last.to_owned(), whole: whole.to_owned() };
    for (text, left, operator, right) in [
        ("user.password === attempt", name("password", "user.password"), "===", name("attempt", "attempt")),
        ("u.hashedPassword != x", name("hashedPassword", "u.hashedPassword"), "!=", name("x", "x")),
        (
            "password == 'changeme'",
            name("password", "password"),
            "==",
            Operand::Literal("'changeme'".to_owned()),
        ),
        ("x !== u?.password", name("x", "x"), "!==", name("password", "u?.password")),
        ("password === ''", name("password", "password"), "===", Operand::Literal("''".to_owned())),
        (
            "password === undefined",
            name("password", "password"),
            "===",
            Operand::Literal("undefined".to_owned()),
        ),
        (
            "user.password === md5(x)",
            name("password", "user.password"),
            "===",
            Operand::Call("md5".to_owned()),
        ),
        ("a['password'] === b", name("password", "a['password']"), "===", name("b", "b")),
    ] {
        let found = facts(&format!("if ({text}) f()")).comparisons;
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((&found[0].left, found[0].operator, &found[0].right), (&left, operator, &right), "{text}");
    }
    for text in [
        "typeof x.password === 'string'",
        "password.length === 0",
        "a === b",
        "getPassword() === x",
        "password > x",
    ] {
        assert!(facts_at("src/a.ts", &format!("if ({text}) f()")).comparisons.is_empty(), "{text}");
    }
}
