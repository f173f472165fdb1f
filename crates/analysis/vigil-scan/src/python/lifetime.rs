//! How long tokens live: a duration counts only where a token is spoken of.

use ruff_python_ast::{Expr, ExprCall, Operator};
use ruff_text_size::Ranged;

use super::names::Names;
use super::number::{number, timedelta, unit_seconds};
use super::span;
use super::words::{has_word, words};
use crate::facts::Lifetime;

const TOKEN: &[&str] = &["token", "tokens", "jwt", "session", "sessions", "bearer", "jws"];
const TOKEN_WHEN_IT_LIVES: &[&str] =
    &["access", "refresh", "auth", "login", "oauth", "cookie", "credential", "remember"];
const LIFE: &[&str] = &[
    "exp",
    "expire",
    "expires",
    "expiry",
    "expiration",
    "expired",
    "expiring",
    "ttl",
    "lifetime",
    "life",
    "lifespan",
    "age",
    "duration",
    "validity",
    "valid",
    "delta",
];
/// Words that make a duration beside a token something else: how often it is cleaned up, how long its log is kept.
const SOMETHING_ELSE: &[&str] = &[
    "interval",
    "cleanup",
    "retention",
    "cache",
    "window",
    "delay",
    "grace",
    "rotation",
    "leeway",
    "history",
    "log",
    "report",
    "warning",
    "reminder",
    "purge",
    "archive",
    "backoff",
    "retry",
    "throttle",
    "rate",
    "timeout",
    "past",
    "created",
    "old",
    "stale",
    "before",
    "skew",
    "issued",
];
const JWT_LIBRARIES: &[&str] = &[
    "jwt",
    "jose",
    "authlib",
    "flask_jwt_extended",
    "rest_framework_simplejwt",
    "itsdangerous",
    "jwcrypto",
    "fastapi_jwt_auth",
];
/// Settings in seconds whose names do not say so.
const SECONDS_SETTINGS: &[&str] = &[
    "JWT_ACCESS_TOKEN_EXPIRES",
    "JWT_REFRESH_TOKEN_EXPIRES",
    "SESSION_COOKIE_AGE",
    "PERMANENT_SESSION_LIFETIME",
];

/// The lifetime that a value gives when it is bound to this name, within functions and classes of these names.
pub(super) fn of_binding<'a>(
    name: &str,
    value: &'a Expr,
    around: &[&str],
    names: &Names<'a>,
) -> Option<Lifetime> {
    if has_word(name, SOMETHING_ELSE) {
        return None;
    }
    let lives = has_word(name, LIFE);
    let of_token = has_word(name, TOKEN) || (lives && has_word(name, TOKEN_WHEN_IT_LIVES));
    if !of_token && !lives {
        return None;
    }
    let spoken_of = || {
        of_token
            || around.iter().any(|word| has_word(word, TOKEN))
            || (name.eq_ignore_ascii_case("exp") && names.imports_any(JWT_LIBRARIES))
    };
    if let Some((at, seconds)) = delta(value, names, 0) {
        return (spoken_of() && !is_default(name, seconds))
            .then(|| Lifetime { span: span(at.range()), seconds });
    }
    if !lives || matches!(value, Expr::Name(_)) {
        return None;
    }
    let unit = unit_of_name(name).or_else(|| SECONDS_SETTINGS.contains(&name).then_some(1.0))?;
    let seconds = number(value, names)? * unit;
    (spoken_of() && !is_default(name, seconds)).then(|| Lifetime { span: span(value.range()), seconds })
}

/// What Django and Flask do with a session when nobody says anything: writing it down changes nothing.
fn is_default(name: &str, seconds: f64) -> bool {
    let days = match name {
        "SESSION_COOKIE_AGE" => 14.0,
        "PERMANENT_SESSION_LIFETIME" => 31.0,
        _ => return false,
    };
    (seconds - days * 86_400.0).abs() < 1.0
}

/// A constant of this name is a lifetime where it is bound; where it is used it is none for the second time.
pub(super) fn is_told_by_name(name: &str) -> bool {
    has_word(name, LIFE) && (has_word(name, TOKEN) || has_word(name, TOKEN_WHEN_IT_LIVES))
}

/// The lifetime handed to a call that makes a token, not by name: `create_access_token(user, timedelta(days=30))`.
pub(super) fn of_argument<'a>(callee: &str, value: &'a Expr, names: &Names<'a>) -> Option<Lifetime> {
    const MAKES: &[&str] = &["create", "make", "issue", "generate", "encode", "sign", "new", "build", "mint"];
    if !has_word(callee, TOKEN) || !has_word(callee, MAKES) {
        return None;
    }
    let (at, seconds) = delta(value, names, 0)?;
    Some(Lifetime { span: span(at.range()), seconds })
}

/// The duration within `now + timedelta(…)`, `int((now + …).timestamp())`, `given or timedelta(…)`.
fn delta<'a>(expr: &'a Expr, names: &Names<'a>, steps: u32) -> Option<(&'a Expr, f64)> {
    if steps > 8 {
        return None;
    }
    match expr {
        Expr::Call(call) => {
            timedelta(call, names).map(|seconds| (expr, seconds)).or_else(|| within(call, names, steps))
        }
        Expr::BinOp(binary) if binary.op == Operator::Add => {
            delta(&binary.right, names, steps + 1).or_else(|| delta(&binary.left, names, steps + 1))
        }
        Expr::BinOp(binary) if binary.op == Operator::Mult => {
            let (times, base) = match number(&binary.left, names) {
                Some(times) => (times, &binary.right),
                None => (number(&binary.right, names)?, &binary.left),
            };
            delta(base, names, steps + 1).map(|(_, seconds)| (expr, seconds * times))
        }
        Expr::BoolOp(choice) => choice.values.iter().find_map(|value| delta(value, names, steps + 1)),
        Expr::If(choice) => {
            delta(&choice.body, names, steps + 1).or_else(|| delta(&choice.orelse, names, steps + 1))
        }
        _ => None,
    }
}

fn within<'a>(call: &'a ExprCall, names: &Names<'a>, steps: u32) -> Option<(&'a Expr, f64)> {
    match call.func.as_ref() {
        Expr::Name(name) if matches!(name.id.as_str(), "int" | "float" | "round" | "str") => {
            delta(call.arguments.args.first()?, names, steps + 1)
        }
        Expr::Attribute(method) if method.attr.as_str() == "timegm" => {
            delta(call.arguments.args.first()?, names, steps + 1)
        }
        Expr::Attribute(method)
            if matches!(
                method.attr.as_str(),
                "timestamp"
                    | "total_seconds"
                    | "isoformat"
                    | "replace"
                    | "utctimetuple"
                    | "timetuple"
                    | "astimezone"
                    | "strftime"
            ) =>
        {
            delta(&method.value, names, steps + 1)
        }
        _ => None,
    }
}

fn unit_of_name(name: &str) -> Option<f64> {
    words(name).find_map(|word| {
        let unit = match word.to_ascii_lowercase().as_str() {
            "second" | "seconds" | "secs" | "sec" => "seconds",
            "minute" | "minutes" | "mins" | "min" => "minutes",
            "hour" | "hours" | "hrs" => "hours",
            "day" | "days" => "days",
            "week" | "weeks" => "weeks",
            "month" | "months" => "months",
            _ => return None,
        };
        unit_seconds(unit)
    })
}
