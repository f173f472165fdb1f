//! Comparisons of which a side names a password.

use oxc_ast::ast::{BinaryExpression, Expression};
use oxc_syntax::operator::{BinaryOperator, UnaryOperator};

use super::value::{self, bare, span};
use super::walk::Reader;
use crate::facts::{Comparison, Operand};

/// Reads a comparison.
pub(super) fn read<'a>(reader: &mut Reader<'a>, binary: &'a BinaryExpression<'a>) {
    let operator = match binary.operator {
        BinaryOperator::Equality => "==",
        BinaryOperator::Inequality => "!=",
        BinaryOperator::StrictEquality => "===",
        BinaryOperator::StrictInequality => "!==",
        _ => return,
    };
    if !names_password(&binary.left) && !names_password(&binary.right) {
        return;
    }
    let left = operand(reader, &binary.left);
    let right = operand(reader, &binary.right);
    // No fix: `timingSafeEqual` throws when the lengths differ, and it wants buffers; a hash is what is wanted anyway.
    reader.facts.comparisons.push(Comparison { span: span(binary), left, right, operator, fix: None });
}

/// A name that holds a password, a hash of one, or its short forms.
fn names_password(expression: &Expression<'_>) -> bool {
    let name = match bare(expression) {
        Expression::CallExpression(_) => return false,
        _ => value::last_name(expression),
    };
    let Some(name) = name else { return false };
    // `Method.PASSWORD` of an enumeration is a name for a kind.
    let shouted = |name: &str| !name.chars().any(|c| c.is_ascii_lowercase());
    let object = value::member(expression).and_then(|member| value::last_name(member.object()));
    if object.is_some_and(|object| {
        object != "env" && shouted(name) && object.starts_with(|c: char| c.is_ascii_uppercase())
    }) {
        return false;
    }
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-' | '$')).map(|c| c.to_ascii_lowercase()).collect();
    ["password", "passwd", "passphrase", "pwd"].iter().any(|word| plain.contains(word))
        || matches!(plain.as_str(), "pw" | "pass")
}

fn operand(reader: &Reader<'_>, expression: &Expression<'_>) -> Operand {
    let written = || reader.source.slice(span(expression)).to_owned();
    match bare(expression) {
        Expression::StringLiteral(_)
        | Expression::NumericLiteral(_)
        | Expression::BooleanLiteral(_)
        | Expression::NullLiteral(_)
        | Expression::BigIntLiteral(_) => Operand::Literal(written()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            Operand::Literal(written())
        }
        Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::Void => {
            Operand::Literal("undefined".to_owned())
        }
        Expression::Identifier(name) if name.name.as_str() == "undefined" => Operand::Literal(written()),
        Expression::CallExpression(call) => match value::called_name(&call.callee) {
            Some(name) => Operand::Call(name.to_owned()),
            None => Operand::Other,
        },
        Expression::AwaitExpression(awaited) => operand(reader, &awaited.argument),
        _ => match value::last_name(expression) {
            Some(last) => Operand::Name { last: last.to_owned(), whole: written() },
            None => Operand::Other,
        },
    }
}
