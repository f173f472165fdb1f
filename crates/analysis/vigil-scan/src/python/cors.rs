//! Settings that let every origin in.

use ruff_python_ast::Expr;

use super::names::Names;
use super::text::{known, literal};
use super::words::{contains, has_word};

/// The framework of a setting that holds `*`, or nothing. `call` is the last name of what is called with it, if anything is.
pub(super) fn of_binding<'a>(
    name: &str,
    value: &'a Expr,
    call: Option<&str>,
    names: &Names<'a>,
) -> Option<&'static str> {
    if !contains(name, "origin") && !contains(name, "cors") {
        return None;
    }
    if name.eq_ignore_ascii_case("access-control-allow-origin") {
        return is_star(value, names).then_some("header");
    }
    if matches!(name, "CORS_ALLOW_ALL_ORIGINS" | "CORS_ORIGIN_ALLOW_ALL") {
        return matches!(value, Expr::BooleanLiteral(flag) if flag.value).then_some("django");
    }
    if name == "allow_origin_regex" {
        let open = known(value, names)
            .is_some_and(|pattern| matches!(pattern.as_str(), ".*" | "^.*$" | ".+" | "https?://.*"));
        return open.then_some("fastapi");
    }
    let framework = match name {
        "allow_origins" => "fastapi",
        "cors_allowed_origins" | "cors_origins" | "CORS_ORIGINS" => "flask",
        "origins" if call.is_none_or(|callee| has_word(callee, &["cors", "cross", "origin"])) => "flask",
        "CORS_ALLOWED_ORIGINS" | "CORS_ORIGIN_WHITELIST" => "django",
        // Settings classes: BACKEND_CORS_ORIGINS, cors_allow_origins.
        _ if contains(name, "cors") && contains(name, "origin") && !contains(name, "regex") => "fastapi",
        _ if has_word(name, &["allow", "allowed"]) && has_word(name, &["origins", "origin"]) => "fastapi",
        _ => return None,
    };
    // A constant that says by its own name what it is was reported where it is bound.
    let told = matches!(value, Expr::Name(constant) if is_told_by_name(constant.id.as_str()));
    (!told && holds_star(value, names)).then_some(framework)
}

/// `headers.add("Access-Control-Allow-Origin", "*")` and other calls with the header and its value.
pub(super) fn of_header_call<'a>(arguments: &'a [Expr], names: &Names<'a>) -> bool {
    match arguments {
        [header, value, ..] => {
            literal(header).is_some_and(|name| name.eq_ignore_ascii_case("access-control-allow-origin"))
                && is_star(value, names)
        }
        _ => false,
    }
}

/// The name is one of a switch that lets every origin in; what it switches on is no setting of its own.
pub(super) fn says_all_origins(name: &str) -> bool {
    contains(name, "origin") && has_word(name, &["all", "any", "every", "wildcard"])
}

fn is_told_by_name(name: &str) -> bool {
    contains(name, "origin") && (contains(name, "cors") || has_word(name, &["allow", "allowed"]))
}

fn holds_star<'a>(value: &'a Expr, names: &Names<'a>) -> bool {
    let elements = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::Set(set) => &set.elts,
        Expr::Name(name) => {
            return match names.constant(name.id.as_str()) {
                Some(Expr::Name(_)) | None => false,
                Some(constant) => holds_star(constant, names),
            };
        }
        _ => return is_star(value, names),
    };
    elements.iter().any(|element| is_star(element, names))
}

fn is_star<'a>(value: &'a Expr, names: &Names<'a>) -> bool {
    match value {
        Expr::Name(_) => known(value, names).is_some_and(|text| text == "*"),
        _ => literal(value) == Some("*"),
    }
}
