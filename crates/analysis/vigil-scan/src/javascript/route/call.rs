//! Routes that are opened by a call: Express, Koa, Fastify, Hono and what is built like them.

use oxc_ast::ast::{Argument, CallExpression, Expression, MemberExpression};
use oxc_span::GetSpan as _;

use super::super::binding::required_module;
use super::super::scope::{Bound, Scope};
use super::super::value::{self, bare, span};
use super::{Found, Guard, Mount, PathGuard, Router, Routes};
use super::{GUARDS, foreign, guard};
use crate::facts::HOLE;

/// How a receiver is known to be a router.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// It was made by a framework in this file.
    Made,
    /// Its name says so.
    Named,
    /// Its name leaves it open.
    Perhaps,
}

struct Receiver {
    router: Option<usize>,
    framework: &'static str,
    known: Known,
}

impl<'a> Routes<'a> {
    /// `register(function, { prefix })`: what the function's parameter will stand for.
    pub(super) fn enter_plugin(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        let Some(member) = value::member(&call.callee) else { return };
        if !matches!(value::property(member), Some("register" | "group")) {
            return;
        }
        let Some(receiver) = self.receiver(scope, member.object()) else { return };
        let parent =
            receiver.router.unwrap_or_else(|| self.router_of_name(member.object(), receiver.framework));
        let prefix = value::argument(&call.arguments, 1)
            .and_then(|options| value::object(scope, options))
            .and_then(|options| value::entry(options, "prefix"))
            .and_then(|prefix| value::text(scope, prefix))
            .map(|prefix| prefix.value)
            .unwrap_or_default();
        match value::argument(&call.arguments, 0).map(bare) {
            Some(function) if function.is_function() => {
                self.plugins.insert(function.span().start, (parent, prefix));
            }
            Some(Expression::Identifier(name)) if scope.module(name.name.as_str()).is_none() => {
                self.named_plugins.push((name.name.as_str(), parent, prefix))
            }
            Some(plugin) => {
                if let Some(target) = foreign::target(scope, plugin) {
                    self.mount_foreign(target, parent, "", Vec::new());
                }
            }
            None => {}
        }
    }

    /// A call on a router: a route, something that runs first, a mount, a hook.
    pub(super) fn registered(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        self.handed_over(scope, call);
        let Some(member) = value::member(&call.callee) else { return };
        let Some(method) = value::property(member) else { return };
        match method {
            "get" | "post" | "put" | "patch" | "delete" | "del" | "head" | "options" | "all" => {
                self.verb(scope, call, member, method)
            }
            "use" => self.runs_first(scope, call, member),
            "route" => self.route(scope, call, member),
            "addHook" => self.hook(scope, call, member),
            _ => {}
        }
    }

    fn verb(
        &mut self,
        scope: &Scope<'a>,
        call: &'a CallExpression<'a>,
        member: &'a MemberExpression<'a>,
        method: &str,
    ) {
        let (path, handlers, object) = match chained_route(member.object()) {
            Some((route, object)) => {
                (value::argument(&route.arguments, 0), call.arguments.as_slice(), object)
            }
            None => (
                value::argument(&call.arguments, 0),
                call.arguments.get(1..).unwrap_or_default(),
                member.object(),
            ),
        };
        let Some(receiver) = self.receiver(scope, object) else { return };
        let Some(path) = path.and_then(|path| route_path(scope, path)) else { return };
        let made = receiver.known == Known::Made;
        if !(is_path(&path) || (made && path.is_empty())) || !is_handled(handlers, receiver.known) {
            return;
        }
        let mut guards = Vec::new();
        self.handled(scope, handlers, &mut guards);
        let method = match method {
            "del" => "DELETE".to_owned(),
            method => method.to_ascii_uppercase(),
        };
        // `app.all("/admin/*", requireAuth)` runs before later routes.
        if method == "ALL"
            && let [only] = handlers
            && !only.as_expression().is_some_and(|only| bare(only).is_function())
        {
            let router = receiver.router.unwrap_or_else(|| self.router_of_name(object, receiver.framework));
            let mut names = Vec::new();
            guard::of_argument(only, &mut names);
            self.add_guards(router, &path, names);
        }
        self.found_route(object, receiver, span(call), vec![method], path, guards);
    }

