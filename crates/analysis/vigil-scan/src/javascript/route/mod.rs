//! Endpoints and what stands before them.
//!
//! Routers of the file, what each was told to run first, and where it is mounted are collected during the walk. Paths and
//! guards are put together at its end, when every function of the file has been seen.

mod call;
mod foreign;
mod guard;
mod nest;
mod next;

use std::collections::HashMap;
use std::path::Path;

use oxc_ast::ast::{CallExpression, Expression, NewExpression, ObjectProperty};

use super::scope::Scope;
use super::value::{self, bare};
use crate::facts::Endpoint;
use crate::source::Span;

/// How many mounts above each other are followed.
const MOUNTS: usize = 6;
/// How many guards a router, and how many an endpoint, can have.
const GUARDS: usize = 128;
const GUARDS_SHOWN: usize = 32;

/// What the walk learned about routes.
pub(super) struct Routes<'a> {
    routers: Vec<Router<'a>>,
    /// The router that a name stands for at this place of the walk.
    names: HashMap<&'a str, usize>,
    found: Vec<Found<'a>>,
    functions: Vec<FunctionFrame<'a>>,
    /// What functions do that looks like a check, by where they begin.
    checks: HashMap<u32, Vec<String>>,
    function_names: HashMap<&'a str, u32>,
    /// Plugins that are registered with a function: where the function begins, the router it extends, its prefix.
    plugins: HashMap<u32, (usize, String)>,
    /// The router that a function gets as its first parameter.
    parameters: HashMap<u32, usize>,
    named_plugins: Vec<(&'a str, usize, String)>,
    controllers: Vec<Option<nest::Controller>>,
    foreign: Vec<foreign::Foreign<'a>>,
    /// What the file exports by default.
    default: Option<&'a str>,
    /// What it exports by name: the name here, and that for others.
    exported: Vec<(&'a str, &'a str)>,
    file: next::FileRoute<'a>,
}

struct Router<'a> {
    /// The name it got when it was made.
    name: Option<&'a str>,
    framework: &'static str,
    prefix: String,
    guards: Vec<PathGuard<'a>>,
    mount: Option<Mount<'a>>,
    /// A function was handed it.
    handed: bool,
}

/// A guard of a router, for the paths that begin so.
struct PathGuard<'a> {
    path: String,
    guard: Guard<'a>,
}

struct Mount<'a> {
    parent: usize,
    prefix: String,
    guards: Vec<Guard<'a>>,
    /// How many guards the parent had then.
    before: usize,
}

/// Something that runs before a handler.
#[derive(Clone)]
enum Guard<'a> {
    /// By its name, as written.
    Name(String),
    /// A function that is written here.
    Function(u32),
    /// A name that may be a function of this file; only what it does counts, not how it is called.
    Handler(&'a str),
}

struct Found<'a> {
    span: Span,
    methods: Vec<String>,
    path: String,
    framework: &'static str,
    router: Option<usize>,
    before: usize,
    guards: Vec<Guard<'a>>,
}

struct FunctionFrame<'a> {
    start: u32,
    checks: Vec<String>,
    /// What names stood for outside.
    saved: Vec<(&'a str, Option<usize>)>,
    parameters: usize,
}

