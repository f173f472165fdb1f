//! Calls to the service under test, and looks at the status of its replies.

use oxc_ast::ast::{CallExpression, Expression, ObjectProperty};

use super::super::scope::{Bound, Scope};
use super::super::value::{self, bare, span};
use super::Trials;

const VERBS: [&str; 8] = ["get", "post", "put", "patch", "delete", "del", "head", "options"];

impl<'a> Trials<'a> {
    pub(super) fn http_of_call(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        if is_http(scope, call)
            && let Some(record) = self.record()
        {
            record.http_calls.push(span(call));
        }
        let name = value::last_name(&call.callee).unwrap_or_default();
        let checks = match name {
            // Supertest: a number, or a constant of status codes.
            "expect" if value::member(&call.callee).is_some() => {
                match value::argument(&call.arguments, 0).map(bare) {
                    Some(Expression::NumericLiteral(_)) => true,
                    Some(argument) => value::root_name(argument).is_some_and(|root| {
                        root.contains("Status") || root.contains("HTTP") || root.contains("status")
                    }),
                    None => false,
                }
            }
            "toHaveProperty" | "property" | "its" => match value::argument(&call.arguments, 0).map(bare) {
                Some(Expression::StringLiteral(text)) => {
                    text.value.starts_with("status") || text.value.as_str() == "ok"
                }
                _ => false,
            },
            "toBe" | "toEqual" | "toStrictEqual" | "equal" | "strictEqual" | "is" | "eql" => {
                call.arguments.iter().filter_map(|argument| argument.as_expression()).any(|argument| {
                    match bare(argument) {
                        Expression::NumericLiteral(number) => {
                            (200.0..600.0).contains(&number.value) && number.value.fract() == 0.0
                        }
                        _ => false,
                    }
                })
            }
            name => {
                name.len() < 64 && name.to_ascii_lowercase().contains("status")
                    || matches!(name, "toBeOK" | "expectOk" | "assertOk")
            }
        };
        if checks && let Some(record) = self.record() {
            record.checks_status = true;
        }
    }

    /// `.status`, `.statusCode`, `.ok`; a promise that must be rejected.
    pub(super) fn status_of_member(&mut self, name: &str) {
        if matches!(name, "status" | "statusCode" | "ok" | "statusText" | "rejects" | "rejectedWith")
            && let Some(record) = self.record()
        {
            record.checks_status = true;
        }
    }

    /// `toMatchObject({ status: 200 })`.
    pub(super) fn status_of_entry(&mut self, entry: &'a ObjectProperty<'a>) {
        let Some(name) = value::key_name(&entry.key) else { return };
        let looked_at = match name {
            "status" | "statusCode" => !matches!(bare(&entry.value), Expression::StringLiteral(_)),
            "ok" => value::boolean(&entry.value).is_some(),
            _ => false,
        };
        if looked_at && let Some(record) = self.record() {
            record.checks_status = true;
        }
    }
}

fn is_http<'a>(scope: &Scope<'a>, call: &CallExpression<'a>) -> bool {
    if let Expression::Identifier(name) = bare(&call.callee) {
        let name = name.name.as_str();
        let own = matches!(scope.find(name), Some(Bound::Function | Bound::Other));
        return match name {
            "fetch" => !own && !call.arguments.is_empty(),
            "request" | "supertest" => {
                !own && !call.arguments.is_empty()
                    && from(scope, name, &["supertest", "undici", "request", "superagent"])
            }
            "axios" | "got" | "ky" | "superagent" => !own && !call.arguments.is_empty(),
            _ => false,
        };
    }
    let Some(member) = value::member(&call.callee) else { return false };
    let Some(method) = value::property(member) else { return false };
    let object = match bare(member.object()) {
        Expression::Identifier(name) => name.name.as_str(),
        _ => return false,
    };
    match (object, method) {
        ("axios" | "got" | "ky" | "superagent", method) => VERBS.contains(&method) || method == "request",
        ("chai", "request") => true,
        ("request", method) => {
            VERBS.contains(&method)
                && from(scope, object, &["supertest", "request", "superagent"])
                && call
                    .arguments
                    .first()
                    .and_then(|first| first.as_expression())
                    .is_some_and(|first| bare(first).is_string_literal())
        }
        ("app" | "server" | "fastify" | "instance", "inject") => !call.arguments.is_empty(),
        ("window" | "globalThis" | "global" | "self", "fetch") => !call.arguments.is_empty(),
        _ => false,
    }
}

/// The name is not known to come from elsewhere.
fn from(scope: &Scope<'_>, name: &str, modules: &[&str]) -> bool {
    match scope.module(name) {
        Some((module, _)) => modules.contains(&module),
        None => true,
    }
}
