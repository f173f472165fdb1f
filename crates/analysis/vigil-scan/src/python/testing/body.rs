//! What the body of a test, or of a helper, does.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_stmt};
use ruff_python_ast::{
    self as ast, ExceptHandler, Expr, ExprCall, Stmt, StmtClassDef, StmtFunctionDef, StmtTry, WithItem,
};
use ruff_text_size::Ranged;

use super::mirror::{Here, Origins};
use super::{Helpers, Place, elsewhere, http, skip, trivial, verdict};
use crate::facts::{Assertion, Literal, MAX_CALLS, Skip};
use crate::python::names::{each_block, visit_chain};
use crate::python::span;
use crate::python::words::{contains, has_word};
use crate::source::Span;

const MAX_DEPTH: u32 = 400;

/// What a body does.
#[derive(Default)]
pub(super) struct Body {
    pub(super) assertions: Vec<Assertion>,
    pub(super) swallowed: Vec<Span>,
    pub(super) http_calls: Vec<Span>,
    pub(super) checks_status: bool,
    pub(super) mock_values: Vec<Literal>,
    pub(super) asserted_values: Vec<Literal>,
    pub(super) skips: Vec<Skip>,
    pub(super) skipped: bool,
    /// It calls something, or asks for a part of something.
    pub(super) calls: bool,
    /// What it calls of other files.
    pub(super) elsewhere: BTreeSet<String>,
}

impl Body {
    /// Reads a body. `steps` is how many helpers lie between it and the test.
    pub(super) fn read<'a>(
        statements: &'a [Stmt],
        place: &Place<'a, '_>,
        helpers: &mut Helpers<'a>,
        steps: u32,
        origins: Origins<'a>,
    ) -> Self {
        let mut reader = Reader {
            found: Self::default(),
            place,
            helpers,
            steps,
            verdicts: Vec::new(),
            aliases: Vec::new(),
            origins,
            inner: 0,
            choices: 0,
            handling: 0,
            attempts: 0,
            expecting: 0,
            discarded: None,
            handed: 0,
            running: 0,
            runs: false,
            programs: Vec::new(),
            depth: 0,
        };
        reader.visit_body(statements);
        if reader.runs {
            for at in std::mem::take(&mut reader.programs) {
                reader.assertion(at, false);
            }
        }
        let mut found = reader.found;
        // Unconditional: the rest never runs.
        found.skipped = statements.iter().any(|statement| match statement {
            Stmt::Expr(expr) => skip::of_call(&expr.value, place.names, place.source).is_some(),
            Stmt::Raise(raise) => {
                raise.exc.as_ref().is_some_and(|exc| skip::of_call(exc, place.names, place.source).is_some())
            }
            _ => false,
        });
        found
    }
}

