//! Environment lookups with a default.

use ruff_python_ast::{Expr, ExprBoolOp, ExprCall};
use ruff_text_size::Ranged;

use super::names::{Dotted, Names};
use super::span;
use super::text::{follow, known};
use crate::facts::EnvDefault;
use crate::source::Source;

/// A lookup in the environment.
struct Lookup<'a> {
    name: String,
    default: Option<&'a Expr>,
    without_default: String,
}

/// `os.getenv("NAME", "default")`, `environ.get(…)`, `config("NAME", default=…)` of decouple, `env.str(…)` of environ.
pub(super) fn of_call<'a>(call: &'a ExprCall, names: &Names<'a>, source: &Source) -> Option<EnvDefault> {
    let lookup = lookup(call, names, source)?;
    let default = follow(lookup.default?, names)?;
    Some(EnvDefault {
        span: span(call.range()),
        name: lookup.name,
        default,
        without_default: lookup.without_default,
    })
}

/// `os.getenv("NAME") or "default"`.
pub(super) fn of_choice<'a>(
    choice: &'a ExprBoolOp,
    names: &Names<'a>,
    source: &Source,
) -> Option<EnvDefault> {
    let (last, first) = choice.values.split_last()?;
    let lookup = first.iter().find_map(|value| match value {
        Expr::Call(call) => lookup(call, names, source),
        _ => None,
    })?;
    if lookup.default.is_some_and(|default| !default.is_none_literal_expr()) {
        return None;
    }
    let default = follow(last, names)?;
    Some(EnvDefault {
        span: span(choice.range()),
        name: lookup.name,
        default,
        without_default: lookup.without_default,
    })
}

fn lookup<'a>(call: &'a ExprCall, names: &Names<'a>, source: &Source) -> Option<Lookup<'a>> {
    let last = match call.func.as_ref() {
        Expr::Attribute(method) => method.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return None,
    };
    // Nearly every call ends here, before its name is resolved; a name of its own may stand for an import.
    if !matches!(last, "get" | "getenv" | "config" | "env" | "str" | "setdefault") && !names.is_imported(last)
    {
        return None;
    }
    let callee = names.dotted(&call.func)?;
    let mapping =
        callee.is(&["os", "environ", "get"]) || (!callee.imported && callee.is(&["environ", "get"]));
    let function = callee.is(&["os", "getenv"]) || (!callee.imported && callee.is(&["getenv"]));
    let library = !mapping && !function && is_settings_library(&callee, names);
    if !(mapping || function || library) {
        return None;
    }
    let name = known(call.arguments.find_argument_value(if library { "var" } else { "key" }, 0)?, names)?;
    let default =
        if library { call.arguments.find_keyword("default").map(|keyword| &keyword.value) } else { None }
            .or_else(|| call.arguments.find_argument_value("default", 1));
    let written = source.slice(span(call.func.range()));
    let quoted = serde_json::to_string(&name).unwrap_or_default();
    let without_default = match (mapping, function, written.strip_suffix(".getenv")) {
        (true, _, _) => format!("{}[{quoted}]", written.strip_suffix(".get").unwrap_or("os.environ")),
        (_, true, Some(module)) => format!("{module}.environ[{quoted}]"),
        _ => format!("{written}({quoted})"),
    };
    Some(Lookup { name, default, without_default })
}

fn is_settings_library<'a>(callee: &Dotted<'a>, names: &Names<'a>) -> bool {
    if callee.is(&["decouple", "config"]) {
        return true;
    }
    let environ = callee.is(&["env"]) || callee.is(&["env", "str"]);
    environ && names.imports_any(&["environ", "environs"])
}
