//! Cookies set on a reply, and what they lack.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::names::Names;
use super::span;
use super::text::literal;
use super::words::{has_word, has_word_starting};
use crate::facts::Cookie;
use crate::finding::{Edit, Fix};
use crate::source::{Source, Span};

/// Flags by keyword, and by their place in the signature that Flask, Django and Starlette share.
const FLAGS: [(&str, usize, &str); 3] =
    [("secure", 6, "secure=True"), ("httponly", 7, "httponly=True"), ("samesite", 8, "samesite=\"Lax\"")];

/// The cookie that a call sets; nothing for cookie jars, test clients and the deletion of a cookie.
pub(super) fn of_call<'a>(call: &'a ExprCall, names: &Names<'a>, source: &Source) -> Option<Cookie> {
    let Expr::Attribute(method) = call.func.as_ref() else { return None };
    if !matches!(method.attr.as_str(), "set_cookie" | "set_signed_cookie") || is_client(&method.value) {
        return None;
    }
    let arguments = &call.arguments;
    let unknown = arguments.args.iter().any(Expr::is_starred_expr)
        || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
    // One object alone is a cookie that is put into a jar.
    if !unknown && (arguments.len() < 2 || is_deletion(call)) {
        return None;
    }
    let mut missing = Vec::new();
    let mut edits = Vec::new();
    let mut added = Vec::new();
    for (flag, place, text) in FLAGS {
        let signed = method.attr.as_str() == "set_signed_cookie";
        let value = arguments.find_keyword(flag).map(|keyword| &keyword.value);
        let value = value.or_else(|| if signed { None } else { arguments.args.get(place) });
        match value {
            None if unknown => {}
            None => {
                missing.push(flag);
                added.push(text);
            }
            Some(value) if is_off(value, flag, names) => {
                missing.push(flag);
                let value = span(value.range());
                let text = text.split_once('=').map_or(text, |(_, value)| value);
                edits.push(Edit { start: value.start, end: value.end, text: text.to_owned() });
            }
            Some(_) => {}
        }
    }
    if !added.is_empty() {
        edits.push(insertion(call, &added, source));
    }
    let fix =
        (!edits.is_empty()).then(|| Fix { title: format!("Set {}", missing.join(", ")), edits, file: None });
    Some(Cookie { span: span(call.range()), missing, fix })
}

/// The owner is a client, a jar or a browser, not a reply.
fn is_client(owner: &Expr) -> bool {
    const CLIENTS: &[&str] = &[
        "client",
        "jar",
        "cookiejar",
        "cookies",
        "session",
        "browser",
        "driver",
        "http",
        "requests",
        "httpx",
    ];
    match owner {
        Expr::Name(name) => {
            has_word(name.id.as_str(), CLIENTS) || has_word_starting(name.id.as_str(), &["cookiejar"])
        }
        Expr::Attribute(attribute) => has_word(attribute.attr.as_str(), CLIENTS),
        _ => false,
    }
}

fn is_deletion(call: &ExprCall) -> bool {
    let zero = |name: &str, place: usize| {
        call.arguments.find_argument_value(name, place).is_some_and(|value| match value {
            Expr::NumberLiteral(number) => {
                matches!(&number.value, ruff_python_ast::Number::Int(int) if int.as_i64() == Some(0))
            }
            _ => false,
        })
    };
    zero("max_age", 2) || zero("expires", 3)
}

/// The flag is written, and written off.
fn is_off<'a>(value: &'a Expr, flag: &str, names: &Names<'a>) -> bool {
    match value {
        Expr::BooleanLiteral(literal) => !literal.value || flag == "samesite",
        Expr::NoneLiteral(_) => true,
        Expr::StringLiteral(_) => flag == "samesite" && literal(value) == Some(""),
        Expr::Name(name) => match names.constant(name.id.as_str()) {
            Some(constant @ (Expr::BooleanLiteral(_) | Expr::NoneLiteral(_))) => {
                is_off(constant, flag, names)
            }
            _ => false,
        },
        _ => false,
    }
}

/// New arguments before the closing bracket, whatever stands before it.
fn insertion(call: &ExprCall, added: &[&str], source: &Source) -> Edit {
    let end = span(call.arguments.range()).end;
    let at = end.saturating_sub(1);
    let last = call.arguments.iter_source_order().last().map_or(at, |argument| span(argument.range()).end);
    let tail = source.slice(Span::new(last, at));
    let comma = tail.lines().any(|line| line.split('#').next().unwrap_or("").contains(','));
    if !comma {
        return Edit { start: at, end: at, text: format!(", {}", added.join(", ")) };
    }
    // One argument on each line, the bracket on its own: the new ones stand so too.
    match tail.rfind('\n') {
        Some(line) => {
            let indent: String =
                source.line(source.line_of(last)).chars().take_while(|c| c.is_whitespace()).collect();
            let place = last + u32::try_from(line + 1).unwrap_or(0);
            let text = added.iter().map(|argument| format!("{indent}{argument},\n")).collect();
            Edit { start: place, end: place, text }
        }
        None => Edit { start: at, end: at, text: format!("{},", added.join(", ")) },
    }
}
