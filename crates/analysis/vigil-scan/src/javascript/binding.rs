//! Values bound to names, texts, and environment lookups with a default.

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, BinaryExpression, BindingPattern, ConditionalExpression,
    Expression, FormalParameter, JSXAttribute, JSXAttributeName, JSXAttributeValue, LogicalExpression,
    ObjectProperty, PropertyDefinition, TSEnumMember, TSEnumMemberName, VariableDeclarator,
};
use oxc_ast_visit::VisitJs as _;
use oxc_syntax::operator::{AssignmentOperator, LogicalOperator};

use super::scope::Bound;
use super::value::{self, bare, span};
use super::walk::Reader;
use crate::facts::{Binding, BindingKind, EnvDefault, Text};

/// A literal or a template as a value.
pub(super) fn text<'a>(reader: &mut Reader<'a>, expression: &Expression<'a>) {
    if let Some(text) = value::text(&reader.scope, expression) {
        push_text(reader, text);
    }
}

/// A sum: one text with what is known of it, or its parts if it is none.
pub(super) fn sum<'a>(reader: &mut Reader<'a>, sum: &'a BinaryExpression<'a>) {
    let mut parts = value::summands(sum);
    let any_written = parts
        .iter()
        .any(|part| matches!(bare(part), Expression::StringLiteral(_) | Expression::TemplateLiteral(_)));
    if any_written {
        if let Some(text) = value::sum_text(&reader.scope, sum) {
            push_text(reader, text);
        }
        parts.retain(|part| !matches!(bare(part), Expression::StringLiteral(_)));
    }
    for part in parts {
        match bare(part) {
            Expression::TemplateLiteral(template) if any_written => {
                for hole in &template.expressions {
                    reader.visit_expression(hole);
                }
            }
            part => reader.visit_expression(part),
        }
    }
}

fn push_text(reader: &mut Reader<'_>, text: Text) {
    if text.value.len() > 1 {
        reader.facts.texts.push(text);
    }
}

/// `const name = "…"`, and the defaults of `const { NAME = "…" } = process.env`.
pub(super) fn declarator<'a>(reader: &mut Reader<'a>, declarator: &'a VariableDeclarator<'a>) {
    match (&declarator.id, &declarator.init) {
        (BindingPattern::BindingIdentifier(name), Some(init)) => {
            bind(reader, span(declarator), name.name.as_str(), BindingKind::Variable, init);
        }
        (BindingPattern::ObjectPattern(pattern), Some(init)) => {
            let env = env_object(reader, init);
            for property in &pattern.properties {
                let BindingPattern::AssignmentPattern(default) = &property.value else { continue };
                let Some(name) = value::key_name(&property.key) else { continue };
                if !env {
                    bind(reader, span(property), name, BindingKind::Variable, &default.right);
                    continue;
                }
                let Some(text) = value::text(&reader.scope, &default.right) else { continue };
                let without = reader.source.slice(span(&default.left)).to_owned();
                let without_default = if property.shorthand {
                    without
                } else {
                    format!("{}: {without}", reader.source.slice(span(&property.key)))
                };
                let entry = EnvDefault {
                    span: span(property),
                    name: name.to_owned(),
                    default: text,
                    without_default,
                };
                reader.facts.env_defaults.push(entry);
            }
        }
        _ => {}
    }
}

/// Remembers what the names of a declaration stand for.
pub(super) fn declare<'a>(reader: &mut Reader<'a>, declarator: &'a VariableDeclarator<'a>, constant: bool) {
    let Some(init) = &declarator.init else { return };
    let required = required_module(init);
    match &declarator.id {
        BindingPattern::BindingIdentifier(name) => {
            let bound = match required {
                Some(module) => Bound::Module(module, "*"),
                None if constant => Bound::Constant(init),
                None => Bound::Variable(init),
            };
            reader.scope.declare(name.name.as_str(), bound);
            reader.routes.declare(&reader.scope, name.name.as_str(), init);
        }
        BindingPattern::ObjectPattern(pattern) => {
            let Some(module) = required else { return };
            for property in &pattern.properties {
                if let (Some(outer), BindingPattern::BindingIdentifier(inner)) =
                    (value::key_name(&property.key), &property.value)
                {
                    reader.scope.declare(inner.name.as_str(), Bound::Module(module, outer));
                }
            }
        }
        _ => {}
    }
}

