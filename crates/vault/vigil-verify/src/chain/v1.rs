//! Documents of version 1.0: linkage only (spec 12.8).

use sha2::{Digest, Sha256};

use crate::code::{Code, Codes};
use crate::json::Malformed;
use crate::json::list::Batch;
use crate::json::text::Text;
use crate::json::token::{Token, Tokens};
use crate::record::line::Mark;
use crate::report::MAX_DETAILS;

use super::super::document::version::{Major, major};

/// Which 1.0 layout the entries stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The document is the array.
    Array,
    /// The array is the member `interactions`.
    Object,
}

/// What one entry gave.
#[derive(Debug)]
pub(crate) struct Entry {
    duplicate: bool,
    /// An object whose `voaf` declares 1.x.
    declares_v1: bool,
    /// It has a member that only 2.x records have.
    like_v2: bool,
    well_formed: bool,
    prev: Option<Mark>,
    /// What the next entry's `prev_hash` must be.
    hash: Option<Mark>,
}

/// What all entries gave.
#[derive(Debug)]
pub(crate) struct Linkage {
    layout: Layout,
    pub(crate) duplicate: bool,
    pub(crate) count: u64,
    pub(crate) all_declare_v1: bool,
    pub(crate) like_v2: bool,
    pub(crate) codes: Codes,
    pub(crate) found: u64,
    pub(crate) details: Vec<(Code, u64)>,
    pub(crate) break_index: Option<u64>,
    /// What the next entry must point to; `None` when it is not compared.
    wanted: Option<Mark>,
}

impl Linkage {
    pub(crate) fn new(layout: Layout) -> Self {
        let root = Mark::of_bytes(&[b"sha256:".as_slice(), &[b'0'; 64]].concat());
        Self {
            layout,
            duplicate: false,
            count: 0,
            all_declare_v1: true,
            like_v2: false,
            codes: Codes::default(),
            found: 0,
            details: Vec::new(),
            break_index: None,
            wanted: (layout == Layout::Array).then_some(root),
        }
    }

    /// Adds the next entry.
    pub(crate) fn add(&mut self, entry: &Entry) {
        if !entry.well_formed {
            self.finding(Code::V1MalformedEntry);
        }
        if self.wanted.is_some() && entry.prev.is_some() && entry.prev != self.wanted {
            self.finding(Code::V1LinkBreak);
        }
        self.wanted = entry.hash.filter(|_| entry.well_formed);
        self.duplicate |= entry.duplicate;
        self.all_declare_v1 &= entry.declares_v1;
        self.like_v2 |= entry.like_v2;
        self.count += 1;
    }

    fn finding(&mut self, code: Code) {
        self.codes.insert(code);
        self.found += 1;
        if self.details.len() < MAX_DETAILS {
            self.details.push((code, self.count));
        }
        self.break_index.get_or_insert(self.count);
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }
}

/// Reads the entries of a batch.
pub(crate) fn read(batch: &Batch, layout: Layout) -> Result<Vec<Entry>, Malformed> {
    batch.iter().map(|(_, text)| entry(text, layout)).collect()
}

fn entry(text: &[u8], layout: Layout) -> Result<Entry, Malformed> {
    let depth = if layout == Layout::Array { 1 } else { 2 };
    let mut tokens = Tokens::new(text, depth)?;
    let mut entry = Entry {
        duplicate: false,
        declares_v1: false,
        like_v2: false,
        well_formed: false,
        prev: None,
        hash: None,
    };
    if matches!(tokens.next()?, Some(Token::ObjectStart)) {
        while let Some(Token::Name(name)) = tokens.next()? {
            entry.like_v2 |= ["event_kind", "seq", "timestamp_us"].iter().any(|other| name.is(other));
            match tokens.next()? {
                Some(Token::String(value)) if name.is("prev_hash") => entry.prev = Mark::of(value),
                Some(Token::String(value)) if name.is("hash") && layout == Layout::Object => {
                    entry.hash = Mark::of(value);
                }
                Some(Token::String(value)) if name.is("voaf") => {
                    entry.declares_v1 = major(value) == Some(Major::One);
                }
                Some(Token::ObjectStart | Token::ArrayStart) => drop(tokens.skip_open()?),
                _ => {}
            }
        }
    }
    tokens.finish()?;
    entry.duplicate = tokens.duplicate();
    if layout == Layout::Array {
        entry.hash = canonical(text).map(|bytes| {
            let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            Mark::of_bytes(format!("sha256:{hex}").as_bytes())
        });
    }
    entry.well_formed = entry.prev.is_some() && entry.hash.is_some();
    Ok(entry)
}

