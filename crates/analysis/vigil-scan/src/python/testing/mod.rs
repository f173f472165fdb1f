//! Tests of pytest and unittest: which there are, what they assert, what is skipped.

mod body;
mod called;
mod elsewhere;
mod http;
mod mirror;
mod skip;
mod trivial;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef, StmtIf};
use ruff_text_size::Ranged;

use super::names::{Names, each_block};
use super::span;
use super::words::has_word;
use crate::facts::{Assertion, FIXTURE, Facts, Test};
use crate::intent::{comments_want_no_error, may_help, name_wants_no_error, says};
use crate::source::{Source, Span};

use body::Body;
use mirror::Origins;

/// The file holds tests by its name, or by a directory on its path.
fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    if name == "conftest.py" {
        return false;
    }
    let stem = name.strip_suffix(".py").unwrap_or(name);
    let by_name = stem == "tests" || stem.starts_with("test_") || stem.ends_with("_test");
    by_name
        || path.parent().is_some_and(|parent| {
            parent
                .iter()
                .any(|part| matches!(part.to_str(), Some("tests" | "test" | "__tests__" | "spec" | "specs")))
        })
}

/// The file is a program beside tests, by its name and because it runs itself: its functions `test_…` are just functions.
fn is_script(path: &Path, module: &[Stmt]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let stem = name.strip_suffix(".py").unwrap_or(name);
    let named = stem.starts_with("test") || stem.ends_with("_test") || stem.ends_with("_tests");
    !named && module.iter().filter_map(Stmt::as_if_stmt).any(runs_as_program)
}

/// `if __name__ == "__main__":`
fn runs_as_program(branch: &StmtIf) -> bool {
    branch
        .test
        .as_compare_expr()
        .is_some_and(|compare| compare.left.as_name_expr().is_some_and(|name| name.id.as_str() == "__name__"))
}

/// Reads the tests of a module, and what it has for the tests of others.
pub(super) fn read<'a>(source: &'a Source, module: &'a [Stmt], names: &Names<'a>, facts: &mut Facts) {
    let has_tests = is_test_file(&source.path);
    if !has_tests && !may_help(&source.path) {
        return;
    }
    let script = is_script(&source.path, module);
    let mut reader = Reader { source, module, names, helpers: Helpers::default(), script, facts };
    if has_tests {
        let skipped = reader.module_marks(module);
        reader.block(module, None, skipped);
    }
    reader.help(module);
    let facts = reader.facts;
    facts.skips.sort_by_key(|skip| skip.span);
    facts.skips.dedup();
}

struct Reader<'a, 'r> {
    source: &'a Source,
    module: &'a [Stmt],
    names: &'r Names<'a>,
    helpers: Helpers<'a>,
    /// The file is a program, and no runner collects its functions.
    script: bool,
    facts: &'r mut Facts,
}

/// What is known of the functions that tests call, by the place of their names.
#[derive(Default)]
struct Helpers<'a> {
    known: HashMap<Span, Option<Summary>>,
    methods: HashMap<Span, HashMap<&'a str, &'a StmtFunctionDef>>,
    every: Option<HashMap<&'a str, Option<&'a StmtFunctionDef>>>,
    /// Names that functions and examples of the file call.
    called: Option<HashSet<&'a str>>,
}

/// What a helper does for its caller.
#[derive(Clone, Default)]
struct Summary {
    asserts: bool,
    checks_status: bool,
    /// What it calls of other files.
    calls: Rc<[String]>,
}

/// How far helpers of helpers are followed.
const MAX_STEPS: u32 = 12;

impl<'a> Helpers<'a> {
    fn summary(
        &mut self,
        function: &'a StmtFunctionDef,
        class: Option<&'a StmtClassDef>,
        place: &Place<'a, '_>,
        steps: u32,
    ) -> Summary {
        let key = span(function.name.range());
        match self.known.get(&key) {
            // A cycle adds nothing to what its other members do.
            Some(known) => return known.clone().unwrap_or_default(),
            None if steps >= MAX_STEPS => return Summary::default(),
            None => {}
        }
        self.known.insert(key, None);
        let inner = Place { class, ..*place };
        let body = Body::read(&function.body, &inner, self, steps + 1, Origins::default());
        let summary = Summary {
            asserts: !body.assertions.is_empty(),
            checks_status: body.checks_status,
            calls: body.elsewhere.into_iter().collect(),
        };
        self.known.insert(key, Some(summary.clone()));
        summary
    }

