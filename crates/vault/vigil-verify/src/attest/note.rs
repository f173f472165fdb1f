//! The text form of a checkpoint (spec 13.4) and of witness keys (13.5).

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::encoding::{base64, base64_array};
use super::key::public_key;

/// A signed note whose text is a checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note<'a> {
    /// The signed text: three lines with their ends.
    pub(crate) text: &'a str,
    pub(crate) origin: &'a str,
    /// The size as it is written; any number of digits.
    pub(crate) size: &'a str,
    pub(crate) root: [u8; 32],
    pub(crate) lines: Vec<Line<'a>>,
}

/// A signature line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) key_id: [u8; 4],
    pub(crate) payload: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Reads the one form there is; `None` for anything else.
    pub(crate) fn parse(note: &'a str) -> Option<Self> {
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return None;
        }
        let split = note.rfind("\n\n")? + 1;
        let (text, rest) = note.split_at_checked(split)?;
        let signatures = rest.strip_prefix('\n')?.strip_suffix('\n')?;
        if signatures.split('\n').count() > MAX_LINES {
            return None;
        }
        let lines = signatures.split('\n').map(Line::parse).collect::<Option<Vec<_>>>()?;
        let mut texts = text.strip_suffix('\n')?.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (texts.next(), texts.next(), texts.next(), texts.next())
        else {
            return None;
        };
        let digits = size == "0" || !size.starts_with('0') && !size.is_empty();
        if origin.is_empty() || !digits || !size.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { text, origin, size, root: base64_array(root.as_bytes())?, lines })
    }
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        if !is_name(name) {
            return None;
        }
        let bytes = base64(encoded.as_bytes())?;
        let (key_id, payload) = bytes.split_first_chunk::<4>()?;
        (!payload.is_empty()).then(|| Self { name, key_id: *key_id, payload: payload.to_vec() })
    }
}

/// A key's name in notes: not empty, no `+`, no white space.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace())
}

/// The four bytes by which a note line names its key.
pub(crate) fn note_key_id(name: &str, algorithm: u8, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new_with_prefix(name)
        .chain_update([b'\n', algorithm])
        .chain_update(key.as_bytes())
        .finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

/// The algorithm byte of Ed25519 signatures on notes.
pub(crate) const ED25519: u8 = 1;
/// The algorithm byte of witness cosignatures.
const COSIGNATURE: u8 = 4;
const MAX_LINES: usize = 64;

/// Whether `payload` is the Ed25519 signature of `text`.
pub(crate) fn signs(key: &VerifyingKey, payload: &[u8], text: &str) -> bool {
    Signature::from_slice(payload)
        .is_ok_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok())
}

/// A witness the caller named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Witness {
    pub(crate) name: String,
    pub(crate) key_id: [u8; 4],
    key: VerifyingKey,
}

impl Witness {
    /// Reads a verifier key: `name+8hex+base64(04 ‖ key)`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, id, encoded) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes: [u8; 33] = base64_array(encoded.as_bytes())?;
        let (algorithm, public) = bytes.split_first()?;
        let key = public_key(public.try_into().ok()?)?;
        let key_id = note_key_id(name, COSIGNATURE, &key);
        let spelled: String = key_id.iter().map(|byte| format!("{byte:02x}")).collect();
        (is_name(name) && *algorithm == COSIGNATURE && id == spelled).then(|| Self {
            name: name.to_owned(),
            key_id,
            key,
        })
    }

    /// Whether the payload of a line is this witness's cosignature on the note's text.
    pub(crate) fn cosigns(&self, payload: &[u8], text: &str) -> bool {
        let Some((time, signature)) = payload.split_first_chunk::<8>() else { return false };
        let time = u64::from_be_bytes(*time);
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        time < 1 << 63 && signs(&self.key, signature, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "33FYP7YQN/1iWh8R0sdNuq43J8AA/Ph7/hdAAz5PILM=";

    fn note() -> String {
        format!("vigil/b4\n3\n{ROOT}\n\n— vigil/b4 AAAAAAE=\n— other.example AAAAAAE=\n")
    }

    #[test]
    fn a_note_is_three_lines_and_its_signatures() {
        let text = note();
        let parsed = Note::parse(&text).unwrap();
        assert_eq!((parsed.origin, parsed.size, parsed.lines.len()), ("vigil/b4", "3", 2));
        assert_eq!(parsed.text, format!("vigil/b4\n3\n{ROOT}\n"));
        assert!(Note::parse(&note().replace("\n3\n", &format!("\n{}\n", "9".repeat(40)))).is_some());
    }

    #[test]
    fn no_other_form_is_a_note() {
        let dash = "— other.example AAAAAAE=\n";
        for broken in [
            note().replace("\n\n", "\n"),
            note().replace("\n3\n", "\n03\n"),
            note().replace("\n3\n", "\n\n"),
            note().replace("\n3\n", "\n3\r\n"),
            note().replace(ROOT, "33FY"),
            note().replace("\n\n", "\nextension\n\n"),
            note().replace("vigil/b4\n", "\n"),
            note().replace("— o", "- o"),
            note().replace("AAAAAAE=", "AAAAAA=="),
            note().replace("AAAAAAE=", "AAAAAAF="),
            note().replace("other.example", "oth+er"),
            note().replace("other.example", "oth\u{a0}er"),
            note().replace("other.example ", "other.example  "),
            note().trim_end().to_owned(),
            note() + "\n",
            note() + &dash.repeat(63),
            format!("vigil/b4\n3\n{ROOT}\n\n"),
            String::new(),
        ] {
            assert_eq!(Note::parse(&broken), None, "{broken:?}");
        }
        assert!(Note::parse(&(note() + &dash.repeat(62))).is_some());
    }

    #[test]
    fn a_witness_key_carries_its_own_check() {
        let vkey = "witness.example/w1+34be77dd+BLQknBVShsJeQVtSabpxiBvzAmd2QOi+0pTZpMpw7jJN";
        assert!(Witness::parse(vkey).is_some());
        for broken in [
            vkey.replace("34be", "34bf"),
            vkey.replace("+BL", "+AL"),
            vkey.replace("w1", "w 1"),
            String::new(),
        ] {
            assert!(Witness::parse(&broken).is_none(), "{broken}");
        }
    }
}
