//! Which calls give a verdict: assertions of frameworks, and helpers that are named like one.

use ruff_python_ast::{Expr, ExprCall};

use crate::python::names::Names;
use crate::python::text::literal;
use crate::python::words::{contains, has_word, has_word_starting, starts_with};

/// Words of helpers that fail the test when something is not as it should be.
const CHECKS: &[&str] = &[
    "check",
    "checks",
    "verify",
    "verifies",
    "expect",
    "expects",
    "ensure",
    "ensures",
    "validate",
    "validates",
    "should",
    "compare",
    "compares",
    "must",
    "raises",
    "raised",
    "warns",
    "matches",
    "roundtrip",
    "roundtrips",
    "asserter",
    "checker",
    "verifier",
];
/// SQLAlchemy's and nose's verdicts, which are called without an owner.
const BARE: &[&str] = &[
    "eq_",
    "ok_",
    "ne_",
    "is_",
    "is_not",
    "is_not_",
    "is_true",
    "is_false",
    "is_none",
    "is_not_none",
    "is_instance_of",
    "in_",
    "not_in",
    "not_in_",
    "gt_",
    "ge_",
    "lt_",
    "le_",
    "eq_regex",
    "startswith_",
    "eq_ignore_whitespace",
    "int_within_variance",
    "does_not_raise",
];
const METHODS: &[&str] = &[
    // pytester
    "fnmatch_lines",
    "fnmatch_lines_random",
    "re_match_lines",
    "re_match_lines_random",
    "no_fnmatch_line",
    "no_re_match_line",
    // doctest
    "testmod",
    "testfile",
    // pytest, unittest, warnings as errors
    "raises",
    "warns",
    "deprecated_call",
    "fail",
    "failUnless",
    "failIf",
    "failUnlessEqual",
    "raises_group",
];

/// Words of what runs a text as a program, or writes it where it is run.
const RUN: &[&str] = &[
    "exec",
    "execute",
    "eval",
    "compile",
    "run",
    "runs",
    "popen",
    "system",
    "spawn",
    "script",
    "python",
    "write",
    "writelines",
    "makepyfile",
    "interpreter",
    "subprocess",
];

/// Words of what tests work with, and what is named after them.
const TOOLS: &[&str] = &[
    "client", "data", "file", "files", "dir", "path", "db", "database", "setup", "skip", "sub", "request",
    "context", "cli", "runner", "server", "app", "session", "user", "image", "email", "config", "settings",
    "name", "id", "token", "url", "module", "case", "cases", "input", "dataset", "loader", "model",
];

/// The call gives a verdict, by what is called.
pub(super) fn is_by_call<'a>(call: &'a ExprCall, names: &Names<'a>) -> bool {
    let (name, owner) = match call.func.as_ref() {
        Expr::Name(name) => (name.id.as_str(), None),
        Expr::Attribute(attribute) => (attribute.attr.as_str(), Some(attribute.value.as_ref())),
        _ => return false,
    };
    let original = match owner {
        // `from pytest import raises as throws`
        None => {
            names.dotted(&call.func).filter(|dotted| dotted.imported).map_or(name, |dotted| dotted.last())
        }
        Some(_) => name,
    };
    // A class that is named like a check is made here, and does nothing yet.
    let made = original.starts_with(|c: char| c.is_uppercase());
    if (contains(original, "assert") && original != "AssertionError")
        || METHODS.contains(&original)
        || (!made && has_word(original, CHECKS))
    {
        return !is_no_verdict(name, owner);
    }
    // `wait_process(pid, exitcode=0)`: it is told what to expect.
    let told = call.arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref());
    if told.map(|name| name.as_str()).any(|name| name == "exitcode" || name.starts_with("expect")) {
        return true;
    }
    // `literal_round_trip(value, expected)`: a fixture that compares.
    let by_trip = has_word(original, &["round"]) && has_word(original, &["trip", "trips"]);
    if by_trip && call.arguments.len() > 1 {
        return true;
    }
    // Another file's test, run from here; not `app.test_client()`.
    let tested = original.trim_start_matches('_').strip_prefix("test_");
    let is_test = tested.is_some_and(|rest| !rest.split('_').all(|word| TOOLS.contains(&word)));
    let runs_a_test = is_test && (names.is_imported(name) || names.function(name).is_none());
    // `enum._test_simple_enum(…)`: a module's check for those who use it.
    let of_module = is_test
        && matches!(owner, Some(Expr::Name(module))
            if names.is_imported(module.id.as_str()) || module.id.as_str().trim_start_matches('_').starts_with("test"));
    if of_module || (owner.is_none() && (BARE.contains(&original) || runs_a_test)) {
        return true;
    }
    match original {
        // Selenium's waits fail when their time is over; a wait for the time alone is a sleep.
        _ if inherits(owner)
            && (original.starts_with("wait_for") || original.starts_with("wait_until"))
            && !has_word(original, &["timeout", "time", "seconds", "ms"]) =>
        {
            true
        }
        "until" | "until_not" => names.imports_any(&["selenium"]),
        // `self.checkequal(…)`: what a class of tests calls a check of its own.
        _ if inherits(owner)
            && ["check", "verify", "expect"].iter().any(|word| original.starts_with(word)) =>
        {
            true
        }
        // Inherited and not seen here: `self.run_test(…)`, `super().test_x()`.
        _ if inherits(owner) && has_word(original, &["test", "tests"]) && !has_word(original, TOOLS) => true,
        "simplefilter" | "filterwarnings" => call.arguments.args.first().and_then(literal) == Some("error"),
        "run" | "check_call" | "run_command" => {
            matches!(call.arguments.find_keyword("check"), Some(keyword) if matches!(&keyword.value, Expr::BooleanLiteral(value) if value.value))
        }
        // pytest-benchmark.
        "benchmark" => owner.is_none(),
        "pedantic" => true,
        _ => false,
    }
}

