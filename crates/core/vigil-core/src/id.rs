//! Identities. One type each, one spelling each.

use alloc::string::String;
use core::fmt;

/// The identity of one request and its reply: 128 bits, spelled as a ULID (26 characters of Crockford base 32).
///
/// It is also the `id` of the exchange's `interaction` record (`voaf.md` §3), so that a decision can name the
/// exchange before the exchange has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(u128);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl ExchangeId {
    /// Makes an id from milliseconds since 1970 (48 bits are used) and 80 random bits (the upper bits are ignored).
    pub const fn new(unix_millis: u64, random: u128) -> Self {
        let time = (unix_millis as u128 & 0xffff_ffff_ffff) << 80;
        Self(time | (random & ((1 << 80) - 1)))
    }

    /// Parses 26 characters of Crockford base 32 in capitals. There is no other spelling of an id.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bytes = text.as_bytes();
        if bytes.len() != 26 {
            return Err(IdError::Length { expected: 26, found: bytes.len() });
        }
        let mut value: u128 = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let digit = CROCKFORD.iter().position(|&c| c == byte).ok_or(IdError::Character(byte))?;
            if at == 0 && digit > 7 {
                return Err(IdError::Character(byte));
            }
            value = value << 5 | digit as u128;
        }
        Ok(Self(value))
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        let mut rest = self.0;
        for slot in text.iter_mut().rev() {
            *slot = CROCKFORD.get((rest & 31) as usize).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        f.write_str(core::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which call of a reply, counted from 0 in the order in which the reply holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallNumber(pub u32);

/// The identity of one held call as a person sees it: `<exchange>-<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId {
    /// The exchange whose reply holds the call.
    pub exchange: ExchangeId,
    /// Which call of the reply.
    pub call: CallNumber,
}

impl HoldId {
    /// Parses `<26 characters>-<decimal>`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (exchange, call) = text.split_once('-').ok_or(IdError::NoCallNumber)?;
        let number: u32 = call.parse().map_err(|_| IdError::NoCallNumber)?;
        let id = Self { exchange: ExchangeId::parse(exchange)?, call: CallNumber(number) };
        // `+1` and `01` parse as numbers, but an id has one spelling.
        if alloc::format!("{number}") == call { Ok(id) } else { Err(IdError::NoCallNumber) }
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.exchange, self.call.0)
    }
}

/// Exchanges of one agent in one conversation: the conversation id of the wire when there is one, else agent and a
/// 30-minute idle window. The text is a digest or the wire's id; it is compared, never parsed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub String);

/// Which policy and which authority a message was produced under. Both grow by one with each change, so that one
/// decision can never mix two policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation {
    /// Counts the policies loaded since start.
    pub policy: u32,
    /// Counts the authority views received since start.
    pub authority: u32,
}

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// A character outside Crockford base 32, or a first digit above 7.
    #[error("byte 0x{0:02x} does not belong in an id")]
    Character(u8),
    /// Not the length an id has.
    #[error("expected {expected} characters, found {found}")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A hold id without `-<number>` at its end.
    #[error("expected `<exchange>-<number>`")]
    NoCallNumber,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_exchange_id_prints_back(millis in any::<u64>(), random in any::<u128>()) {
            let id = ExchangeId::new(millis, random);
            prop_assert_eq!(ExchangeId::parse(&id.to_string()), Ok(id));
        }

        #[test]
        fn a_hold_id_has_one_spelling(text in "[0-7][0-9A-HJKMNP-TV-Z]{25}-[0-9+]{1,4}") {
            if let Ok(id) = HoldId::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn refuses_a_lower_case_id() {
        assert_eq!(ExchangeId::parse("01jq000000000000000000000b"), Err(IdError::Character(b'j')));
    }
}