struct Reader<'a, 'r> {
    found: Body,
    place: &'r Place<'a, 'r>,
    helpers: &'r mut Helpers<'a>,
    steps: u32,
    /// Names that hold the outcome of a comparison.
    verdicts: Vec<(&'a str, bool)>,
    /// Names that stand for an assertion, and its own name: `eq = self.assertEqual`.
    aliases: Vec<(&'a str, &'a str)>,
    /// What names stand for.
    origins: Origins<'a>,
    /// Functions within the body that are around.
    inner: u32,
    /// `if`s around.
    choices: u32,
    /// Handlers of exceptions around.
    handling: u32,
    /// `try` blocks around.
    attempts: u32,
    /// Blocks around that expect an exception.
    expecting: u32,
    /// The call that is a statement of its own: what it answers is not used.
    discarded: Option<Span>,
    /// Calls around that are handed what is read, and those among them that run it.
    handed: u32,
    running: u32,
    /// Something in the body runs or writes a text.
    runs: bool,
    /// Texts that assert, and that are run when anything is.
    programs: Vec<Span>,
    depth: u32,
}

impl<'a> Visitor<'a> for Reader<'a, '_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assert(assert) => {
                let at = span(assert.range());
                let verdicts = &self.verdicts;
                let is_verdict = |name: &str| {
                    verdicts
                        .iter()
                        .rev()
                        .find(|(known, _)| *known == name)
                        .is_some_and(|(_, verdict)| *verdict)
                };
                let trivial = trivial::of_assert(&assert.test, &is_verdict);
                self.found.assertions.push(Assertion { span: at, trivial });
                let asserted = self.here().of_assert(&assert.test, at);
                self.found.asserted_values.extend(asserted);
                walk_stmt(self, statement);
            }
            Stmt::Raise(raise) => {
                let exception = match raise.exc.as_deref() {
                    Some(Expr::Call(call)) => Some(call.func.as_ref()),
                    other => other,
                };
                let fails = exception.is_some_and(|exception| match exception {
                    Expr::Name(name) => contains(name.id.as_str(), "assertionerror"),
                    _ => false,
                });
                // `if left != right: raise TestFailed(…)`.
                let judges = self.choices > 0 && self.inner == 0 && self.attempts == 0 && self.expecting == 0;
                if fails || (judges && exception.is_some_and(is_failure)) {
                    self.assertion(span(raise.range()), false);
                }
                if let Some(exception) = &raise.exc
                    && !exception.is_call_expr()
                {
                    self.skip(skip::of_call(exception, self.place.names, self.place.source));
                }
                walk_stmt(self, statement);
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    match target {
                        Expr::Name(name) => {
                            self.verdicts.push((name.id.as_str(), trivial::is_verdict(&assign.value)));
                        }
                        Expr::Attribute(attribute) if attribute.attr.as_str() == "return_value" => {
                            let at = span(assign.range());
                            let value = self.here().told(&attribute.value, &assign.value, at);
                            self.found.mock_values.extend(value);
                        }
                        _ => {}
                    }
                    self.alias(target, &assign.value);
                    self.origins.assigned(target, &assign.value, self.place.names);
                }
                walk_stmt(self, statement);
            }
            Stmt::If(_) => {
                self.choices += 1;
                walk_stmt(self, statement);
                self.choices -= 1;
            }
            Stmt::FunctionDef(function) => self.nested(function),
            Stmt::Try(attempt) => self.attempt(attempt),
            Stmt::With(with) => {
                let expects = with.items.iter().any(expects_exception);
                for item in &with.items {
                    self.swallows(
                        &item.context_expr,
                        item.optional_vars.is_some() || raises_itself(&with.body),
                    );
                    if let (Expr::Call(call), Some(Expr::Name(name))) =
                        (&item.context_expr, item.optional_vars.as_deref())
                    {
                        self.origins.patched(call, name.id.as_str(), self.place.names);
                    }
                    self.visit_with_item(item);
                }
                self.expecting += u32::from(expects);
                self.visit_body(&with.body);
                self.expecting -= u32::from(expects);
            }
            // nose's generator tests: `yield check, value`.
            Stmt::Expr(expr) if matches!(&*expr.value, Expr::Yield(given) if matches!(given.value.as_deref(), Some(Expr::Tuple(_)))) =>
            {
                self.assertion(span(expr.range()), false);
                walk_stmt(self, statement);
            }
            // A docstring is not run.
            Stmt::Expr(expr) if expr.value.is_string_literal_expr() => {}
            Stmt::Expr(expr) => {
                let value = match expr.value.as_ref() {
                    Expr::Await(awaited) => awaited.value.as_ref(),
                    other => other,
                };
                self.discarded = value.is_call_expr().then(|| span(value.range()));
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        self.handling += 1;
        walk_except_handler(self, handler);
        self.handling -= 1;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match expr {
            // The test is handed to another interpreter as a text.
            Expr::StringLiteral(text) if asserts(text.value.to_str()) => {
                self.assertion(span(expr.range()), false);
            }
            Expr::FString(text) if asserts_with_holes(self.place.source.slice(span(text.range()))) => {
                if self.running > 0 {
                    self.assertion(span(expr.range()), false);
                } else if self.handed == 0 {
                    self.programs.push(span(expr.range()));
                }
            }
            // `{"fail": self.fail}`: what is handed on is called elsewhere.
            Expr::Dict(names) if names.iter_values().any(is_handed_on) => {
                self.assertion(span(expr.range()), false);
            }
            // `parser.handler = self.on_start`: what is called later may assert.
            Expr::Attribute(attribute) if self.is_asserting_method(attribute) => {
                self.assertion(span(expr.range()), false);
            }
            Expr::Call(call) => self.call(call),
            Expr::BinOp(chain) => visit_chain(self, chain),
            _ => {
                self.found.calls |=
                    matches!(expr, Expr::Subscript(_) | Expr::Compare(_) | Expr::Attribute(_));
                self.found.checks_status |= http::is_status(expr);
                walk_expr(self, expr);
            }
        }
        self.depth -= 1;
    }
}

