//! Globs: what `*`, `**`, `?` and `{a,b}` in a policy mean, and a matcher that reads its subject once.
//!
//! A pattern is cut into a literal head, a literal tail and a middle. Head and tail are compared as bytes. The middle is a
//! nondeterministic automaton whose states are the bits of one `u128`, so that a match costs one step per character of
//! the subject whatever the pattern: there is no backtracking (`policy.md` §4).

use alloc::string::String;
use alloc::vec::Vec;

/// Longest pattern, in bytes.
pub(crate) const MAX_PATTERN: usize = 1024;
/// How many patterns the braces of one glob may stand for.
pub(crate) const MAX_ALTERNATIVES: usize = 64;

/// One pattern with its braces resolved.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    head: String,
    tail: String,
    /// `None` when the pattern has no wildcard: then `head` is the whole text.
    middle: Option<Automaton>,
}

/// What the characters of the subject are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A path: `*` and `?` stop at `/`, `**` does not.
    Path,
    /// A name without parts: `*` and `**` are the same.
    Name,
}

/// Why a text is not a glob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// Nothing can match the empty text.
    #[error("a glob cannot be empty; write `*` to match anything")]
    Empty,
    /// Longer than the limit.
    #[error("a glob has at most {MAX_PATTERN} bytes; split it into several")]
    TooLong,
    /// More than 120 characters and wildcards between the first and the last wildcard.
    #[error("too much stands between the first and the last wildcard; split the glob into several")]
    TooComplex,
    /// `{` without `}` or the other way round.
    #[error("a brace has no partner; write `\\{{` or `\\}}` for the character itself")]
    Brace,
    /// `{a,b}{c,d}…` multiply.
    #[error("the braces stand for more than {MAX_ALTERNATIVES} patterns; split the glob into several")]
    TooMany,
    /// `\` at the end.
    #[error("a `\\` at the end escapes nothing; write `\\\\` for the character itself")]
    Escape,
    /// `[…]` is not part of the language, and must not be taken for the character by mistake.
    #[error("`[` has no meaning here; write `{{a,b}}` for alternatives or `\\[` for the character itself")]
    Bracket,
}

impl Glob {
    /// Parses a pattern into one glob for each combination of its braces.
    pub(crate) fn parse(pattern: &str, subject: Subject) -> Result<Vec<Self>, GlobError> {
        if pattern.is_empty() {
            return Err(GlobError::Empty);
        }
        if pattern.len() > MAX_PATTERN {
            return Err(GlobError::TooLong);
        }
        let mut expanded = Vec::new();
        expand(&lex(pattern)?, &mut expanded)?;
        expanded.iter().map(|tokens| Self::build(tokens, subject)).collect()
    }

    /// Whether the whole of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some(middle) = &self.middle else { return text == self.head };
        text.strip_prefix(self.head.as_str())
            .and_then(|rest| rest.strip_suffix(self.tail.as_str()))
            .is_some_and(|rest| middle.accepts(rest))
    }

    /// What every matching text begins with.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    /// What every matching text ends with.
    pub(crate) fn tail(&self) -> &str {
        if self.middle.is_some() { &self.tail } else { &self.head }
    }

    fn build(tokens: &[Lexed], subject: Subject) -> Result<Self, GlobError> {
        let wild = |token: &Lexed| !matches!(token, Lexed::Char(_));
        let text = |tokens: &[Lexed]| -> String {
            tokens.iter().filter_map(|t| if let Lexed::Char(c) = t { Some(*c) } else { None }).collect()
        };
        let Some(first) = tokens.iter().position(wild) else {
            return Ok(Self { head: text(tokens), tail: String::new(), middle: None });
        };
        let last = tokens.iter().rposition(wild).unwrap_or(first);
        let (mut from, mut to) = (first, last + 1);
        // `/**` at the end and `**/` at the start of a part take the slash with them: both also stand for nothing.
        let slash = |at: usize| tokens.get(at) == Some(&Lexed::Char('/'));
        if subject == Subject::Path {
            if first > 0 && slash(first - 1) {
                from = first - 1;
            }
            if slash(to) {
                to += 1;
            }
        }
        let (head, rest) = tokens.split_at_checked(from).unwrap_or((tokens, &[]));
        let (middle, tail) = rest.split_at_checked(to - from).unwrap_or((rest, &[]));
        let (at_start, at_end) = (head.is_empty(), tail.is_empty());
        Ok(Self {
            head: text(head),
            tail: text(tail),
            middle: Some(Automaton::build(middle, subject, at_start, at_end)?),
        })
    }
}

