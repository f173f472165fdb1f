//! Next.js: routes by the file's place, methods by the names it exports.

use std::path::Path;

use oxc_ast::ast::{
    BinaryExpression, BindingPattern, Declaration, ExportDeclaration, ExportDefaultDeclaration,
    ExportDefaultDeclarationKind, ExportNamedDeclaration, Expression, SwitchStatement,
};
use oxc_span::GetSpan as _;

use super::super::scope::Scope;
use super::super::value::{self, bare, span};
use super::{Found, Guard, Routes, guard};
use crate::source::Span;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What the file is by its place, and what is known of its one handler.
#[derive(Default)]
pub(super) struct FileRoute<'a> {
    kind: Kind,
    path: String,
    /// Methods that the default handler of `pages/api` asks for.
    methods: Vec<&'static str>,
    default: Option<(Span, Vec<Guard<'a>>)>,
}

#[derive(Default, PartialEq)]
enum Kind {
    #[default]
    None,
    /// `app/**/route.ts`.
    App,
    /// `pages/api/**`.
    Pages,
}

impl<'a> FileRoute<'a> {
    pub(super) fn of(path: &Path) -> Self {
        let parts: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
        let Some((file, folders)) = parts.split_last() else { return Self::default() };
        let stem = file.split('.').next().unwrap_or_default();
        if stem == "route"
            && let Some(app) = folders.iter().position(|folder| *folder == "app")
        {
            let shown = folders
                .iter()
                .skip(app + 1)
                .filter(|folder| !folder.starts_with('(') && !folder.starts_with('@'));
            let path = shown.fold(String::new(), |path, folder| path + "/" + folder);
            return Self {
                kind: Kind::App,
                path: if path.is_empty() { "/".to_owned() } else { path },
                ..Self::default()
            };
        }
        if let Some(pages) = folders.windows(2).position(|pair| pair == ["pages", "api"]) {
            let mut path =
                folders.iter().skip(pages + 1).fold(String::new(), |path, folder| path + "/" + folder);
            if stem != "index" {
                path = path + "/" + stem;
            }
            return Self { kind: Kind::Pages, path, ..Self::default() };
        }
        Self::default()
    }
}

impl<'a> Routes<'a> {
    /// `export function POST() {}`, `export const POST = withAuth(handler)`.
    pub(in super::super) fn exported(&mut self, _: &Scope<'a>, export: &'a ExportDeclaration<'a>) {
        if self.file.kind != Kind::App {
            return;
        }
        match &export.declaration {
            Declaration::FunctionDeclaration(function) => {
                if let Some(name) = function.id.as_ref().map(|id| id.name.as_str()) {
                    self.app_route(name, span(export), vec![Guard::Function(function.span.start)]);
                }
            }
            Declaration::VariableDeclaration(declaration) => {
                for declarator in &declaration.declarations {
                    let (BindingPattern::BindingIdentifier(name), Some(init)) =
                        (&declarator.id, &declarator.init)
                    else {
                        continue;
                    };
                    let mut guards = Vec::new();
                    guard::of_handler(init, &mut guards);
                    self.app_route(name.name.as_str(), span(declarator), guards);
                }
            }
            _ => {}
        }
    }

    /// `export { handler as POST }`.
    pub(in super::super) fn exports(&mut self, scope: &Scope<'a>, export: &'a ExportNamedDeclaration<'a>) {
        if self.file.kind != Kind::App {
            return;
        }
        for specifier in &export.specifiers {
            let local = specifier.local.name().as_str();
            // What a library makes (`NextAuth(options)`) guards itself; what another file makes is judged there.
            let own = scope.value(local).is_some_and(|value| bare(value).is_function())
                || self.function_names.contains_key(local);
            if own {
                self.app_route(
                    specifier.exported.name().as_str(),
                    span(specifier),
                    vec![Guard::Handler(local)],
                );
            }
        }
    }

    fn app_route(&mut self, name: &str, span: Span, guards: Vec<Guard<'a>>) {
        let made = guards.iter().any(|guard| matches!(guard, Guard::Name(name) if is_library_handler(name)));
        if METHODS.contains(&name) && !made {
            let path = self.file.path.clone();
            let methods = vec![name.to_owned()];
            self.found.push(Found {
                span,
                methods,
                path,
                framework: "next",
                router: None,
                before: 0,
                guards,
            });
        }
    }

    /// `export default handler` of `pages/api`.
    pub(in super::super) fn default_export(&mut self, export: &'a ExportDefaultDeclaration<'a>) {
        if self.file.kind != Kind::Pages {
            return;
        }
        let mut guards = Vec::new();
        match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                guards.push(Guard::Function(function.span().start))
            }
            declaration => {
                if let Some(expression) = declaration.as_expression() {
                    guard::of_handler(expression, &mut guards);
                }
            }
        }
        self.file.default = Some((span(export), guards));
    }

    /// `req.method === "POST"`.
    pub(in super::super) fn method_asked(&mut self, binary: &BinaryExpression<'a>) {
        if self.file.kind != Kind::Pages || !binary.operator.is_equality() {
            return;
        }
        for (side, other) in [(&binary.left, &binary.right), (&binary.right, &binary.left)] {
            if is_method(side) {
                self.asked(other);
            }
        }
    }

    /// `switch (req.method) { case "POST": … }`.
    pub(in super::super) fn method_switched(&mut self, switch: &SwitchStatement<'a>) {
        if self.file.kind != Kind::Pages || !is_method(&switch.discriminant) {
            return;
        }
        for case in &switch.cases {
            if let Some(test) = &case.test {
                self.asked(test);
            }
        }
    }

    fn asked(&mut self, text: &Expression<'a>) {
        if let Expression::StringLiteral(text) = bare(text)
            && let Some(method) = METHODS.into_iter().find(|method| *method == text.value.as_str())
            && !self.file.methods.contains(&method)
        {
            self.file.methods.push(method);
        }
    }

    pub(super) fn file_routes(&mut self) {
        let file = std::mem::take(&mut self.file);
        let Some((span, guards)) = file.default else { return };
        if file.methods.is_empty()
            || guards.iter().any(|guard| matches!(guard, Guard::Name(name) if is_library_handler(name)))
        {
            return;
        }
        let methods = file.methods.iter().map(|method| (*method).to_owned()).collect();
        self.found.push(Found {
            span,
            methods,
            path: file.path,
            framework: "next",
            router: None,
            before: 0,
            guards,
        });
    }
}

fn is_method(expression: &Expression<'_>) -> bool {
    value::last_name(expression) == Some("method")
}

/// Handlers that libraries make and that check callers themselves.
fn is_library_handler(name: &str) -> bool {
    matches!(
        name,
        "NextAuth"
            | "Auth"
            | "toNextJsHandler"
            | "createRouteHandler"
            | "createUploadthing"
            | "handleAuth"
            | "createNextRouteHandler"
            | "serve"
    )
}
