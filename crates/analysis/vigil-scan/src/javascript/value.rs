//! Values that can be followed: texts, numbers, names.

use oxc_ast::ast::{
    Argument, BinaryExpression, BinaryOperator, ChainElement, Expression, MemberExpression, ObjectExpression,
    ObjectPropertyKind, PropertyKey, TemplateLiteral, UnaryOperator,
};
use oxc_span::GetSpan;

use super::scope::Scope;
use crate::facts::{HOLE, Text};
use crate::source::Span;

/// How many constants are followed, and how long a chain of members is read.
const FOLLOW: usize = 6;
const NAMES: usize = 32;
const CHAIN: usize = 64;
/// A constant that is longer than this in source is not followed.
const LONGEST_FOLLOWED: usize = 1024;
/// A longer text is cut: nothing that a rule looks for is that long.
const LONGEST_TEXT: usize = 1 << 17;

pub(super) fn span(node: &impl GetSpan) -> Span {
    let span = node.span();
    Span::new(span.start, span.end)
}

/// The expression behind casts and `?.`.
pub(super) fn bare<'b, 'a>(expression: &'b Expression<'a>) -> &'b Expression<'a> {
    expression.get_inner_expression()
}

/// The text of an expression, as far as it is known. `None` when no part of it is a written text.
pub(super) fn text<'a>(scope: &Scope<'a>, expression: &Expression<'a>) -> Option<Text> {
    let mut gather = Gather { scope, value: String::new(), whole: true, names: NAMES };
    if !gather.read(expression, FOLLOW) {
        return None;
    }
    Some(Text { span: span(expression), value: gather.value, whole: gather.whole })
}

/// The text of a sum, as far as it is known.
pub(super) fn sum_text<'a>(scope: &Scope<'a>, sum: &BinaryExpression<'a>) -> Option<Text> {
    let mut gather = Gather { scope, value: String::new(), whole: true, names: NAMES };
    let mut any = false;
    for part in summands(sum) {
        any |= gather.part(part, FOLLOW);
    }
    any.then(|| Text { span: span(sum), value: gather.value, whole: gather.whole })
}

/// A text that is written at this place: a literal, a template, a concatenation; no name that stands for one.
pub(super) fn written_text<'a>(scope: &Scope<'a>, expression: &Expression<'a>) -> Option<Text> {
    match bare(expression) {
        Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => text(scope, expression),
        Expression::BinaryExpression(binary) if binary.operator == BinaryOperator::Addition => {
            text(scope, expression)
        }
        _ => None,
    }
}

/// The text where it is written, if a name stands for it.
pub(super) fn followed_text<'a>(scope: &Scope<'a>, expression: &Expression<'a>) -> Option<Text> {
    match bare(expression) {
        Expression::Identifier(name) => written_text(scope, scope.constant(name.name.as_str())?),
        _ => written_text(scope, expression),
    }
}

struct Gather<'s, 'a> {
    scope: &'s Scope<'a>,
    value: String,
    whole: bool,
    /// How many names may still be followed.
    names: usize,
}

impl<'a> Gather<'_, 'a> {
    fn read(&mut self, expression: &Expression<'a>, follow: usize) -> bool {
        match bare(expression) {
            Expression::StringLiteral(literal) => {
                self.append(literal.value.as_str());
                true
            }
            Expression::TemplateLiteral(template) => {
                self.template(template, follow);
                true
            }
            Expression::BinaryExpression(binary) if binary.operator == BinaryOperator::Addition => {
                let mut any = false;
                for part in summands(binary) {
                    any |= self.part(part, follow);
                }
                any
            }
            Expression::Identifier(name) => self.name(name.name.as_str(), follow),
            _ => false,
        }
    }

    fn name(&mut self, name: &str, follow: usize) -> bool {
        let (Some(follow), Some(names)) = (follow.checked_sub(1), self.names.checked_sub(1)) else {
            return false;
        };
        self.names = names;
        match self.scope.constant(name) {
            Some(value) if span(value).range().len() <= LONGEST_FOLLOWED => self.read(value, follow),
            _ => false,
        }
    }

    fn template(&mut self, template: &TemplateLiteral<'a>, follow: usize) {
        let mut holes = template.expressions.iter();
        for quasi in &template.quasis {
            self.append(quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw).as_str());
            if let Some(hole) = holes.next() {
                self.part(hole, follow);
            }
        }
    }

    /// A part of a longer text: its characters, or the mark for something computed.
    fn part(&mut self, part: &Expression<'a>, follow: usize) -> bool {
        if let Expression::NumericLiteral(number) = bare(part) {
            self.append(number.raw.as_ref().map_or("", |raw| raw.as_str()));
            return false;
        }
        let known = follow.checked_sub(1).is_some_and(|follow| self.read(part, follow));
        if !known {
            self.value.push(HOLE);
            self.whole = false;
        }
        known
    }

    fn append(&mut self, text: &str) {
        let mut room = LONGEST_TEXT.saturating_sub(self.value.len());
        if text.len() <= room {
            self.value.push_str(text);
            return;
        }
        while !text.is_char_boundary(room) {
            room -= 1;
        }
        self.value.push_str(text.get(..room).unwrap_or_default());
        self.whole = false;
    }
}

