//! Which calls declare a test, a group or a hook, and which skip one.

use oxc_ast::ast::{BindingPattern, CallExpression, Comment, Expression, FormalParameters, ObjectExpression};
use oxc_span::GetSpan as _;

use super::super::scope::{Bound, Scope};
use super::super::value::{self, bare, span};
use super::{Declared, Frame, Group, Kind, Record, Trials};
use crate::facts::{Facts, Skip, Test};
use crate::finding::{Edit, Fix};
use crate::source::{Source, Span};

/// How many comments around a skip are looked at, and how many names a test's object can have.
const COMMENTS: usize = 32;
const NAMES: usize = 16;

/// What a call declares, by its name: `it.only.each`.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Test,
    Group,
    Hook { after: bool },
}

struct Declaration<'a> {
    what: What,
    skipped: bool,
    /// It is skipped under a condition that is written.
    conditional: bool,
    todo: bool,
    /// `.each`, `.for`: the first parameter is a row.
    rows: bool,
    /// The name at the left end.
    base: &'a str,
}

impl<'a> Trials<'a> {
    /// Opens a frame when the call declares something; notes what is skipped.
    pub(super) fn declares(
        &mut self,
        source: &'a Source,
        comments: &'a [Comment],
        scope: &Scope<'a>,
        facts: &mut Facts,
        call: &'a CallExpression<'a>,
    ) -> bool {
        if self.skips_itself(source, comments, facts, call) {
            return true;
        }
        let Some(declaration) = declaration(scope, call) else { return self.subtest(call) };
        let body = body(call);
        let options =
            call.arguments.iter().filter_map(|argument| argument.as_expression()).find_map(|argument| {
                match bare(argument) {
                    Expression::ObjectExpression(options) => Some(&**options),
                    _ => None,
                }
            });
        let last_is_text = call.arguments.len() == 1
            && value::argument(&call.arguments, 0).is_some_and(|name| value::text(scope, name).is_some());
        if body.is_none() && !declaration.todo && !last_is_text {
            // Playwright's `test.skip(condition, "why")` within a test.
            if declaration.skipped && declaration.what == What::Test {
                let reasoned = !call.arguments.is_empty() || self.conditions > 0;
                skip(source, comments, facts, call, reasoned);
                return true;
            }
            return false;
        }
        let opened = (call.span.start, call.span.end);
        let from_options = options.and_then(skipped_by_options);
        let skipped = declaration.skipped || from_options.is_some();
        match declaration.what {
            What::Hook { after } => {
                self.frames.push(Frame {
                    kind: Kind::Hook { after },
                    opened,
                    functions: 0,
                    record: Record::default(),
                });
            }
            What::Group => {
                if skipped {
                    skip(source, comments, facts, call, from_options.unwrap_or(false));
                }
                let outer = Some(self.group());
                self.groups.push(Group { outer, asserts_after: None });
                let id = self.groups.len() - 1;
                let skipped = skipped || declaration.conditional;
                self.frames.push(Frame {
                    kind: Kind::Group { id, skipped },
                    opened,
                    functions: 0,
                    record: Record::default(),
                });
            }
            What::Test => {
                // A test within a test is a part of it (`t.test` in other words).
                if matches!(self.frames.last(), Some(Frame { kind: Kind::Test(_), .. })) {
                    return false;
                }
                if skipped && !declaration.todo {
                    skip(source, comments, facts, call, from_options.unwrap_or(false));
                }
                let inert = skipped || declaration.todo || body.is_none() || self.skipped();
                self.open_test(source, scope, call, &declaration, body, inert);
            }
        }
        true
    }

