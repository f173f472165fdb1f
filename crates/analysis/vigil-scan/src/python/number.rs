//! Arithmetic that can be done without running the program, and durations made of it.

use ruff_python_ast::{Expr, ExprCall, Number, Operator, UnaryOp};

use super::lifetime::is_told_by_name;
use super::names::Names;

const MAX_STEPS: u32 = 24;

/// The number that an expression is.
pub(super) fn number<'a>(expr: &'a Expr, names: &Names<'a>) -> Option<f64> {
    evaluate(expr, names, 0).filter(|value| value.is_finite())
}

fn evaluate<'a>(expr: &'a Expr, names: &Names<'a>, steps: u32) -> Option<f64> {
    if steps > MAX_STEPS {
        return None;
    }
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            // What does not fit into 53 bits is no lifetime.
            #[expect(
                clippy::cast_precision_loss,
                reason = "a lifetime is compared with hours; the last bits do not matter"
            )]
            Number::Int(int) => int.as_i64().map(|int| int as f64),
            Number::Float(float) => Some(*float),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(unary) if unary.op == UnaryOp::USub => {
            evaluate(&unary.operand, names, steps + 1).map(|value| -value)
        }
        Expr::BinOp(binary) => {
            let left = evaluate(&binary.left, names, steps + 1)?;
            let right = evaluate(&binary.right, names, steps + 1)?;
            match binary.op {
                Operator::Add => Some(left + right),
                Operator::Sub => Some(left - right),
                Operator::Mult => Some(left * right),
                Operator::Div => Some(left / right),
                Operator::FloorDiv => Some((left / right).floor()),
                Operator::Pow => Some(left.powf(right)),
                _ => None,
            }
        }
        Expr::Call(call) if matches!(call.func.as_ref(), Expr::Name(name) if matches!(name.id.as_str(), "int" | "float")) => {
            evaluate(call.arguments.args.first()?, names, steps + 1)
        }
        Expr::Name(name) => evaluate(names.constant(name.id.as_str())?, names, steps + 8),
        _ => None,
    }
}

/// The seconds of `timedelta(…)` and `relativedelta(…)`; nothing for other calls, and when an argument is not known.
pub(super) fn timedelta<'a>(call: &'a ExprCall, names: &Names<'a>) -> Option<f64> {
    const POSITIONAL: [&str; 7] =
        ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
    let callee = names.dotted(&call.func)?;
    let relative = match callee.last() {
        "timedelta" => false,
        "relativedelta" => true,
        "duration" if callee.root() == "pendulum" => true,
        _ => return None,
    };
    let values =
        call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
    if values.filter_map(Expr::as_name_expr).any(|name| is_told_by_name(name.id.as_str())) {
        return None;
    }
    let mut seconds = 0.0;
    let mut said = false;
    if !relative {
        for (argument, unit) in call.arguments.args.iter().zip(POSITIONAL) {
            seconds += number(argument, names)? * unit_seconds(unit)?;
            said = true;
        }
    }
    for keyword in &call.arguments.keywords {
        seconds += number(&keyword.value, names)? * unit_seconds(keyword.arg.as_ref()?.as_str())?;
        said = true;
    }
    said.then_some(seconds)
}

/// The seconds in a unit, as `timedelta` and friends name it.
pub(super) fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "microseconds" => 1e-6,
        "milliseconds" => 1e-3,
        "seconds" => 1.0,
        "minutes" => 60.0,
        "hours" => 3_600.0,
        "days" => 86_400.0,
        "weeks" => 604_800.0,
        "months" => 2_592_000.0,
        "years" => 31_536_000.0,
        _ => return None,
    })
}