    /// Guards among the middlewares and options before a handler, and what the handler itself does.
    fn handled(&self, scope: &Scope<'a>, handlers: &'a [Argument<'a>], guards: &mut Vec<Guard<'a>>) {
        let Some((handler, before)) = handlers.split_last() else { return };
        for argument in before {
            match argument.as_expression().and_then(|options| value::object(scope, options)) {
                Some(options) => hooks(options, guards),
                None => guard::of_argument(argument, guards),
            }
        }
        match handler.as_expression().map(|handler| (handler, bare(handler))) {
            Some((_, Expression::ObjectExpression(options))) => {
                hooks(options, guards);
                if let Some(handler) = value::entry(options, "handler") {
                    guard::of_handler(handler, guards);
                }
            }
            Some((_, Expression::ArrayExpression(list))) => {
                let parts: Vec<_> =
                    list.elements.iter().filter_map(|element| element.as_expression()).collect();
                if let Some((handler, before)) = parts.split_last() {
                    before.iter().for_each(|part| guard::of_expression(part, guards));
                    guard::of_handler(handler, guards);
                }
            }
            Some((handler, _)) => guard::of_handler(handler, guards),
            None => {}
        }
    }

    fn found_route(
        &mut self,
        object: &Expression<'a>,
        receiver: Receiver,
        span: crate::source::Span,
        methods: Vec<String>,
        path: String,
        guards: Vec<Guard<'a>>,
    ) {
        let router = receiver.router.or_else(|| self.known_name(object));
        let before =
            router.and_then(|router| self.routers.get(router)).map_or(0, |router| router.guards.len());
        self.found.push(Found { span, methods, path, framework: receiver.framework, router, before, guards });
    }

    /// `use(guard)`, `use("/path", guard)`, `use("/path", guard, router)`.
    fn runs_first(
        &mut self,
        scope: &Scope<'a>,
        call: &'a CallExpression<'a>,
        member: &'a MemberExpression<'a>,
    ) {
        let Some(receiver) = self.receiver(scope, member.object()) else { return };
        if receiver.known == Known::Perhaps {
            return;
        }
        let parent =
            receiver.router.unwrap_or_else(|| self.router_of_name(member.object(), receiver.framework));
        let first = value::argument(&call.arguments, 0);
        let path = first.and_then(|first| route_path(scope, first)).filter(|path| is_path(path));
        let rest = call.arguments.get(usize::from(path.is_some())..).unwrap_or_default();
        let path = path.unwrap_or_default();
        let mut guards = Vec::new();
        let mut mounted = None;
        for (index, argument) in rest.iter().enumerate() {
            let Some(argument) = argument.as_expression() else { continue };
            let foreign = foreign::target(scope, argument);
            match self.mounted_router(argument) {
                Some(router) => mounted = Some(router),
                None if is_foreign_router(scope, argument) => {
                    if let Some(target) = foreign {
                        self.mount_foreign(target, parent, &path, guards);
                    }
                    return;
                }
                None => {
                    // A router whose name says nothing; what is a middleware mounts nothing.
                    if let Some(target) = foreign.filter(|_| index + 1 == rest.len()) {
                        self.mount_foreign(target, parent, &path, guards.clone());
                    }
                    guard::of_expression(argument, &mut guards);
                }
            }
        }
        match mounted {
            Some(router) => self.mount(router, parent, path, guards),
            None => self.add_guards(parent, &path, guards),
        }
    }

    fn add_guards(&mut self, router: usize, path: &str, guards: Vec<Guard<'a>>) {
        if let Some(router) = self.routers.get_mut(router) {
            let room = GUARDS.saturating_sub(router.guards.len());
            router.guards.extend(
                guards.into_iter().take(room).map(|guard| PathGuard { path: path.to_owned(), guard }),
            );
        }
    }

    fn mount(&mut self, router: usize, parent: usize, prefix: String, guards: Vec<Guard<'a>>) {
        let before = self.routers.get(parent).map_or(0, |parent| parent.guards.len());
        if let Some(child) = self.routers.get_mut(router)
            && child.mount.is_none()
            && router != parent
        {
            child.mount = Some(Mount { parent, prefix, guards, before });
        }
    }

    /// Fastify's `route({ method, url, … })`; Hono's `route("/path", router)`.
    fn route(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>, member: &'a MemberExpression<'a>) {
        let Some(receiver) = self.receiver(scope, member.object()) else { return };
        let Some(first) = value::argument(&call.arguments, 0) else { return };
        if let Some(second) = value::argument(&call.arguments, 1) {
            if let (Some(path), Some(child)) = (route_path(scope, first), self.mounted_router(second)) {
                let parent = receiver
                    .router
                    .unwrap_or_else(|| self.router_of_name(member.object(), receiver.framework));
                self.mount(child, parent, path, Vec::new());
            } else if let (Some(path), Some(target)) =
                (route_path(scope, first), foreign::target(scope, second))
            {
                let parent = receiver
                    .router
                    .unwrap_or_else(|| self.router_of_name(member.object(), receiver.framework));
                self.mount_foreign(target, parent, &path, Vec::new());
            }
            return;
        }
        let Expression::ObjectExpression(options) = bare(first) else { return };
        let Some(path) = value::entry(options, "url").or_else(|| value::entry(options, "path")) else {
            return;
        };
        let Some(path) = route_path(scope, path).filter(|path| is_path(path)) else { return };
        let methods = match value::entry(options, "method").map(bare) {
            Some(Expression::ArrayExpression(list)) => list
                .elements
                .iter()
                .filter_map(|element| value::text(scope, element.as_expression()?))
                .map(|text| text.value)
                .collect(),
            Some(method) => value::text(scope, method).map(|text| vec![text.value]).unwrap_or_default(),
            None => Vec::new(),
        };
        let methods: Vec<String> = methods.into_iter().map(|method| method.to_ascii_uppercase()).collect();
        let mut guards = Vec::new();
        hooks(options, &mut guards);
        if let Some(handler) = value::entry(options, "handler") {
            guard::of_handler(handler, &mut guards);
        }
        self.found_route(member.object(), receiver, span(call), methods, path, guards);
    }

    /// Fastify's `addHook("preHandler", guard)`.
    fn hook(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>, member: &'a MemberExpression<'a>) {
        let Some(receiver) = self.receiver(scope, member.object()) else { return };
        let Some(Expression::StringLiteral(hook)) = value::argument(&call.arguments, 0).map(bare) else {
            return;
        };
        if !matches!(hook.value.as_str(), "onRequest" | "preHandler" | "preValidation" | "preParsing") {
            return;
        }
        let mut guards = Vec::new();
        if let Some(argument) = call.arguments.get(1) {
            guard::of_argument(argument, &mut guards);
        }
        let router =
            receiver.router.unwrap_or_else(|| self.router_of_name(member.object(), receiver.framework));
        self.add_guards(router, "", guards);
    }

    fn receiver(&self, scope: &Scope<'a>, object: &Expression<'a>) -> Option<Receiver> {
        let (root, name) = match bare(object) {
            Expression::Identifier(name) => (Some(name.name.as_str()), name.name.as_str()),
            Expression::CallExpression(_) | Expression::NewExpression(_) => {
                // A chain of routes: `new Hono().get(…).post(…)`, `app.get(…).get(…)`.
                return match value::root(object) {
                    Expression::Identifier(name) if self.names.contains_key(name.name.as_str()) => {
                        self.receiver(scope, value::root(object))
                    }
                    root => {
                        let made = made_router(scope, root).or_else(|| made_router(scope, object));
                        made.map(|(framework, _)| Receiver { router: None, framework, known: Known::Made })
                    }
                };
            }
            object => {
                let member = value::member(object)?;
                (None, value::property(member)?)
            }
        };
        if let Some(router) = self.names.get(name) {
            let framework = self.routers.get(*router).map_or("express", |router| router.framework);
            let known = if root.is_some() && self.is_parameter(*router) { Known::Named } else { Known::Made };
            return Some(Receiver { router: Some(*router), framework, known });
        }
        if let Some(root) = root
            && !may_be_router(scope, root)
        {
            return None;
        }
        let known = match name {
            _ if is_router_name(name) => Known::Named,
            "server" | "api" | "instance" | "web" => Known::Perhaps,
            _ => return None,
        };
        Some(Receiver { router: None, framework: framework_of_name(name), known })
    }

    fn is_parameter(&self, router: usize) -> bool {
        self.routers.get(router).is_some_and(|router| router.handed)
    }

    fn known_name(&self, object: &Expression<'a>) -> Option<usize> {
        self.names.get(value::last_name(object)?).copied()
    }

    /// The router of a name that nobody declared here, made when it is first needed.
    fn router_of_name(&mut self, object: &Expression<'a>, framework: &'static str) -> usize {
        if let Some(router) = self.known_name(object) {
            return router;
        }
        let router = self.add_router(Router {
            name: value::last_name(object),
            framework,
            prefix: String::new(),
            guards: Vec::new(),
            mount: None,
            handed: false,
        });
        if let Some(name) = value::last_name(object) {
            self.rename(name, Some(router));
        }
        router
    }

    /// `router`, `router.routes()`, `router.middleware()`.
    fn mounted_router(&self, argument: &Expression<'a>) -> Option<usize> {
        match bare(argument) {
            Expression::Identifier(name) => self.names.get(name.name.as_str()).copied(),
            Expression::CallExpression(call) => {
                let member = value::member(&call.callee)?;
                if !matches!(value::property(member), Some("routes" | "middleware")) {
                    return None;
                }
                self.known_name(member.object())
            }
            _ => None,
        }
    }
}

/// A router that is made here: which framework, and the prefix it is given.
pub(super) fn made_router<'a>(scope: &Scope<'a>, init: &Expression<'a>) -> Option<(&'static str, String)> {
    let (callee, arguments, new) = match bare(init) {
        Expression::CallExpression(call) => (&call.callee, &call.arguments, false),
        Expression::NewExpression(new) => (&new.callee, &new.arguments, true),
        Expression::AwaitExpression(awaited) => return made_router(scope, &awaited.argument),
        _ => return None,
    };
    let options_prefix = || {
        let options = value::object(scope, value::argument(arguments, 0)?)?;
        value::text(scope, value::entry(options, "prefix")?).map(|text| text.value)
    };
    let module = |name: &str| scope.module(name).map(|(module, _)| module);
    // `require("express")()`.
    if let Some(required) = required_module(callee) {
        return framework_of_module(required, false).map(|framework| (framework, String::new()));
    }
    match bare(callee) {
        Expression::Identifier(name) => {
            let name = name.name.as_str();
            match module(name) {
                Some(from) => framework_of_module(from, name.ends_with("Router")),
                None => match (name, new) {
                    ("express" | "Router", false) => Some("express"),
                    ("fastify" | "Fastify", false) => Some("fastify"),
                    ("Router" | "KoaRouter" | "Koa", true) => Some("koa"),
                    ("Hono" | "OpenAPIHono", true) => Some("hono"),
                    ("polka", false) => Some("express"),
                    _ => None,
                },
            }
            .map(|framework| (framework, options_prefix().unwrap_or_default()))
        }
        callee => {
            let member = value::member(callee)?;
            let property = value::property(member)?;
            let from =
                required_module(member.object()).or_else(|| module(value::last_name(member.object())?));
            match (property, from) {
                ("Router", Some(from)) => framework_of_module(from, true)
                    .map(|framework| (framework, options_prefix().unwrap_or_default())),
                ("Router", None) => {
                    (value::last_name(member.object()) == Some("express")).then(|| ("express", String::new()))
                }
                ("default", Some(from)) => {
                    framework_of_module(from, false).map(|framework| (framework, String::new()))
                }
                ("basePath", _) => {
                    let (framework, _) = made_router(scope, member.object())?;
                    let prefix = value::argument(arguments, 0).and_then(|prefix| value::text(scope, prefix));
                    Some((framework, prefix.map(|prefix| prefix.value).unwrap_or_default()))
                }
                ("createServer", Some("restify")) => Some(("restify", String::new())),
                // `const app = new Hono().get(…)`, `const app = express().use(…)`.
                ("get" | "post" | "put" | "patch" | "delete" | "use" | "route" | "withTypeProvider", _) => {
                    made_router(scope, value::root(member.object()))
                        .or_else(|| made_router(scope, member.object()))
                }
                _ => None,
            }
        }
    }
}

