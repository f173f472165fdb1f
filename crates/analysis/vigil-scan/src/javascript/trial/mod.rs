//! Tests: what they are called, what they assert, what they swallow, what they skip.
//!
//! While the walk goes on, what happens is noted in the innermost [`Frame`]: a test, a function of the file, a hook. A
//! function within a test is part of it. At the end each test gets what the functions that it calls assert.

mod assertion;
mod declare;
mod elsewhere;
mod http;
mod literal;
mod swallow;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use oxc_ast::ast::{
    AssignmentExpression, CallExpression, CatchClause, Comment, Expression, ObjectPattern, ObjectProperty,
    StaticMemberExpression, TryStatement,
};
use oxc_span::GetSpan as _;

use super::scope::Scope;
use super::value::{self, bare};
use crate::facts::{Assertion, Facts, Helper, Literal, Test};
use crate::intent::{comments_want_no_error, may_help, name_wants_no_error};
use crate::source::{Source, Span};

/// Folders that hold tests.
const FOLDERS: [&str; 7] = ["tests", "test", "__tests__", "spec", "specs", "e2e", "cypress"];

/// What the walk learned about tests.
pub(super) struct Trials<'a> {
    source: &'a Source,
    /// The file holds tests, and not only what helps them.
    has_tests: bool,
    /// What the file hands on of others.
    handed_on: Vec<Helper>,
    /// The file holds tests of types.
    types: bool,
    /// The compiler looks at types in it.
    typed: bool,
    frames: Vec<Frame<'a>>,
    names: HashMap<u32, &'a str>,
    functions: HashMap<&'a str, Record<'a>>,
    tests: Vec<Found<'a>>,
    groups: Vec<Group>,
    /// Calls of `expect` that belong to an assertion which is counted already.
    consumed: HashSet<(u32, u32)>,
    /// Comments that expect a type error.
    type_errors: Vec<u32>,
    /// Mocks by the place of the call that makes them, with the names they get.
    homes: HashMap<u32, String>,
    /// Names, with what was called for their values.
    origins: HashMap<String, Option<String>>,
    /// How many `if` stand around, within functions.
    pub(super) conditions: usize,
}

struct Found<'a> {
    test: Test,
    group: usize,
    record: Record<'a>,
    /// The body is somewhere else, under this name.
    body: Option<&'a str>,
}

struct Group {
    outer: Option<usize>,
    asserts_after: Option<Span>,
}

struct Frame<'a> {
    kind: Kind<'a>,
    /// The call that opened it, or the function.
    opened: (u32, u32),
    /// How many functions are open within.
    functions: usize,
    record: Record<'a>,
}

enum Kind<'a> {
    Test(Box<Declared<'a>>),
    Group { id: usize, skipped: bool },
    Hook { after: bool },
    Function(Option<&'a str>),
}

/// A test as it is declared.
struct Declared<'a> {
    test: Test,
    group: usize,
    body: Option<&'a str>,
    /// First parameters of the callback and of those within: `t`, `assert`, `done`.
    parameters: Vec<&'a str>,
    /// What the callback takes out of its first parameter: `equal`, `same`.
    taken: Vec<&'a str>,
    unknown: bool,
}

/// What happens in a test or a function.
#[derive(Default)]
struct Record<'a> {
    assertions: Vec<Assertion>,
    /// How many of them are a plain `throw`.
    thrown: usize,
    calls: Vec<(&'a str, Span)>,
    /// What it calls of other files.
    elsewhere: Vec<String>,
    http_calls: Vec<Span>,
    checks_status: bool,
    mock_values: Vec<Literal>,
    asserted_values: Vec<Literal>,
    swallowed: Vec<Span>,
}

impl<'a> Trials<'a> {
    /// `None` for a file that has no tests and nothing for them.
    pub(super) fn of(source: &'a Source, comments: &[Comment]) -> Option<Self> {
        let has_tests = is_test_file(&source.path);
        (has_tests || may_help(&source.path)).then(|| Self {
            source,
            has_tests,
            handed_on: Vec::new(),
            types: is_type_test(&source.path),
            typed: source.path.extension().is_some_and(|end| end == "ts" || end == "tsx" || end == "mts"),
            frames: Vec::new(),
            names: HashMap::new(),
            functions: HashMap::new(),
            tests: Vec::new(),
            groups: vec![Group { outer: None, asserts_after: None }],
            consumed: HashSet::new(),
            type_errors: comments
                .iter()
                .filter(|comment| {
                    source
                        .text
                        .get(comment.span.start as usize..comment.span.end as usize)
                        .is_some_and(|text| text.contains("@ts-expect-error"))
                })
                .map(|comment| comment.span.start)
                .collect(),
            homes: HashMap::new(),
            origins: HashMap::new(),
            conditions: 0,
        })
    }

