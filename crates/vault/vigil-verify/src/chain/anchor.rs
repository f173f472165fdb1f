//! The anchor a document carries (spec 12.6).

use crate::json::Malformed;
use crate::json::text::Text;
use crate::json::token::{Token, Tokens};
use crate::record::line::Mark;

/// The member `anchor`, as far as it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Anchor {
    #[default]
    Absent,
    Null,
    Unreadable,
    Counts {
        count: Count,
        head: Head,
    },
}

/// A non-negative integer in any notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Exact(u64),
    /// More than any document has records.
    Huge,
}

/// The anchor's `head_hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    NotAString,
    /// A string; an ill-formed one equals nothing.
    String(Option<Mark>),
}

/// What the document shows about the end of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// The anchor counts every record and names the last one.
    Anchored,
    /// This many records came after the anchor.
    Unanchored(u64),
    /// The anchor counts records, but its head could not be compared.
    Unchecked,
    /// A cut tail cannot be seen in this document.
    Undetectable,
}

impl Anchor {
    /// Reads the member's value.
    pub(crate) fn of(text: &[u8]) -> Result<Self, Malformed> {
        let mut tokens = Tokens::of_checked(text, 1);
        match tokens.next()? {
            Some(Token::ObjectStart) => {}
            Some(Token::Null) => return Ok(Self::Null),
            _ => return Ok(Self::Unreadable),
        }
        let mut count = None;
        let mut head = Head::NotAString;
        while let Some(Token::Name(name)) = tokens.next()? {
            match (tokens.next()?, Member::of(name)) {
                (Some(Token::Number(literal)), Member::EntryCount) => count = Count::of(literal),
                (Some(Token::String(text)), Member::HeadHash) => head = Head::String(Mark::of(text)),
                (Some(Token::ObjectStart | Token::ArrayStart), _) => drop(tokens.skip_open()?),
                _ => {}
            }
        }
        Ok(count.map_or(Self::Unreadable, |count| Self::Counts { count, head }))
    }
}

enum Member {
    EntryCount,
    HeadHash,
    Other,
}

impl Member {
    fn of(name: Text<'_>) -> Self {
        if name.is("entry_count") {
            Self::EntryCount
        } else if name.is("head_hash") {
            Self::HeadHash
        } else {
            Self::Other
        }
    }
}

impl Count {
    /// The exact value of a JSON number; `None` when it is not a non-negative integer. The exponent is never
    /// carried out.
    pub(crate) fn of(literal: &[u8]) -> Option<Self> {
        let (negative, unsigned) = match literal {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (mantissa, exponent) = match unsigned.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (unsigned.get(..at)?, saturating(unsigned.get(at + 1..)?)),
            None => (unsigned, 0),
        };
        let fraction = mantissa.iter().rev().position(|b| *b == b'.').unwrap_or(0);
        let digits = || mantissa.iter().copied().filter(|b| *b != b'.');
        let zeros = digits().rev().take_while(|b| *b == b'0').count();
        let count = digits().count();
        if zeros == count {
            return Some(Self::Exact(0));
        }
        // The value is `significant` × 10^`power`, and the last digit of `significant` is not zero.
        let power = exponent.saturating_sub(i64::try_from(fraction).ok()?);
        let power = power.saturating_add(i64::try_from(zeros).ok()?);
        if negative || power < 0 {
            return None;
        }
        let significant = digits().take(count - zeros).skip_while(|b| *b == b'0');
        let mut value = 0_u64;
        for digit in significant.chain((0..power.min(20)).map(|_| b'0')) {
            match value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0'))) {
                Some(more) => value = more,
                None => return Some(Self::Huge),
            }
        }
        Some(Self::Exact(value))
    }
}

/// An exponent, with its sign; beyond any length of text it does not matter how far.
fn saturating(exponent: &[u8]) -> i64 {
    let (negative, digits) = match exponent {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let magnitude = digits.iter().fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit.saturating_sub(b'0'))).min(1 << 60)
    });
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_by_value_in_any_notation() {
        for (literal, value) in [
            ("13", 13),
            ("13.0", 13),
            ("1.3e1", 13),
            ("1.30E+01", 13),
            ("130e-1", 13),
            ("0.0013e4", 13),
            ("-0", 0),
            ("0e5", 0),
            ("-0.0e-99999999999999999999", 0),
            ("0e99999999999999999999", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(Count::of(literal.as_bytes()), Some(Count::Exact(value)), "{literal}");
        }
        for literal in ["18446744073709551616", "1e400", "1E+99999999999999999999", "1e999999999"] {
            assert_eq!(Count::of(literal.as_bytes()), Some(Count::Huge), "{literal}");
        }
        for literal in ["2.5", "-1", "1e-9", "-1e5", "12.50001e4", "1e-99999999999999999999"] {
            assert_eq!(Count::of(literal.as_bytes()), None, "{literal}");
        }
    }

    #[test]
    fn only_an_object_with_a_count_is_an_anchor() {
        let read = |text: &str| Anchor::of(text.as_bytes()).unwrap();
        assert_eq!(read("null"), Anchor::Null);
        for text in [
            "[]",
            "3",
            "{}",
            r#"{"unreadable":true}"#,
            r#"{"entry_count":"3"}"#,
            r#"{"x":{"entry_count":3}}"#,
        ] {
            assert_eq!(read(text), Anchor::Unreadable, "{text}");
        }
        assert_eq!(
            read(r#"{"x":[1,{}],"head_hash":5,"entry\u005fcount":3}"#),
            Anchor::Counts { count: Count::Exact(3), head: Head::NotAString }
        );
    }
}
