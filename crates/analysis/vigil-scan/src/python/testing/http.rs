//! HTTP calls of tests, and the statuses they look at.

use ruff_python_ast::{Expr, ExprCall};

use crate::python::names::Names;
use crate::python::text::follow;
use crate::python::words::{contains, has_word, starts_with};

const VERBS: &[&str] = &["get", "post", "put", "delete", "patch", "head", "options"];
const CLIENTS: &[&str] =
    &["client", "api", "app", "requests", "httpx", "http", "session", "testapp", "browser", "server"];
const NO_CLIENTS: &[&str] = &[
    "redis", "cache", "s3", "boto", "ldap", "mongo", "db", "etcd", "consul", "memcache", "zk", "elastic",
    "es", "kv",
];

/// The call sends a request to the service under test.
pub(super) fn is_request<'a>(call: &'a ExprCall, names: &Names<'a>) -> bool {
    let Expr::Attribute(method) = call.func.as_ref() else { return false };
    if !VERBS.contains(&method.attr.as_str()) {
        return false;
    }
    let owner = match method.value.as_ref() {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        // `TestClient(app).get("/")`, `app.test_client().get("/")`, `self.client().get("/")`
        Expr::Call(call) => match call.func.as_ref() {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        },
        _ => return false,
    };
    if !has_word(owner, CLIENTS) || has_word(owner, NO_CLIENTS) {
        return false;
    }
    let target = call.arguments.args.first().or_else(|| {
        ["url", "path", "uri"]
            .iter()
            .find_map(|name| call.arguments.find_keyword(name))
            .map(|keyword| &keyword.value)
    });
    target.is_some_and(|target| is_address(target, names))
}

fn is_address<'a>(target: &'a Expr, names: &Names<'a>) -> bool {
    if let Some(text) = follow(target, names) {
        return text.value.starts_with(['/', '?'])
            || starts_with(&text.value, "http")
            || (!text.whole && text.value.contains('/'));
    }
    let name = match target {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Call(call) => match call.func.as_ref() {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        },
        _ => return false,
    };
    has_word(name, &["url", "uri", "path", "endpoint", "route", "reverse"])
}

/// The expression looks at the status of a reply.
pub(super) fn is_status(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(attribute) => {
            let name = attribute.attr.as_str();
            matches!(
                name,
                "status"
                    | "ok"
                    | "code"
                    | "is_success"
                    | "is_error"
                    | "is_client_error"
                    | "is_server_error"
                    | "is_redirect"
            ) || contains(name, "status_code")
                || contains(name, "statuscode")
                || name == "raise_for_status"
                || name == "status_int"
        }
        Expr::Name(name) => {
            let name = name.id.as_str();
            has_word(name, &["status", "statuscode"]) && !has_word(name, &["url", "path", "client"])
        }
        _ => false,
    }
}

/// A verdict that looks at the status: `assertContains`, `assertRedirects`, `assert_status`, a check that is given the reply.
pub(super) fn verdict_checks_status(call: &ExprCall) -> bool {
    let (name, of_self) = match call.func.as_ref() {
        Expr::Name(name) => (name.id.as_str(), false),
        Expr::Attribute(attribute) => (attribute.attr.as_str(), true),
        _ => return false,
    };
    if matches!(name, "assertContains" | "assertNotContains" | "assertRedirects") {
        return true;
    }
    if has_word(
        name,
        &[
            "status",
            "redirect",
            "redirects",
            "forbidden",
            "unauthorized",
            "ok",
            "success",
            "successful",
            "http",
            "200",
            "404",
            "403",
            "401",
        ],
    ) {
        return true;
    }
    // A check of the project's own that is given a reply; the standard ones compare what they are given.
    let standard = of_self && (contains(name, "equal") || STANDARD.contains(&name))
        || starts_with(name, "assert_called")
        || contains(name, "equal");
    !standard && call.arguments.args.iter().any(is_reply)
}

const STANDARD: &[&str] = &[
    "assertIn",
    "assertNotIn",
    "assertTrue",
    "assertFalse",
    "assertIs",
    "assertIsNot",
    "assertIsNone",
    "assertIsNotNone",
    "assertRaises",
    "assertRaisesMessage",
    "assertHTMLEqual",
    "assertTemplateUsed",
    "assertTemplateNotUsed",
    "assertNumQueries",
    "assertIsInstance",
    "assertGreater",
    "assertLess",
    "assertRegex",
    "assertFormError",
    "assertWarns",
    "assertLogs",
    "assertCountEqual",
];

fn is_reply(argument: &Expr) -> bool {
    match argument {
        Expr::Name(name) => {
            matches!(name.id.as_str(), "r" | "rv" | "res" | "resp" | "response" | "reply" | "result")
        }
        _ => false,
    }
}
