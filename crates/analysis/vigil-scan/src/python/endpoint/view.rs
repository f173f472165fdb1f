//! Handlers that are classes or functions named elsewhere: class-based views, Django REST views.

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::{Route, decorator, guard};
use crate::facts::HOLE;
use crate::python::names::Names;
use crate::python::span;
use crate::python::words::contains;

const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The routes of a registration, with the guards of the handler it names.
pub(super) fn of_handler<'a>(
    mut route: Route<'a>,
    handler: Option<&'a Expr>,
    names: &Names<'a>,
) -> Vec<Route<'a>> {
    let mut handler = handler;
    // `login_required(view)`: a guard around the view.
    while let Some(Expr::Call(call)) = handler {
        if matches!(call.func.as_ref(), Expr::Attribute(method) if method.attr.as_str() == "as_view") {
            break;
        }
        if let Some(name) = names.dotted(&call.func).map(|name| name.last()) {
            route.guards.push(name.to_owned());
        }
        handler = call.arguments.args.first();
    }
    let class = match handler {
        Some(Expr::Call(call)) => match call.func.as_ref() {
            Expr::Attribute(method) => match method.value.as_ref() {
                Expr::Name(name) => names.class(name.id.as_str()),
                _ => None,
            },
            _ => None,
        },
        Some(Expr::Name(name)) => {
            if let Some(function) = names.function(name.id.as_str()) {
                route.guards.extend(guard::of_function(function, names));
                if route.methods.is_empty() {
                    route.methods =
                        methods_of_decorators(function, names).unwrap_or_else(|| vec!["GET".to_owned()]);
                }
                return vec![route];
            }
            names.class(name.id.as_str())
        }
        _ => None,
    };
    match class {
        Some(class) => of_class(class, &route, names),
        // The handler is written elsewhere: its own guards are not known, so nothing is said unless the route has some.
        None if route.framework == Some("django") => Vec::new(),
        None => {
            if route.methods.is_empty() {
                route.methods.push("GET".to_owned());
            }
            vec![route]
        }
    }
}

/// One route for each method that a class handles.
pub(super) fn of_class<'a>(class: &'a StmtClassDef, route: &Route<'a>, names: &Names<'a>) -> Vec<Route<'a>> {
    let mut shared = route.guards.clone();
    shared.extend(of_class_guards(class, names));
    let mut routes = Vec::new();
    for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
        let verb = method.name.to_ascii_uppercase();
        if !VERBS.contains(&method.name.as_str())
            || !(route.methods.is_empty() || route.methods.contains(&verb) || route.methods == ["GET"])
        {
            continue;
        }
        let mut guards = shared.clone();
        guards.extend(guard::of_function(method, names));
        routes.push(Route { methods: vec![verb], guards, path: route.path.clone(), ..*route });
    }
    if routes.is_empty() {
        let methods = if route.methods.is_empty() { generic_methods(class) } else { route.methods.clone() };
        if !methods.is_empty() {
            routes.push(Route { methods, guards: shared, path: route.path.clone(), ..*route });
        }
    }
    routes
}

/// Guards that a class has for all its methods: decorators, mixins, attributes.
fn of_class_guards<'a>(class: &'a StmtClassDef, names: &Names<'a>) -> Vec<String> {
    let mut guards =
        guard::of_decorators(class.decorator_list.iter().map(|decorator| &decorator.expression), names);
    let bases = class.bases().iter().filter_map(|base| names.dotted(base)).map(|base| base.last());
    guards.extend(
        bases
            .clone()
            .filter(|base| base.contains("Mixin") || guard::looks_like_guard(base))
            .map(str::to_owned),
    );
    for base in bases {
        if let Some(parent) = names.class(base).filter(|parent| !std::ptr::eq(*parent, class)) {
            guards.extend(attributes(parent, names));
        }
    }
    guards.extend(attributes(class, names));
    for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
        if matches!(
            method.name.as_str(),
            "dispatch" | "get_permissions" | "initial" | "prepare" | "test_func"
        ) {
            guards.extend(guard::of_function(method, names));
            if matches!(method.name.as_str(), "get_permissions" | "test_func") {
                guards.push(guard::by_kind(method.name.as_str()));
            }
        }
    }
    guards
}

fn attributes<'a>(class: &'a StmtClassDef, names: &Names<'a>) -> Vec<String> {
    let mut guards = Vec::new();
    for statement in &class.body {
        let Some((name, value)) = attribute(statement) else { continue };
        match name {
            "permission_classes" | "authentication_classes" | "guards" | "permission_required" => {
                guards.extend(guard::names_of_list(value, names).iter().map(|name| guard::by_kind(name)));
                if name == "permission_required" {
                    guards.push(name.to_owned());
                }
            }
            "decorators" | "method_decorators" => {
                guards.extend(guard::names_of_list(value, names));
            }
            _ => {}
        }
    }
    guards
}

