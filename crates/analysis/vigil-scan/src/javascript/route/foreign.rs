//! Routers of other files: which are mounted here, and by which name those of this file are.

use oxc_ast::ast::{
    AssignmentTarget, CallExpression, ExportDefaultDeclaration, ExportNamedDeclaration, Expression,
};

use super::super::binding::required_module;
use super::super::scope::Scope;
use super::super::value::{self, bare};
use super::{Guard, Routes};
use crate::facts::{DEFAULT_EXPORT, Mount, WHOLE_FILE};

/// Most routers of other files that a file mounts.
const MAX_FOREIGN: usize = 500;

/// A router of another file, put below one of this file.
pub(super) struct Foreign<'a> {
    target: String,
    parent: usize,
    path: String,
    guards: Vec<Guard<'a>>,
    /// How many guards the parent had then.
    before: usize,
}

/// The router of another file that an argument may be: `users`, `users.routes()`, `all.users`, `require("./users")`.
pub(super) fn target<'a>(scope: &Scope<'a>, argument: &Expression<'a>) -> Option<String> {
    let of = |name: &str, inner: Option<&str>| {
        let (module, own) = scope.module(name).filter(|(module, _)| module.starts_with('.'))?;
        let name = inner.unwrap_or(own);
        Some(format!("{module}#{}", if name == "*" { DEFAULT_EXPORT } else { name }))
    };
    if let Some(module) = required_module(argument).filter(|module| module.starts_with('.')) {
        return Some(format!("{module}#{DEFAULT_EXPORT}"));
    }
    match bare(argument) {
        Expression::Identifier(name) => of(name.name.as_str(), None),
        Expression::CallExpression(call) => {
            let member = value::member(&call.callee)?;
            matches!(value::property(member), Some("routes" | "middleware"))
                .then(|| target(scope, member.object()))
                .flatten()
        }
        other => {
            let member = value::member(other)?;
            let Expression::Identifier(name) = bare(member.object()) else { return None };
            let property = value::property(member)?;
            of(name.name.as_str(), Some(property))
        }
    }
}

impl<'a> Routes<'a> {
    /// Puts a router of another file below one of this file.
    pub(super) fn mount_foreign(
        &mut self,
        target: String,
        parent: usize,
        path: &str,
        guards: Vec<Guard<'a>>,
    ) {
        if self.foreign.len() < MAX_FOREIGN {
            let before = self.routers.get(parent).map_or(0, |router| router.guards.len());
            self.foreign.push(Foreign { target, parent, path: path.to_owned(), guards, before });
        }
    }

    /// `addUserRoutes(app)`, `require("./users")(app)`: a function of another file is handed a router of this file.
    pub(super) fn handed_over(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        let handed =
            call.arguments.iter().filter_map(|argument| argument.as_expression()).find_map(|argument| {
                match bare(argument) {
                    Expression::Identifier(name) => self.names.get(name.name.as_str()).copied(),
                    _ => None,
                }
            });
        if let (Some(parent), Some(target)) = (handed, target(scope, &call.callee)) {
            self.mount_foreign(target, parent, "", Vec::new());
        }
    }

    /// `export default router`.
    pub(in crate::javascript) fn exports_by_default(&mut self, export: &ExportDefaultDeclaration<'a>) {
        if let Some(Expression::Identifier(name)) = export.declaration.as_expression().map(bare) {
            self.default = Some(name.name.as_str());
        }
    }

    /// `module.exports = router`.
    pub(in crate::javascript) fn exports_as_module(
        &mut self,
        target: &AssignmentTarget<'a>,
        given: &Expression<'a>,
    ) {
        let is_module = target.as_member_expression().is_some_and(|member| {
            value::property(member) == Some("exports") && value::last_name(member.object()) == Some("module")
        });
        if let Expression::Identifier(name) = bare(given)
            && is_module
        {
            self.default = Some(name.name.as_str());
        }
    }

    /// `export { router as users }`.
    pub(in crate::javascript) fn exports_by_name(&mut self, export: &ExportNamedDeclaration<'a>) {
        for specifier in export.specifiers.iter().take(MAX_FOREIGN.saturating_sub(self.exported.len())) {
            let (local, name) = (specifier.local.name().as_str(), specifier.exported.name().as_str());
            self.exported.push((local, name));
        }
    }

    /// The names that others mount a router by, with `,` between them: those of the outermost above it.
    pub(super) fn mounted_as(&self, router: usize) -> Option<String> {
        let mut at = router;
        for _ in 0..super::MOUNTS {
            let router = self.routers.get(at)?;
            match &router.mount {
                Some(mount) => at = mount.parent,
                None if router.handed => return Some(WHOLE_FILE.to_owned()),
                None => {
                    let own = router.name?;
                    let mut names = vec![own];
                    names.extend((self.default == Some(own)).then_some(DEFAULT_EXPORT));
                    let others = self.exported.iter().filter(|(local, _)| *local == own);
                    names.extend(others.map(|(_, name)| *name));
                    names.sort_unstable();
                    names.dedup();
                    return Some(names.join(","));
                }
            }
        }
        None
    }

    /// Routers of other files with all that stands before them here.
    pub(super) fn mounts(&self) -> Vec<Mount> {
        let mount = |foreign: &Foreign<'a>| {
            let mut guards = Vec::new();
            for guard in &foreign.guards {
                self.guard_names(guard, &mut guards);
            }
            let mut path = foreign.path.clone();
            self.above(foreign.parent, foreign.before, &mut path, &mut guards);
            let into = self.mounted_as(foreign.parent).unwrap_or_default();
            Mount { target: foreign.target.clone(), guards, into }
        };
        self.foreign.iter().map(mount).collect()
    }
}