/// The module of `require("module")`, also `await import("module")`.
pub(super) fn required_module<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match bare(expression) {
        Expression::CallExpression(call) => {
            let Expression::Identifier(callee) = bare(&call.callee) else { return None };
            match (callee.name.as_str(), value::argument(&call.arguments, 0)?) {
                ("require" | "__importDefault" | "__importStar" | "_interopRequireDefault", argument) => {
                    match bare(argument) {
                        Expression::StringLiteral(module) => Some(module.value.as_str()),
                        Expression::CallExpression(_) if callee.name.as_str() != "require" => {
                            required_once(argument)
                        }
                        _ => None,
                    }
                }
                _ => None,
            }
        }
        Expression::AwaitExpression(awaited) => match bare(&awaited.argument) {
            Expression::ImportExpression(import) => match bare(&import.source) {
                Expression::StringLiteral(module) => Some(module.value.as_str()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn required_once<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    let Expression::CallExpression(call) = bare(expression) else { return None };
    match (bare(&call.callee), value::argument(&call.arguments, 0).map(bare)) {
        (Expression::Identifier(callee), Some(Expression::StringLiteral(module)))
            if callee.name.as_str() == "require" =>
        {
            Some(module.value.as_str())
        }
        _ => None,
    }
}

/// `name = "…"`, `obj.name = "…"`, `obj["name"] = "…"`, `process.env.NAME ||= "…"`.
pub(super) fn assignment<'a>(reader: &mut Reader<'a>, assignment: &'a AssignmentExpression<'a>) {
    let (name, kind) = match &assignment.left {
        AssignmentTarget::AssignmentTargetIdentifier(name) => {
            (Some(name.name.as_str()), BindingKind::Variable)
        }
        left => (left.as_member_expression().and_then(value::property), BindingKind::Member),
    };
    let Some(name) = name else { return };
    match assignment.operator {
        AssignmentOperator::Assign => bind(reader, span(assignment), name, kind, &assignment.right),
        AssignmentOperator::LogicalOr | AssignmentOperator::LogicalNullish => {
            let from_env = assignment
                .left
                .as_member_expression()
                .is_some_and(|member| env_object(reader, member.object()));
            match value::text(&reader.scope, &assignment.right) {
                Some(default) if from_env => reader.facts.env_defaults.push(EnvDefault {
                    span: span(assignment),
                    name: name.to_owned(),
                    default,
                    without_default: reader.source.slice(span(&assignment.left)).to_owned(),
                }),
                _ => bind(reader, span(assignment), name, kind, &assignment.right),
            }
        }
        _ => {}
    }
}

/// `{ name: "…" }`, `{ "name": "…" }`.
pub(super) fn entry<'a>(reader: &mut Reader<'a>, entry: &'a ObjectProperty<'a>) {
    if let Some(name) = value::key_name(&entry.key) {
        bind(reader, span(entry), name, BindingKind::Entry, &entry.value);
    }
}

/// A class field.
pub(super) fn field<'a>(reader: &mut Reader<'a>, field: &'a PropertyDefinition<'a>) {
    if let (Some(name), Some(init)) = (value::key_name(&field.key), &field.value) {
        bind(reader, span(field), name, BindingKind::Variable, init);
    }
}

/// The default of a parameter, also within a pattern.
pub(super) fn parameter<'a>(reader: &mut Reader<'a>, parameter: &FormalParameter<'a>) {
    if let (Some(name), Some(default)) = (parameter.pattern.get_identifier_name(), &parameter.initializer) {
        bind(reader, span(parameter), name.as_str(), BindingKind::Argument, default);
    }
    if let BindingPattern::ObjectPattern(pattern) = &parameter.pattern {
        for property in &pattern.properties {
            if let (Some(name), BindingPattern::AssignmentPattern(default)) =
                (value::key_name(&property.key), &property.value)
            {
                bind(reader, span(property), name, BindingKind::Argument, &default.right);
            }
        }
    }
}