    pub(super) fn name_function(&mut self, name: &'a str, start: u32) {
        self.names.insert(start, name);
    }

    /// `const name = () => …`.
    pub(super) fn name_next_function(&mut self, name: Option<&'a str>, init: &Expression<'a>) {
        let function = match bare(init) {
            // `const check = async(function () {})`, `const render = useCallback(() => …)`.
            Expression::CallExpression(call) => {
                call.arguments.iter().find_map(|argument| argument.as_expression()).map(bare)
            }
            function => Some(function),
        };
        if let (Some(name), Some(function)) = (name, function)
            && function.is_function()
        {
            self.names.insert(function.span().start, name);
        }
    }

    pub(super) fn enter_function(&mut self, start: u32, name: Option<&'a str>) {
        match self.frames.last_mut() {
            // What stands in the callback of a group, or of a module's wrapper, is a function of the file.
            Some(frame) if !matches!(frame.kind, Kind::Group { .. } | Kind::Function(None)) => {
                frame.functions += 1;
            }
            _ => {
                let name = name.or_else(|| self.names.get(&start).copied());
                let frame = Frame {
                    kind: Kind::Function(name),
                    opened: (start, 0),
                    functions: 1,
                    record: Record::default(),
                };
                self.frames.push(frame);
            }
        }
    }

    pub(super) fn leave_function(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.functions = frame.functions.saturating_sub(1);
        if frame.functions > 0 || !matches!(frame.kind, Kind::Function(_)) {
            return;
        }
        if let Some(Frame { kind: Kind::Function(Some(name)), record, .. }) = self.frames.pop() {
            self.functions.entry(name).or_default().absorb(record);
        }
    }

    pub(super) fn enter_call(
        &mut self,
        source: &'a Source,
        comments: &'a [Comment],
        scope: &Scope<'a>,
        facts: &mut Facts,
        call: &'a CallExpression<'a>,
    ) {
        if self.declares(source, comments, scope, facts, call) {
            return;
        }
        if self.record().is_none() {
            return;
        }
        self.note_calls(call);
        self.note_elsewhere(scope, call);
        self.assertion_of_call(scope, call);
        self.http_of_call(scope, call);
        self.mock_of_call(call);
    }

