//! NestJS controllers, and what is built like them.

use oxc_ast::ast::{Class, Decorator, Expression, MethodDefinition};
use oxc_span::GetSpan as _;

use super::super::scope::Scope;
use super::super::value::{self, bare, span};
use super::{Found, Guard, Routes, joined};

/// A class whose methods are routes.
pub(super) struct Controller {
    prefix: String,
    guards: Vec<String>,
}

impl<'a> Routes<'a> {
    pub(in super::super) fn enter_class(&mut self, scope: &Scope<'a>, class: &'a Class<'a>) {
        let controller = class.decorators.iter().find(|decorator| {
            matches!(name(decorator), Some("Controller" | "JsonController" | "RestController" | "Route"))
        });
        let controller = controller.map(|controller| Controller {
            prefix: path(scope, controller),
            guards: class.decorators.iter().flat_map(guards).collect(),
        });
        self.controllers.push(controller);
    }

    pub(in super::super) fn leave_class(&mut self) {
        self.controllers.pop();
    }

    pub(in super::super) fn method(&mut self, scope: &Scope<'a>, method: &'a MethodDefinition<'a>) {
        let Some(Some(controller)) = self.controllers.last() else { return };
        for decorator in &method.decorators {
            let verb = match name(decorator) {
                Some(verb @ ("Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" | "All")) => {
                    verb
                }
                _ => continue,
            };
            let opened = method.decorators.iter().any(|decorator| {
                matches!(
                    name(decorator),
                    Some("Public" | "IsPublic" | "SkipAuth" | "AllowAnonymous" | "NoAuth" | "Unprotected")
                )
            });
            let mut names: Vec<String> = method.decorators.iter().flat_map(guards).collect();
            for parameter in &method.value.params.items {
                names.extend(
                    parameter
                        .decorators
                        .iter()
                        .filter_map(name)
                        .filter(|name| name.contains("User"))
                        .map(str::to_owned),
                );
            }
            if !opened {
                names.extend(controller.guards.iter().cloned());
            }
            let mut before: Vec<Guard<'a>> = names.into_iter().map(Guard::Name).collect();
            before.push(Guard::Function(method.value.span().start));
            let written = path(scope, decorator);
            let written = if written.starts_with('/') { written } else { format!("/{written}") };
            let prefix = controller.prefix.trim_matches('/');
            let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
            self.found.push(Found {
                span: span(decorator),
                methods: vec![verb.to_ascii_uppercase()],
                path: joined(&prefix, &written),
                framework: "nest",
                router: None,
                before: 0,
                guards: before,
            });
        }
    }
}

fn name<'a>(decorator: &Decorator<'a>) -> Option<&'a str> {
    value::called_name(&decorator.expression)
}

/// The first argument, or its `path`.
fn path<'a>(scope: &Scope<'a>, decorator: &Decorator<'a>) -> String {
    let Expression::CallExpression(call) = bare(&decorator.expression) else { return String::new() };
    let Some(first) = value::argument(&call.arguments, 0) else { return String::new() };
    let first = match bare(first) {
        Expression::ArrayExpression(list) => {
            match list.elements.first().and_then(|element| element.as_expression()) {
                Some(first) => first,
                None => return String::new(),
            }
        }
        Expression::ObjectExpression(options) => match value::entry(options, "path") {
            Some(path) => path,
            None => return String::new(),
        },
        _ => first,
    };
    value::text(scope, first).map(|text| text.value).unwrap_or_default()
}

/// The names of `@UseGuards(A, B("x"))`; any other decorator is its own name.
fn guards(decorator: &Decorator<'_>) -> Vec<String> {
    match (name(decorator), bare(&decorator.expression)) {
        (Some("UseGuards" | "UseBefore"), Expression::CallExpression(call)) => call
            .arguments
            .iter()
            .filter_map(|argument| argument.as_expression())
            .filter_map(|argument| match bare(argument) {
                Expression::NewExpression(new) => value::dotted(&new.callee),
                argument => value::dotted(argument),
            })
            .collect(),
        (
            Some(
                "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" | "All" | "Controller"
                | "JsonController",
            ),
            _,
        ) => Vec::new(),
        (Some(name), _) => vec![name.to_owned()],
        (None, _) => Vec::new(),
    }
}