/// What is called runs the text that it is handed, as a program: `exec(code)`, `run([python, "-c", code])`; or writes it to
/// a file that may be run.
pub(super) fn runs_text(name: &str, call: &ExprCall) -> bool {
    let is_program = |argument: &Expr| match argument {
        Expr::List(list) => list.iter().any(|part| literal(part) == Some("-c")),
        other => literal(other) == Some("-c"),
    };
    has_word(name, RUN) || arguments(call).any(is_program)
}

/// What is called hands a text back that is much like the one that it is handed.
pub(super) fn hands_text_back(name: &str) -> bool {
    matches!(name, "dedent" | "indent" | "join" | "format" | "encode" | "cleandoc" | "append" | "str")
}

/// The call is given the test itself, or one of its assertions: `Checker(self)`, `roundtrip(self.assertEqual, value)`. What
/// is called asserts with it.
pub(super) fn hands_on(call: &ExprCall) -> bool {
    let name = match call.func.as_ref() {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    if matches!(
        name,
        "super"
            | "getattr"
            | "setattr"
            | "hasattr"
            | "delattr"
            | "isinstance"
            | "type"
            | "id"
            | "repr"
            | "str"
            | "vars"
            | "ref"
            | "proxy"
            | "partial"
            | "print"
            | "append"
            | "hash"
            | "dir"
            | "setUp"
            | "tearDown"
    ) {
        return false;
    }
    arguments(call).any(|argument| matches!(argument, Expr::Name(name) if name.id.as_str() == "self"))
        || hands_on_assertion(call)
}

/// The call is given an assertion of the test: `roundtrip(self.assertEqual, value)`.
pub(super) fn hands_on_assertion(call: &ExprCall) -> bool {
    arguments(call).any(|argument| match argument {
        Expr::Attribute(attribute) => {
            (is_by_name(&attribute.attr) || attribute.attr.as_str() == "fail")
                && inherits(Some(&attribute.value))
        }
        _ => false,
    })
}

fn arguments(call: &ExprCall) -> impl Iterator<Item = &Expr> {
    let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
    call.arguments.args.iter().chain(keywords)
}

/// The method is an assertion by its name: what it is bound to is one too.
pub(super) fn is_by_name(name: &str) -> bool {
    contains(name, "assert") && !contains(name, "assertion") && !is_no_verdict(name, None)
}

/// Names that hold such a word and give no verdict.
fn is_no_verdict(name: &str, owner: Option<&Expr>) -> bool {
    matches!(
        name,
        "register_assert_rewrite"
            | "assert_all_requests_are_fired"
            | "check_output"
            | "ensure_future"
            | "assertion"
            | "expect_"
    ) || starts_with(name, "ensure_dir")
        || (name == "fail" && owner.is_none_or(|owner| !matches!(owner, Expr::Name(_))))
        || matches!((name, owner), ("compare", Some(Expr::Name(owner))) if owner.id.as_str() == "re")
}

fn inherits(owner: Option<&Expr>) -> bool {
    match owner {
        Some(Expr::Name(name)) => matches!(name.id.as_str(), "self" | "cls"),
        Some(Expr::Call(call)) => {
            matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str() == "super")
        }
        _ => false,
    }
}

/// The decorator gives a verdict: an expected failure, a comparison with a picture, warnings as errors.
pub(super) fn is_by_decorator<'a>(decorator: &'a Expr, names: &Names<'a>) -> bool {
    let (expr, call) = match decorator {
        Expr::Call(call) => (call.func.as_ref(), Some(call)),
        other => (other, None),
    };
    let Some(name) = names.dotted(expr) else { return false };
    match name.last() {
        "xfail" | "expectedFailure" => true,
        "filterwarnings" => call
            .and_then(|call| call.arguments.args.first())
            .and_then(literal)
            .is_some_and(|filter| starts_with(filter, "error")),
        last => {
            has_word(last, CHECKS)
                || has_word_starting(last, &["compar", "assert", "snapshot", "golden", "expected"])
        }
    }
}