/// `<Tag name="…">`.
pub(super) fn attribute<'a>(reader: &mut Reader<'a>, attribute: &JSXAttribute<'a>) {
    let JSXAttributeName::Identifier(name) = &attribute.name else { return };
    let text = match &attribute.value {
        Some(JSXAttributeValue::StringLiteral(text)) => {
            let text = Text { span: span(&**text), value: text.value.to_string(), whole: true };
            push_text(reader, text.clone());
            Some(text)
        }
        Some(JSXAttributeValue::ExpressionContainer(container)) => container
            .expression
            .as_expression()
            .and_then(|expression| value::written_text(&reader.scope, expression)),
        _ => None,
    };
    if let Some(value) = text {
        let binding =
            Binding { span: span(attribute), name: name.name.to_string(), kind: BindingKind::Markup, value };
        reader.facts.bindings.push(binding);
    }
}

/// A member of an enum.
pub(super) fn enum_member<'a>(reader: &mut Reader<'a>, member: &TSEnumMember<'a>) {
    let name = match &member.id {
        TSEnumMemberName::Identifier(name) => name.name.as_str(),
        TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => name.value.as_str(),
        TSEnumMemberName::ComputedTemplateString(_) => return,
    };
    if let Some(init) = &member.initializer {
        bind(reader, span(member), name, BindingKind::Entry, init);
    }
}

fn bind<'a>(
    reader: &mut Reader<'a>,
    at: crate::source::Span,
    name: &str,
    kind: BindingKind,
    value: &Expression<'a>,
) {
    if let Some(value) = value::written_text(&reader.scope, value) {
        reader.facts.bindings.push(Binding { span: at, name: name.to_owned(), kind, value });
    }
}

/// `process.env.NAME || "…"`, `?? "…"`.
pub(super) fn fallback<'a>(reader: &mut Reader<'a>, logical: &LogicalExpression<'a>) {
    if logical.operator == LogicalOperator::And {
        return;
    }
    let lookup = match bare(&logical.left) {
        Expression::LogicalExpression(left) if left.operator != LogicalOperator::And => &left.right,
        left => left,
    };
    let Some(name) = env_name(reader, lookup) else { return };
    let Some(default) = value::text(&reader.scope, &logical.right) else { return };
    let without_default = reader.source.slice(span(&logical.left)).to_owned();
    reader.facts.env_defaults.push(EnvDefault {
        span: span(logical),
        name: name.to_owned(),
        default,
        without_default,
    });
}

/// `process.env.NAME ? process.env.NAME : "…"`.
pub(super) fn conditional<'a>(reader: &mut Reader<'a>, conditional: &ConditionalExpression<'a>) {
    let Some(name) = env_name(reader, &conditional.consequent) else { return };
    if env_name(reader, &conditional.test) != Some(name) {
        return;
    }
    let Some(default) = value::text(&reader.scope, &conditional.alternate) else { return };
    let without_default = reader.source.slice(span(&conditional.consequent)).to_owned();
    reader.facts.env_defaults.push(EnvDefault {
        span: span(conditional),
        name: name.to_owned(),
        default,
        without_default,
    });
}

/// The variable that an expression looks up in the environment.
fn env_name<'a>(reader: &Reader<'a>, expression: &Expression<'a>) -> Option<&'a str> {
    if let Expression::CallExpression(call) = bare(expression) {
        let callee = value::dotted(&call.callee)?;
        let Expression::StringLiteral(name) = bare(value::argument(&call.arguments, 0)?) else { return None };
        return matches!(callee.as_str(), "Deno.env.get").then(|| name.value.as_str());
    }
    let member = value::member(expression)?;
    if env_object(reader, member.object()) { value::property(member) } else { None }
}

/// The expression is the environment: `process.env`, `import.meta.env`, `Bun.env`, or a constant that stands for it.
fn env_object<'a>(reader: &Reader<'a>, expression: &Expression<'a>) -> bool {
    match bare(expression) {
        Expression::Identifier(name) => {
            let name = name.name.as_str();
            match reader.scope.find(name) {
                Some(Bound::Constant(value) | Bound::Variable(value)) => is_env(value),
                Some(Bound::Module(module, inner)) => {
                    inner == "env" && matches!(module, "process" | "node:process")
                }
                _ => false,
            }
        }
        expression => is_env(expression),
    }
}

fn is_env(expression: &Expression<'_>) -> bool {
    let Some(member) = value::member(expression) else { return false };
    if value::property(member) != Some("env") {
        return false;
    }
    match bare(member.object()) {
        Expression::Identifier(name) => matches!(name.name.as_str(), "process" | "Bun"),
        Expression::ImportMeta(_) => true,
        object => value::member(object).and_then(value::property) == Some("process"),
    }
}
