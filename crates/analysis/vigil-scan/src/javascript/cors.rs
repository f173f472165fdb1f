//! Settings that let every web page call.

use oxc_ast::ast::{
    AssignmentExpression, CallExpression, Expression, ObjectExpression, ObjectProperty, ObjectPropertyKind,
};

use super::value::{self, bare, span};
use super::walk::Reader;
use crate::facts::Cors;
use crate::source::Span;

const HEADER: &str = "access-control-allow-origin";

/// `cors()`, `enableCors()`, `register(cors)`, `setHeader("Access-Control-Allow-Origin", "*")`.
pub(super) fn call<'a>(reader: &mut Reader<'a>, call: &'a CallExpression<'a>) {
    if let Expression::Identifier(callee) = bare(&call.callee) {
        if let Some(framework) = middleware(reader, callee.name.as_str()) {
            options(
                reader,
                span(call),
                framework,
                value::argument(&call.arguments, 0),
                call.arguments.is_empty(),
            );
        }
        return;
    }
    let Some(member) = value::member(&call.callee) else { return };
    match value::property(member) {
        Some("enableCors") => {
            options(
                reader,
                span(call),
                "nest",
                value::argument(&call.arguments, 0),
                call.arguments.is_empty(),
            );
        }
        Some("register") => {
            let plugin = value::argument(&call.arguments, 0);
            let from = plugin.and_then(|plugin| match bare(plugin) {
                Expression::Identifier(name) => {
                    reader.scope.module(name.name.as_str()).map(|(module, _)| module)
                }
                plugin => super::binding::required_module(plugin),
            });
            if matches!(from, Some("@fastify/cors" | "fastify-cors")) {
                options(
                    reader,
                    span(call),
                    "fastify",
                    value::argument(&call.arguments, 1),
                    call.arguments.len() == 1,
                );
            }
        }
        Some("create") => {
            if value::last_name(member.object()) == Some("NestFactory")
                && let Some(Expression::ObjectExpression(given)) =
                    call.arguments.last().and_then(|last| last.as_expression()).map(bare)
                && let Some(cors) = value::entry(given, "cors")
                && value::boolean(cors) == Some(true)
            {
                push(reader, span(cors), "nest");
            }
        }
        Some("header" | "setHeader" | "set" | "append" | "addHeader" | "writeHeader") => {
            let name = value::argument(&call.arguments, 0).and_then(|name| value::text(&reader.scope, name));
            let given = value::argument(&call.arguments, 1);
            if name.is_some_and(|name| name.value.eq_ignore_ascii_case(HEADER))
                && given.is_some_and(|given| is_star(reader, given))
            {
                push(reader, span(call), "header");
            }
        }
        _ => {}
    }
}

/// The framework of a name that stands for a CORS middleware.
fn middleware(reader: &Reader<'_>, name: &str) -> Option<&'static str> {
    match reader.scope.module(name) {
        Some(("cors", _)) => Some("express"),
        Some(("@koa/cors" | "koa-cors" | "koa2-cors" | "kcors", _)) => Some("koa"),
        Some(("hono/cors", "cors")) => Some("hono"),
        Some(_) => None,
        None => (name == "cors" && reader.scope.find(name).is_none()).then_some("express"),
    }
}

/// What the options of a CORS middleware say; without an origin it is everybody.
fn options<'a>(
    reader: &mut Reader<'a>,
    at: Span,
    framework: &'static str,
    given: Option<&'a Expression<'a>>,
    absent: bool,
) {
    let Some(given) = given else {
        if absent {
            push(reader, at, framework);
        }
        return;
    };
    let Some(object) = value::object(&reader.scope, given) else { return };
    match value::entry(object, "origin") {
        // A star is reported where it stands.
        Some(origin) if value::boolean(origin) == Some(true) => push(reader, span(origin), framework),
        Some(_) => {}
        None if value::is_open(object) || matches!(bare(given), Expression::Identifier(_)) => {}
        None => push(reader, at, framework),
    }
}

/// `{ origin: "*" }`, `{ "Access-Control-Allow-Origin": "*" }`, `{ key: "Access-Control-Allow-Origin", value: "*" }`.
pub(super) fn entry<'a>(reader: &mut Reader<'a>, entry: &'a ObjectProperty<'a>) {
    let Some(name) = value::key_name(&entry.key) else { return };
    if name.len() == HEADER.len() && name.eq_ignore_ascii_case(HEADER) {
        if is_star(reader, &entry.value) {
            push(reader, span(entry), "header");
        }
        return;
    }
    match name {
        "origin" | "origins" | "allowOrigins" | "allowedOrigins" | "allowedOrigin" | "allowOrigin"
        | "CORS_ORIGINS"
            if is_star(reader, &entry.value) =>
        {
            push(reader, span(entry), "express");
        }
        "headers" => {
            if let Expression::ArrayExpression(headers) = bare(&entry.value) {
                for header in &headers.elements {
                    if let Some(Expression::ObjectExpression(header)) = header.as_expression().map(bare)
                        && header_entry_is_star(reader, header)
                    {
                        push(reader, span(&**header), "header");
                    }
                }
            }
        }
        _ => {}
    }
}

fn header_entry_is_star<'a>(reader: &Reader<'a>, header: &ObjectExpression<'a>) -> bool {
    let texts: Vec<_> = header
        .properties
        .iter()
        .filter_map(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => value::text(&reader.scope, &property.value),
            ObjectPropertyKind::SpreadProperty(_) => None,
        })
        .collect();
    texts.iter().any(|text| text.value.eq_ignore_ascii_case(HEADER))
        && texts.iter().any(|text| text.value == "*")
}

/// `headers["Access-Control-Allow-Origin"] = "*"`, `CORS_ORIGINS = "*"`.
pub(super) fn assignment<'a>(reader: &mut Reader<'a>, assignment: &'a AssignmentExpression<'a>) {
    let Some(name) = assignment.left.as_member_expression().and_then(value::property) else { return };
    if name.eq_ignore_ascii_case(HEADER) && is_star(reader, &assignment.right) {
        push(reader, span(assignment), "header");
    }
}

fn is_star<'a>(reader: &Reader<'a>, given: &Expression<'a>) -> bool {
    match bare(given) {
        Expression::ArrayExpression(list) => list
            .elements
            .iter()
            .filter_map(|element| element.as_expression())
            .any(|element| is_text_star(reader, element)),
        given => is_text_star(reader, given),
    }
}

fn is_text_star<'a>(reader: &Reader<'a>, given: &Expression<'a>) -> bool {
    match bare(given) {
        Expression::StringLiteral(text) => text.value.as_str() == "*",
        Expression::TemplateLiteral(_) | Expression::Identifier(_) => {
            value::text(&reader.scope, given).is_some_and(|text| text.value == "*")
        }
        _ => false,
    }
}

fn push(reader: &mut Reader<'_>, span: Span, framework: &'static str) {
    reader.facts.cors.push(Cors { span, framework });
}