fn attribute(statement: &Stmt) -> Option<(&str, &Expr)> {
    match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some((name.id.as_str(), &assign.value)),
            _ => None,
        },
        Stmt::AnnAssign(assign) => match (assign.target.as_ref(), &assign.value) {
            (Expr::Name(name), Some(value)) => Some((name.id.as_str(), value)),
            _ => None,
        },
        _ => None,
    }
}

/// What Django's generic views answer to.
fn generic_methods(class: &StmtClassDef) -> Vec<String> {
    let base = |part: &str| {
        class.bases().iter().any(|base| match base {
            Expr::Name(name) => contains(name.id.as_str(), part),
            Expr::Attribute(attribute) => contains(attribute.attr.as_str(), part),
            _ => false,
        })
    };
    let mut methods = Vec::new();
    if base("createview")
        || base("updateview")
        || base("deleteview")
        || base("formview")
        || base("createapiview")
    {
        methods.push("POST".to_owned());
    }
    if base("updateapiview") {
        methods.push("PUT".to_owned());
    }
    if base("destroyapiview") || base("retrieveupdatedestroy") {
        methods.push("DELETE".to_owned());
    }
    if methods.is_empty()
        && (base("listview")
            || base("detailview")
            || base("templateview")
            || base("listapiview")
            || base("retrieveapiview"))
    {
        methods.push("GET".to_owned());
    }
    methods
}

/// The methods that Django's decorators let in.
pub(super) fn methods_of_decorators<'a>(
    function: &'a StmtFunctionDef,
    names: &Names<'a>,
) -> Option<Vec<String>> {
    function.decorator_list.iter().find_map(|decorator| {
        let (expr, call) = match &decorator.expression {
            Expr::Call(call) => (call.func.as_ref(), Some(call)),
            other => (other, None),
        };
        let method = match (names.dotted(expr)?.last(), call) {
            ("require_POST", _) => "POST",
            ("require_GET" | "require_safe", _) => "GET",
            ("require_http_methods" | "api_view", Some(call)) => {
                return call.arguments.args.first().map(decorator::method_names);
            }
            _ => return None,
        };
        Some(vec![method.to_owned()])
    })
}

/// `@api_view([…])` with permissions written on it. Without them the project's default holds, which no file but the settings
/// tells.
pub(super) fn of_api_view<'a>(function: &'a StmtFunctionDef, names: &Names<'a>) -> Option<Route<'a>> {
    let mut view = None;
    let mut says_who = false;
    for decorator in &function.decorator_list {
        let Expr::Call(call) = &decorator.expression else { continue };
        match names.dotted(&call.func).map(|name| name.last()) {
            Some("api_view") => view = Some((decorator, call)),
            Some("permission_classes" | "authentication_classes") => says_who = true,
            _ => {}
        }
    }
    let (decorator, call) = view.filter(|_| says_who)?;
    Some(Route {
        span: span(decorator.range()),
        owner: "",
        methods: call.arguments.args.first().map_or_else(|| vec!["GET".to_owned()], decorator::method_names),
        path: format!("/{HOLE}"),
        framework: Some("drf"),
        guards: guard::of_function(function, names),
    })
}

/// A class of Django REST framework that lets everybody in, in words.
pub(super) fn of_rest_class<'a>(class: &'a StmtClassDef, names: &Names<'a>) -> Vec<Route<'a>> {
    let says_who = class.body.iter().filter_map(attribute).find(|(name, _)| *name == "permission_classes");
    let Some((_, value)) = says_who else { return Vec::new() };
    let rest = class
        .bases()
        .iter()
        .filter_map(|base| names.dotted(base))
        .any(|base| contains(base.last(), "viewset") || contains(base.last(), "apiview"));
    if !rest {
        return Vec::new();
    }
    let mut methods: Vec<String> = class
        .body
        .iter()
        .filter_map(Stmt::as_function_def_stmt)
        .filter_map(|method| {
            Some(
                match method.name.as_str() {
                    "get" | "list" | "retrieve" => "GET",
                    "post" | "create" => "POST",
                    "put" | "update" => "PUT",
                    "patch" | "partial_update" => "PATCH",
                    "delete" | "destroy" => "DELETE",
                    _ => return None,
                }
                .to_owned(),
            )
        })
        .collect();
    let model =
        class.bases().iter().filter_map(|base| names.dotted(base)).any(|base| base.last() == "ModelViewSet");
    if model {
        methods.extend(["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned));
    }
    methods.extend(generic_methods(class));
    methods.sort();
    methods.dedup();
    let guards = of_class_guards(class, names);
    let methods_are_open = guards.is_empty();
    // One finding for the class is enough: its first method that changes something stands for all.
    let first = methods.iter().find(|method| method.as_str() != "GET").or(methods.first()).cloned();
    let methods = if methods_are_open { first.into_iter().collect() } else { methods };
    vec![Route {
        span: span(value.range()),
        owner: "",
        methods,
        path: format!("/{HOLE}"),
        framework: Some("drf"),
        guards,
    }]
}
