//! Following an expression to the text it is.

use ruff_python_ast::{Expr, ExprFString, FStringPart, InterpolatedStringElement, Operator};
use ruff_text_size::Ranged;

use super::names::Names;
use super::span;
use crate::facts::{HOLE, Text};

/// Constants longer than this are not copied into other texts.
const MAX_COPIED: usize = 1024;
const MAX_STEPS: u32 = 12;

/// The text of an expression that is made of literals, or nothing.
pub(super) fn follow<'a>(expr: &'a Expr, names: &Names<'a>) -> Option<Text> {
    let mut draft = Draft { value: String::new(), whole: true };
    append(expr, names, &mut draft, 0).then(|| Text {
        span: span(expr.range()),
        value: draft.value,
        whole: draft.whole,
    })
}

/// The characters of a plain literal, nothing computed.
pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(literal) => Some(literal.value.to_str()),
        _ => None,
    }
}

/// The constant text behind an expression, if nothing of it is computed.
pub(super) fn known<'a>(expr: &'a Expr, names: &Names<'a>) -> Option<String> {
    follow(expr, names).filter(|text| text.whole).map(|text| text.value)
}

struct Draft {
    value: String,
    whole: bool,
}

impl Draft {
    fn hole(&mut self) {
        self.whole = false;
        if !self.value.ends_with(HOLE) {
            self.value.push(HOLE);
        }
    }
}

/// Appends what the expression is; false, and nothing appended, when it is no text.
fn append<'a>(expr: &'a Expr, names: &Names<'a>, draft: &mut Draft, steps: u32) -> bool {
    if steps > MAX_STEPS {
        return false;
    }
    match expr {
        Expr::StringLiteral(literal) => {
            draft.value.push_str(literal.value.to_str());
            true
        }
        Expr::BytesLiteral(literal) => {
            for part in &literal.value {
                draft.value.push_str(&String::from_utf8_lossy(part.as_slice()));
            }
            true
        }
        Expr::FString(formatted) => {
            append_formatted(formatted, names, draft, steps);
            true
        }
        Expr::BinOp(binary) if binary.op == Operator::Add => append_sum(expr, names, draft, steps),
        Expr::BinOp(binary) if binary.op == Operator::Mod => {
            let mut template = Draft { value: String::new(), whole: true };
            if !append(&binary.left, names, &mut template, steps + 1) {
                return false;
            }
            fill_percent(&template.value, draft);
            true
        }
        Expr::Call(call) => {
            let Expr::Attribute(method) = call.func.as_ref() else { return false };
            match method.attr.as_str() {
                "format" if literal(&method.value).is_some() || matches!(*method.value, Expr::BinOp(_)) => {
                    let mut template = Draft { value: String::new(), whole: true };
                    if !append(&method.value, names, &mut template, steps + 1) {
                        return false;
                    }
                    fill_braces(&template.value, draft);
                    true
                }
                "encode" | "strip" | "decode" => {
                    is_text_root(&method.value) && append(&method.value, names, draft, steps + 1)
                }
                _ => false,
            }
        }
        Expr::Name(name) => {
            // `a = a + "x"` is no constant.
            let value =
                names.constant(name.id.as_str()).filter(|value| !value.range().contains_range(expr.range()));
            let Some(value) = value else { return false };
            let before = draft.value.len();
            let whole = draft.whole;
            if !append(value, names, draft, steps + 4) {
                return false;
            }
            let added = draft.value.len() - before;
            if added > MAX_COPIED || !names.pay(added) {
                draft.value.truncate(before);
                draft.whole = whole;
                return false;
            }
            true
        }
        _ => false,
    }
}

/// The expression is a text by its own form, without looking at names.
pub(super) fn is_text_root(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::FString(_) => true,
        Expr::BinOp(binary) => matches!(binary.op, Operator::Add | Operator::Mod),
        Expr::Call(call) => match call.func.as_ref() {
            Expr::Attribute(method) => {
                matches!(method.attr.as_str(), "format" | "encode" | "strip" | "decode")
                    && is_text_root(&method.value)
            }
            _ => false,
        },
        _ => false,
    }
}

