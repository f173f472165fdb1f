//! How long tokens live, and the keys they are signed with.

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, BinaryExpression, CallExpression, Expression, NewExpression,
    ObjectProperty, PropertyDefinition, VariableDeclarator,
};
use oxc_syntax::operator::BinaryOperator;

use super::value::{self, bare, span};
use super::walk::Reader;
use crate::facts::{Lifetime, Text};
use crate::source::Span;

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;

/// `{ expiresIn: "30d" }`, `{ exp: now + … }`, `session: { maxAge: … }`.
pub(super) fn entry<'a>(reader: &mut Reader<'a>, entry: &'a ObjectProperty<'a>) {
    let Some(name) = value::key_name(&entry.key) else { return };
    match name {
        "exp" => {
            if let Expression::BinaryExpression(sum) = bare(&entry.value)
                && let Some(seconds) = after_now(reader, sum)
            {
                push(reader, span(entry), seconds);
            }
        }
        // next-auth counts seconds.
        "session" | "jwt" => {
            if let Expression::ObjectExpression(options) = bare(&entry.value)
                && let Some(age) = value::entry(options, "maxAge")
                && let Some(seconds) = value::number(&reader.scope, age)
            {
                push(reader, span(age), seconds);
            }
        }
        "secretOrKey" | "secretOrPrivateKey" => sign_with(reader, &entry.value),
        "secret" => sign_with_each(reader, &entry.value),
        _ => named(reader, name, span(entry), &entry.value),
    }
}

/// `const expiresIn = "30d"`.
pub(super) fn declarator<'a>(reader: &mut Reader<'a>, declarator: &'a VariableDeclarator<'a>) {
    if let (Some(name), Some(init)) = (declarator.id.get_identifier_name(), &declarator.init) {
        named(reader, name.as_str(), span(declarator), init);
    }
}

/// `expiresIn = "30d"`, `options.expiresIn = "30d"`, `app.keys = ["…"]`.
pub(super) fn assignment<'a>(reader: &mut Reader<'a>, assignment: &'a AssignmentExpression<'a>) {
    let name = match &assignment.left {
        AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.as_str()),
        left => left.as_member_expression().and_then(value::property),
    };
    match name {
        Some("keys") => {
            let koa =
                assignment.left.as_member_expression().and_then(|member| value::last_name(member.object()));
            if matches!(koa, Some("app" | "server" | "koa")) {
                sign_with_each(reader, &assignment.right);
            }
        }
        Some(name) => named(reader, name, span(assignment), &assignment.right),
        None => {}
    }
}

/// `expiresIn = "30d"` in a class.
pub(super) fn field<'a>(reader: &mut Reader<'a>, field: &'a PropertyDefinition<'a>) {
    if let (Some(name), Some(init)) = (value::key_name(&field.key), &field.value) {
        named(reader, name, span(field), init);
    }
}

fn named<'a>(reader: &mut Reader<'a>, name: &str, at: Span, given: &Expression<'a>) {
    if !ends_with_expires_in(name) {
        return;
    }
    // A constant that is followed was counted where it stands, if it has such a name.
    if let Expression::Identifier(constant) = bare(given)
        && ends_with_expires_in(constant.name.as_str())
    {
        return;
    }
    let seconds = match value::number(&reader.scope, given) {
        Some(seconds) => Some(seconds),
        None => {
            value::text(&reader.scope, given).filter(|text| text.whole).and_then(|text| duration(&text.value))
        }
    };
    if let Some(seconds) = seconds {
        push(reader, at, seconds);
    }
}

fn ends_with_expires_in(name: &str) -> bool {
    let tail = |text: &str| {
        name.len() >= text.len()
            && name.as_bytes().iter().rev().zip(text.bytes().rev()).all(|(a, b)| a.eq_ignore_ascii_case(&b))
    };
    tail("expiresin") || tail("expires_in")
}