    pub(super) fn leave_call(&mut self, call: &'a CallExpression<'a>) {
        let opened = (call.span.start, call.span.end);
        if !self
            .frames
            .last()
            .is_some_and(|frame| frame.opened == opened && !matches!(frame.kind, Kind::Function(_)))
        {
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        match frame.kind {
            Kind::Test(declared) => {
                let silent = frame.record.assertions.is_empty() && frame.record.calls.is_empty();
                if declared.unknown && declared.body.is_none() && silent {
                    return;
                }
                let Declared { test, group, body, .. } = *declared;
                self.tests.push(Found { test, group, record: frame.record, body });
            }
            Kind::Hook { after: true } => {
                let asserts = frame.record.assertions.first().map(|assertion| assertion.span);
                let group = self.group();
                if let (Some(span), Some(group)) = (asserts, self.groups.get_mut(group)) {
                    group.asserts_after = Some(span);
                }
            }
            _ => {}
        }
    }

    pub(super) fn member(&mut self, member: &StaticMemberExpression<'a>) {
        if self.record().is_some() {
            self.assertion_of_member(member);
            self.status_of_member(member.property.name.as_str());
        }
    }

    pub(super) fn entry(&mut self, entry: &'a ObjectProperty<'a>) {
        if self.record().is_some() {
            self.status_of_entry(entry);
        }
    }

    pub(super) fn pattern(&mut self, pattern: &ObjectPattern<'a>) {
        if self.record().is_some() {
            for property in &pattern.properties {
                if let Some(name) = value::key_name(&property.key) {
                    self.status_of_member(name);
                }
            }
        }
    }

    pub(super) fn assignment(&mut self, assignment: &'a AssignmentExpression<'a>) {
        let name = match &assignment.left {
            oxc_ast::ast::AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.as_str()),
            left => left.as_member_expression().and_then(value::property),
        };
        self.name_next_function(name, &assignment.right);
        let target = match &assignment.left {
            oxc_ast::ast::AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.to_string()),
            left => left.as_member_expression().and_then(|member| {
                Some(format!("{}.{}", value::dotted(member.object())?, value::property(member)?))
            }),
        };
        self.binds(target.as_deref(), &assignment.right);
    }

    /// A `throw` that a test or a function of the file itself makes fails the test.
    pub(super) fn throws(&mut self, span: Span) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.functions <= 1 && !matches!(frame.kind, Kind::Group { .. }) {
            frame.record.assertions.push(Assertion { span, trivial: false });
            frame.record.thrown += 1;
        }
    }

    pub(super) fn handler(&mut self, attempt: &TryStatement<'a>, handler: &CatchClause<'a>) {
        // What a function within the test swallows, a component's handler, is part of what is tested.
        if let Some(Frame { kind: Kind::Test(_), record, functions: ..=1, .. }) = self.frames.last_mut()
            && swallow::swallows(attempt, handler)
        {
            record.swallowed.push(value::span(handler));
        }
    }

    /// The test is one of types: it fails when it does not compile.
    fn compiler_judges(&self, test: &Test) -> bool {
        let text = self.source.slice(test.span);
        self.types
            || TYPE_CHECKS.iter().any(|check| text.contains(check))
            || (self.typed && is_only_types(text))
    }

    fn record(&mut self) -> Option<&mut Record<'a>> {
        match self.frames.last_mut() {
            Some(Frame { kind: Kind::Group { .. }, .. }) | None => None,
            Some(frame) => Some(&mut frame.record),
        }
    }

    /// The innermost group; the first is the file itself.
    fn group(&self) -> usize {
        let group = self.frames.iter().rev().find_map(|frame| match frame.kind {
            Kind::Group { id, .. } => Some(id),
            _ => None,
        });
        group.unwrap_or(0)
    }

    fn skipped(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame.kind, Kind::Group { skipped: true, .. }))
    }

    /// Who is called, and who is handed on to be called.
    fn note_calls(&mut self, call: &'a CallExpression<'a>) {
        let span = value::span(call);
        let called = match bare(&call.callee) {
            Expression::Identifier(name) => Some(name.name.as_str()),
            callee => value::member(callee).and_then(value::property),
        };
        let handed = call.arguments.iter().filter_map(|argument| match argument.as_expression().map(bare) {
            Some(Expression::Identifier(name)) => Some(name.name.as_str()),
            _ => None,
        });
        if let Some(record) = self.record() {
            record.calls.extend(called.into_iter().chain(handed).map(|name| (name, span)));
        }
    }

    /// All tests, with what the functions they call assert.
    pub(super) fn finish(mut self, facts: &mut Facts) {
        let mut found = std::mem::take(&mut self.tests);
        if !self.has_tests {
            found.clear();
            facts.skips.clear();
        }
        let mut verdicts = Verdicts { functions: &self.functions, known: HashMap::new() };
        for Found { mut test, group, mut record, body } in found {
            if let Some(body) = body {
                match self.functions.get(body) {
                    Some(_) => record.calls.push((body, test.head)),
                    None if record.assertions.is_empty() => continue,
                    None => {}
                }
            }
            test.wants_no_error = !record.calls.is_empty()
                && (name_wants_no_error(&test.name)
                    || comments_want_no_error(self.source.slice(test.span), &["//", "/*"]));
            if record.assertions.is_empty() {
                test.calls = elsewhere::reached(&record, &self.functions);
            }
            for (name, span) in std::mem::take(&mut record.calls) {
                let verdict = verdicts.of(name, 16);
                record.checks_status |= verdict.checks_status;
                if verdict.http {
                    record.http_calls.push(span);
                }
                if let Some(trivial) = verdict.asserts {
                    record.assertions.push(Assertion { span, trivial });
                }
            }
            let mut above = Some(group);
            while let Some(group) = above.and_then(|above| self.groups.get(above)) {
                record.assertions.extend(group.asserts_after.map(|span| Assertion { span, trivial: false }));
                above = group.outer;
            }
            let inside = test.span.range();
            record.assertions.extend(
                self.type_errors
                    .iter()
                    .filter(|start| inside.contains(&(**start as usize)))
                    .map(|start| Assertion { span: Span::new(*start, *start + 2), trivial: false }),
            );
            if record.assertions.is_empty() && self.compiler_judges(&test) {
                record.assertions.push(Assertion { span: test.head, trivial: false });
            }
            record.assertions.sort_by_key(|assertion| assertion.span);
            test.assertions = record.assertions;
            test.swallowed = record.swallowed;
            test.http_calls = record.http_calls;
            test.checks_status = record.checks_status;
            test.mock_values = record.mock_values;
            test.asserted_values = record.asserted_values;
            facts.tests.push(test);
        }
        facts.helpers = std::mem::take(&mut self.handed_on);
        facts.helpers.extend(elsewhere::helpers(&self.functions, &mut verdicts));
        facts.tests.sort_by_key(|test| test.span);
        facts.skips.sort_by_key(|skip| skip.span);
    }
}

impl<'a> Record<'a> {
    fn absorb(&mut self, other: Self) {
        self.assertions.extend(other.assertions);
        self.thrown += other.thrown;
        self.http_calls.extend(other.http_calls);
        self.checks_status |= other.checks_status;
        self.swallowed.extend(other.swallowed);
        self.calls.extend(other.calls);
        self.elsewhere.extend(other.elsewhere);
    }
}

