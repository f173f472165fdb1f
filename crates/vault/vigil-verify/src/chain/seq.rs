//! Positions in the chain. The format sets no bound to them, so they compare and step as text when they must.

use std::cmp::Ordering;

/// A readable `seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seq {
    Small(i64),
    Big(BigSeq),
}

/// A `seq` outside the range of i64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BigSeq {
    pub(crate) negative: bool,
    digits: Vec<u8>,
}

impl Seq {
    /// Reads a literal that matches `0|-?[1-9][0-9]*`.
    pub(crate) fn of(literal: &[u8]) -> Self {
        if let Some(small) = std::str::from_utf8(literal).ok().and_then(|text| text.parse().ok()) {
            return Self::Small(small);
        }
        let (negative, digits) = match literal {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        Self::Big(BigSeq { negative, digits: digits.to_vec() })
    }

    /// Whether `next` is this position plus one.
    pub(crate) fn precedes(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Small(a), Self::Small(b)) => a.checked_add(1) == Some(*b),
            _ => self.successor() == next.text(),
        }
    }

    /// Bytes held outside the value itself.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Small(_) => 0,
            Self::Big(big) => big.digits.len(),
        }
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Self::Small(small) => small.to_string().into_bytes(),
            Self::Big(big) => [if big.negative { &b"-"[..] } else { b"" }, &big.digits].concat(),
        }
    }

    fn successor(&self) -> Vec<u8> {
        match self {
            Self::Small(small) => (i128::from(*small) + 1).to_string().into_bytes(),
            Self::Big(big) => {
                let mut digits = big.digits.clone();
                // Up: nines turn to zero until a digit can grow. Down: zeros turn to nine until one can shrink.
                let (over, turned) = if big.negative { (b'0', b'9') } else { (b'9', b'0') };
                let mut carried = true;
                for digit in digits.iter_mut().rev() {
                    if *digit != over {
                        *digit = if big.negative { *digit - 1 } else { *digit + 1 };
                        carried = false;
                        break;
                    }
                    *digit = turned;
                }
                if carried {
                    digits.insert(0, b'1');
                }
                if big.negative {
                    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
                    digits.drain(..zeros);
                    digits.insert(0, b'-');
                }
                digits
            }
        }
    }
}

impl Ord for BigSeq {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude =
            self.digits.len().cmp(&other.digits.len()).then_with(|| self.digits.cmp(&other.digits));
        match (self.negative, other.negative) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (mine, others) => others.cmp(&mine),
        }
    }
}

impl PartialOrd for BigSeq {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_one_are_seen_at_any_size() {
        for (a, b, step) in [
            ("0", "1", true),
            ("-1", "0", true),
            ("0", "2", false),
            ("9223372036854775807", "9223372036854775808", true),
            ("-9223372036854775809", "-9223372036854775808", true),
            ("99999999999999999999", "100000000000000000000", true),
            ("-100000000000000000000", "-99999999999999999999", true),
            ("-100000000000000000000", "100000000000000000000", false),
            ("100000000000000000000", "100000000000000000002", false),
        ] {
            assert_eq!(Seq::of(a.as_bytes()).precedes(&Seq::of(b.as_bytes())), step, "{a} {b}");
        }
    }

    #[test]
    fn big_positions_are_in_numerical_order() {
        let big = |text: &str| match Seq::of(text.as_bytes()) {
            Seq::Big(big) => big,
            Seq::Small(_) => panic!("{text} is small"),
        };
        let sorted = [
            "-100000000000000000000",
            "-10000000000000000001",
            "-10000000000000000000",
            "10000000000000000000",
            "20000000000000000000",
            "100000000000000000000",
        ];
        assert!(sorted.map(big).is_sorted());
    }
}