    fn open_test(
        &mut self,
        source: &'a Source,
        scope: &Scope<'a>,
        call: &'a CallExpression<'a>,
        declaration: &Declaration<'a>,
        body: Option<&'a Expression<'a>>,
        skipped: bool,
    ) {
        let first = value::argument(&call.arguments, 0);
        let name = match first.map(|first| (first, value::text(scope, first))) {
            Some((_, Some(text))) => text.value,
            Some((first, None)) if !bare(first).is_function() => source.slice(span(first)).to_owned(),
            _ => String::new(),
        };
        let (local, unknown) = match body.map(bare) {
            Some(Expression::Identifier(name)) => (Some(name.name.as_str()), true),
            Some(body) if body.is_function() => (None, false),
            Some(body) => {
                (value::last_name(body).or_else(|| value::called_name(body)), !holds_function(body))
            }
            None => (None, false),
        };
        let mut parameters = Vec::new();
        if !declaration.rows {
            parameters.extend(body.and_then(first_parameter));
            parameters.extend(body.and_then(second_parameter));
        }
        if matches!(declaration.base, "QUnit") {
            parameters.push("assert");
        }
        let taken = body.map(taken_out).unwrap_or_default();
        let test = Test { name, span: span(call), head: head(call), skipped, ..Test::default() };
        let declared = Declared {
            test,
            group: self.group(),
            body: local.filter(|_| unknown),
            parameters,
            taken,
            unknown,
        };
        let opened = (call.span.start, call.span.end);
        self.frames.push(Frame {
            kind: Kind::Test(Box::new(declared)),
            opened,
            functions: 0,
            record: Record::default(),
        });
    }

    /// `t.test("…", st => …)`: the parameter asserts like the outer one.
    fn subtest(&mut self, call: &'a CallExpression<'a>) -> bool {
        let Some(Frame { kind: Kind::Test(declared), .. }) = self.frames.last_mut() else { return false };
        let Some(member) = value::member(&call.callee) else { return false };
        let of_parameter = matches!(bare(member.object()), Expression::Identifier(object) if declared.parameters.contains(&object.name.as_str()));
        if of_parameter && matches!(value::property(member), Some("test" | "step")) {
            if let Some(name) = body(call).and_then(first_parameter)
                && declared.parameters.len() < NAMES
                && !declared.parameters.contains(&name)
            {
                declared.parameters.push(name);
            }
            return true;
        }
        false
    }

    /// `this.skip()`, `t.skip("why")`, `t.todo()` within a test. Under a condition it says why by that.
    fn skips_itself(
        &mut self,
        source: &'a Source,
        comments: &'a [Comment],
        facts: &mut Facts,
        call: &'a CallExpression<'a>,
    ) -> bool {
        let Some(Frame { kind: Kind::Test(declared), functions, .. }) = self.frames.last_mut() else {
            return false;
        };
        let Some(member) = value::member(&call.callee) else { return false };
        let own = match bare(member.object()) {
            Expression::ThisExpression(_) => true,
            Expression::Identifier(name) => declared.parameters.contains(&name.name.as_str()),
            _ => false,
        };
        if !own {
            return false;
        }
        if !matches!(value::property(member), Some("skip" | "todo")) {
            return false;
        }
        if self.conditions > 0 || *functions > 1 {
            return true;
        }
        declared.test.skipped = true;
        let reasoned = value::argument(&call.arguments, 0).is_some_and(|why| {
            matches!(bare(why), Expression::StringLiteral(_) | Expression::TemplateLiteral(_))
        });
        if value::property(member) == Some("skip") {
            skip(source, comments, facts, call, reasoned);
        }
        true
    }
}