/// The wildcards of a pattern and what stands between them. State `i` has read the first `i` tokens; each field holds the
/// states in which something is possible.
#[derive(Clone, Debug, Default)]
struct Automaton {
    /// The next token is this character.
    literal: Vec<(char, u128)>,
    /// The next token is any character but `/`.
    one: u128,
    /// Any character may be read without leaving the state.
    stay: u128,
    /// Any character but `/` may be read without leaving the state.
    stay_within: u128,
    /// The next token may be left out.
    skip: u128,
    /// The next two tokens may be left out.
    skip_two: u128,
    accept: u32,
    /// Whether `/` separates, so that `one` and `stay_within` stop at it.
    parts: bool,
}

impl Automaton {
    fn build(tokens: &[Lexed], subject: Subject, at_start: bool, at_end: bool) -> Result<Self, GlobError> {
        let mut built = Self { parts: subject == Subject::Path, ..Self::default() };
        let mut state: u32 = 0;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if state > 120 {
                return Err(GlobError::TooComplex);
            }
            let bit = 1u128 << state;
            let next_is_slash = tokens.get(at + 1) == Some(&Lexed::Char('/'));
            let opens_part = built.parts
                && (if at == 0 { at_start } else { tokens.get(at - 1) == Some(&Lexed::Char('/')) });
            match token {
                // `**/`: any number of whole parts, also none.
                Lexed::Deep if opens_part && next_is_slash => {
                    built.skip |= bit;
                    built.skip_two |= bit;
                    built.stay |= bit << 1;
                    built.add_literal('/', bit << 1);
                    state += 2;
                    at += 2;
                    continue;
                }
                // `/**` at the end: the thing itself and all below it.
                Lexed::Char('/')
                    if built.parts
                        && at_end
                        && at + 2 == tokens.len()
                        && tokens.get(at + 1) == Some(&Lexed::Deep) =>
                {
                    built.add_literal('/', bit);
                    built.skip_two |= bit;
                    built.stay |= bit << 1;
                    built.skip |= bit << 1;
                    state += 2;
                    break;
                }
                Lexed::Char(c) => built.add_literal(*c, bit),
                Lexed::One => built.one |= bit,
                Lexed::Star if built.parts => {
                    built.stay_within |= bit;
                    built.skip |= bit;
                }
                Lexed::Star | Lexed::Deep => {
                    built.stay |= bit;
                    built.skip |= bit;
                }
                Lexed::Open | Lexed::Comma | Lexed::Close => return Err(GlobError::Brace),
            }
            state += 1;
            at += 1;
        }
        built.accept = state;
        Ok(built)
    }

    fn add_literal(&mut self, c: char, bit: u128) {
        match self.literal.iter_mut().find(|(known, _)| *known == c) {
            Some((_, bits)) => *bits |= bit,
            None => self.literal.push((c, bit)),
        }
    }

    fn accepts(&self, text: &str) -> bool {
        let mut states = self.close(1);
        for c in text.chars() {
            let literal = self.literal.iter().find(|(known, _)| *known == c).map_or(0, |(_, bits)| *bits);
            let within = !(self.parts && c == '/');
            let step = literal | if within { self.one } else { 0 };
            let stay = self.stay | if within { self.stay_within } else { 0 };
            states = self.close((states & step) << 1 | states & stay);
            if states == 0 {
                return false;
            }
        }
        states >> self.accept & 1 == 1
    }

    /// Adds the states reached by leaving tokens out.
    fn close(&self, mut states: u128) -> u128 {
        loop {
            let more = states | (states & self.skip) << 1 | (states & self.skip_two) << 2;
            if more == states {
                return states;
            }
            states = more;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lexed {
    Char(char),
    One,
    Star,
    Deep,
    Open,
    Comma,
    Close,
}

fn lex(pattern: &str) -> Result<Vec<Lexed>, GlobError> {
    let mut tokens: Vec<Lexed> = Vec::new();
    let mut depth = 0usize;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let token = match c {
            '\\' => Lexed::Char(chars.next().ok_or(GlobError::Escape)?),
            '?' => Lexed::One,
            '[' => return Err(GlobError::Bracket),
            '*' => match tokens.last_mut() {
                Some(last @ (Lexed::Star | Lexed::Deep)) => {
                    *last = Lexed::Deep;
                    continue;
                }
                _ => Lexed::Star,
            },
            '{' => {
                depth += 1;
                Lexed::Open
            }
            '}' => {
                depth = depth.checked_sub(1).ok_or(GlobError::Brace)?;
                Lexed::Close
            }
            ',' if depth > 0 => Lexed::Comma,
            other => Lexed::Char(other),
        };
        tokens.push(token);
    }
    if tokens.iter().filter(|token| **token == Lexed::Open).count() > MAX_ALTERNATIVES {
        return Err(GlobError::TooMany);
    }
    if depth == 0 { Ok(tokens) } else { Err(GlobError::Brace) }
}

/// Resolves the first group of braces and goes on with what that gives, until no brace is left.
fn expand(tokens: &[Lexed], into: &mut Vec<Vec<Lexed>>) -> Result<(), GlobError> {
    let mut waiting: Vec<Vec<Lexed>> = alloc::vec![tokens.to_vec()];
    while let Some(pattern) = waiting.pop() {
        let Some(open) = pattern.iter().position(|t| *t == Lexed::Open) else {
            into.push(pattern);
            if into.len() + waiting.len() > MAX_ALTERNATIVES {
                return Err(GlobError::TooMany);
            }
            continue;
        };
        let (head, group) = pattern.split_at_checked(open).ok_or(GlobError::Brace)?;
        let mut depth = 0usize;
        let mut choices: Vec<Vec<Lexed>> = alloc::vec![Vec::new()];
        let mut rest: &[Lexed] = &[];
        for (at, token) in group.iter().enumerate() {
            match token {
                Lexed::Open => depth += 1,
                Lexed::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                rest = group.get(at + 1..).unwrap_or(&[]);
                break;
            }
            match (token, depth, choices.last_mut()) {
                (Lexed::Open, 1, _) => {}
                (Lexed::Comma, 1, _) => choices.push(Vec::new()),
                (_, _, Some(choice)) => choice.push(*token),
                _ => {}
            }
        }
        if into.len() + waiting.len() + choices.len() > MAX_ALTERNATIVES {
            return Err(GlobError::TooMany);
        }
        // Pushed backwards, so that alternatives come out in the order in which they stand.
        for choice in choices.iter().rev() {
            waiting.push(merged(&[head, choice.as_slice(), rest].concat()));
        }
    }
    Ok(())
}

/// Stars that an empty alternative brought together are one `**`.
fn merged(tokens: &[Lexed]) -> Vec<Lexed> {
    let mut merged: Vec<Lexed> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match (merged.last_mut(), token) {
            (Some(last @ (Lexed::Star | Lexed::Deep)), Lexed::Star | Lexed::Deep) => *last = Lexed::Deep,
            _ => merged.push(*token),
        }
    }
    merged
}