/// What a chain of `+` adds up, in order.
pub(super) fn summands<'b, 'a>(binary: &'b BinaryExpression<'a>) -> Vec<&'b Expression<'a>> {
    let mut parts = vec![&binary.right];
    let mut left = bare(&binary.left);
    while let Expression::BinaryExpression(inner) = left {
        if inner.operator != BinaryOperator::Addition {
            break;
        }
        parts.push(&inner.right);
        left = bare(&inner.left);
    }
    parts.push(left);
    parts.reverse();
    parts
}

/// A number: a literal, arithmetic over numbers, a constant.
pub(super) fn number<'a>(scope: &Scope<'a>, expression: &Expression<'a>) -> Option<f64> {
    number_within(scope, expression, 32, &mut { 256 })
}

fn number_within<'a>(
    scope: &Scope<'a>,
    expression: &Expression<'a>,
    depth: usize,
    steps: &mut usize,
) -> Option<f64> {
    let depth = depth.checked_sub(1)?;
    *steps = steps.checked_sub(1)?;
    match bare(expression) {
        Expression::NumericLiteral(literal) => Some(literal.value),
        Expression::UnaryExpression(unary) => {
            let value = number_within(scope, &unary.argument, depth, steps)?;
            match unary.operator {
                UnaryOperator::UnaryNegation => Some(-value),
                UnaryOperator::UnaryPlus => Some(value),
                _ => None,
            }
        }
        Expression::BinaryExpression(binary) => {
            let left = number_within(scope, &binary.left, depth, steps)?;
            let right = number_within(scope, &binary.right, depth, steps)?;
            match binary.operator {
                BinaryOperator::Addition => Some(left + right),
                BinaryOperator::Subtraction => Some(left - right),
                BinaryOperator::Multiplication => Some(left * right),
                BinaryOperator::Division => Some(left / right),
                BinaryOperator::Exponential => Some(left.powf(right)),
                _ => None,
            }
        }
        Expression::Identifier(name) => {
            number_within(scope, scope.constant(name.name.as_str())?, depth, steps)
        }
        _ => None,
    }
}

/// The object literal that an expression is, or that a constant stands for.
pub(super) fn object<'a, 'b>(
    scope: &Scope<'a>,
    expression: &'b Expression<'a>,
) -> Option<&'b ObjectExpression<'a>>
where
    'a: 'b,
{
    match bare(expression) {
        Expression::ObjectExpression(object) => Some(object),
        Expression::Identifier(name) => match bare(scope.constant(name.name.as_str())?) {
            Expression::ObjectExpression(object) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

/// The value under a key of an object literal.
pub(super) fn entry<'b, 'a>(object: &'b ObjectExpression<'a>, name: &str) -> Option<&'b Expression<'a>> {
    object.properties.iter().find_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) if key_is(&property.key, name) => Some(&property.value),
        _ => None,
    })
}

/// The object literal takes entries from elsewhere, or has computed keys.
pub(super) fn is_open(object: &ObjectExpression<'_>) -> bool {
    object.properties.iter().any(|property| match property {
        ObjectPropertyKind::SpreadProperty(_) => true,
        ObjectPropertyKind::ObjectProperty(property) => key_name(&property.key).is_none(),
    })
}

pub(super) fn key_is(key: &PropertyKey<'_>, name: &str) -> bool {
    key_name(key) == Some(name)
}

/// The name of a key that is written as a name or a text.
pub(super) fn key_name<'a>(key: &PropertyKey<'a>) -> Option<&'a str> {
    match key {
        PropertyKey::StaticIdentifier(name) => Some(name.name.as_str()),
        PropertyKey::PrivateIdentifier(name) => Some(name.name.as_str()),
        PropertyKey::StringLiteral(text) => Some(text.value.as_str()),
        PropertyKey::TemplateLiteral(template) => template.single_quasi().map(|text| text.as_str()),
        _ => None,
    }
}

