//! Values that mocks return, and values that are asserted.

use ruff_python_ast::{CmpOp, Expr, ExprCall, StmtFunctionDef, UnaryOp};
use ruff_text_size::Ranged;

use crate::facts::Literal;
use crate::python::names::Names;
use crate::python::{span, text};
use crate::source::{Source, Span};

/// What names within a test stand for: mocks, and what was called for a value.
#[derive(Default)]
pub(super) struct Origins<'a> {
    /// Names that `patch` gives, with the path that is patched.
    patched: Vec<(&'a str, String)>,
    /// Names, with what was called for their values; the last counts.
    called: Vec<(&'a str, Option<String>)>,
    /// The call that makes a mock, and the name it gets.
    named: Option<(Span, String)>,
}

impl<'a> Origins<'a> {
    /// The name by which something is called: `repo.find`; a name that `patch` gave is the path that it patched.
    fn name(&self, expr: &'a Expr, names: &Names<'a>) -> Option<String> {
        let dotted = names.dotted(expr)?;
        let patched = self.patched.iter().rev().find(|(name, _)| *name == dotted.root());
        match (patched, dotted.parts()) {
            (Some((_, path)), [_, rest @ ..]) => {
                Some(std::iter::once(path.as_str()).chain(rest.iter().copied()).collect::<Vec<_>>().join("."))
            }
            (_, parts) => Some(parts.join(".")),
        }
    }

    /// What is called for the value of an expression.
    fn of(&self, expr: &'a Expr, names: &Names<'a>) -> Option<String> {
        match expr {
            Expr::Await(awaited) => self.of(&awaited.value, names),
            Expr::Call(call) => self.name(&call.func, names),
            Expr::Name(name) => {
                let mut known = self.called.iter().rev();
                known.find(|(known, _)| *known == name.id.as_str()).and_then(|(_, origin)| origin.clone())
            }
            _ => None,
        }
    }

    /// `name = …`, `a, b = …, …`, `obj.name = …`.
    pub(super) fn assigned(&mut self, target: &'a Expr, value: &'a Expr, names: &Names<'a>) {
        match (target, value) {
            (Expr::Tuple(targets), Expr::Tuple(values)) => {
                let pairs = targets.iter().zip(values).filter(|(target, _)| target.is_name_expr());
                for (target, value) in pairs {
                    self.assigned(target, value, names);
                }
            }
            (Expr::Name(name), value) => {
                let origin = self.of(value, names);
                self.called.push((name.id.as_str(), origin));
            }
            _ => {}
        }
        if value.is_call_expr() {
            self.named = self.name(target, names).map(|name| (span(value.range()), name));
        }
    }

    /// `with patch(…) as name`, and the parameter that a decorator gives.
    pub(super) fn patched(&mut self, call: &'a ExprCall, name: &'a str, names: &Names<'a>) {
        if let Some(path) = patched_path(call, names) {
            self.patched.push((name, path));
        }
    }

    /// Decorators give the mocks they make to the parameters, the nearest first.
    pub(super) fn given(&mut self, function: &'a StmtFunctionDef, names: &Names<'a>) {
        let made = function.decorator_list.iter().rev().filter_map(|decorator| {
            let call = decorator.expression.as_call_expr()?;
            let given = call.arguments.find_keyword("new").is_none();
            patched_path(call, names).filter(|_| given)
        });
        let parameters = function.parameters.args.iter().map(|parameter| parameter.parameter.name.as_str());
        let parameters = parameters.filter(|name| !matches!(*name, "self" | "cls"));
        self.patched.extend(parameters.zip(made));
    }
}

/// The path that `patch("a.b")` and `patch.object(a, "b")` replace.
fn patched_path<'a>(call: &'a ExprCall, names: &Names<'a>) -> Option<String> {
    let callee = names.dotted(&call.func)?;
    match (callee.last(), &*call.arguments.args) {
        ("patch", [path, ..]) => text::literal(path).map(str::to_owned),
        ("object", [owner, member, ..]) if callee.owner() == Some("patch") => {
            Some(format!("{}.{}", names.dotted(owner)?.parts().join("."), text::literal(member)?))
        }
        _ => None,
    }
}

/// The literal in the spelling that holds for every language; nothing for other expressions.
fn literal(expr: &Expr, at: Span, source: &Source) -> Option<Literal> {
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
    Some(Literal { span: at, value, origin: None })
}

/// Where values are compared, and what is known there.
#[derive(Clone, Copy)]
pub(super) struct Here<'a, 'r> {
    pub(super) origins: &'r Origins<'a>,
    pub(super) names: &'r Names<'a>,
    pub(super) source: &'a Source,
}

impl<'a> Here<'a, '_> {
    /// `mock.return_value = …`.
    pub(super) fn told(&self, mock: &'a Expr, value: &'a Expr, at: Span) -> Option<Literal> {
        let origin = self.origins.name(mock, self.names);
        Some(Literal { origin, ..literal(value, at, self.source)? })
    }

    /// `Mock(return_value=…)`, `patch(…, return_value=…)`.
    pub(super) fn made(&self, call: &'a ExprCall) -> Option<Literal> {
        let keyword = call.arguments.find_keyword("return_value")?;
        let found = literal(&keyword.value, span(keyword.range()), self.source)?;
        let named = self.origins.named.as_ref().filter(|(at, _)| *at == span(call.range()));
        let origin = patched_path(call, self.names).or_else(|| named.map(|(_, name)| name.clone()));
        Some(Literal { origin, ..found })
    }

    /// `assert name == literal`, `assert 42 == m()`.
    pub(super) fn of_assert(&self, test: &'a Expr, at: Span) -> Option<Literal> {
        let Expr::Compare(compare) = test else { return None };
        let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
        self.of_pair(&compare.left, right, at)
    }

    /// `assertEqual(name, literal)`, in either order.
    pub(super) fn of_method(&self, name: &str, call: &'a ExprCall) -> Option<Literal> {
        if !matches!(name, "assertEqual" | "assertEquals" | "assert_equal" | "eq_") {
            return None;
        }
        let [left, right, ..] = &*call.arguments.args else { return None };
        self.of_pair(left, right, span(call.range()))
    }

    fn of_pair(&self, left: &'a Expr, right: &'a Expr, at: Span) -> Option<Literal> {
        if waives_checks(at, self.source) {
            return None;
        }
        let (found, other) = match (literal(left, at, self.source), literal(right, at, self.source)) {
            (None, Some(found)) => (found, left),
            (Some(found), None) => (found, right),
            _ => return None,
        };
        let value = matches!(other, Expr::Name(_) | Expr::Call(_) | Expr::Await(_));
        value.then(|| Literal { origin: self.origins.of(other, self.names), ..found })
    }
}

/// A bare `# noqa` on the line asks every checker to look away.
fn waives_checks(at: Span, source: &Source) -> bool {
    let line = source.line(source.line_of(at.end));
    line.rsplit_once('#').is_some_and(|(_, comment)| comment.trim().eq_ignore_ascii_case("noqa"))
}
