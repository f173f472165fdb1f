//! What counts as an assertion, and which assertions nearly every value fulfils.

use oxc_ast::ast::{
    BinaryOperator, CallExpression, ChainElement, Expression, StaticMemberExpression, UnaryOperator,
};

use super::super::scope::{Bound, Scope};
use super::super::value::{self, bare, span};
use super::{Kind, Trials};
use crate::facts::Assertion;

/// How long a chain of members and calls is read.
const CHAIN: usize = 32;

impl<'a> Trials<'a> {
    pub(super) fn assertion_of_call(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        let member = value::member(&call.callee);
        if let Some(expect) = expect_below(&call.callee) {
            if self.consumed.insert((expect.span.start, expect.span.end)) {
                let trivial = member.is_some_and(|member| {
                    value::property(member)
                        .is_some_and(|matcher| matches_anything(expect, member.object(), matcher, call))
                });
                self.asserts(call, trivial);
            }
            let equal = member.and_then(value::property).is_some_and(|matcher| {
                matches!(matcher, "toBe" | "toEqual" | "toStrictEqual" | "equal" | "equals" | "eql" | "eq")
            });
            if equal && let Some(expected) = value::argument(&call.arguments, 0) {
                let actual = value::argument(&expect.arguments, 0);
                self.asserts_equal(actual, expected, span(call));
            }
            return;
        }
        match member {
            None => {
                if let Expression::Identifier(name) = bare(&call.callee) {
                    self.assertion_of_name(scope, name.name.as_str(), call);
                }
            }
            Some(_) => self.assertion_of_method(scope, call),
        }
        self.hands_done_on(call);
    }

    /// `check(x)`, `assert(x)`, `done(error)`.
    fn assertion_of_name(&mut self, scope: &Scope<'a>, name: &'a str, call: &'a CallExpression<'a>) {
        if self.is_parameter(name) {
            // `done()` at the end of the test's own function says nothing; anywhere else it waits for something.
            let nested = self.frames.last().is_some_and(|frame| frame.functions > 1);
            if !call.arguments.is_empty() || nested {
                self.asserts(call, false);
            }
            return;
        }
        if name == "expect" {
            return;
        }
        let helps = || {
            scope.module(name).is_some_and(|(module, _)| module.starts_with('.') && !is_under_test(module))
        };
        if is_tap_assertion(name) && (self.is_taken(name) || helps()) {
            self.equality(name, call);
            self.asserts(call, is_constant_assertion(name, call));
            return;
        }
        if let Some((module, _)) = scope.module(name)
            && is_assertion_module(module)
        {
            self.equality(name, call);
            self.asserts(call, is_constant_assertion(name, call));
            return;
        }
        let own = matches!(scope.find(name), Some(Bound::Function | Bound::Constant(_) | Bound::Variable(_)));
        if own && scope.value(name).is_none_or(|value| bare(value).is_function()) {
            // Its own record tells.
            return;
        }
        let known = is_assertion_name(name)
            || matches!(name, "should" | "fail" | "fixture")
            || is_query(name)
            || is_wait(name)
            || (is_check_name(name) && scope.module(name).is_none_or(|(module, _)| !is_under_test(module)));
        if known {
            self.asserts(call, is_constant_assertion(name, call));
        }
    }

    /// `assert.equal(a, b)`, `t.is(a, b)`, `request(app).get("/").expect(200)`, `cy.get("x").should("…")`.
    fn assertion_of_method(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        let Some(member) = value::member(&call.callee) else { return };
        let Some(method) = value::property(member) else { return };
        let object = match bare(member.object()) {
            Expression::Identifier(name) => Some(name.name.as_str()),
            Expression::ThisExpression(_) => Some("this"),
            _ => None,
        };
        if object.is_some_and(|name| self.is_parameter(name)) {
            if !is_harness_method(method) {
                self.equality(method, call);
                self.asserts(call, is_constant_assertion(method, call));
            }
            return;
        }
        let root = value::root_name(&call.callee);
        if root == Some("expect") {
            // `expect.assertions(2)`, `expect.soft(x).toBe(1)`; not `expect.any(String)`.
            if matches!(method, "assertions" | "hasAssertions" | "fail" | "unreachable") {
                self.asserts(call, false);
            }
            return;
        }
        let from_library =
            root.and_then(|root| scope.module(root)).is_some_and(|(module, _)| is_assertion_module(module));
        let chain_asserts = from_library
            || root.is_some_and(|root| {
                matches!(root, "assert" | "should" | "expectTypeOf" | "td" | "tap") || self.is_parameter(root)
            })
            || chain_has(&call.callee, &["assert", "should", "expect", "chai", "expectTypeOf"]);
        let known = chain_asserts
            && !matches!(
                method,
                "extend" | "use" | "config" | "mock" | "function" | "object" | "replace" | "test"
            )
            || is_assertion_name(method)
            || matches!(
                method,
                "expect" | "fail" | "verify" | "verifyAll" | "verifyAllExpectations" | "isDone"
            )
            || is_query(method)
            || is_wait(method)
            || (root == Some("cy")
                && matches!(method, "should" | "and" | "contains" | "get" | "wait" | "find"))
            || (method == "done"
                && object.is_some_and(|name| {
                    ["scope", "nock", "mock", "api"]
                        .iter()
                        .any(|word| name.to_ascii_lowercase().contains(word))
                }))
            || (is_check_name(method)
                && object.is_some_and(|name| {
                    name == "this"
                        || ["page", "helper", "util", "tester", "harness"]
                            .iter()
                            .any(|word| name.to_ascii_lowercase().contains(word))
                }))
            || (object == Some("process") && method == "exit");
        if known {
            self.equality(method, call);
            self.asserts(call, chain_asserts && is_constant_assertion(method, call));
        }
    }

