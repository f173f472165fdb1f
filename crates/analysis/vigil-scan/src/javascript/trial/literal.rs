//! Values that mocks return and that tests compare with.

use oxc_ast::ast::{CallExpression, Expression, UnaryOperator};

use oxc_span::GetSpan as _;

use super::super::value::{self, bare, span};
use super::Trials;
use crate::facts::Literal;
use crate::source::Span;

impl<'a> Trials<'a> {
    /// `mockReturnValue(1)`, `returns(1)`, `jest.fn(() => 1)`.
    pub(super) fn mock_of_call(&mut self, call: &'a CallExpression<'a>) {
        let Some(name) = value::last_name(&call.callee) else { return };
        let Some(first) = value::argument(&call.arguments, 0) else { return };
        let given = match name {
            "mockReturnValue"
            | "mockReturnValueOnce"
            | "mockResolvedValue"
            | "mockResolvedValueOnce"
            | "returns"
            | "resolves"
            | "thenReturn"
            | "thenResolve" => Some(first),
            "mockImplementation" | "mockImplementationOnce" | "callsFake" => returned(first),
            "fn" | "fake" => match value::root_name(&call.callee) {
                Some("jest" | "vi" | "mock" | "sinon" | "t") => returned(first),
                _ => None,
            },
            _ => None,
        };
        let Some(literal) = given.and_then(|given| literal(given, span(call))) else { return };
        let origin = self.mock_name(call);
        if let Some(record) = self.record() {
            record.mock_values.push(Literal { origin, ..literal });
        }
    }

    /// `actual` is compared with `expected`.
    pub(super) fn asserts_equal(
        &mut self,
        actual: Option<&Expression<'a>>,
        expected: &Expression<'a>,
        at: Span,
    ) {
        let Some(literal) = literal(expected, at) else { return };
        let origin = actual.and_then(|actual| self.origin(actual));
        if let Some(record) = self.record() {
            record.asserted_values.push(Literal { origin, ..literal });
        }
    }

    /// A value gets a name: `const name = …`, `name = …`, `object.name = …`.
    pub(in crate::javascript) fn binds(&mut self, name: Option<&str>, value: &Expression<'a>) {
        let Some(name) = name else { return };
        self.name_mocks(name, value, 0);
        let origin = self.origin(value);
        self.origins.insert(name.to_owned(), origin);
    }

    /// Mocks are named by what they are bound to, also within objects.
    fn name_mocks(&mut self, name: &str, value: &Expression<'a>, depth: usize) {
        match bare(value) {
            Expression::CallExpression(_) => {
                self.homes.insert(bare(value).span().start, name.to_owned());
            }
            Expression::ObjectExpression(object) if depth < MAX_OBJECTS => {
                for entry in object.properties.iter().filter_map(|entry| entry.as_property()) {
                    if let Some(key) = value::key_name(&entry.key) {
                        self.name_mocks(&format!("{name}.{key}"), &entry.value, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// The name by which a mock is called that a chain of calls tells what to return.
    fn mock_name(&self, call: &CallExpression<'a>) -> Option<String> {
        if let Some(home) = self.homes.get(&call.span.start) {
            return Some(home.clone());
        }
        let mut object = bare(value::member(&call.callee)?.object());
        for _ in 0..MAX_CHAIN {
            let Expression::CallExpression(inner) = object else { return value::dotted(object) };
            let (first, second) =
                (value::argument(&inner.arguments, 0), value::argument(&inner.arguments, 1));
            match (value::last_name(&inner.callee)?, first, second) {
                ("spyOn" | "stub" | "method", Some(owner), Some(member)) => {
                    let Expression::StringLiteral(member) = bare(member) else { return None };
                    return Some(format!("{}.{}", value::dotted(owner)?, member.value));
                }
                ("mocked", Some(mock), _) => return value::dotted(mock),
                (name, ..) if name.starts_with("mock") || name == "calledWith" || name == "withArgs" => {
                    object = bare(value::member(&inner.callee)?.object());
                }
                _ => return None,
            }
        }
        None
    }

    /// What is called for a value.
    fn origin(&self, value: &Expression<'a>) -> Option<String> {
        match bare(value) {
            Expression::AwaitExpression(awaited) => self.origin(&awaited.argument),
            Expression::CallExpression(call) => match bare(&call.callee) {
                Expression::Identifier(_) => value::dotted(&call.callee),
                callee => {
                    // What a chain of calls gives is not what its first call gave.
                    let object = value::member(callee)?.object();
                    matches!(value::root(object), Expression::Identifier(_) | Expression::ThisExpression(_))
                        .then(|| value::dotted(callee))?
                        .filter(|_| !holds_call(object))
                }
            },
            Expression::Identifier(name) => self.origins.get(name.name.as_str()).cloned().flatten(),
            _ => None,
        }
    }
}

/// More objects within objects are not looked into.
const MAX_OBJECTS: usize = 8;
/// Longer chains of calls are not followed.
const MAX_CHAIN: usize = 16;

fn holds_call(expression: &Expression<'_>) -> bool {
    let mut expression = bare(expression);
    for _ in 0..MAX_CHAIN {
        match (expression, value::member(expression)) {
            (Expression::CallExpression(_), _) => return true,
            (_, Some(member)) => expression = bare(member.object()),
            _ => return false,
        }
    }
    true
}

/// The value of `() => value`.
fn returned<'b, 'a>(function: &'b Expression<'a>) -> Option<&'b Expression<'a>> {
    match bare(function) {
        Expression::ArrowFunctionExpression(arrow) => arrow.body.as_expression(),
        _ => None,
    }
}

/// A literal in the one spelling for every language.
fn literal(expression: &Expression<'_>, span: Span) -> Option<Literal> {
    let value = match bare(expression) {
        Expression::StringLiteral(text) => text.value.to_string(),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.single_quasi()?.to_string()
        }
        Expression::NumericLiteral(number) => number.raw.as_ref()?.to_string(),
        Expression::BooleanLiteral(boolean) => boolean.value.to_string(),
        Expression::NullLiteral(_) => "null".to_owned(),
        Expression::Identifier(name) if name.name.as_str() == "undefined" => "null".to_owned(),
        Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => {
            let Expression::NumericLiteral(number) = bare(&unary.argument) else { return None };
            format!("-{}", number.raw.as_ref()?)
        }
        Expression::ArrayExpression(list) if list.elements.is_empty() => "[]".to_owned(),
        Expression::ObjectExpression(object) if object.properties.is_empty() => "{}".to_owned(),
        _ => return None,
    };
    Some(Literal { span, value, origin: None })
}
