//! Rules 1 to 3 of spec 12.5: from a record's text to its findings and its line.

use std::borrow::Cow;

use crate::code::{Code, Codes};
use crate::json::Malformed;
use crate::json::text::Text;
use crate::json::token::{Token, Tokens};

use super::line::{Bond, Line, Mark, hex32};
use super::preimage::{MAX_BYTES, MAX_ELEMENTS, Preimage};
use super::table::{ENVELOPE, Field, FieldType, HASH, Kind};

/// What reading one record gave.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Whether some object in it has a name twice.
    pub(crate) duplicate: bool,
    pub(crate) codes: Codes,
    /// The `seq` literal, when readable; otherwise the record is outside the walk.
    pub(crate) seq: Option<Vec<u8>>,
    pub(crate) line: Line,
    /// Verdict and decision of a gate record without findings.
    pub(crate) gate: Option<(Vec<u8>, Vec<u8>)>,
    /// How many findings.
    pub(crate) found: u64,
    /// The first findings with the member they are about.
    pub(crate) details: Vec<(Code, Vec<u8>)>,
}

/// Reads records one after the other, keeping its buffers.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    preimage: Preimage,
}

/// A member's value, as far as a record's rules look into it.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    String(Text<'a>),
    Number(&'a [u8]),
    Bool(bool),
    Null,
    Array(&'a [u8]),
    Object,
}

impl Decoder {
    /// Reads the record in `text`, the element at `position` of the array.
    pub(crate) fn decode(&mut self, text: &[u8], position: u64) -> Result<Decoded, Malformed> {
        // Around a record: the document and the array of records.
        let mut tokens = Tokens::new(text, 2)?;
        let Some(members) = members(&mut tokens)? else {
            let mut reading = Reading::new(&[], &mut self.preimage);
            reading.found(Code::WrongType, b"");
            return Ok(reading.end(tokens.duplicate(), position, None));
        };
        let mut reading = Reading::new(&members, &mut self.preimage);
        let kind = reading.envelope();
        if let Some(Some(kind)) = kind {
            reading.kind_fields(kind);
        }
        Ok(reading.end(tokens.duplicate(), position, kind))
    }
}

/// The members of the record; `None` when it is not an object.
fn members<'a>(tokens: &mut Tokens<'a>) -> Result<Option<Vec<(Text<'a>, Value<'a>)>>, Malformed> {
    if !matches!(tokens.next()?, Some(Token::ObjectStart)) {
        tokens.finish()?;
        return Ok(None);
    }
    let mut members = Vec::with_capacity(40);
    while let Some(Token::Name(name)) = tokens.next()? {
        let value = match tokens.next()?.ok_or(Malformed)? {
            Token::String(text) => Value::String(text),
            Token::Number(literal) => Value::Number(literal),
            Token::Bool(value) => Value::Bool(value),
            Token::Null => Value::Null,
            Token::ArrayStart => Value::Array(tokens.skip_open()?),
            Token::ObjectStart => {
                tokens.skip_open()?;
                Value::Object
            }
            Token::ObjectEnd | Token::ArrayEnd | Token::Name(_) => return Err(Malformed),
        };
        members.push((name, value));
    }
    tokens.finish()?;
    Ok(Some(members))
}

/// The state of reading one record: looks members up, collects findings, builds the preimage as it goes.
struct Reading<'a, 'b> {
    members: &'b [(Text<'a>, Value<'a>)],
    preimage: &'b mut Preimage,
    /// Members in table order are found at once: the search starts behind the one found before.
    next: usize,
    known: usize,
    /// Elements of the array read last.
    elements: usize,
    codes: Codes,
    found: u64,
    details: Vec<(Code, Vec<u8>)>,
    seq: Option<&'a [u8]>,
    prev: Option<Mark>,
    hash: Option<Mark>,
    /// Texts that later steps need: gate pair, gate id, evidence digest, event and reason.
    kept: [Option<Cow<'a, [u8]>>; 2],
    bond_text: Option<Cow<'a, [u8]>>,
}

impl<'a, 'b> Reading<'a, 'b> {
    fn new(members: &'b [(Text<'a>, Value<'a>)], preimage: &'b mut Preimage) -> Self {
        preimage.clear();
        Self {
            members,
            preimage,
            next: 0,
            known: 0,
            elements: 0,
            found: 0,
            codes: Codes::default(),
            details: Vec::new(),
            seq: None,
            prev: None,
            hash: None,
            kept: [None, None],
            bond_text: None,
        }
    }