    /// The only method of this name among the classes of the module.
    fn any_method(&mut self, name: &str, names: &Names<'a>) -> Option<&'a StmtFunctionDef> {
        let known = self.every.get_or_insert_with(|| {
            let mut every: HashMap<&'a str, Option<&'a StmtFunctionDef>> = HashMap::new();
            for class in names.classes() {
                for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
                    every
                        .entry(method.name.as_str())
                        .and_modify(|known| *known = None)
                        .or_insert(Some(method));
                }
            }
            every
        });
        known.get(name).copied().flatten()
    }

    /// The method of a class, or of its bases in this file.
    fn method(
        &mut self,
        class: &'a StmtClassDef,
        name: &str,
        names: &Names<'a>,
    ) -> Option<&'a StmtFunctionDef> {
        let mut pending = vec![class];
        let mut seen = 0;
        while let Some(class) = pending.pop() {
            let methods = self.methods.entry(span(class.name.range())).or_insert_with(|| {
                let methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
                methods.map(|method| (method.name.as_str(), method)).collect()
            });
            if let Some(method) = methods.get(name) {
                return Some(method);
            }
            seen += 1;
            if seen < 16 {
                let bases = class.bases().iter().filter_map(Expr::as_name_expr);
                pending.extend(bases.filter_map(|base| names.class(base.id.as_str())));
            }
        }
        None
    }
}

/// Where a body stands.
#[derive(Clone, Copy)]
struct Place<'a, 'r> {
    source: &'a Source,
    names: &'r Names<'a>,
    class: Option<&'a StmtClassDef>,
}

impl<'a> Reader<'a, '_> {
    /// Marks that hold for the whole module; true when it is skipped.
    fn module_marks(&mut self, module: &'a [Stmt]) -> bool {
        let mut skipped = false;
        for statement in module {
            match statement {
                Stmt::Assign(assign) if matches!(assign.targets.as_slice(), [Expr::Name(name)] if name.id.as_str() == "pytestmark") =>
                {
                    let marks = match assign.value.as_ref() {
                        Expr::List(list) => list.elts.as_slice(),
                        Expr::Tuple(tuple) => tuple.elts.as_slice(),
                        one => std::slice::from_ref(one),
                    };
                    for mark in marks {
                        skipped |= self.mark(mark);
                    }
                }
                Stmt::Expr(expr) => {
                    if let Some(found) = skip::of_call(&expr.value, self.names, self.source) {
                        self.facts.skips.push(found);
                        skipped = true;
                    }
                }
                _ => {}
            }
        }
        skipped
    }

    /// A decorator or a mark: whether it skips.
    fn mark(&mut self, mark: &'a Expr) -> bool {
        match skip::of_mark(mark, self.names, self.source) {
            Some(skip::Mark::Skip(found)) => {
                self.facts.skips.push(found);
                true
            }
            Some(skip::Mark::Conditional) => true,
            None => false,
        }
    }

    fn block(&mut self, block: &'a [Stmt], class: Option<&'a StmtClassDef>, skipped: bool) {
        for statement in block {
            match statement {
                Stmt::FunctionDef(function) => self.function(function, class, skipped),
                // Runners look into a class of tests for `Test…` at most; others are what a test of a runner runs.
                Stmt::ClassDef(inner) if class.is_some() && !inner.name.as_str().starts_with("Test") => {}
                Stmt::ClassDef(inner) => self.class(inner, skipped),
                Stmt::If(branch) if runs_as_program(branch) => {}
                _ => each_block(statement, &mut |inner| self.block(inner, class, skipped)),
            }
        }
    }

    fn class(&mut self, class: &'a StmtClassDef, skipped: bool) {
        let mut skipped = skipped;
        for decorator in &class.decorator_list {
            skipped |= self.mark(&decorator.expression);
        }
        skipped |= self.module_marks(&class.body);
        if !is_no_test_class(class) {
            self.block(&class.body, Some(class), skipped);
        }
    }

    fn function(&mut self, function: &'a StmtFunctionDef, class: Option<&'a StmtClassDef>, skipped: bool) {
        let mut skipped = skipped;
        for decorator in &function.decorator_list {
            skipped |= self.mark(&decorator.expression);
        }
        let (module, called) = (self.module, &mut self.helpers.called);
        let called = |name: &str| called.get_or_insert_with(|| called::names(module)).contains(name);
        if is_test(function, class, self.names, self.script, called) {
            let test = self.test(function, class, skipped);
            self.facts.tests.push(test);
        }
    }

    /// `_test_connect` beside `test_connect`: what runs at the other end of a connection.
    fn other_half(
        &mut self,
        function: &'a StmtFunctionDef,
        class: Option<&'a StmtClassDef>,
    ) -> Option<Assertion> {
        let place = Place { source: self.source, names: self.names, class };
        let half = self.helpers.method(class?, &format!("_{}", function.name), self.names)?;
        let asserts = self.helpers.summary(half, class, &place, 1).asserts;
        asserts.then(|| Assertion { span: span(half.name.range()), trivial: false })
    }

    fn test(
        &mut self,
        function: &'a StmtFunctionDef,
        class: Option<&'a StmtClassDef>,
        skipped: bool,
    ) -> Test {
        let place = Place { source: self.source, names: self.names, class };
        let mut origins = Origins::default();
        origins.given(function, self.names);
        let mut body = Body::read(&function.body, &place, &mut self.helpers, 0, origins);
        self.facts.skips.append(&mut body.skips);
        let mut assertions = body.assertions;
        for decorator in &function.decorator_list {
            let called = match &decorator.expression {
                Expr::Call(call) => call.func.as_name_expr(),
                other => other.as_name_expr(),
            };
            // A decorator may be written in the class whose tests it makes.
            let local = called.and_then(|name| {
                let name = name.id.as_str();
                let own = class.and_then(|class| self.helpers.method(class, name, self.names));
                own.or_else(|| self.names.function(name))
            });
            if local.is_none() {
                body.elsewhere.extend(called.and_then(|name| elsewhere::of_name(name, self.names)));
            }
            let local = local.is_some_and(|function| self.helpers.summary(function, None, &place, 1).asserts);
            if local || verdict::is_by_decorator(&decorator.expression, self.names) {
                assertions.push(Assertion { span: span(decorator.range()), trivial: false });
            }
            let here = mirror::Here { origins: &Origins::default(), names: self.names, source: self.source };
            body.mock_values.extend(decorator.expression.as_call_expr().and_then(|call| here.made(call)));
        }
        assertions.extend(doctest(&function.body));
        assertions.extend(self.other_half(function, class));
        // A fixture of this file that asserts, asserts for the test.
        for parameter in function.parameters.iter_non_variadic_params() {
            let name = parameter.name().as_str();
            let own = class.and_then(|class| self.helpers.method(class, name, self.names));
            if own.is_none() {
                body.elsewhere.extend(elsewhere::inherited_fixture(class, name, self.names));
            }
            let Some(fixture) = own.or_else(|| self.names.function(name)) else {
                body.elsewhere.insert(format!("{FIXTURE}{name}"));
                continue;
            };
            if self.helpers.summary(fixture, None, &place, 1).asserts {
                assertions.push(Assertion { span: span(parameter.range), trivial: false });
            }
        }
        Test {
            name: function.name.to_string(),
            span: span(function.range()),
            head: head(function, self.source),
            skipped: skipped || body.skipped,
            calls: body.elsewhere.into_iter().collect(),
            wants_no_error: assertions.is_empty() && body.calls && wants_no_error(function, self.source),
            assertions,
            swallowed: body.swallowed,
            http_calls: body.http_calls,
            checks_status: body.checks_status,
            mock_values: body.mock_values,
            asserted_values: body.asserted_values,
        }
    }
}

