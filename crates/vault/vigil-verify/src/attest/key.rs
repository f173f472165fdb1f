//! The list of keys (spec 13.1).

use std::collections::HashMap;

use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use crate::code::{Code, Codes};
use crate::json::Malformed;
use crate::json::token::{Token, Tokens};

use super::encoding::{base64_array, integer, string};

/// A listed key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) verifying: VerifyingKey,
    pub(crate) from_seq: u64,
    /// Named by `--trust-key`.
    pub(crate) pinned: bool,
}

/// All listed keys in ascending `from_seq`; empty when the list is bad or absent.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    list: Vec<Key>,
    by_tag: HashMap<[u8; 32], usize>,
    pub(crate) codes: Codes,
}

/// Stands for a key id in rows of fixed size, whatever its text.
pub(crate) fn tag(key_id: &[u8]) -> [u8; 32] {
    Sha256::digest(key_id).into()
}

/// The id a public key has: `vk1-` and half of a digest in hex.
pub(crate) fn key_id(public: &[u8; 32]) -> String {
    let digest = Sha256::new_with_prefix(b"vigil-key/v1\n").chain_update(public).finalize();
    digest.iter().take(16).fold(String::from("vk1-"), |id, byte| id + &format!("{byte:02x}"))
}

/// A public key in its canonical encoding that is not of small order.
pub(crate) fn public_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(bytes).ok()?;
    let canonical = key.to_edwards().compress().to_bytes() == *bytes;
    (canonical && !key.is_weak()).then_some(key)
}

impl Keys {
    /// Reads the member's value, which is not null.
    pub(crate) fn read(text: &[u8], pinned: &[String]) -> Result<Self, Malformed> {
        let mut tokens = Tokens::of_checked(text, 1);
        let mut keys = Self::default();
        if !matches!(tokens.next()?, Some(Token::ArrayStart)) {
            keys.codes.insert(Code::KeyMalformed);
            return Ok(keys);
        }
        while let Some(token) = tokens.next()? {
            match token {
                Token::ArrayEnd => break,
                Token::ObjectStart => match Entry::read(&mut tokens)?.key() {
                    Ok(key) => keys.list.push(Key { pinned: pinned.contains(&key.id), ..key }),
                    Err(code) => keys.codes.insert(code),
                },
                other => {
                    if let Token::ArrayStart = other {
                        tokens.skip_open()?;
                    }
                    keys.codes.insert(Code::KeyMalformed);
                }
            }
        }
        if keys.codes.is_empty() {
            keys.by_tag =
                keys.list.iter().enumerate().map(|(at, key)| (tag(key.id.as_bytes()), at)).collect();
            let ascending = keys.list.is_sorted_by(|a, b| a.from_seq < b.from_seq);
            if !ascending || keys.by_tag.len() != keys.list.len() {
                keys.codes.insert(Code::KeyOrder);
            }
        }
        if !keys.codes.is_empty() {
            keys = Self { codes: keys.codes, ..Self::default() };
        }
        Ok(keys)
    }

    pub(crate) fn list(&self) -> &[Key] {
        &self.list
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Key> {
        self.list.get(at)
    }

    pub(crate) fn find(&self, tag: &[u8; 32]) -> Option<usize> {
        self.by_tag.get(tag).copied()
    }

    /// The key in force at `seq`.
    pub(crate) fn in_force(&self, seq: u64) -> Option<usize> {
        self.list.partition_point(|key| key.from_seq <= seq).checked_sub(1)
    }

    /// The entry, other than the first, that begins with `from_seq`.
    pub(crate) fn beginning_at(&self, from_seq: u64) -> Option<usize> {
        self.list.binary_search_by_key(&from_seq, |key| key.from_seq).ok().filter(|at| *at > 0)
    }
}

/// An entry before it is judged: values of the right type, and whether anything else was there.
#[derive(Debug, Default)]
struct Entry {
    id: Option<Vec<u8>>,
    alg: Option<Vec<u8>>,
    public: Option<Vec<u8>>,
    from_seq: Option<u64>,
    other: bool,
}

impl Entry {
    /// Reads an object whose start was read.
    fn read(tokens: &mut Tokens<'_>) -> Result<Self, Malformed> {
        let mut entry = Self::default();
        while let Some(Token::Name(name)) = tokens.next()? {
            match tokens.next()?.ok_or(Malformed)? {
                Token::String(text) if name.is("key_id") => entry.id = string(text),
                Token::String(text) if name.is("alg") => entry.alg = string(text),
                Token::String(text) if name.is("public_key") => entry.public = string(text),
                Token::Number(literal) if name.is("from_seq") => entry.from_seq = integer(literal),
                Token::ObjectStart | Token::ArrayStart => {
                    tokens.skip_open()?;
                    entry.other = true;
                }
                _ => entry.other = true,
            }
        }
        Ok(entry)
    }

    fn key(self) -> Result<Key, Code> {
        let (Some(id), Some(b"ed25519"), Some(public), Some(from_seq), false) =
            (self.id, self.alg.as_deref(), self.public, self.from_seq, self.other)
        else {
            return Err(Code::KeyMalformed);
        };
        let bytes = base64_array(&public).ok_or(Code::KeyMalformed)?;
        let verifying = public_key(&bytes).ok_or(Code::KeyMalformed)?;
        let computed = key_id(&bytes);
        if id != computed.as_bytes() {
            return Err(Code::KeyIdMismatch);
        }
        Ok(Key { id: computed, verifying, from_seq, pinned: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_prove_nothing_are_refused() {
        // y = 1 (the identity), y = 1 with a sign bit (negative zero), y = p + 1, a point of order 4.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut negative_zero = identity;
        negative_zero[31] = 0x80;
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xee;
        unreduced[31] = 0x7f;
        for bytes in [identity, negative_zero, unreduced, [0; 32]] {
            assert!(public_key(&bytes).is_none(), "{bytes:?}");
        }
        let good = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        assert!(public_key(good.as_bytes()).is_some());
    }
}