    /// Reads the envelope and `hash`. `None` when the kind is unreadable, `Some(None)` when it is unknown.
    fn envelope(&mut self) -> Option<Option<Kind>> {
        // The kind decides field 2, which stands before the rest.
        let token = match self.lookup("event_kind") {
            Some(Value::String(text)) => text.utf8().filter(|token| token.len() <= MAX_BYTES),
            _ => None,
        };
        let kind = token.map(|token| Kind::of(&token));
        (self.next, self.known) = (0, 0);
        self.preimage.string(b"voaf-2.0");
        self.preimage.integer(kind.flatten().map_or("0", Kind::field_count).as_bytes());
        for field in ENVELOPE {
            match (field.name, self.field(field)) {
                ("seq", Some(Value::Number(literal))) => self.seq = Some(literal),
                ("prev_hash", Some(Value::String(text))) => self.prev = Mark::of(text),
                _ => {}
            }
        }
        if kind == Some(None) {
            self.found(Code::UnknownKind, b"event_kind");
        }
        kind
    }

    fn kind_fields(&mut self, kind: Kind) {
        for field in kind.fields() {
            let value = self.field(field);
            match (field.name, value) {
                ("features_canonical", Some(Value::Array(_))) if self.elements != FEATURES => {
                    self.found(Code::FeatureArity, b"features_canonical");
                }
                ("verdict" | "event", Some(Value::String(text))) => self.kept[0] = text.utf8(),
                ("decision", Some(Value::String(text))) => self.kept[1] = text.utf8(),
                ("gate_id" | "execution_gate_id", Some(Value::String(text))) => self.bond_text = text.utf8(),
                ("reason", Some(Value::String(text))) => self.bond_text = text.utf8(),
                _ => {}
            }
        }
    }

    /// Rule 1 for one field, which also goes into the preimage. Gives the value unless it is absent or NULL.
    fn field(&mut self, field: &Field) -> Option<Value<'a>> {
        let name = field.name.as_bytes();
        let Some(value) = self.lookup(field.name) else {
            self.found(Code::MissingField, name);
            return None;
        };
        self.known += 1;
        match (field.declared, value) {
            (_, Value::Null) => {
                if !field.nullable {
                    self.found(Code::NullField, name);
                }
                self.preimage.null();
                return None;
            }
            (FieldType::String, Value::String(text)) => match text.utf8() {
                None => {
                    self.found(Code::WrongType, name);
                    return None;
                }
                Some(bytes) if bytes.len() > MAX_BYTES => {
                    self.found(Code::OverLimit, name);
                    return None;
                }
                Some(bytes) => self.preimage.string(&bytes),
            },
            (FieldType::Integer, Value::Number(literal)) if is_integer(literal) => {
                if literal.len() > MAX_BYTES {
                    self.found(Code::OverLimit, name);
                    return None;
                }
                self.preimage.integer(literal);
            }
            (FieldType::Bool, Value::Bool(value)) => self.preimage.bool(value),
            (FieldType::Integers, Value::Array(text)) => self.array(text, name, false),
            (FieldType::Strings, Value::Array(text)) => self.array(text, name, true),
            _ => {
                self.found(Code::WrongType, name);
                return None;
            }
        }
        Some(value)
    }

    fn array(&mut self, text: &'a [u8], name: &[u8], strings: bool) {
        let count = count_elements(text);
        self.elements = count;
        if count > MAX_ELEMENTS {
            self.found(Code::OverLimit, name);
        }
        self.preimage.array(count);
        let mut tokens = Tokens::of_checked(text, 0);
        let mut codes = Codes::default();
        // The opening bracket.
        let _ = tokens.next();
        while let Ok(Some(token)) = tokens.next() {
            match token {
                Token::Null => codes.insert(Code::NullElement),
                Token::String(text) if strings => match text.utf8() {
                    None => codes.insert(Code::WrongType),
                    Some(bytes) if bytes.len() > MAX_BYTES => codes.insert(Code::OverLimit),
                    Some(bytes) => self.preimage.string(&bytes),
                },
                Token::Number(literal) if !strings && is_integer(literal) => {
                    if literal.len() > MAX_BYTES {
                        codes.insert(Code::OverLimit);
                    }
                    self.preimage.integer(literal);
                }
                Token::ArrayStart | Token::ObjectStart => {
                    codes.insert(Code::WrongType);
                    let _ = tokens.skip_open();
                }
                Token::ArrayEnd => break,
                _ => codes.insert(Code::WrongType),
            }
        }
        codes.iter().for_each(|code| self.found(code, name));
    }

