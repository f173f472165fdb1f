//! Assertions that nearly every value fulfils.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, UnaryOp};

use crate::python::words::words;

/// `assert test`: whether nearly every value passes. `is_verdict` says of a name that it holds the outcome of a comparison.
pub(super) fn of_assert(test: &Expr, is_verdict: &dyn Fn(&str) -> bool) -> bool {
    match test {
        Expr::Name(name) => !is_verdict(name.id.as_str()),
        Expr::Tuple(tuple) => !tuple.elts.is_empty(),
        Expr::BooleanLiteral(value) => value.value,
        Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
            matches!(unary.operand.as_ref(), Expr::BooleanLiteral(value) if !value.value)
        }
        Expr::BoolOp(choice) if choice.op == BoolOp::Or => {
            choice.values.iter().any(|value| matches!(value, Expr::BooleanLiteral(value) if value.value))
        }
        Expr::Compare(compare) => {
            let ([operator], [right]) = (&*compare.ops, &*compare.comparators) else { return false };
            let left = compare.left.as_ref();
            match operator {
                CmpOp::Is | CmpOp::IsNot if right.is_none_literal_expr() => {
                    left.is_name_expr() || is_constant(left)
                }
                CmpOp::Eq | CmpOp::Is | CmpOp::LtE | CmpOp::GtE => {
                    same(left, right) || (is_constant(left) && is_constant(right))
                }
                _ => is_constant(left) && is_constant(right),
            }
        }
        other => is_constant(other),
    }
}

/// `self.assertTrue(True)`, `self.assertIsNotNone(name)`, `self.assertEqual(1, 1)`.
pub(super) fn of_method(name: &str, call: &ExprCall) -> bool {
    let arguments = &call.arguments.args;
    match (name, &**arguments) {
        // Never passes: `self.fail()` in other words.
        ("assertTrue" | "assert_" | "failUnless", [Expr::BooleanLiteral(value), ..]) if !value.value => false,
        ("assertFalse", [Expr::BooleanLiteral(value), ..]) if value.value => false,
        (
            "assertTrue" | "assertFalse" | "assert_" | "failUnless" | "assertIsNone" | "assertIsNotNone",
            [value, ..],
        ) if is_constant(value) => true,
        ("assertIsNone" | "assertIsNotNone", [Expr::Name(_), ..]) => true,
        ("assertEqual" | "assertEquals" | "assertIs" | "assertNotEqual", [left, right, ..]) => {
            (is_constant(left) && is_constant(right)) || (name != "assertNotEqual" && same(left, right))
        }
        _ => false,
    }
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_) => true,
        Expr::UnaryOp(unary) => unary.op != UnaryOp::Not && unary.operand.is_number_literal_expr(),
        _ => false,
    }
}

/// The same name on both sides. A class that defines equality is tested so, with `x == x`; names of one letter are such.
fn same(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::Name(left), Expr::Name(right)) => left.id == right.id,
        _ => false,
    }
}

/// What is assigned is the outcome of a comparison or of a question.
pub(super) fn is_verdict(value: &Expr) -> bool {
    match value {
        Expr::Compare(_) | Expr::BooleanLiteral(_) => true,
        Expr::UnaryOp(unary) => unary.op == UnaryOp::Not,
        Expr::BoolOp(choice) => choice.values.iter().all(is_verdict),
        Expr::Await(awaited) => is_verdict(&awaited.value),
        Expr::Call(call) => {
            let name = match call.func.as_ref() {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => return false,
            };
            words(name).next().is_some_and(|first| {
                matches!(
                    first.to_ascii_lowercase().as_str(),
                    "is" | "has"
                        | "can"
                        | "should"
                        | "any"
                        | "all"
                        | "isinstance"
                        | "issubclass"
                        | "hasattr"
                        | "callable"
                        | "startswith"
                        | "endswith"
                        | "exists"
                        | "contains"
                        | "match"
                        | "fullmatch"
                        | "search"
                        | "allclose"
                        | "equal"
                        | "equals"
                        | "validate"
                        | "verify"
                        | "check"
                        | "compare"
                        | "does"
                        | "was"
                        | "are"
                        | "in"
                        | "bool"
                        | "isclose"
                        | "array"
                        | "wait"
                )
            })
        }
        _ => false,
    }
}