/// Whether `text` matches `pattern`.
pub(crate) fn glob_matches(pattern: &str, subject: Subject, text: &str) -> Result<bool, GlobError> {
    Ok(Glob::parse(pattern, subject)?.iter().any(|glob| glob.matches(text)))
}

/// Writes `text` so that it matches itself and nothing else.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\*?[{}".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        for text in matching {
            assert_eq!(glob_matches(pattern, Subject::Path, text), Ok(true), "{pattern} and {text}");
        }
        for text in other {
            assert_eq!(glob_matches(pattern, Subject::Path, text), Ok(false), "{pattern} and {text}");
        }
    }

    #[test]
    fn a_star_stops_at_a_slash() {
        check("src/*.rs", &["src/a.rs", "src/.rs"], &["src/a/b.rs", "src/a.rss", "xsrc/a.rs"]);
    }
    #[test]
    fn two_stars_do_not() {
        check("src/**", &["src", "src/", "src/a", "src/a/b"], &["srcs", "a/src"]);
        check("**/.env", &[".env", "a/.env", "/a/b/.env", "/.env"], &["x.env", "a/.envs"]);
        check("/a/**/b", &["/a/b", "/a/x/b", "/a/x/y/b"], &["/a/xb", "/ab", "/a/b/c"]);
        check("**", &["", "a", "/a/b"], &[]);
        check("a**b", &["ab", "a/x/b"], &["a", "abc"]);
        check("**/a/**/b/**", &["a/b", "x/a/y/b/z", "/a/b/"], &["xa/b", "a/xb"]);
    }
    #[test]
    fn a_question_mark_is_one_character() {
        check("a?c", &["abc", "aéc"], &["ac", "a/c", "abbc"]);
    }
    #[test]
    fn braces_are_alternatives() {
        check("*.{rs,toml}", &["a.rs", "a.toml"], &["a.md", "a."]);
        check("{a,b{c,d}}x", &["ax", "bcx", "bdx"], &["bx", "abcx"]);
        check("a{,b}", &["a", "ab"], &["abb"]);
        check("/{*,}{*,x}/y", &["/a/y", "//y"], &["/a/b/z"]);
    }
    #[test]
    fn a_backslash_makes_a_character_plain() {
        check(r"a\*b", &["a*b"], &["axb"]);
        check(r"\{a,b\}", &["{a,b}"], &["a"]);
    }
    #[test]
    fn a_name_has_no_parts() {
        assert_eq!(glob_matches("*.example.com", Subject::Name, "a.b.example.com"), Ok(true));
        assert_eq!(glob_matches("mcp__*", Subject::Name, "mcp__a/b"), Ok(true));
        assert_eq!(glob_matches("*.example.com", Subject::Name, "example.com"), Ok(false));
    }
    #[test]
    fn says_what_is_wrong() {
        fn wrong(pattern: &str) -> Option<GlobError> {
            Glob::parse(pattern, Subject::Path).err()
        }
        assert_eq!(wrong(""), Some(GlobError::Empty));
        assert_eq!(wrong("{a"), Some(GlobError::Brace));
        assert_eq!(wrong("a}"), Some(GlobError::Brace));
        assert_eq!(wrong("a\\"), Some(GlobError::Escape));
        assert_eq!(wrong("[a]"), Some(GlobError::Bracket));
        assert_eq!(wrong("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"), Some(GlobError::TooMany));
        assert_eq!(wrong(&alloc::format!("*{}*", "a".repeat(200))), Some(GlobError::TooComplex));
        assert_eq!(wrong(&"a".repeat(MAX_PATTERN + 1)), Some(GlobError::TooLong));
    }
    #[test]
    fn many_stars_cost_no_more_than_one_pass() {
        let pattern = "*a".repeat(50) + "b";
        assert_eq!(glob_matches(&pattern, Subject::Path, &"a".repeat(100_000)), Ok(false));
    }

    /// The same language by backtracking: slow, and short enough to be read.
    fn model(pattern: &[char], text: &[char], opens: bool) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', '*', '/', rest @ ..] if opens => {
                model(rest, text, true)
                    || (0..text.len()).any(|at| text[at] == '/' && model(rest, &text[at + 1..], true))
            }
            ['/', '*', '*'] if text.is_empty() => true,
            ['*', '*', rest @ ..] => (0..=text.len()).any(|at| model(rest, &text[at..], false)),
            ['*', rest @ ..] => (0..=text.len())
                .take_while(|at| !text[..*at].contains(&'/'))
                .any(|at| model(rest, &text[at..], false)),
            ['?', rest @ ..] => text.first().is_some_and(|c| *c != '/') && model(rest, &text[1..], false),
            [c, rest @ ..] => text.first() == Some(c) && model(rest, &text[1..], *c == '/'),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_the_model(pattern in "([ab/?]|\\*|\\*\\*/|/\\*\\*){1,7}", text in "[ab/]{0,8}") {
            let mut pattern = pattern;
            while pattern.contains("***") {
                pattern = pattern.replace("***", "**");
            }
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(glob_matches(&pattern, Subject::Path, &text), Ok(model(&p, &t, true)), "{} {}", pattern, text);
        }
        #[test]
        fn an_escaped_text_matches_itself(text in "\\PC{1,30}") {
            prop_assert_eq!(glob_matches(&escaped(&text), Subject::Path, &text), Ok(true));
        }
        #[test]
        fn any_text_is_a_glob_or_an_error(pattern in "[ab/*?{},\\\\]{0,40}", text in "[ab/]{0,20}") {
            let _ = glob_matches(&pattern, Subject::Path, &text);
            let _ = glob_matches(&pattern, Subject::Name, &text);
        }
    }
}