    /// `expect(x).to.be.true`, `x.should.be.ok`: an assertion without a call.
    pub(super) fn assertion_of_member(&mut self, member: &StaticMemberExpression<'a>) {
        let property = member.property.name.as_str();
        if let Some(expect) = expect_below(&member.object).or_else(|| expect_call(&member.object)) {
            if self.consumed.insert((expect.span.start, expect.span.end)) {
                let trivial = match property {
                    "ok" | "exist" => !is_specific(expect),
                    "true" => is_written(expect),
                    "undefined" | "null" => has_not(&member.object),
                    _ => false,
                };
                self.push(Assertion { span: span(member), trivial });
            }
        } else if property == "should" {
            self.push(Assertion { span: span(member), trivial: false });
        }
    }

    /// The callback of the test is handed on: `emitter.on("end", done)`.
    fn hands_done_on(&mut self, call: &'a CallExpression<'a>) {
        let handed = call.arguments.iter().any(|argument| {
            matches!(argument.as_expression().map(bare), Some(Expression::Identifier(name)) if self.is_parameter(name.name.as_str()))
        });
        if handed {
            self.asserts(call, false);
        }
    }

    fn is_parameter(&self, name: &str) -> bool {
        match self.frames.last().map(|frame| &frame.kind) {
            Some(Kind::Test(declared)) => declared.parameters.contains(&name),
            // A function that is handed the test's own object.
            Some(Kind::Function(_)) => matches!(name, "t" | "st" | "assert"),
            _ => false,
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        match self.frames.last().map(|frame| &frame.kind) {
            Some(Kind::Test(declared)) => declared.taken.contains(&name),
            _ => false,
        }
    }

    fn asserts(&mut self, call: &CallExpression<'a>, trivial: bool) {
        self.push(Assertion { span: span(call), trivial });
    }

    fn push(&mut self, assertion: Assertion) {
        if let Some(record) = self.record() {
            record.assertions.push(assertion);
        }
    }

    fn equality(&mut self, method: &str, call: &'a CallExpression<'a>) {
        let compares = matches!(
            method,
            "equal"
                | "equals"
                | "strictEqual"
                | "deepEqual"
                | "deepStrictEqual"
                | "is"
                | "same"
                | "strictSame"
                | "eq"
                | "assertEquals"
                | "assertStrictEquals"
        );
        if compares && let Some(expected) = value::argument(&call.arguments, 1) {
            self.asserts_equal(value::argument(&call.arguments, 0), expected, span(call));
        }
    }
}

/// The `expect(…)` call that a chain of matchers hangs on. Not the expression itself.
fn expect_below<'b, 'a>(callee: &'b Expression<'a>) -> Option<&'b CallExpression<'a>> {
    let member = value::member(callee)?;
    expect_call(member.object()).or_else(|| {
        let mut at = bare(member.object());
        for _ in 0..CHAIN {
            at = match at {
                Expression::CallExpression(call) => bare(&call.callee),
                Expression::AwaitExpression(awaited) => bare(&awaited.argument),
                Expression::ChainExpression(chain) => match &chain.expression {
                    ChainElement::CallExpression(call) => bare(&call.callee),
                    _ => bare(value::member(at)?.object()),
                },
                at => bare(value::member(at)?.object()),
            };
            if let Some(expect) = expect_call(at) {
                return Some(expect);
            }
        }
        None
    })
}

/// `expect(x)`, `expectTypeOf(x)`, `expect.soft(x)`, `chai.expect(x)`.
fn expect_call<'b, 'a>(expression: &'b Expression<'a>) -> Option<&'b CallExpression<'a>> {
    let Expression::CallExpression(call) = bare(expression) else { return None };
    let expects = match bare(&call.callee) {
        Expression::Identifier(name) => {
            matches!(name.name.as_str(), "expect" | "expectTypeOf" | "expectAsync" | "expectObservable")
        }
        callee => {
            let member = value::member(callee)?;
            matches!(
                (value::last_name(member.object()), value::property(member)),
                (Some("expect"), Some("soft" | "poll" | "element"))
                    | (Some("chai" | "browser"), Some("expect"))
            )
        }
    };
    expects.then_some(&**call)
}

/// Nearly every value fulfils the matcher.
fn matches_anything<'a>(
    expect: &CallExpression<'a>,
    object: &Expression<'a>,
    matcher: &str,
    call: &CallExpression<'a>,
) -> bool {
    let not = has_not(object);
    match (matcher, not) {
        ("toBeTruthy" | "toBeDefined", false) | ("toBeNull" | "toBeUndefined" | "toBeFalsy", true) => {
            !is_specific(expect)
        }
        ("toBe" | "toEqual" | "toStrictEqual" | "equal" | "eql", false) => {
            let (Some(given), Some(expected)) =
                (value::argument(&expect.arguments, 0), value::argument(&call.arguments, 0))
            else {
                return false;
            };
            is_literal(given) && is_literal(expected)
        }
        _ => false,
    }
}