impl<'a> Reader<'a, '_> {
    fn here(&self) -> Here<'a, '_> {
        Here { origins: &self.origins, names: self.place.names, source: self.place.source }
    }

    /// A comment on the line tells linters that everything is meant.
    fn waives(&self, at: u32) -> bool {
        let line = self.place.source.line(self.place.source.line_of(at));
        line.rsplit_once('#').is_some_and(|(_, comment)| {
            comment.contains("noqa")
                && ["B017", "PT011", "E722", "BLE001", "S110"].iter().any(|code| comment.contains(code))
        })
    }

    fn assertion(&mut self, at: Span, trivial: bool) {
        self.found.assertions.push(Assertion { span: at, trivial });
    }

    /// `eq = self.assertEqual`, `eq, raises = self.assertEqual, self.assertRaises`; assertions in a list are called from it.
    fn alias(&mut self, target: &'a Expr, value: &'a Expr) {
        match (target, value) {
            (Expr::Name(name), Expr::Attribute(attribute)) if verdict::is_by_name(&attribute.attr) => {
                self.aliases.push((name.id.as_str(), attribute.attr.as_str()));
            }
            (Expr::Tuple(targets), Expr::Tuple(values)) => {
                for (target, value) in targets.iter().zip(values) {
                    if let (Expr::Name(_), Expr::Attribute(_)) = (target, value) {
                        self.alias(target, value);
                    }
                }
            }
            (
                Expr::Name(_),
                Expr::List(ast::ExprList { elts, .. }) | Expr::Tuple(ast::ExprTuple { elts, .. }),
            ) if elts
                .iter()
                .any(|elt| elt.as_attribute_expr().is_some_and(|a| verdict::is_by_name(&a.attr))) =>
            {
                self.assertion(span(value.range()), false);
            }
            _ => {}
        }
    }

    fn nested(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.inner += 1;
        self.visit_body(&function.body);
        self.inner -= 1;
    }

    fn call(&mut self, call: &'a ExprCall) {
        self.found.calls = true;
        let at = span(call.range());
        let place = *self.place;
        let name = match call.func.as_ref() {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        let alias = call.func.as_name_expr().and_then(|called| {
            let mut known = self.aliases.iter().rev();
            known.find(|(alias, _)| *alias == called.id.as_str()).map(|(_, original)| *original)
        });
        if let Some(original) = alias {
            self.assertion(at, trivial::of_method(original, call));
            let asserted = self.here().of_method(original, call);
            self.found.asserted_values.extend(asserted);
        } else if verdict::is_by_call(call, place.names) {
            self.assertion(at, trivial::of_method(name, call));
            self.found.checks_status |= http::verdict_checks_status(call);
            let asserted = self.here().of_method(name, call);
            self.found.asserted_values.extend(asserted);
        } else if let Some((helper, class)) = self.helper(call) {
            let summary = self.helpers.summary(helper, class, &place, self.steps);
            if summary.asserts || verdict::hands_on_assertion(call) {
                self.assertion(at, false);
            }
            self.found.checks_status |= summary.checks_status;
            self.found.elsewhere.extend(summary.calls.iter().cloned());
        } else if verdict::hands_on(call) {
            self.assertion(at, false);
        } else if self.found.assertions.is_empty() && self.found.elsewhere.len() < MAX_CALLS {
            elsewhere::of_call(call, &place, &mut self.found.elsewhere);
        }
        let used = self.discarded != Some(at);
        if self.expecting == 0 && self.inner == 0 && used && http::is_request(call, place.names) {
            self.found.http_calls.push(at);
            let said = ["status", "expected_status", "status_code", "expected_code", "expect_status"];
            self.found.checks_status |= said.iter().any(|name| call.arguments.find_keyword(name).is_some());
        }
        let made = self.here().made(call);
        self.found.mock_values.extend(made);
        self.skip(skip::of_skip_call(call, place.names, place.source));
        match call.func.as_ref() {
            // What is called is judged by the call.
            Expr::Attribute(attribute) => {
                self.found.checks_status |= http::is_status(&call.func);
                self.visit_expr(&attribute.value);
            }
            callee => self.visit_expr(callee),
        }
        let (passes, runs) = (verdict::hands_text_back(name), verdict::runs_text(name, call));
        self.runs |= runs;
        self.handed += u32::from(!passes);
        self.running += u32::from(runs);
        self.visit_arguments(&call.arguments);
        self.handed -= u32::from(!passes);
        self.running -= u32::from(runs);
    }

    /// A skip under a condition is left alone: the condition is its reason.
    fn skip(&mut self, found: Option<Skip>) {
        if self.choices == 0 && self.handling == 0 {
            self.found.skips.extend(found);
        }
    }

    /// The function of this file, or the method of a class of it, that is called.
    fn helper(&mut self, call: &'a ExprCall) -> Option<(&'a StmtFunctionDef, Option<&'a StmtClassDef>)> {
        let names = self.place.names;
        let (owner, method) = match call.func.as_ref() {
            Expr::Name(name) => return names.function(name.id.as_str()).map(|function| (function, None)),
            Expr::Attribute(attribute) => (attribute.value.as_ref(), attribute.attr.as_str()),
            _ => return None,
        };
        let class = match owner {
            Expr::Name(owner) if matches!(owner.id.as_str(), "self" | "cls") => self.place.class?,
            Expr::Name(owner) => names.class(owner.id.as_str())?,
            // `Checker(…).run()`
            Expr::Call(made) => names.class(made.func.as_name_expr()?.id.as_str())?,
            _ => return None,
        };
        let found = self.helpers.method(class, method, names);
        // A mixin calls what the class that it is mixed into has.
        let found = found.or_else(|| self.helpers.any_method(method, names));
        found.map(|method| (method, Some(class)))
    }

    /// `self.check`, a method of this class that asserts.
    fn is_asserting_method(&mut self, attribute: &'a ast::ExprAttribute) -> bool {
        let place = *self.place;
        let Some(class) = place.class else { return false };
        if !matches!(attribute.value.as_ref(), Expr::Name(name) if name.id.as_str() == "self") {
            return false;
        }
        let method = self.helpers.method(class, attribute.attr.as_str(), place.names);
        method.is_some_and(|method| self.helpers.summary(method, Some(class), &place, self.steps).asserts)
    }

    fn attempt(&mut self, attempt: &'a StmtTry) {
        // `else: self.fail()`: the exception is what the test expects.
        let before = self.found.assertions.len();
        self.visit_body(&attempt.orelse);
        let expected = self.found.assertions.len() > before;
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let empty = handler.body.iter().all(|statement| match statement {
                Stmt::Pass(_) => true,
                Stmt::Expr(expr) => {
                    expr.value.is_ellipsis_literal_expr() || expr.value.is_string_literal_expr()
                }
                _ => false,
            });
            if empty
                && !expected
                && self.inner == 0
                && !raises_itself(&attempt.body)
                && !cleans_up(&attempt.body)
                && !goes_on_without(attempt)
                && !self.waives(span(handler.range()).start)
                && handler.type_.as_deref().is_none_or(catches_all)
            {
                let start = span(handler.range()).start;
                let head = handler.type_.as_ref().map_or(start + 6, |kind| span(kind.range()).end);
                self.found.swallowed.push(Span::new(start, head));
            }
        }
        self.attempts += 1;
        self.visit_body(&attempt.body);
        self.attempts -= 1;
        for handler in &attempt.handlers {
            self.visit_except_handler(handler);
        }
        self.visit_body(&attempt.finalbody);
    }

    /// `with pytest.raises(Exception):` accepts whatever goes wrong, unless what was raised is looked at.
    fn swallows(&mut self, context: &'a Expr, looked_at: bool) {
        let Expr::Call(call) = context else { return };
        let raises = self
            .place
            .names
            .dotted(&call.func)
            .is_some_and(|name| matches!(name.last(), "raises" | "assertRaises"));
        let any = call.arguments.args.first().is_some_and(|kind| !kind.is_tuple_expr() && catches_all(kind));
        let waived = self.waives(span(call.range()).start);
        if raises && any && !looked_at && !waived && self.inner == 0 && call.arguments.len() == 1 {
            self.found.swallowed.push(span(call.range()));
        }
    }
}

