//! Signing secrets that are literals where they are used.

use ruff_python_ast::{Expr, ExprCall};

use super::names::Names;
use super::text::follow;
use super::words::has_word_starting;
use crate::facts::Text;

/// The key that a call hands to a token library as a literal.
pub(super) fn of_call<'a>(call: &'a ExprCall, names: &Names<'a>) -> Option<Text> {
    let last = match call.func.as_ref() {
        Expr::Attribute(method) => method.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return None,
    };
    let key = match last {
        "encode" | "decode" => {
            let callee = names.dotted(&call.func)?;
            if !(callee.owner() == Some("jwt") || callee.root() == "jose" || callee.root() == "jwt") {
                return None;
            }
            let place = if callee.root() == "authlib" && last == "encode" { 2 } else { 1 };
            call.arguments.find_argument_value("key", place)?
        }
        "URLSafeTimedSerializer"
        | "URLSafeSerializer"
        | "TimedJSONWebSignatureSerializer"
        | "JSONWebSignatureSerializer"
        | "TimedSerializer"
        | "TimestampSigner" => call.arguments.find_argument_value("secret_key", 0)?,
        "Serializer" | "Signer" if names.dotted(&call.func)?.root() == "itsdangerous" => {
            call.arguments.find_argument_value("secret_key", 0)?
        }
        _ => return None,
    };
    // A constant whose name says what it is was seen where it is bound.
    if matches!(key, Expr::Name(name) if has_word_starting(name.id.as_str(), &["secret", "key", "jwt", "token", "sign"]))
    {
        return None;
    }
    follow(key, names).filter(|text| !text.value.is_empty())
}