fn has_not(object: &Expression<'_>) -> bool {
    let mut at = bare(object);
    for _ in 0..CHAIN {
        let Some(member) = value::member(at) else { return false };
        if value::property(member) == Some("not") {
            return true;
        }
        at = bare(member.object());
    }
    false
}

/// What is handed to `expect` is a statement about a value already: a comparison, a predicate, a lookup that can fail.
fn is_specific(expect: &CallExpression<'_>) -> bool {
    let Some(given) = value::argument(&expect.arguments, 0) else { return true };
    let mut given = bare(given);
    if let Expression::AwaitExpression(awaited) = given {
        given = bare(&awaited.argument);
    }
    match given {
        Expression::BinaryExpression(binary) => binary.operator != BinaryOperator::Addition,
        Expression::LogicalExpression(_) | Expression::PrivateInExpression(_) => true,
        Expression::UnaryExpression(unary) => unary.operator == UnaryOperator::LogicalNot,
        Expression::CallExpression(call) => value::last_name(&call.callee).is_some_and(is_predicate),
        given => value::member(given).and_then(value::property).is_some_and(is_state),
    }
}

fn is_predicate(name: &str) -> bool {
    let starts = |start: &str| {
        name.strip_prefix(start).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    [
        "is",
        "has",
        "can",
        "should",
        "are",
        "does",
        "query",
        "find",
        "get",
        "match",
        "matches",
        "includes",
        "contains",
        "equals",
        "exists",
        "validate",
        "check",
        "some",
        "every",
        "test",
        "startsWith",
        "endsWith",
        "hasAttribute",
        "verify",
        "compare",
        "supports",
        "allows",
    ]
    .iter()
    .any(|start| starts(start))
        || matches!(
            name,
            "querySelector"
                | "getElementById"
                | "closest"
                | "existsSync"
                | "exec"
                | "hasOwnProperty"
                | "isArray"
        )
}

fn is_state(name: &str) -> bool {
    let starts = |start: &str| {
        name.strip_prefix(start).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    ["is", "has", "can", "was", "should", "did"].iter().any(|start| starts(start))
        || matches!(
            name,
            "called"
                | "calledOnce"
                | "notCalled"
                | "ok"
                | "checked"
                | "disabled"
                | "success"
                | "done"
                | "valid"
                | "ended"
                | "destroyed"
                | "finished"
        )
}

fn is_literal(expression: &Expression<'_>) -> bool {
    bare(expression).is_literal()
}

fn is_written(expect: &CallExpression<'_>) -> bool {
    value::argument(&expect.arguments, 0).is_some_and(is_literal)
}

/// `assert(true)`, `assert.equal(1, 1)`, `t.ok(true)`: only literals are looked at.
fn is_constant_assertion(name: &str, call: &CallExpression<'_>) -> bool {
    if matches!(name, "fail" | "pass" | "plan" | "throws" | "rejects" | "notOk" | "false")
        || call.arguments.is_empty()
    {
        return false;
    }
    let operands = match name {
        "equal" | "equals" | "strictEqual" | "deepEqual" | "deepStrictEqual" | "is" | "same" | "eq" => 2,
        "assert" | "ok" | "isTrue" | "true" | "truthy" | "assertTrue" => 1,
        _ => return false,
    };
    call.arguments.len() >= operands
        && call
            .arguments
            .iter()
            .take(operands)
            .all(|argument| argument.as_expression().is_some_and(is_literal))
        && !matches!(
            call.arguments.first().and_then(|first| first.as_expression()).and_then(value::boolean),
            Some(false)
        )
}

fn chain_has(callee: &Expression<'_>, names: &[&str]) -> bool {
    let mut at = bare(callee);
    for _ in 0..CHAIN {
        match at {
            Expression::CallExpression(call) => at = bare(&call.callee),
            Expression::AwaitExpression(awaited) => at = bare(&awaited.argument),
            Expression::Identifier(name) => return names.contains(&name.name.as_str()),
            at_now => {
                let Some(member) = value::member(at_now) else { return false };
                if value::property(member).is_some_and(|name| matches!(name, "assert" | "should" | "expect"))
                {
                    return true;
                }
                at = bare(member.object());
            }
        }
    }
    false
}

fn is_assertion_module(module: &str) -> bool {
    matches!(
        module,
        "assert"
            | "node:assert"
            | "assert/strict"
            | "node:assert/strict"
            | "power-assert"
            | "uvu/assert"
            | "tsd"
            | "expect-type"
            | "chai"
            | "should"
            | "expect"
            | "must"
            | "unexpected"
            | "better-assert"
            | "expect.js"
            | "@std/assert"
            | "tsafe"
            | "earl"
            | "ts-expect"
    ) || module.contains("std/assert")
        || module.contains("testing/asserts")
}

/// `assertSomething`, `expectSomething`, `shouldDo`.
fn is_assertion_name(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    ["assert", "expect"].iter().any(|start| {
        name.strip_prefix(start)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()) && name != "expect")
    }) || name.strip_prefix("should").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        || name.ends_with("Assert")
        || name.contains("Assertion")
}