/// What is added to the present: `Math.floor(Date.now() / 1000) + 3600`.
fn after_now<'a>(reader: &Reader<'a>, sum: &BinaryExpression<'a>) -> Option<f64> {
    if sum.operator != BinaryOperator::Addition {
        return None;
    }
    let written = reader.source.slice(span(&sum.left));
    if written.len() < 200 && written.contains("Date.now") && written.contains("1000") {
        value::number(&reader.scope, &sum.right)
    } else {
        None
    }
}

/// Reads `2h`, `90 days`, `1.5 weeks`; without a unit it is milliseconds, as the libraries have it.
pub(super) fn duration(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !matches!(c, '0'..='9' | '.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let count: f64 = digits.parse().ok()?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7.0 * DAY,
        "y" | "yr" | "yrs" | "year" | "years" => 365.25 * DAY,
        _ => return None,
    };
    Some(count * unit)
}

fn push(reader: &mut Reader<'_>, span: Span, seconds: f64) {
    if seconds.is_finite() {
        reader.facts.lifetimes.push(Lifetime { span, seconds });
    }
}

/// Calls that sign, verify or set a lifetime.
pub(super) fn call<'a>(reader: &mut Reader<'a>, call: &'a CallExpression<'a>) {
    let Some(name) = value::last_name(&call.callee) else { return };
    match name {
        "sign" | "verify" | "signAsync" | "verifyAsync" | "encode" | "decode" => {
            if is_token_library(reader, &call.callee, name)
                && let Some(key) = value::argument(&call.arguments, 1)
            {
                sign_with(reader, key);
            } else if name == "sign" && is_construction_of(value::root(&call.callee), "SignJWT") {
                encoded_key(reader, value::argument(&call.arguments, 0));
            }
        }
        "jwtVerify" | "jwtDecrypt" => encoded_key(reader, value::argument(&call.arguments, 1)),
        "setExpirationTime" => {
            if let Some(given) = value::argument(&call.arguments, 0)
                && let Some(text) = value::text(&reader.scope, given).filter(|text| text.whole)
                && let Some(seconds) = duration(&text.value)
            {
                push(reader, span(given), seconds);
            }
        }
        "cookie" | "setCookie" | "set" => cookie_age(reader, call, name),
        _ if name.to_ascii_lowercase().ends_with("session") => session(reader, call),
        "cookieParser" => {
            if let Some(key) = value::argument(&call.arguments, 0) {
                sign_with(reader, key);
                sign_with_each(reader, key);
            }
        }
        // An address that is signed for some days is no token; a session cookie of Firebase counts milliseconds.
        _ if is_presigning(name) => {
            while reader.facts.lifetimes.last().is_some_and(|last| last.span.start >= call.span.start) {
                reader.facts.lifetimes.pop();
            }
        }
        "createSessionCookie" => {
            for lifetime in
                reader.facts.lifetimes.iter_mut().rev().take_while(|last| last.span.start >= call.span.start)
            {
                lifetime.seconds /= 1000.0;
            }
        }
        _ => {}
    }
}

/// `new Strategy({ secretOrKey })` and the like bind their keys by name; a constructed signer takes the key as it is.
pub(super) fn construction<'a>(reader: &mut Reader<'a>, construction: &'a NewExpression<'a>) {
    if matches!(value::last_name(&construction.callee), Some("Keygrip"))
        && let Some(keys) = value::argument(&construction.arguments, 0)
    {
        sign_with_each(reader, keys);
    }
}

fn is_presigning(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("presign")
        || name.contains("signedurl")
        || name.contains("signed_url")
        || name == "signedpost"
}

fn is_token_library<'a>(reader: &Reader<'a>, callee: &Expression<'a>, method: &str) -> bool {
    let from = |name: &str| reader.scope.module(name).map(|(module, _)| module);
    let library =
        |module: &str| matches!(module, "jsonwebtoken" | "jwt-simple" | "hono/jwt" | "fast-jwt" | "njwt");
    match bare(callee) {
        Expression::Identifier(name) => from(name.name.as_str()).is_some_and(library),
        callee => {
            let Some(object) = value::member(callee).map(|member| member.object()) else { return false };
            let Some(name) = value::last_name(object) else { return false };
            match from(name) {
                Some(module) => library(module),
                None => {
                    matches!(name, "jwt" | "JWT" | "jsonwebtoken" | "Jwt")
                        && !matches!(method, "encode" | "decode")
                }
            }
        }
    }
}

