//! Why a text is not a policy, and what is strange about one that is.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::glob::GlobError;

/// Why a text is not a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{at}: {fault}")]
pub struct PolicyError {
    /// The name the caller gave the text.
    pub file: String,
    /// Where it goes wrong.
    pub at: Position,
    /// What is wrong, with the fix where it is known.
    pub fault: Fault,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Characters of the line, counted from 1.
    pub column: u32,
}

/// Finds positions in one text.
#[derive(Debug)]
pub(crate) struct Positions<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Positions<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: core::iter::once(0).chain(ends).collect() }
    }

    /// The line of byte `offset`, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let line = self.lines.partition_point(|start| *start <= offset.min(self.text.len()));
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// The position of byte `offset`; the end of the text when it is shorter.
    pub(crate) fn of(&self, offset: usize) -> Position {
        let line = self.line(offset);
        let start =
            usize::try_from(line).ok().and_then(|line| self.lines.get(line - 1)).copied().unwrap_or(0);
        let on_line = self.text.as_bytes().get(start..offset.min(self.text.len())).unwrap_or(&[]);
        // Bytes that begin a character.
        let column = 1 + on_line.iter().filter(|b| **b & 0xc0 != 0x80).count();
        Position { line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Not TOML.
    #[error("{0}")]
    Toml(String),
    /// A key nobody knows.
    #[error("unknown key `{key}`{}", did_you_mean(.nearest))]
    UnknownKey {
        /// As written.
        key: String,
        /// The valid key that is most like it.
        nearest: Option<&'static str>,
    },
    /// A word nobody knows.
    #[error("unknown {what} `{word}`{}; valid: {valid}", did_you_mean(.nearest))]
    UnknownWord {
        /// Of what it should be one.
        what: &'static str,
        /// As written.
        word: String,
        /// The valid word that is most like it.
        nearest: Option<&'static str>,
        /// All valid words.
        valid: String,
    },
    /// A key that must be there is not.
    #[error("the rule has no `{key}`; {fix}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What to write.
        fix: &'static str,
    },
    /// A value of another type.
    #[error("`{key}` must be {expected}, found {found}")]
    Type {
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A condition that nothing could meet.
    #[error("`{key}` is an empty list, which nothing matches; remove the key to match anything")]
    EmptyList {
        /// The key.
        key: String,
    },
    /// Not a glob.
    #[error("`{glob}`: {why}")]
    Glob {
        /// As written.
        glob: String,
        /// Why not.
        why: GlobError,
    },
    /// A command condition of no words.
    #[error("`{0}` names no program; write for example `git push`")]
    Command(String),
    /// Two rules with one id.
    #[error("the id `{id}` is already used on line {line}; ids stand in records and must differ")]
    DuplicateId {
        /// The id.
        id: String,
        /// The line of the first rule.
        line: u32,
    },
    /// An id that cannot be one.
    #[error("`{0}` is not an id: 1 to 64 of `a`-`z`, `A`-`Z`, `0`-`9`, `-`, `_`, `.`")]
    Id(String),
    /// A reason that is too long or spans lines.
    #[error("a reason has at most {MAX_REASON} bytes on one line without control characters")]
    Reason,
    /// A rule that would be milder to what is scored worse.
    #[error(
        "an `allow` rule cannot have `tier_at_least`: it would be milder to what is scored worse; remove the key, the tier's own floor still holds"
    )]
    AllowWithTier,
    /// More rules than the limit.
    #[error("more than {MAX_RULES} rules; use globs and lists to say the same with fewer")]
    TooManyRules,
    /// Longer than the limit.
    #[error("a policy has at most {MAX_TEXT} bytes, this one has {0}")]
    TooLong(usize),
    /// More patterns than the limit.
    #[error(
        "the conditions of all rules together have more than {MAX_PATTERNS} patterns; use fewer braces and shorter lists"
    )]
    TooManyPatterns,
}

/// Longest policy text, in bytes.
pub const MAX_TEXT: usize = 4 << 20;
/// Most rules in a policy.
pub const MAX_RULES: usize = 10_000;
/// Most patterns in a policy, braces resolved.
pub const MAX_PATTERNS: usize = 100_000;
/// Longest reason of a rule, in bytes.
pub const MAX_REASON: usize = 500;

/// Something about a policy that its author should know and that does not stop it from working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The name the caller gave the text.
    pub file: String,
    /// Where the rule stands.
    pub at: Position,
    /// The rule's id.
    pub rule: String,
    /// What is strange.
    pub what: Oddity,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: rule `{}` {}", self.file, self.at, self.rule, self.what)
    }
}

/// What is strange about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Oddity {
    /// No effect has a resource that meets all its conditions.
    #[error("can never match: an effect has one resource, and no kind of resource meets all its conditions")]
    NeverMatches,
    /// A hold from `tier3` on, or the like, says what the tier says anyway.
    #[error("changes nothing: from that tier on calls are stopped in any case")]
    TierSaysSo,
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map(|word| alloc::format!(", did you mean `{word}`?")).unwrap_or_default()
}

/// The word that is most like `word`, when one is like it at all.
pub(crate) fn nearest(word: &str, valid: &[&'static str]) -> Option<&'static str> {
    let limit = (word.chars().count() / 3).max(1) + 1;
    valid
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many characters must be put in, taken out or changed (Levenshtein), with long words cut.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(40).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, y) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(x != *y)).min(*slot + 1).min(left + 1);
            diagonal = core::mem::replace(slot, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (a, b, expect) in
            [("", "", 0), ("kitten", "sitting", 3), ("abc", "", 3), ("", "ab", 2), ("tol", "tool", 1)]
        {
            assert_eq!(distance(a, b), expect, "{a} {b}");
        }
    }
    #[test]
    fn names_the_nearest_word_or_none() {
        assert_eq!(nearest("efect", &["effect", "id", "reason"]), Some("effect"));
        assert_eq!(nearest("colour", &["effect", "id", "reason"]), None);
    }
    #[test]
    fn counts_lines_and_characters() {
        assert_eq!(Positions::new("aé\nüb").of(6), Position { line: 2, column: 2 });
        assert_eq!(Positions::new("a").of(99), Position { line: 1, column: 2 });
    }
}