/// The canonical form of a value; `None` when it has an ill-formed string.
fn canonical(text: &[u8]) -> Option<Vec<u8>> {
    let mut tokens = Tokens::of_checked(text, 0);
    let mut out = Vec::with_capacity(text.len());
    let mut open: Vec<Option<Vec<WrittenMember>>> = Vec::new();
    let mut after_name = false;
    while let Ok(Some(token)) = tokens.next() {
        let opens = matches!(token, Token::Name(_) | Token::ObjectEnd | Token::ArrayEnd);
        if !opens && !after_name && matches!(open.last(), Some(None)) && out.last() != Some(&b'[') {
            out.push(b',');
        }
        after_name = matches!(token, Token::Name(_));
        match token {
            Token::ObjectStart => {
                out.push(b'{');
                open.push(Some(Vec::new()));
            }
            Token::ArrayStart => {
                out.push(b'[');
                open.push(None);
            }
            Token::Name(name) => {
                let units = name.utf8()?.into_owned();
                if let Some(Some(members)) = open.last_mut() {
                    members.push((units, out.len()));
                }
                quote(name, &mut out)?;
                out.push(b':');
            }
            Token::ObjectEnd => {
                if let Some(Some(members)) = open.pop() {
                    sort_members(members, &mut out);
                }
                out.push(b'}');
            }
            Token::ArrayEnd => {
                open.pop();
                out.push(b']');
            }
            Token::String(value) => quote(value, &mut out)?,
            Token::Number(literal) => out.extend_from_slice(literal),
            Token::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Token::Null => out.extend_from_slice(b"null"),
        }
    }
    Some(out)
}

/// A member of an open object: its name, and where its text starts.
type WrittenMember = (Vec<u8>, usize);

/// Puts the members of the object that ends at the end of `out` in the order of their names. The order of UTF-8
/// bytes is that of code points.
fn sort_members(members: Vec<WrittenMember>, out: &mut Vec<u8>) {
    let Some(start) = members.first().map(|(_, start)| *start) else { return };
    let written = out.split_off(start);
    let ends = members.iter().skip(1).map(|(_, start)| *start).chain([start + written.len()]);
    let mut pieces: Vec<_> = members
        .iter()
        .zip(ends)
        .map(|((name, from), to)| (name, written.get(from - start..to - start).unwrap_or_default()))
        .collect();
    pieces.sort_by(|a, b| a.0.cmp(b.0));
    for (number, (_, piece)) in pieces.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(piece);
    }
}

fn quote(text: Text<'_>, out: &mut Vec<u8>) -> Option<()> {
    out.push(b'"');
    for byte in text.utf8()?.iter() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        assert_eq!(String::from_utf8(canonical(text.as_bytes()).unwrap()).unwrap(), wanted);
    }

    #[test]
    fn canonical_text_has_sorted_names_and_no_space() {
        check(
            r#" { "b" : [ 1 , {"z":1.50,"a":[]} , "x" ] , "a" : { } } "#,
            r#"{"a":{},"b":[1,{"a":[],"z":1.50},"x"]}"#,
        );
        check(r#"{"\ud83d\ude00":1,"\uffff":2,"a":[[],[[]]]}"#, "{\"a\":[[],[[]]],\"\u{ffff}\":2,\"😀\":1}");
    }

    #[test]
    fn canonical_strings_escape_only_what_they_must() {
        check(r#""\u0041\/\u00e9\u001f\u0008\"\\\t\u007f""#, "\"A/é\\u001f\\b\\\"\\\\\\t\u{7f}\"");
        check(r#"["[",[",",1],"["]"#, r#"["[",[",",1],"["]"#);
        assert!(canonical(br#"{"a":["\ud800"]}"#).is_none());
    }
}
