//! Cookies that are set on a reply.

use oxc_ast::ast::{CallExpression, Expression, ObjectExpression, ObjectPropertyKind};
use oxc_span::GetSpan as _;

use super::value::{self, bare, span};
use super::walk::Reader;
use crate::facts::Cookie;
use crate::finding::{Edit, Fix};

const FLAGS: [(&str, &[&str], &str); 3] = [
    ("secure", &["secure"], "secure: true"),
    ("httponly", &["httpOnly", "httponly", "HttpOnly"], "httpOnly: true"),
    ("samesite", &["sameSite", "samesite", "SameSite"], "sameSite: 'lax'"),
];

/// `res.cookie(name, value, options)`, `reply.setCookie(…)`, `cookies().set(…)`.
pub(super) fn call<'a>(reader: &mut Reader<'a>, call: &'a CallExpression<'a>) {
    if call.arguments.len() < 2
        && !matches!(value::argument(&call.arguments, 0).map(bare), Some(Expression::ObjectExpression(_)))
    {
        return;
    }
    if !sets_cookie(reader, call) || call.arguments.iter().any(|argument| argument.is_spread()) {
        return;
    }
    // `cookies().set({ name, value, ...flags })`.
    let single = call.arguments.len() == 1;
    let options = value::argument(&call.arguments, if single { 0 } else { options_index(call) });
    let (missing, fix) = match options {
        None => (vec!["secure", "httponly", "samesite"], append(call)),
        Some(options) => {
            let Some(object) = value::object(&reader.scope, options) else { return };
            let followed = matches!(bare(options), Expression::Identifier(_));
            if single && value::entry(object, "value").is_none() {
                return;
            }
            if clears(reader, object) {
                return;
            }
            let missing = missing(object, followed);
            let fix = if followed { None } else { complete(object, &missing) };
            (missing, fix)
        }
    };
    if !missing.is_empty() {
        reader.facts.cookies.push(Cookie { span: span(call), missing, fix });
    }
}

/// Hono's `setCookie(c, name, value, options)` has the context in front.
fn options_index(call: &CallExpression<'_>) -> usize {
    if matches!(bare(&call.callee), Expression::Identifier(_)) { 3 } else { 2 }
}

fn sets_cookie<'a>(reader: &Reader<'a>, call: &'a CallExpression<'a>) -> bool {
    if let Expression::Identifier(callee) = bare(&call.callee) {
        return reader
            .scope
            .module(callee.name.as_str())
            .is_some_and(|(module, inner)| module == "hono/cookie" && inner == "setCookie");
    }
    let Some(member) = value::member(&call.callee) else { return false };
    match value::property(member) {
        // On the page (`$.cookie`, `Cookies.set`) no script can set `httpOnly`.
        Some("cookie") => {
            call.arguments.len() > 1
                && !matches!(
                    value::root_name(member.object()),
                    Some("$" | "jQuery" | "jquery" | "Cookies" | "document" | "window")
                )
                && is_reply(member.object())
        }
        Some("setCookie") => call.arguments.len() > 1 && is_reply(member.object()),
        Some("set") => is_next_jar(reader, member.object()),
        _ => false,
    }
}

/// A reply by its name, or a chain that begins with one: `res.status(200).cookie(…)`.
fn is_reply(object: &Expression<'_>) -> bool {
    let name = match value::root_name(object) {
        Some("this") | None => value::last_name(object),
        name => name,
    };
    let Some(name) = name else { return false };
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    matches!(
        name.as_str(),
        "res" | "resp" | "response" | "reply" | "rep" | "r" | "ctx" | "h" | "httpresponse"
    ) || name.ends_with("res")
        || name.ends_with("response")
        || name.ends_with("reply")
}