fn framework_of_module(module: &str, router: bool) -> Option<&'static str> {
    match module {
        "express" | "express-promise-router" | "polka" | "@types/express" | "ultimate-express" => {
            Some("express")
        }
        "fastify" if !router => Some("fastify"),
        "koa-router" | "@koa/router" | "koa" => Some("koa"),
        "hono" | "hono/quick" | "hono/tiny" | "@hono/zod-openapi" => Some("hono"),
        _ => None,
    }
}

/// Names that routers have by custom.
pub(super) fn is_router_name(name: &str) -> bool {
    matches!(name, "app" | "router" | "fastify" | "_router" | "_app" | "expressApp")
        || name.ends_with("Router")
        || name.ends_with("_router")
}

pub(super) fn framework_of_name(name: &str) -> &'static str {
    if name == "fastify" || name == "instance" { "fastify" } else { "express" }
}

/// A name that stands for a client, a store or a router of the page is none of ours.
fn may_be_router<'a>(scope: &Scope<'a>, name: &str) -> bool {
    let made = match scope.find(name) {
        None | Some(Bound::Other | Bound::Function) => return true,
        Some(Bound::Module(module, _)) => {
            return ![
                "inertia",
                "vue",
                "react",
                "next",
                "angular",
                "svelte",
                "axios",
                "supertest",
                "wouter",
                "expo",
            ]
            .iter()
            .any(|client| module.contains(client));
        }
        Some(Bound::Constant(init) | Bound::Variable(init)) => bare(init),
    };
    let maker = match made {
        Expression::CallExpression(call) => value::root_name(&call.callee),
        Expression::NewExpression(new) => value::last_name(&new.callee),
        Expression::ObjectExpression(_) | Expression::StringLiteral(_) | Expression::ArrayExpression(_) => {
            return false;
        }
        _ => return true,
    };
    !matches!(
        maker,
        Some(
            "axios"
                | "got"
                | "ky"
                | "request"
                | "supertest"
                | "useRouter"
                | "useContext"
                | "Map"
                | "WeakMap"
                | "Set"
                | "nock"
                | "chai"
                | "inject"
                | "agent"
        )
    )
}

