//! Values that mocks return and that tests compare with.

use oxc_ast::ast::{CallExpression, Expression, UnaryOperator};

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
        if let Some(literal) = given.and_then(|given| literal(given, span(call)))
            && let Some(record) = self.record()
        {
            record.mock_values.push(literal);
        }
    }

    pub(super) fn asserts_equal(&mut self, expected: &Expression<'a>, at: Span) {
        if let Some(literal) = literal(expected, at)
            && let Some(record) = self.record()
        {
            record.asserted_values.push(literal);
        }
    }
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
    Some(Literal { span, value })
}