/// `cookies()`, `await cookies()`, a constant of these, `response.cookies`, from `next`; Koa's `ctx.cookies`.
fn is_next_jar<'a>(reader: &Reader<'a>, object: &Expression<'a>) -> bool {
    let object = match bare(object) {
        Expression::Identifier(name) => match reader.scope.constant(name.name.as_str()) {
            Some(value) => bare(value),
            None => return false,
        },
        object => object,
    };
    let object = match object {
        Expression::AwaitExpression(awaited) => bare(&awaited.argument),
        object => object,
    };
    match object {
        Expression::CallExpression(call) => match bare(&call.callee) {
            Expression::Identifier(callee) => {
                callee.name.as_str() == "cookies"
                    && reader.scope.module("cookies").is_some_and(|(module, _)| module == "next/headers")
            }
            _ => false,
        },
        object => value::member(object).is_some_and(|member| {
            value::property(member) == Some("cookies")
                && matches!(
                    value::last_name(member.object()),
                    Some("res" | "response" | "ctx" | "reply" | "resp")
                )
        }),
    }
}

/// The flags that are absent or switched off. Where entries come from elsewhere, only those switched off.
fn missing(object: &ObjectExpression<'_>, followed: bool) -> Vec<&'static str> {
    let open = value::is_open(object);
    let mut missing = Vec::new();
    for (flag, keys, _) in FLAGS {
        match keys.iter().find_map(|key| value::entry(object, key)) {
            Some(given) if is_off(flag, given) => missing.push(flag),
            Some(_) => {}
            None if open || (followed && object.properties.is_empty()) => {}
            None => missing.push(flag),
        }
    }
    missing
}

fn is_off(flag: &str, given: &Expression<'_>) -> bool {
    match bare(given) {
        Expression::StringLiteral(text) if flag == "samesite" => text.value.as_str().is_empty(),
        Expression::NullLiteral(_) => true,
        Expression::Identifier(name) => name.name.as_str() == "undefined",
        given => value::boolean(given) == Some(false),
    }
}

/// The call takes a cookie away: its age is 0, or it expired long ago.
fn clears<'a>(reader: &Reader<'a>, object: &ObjectExpression<'a>) -> bool {
    let aged = value::entry(object, "maxAge").or_else(|| value::entry(object, "max_age"));
    if aged.and_then(|age| value::number(&reader.scope, age)).is_some_and(|age| age <= 0.0) {
        return true;
    }
    value::entry(object, "expires").is_some_and(|expires| match bare(expires) {
        Expression::NewExpression(new) => match value::argument(&new.arguments, 0).map(bare) {
            Some(Expression::NumericLiteral(number)) => number.value <= 1.0,
            Some(Expression::StringLiteral(text)) => text.value.contains("1970"),
            _ => false,
        },
        _ => false,
    })
}

/// A third argument with all flags.
fn append(call: &CallExpression<'_>) -> Option<Fix> {
    if call.arguments.len() != 2
        || !matches!(
            value::member(&call.callee).and_then(value::property),
            Some("cookie" | "setCookie" | "set")
        )
    {
        return None;
    }
    let end = call.arguments.last()?.span().end;
    let flags: Vec<&str> = FLAGS.iter().map(|(_, _, text)| *text).collect();
    let edit = Edit { start: end, end, text: format!(", {{ {} }}", flags.join(", ")) };
    Some(Fix { title: "set the cookie's flags".to_owned(), edits: vec![edit], file: None })
}

/// The flags that are missing, written into the options.
fn complete(object: &ObjectExpression<'_>, missing: &[&str]) -> Option<Fix> {
    if value::is_open(object) {
        return None;
    }
    let mut edits = Vec::new();
    let mut absent = Vec::new();
    for (flag, keys, text) in FLAGS {
        if !missing.contains(&flag) {
            continue;
        }
        match keys.iter().find_map(|key| value::entry(object, key)) {
            Some(given) => {
                let new = if flag == "samesite" { "'lax'" } else { "true" };
                edits.push(Edit { start: given.span().start, end: given.span().end, text: new.to_owned() });
            }
            None => absent.push(text),
        }
    }
    if !absent.is_empty() {
        let edit = match object.properties.last() {
            Some(ObjectPropertyKind::ObjectProperty(last)) => {
                Edit { start: last.span.end, end: last.span.end, text: format!(", {}", absent.join(", ")) }
            }
            Some(ObjectPropertyKind::SpreadProperty(_)) => return None,
            None => Edit {
                start: object.span.start,
                end: object.span.end,
                text: format!("{{ {} }}", absent.join(", ")),
            },
        };
        edits.push(edit);
    }
    edits.sort_by_key(|edit| edit.start);
    Some(Fix { title: "set the cookie's flags".to_owned(), edits, file: None })
}