/// `def test_func(self): return self.request.user.is_staff`: its caller wants the answer. In a class of tests nobody does.
fn is_answer(function: &StmtFunctionDef, class: &StmtClassDef) -> bool {
    let says_test = |name: &str| has_word(name, &["test", "tests", "testing", "testcase"]);
    let base = |base: &Expr| match base {
        Expr::Name(name) => says_test(name.id.as_str()),
        Expr::Attribute(attribute) => says_test(&attribute.attr),
        _ => false,
    };
    let asked = function.name.as_str() == "test_func"
        || !(says_test(class.name.as_str()) || class.bases().iter().any(base));
    asked
        && matches!(function.body.as_slice(), [Stmt::Return(answer)]
        if answer.value.as_deref().is_some_and(|value| !matches!(value, Expr::Call(_) | Expr::Await(_) | Expr::NoneLiteral(_))))
}

fn is_test<'a>(
    function: &'a StmtFunctionDef,
    class: Option<&'a StmtClassDef>,
    names: &Names<'a>,
    script: bool,
    called: impl FnOnce(&str) -> bool,
) -> bool {
    let name = function.name.as_str();
    let unittest = class.is_some_and(|class| !class.bases().is_empty());
    let named = name.starts_with("test_") || name == "test" || (unittest && name.starts_with("test"));
    // `def test_suite(): return …` hands tests to a runner.
    let hands_over = class.is_none() && name == "test_suite";
    named
        && !hands_over
        && class.is_none_or(may_hold_tests)
        && !is_something_else(function, names)
        && !(class.is_none() && (is_predicate(function) || script))
        && !class.is_some_and(|class| is_answer(function, class))
        && !(class.is_none() && !function.parameters.is_empty() && called(function.name.as_str()))
        && !is_abstract(&function.body)
}

