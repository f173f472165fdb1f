//! Django's `urlpatterns`, as far as the views are in the same file.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::{Route, view};
use crate::python::names::Names;
use crate::python::span;
use crate::python::text::follow;

/// The routes of a list of URLs.
pub(super) fn routes<'a>(list: &'a Expr, names: &Names<'a>) -> Vec<Route<'a>> {
    let elements = match list {
        Expr::List(list) => list.elts.as_slice(),
        Expr::Tuple(tuple) => tuple.elts.as_slice(),
        // `[…] + static(…)`
        Expr::BinOp(binary) => {
            let mut found = routes(&binary.left, names);
            found.extend(routes(&binary.right, names));
            return found;
        }
        _ => return Vec::new(),
    };
    elements.iter().filter_map(Expr::as_call_expr).flat_map(|call| route(call, names)).collect()
}

fn route<'a>(call: &'a ExprCall, names: &Names<'a>) -> Vec<Route<'a>> {
    let Some(callee) = names.dotted(&call.func) else { return Vec::new() };
    if !matches!(callee.last(), "path" | "re_path" | "url") {
        return Vec::new();
    }
    let Some(path) = call.arguments.args.first().and_then(|path| follow(path, names)) else {
        return Vec::new();
    };
    let path = path.value.trim_start_matches('^').trim_end_matches('$');
    let path = format!("/{}", path.trim_start_matches('/'));
    let route = Route {
        span: span(call.range()),
        owner: "",
        methods: Vec::new(),
        path,
        framework: Some("django"),
        guards: Vec::new(),
    };
    view::of_handler(route, call.arguments.find_argument_value("view", 1), names)
}
