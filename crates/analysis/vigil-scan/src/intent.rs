//! What a test says it is for, in its name and its comments, and what is there for tests by its path.

use std::path::Path;

use crate::rules::name_words;

/// Sayings of tests that only want nothing to go wrong, in lower case with single spaces.
const SAYINGS: &[&str] = &[
    "not raise",
    "n't raise",
    "not throw",
    "n't throw",
    "not crash",
    "n't crash",
    "not fail",
    "n't fail",
    "not error",
    "n't error",
    "not trigger an error",
    "not cause an error",
    "not blow up",
    "not hang",
    "not deadlock",
    "not segfault",
    "not warn",
    "not overflow",
    "n't overflow",
    "memory overflow",
    "nothing should happen",
    "doesnt raise",
    "doesnt crash",
    "doesnt fail",
    "doesnt throw",
    "no raise",
    "no error",
    "no exception",
    "no crash",
    "no warning",
    "nocrash",
    "noerror",
    "noraise",
    "without error",
    "without causing",
    "blew up",
    "blow up",
    "previously triggered",
    "previously raised",
    "previously crashed",
    "previously an error",
    "used to cause",
    "was failing",
    "was crashing",
    "was raising",
    "without raising",
    "without an error",
    "without exception",
    "without throwing",
    "without crashing",
    "without failing",
    "without warning",
    "smoke",
    "segfault",
    "used to crash",
    "core dump",
    "used to raise",
    "used to fail",
    "not generate",
    "would error",
    "would raise",
    "would crash",
    "memory leak",
    "refleak",
    "infinite loop",
    "infinite recursion",
    "stack overflow",
];

/// Words of files and folders that hold what tests call.
const TEST_WORDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "tester",
    "testers",
    "testcase",
    "testcases",
    "testhelper",
    "testhelpers",
    "testlib",
    "testkit",
    "testsuite",
    "testsupport",
    "testutil",
    "testutils",
    "unittest",
    "unittests",
    "pytest",
    "conftest",
    "selftest",
];

/// The file may hold helpers of tests: a word of its path says so. `latest`, `contest` and `attestation` do not.
pub(crate) fn may_help(path: &Path) -> bool {
    path.iter().filter_map(|part| part.to_str()).flat_map(name_words).any(|word| {
        let plain = word.trim_end_matches(|sign: char| sign.is_ascii_digit());
        TEST_WORDS.contains(&plain)
    })
}

/// What only a comment beside the code says so: in a name or a docstring it may be said of what should have been asserted.
const ASIDES: &[&str] = &[
    "just make sure",
    "just check that",
    "no-op",
    "noop",
    "fails if",
    "failed if",
    "crashes if",
    "raises if",
    "harmless",
    "still work",
    "did not work",
    "didn't work",
    "must ignore",
    "should ignore",
    "are ignored",
    "is ignored",
    "is allowed",
    "are allowed",
    "be allowed",
    "is legal",
    "are legal",
];

/// More of a test is not searched for comments.
const MAX_BYTES: usize = 64 << 10;

/// The name of a test says that nothing shall go wrong.
pub(crate) fn name_wants_no_error(name: &str) -> bool {
    let mut plain = String::with_capacity(name.len() + 8);
    let mut lower = false;
    for sign in name.chars().take(400) {
        if sign.is_uppercase() && lower {
            plain.push(' ');
        }
        lower = sign.is_lowercase();
        plain.extend(if sign == '_' { ' ' } else { sign }.to_lowercase());
    }
    says(&plain)
}

/// A comment within a test says so. `marks` begin comments.
pub(crate) fn comments_want_no_error(text: &str, marks: &[&str]) -> bool {
    let text = text.get(..MAX_BYTES).unwrap_or(text);
    let comments = text.lines().filter_map(|line| {
        let at = marks.iter().filter_map(|mark| line.find(mark).map(|at| at + mark.len())).min()?;
        line.get(at..)
    });
    let mut whole = String::new();
    for comment in comments.take(200) {
        whole.push(' ');
        whole.push_str(comment.trim());
    }
    says(&whole) || holds(&whole, ASIDES)
}

/// A text says so.
pub(crate) fn says(text: &str) -> bool {
    holds(text, SAYINGS)
}

fn holds(text: &str, sayings: &[&str]) -> bool {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    says_none_raised(&text)
        || sayings.iter().any(|saying| {
            text.match_indices(saying).any(|(at, _)| {
                // `smoker` is no smoke test, `reno error` no wish.
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let begins = saying.starts_with("n'") || !before.is_some_and(char::is_alphabetic);
                let after = text.get(at + saying.len()..).unwrap_or("");
                begins && (*saying != "smoke" || !after.starts_with(char::is_alphabetic))
            })
        })
}

/// "No AttributeError raised", "no exception is raised".
fn says_none_raised(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    words.windows(3).any(|three| match three {
        ["no", what, "raised" | "is" | "should" | "thrown"] => {
            ["error", "exception", "warning", "errors", "exceptions"].iter().any(|end| what.ends_with(end))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_that_nothing_shall_go_wrong() {
        for name in [
            "test_does_not_raise",
            "testNoError",
            "test_close_twice_no_exception",
            "should not throw when empty",
            "test_smoke",
            "unsubscribing does not trigger an error",
            "test_doesnt_crash",
            "it doesn't fail",
        ] {
            assert!(name_wants_no_error(name), "{name}");
        }
        for name in [
            "test_login_does_not_leak_password",
            "test_total",
            "test_raises",
            "testErrorNo",
            "test_smoker",
            "throws when empty",
            "",
        ] {
            assert!(!name_wants_no_error(name), "{name}");
        }
    }

    #[test]
    fn comments_say_it_too() {
        assert!(comments_want_no_error("x()  # must not raise", &["#"]));
        assert!(comments_want_no_error("# No AttributeError raised\nx()", &["#"]));
        assert!(comments_want_no_error("# Check that looping still works.\nx()", &["#"]));
        assert!(comments_want_no_error("x();\n// This used to\n// crash.", &["//", "/*"]));
        assert!(!comments_want_no_error("log('does not raise')", &["//"]));
        for loose in ["the total", "should work", "this is fine", "no problem", "must not leak the key"] {
            assert!(!comments_want_no_error(&format!("x()  # {loose}"), &["#"]), "{loose}");
        }
    }
}