    /// `hash`, members that do not belong, the recomputation, and the line.
    fn end(mut self, duplicate: bool, position: u64, kind: Option<Option<Kind>>) -> Decoded {
        if !self.members.is_empty() || !self.codes.contains(Code::WrongType) {
            self.stored_hash();
        }
        if let Some(Some(kind)) = kind
            && self.known < self.members.len()
        {
            self.unknown_members(kind);
        }
        let mut recomputed = None;
        // What only rule 2 can have found does not excuse a preimage that is too long.
        if kind.flatten().is_some() && !self.codes.meets(rule_one()) {
            recomputed = self.preimage.hash();
            if recomputed.is_none() {
                self.found(Code::OverLimit, b"");
            }
        }
        if self.codes.is_empty() && self.hash != recomputed.map(Mark::of_hash) {
            self.found(Code::HashMismatch, b"hash");
        }
        let clean = self.codes.is_empty();
        let kind_known = kind.flatten();
        let bond = if clean { self.bond(kind_known) } else { Bond::None };
        let gate = match (self.kept, kind_known) {
            ([Some(verdict), Some(decision)], Some(Kind::GateDecision)) if clean => {
                Some((verdict.into_owned(), decision.into_owned()))
            }
            _ => None,
        };
        let line = Line {
            position,
            prev: self.prev,
            hash: self.hash,
            not_upgrade: kind.is_some_and(|kind| kind != Some(Kind::ChainUpgrade)),
            clean,
            bond,
        };
        let seq = self.seq.map(<[u8]>::to_vec);
        Decoded { duplicate, codes: self.codes, seq, line, gate, found: self.found, details: self.details }
    }

    fn stored_hash(&mut self) {
        let name = HASH.name.as_bytes();
        let value = self.lookup(HASH.name);
        self.known += usize::from(value.is_some());
        match value {
            None => self.found(Code::MissingField, name),
            Some(Value::Null) => self.found(Code::NullField, name),
            Some(Value::String(text)) => match Mark::of(text) {
                None => self.found(Code::WrongType, name),
                mark => self.hash = mark,
            },
            Some(_) => self.found(Code::WrongType, name),
        }
    }

    fn unknown_members(&mut self, kind: Kind) {
        let belongs = |name: Text<'_>| {
            ENVELOPE.iter().chain(kind.fields()).chain([&HASH]).any(|field| name.is(field.name))
        };
        for (name, _) in self.members {
            if !belongs(*name) {
                self.found(Code::UnknownMember, &name.units());
            }
        }
    }

    fn bond(&self, kind: Option<Kind>) -> Bond {
        let text = self.bond_text.as_deref();
        match kind {
            Some(Kind::Interaction) => text.and_then(hex32).map_or(Bond::None, Bond::Interaction),
            Some(Kind::GateDecision) => {
                text.and_then(|id| hex32(id.strip_prefix(b"act1-")?)).map_or(Bond::None, Bond::Action)
            }
            Some(Kind::Lifecycle) if self.kept[0].as_deref() == Some(b"key_rotated") => {
                Bond::Rotation(text.map(crate::attest::key::tag))
            }
            _ => Bond::None,
        }
    }

    fn lookup(&mut self, name: &str) -> Option<Value<'a>> {
        let (before, behind) = self.members.split_at_checked(self.next)?;
        let at = behind
            .iter()
            .position(|(member, _)| member.is(name))
            .map(|at| self.next + at)
            .or_else(|| before.iter().position(|(member, _)| member.is(name)))?;
        self.next = at + 1;
        self.members.get(at).map(|(_, value)| *value)
    }

    fn found(&mut self, code: Code, member: &[u8]) {
        self.codes.insert(code);
        self.found += 1;
        if self.details.len() < DETAILS_PER_RECORD {
            // Enough of a long name to show it cut.
            self.details.push((code, member.iter().copied().take(MAX_SHOWN_NAME).collect()));
        }
    }
}

/// Everything but `feature_arity` and `unknown_kind`, which rule 2 finds.
fn rule_one() -> Codes {
    let mut codes = Codes::from(Code::WrongType);
    for code in [Code::MissingField, Code::UnknownMember, Code::NullField, Code::NullElement, Code::OverLimit]
    {
        codes.insert(code);
    }
    codes
}

fn count_elements(array: &[u8]) -> usize {
    let mut tokens = Tokens::of_checked(array, 0);
    let _ = tokens.next();
    let mut count = 0;
    while let Ok(Some(token)) = tokens.next() {
        match token {
            Token::ArrayEnd => break,
            Token::ArrayStart | Token::ObjectStart => {
                let _ = tokens.skip_open();
            }
            _ => {}
        }
        count += 1;
    }
    count
}

/// `0|-?[1-9][0-9]*`, the literal being a JSON number.
fn is_integer(literal: &[u8]) -> bool {
    literal == b"0"
        || (literal.iter().all(|b| b.is_ascii_digit() || *b == b'-')
            && !matches!(literal, [b'0', ..] | [b'-', b'0', ..]))
}

const FEATURES: usize = 27;
const DETAILS_PER_RECORD: usize = 64;
const MAX_SHOWN_NAME: usize = 1024;