fn declaration<'a>(scope: &Scope<'a>, call: &'a CallExpression<'a>) -> Option<Declaration<'a>> {
    // `it.each(table)` makes the function that declares.
    if value::member(&call.callee).and_then(value::property).is_some_and(makes_declarer) {
        return None;
    }
    let mut modifiers: [&str; 6] = [""; 6];
    let mut count = 0;
    let mut at = bare(&call.callee);
    let base = loop {
        if count >= modifiers.len() {
            return None;
        }
        match at {
            Expression::Identifier(name) => break name.name.as_str(),
            Expression::CallExpression(inner) => {
                let modifier = value::member(&inner.callee).and_then(value::property)?;
                if !makes_declarer(modifier) {
                    return None;
                }
                at = bare(&inner.callee);
            }
            Expression::TaggedTemplateExpression(tagged) => at = bare(&tagged.tag),
            _ => {
                let member = value::member(at)?;
                *modifiers.get_mut(count)? = value::property(member)?;
                count += 1;
                at = bare(member.object());
            }
        }
    };
    let modifiers = modifiers.get(..count)?;
    let has = |names: &[&str]| modifiers.iter().any(|modifier| names.contains(modifier));
    let (mut what, skipped) = match base {
        "test" | "it" | "specify" | "fit" | "tape" | "tap" => (What::Test, false),
        "xit" | "xtest" | "xspecify" => (What::Test, true),
        "describe" | "suite" | "context" | "fdescribe" => (What::Group, false),
        "xdescribe" | "xcontext" | "xsuite" => (What::Group, true),
        "afterEach" => (What::Hook { after: true }, false),
        "beforeEach" | "beforeAll" | "afterAll" | "before" | "after" | "setup" | "teardown"
        | "suiteSetup" | "suiteTeardown" => (What::Hook { after: false }, false),
        "Deno" | "QUnit" if has(&["test", "skip", "todo", "only"]) => (What::Test, has(&["skip", "ignore"])),
        "QUnit" if has(&["module"]) => (What::Group, has(&["skip"])),
        _ => return None,
    };
    match scope.find(base) {
        Some(Bound::Function | Bound::Other) => return None,
        Some(Bound::Constant(value)) if bare(value).is_function() => return None,
        _ => {}
    }
    if has(&["afterEach"]) {
        what = What::Hook { after: true };
    } else if has(&["beforeEach", "beforeAll", "afterAll", "before", "after", "teardown", "setup"]) {
        what = What::Hook { after: false };
    } else if has(&["describe", "suite", "module"]) {
        what = What::Group;
    } else if has(&[
        "use",
        "extend",
        "step",
        "info",
        "setTimeout",
        "configure",
        "slow",
        "plan",
        "context",
        "end",
    ]) {
        return None;
    } else if let Some(unknown) = modifiers.first()
        && matches!(base, "test" | "it" | "tap" | "tape" | "suite" | "context")
        && !is_modifier(unknown)
    {
        return None;
    }
    Some(Declaration {
        what,
        skipped: skipped || has(&["skip", "fixme", "ignore"]),
        conditional: has(&["skipIf", "runIf", "if", "todoIf"]),
        todo: has(&["todo"]),
        rows: has(&["each", "for"]),
        base,
    })
}

fn makes_declarer(name: &str) -> bool {
    matches!(name, "each" | "for" | "skipIf" | "runIf" | "if" | "todoIf")
}

fn is_modifier(name: &str) -> bool {
    matches!(
        name,
        "only"
            | "skip"
            | "each"
            | "for"
            | "concurrent"
            | "sequential"
            | "failing"
            | "fails"
            | "fail"
            | "todo"
            | "skipIf"
            | "runIf"
            | "if"
            | "todoIf"
            | "serial"
            | "cb"
            | "fixme"
            | "test"
            | "it"
            | "parallel"
            | "shuffle"
            | "ignore"
            | "always"
            | "macro"
            | "expectFailure"
            | "retry"
            | "default"
            | "optional"
    )
}

/// The callback of a declaration: the last argument that can be one.
fn body<'a>(call: &'a CallExpression<'a>) -> Option<&'a Expression<'a>> {
    let arguments = || call.arguments.iter().filter_map(|argument| argument.as_expression());
    if let Some(function) = arguments().find(|argument| bare(argument).is_function()) {
        return Some(function);
    }
    if let Some(Expression::ObjectExpression(options)) = arguments().next().map(bare)
        && let Some(function) = value::entry(options, "fn")
    {
        return Some(function);
    }
    arguments().skip(1).find(|argument| {
        let argument = bare(argument);
        matches!(argument, Expression::Identifier(name) if name.name.as_str() != "undefined")
            || matches!(argument, Expression::CallExpression(_))
            || value::member(argument).is_some()
    })
}

/// A function is written among the arguments of the call: `fakeAsync(() => …)`.
fn holds_function(body: &Expression<'_>) -> bool {
    let Expression::CallExpression(call) = bare(body) else { return false };
    call.arguments.iter().filter_map(|argument| argument.as_expression()).any(|argument| {
        match bare(argument) {
            Expression::CallExpression(inner) => inner
                .arguments
                .iter()
                .filter_map(|argument| argument.as_expression())
                .any(|argument| bare(argument).is_function()),
            argument => argument.is_function(),
        }
    })
}

fn first_parameter<'a>(function: &'a Expression<'a>) -> Option<&'a str> {
    let parameters = match bare(function) {
        Expression::ArrowFunctionExpression(function) => &function.params,
        Expression::FunctionExpression(function) => &function.params,
        Expression::CallExpression(call) => {
            let inner = call
                .arguments
                .iter()
                .filter_map(|argument| argument.as_expression())
                .find(|argument| bare(argument).is_function())?;
            return match bare(inner) {
                Expression::CallExpression(_) => None,
                _ => first_parameter(inner),
            };
        }
        _ => return None,
    };
    parameters.items.first()?.pattern.get_identifier_name().map(|name| name.as_str())
}