/// `checkRow`, `verify_all`, `ensureThrows`.
fn is_check_name(name: &str) -> bool {
    ["check", "verify", "ensure", "validate"].iter().any(|start| {
        name.strip_prefix(start).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
    })
}

/// Queries that throw when nothing is found.
fn is_query(name: &str) -> bool {
    ["getBy", "getAllBy", "findBy", "findAllBy"].iter().any(|start| {
        name.strip_prefix(start).is_some_and(|rest| {
            ["Text", "Role", "Label", "Placeholder", "Alt", "Title", "Display", "TestId"]
                .iter()
                .any(|kind| rest.starts_with(kind))
        })
    })
}

/// Waits that fail when their time is over.
fn is_wait(name: &str) -> bool {
    name.strip_prefix("waitFor").is_some_and(|rest| !matches!(rest, "Timeout" | "NextUpdate" | "Ms" | "Time"))
}

/// Assertions of the tap family, when a test takes them out of its object.
fn is_tap_assertion(name: &str) -> bool {
    matches!(
        name,
        "equal"
            | "equals"
            | "same"
            | "is"
            | "isEqual"
            | "not"
            | "isNot"
            | "notSame"
            | "notEqual"
            | "ok"
            | "notOk"
            | "true"
            | "false"
            | "truthy"
            | "falsy"
            | "throws"
            | "doesNotThrow"
            | "rejects"
            | "resolves"
            | "pass"
            | "fail"
            | "match"
            | "notMatch"
            | "has"
            | "hasStrict"
            | "strictSame"
            | "deepEqual"
            | "strictEqual"
            | "type"
            | "error"
            | "ifError"
            | "like"
            | "plan"
            | "snapshot"
            | "matchSnapshot"
            | "emits"
            | "equivalent"
            | "notThrows"
            | "regex"
    )
}

/// Methods of a test's object that organise and do not assert.
fn is_harness_method(name: &str) -> bool {
    matches!(
        name,
        "end"
            | "test"
            | "skip"
            | "todo"
            | "comment"
            | "teardown"
            | "timeout"
            | "log"
            | "context"
            | "diagnostic"
            | "after"
            | "before"
            | "beforeEach"
            | "afterEach"
            | "mock"
            | "name"
            | "signal"
            | "step"
            | "setTimeout"
            | "title"
            | "runOnly"
            | "on"
            | "once"
            | "emit"
            | "async"
    )
}

/// A module of the project that is no test help: its `verifyToken` is what is tested.
fn is_under_test(module: &str) -> bool {
    module.starts_with('.')
        && ![
            "test", "helper", "util", "fixture", "support", "spec", "assert", "expect", "mock", "common",
            "harness",
        ]
        .iter()
        .any(|word| module.to_ascii_lowercase().contains(word))
}