/// `self.fail`, `self.assertEqual`, not called here.
fn is_handed_on(value: &Expr) -> bool {
    let Expr::Attribute(attribute) = value else { return false };
    let name = attribute.attr.as_str();
    matches!(attribute.value.as_ref(), Expr::Name(owner) if owner.id.as_str() == "self")
        && (name == "fail" || verdict::is_by_name(name))
}

/// `f"assert(value == {value!r})"`, as it is written.
fn asserts_with_holes(text: &str) -> bool {
    let code = text
        .trim_start_matches(|sign: char| sign.is_ascii_alphabetic() && sign != 'a')
        .trim_start_matches(['"', '\'']);
    let compares = ["==", "!=", " is ", " in ", "<", ">"].iter().any(|sign| code.contains(sign));
    asserts(code)
        || (compares
            && (code.trim_start().starts_with("assert(") || code.trim_start().starts_with("assert ")))
}

/// Code that asserts: `import x; assert x.y == 1`.
fn asserts(code: &str) -> bool {
    code.match_indices("assert ").take(64).any(|(at, _)| {
        let before = code.get(..at).unwrap_or("").trim_end_matches([' ', '\t']);
        before.ends_with(['\n', ';', ':'])
            && (before.contains('=') || before.contains("import ") || before.contains('('))
    })
}