fn is_construction_of(expression: &Expression<'_>, class: &str) -> bool {
    matches!(bare(expression), Expression::NewExpression(new) if value::last_name(&new.callee) == Some(class))
}

/// `new TextEncoder().encode("…")`, directly or through a constant.
fn encoded_key<'a>(reader: &mut Reader<'a>, key: Option<&Expression<'a>>) {
    let Some(key) = key else { return };
    let key = match bare(key) {
        Expression::Identifier(name) => match reader.scope.constant(name.name.as_str()) {
            Some(value) => bare(value),
            None => return,
        },
        key => key,
    };
    let Expression::CallExpression(call) = key else { return };
    if matches!(value::last_name(&call.callee), Some("encode" | "from" | "createSecretKey"))
        && let Some(text) = value::argument(&call.arguments, 0)
    {
        sign_with(reader, text);
    }
}

fn sign_with<'a>(reader: &mut Reader<'a>, key: &Expression<'a>) {
    // A constant with such a name is reported where it stands.
    if let Expression::Identifier(name) = bare(key)
        && name.name.as_str().to_ascii_lowercase().contains("secret")
    {
        return;
    }
    if let Some(text) = value::followed_text(&reader.scope, key) {
        push_key(reader, text);
    }
}

fn sign_with_each<'a>(reader: &mut Reader<'a>, keys: &Expression<'a>) {
    let Expression::ArrayExpression(keys) = bare(keys) else { return };
    for key in &keys.elements {
        if let Some(text) = key.as_expression().and_then(|key| value::written_text(&reader.scope, key)) {
            push_key(reader, text);
        }
    }
}

fn push_key(reader: &mut Reader<'_>, text: Text) {
    let seen = reader.facts.signing_keys.iter().rev().take(64).any(|key| key.span == text.span);
    if text.whole && !text.value.contains("-----BEGIN PUBLIC") && !seen {
        reader.facts.signing_keys.push(text);
    }
}

/// `session({ cookie: { maxAge } })`, `cookieSession({ maxAge })`: milliseconds.
fn session<'a>(reader: &mut Reader<'a>, call: &'a CallExpression<'a>) {
    let Some(options) = value::argument(&call.arguments, 0) else { return };
    let Expression::ObjectExpression(options) = bare(options) else { return };
    if let Some(keys) = value::entry(options, "keys") {
        sign_with_each(reader, keys);
    }
    let options = match value::entry(options, "cookie").map(bare) {
        Some(Expression::ObjectExpression(cookie)) => cookie,
        _ => options,
    };
    if let Some(age) = value::entry(options, "maxAge")
        && let Some(milliseconds) = value::number(&reader.scope, age)
    {
        push(reader, span(age), milliseconds / 1000.0);
    }
}

/// The age of a cookie that carries a token by its name: milliseconds in Express, seconds elsewhere.
fn cookie_age<'a>(reader: &mut Reader<'a>, call: &'a CallExpression<'a>, method: &str) {
    let (Some(name), Some(options)) =
        (value::argument(&call.arguments, 0), value::argument(&call.arguments, 2))
    else {
        return;
    };
    let Some(name) = value::text(&reader.scope, name) else { return };
    let Some(options) = value::object(&reader.scope, options) else { return };
    let name = name.value.to_ascii_lowercase();
    if !(["token", "jwt", "session"].iter().any(|word| name.contains(word))
        || name == "sid"
        || name.ends_with(".sid"))
    {
        return;
    }
    if let Some(age) = value::entry(options, "maxAge")
        && let Some(count) = value::number(&reader.scope, age)
    {
        push(reader, span(age), if method == "cookie" { count / 1000.0 } else { count });
    }
}