/// `(t, done) => …`.
fn second_parameter<'a>(function: &'a Expression<'a>) -> Option<&'a str> {
    parameters(function)?.items.get(1)?.pattern.get_identifier_name().map(|name| name.as_str())
}

fn parameters<'b, 'a>(function: &'b Expression<'a>) -> Option<&'b FormalParameters<'a>> {
    match bare(function) {
        Expression::ArrowFunctionExpression(function) => Some(&function.params),
        Expression::FunctionExpression(function) => Some(&function.params),
        _ => None,
    }
}

/// The names of `({ equal, same }) => …`.
fn taken_out<'a>(function: &'a Expression<'a>) -> Vec<&'a str> {
    let first = parameters(function).and_then(|parameters| parameters.items.first());
    let Some(BindingPattern::ObjectPattern(pattern)) = first.map(|first| &first.pattern) else {
        return Vec::new();
    };
    pattern
        .properties
        .iter()
        .filter_map(|property| property.value.get_identifier_name())
        .map(|name| name.as_str())
        .collect()
}

/// `{ skip: true }`, `{ skip: "why" }`: skipped, and whether it says why. A condition is no skip that is always there.
fn skipped_by_options(options: &ObjectExpression<'_>) -> Option<bool> {
    let given = value::entry(options, "skip").or_else(|| value::entry(options, "ignore"))?;
    match bare(given) {
        Expression::StringLiteral(text) => Some(!text.value.as_str().is_empty()),
        Expression::TemplateLiteral(_) => Some(true),
        given => (value::boolean(given) == Some(true)).then_some(false),
    }
}

fn skip(source: &Source, comments: &[Comment], facts: &mut Facts, call: &CallExpression<'_>, reasoned: bool) {
    let span = head(call);
    let reasoned = reasoned || has_comment(source, comments, span);
    let fix = if reasoned { None } else { stub(source, span.start) };
    facts.skips.push(Skip { span, reasoned, fix });
}

/// From the call's begin to the end of its first argument.
fn head(call: &CallExpression<'_>) -> Span {
    let end = match call.arguments.first() {
        Some(first) if first.as_expression().is_some_and(|first| !bare(first).is_function()) => {
            first.span().end
        }
        _ => call.callee.span().end,
    };
    Span::new(call.span.start, end)
}

/// A comment with words stands on the line of the span, or directly above it.
fn has_comment(source: &Source, comments: &[Comment], span: Span) -> bool {
    let line = source.line_of(span.start);
    let last_line = source.line_of(span.end);
    let from = comments.partition_point(|comment| source.line_of(comment.span.end) + 1 < line);
    comments
        .iter()
        .skip(from)
        .take(COMMENTS)
        .take_while(|comment| source.line_of(comment.span.start) <= last_line)
        .any(|comment| {
            let text = source.slice(Span::new(comment.span.start, comment.span.end));
            let above = source.line_of(comment.span.end) < line;
            // A comment behind other code of the line above belongs to that code.
            let own_line = || {
                let begin = comment.span.start as usize;
                source.text.get(..begin).is_some_and(|before| {
                    before.trim_end_matches([' ', '\t']).ends_with(['\n', '\r']) || before.trim().is_empty()
                })
            };
            is_prose(text) && (!above || own_line())
        })
}

fn is_prose(comment: &str) -> bool {
    let text = comment.trim_start_matches(['/', '*', ' ', '!']);
    let directive = [
        "eslint",
        "@ts-",
        "istanbul",
        "c8 ",
        "v8 ",
        "prettier",
        "biome",
        "vigil:",
        "global ",
        "jshint",
        "tslint",
        "#region",
        "#endregion",
    ];
    !directive.iter().any(|start| text.starts_with(start))
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

/// A comment to be filled in, on a line of its own above.
fn stub(source: &Source, start: u32) -> Option<Fix> {
    let before = source.text.get(..start as usize)?;
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let indent = before.get(line_start..)?;
    if !indent.chars().all(|c| c == ' ' || c == '\t') {
        return None;
    }
    let edit = Edit { start, end: start, text: format!("// TODO: say why this is skipped\n{indent}") };
    Some(Fix { title: "leave room for the reason".to_owned(), edits: vec![edit], file: None })
}
