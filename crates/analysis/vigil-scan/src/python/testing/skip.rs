//! Marks and calls that skip tests, and whether they say why.

use ruff_python_ast::{Arguments, Expr, ExprCall};
use ruff_text_size::Ranged;

use crate::facts::Skip;
use crate::finding::{Edit, Fix};
use crate::python::names::Names;
use crate::python::span;
use crate::python::text::literal;
use crate::source::{Source, Span};

const STUB: &str = "TODO: say why this is skipped";

/// A mark.
pub(super) enum Mark {
    /// It skips always, or does not say when.
    Skip(Skip),
    /// It skips under a condition, which is its reason.
    Conditional,
}

/// What a decorator or a mark skips.
pub(super) fn of_mark<'a>(mark: &'a Expr, names: &Names<'a>, source: &'a Source) -> Option<Mark> {
    let (expr, arguments) = match mark {
        Expr::Call(call) => (call.func.as_ref(), Some(&call.arguments)),
        other => (other, None),
    };
    let name = names.dotted(expr)?;
    let pytest = name.ends_with(&["mark", "skip"]);
    let unittest = name.ends_with(&["unittest", "skip"]) || name.is(&["skip"]);
    if !(pytest || unittest) {
        // `skipif`, `skipIf`, `skipUnless`, `skipUnlessDBFeature`, …
        let conditional = name.last().starts_with("skip") && name.last() != "skip";
        return conditional.then_some(Mark::Conditional);
    }
    let at = span(mark.range());
    // Decorators begin with their `@`, as editors show them.
    let reasoned = is_reasoned(arguments) || has_comment(at, source);
    let fix = (!reasoned).then(|| fix(at, arguments, pytest, source));
    Some(Mark::Skip(Skip { span: with_at_sign(at, source), reasoned, fix }))
}

/// `pytest.skip(…)`, `self.skipTest(…)`, `SkipTest(…)`, and `SkipTest` alone.
pub(super) fn of_call<'a>(expr: &'a Expr, names: &Names<'a>, source: &'a Source) -> Option<Skip> {
    match expr {
        Expr::Call(call) => of_skip_call(call, names, source),
        other => of_callee(other, None, span(other.range()), names, source),
    }
}

/// The same, of a call.
pub(super) fn of_skip_call<'a>(call: &'a ExprCall, names: &Names<'a>, source: &'a Source) -> Option<Skip> {
    of_callee(&call.func, Some(&call.arguments), span(call.range()), names, source)
}

fn of_callee<'a>(
    callee: &'a Expr,
    arguments: Option<&Arguments>,
    at: Span,
    names: &Names<'a>,
    source: &Source,
) -> Option<Skip> {
    let name = names.dotted(callee)?;
    let skips = match arguments {
        Some(_) => name.is(&["pytest", "skip"]) || name.last() == "skipTest" || name.last() == "SkipTest",
        None => name.last() == "SkipTest",
    };
    if !skips {
        return None;
    }
    let reasoned = is_reasoned(arguments) || has_comment(at, source);
    let fix = (!reasoned).then(|| fix(at, arguments, false, source));
    Some(Skip { span: at, reasoned, fix })
}

fn reason(arguments: &Arguments) -> Option<&Expr> {
    let by_name =
        ["reason", "msg"].iter().find_map(|name| arguments.find_keyword(name)).map(|keyword| &keyword.value);
    by_name.or(arguments.args.first())
}

fn is_reasoned(arguments: Option<&Arguments>) -> bool {
    let Some(arguments) = arguments else { return false };
    reason(arguments).is_some_and(|reason| literal(reason).is_none_or(|text| !text.trim().is_empty()))
}

/// A comment on the same line says why.
fn has_comment(at: Span, source: &Source) -> bool {
    let rest = source.text.get(at.end as usize..).unwrap_or("");
    let rest = rest.split(['\n', '\r']).next().unwrap_or("");
    rest.trim_start().strip_prefix('#').is_some_and(|comment| comment.chars().any(char::is_alphabetic))
}

fn with_at_sign(at: Span, source: &Source) -> Span {
    let before = source.text.get(..at.start as usize).unwrap_or("").trim_end_matches([' ', '\t']);
    match before.strip_suffix('@') {
        Some(before) => Span::new(u32::try_from(before.len()).unwrap_or(at.start), at.end),
        None => at,
    }
}

fn fix(at: Span, arguments: Option<&Arguments>, by_name: bool, source: &Source) -> Fix {
    let said = if by_name { format!("reason=\"{STUB}\"") } else { format!("\"{STUB}\"") };
    let edit = match arguments {
        None => Edit { start: at.end, end: at.end, text: format!("({said})") },
        Some(arguments) => match reason(arguments) {
            Some(empty) => {
                let empty = span(empty.range());
                Edit { start: empty.start, end: empty.end, text: format!("\"{STUB}\"") }
            }
            None => {
                let place = span(arguments.inner_range());
                let separator = if arguments.is_empty() { "" } else { ", " };
                let text = if arguments.is_empty() { said } else { format!("{said}{separator}") };
                let end = if arguments.is_empty() && source.slice(place).trim().is_empty() {
                    place.end
                } else {
                    place.start
                };
                Edit { start: place.start, end, text }
            }
        },
    };
    Fix { title: "Say why the test is skipped".to_owned(), edits: vec![edit], file: None }
}