/// An expression as a member access, also behind `?.`.
pub(super) fn member<'b, 'a>(expression: &'b Expression<'a>) -> Option<&'b MemberExpression<'a>> {
    match bare(expression) {
        Expression::ChainExpression(chain) => chain.expression.as_member_expression(),
        expression => expression.as_member_expression(),
    }
}

/// The name of the member that is accessed.
pub(super) fn property<'a>(member: &MemberExpression<'a>) -> Option<&'a str> {
    match member {
        MemberExpression::StaticMemberExpression(member) => Some(member.property.name.as_str()),
        MemberExpression::PrivateFieldExpression(member) => Some(member.field.name.as_str()),
        MemberExpression::ComputedMemberExpression(member) => match bare(&member.expression) {
            Expression::StringLiteral(text) => Some(text.value.as_str()),
            _ => None,
        },
    }
}

/// The last name of an expression: `b` of `a.b`, `a` of `a`.
pub(super) fn last_name<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match bare(expression) {
        Expression::Identifier(name) => Some(name.name.as_str()),
        _ => property(member(expression)?),
    }
}

/// The last name of what is called, also through calls: `sign` of `jwt.sign`, `limit` of `limit()()`.
pub(super) fn called_name<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    let mut expression = bare(expression);
    for _ in 0..CHAIN {
        match expression {
            Expression::CallExpression(call) => expression = bare(&call.callee),
            Expression::AwaitExpression(awaited) => expression = bare(&awaited.argument),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => expression = bare(&call.callee),
                _ => return last_name(expression),
            },
            _ => return last_name(expression),
        }
    }
    None
}

/// A name as written, without arguments: `passport.authenticate`, `this.auth.check`.
pub(super) fn dotted(expression: &Expression<'_>) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut expression = bare(expression);
    for _ in 0..CHAIN {
        match expression {
            Expression::Identifier(name) => {
                parts.push(name.name.as_str());
                parts.reverse();
                return Some(parts.join("."));
            }
            Expression::ThisExpression(_) => {
                parts.push("this");
                parts.reverse();
                return Some(parts.join("."));
            }
            Expression::CallExpression(call) => expression = bare(&call.callee),
            Expression::NewExpression(new) => expression = bare(&new.callee),
            Expression::AwaitExpression(awaited) => expression = bare(&awaited.argument),
            _ => {
                let member = member(expression);
                match (member, expression) {
                    (Some(member), _) => {
                        parts.push(property(member)?);
                        expression = bare(member.object());
                    }
                    (None, Expression::ChainExpression(chain)) => match &chain.expression {
                        ChainElement::CallExpression(call) => expression = bare(&call.callee),
                        _ => return None,
                    },
                    _ => return None,
                }
            }
        }
    }
    None
}

/// The leftmost expression of a chain of members and calls: `cy` of `cy.get("x").click()`.
pub(super) fn root<'b, 'a>(expression: &'b Expression<'a>) -> &'b Expression<'a> {
    let mut expression = bare(expression);
    for _ in 0..CHAIN {
        expression = match expression {
            Expression::CallExpression(call) => bare(&call.callee),
            Expression::AwaitExpression(awaited) => bare(&awaited.argument),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => bare(&call.callee),
                _ => match member(expression) {
                    Some(member) => bare(member.object()),
                    None => return expression,
                },
            },
            _ => match member(expression) {
                Some(member) => bare(member.object()),
                None => return expression,
            },
        };
    }
    expression
}

/// The name at the left end of a chain.
pub(super) fn root_name<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match root(expression) {
        Expression::Identifier(name) => Some(name.name.as_str()),
        Expression::ThisExpression(_) => Some("this"),
        _ => None,
    }
}

/// The argument at a place, if it is no spread.
pub(super) fn argument<'b, 'a>(arguments: &'b [Argument<'a>], index: usize) -> Option<&'b Expression<'a>> {
    arguments.get(index)?.as_expression()
}

/// It is `true` or `false`.
pub(super) fn boolean(expression: &Expression<'_>) -> Option<bool> {
    match bare(expression) {
        Expression::BooleanLiteral(literal) => Some(literal.value),
        Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::LogicalNot => {
            match bare(&unary.argument) {
                Expression::NumericLiteral(number) => Some(number.value == 0.0),
                _ => None,
            }
        }
        _ => None,
    }
}
