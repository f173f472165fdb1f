//! Handlers that hide a failure.

use oxc_ast::ast::{CatchClause, Expression, Statement, TryStatement};

use super::super::value::{self, bare};

/// The handler does nothing that could fail the test or be looked at later, and the attempt is no cleaning up.
pub(super) fn swallows(attempt: &TryStatement<'_>, handler: &CatchClause<'_>) -> bool {
    handler.body.body.iter().all(does_nothing)
        && !attempt.block.body.is_empty()
        && !attempt.block.body.iter().all(cleans_up)
}

fn does_nothing(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::EmptyStatement(_) => true,
        Statement::ReturnStatement(returned) => returned.argument.as_ref().is_none_or(|value| {
            let value = bare(value);
            value.is_literal() || value.is_undefined()
        }),
        Statement::ExpressionStatement(statement) => match bare(&statement.expression) {
            Expression::CallExpression(call) => {
                if value::root_name(&call.callee) == Some("console") {
                    return true;
                }
                value::last_name(&call.callee).is_some_and(|name| {
                    let name = name.to_ascii_lowercase();
                    matches!(
                        name.as_str(),
                        "log" | "print" | "noop" | "debug" | "warn" | "info" | "trace" | "logger"
                    ) || name.starts_with("ignore")
                        || name.starts_with("swallow")
                })
            }
            expression => expression.is_literal(),
        },
        _ => false,
    }
}

fn cleans_up(statement: &Statement<'_>) -> bool {
    let Statement::ExpressionStatement(statement) = statement else { return false };
    let Some(name) = value::called_name(&statement.expression) else { return false };
    let name = name.to_ascii_lowercase();
    [
        "unlink",
        "rm",
        "remove",
        "close",
        "kill",
        "clean",
        "destroy",
        "stop",
        "disconnect",
        "delete",
        "restore",
        "end",
        "teardown",
        "dispose",
        "shutdown",
        "terminate",
        "drop",
        "reset",
        "abort",
    ]
    .iter()
    .any(|start| name.starts_with(start))
}