/// An exception that says that something is not as it should be; not one that skips, ends or declares.
fn is_failure(exception: &Expr) -> bool {
    let name = match exception {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    !matches!(
        name,
        "SkipTest"
            | "NotImplementedError"
            | "NotImplemented"
            | "StopIteration"
            | "KeyboardInterrupt"
            | "SystemExit"
            | "Skipped"
    ) && has_word(name, &["error", "exception", "fail", "failed", "failure"])
}

/// All that is tried takes something away that may be gone already: `os.unlink(path)`.
fn cleans_up(body: &[Stmt]) -> bool {
    body.iter().all(|statement| {
        let call = match statement {
            Stmt::Expr(expr) => expr.value.as_call_expr(),
            _ => None,
        };
        let name = call.and_then(|call| match call.func.as_ref() {
            Expr::Name(name) => Some(name.id.as_str()),
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            _ => None,
        });
        name.is_some_and(|name| matches!(name, "unlink" | "rmtree" | "rmdir" | "removedirs"))
    })
}

/// `else: break`: one after the other is tried until one goes.
fn goes_on_without(attempt: &StmtTry) -> bool {
    matches!(attempt.orelse.last(), Some(Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_)))
}

/// The exception is the test's own: what catches it swallows nothing of the code under test.
fn raises_itself(body: &[Stmt]) -> bool {
    body.iter().any(|statement| {
        let mut found = matches!(statement, Stmt::Raise(_));
        each_block(statement, &mut |block| found |= raises_itself(block));
        found
    })
}

fn catches_all(kind: &Expr) -> bool {
    match kind {
        Expr::Name(name) => matches!(name.id.as_str(), "Exception" | "BaseException"),
        Expr::Tuple(tuple) => tuple.iter().any(catches_all),
        _ => false,
    }
}

fn expects_exception(item: &WithItem) -> bool {
    let Expr::Call(call) = &item.context_expr else { return false };
    match call.func.as_ref() {
        Expr::Name(name) => name.id.as_str() == "raises",
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == "raises" || attribute.attr.as_str().starts_with("assertRaises")
        }
        _ => false,
    }
}