/// A router that another file makes, by its name or where it comes from: no guard.
fn is_foreign_router<'a>(scope: &Scope<'a>, argument: &Expression<'a>) -> bool {
    if required_module(argument).is_some() {
        return true;
    }
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["router", "routes", "route", "api", "controller", "routing"].iter().any(|end| name.ends_with(end))
    };
    match bare(argument) {
        Expression::Identifier(name) => {
            named(name.name.as_str())
                || scope.module(name.name.as_str()).is_some_and(|(module, _)| {
                    module.starts_with('.')
                        && module.split('/').any(|part| {
                            matches!(part, "routes" | "routers" | "controllers" | "api") || named(part)
                        })
                })
        }
        Expression::CallExpression(call) => value::last_name(&call.callee).is_some_and(named),
        argument => value::last_name(argument).is_some_and(named),
    }
}

/// The `route("/path")` call that a chain of verbs hangs on, and its receiver.
fn chained_route<'a>(object: &'a Expression<'a>) -> Option<(&'a CallExpression<'a>, &'a Expression<'a>)> {
    let mut at = bare(object);
    for _ in 0..16 {
        let Expression::CallExpression(call) = at else { return None };
        let member = value::member(&call.callee)?;
        if value::property(member) == Some("route") {
            return (call.arguments.len() == 1).then(|| (&**call, member.object()));
        }
        at = bare(member.object());
    }
    None
}