/// What a function of the file does, with what it calls.
#[derive(Clone, Copy, Default)]
struct Verdict {
    /// It asserts; whether only trivially.
    asserts: Option<bool>,
    /// It asserts, and not only by a `throw`: the code under test throws as well.
    says: bool,
    http: bool,
    checks_status: bool,
}

struct Verdicts<'f, 'a> {
    functions: &'f HashMap<&'a str, Record<'a>>,
    known: HashMap<&'a str, Verdict>,
}

impl<'a> Verdicts<'_, 'a> {
    fn of(&mut self, name: &'a str, depth: usize) -> Verdict {
        if let Some(verdict) = self.known.get(name) {
            return *verdict;
        }
        let (Some(record), Some(depth)) = (self.functions.get(name), depth.checked_sub(1)) else {
            return Verdict::default();
        };
        // A function that calls itself adds nothing to itself.
        self.known.insert(name, Verdict::default());
        let mut verdict = Verdict {
            asserts: record.asserts(),
            says: record.assertions.len() > record.thrown,
            http: !record.http_calls.is_empty(),
            checks_status: record.checks_status,
        };
        for (called, _) in &record.calls {
            let inner = self.of(called, depth);
            verdict.asserts = match (verdict.asserts, inner.asserts) {
                (Some(a), Some(b)) => Some(a && b),
                (a, b) => a.or(b),
            };
            verdict.says |= inner.says;
            verdict.http |= inner.http;
            verdict.checks_status |= inner.checks_status;
        }
        self.known.insert(name, verdict);
        verdict
    }
}

impl Record<'_> {
    fn asserts(&self) -> Option<bool> {
        (!self.assertions.is_empty()).then(|| self.assertions.iter().all(|assertion| assertion.trivial))
    }
}

/// What a test writes that is one of types.
const TYPE_CHECKS: [&str; 8] = [
    "Expect<",
    "Equal<",
    "expectType<",
    "assertType<",
    "AssertEqual<",
    "assertEqual<",
    "IsExact<",
    " satisfies ",
];

/// A test whose lines only say types, or which type a value has: `const name: Type = …;`.
fn is_only_types(test: &str) -> bool {
    let body = test.split_once("=> {").and_then(|(_, rest)| rest.rsplit_once('}'));
    let lines = body.map(|(body, _)| body.lines().map(str::trim)).into_iter().flatten();
    let mut said = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).peekable();
    let is_typed = |line: &str| {
        let name = line.strip_prefix("const ").or_else(|| line.strip_prefix("let "));
        name.and_then(|rest| rest.split_once(':')).is_some_and(|(name, rest)| {
            name.chars().all(|sign| sign.is_alphanumeric() || sign == '_' || sign == '$')
                && rest.split_once(" = ").is_some_and(|(_, value)| !may_call(value))
        })
    };
    let is_type = |line: &str| {
        let said = line.starts_with("type ") || is_typed(line);
        (said || (line.starts_with('[') && !line.contains('('))) && line.ends_with(';')
    };
    said.peek().is_some() && said.all(is_type)
}

/// The code runs something: `add(1, 2)`, `new User`, `` sql`…` ``; not the signature of `(x) => x`.
fn may_call(code: &str) -> bool {
    let runs = |at: usize| {
        let before = code.get(..at).unwrap_or("").trim_end();
        before.ends_with(|sign: char| sign.is_alphanumeric() || "_$)]>.".contains(sign))
            && !before.ends_with("=>")
    };
    code.match_indices(['(', '`']).any(|(at, _)| runs(at))
        || code.split(|sign: char| !sign.is_alphanumeric()).any(|word| matches!(word, "new" | "await"))
}

/// `NAME.test-d.ts`, `NAME.types.test.ts`, `NAME.type-test.ts`: run by the compiler.
fn is_type_test(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    ["-d.ts", "-d.tsx", "-d.mts"].iter().any(|end| name.ends_with(end))
        || name
            .split('.')
            .any(|part| matches!(part, "types" | "type-test" | "typetest" | "typing" | "test-types"))
}

/// `NAME.test.EXT`, `NAME.spec.EXT`, or below a folder of tests.
fn is_test_file(path: &Path) -> bool {
    let Some(file) = path.file_name().and_then(|file| file.to_str()) else { return false };
    let mut parts = file.rsplit('.');
    let _extension = parts.next();
    if matches!(parts.next(), Some("test" | "spec" | "cy" | "e2e")) && parts.next().is_some() {
        return true;
    }
    path.parent().is_some_and(|folder| {
        folder.components().filter_map(|part| part.as_os_str().to_str()).any(|part| FOLDERS.contains(&part))
    })
}
