//! Values that mocks return, and values that are asserted.

use ruff_python_ast::{CmpOp, Expr, ExprCall, UnaryOp};
use ruff_text_size::Ranged;

use crate::facts::Literal;
use crate::python::span;
use crate::source::{Source, Span};

/// The literal in the spelling that holds for every language; nothing for other expressions.
pub(super) fn literal(expr: &Expr, at: Span, source: &Source) -> Option<Literal> {
    let value = match expr {
        Expr::StringLiteral(text) => text.value.to_str().to_owned(),
        Expr::NumberLiteral(number) => source.slice(span(number.range())).to_owned(),
        Expr::UnaryOp(unary) if unary.op == UnaryOp::USub && unary.operand.is_number_literal_expr() => {
            format!("-{}", source.slice(span(unary.operand.range())))
        }
        Expr::BooleanLiteral(value) => if value.value { "true" } else { "false" }.to_owned(),
        Expr::NoneLiteral(_) => "null".to_owned(),
        Expr::List(list) if list.elts.is_empty() => "[]".to_owned(),
        Expr::Dict(dict) if dict.is_empty() => "{}".to_owned(),
        _ => return None,
    };
    Some(Literal { span: at, value })
}

/// Values given by `return_value=` within an expression's own call.
pub(super) fn given_to_mocks(expr: &Expr, source: &Source) -> Option<Literal> {
    match expr {
        Expr::Call(call) => of_call(call, source),
        _ => None,
    }
}

/// `Mock(return_value=…)`, `patch(…, return_value=…)`.
pub(super) fn of_call(call: &ExprCall, source: &Source) -> Option<Literal> {
    let keyword = call.arguments.find_keyword("return_value")?;
    literal(&keyword.value, span(keyword.range()), source)
}

/// `assert name == literal`, `assert 42 == m()`.
pub(super) fn of_assert(test: &Expr, at: Span, source: &Source) -> Option<Literal> {
    let Expr::Compare(compare) = test else { return None };
    let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    of_pair(&compare.left, right, at, source)
}

/// `assertEqual(name, literal)`, in either order.
pub(super) fn of_method(name: &str, call: &ExprCall, source: &Source) -> Option<Literal> {
    if !matches!(name, "assertEqual" | "assertEquals" | "assert_equal" | "eq_") {
        return None;
    }
    let [left, right, ..] = &*call.arguments.args else { return None };
    of_pair(left, right, span(call.range()), source)
}

fn of_pair(left: &Expr, right: &Expr, at: Span, source: &Source) -> Option<Literal> {
    if waives_checks(at, source) {
        return None;
    }
    let may_mirror = |side: &Expr| match side {
        Expr::Name(_) => true,
        // What a call returns may come from a mock; what `len` returns is counted.
        Expr::Call(call) => {
            !matches!(call.func.as_ref(), Expr::Name(name) if matches!(name.id.as_str(), "len" | "sum" | "list" | "sorted" | "str" | "type"))
        }
        Expr::Await(_) => true,
        _ => false,
    };
    match (literal(left, at, source), literal(right, at, source)) {
        (None, Some(value)) if may_mirror(left) => Some(value),
        (Some(value), None) if may_mirror(right) => Some(value),
        _ => None,
    }
}

/// A bare `# noqa` on the line asks every checker to look away.
fn waives_checks(at: Span, source: &Source) -> bool {
    let line = source.line(source.line_of(at.end));
    line.rsplit_once('#').is_some_and(|(_, comment)| comment.trim().eq_ignore_ascii_case("noqa"))
}
