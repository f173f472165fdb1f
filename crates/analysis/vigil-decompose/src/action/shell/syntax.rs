//! Text to syntax tree, within bounds.
//!
//! The parser is recursive and tries alternatives, so a hostile text could exhaust the stack or the time of the thread.
//! What is deeper or longer than a person's script is refused before the parser sees it; what is deep and still
//! plausible is parsed on a thread with a stack of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::{Parser, ParserOptions, ast::Program};

/// The longest text that is parsed.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Nesting that any thread can take: measured, an unoptimised build needs 16 KB of stack for each level.
const SHALLOW: usize = 40;
const MAX_NESTING: usize = 1_000;
/// `((` may begin arithmetic or two subshells, and the parser tries both at each level.
const MAX_DOUBLE_PARENTHESES: usize = 3;
/// More `!` in a row than anybody writes.
const MAX_NEGATIONS: usize = 16;
const DEEP_STACK_BYTES: usize = 64 * 1024 * 1024;

/// Parses a text that nests at most `levels` deep; `None` when it is not shell or out of bounds.
pub(super) fn parse(text: &str, levels: usize) -> Option<Program> {
    let shape = Shape::of(text);
    if text.len() > MAX_TEXT_BYTES
        || negations(text) > MAX_NEGATIONS
        || shape.nesting > levels
        || shape.doubles > MAX_DOUBLE_PARENTHESES
    {
        return None;
    }
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        Parser::new(text.as_bytes(), &ParserOptions::default()).parse_program()
    }));
    parsed.ok()?.ok()
}

/// Runs `work` where the stack is deep enough for `text`, and tells it how many levels that stack can take. `false` when
/// it did not run to its end.
pub(super) fn with_stack(text: &str, work: impl FnOnce(usize) + Send) -> bool {
    let nesting = Shape::of(text).nesting;
    if nesting <= SHALLOW || nesting > MAX_NESTING {
        work(SHALLOW);
        return true;
    }
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(DEEP_STACK_BYTES);
        let thread = builder.spawn_scoped(scope, || work(MAX_NESTING));
        thread.is_ok_and(|thread| thread.join().is_ok())
    })
}

/// The longest run of `!` words.
fn negations(text: &str) -> usize {
    let (mut run, mut longest) = (0usize, 0usize);
    for word in text.split_ascii_whitespace() {
        run = if word == "!" { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Bounds from above for what a parser meets. Quotes are not looked at: text in them counts too.
struct Shape {
    nesting: usize,
    doubles: usize,
}

impl Shape {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (mut brackets, mut words, mut nesting) = (0usize, 0usize, 0usize);
        let (mut open_doubles, mut doubles) = (0usize, 0usize);
        let mut at = 0;
        let mut before = b'\n';
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'(' => {
                    brackets += 1;
                    let next = bytes
                        .get(at + 1..)
                        .unwrap_or_default()
                        .iter()
                        .find(|byte| !byte.is_ascii_whitespace());
                    if next == Some(&b'(') && before != b'$' {
                        open_doubles += 1;
                        doubles = doubles.max(open_doubles);
                    }
                }
                b'{' => brackets += 1,
                b'`' => brackets += usize::from(before == b'\\'),
                b')' => {
                    brackets = brackets.saturating_sub(1);
                    if bytes.get(at + 1) == Some(&b')') {
                        open_doubles = open_doubles.saturating_sub(1);
                    }
                }
                b'}' => brackets = brackets.saturating_sub(1),
                _ if byte.is_ascii_alphabetic() && !before.is_ascii_alphanumeric() => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let length = rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
                    match rest.get(..length).unwrap_or_default() {
                        b"if" | b"while" | b"until" | b"for" | b"case" | b"select" | b"coproc" => words += 1,
                        b"fi" | b"done" | b"esac" => words = words.saturating_sub(1),
                        _ => {}
                    }
                    at += length.saturating_sub(1);
                }
                _ => {}
            }
            nesting = nesting.max(brackets + words);
            before = bytes.get(at).copied().unwrap_or(b'\n');
            at += 1;
        }
        Self { nesting, doubles }
    }
}
