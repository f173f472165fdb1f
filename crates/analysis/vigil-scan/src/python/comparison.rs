//! Equality of passwords.

use ruff_python_ast::{CmpOp, Expr, ExprCompare, Stmt};
use ruff_text_size::Ranged;

use super::names::Names;
use super::span;
use super::words::{contains, words};
use crate::facts::{Comparison, Operand};
use crate::finding::{Edit, Fix};
use crate::source::Source;

/// The comparison, when a side of it names a password.
pub(super) fn of_compare<'a>(
    compare: &'a ExprCompare,
    names: &Names<'a>,
    module: &'a [Stmt],
    source: &Source,
) -> Option<Comparison> {
    let ([operator @ (CmpOp::Eq | CmpOp::NotEq)], [right]) = (&*compare.ops, &*compare.comparators) else {
        return None;
    };
    let left = compare.left.as_ref();
    if !(names_password(left) || names_password(right)) {
        return None;
    }
    let operator = if *operator == CmpOp::Eq { "==" } else { "!=" };
    let plain = |side: &Expr| matches!(side, Expr::Name(_) | Expr::Attribute(_));
    let fix = (plain(left) && plain(right)).then(|| fix(compare, right, operator, names, module, source));
    Some(Comparison {
        span: span(compare.range()),
        left: operand(left, source),
        right: operand(right, source),
        operator,
        fix,
    })
}

fn names_password(expr: &Expr) -> bool {
    last_name(expr).is_some_and(|name| {
        contains(name, "passw")
            || contains(name, "passphrase")
            || words(name).any(|word| matches!(word.to_ascii_lowercase().as_str(), "pw" | "pwd"))
            || contains(name, "pass_word")
    })
}

fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        Expr::Subscript(subscript) => super::text::literal(&subscript.slice),
        _ => None,
    }
}

fn operand(expr: &Expr, source: &Source) -> Operand {
    let whole = || source.slice(span(expr.range())).to_owned();
    match expr {
        Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) => match last_name(expr) {
            Some(last) => Operand::Name { last: last.to_owned(), whole: whole() },
            None => Operand::Other,
        },
        Expr::Call(call) => match last_name(&call.func) {
            Some(last) => Operand::Call(last.to_owned()),
            None => Operand::Other,
        },
        Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::EllipsisLiteral(_) => Operand::Literal(whole()),
        _ => Operand::Other,
    }
}

fn fix<'a>(
    compare: &ExprCompare,
    right: &Expr,
    operator: &str,
    names: &Names<'a>,
    module: &'a [Stmt],
    source: &Source,
) -> Fix {
    let whole = span(compare.range());
    let left = source.slice(span(compare.left.range()));
    let right = source.slice(span(right.range()));
    let negation = if operator == "==" { "" } else { "not " };
    let mut edits = Vec::new();
    if !names.is_imported("hmac") {
        let at = import_place(module, source);
        edits.push(Edit { start: at, end: at, text: "import hmac\n".to_owned() });
    }
    edits.push(Edit {
        start: whole.start,
        end: whole.end,
        text: format!("{negation}hmac.compare_digest({left}, {right})"),
    });
    Fix { title: "Compare in constant time".to_owned(), edits, file: None }
}

/// Where a new import goes: before the first import that is not `__future__`, else behind docstring and `__future__`.
fn import_place(module: &[Stmt], source: &Source) -> u32 {
    let is_docstring =
        |statement: &Stmt| matches!(statement, Stmt::Expr(expr) if expr.value.is_string_literal_expr());
    let is_future = |statement: &Stmt| matches!(statement, Stmt::ImportFrom(import) if import.module.as_ref().is_some_and(|module| module.as_str() == "__future__"));
    let mut statements =
        module.iter().skip_while(|statement| is_docstring(statement) || is_future(statement)).peekable();
    let Some(first) = statements.peek().copied() else { return 0 };
    let first = statements
        .find(|statement| matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)))
        .unwrap_or(first);
    // A decorated definition begins at its first decorator; the line's start is right for both.
    let start = span(first.range()).start as usize;
    let line = source.text.get(..start).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |at| at + 1);
    u32::try_from(line).unwrap_or(0)
}