impl<'a> Routes<'a> {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            routers: Vec::new(),
            names: HashMap::new(),
            found: Vec::new(),
            functions: Vec::new(),
            checks: HashMap::new(),
            function_names: HashMap::new(),
            plugins: HashMap::new(),
            parameters: HashMap::new(),
            named_plugins: Vec::new(),
            controllers: Vec::new(),
            foreign: Vec::new(),
            default: None,
            exported: Vec::new(),
            file: next::FileRoute::of(path),
        }
    }

    pub(super) fn enter_function(&mut self, start: u32) {
        self.functions.push(FunctionFrame { start, checks: Vec::new(), saved: Vec::new(), parameters: 0 });
    }

    pub(super) fn leave_function(&mut self) {
        let Some(frame) = self.functions.pop() else { return };
        for (name, router) in frame.saved.into_iter().rev() {
            match router {
                Some(router) => self.names.insert(name, router),
                None => self.names.remove(name),
            };
        }
        if frame.checks.is_empty() {
            return;
        }
        if let Some(outer) = self.functions.last_mut() {
            let room = 4_usize.saturating_sub(outer.checks.len());
            outer.checks.extend(frame.checks.iter().take(room).cloned());
        }
        self.checks.insert(frame.start, frame.checks);
    }

    pub(super) fn function_name(&mut self, name: &'a str, start: u32) {
        self.function_names.insert(name, start);
    }

    /// A parameter: it is no router of the outside, but may be the one that a plugin is handed.
    pub(super) fn parameter(&mut self, name: &'a str) {
        let Some(frame) = self.functions.last_mut() else { return };
        let start = frame.start;
        frame.parameters += 1;
        if frame.parameters == 1 {
            let mount = self.plugins.get(&start).map(|(parent, prefix)| (*parent, prefix.clone()));
            let plugin = mount.is_some();
            let mount = mount.map(|(parent, prefix)| Mount {
                parent,
                prefix,
                guards: Vec::new(),
                before: self.routers.get(parent).map_or(0, |router| router.guards.len()),
            });
            if plugin || call::is_router_name(name) {
                let framework = mount
                    .as_ref()
                    .and_then(|mount| self.routers.get(mount.parent))
                    .map_or_else(|| call::framework_of_name(name), |parent| parent.framework);
                let router = self.add_router(Router {
                    name: Some(name),
                    framework,
                    prefix: String::new(),
                    guards: Vec::new(),
                    mount,
                    handed: true,
                });
                self.parameters.insert(start, router);
                self.rename(name, Some(router));
                return;
            }
        }
        if self.names.contains_key(name) {
            self.rename(name, None);
        }
    }

    /// `const name = …`: a router, or a name that stood for one and does no more.
    pub(super) fn declare(&mut self, scope: &Scope<'a>, name: &'a str, init: &'a Expression<'a>) {
        if bare(init).is_function() {
            let start = oxc_span::GetSpan::span(bare(init)).start;
            self.function_names.insert(name, start);
        }
        match call::made_router(scope, init) {
            Some((framework, prefix)) => {
                let router = self.add_router(Router {
                    name: Some(name),
                    framework,
                    prefix,
                    guards: Vec::new(),
                    mount: None,
                    handed: false,
                });
                self.rename(name, Some(router));
            }
            None if self.names.contains_key(name) => self.rename(name, None),
            None => {}
        }
    }

    fn rename(&mut self, name: &'a str, router: Option<usize>) {
        let before = match router {
            Some(router) => self.names.insert(name, router),
            None => self.names.remove(name),
        };
        if let Some(frame) = self.functions.last_mut() {
            frame.saved.push((name, before));
        }
    }

    fn add_router(&mut self, router: Router<'a>) -> usize {
        self.routers.push(router);
        self.routers.len() - 1
    }

    pub(super) fn enter_call(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        self.enter_plugin(scope, call);
    }

    pub(super) fn leave_call(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        if let Some(check) = guard::check_of_call(call) {
            self.checked(check);
        }
        self.registered(scope, call);
    }

    pub(super) fn construction(&mut self, new: &'a NewExpression<'a>) {
        if let Some(check) = guard::check_of_construction(new) {
            self.checked(check);
        }
    }

    pub(super) fn entry(&mut self, entry: &'a ObjectProperty<'a>) {
        if guard::refuses(value::key_name(&entry.key), &entry.value) {
            self.checked(guard::REFUSAL.to_owned());
        }
    }

    pub(super) fn assignment(&mut self, name: Option<&str>, given: &Expression<'a>) {
        if guard::refuses(name, given) {
            self.checked(guard::REFUSAL.to_owned());
        }
    }

    fn checked(&mut self, check: String) {
        if let Some(frame) = self.functions.last_mut()
            && frame.checks.len() < 4
            && !frame.checks.contains(&check)
        {
            frame.checks.push(check);
        }
    }

    /// All endpoints, with paths and guards put together.
    pub(super) fn finish(mut self) -> (Vec<Endpoint>, Vec<crate::facts::Mount>) {
        self.file_routes();
        for (name, parent, prefix) in std::mem::take(&mut self.named_plugins) {
            let router = self.function_names.get(name).and_then(|start| self.parameters.get(start)).copied();
            let before = self.routers.get(parent).map_or(0, |router| router.guards.len());
            if let Some(router) = router.and_then(|router| self.routers.get_mut(router))
                && router.mount.is_none()
            {
                router.mount = Some(Mount { parent, prefix, guards: Vec::new(), before });
            }
        }
        let mut endpoints = Vec::new();
        for found in &self.found {
            let mut path = found.path.clone();
            let mut guards = Vec::new();
            for guard in &found.guards {
                self.guard_names(guard, &mut guards);
            }
            let router = found.router.and_then(|router| self.mounted_as(router));
            if let Some(router) = found.router {
                self.above(router, found.before, &mut path, &mut guards);
            }
            for method in &found.methods {
                endpoints.push(Endpoint {
                    span: found.span,
                    method: method.clone(),
                    path: path.clone(),
                    framework: found.framework,
                    guards: guards.clone(),
                    router: router.clone(),
                });
            }
        }
        endpoints.sort_by_key(|endpoint| endpoint.span.start);
        (endpoints, self.mounts())
    }

    /// Puts before a path what the routers above it do.
    fn above(&self, router: usize, before: usize, path: &mut String, guards: &mut Vec<String>) {
        let (mut at, mut before) = (router, before);
        for _ in 0..MOUNTS {
            let Some(router) = self.routers.get(at) else { return };
            for guard in router.guards.iter().take(before) {
                if covers(&guard.path, path) {
                    self.guard_names(&guard.guard, guards);
                }
            }
            *path = joined(&router.prefix, path);
            let Some(mount) = &router.mount else { return };
            *path = joined(&mount.prefix, path);
            for guard in &mount.guards {
                self.guard_names(guard, guards);
            }
            (at, before) = (mount.parent, mount.before);
        }
    }

    fn guard_names(&self, guard: &Guard<'a>, out: &mut Vec<String>) {
        let (name, start) = match guard {
            Guard::Name(name) => (Some(name.as_str()), self.function_names.get(name.as_str())),
            Guard::Function(start) => (None, Some(start)),
            Guard::Handler(name) => (None, self.function_names.get(name)),
        };
        let checks = start.and_then(|start| self.checks.get(start)).into_iter().flatten().map(String::as_str);
        for name in name.into_iter().chain(checks) {
            if out.len() < GUARDS_SHOWN && !out.iter().any(|known| known == name) {
                out.push(name.to_owned());
            }
        }
    }
}

/// The path stands below the one a guard was given.
fn covers(guarded: &str, path: &str) -> bool {
    let guarded = guarded.trim_end_matches('*').trim_end_matches('/');
    guarded.is_empty()
        || path.strip_prefix(guarded).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn joined(prefix: &str, path: &str) -> String {
    match prefix.trim_end_matches('/') {
        "" => path.to_owned(),
        prefix if path.is_empty() || path == "/" => prefix.to_owned(),
        prefix if path.starts_with('/') => format!("{prefix}{path}"),
        prefix => format!("{prefix}/{path}"),
    }
}