fn append_sum<'a>(expr: &'a Expr, names: &Names<'a>, draft: &mut Draft, steps: u32) -> bool {
    let leaves = operands(expr);
    if leaves.iter().any(|leaf| {
        matches!(leaf, Expr::NumberLiteral(_) | Expr::List(_) | Expr::Tuple(_) | Expr::ListComp(_))
    }) {
        return false;
    }
    let before = draft.value.len();
    let whole = draft.whole;
    let mut some_text = false;
    for leaf in leaves {
        // A name alone does not make a sum a text: `a + b` is one only beside a literal, or when a constant is known.
        if append(leaf, names, draft, steps + 1) {
            some_text = true;
        } else {
            draft.hole();
        }
    }
    if !some_text {
        draft.value.truncate(before);
        draft.whole = whole;
    }
    some_text
}

/// The operands of a chain of `+`, left to right, found without recursion.
pub(super) fn operands(expr: &Expr) -> Vec<&Expr> {
    let mut leaves = Vec::new();
    let mut at = expr;
    while let Expr::BinOp(binary) = at
        && binary.op == Operator::Add
    {
        leaves.push(binary.right.as_ref());
        at = &binary.left;
    }
    leaves.push(at);
    leaves.reverse();
    leaves
}

fn append_formatted<'a>(formatted: &'a ExprFString, names: &Names<'a>, draft: &mut Draft, steps: u32) {
    for part in &formatted.value {
        match part {
            FStringPart::Literal(literal) => draft.value.push_str(literal.as_str()),
            FStringPart::FString(string) => {
                for element in &string.elements {
                    match element {
                        InterpolatedStringElement::Literal(literal) => draft.value.push_str(literal),
                        InterpolatedStringElement::Interpolation(field) => {
                            let plain = field.format_spec.is_none() && field.debug_text.is_none();
                            if !plain || !append(&field.expression, names, draft, steps + 1) {
                                draft.hole();
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `%s`, `%(name)s`, `%5.2f` become holes, `%%` a percent sign.
fn fill_percent(template: &str, draft: &mut Draft) {
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        draft.value.push_str(rest.get(..at).unwrap_or(""));
        let after = rest.get(at + 1..).unwrap_or("");
        if let Some(plain) = after.strip_prefix('%') {
            draft.value.push('%');
            rest = plain;
            continue;
        }
        let after = match after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            Some((_, tail)) => tail,
            None => after,
        };
        let flags = after
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '#' | '-' | '+' | ' ' | '.' | '*')))
            .unwrap_or(0);
        let conversion = after.get(flags..).and_then(|tail| tail.chars().next());
        match conversion {
            Some(letter) if letter.is_ascii_alphabetic() => {
                draft.hole();
                rest = after.get(flags + 1..).unwrap_or("");
            }
            _ => {
                draft.value.push('%');
                rest = after;
            }
        }
    }
    draft.value.push_str(rest);
    draft.whole = false;
}

/// `{}`, `{0}`, `{name!r:>5}` become holes, `{{` and `}}` braces.
fn fill_braces(template: &str, draft: &mut Draft) {
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        draft.value.push_str(rest.get(..at).unwrap_or(""));
        let tail = rest.get(at..).unwrap_or("");
        rest = if let Some(tail) = tail.strip_prefix("{{") {
            draft.value.push('{');
            tail
        } else if let Some(tail) = tail.strip_prefix("}}") {
            draft.value.push('}');
            tail
        } else if let Some((_, tail)) = tail.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            draft.hole();
            tail
        } else {
            draft.value.push_str(tail);
            ""
        };
    }
    draft.value.push_str(rest);
    draft.whole = false;
}