/// A path: a text, the first of a list, a regular expression.
fn route_path<'a>(scope: &Scope<'a>, expression: &Expression<'a>) -> Option<String> {
    match bare(expression) {
        Expression::RegExpLiteral(literal) => Some(literal.regex.pattern.text.to_string()),
        Expression::ArrayExpression(list) => list.elements.iter().find_map(|element| {
            let element = element.as_expression()?;
            if matches!(bare(element), Expression::ArrayExpression(_)) {
                None
            } else {
                route_path(scope, element)
            }
        }),
        _ => value::text(scope, expression).map(|text| text.value),
    }
}

fn is_path(path: &str) -> bool {
    path.starts_with('/')
        || path.starts_with('*')
        || path.starts_with("^\\/")
        || path.starts_with("\\/")
        || (path.starts_with(HOLE) && path.chars().nth(1).is_none_or(|c| c == '/'))
}

/// Something is there that can answer.
fn is_handled(handlers: &[Argument<'_>], known: Known) -> bool {
    let Some(last) = handlers.last().and_then(|last| last.as_expression()).map(bare) else {
        return handlers.last().is_some();
    };
    match last {
        last if last.is_function() => known != Known::Perhaps || parameter_count(last) > 1,
        Expression::Identifier(name) => known != Known::Perhaps && name.name.as_str() != "undefined",
        Expression::CallExpression(_) | Expression::ArrayExpression(_) => known != Known::Perhaps,
        Expression::ObjectExpression(options) => value::entry(options, "handler").is_some(),
        last => known != Known::Perhaps && value::member(last).is_some(),
    }
}

fn parameter_count(function: &Expression<'_>) -> usize {
    match function {
        Expression::ArrowFunctionExpression(function) => function.params.items.len(),
        Expression::FunctionExpression(function) => function.params.items.len(),
        _ => 0,
    }
}

/// The hooks of Fastify's route options, and Hapi's `auth`.
fn hooks<'a>(options: &oxc_ast::ast::ObjectExpression<'a>, guards: &mut Vec<Guard<'a>>) {
    for key in [
        "onRequest",
        "preHandler",
        "preValidation",
        "preParsing",
        "beforeHandler",
        "middleware",
        "middlewares",
    ] {
        if let Some(hook) = value::entry(options, key) {
            guard::of_expression(hook, guards);
        }
    }
}