/// The name, the docstring or a comment says that nothing shall go wrong.
fn wants_no_error(function: &StmtFunctionDef, source: &Source) -> bool {
    let docstring = function
        .body
        .first()
        .and_then(Stmt::as_expr_stmt)
        .and_then(|first| first.value.as_string_literal_expr());
    let at = span(function.range());
    // A comment behind the last statement is no part of it.
    let rest = source.text.get(at.end as usize..).unwrap_or("");
    let end = at.end + u32::try_from(rest.find('\n').unwrap_or(rest.len())).unwrap_or(0);
    name_wants_no_error(function.name.as_str())
        || docstring.is_some_and(|text| says(text.value.to_str()))
        || comments_want_no_error(source.slice(Span::new(at.start, end)), &["#"])
}

/// `def test_lower(value) -> bool`: its caller wants the answer, and a test has none.
fn is_predicate(function: &StmtFunctionDef) -> bool {
    matches!(function.returns.as_deref(), Some(Expr::Name(name)) if name.id.as_str() == "bool")
}

/// A body that is nothing but a text with examples, for doctest.
fn doctest(body: &[Stmt]) -> Option<Assertion> {
    let [Stmt::Expr(expr)] = body else { return None };
    let text = expr.value.as_string_literal_expr()?;
    let examples = text.value.iter().any(|part| part.value.contains(">>> "));
    examples.then(|| Assertion { span: span(expr.range()), trivial: false })
}

/// A class whose `test…` methods run: pytest's `Test…`, a subclass of something, a mixin of tests.
fn may_hold_tests(class: &StmtClassDef) -> bool {
    !class.bases().is_empty()
        || has_word(
            class.name.as_str(),
            &["test", "tests", "testing", "case", "mixin", "suite", "spec", "base"],
        )
}

/// `__test__ = False`.
fn is_no_test_class(class: &StmtClassDef) -> bool {
    class.body.iter().filter_map(Stmt::as_assign_stmt).any(|assign| {
        matches!(assign.targets.as_slice(), [Expr::Name(name)] if name.id.as_str() == "__test__")
            && matches!(assign.value.as_ref(), Expr::BooleanLiteral(value) if !value.value)
    })
}

/// Decorated into something that is no test: a fixture, a route, a command.
fn is_something_else<'a>(function: &'a StmtFunctionDef, names: &Names<'a>) -> bool {
    function.decorator_list.iter().any(|decorator| {
        let expr = match &decorator.expression {
            Expr::Call(call) => call.func.as_ref(),
            other => other,
        };
        names.dotted(expr).is_some_and(|name| {
            matches!(
                name.last(),
                "fixture"
                    | "yield_fixture"
                    | "abstractmethod"
                    | "route"
                    | "get"
                    | "post"
                    | "put"
                    | "delete"
                    | "api_route"
                    | "command"
                    | "group"
                    | "task"
                    | "property"
                    | "cached_property"
                    | "contextmanager"
                    | "hookimpl"
                    | "nottest"
                    | "overload"
                    | "websocket"
                    | "shared_task"
                    | "callback"
                    | "setter"
                    | "async_fixture"
                    | "simple_tag"
                    | "filter"
            )
        })
    })
}

/// The body only says that a subclass has to write it.
fn is_abstract(body: &[Stmt]) -> bool {
    let mut statements = body
        .iter()
        .filter(|statement| !matches!(statement, Stmt::Expr(expr) if expr.value.is_string_literal_expr()));
    let (Some(Stmt::Raise(raise)), None) = (statements.next(), statements.next()) else { return false };
    let exception = match raise.exc.as_deref() {
        Some(Expr::Call(call)) => call.func.as_ref(),
        Some(other) => other,
        None => return false,
    };
    matches!(exception, Expr::Name(name) if name.id.as_str() == "NotImplementedError")
}

/// From `def` or `async` to the end of the signature.
fn head(function: &StmtFunctionDef, source: &Source) -> Span {
    let name = span(function.name.range());
    let before = source.text.get(..name.start as usize).unwrap_or("").trim_end();
    let before = before.strip_suffix("def").unwrap_or(before);
    let start = match before.trim_end().strip_suffix("async") {
        Some(plain) if function.is_async => plain.len(),
        _ => before.len(),
    };
    let end = function.returns.as_ref().map_or(function.parameters.range(), |returns| returns.range());
    Span::new(u32::try_from(start).unwrap_or(name.start), span(end).end)
}
