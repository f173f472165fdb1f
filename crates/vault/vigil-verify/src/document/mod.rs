//! One pass over the document: every byte is checked, the members that matter are taken in.

pub(crate) mod stream;
pub(crate) mod version;

use std::borrow::Cow;
use std::io::Read;

use sha2::{Digest, Sha256};

use crate::attest::evidence::{self, Evidence, has_repeated};
use crate::attest::signature::{self, Signatures};
use crate::chain::anchor::Anchor;
use crate::chain::v1::{self, Layout, Linkage};
use crate::crew::in_order;
use crate::error::VerifyError;
use crate::json::Malformed;
use crate::json::scan::Scanner;
use crate::json::text::Text;
use crate::json::token::{Token, Tokens};
use crate::record::intake::{self, Intake};
use crate::record::line::Mark;
use crate::sorter::Sorter;

use stream::{Entries, Stop};
use version::{Major, major};

/// What the document is.
#[derive(Debug)]
pub(crate) enum Document {
    /// The top level is an array.
    Array(Linkage),
    /// The top level is an object.
    Object(Box<Members>),
    /// Anything else that is JSON.
    Other {
        /// Some object in it has a name twice.
        duplicate: bool,
    },
}

/// The members that are read.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) duplicate: bool,
    /// `None` for anything that is not a recognised version.
    pub(crate) version: Option<Major>,
    pub(crate) records: Member<Intake>,
    pub(crate) interactions: Member<Linkage>,
    /// The genesis; an ill-formed string equals nothing.
    pub(crate) genesis: Member<Option<Mark>>,
    pub(crate) anchor: Anchor,
    /// The value's text, which is not null.
    pub(crate) keys: Option<Vec<u8>>,
    pub(crate) signatures: Member<Signatures>,
    /// Where the array's first entry stands.
    pub(crate) checkpoints: Member<u64>,
    pub(crate) evidence: Member<Evidence>,
}

/// A member that may be there, and be what it should be.
#[derive(Debug, Default)]
pub(crate) enum Member<T> {
    #[default]
    Absent,
    Null,
    /// Of another type than it should be.
    Other,
    Is(T),
}

/// Reads the whole text.
pub(crate) fn read(input: impl Read, threads: usize) -> Result<Document, Stop> {
    let mut scanner = Scanner::new(input);
    let document = match scanner.peek()? {
        Some(b'[') => {
            scanner.expect(b'[')?;
            Document::Array(linkage(&mut scanner, Layout::Array, threads)?)
        }
        Some(b'{') => {
            scanner.expect(b'{')?;
            Document::Object(Box::new(members(&mut scanner, threads)?))
        }
        _ => {
            let mut text = Vec::new();
            scanner.value(&mut text)?;
            Document::Other { duplicate: check(&text, 0)? }
        }
    };
    match scanner.peek()? {
        None => Ok(document),
        Some(_) => Err(Stop::Malformed),
    }
}

fn members(scanner: &mut Scanner<impl Read>, threads: usize) -> Result<Members, Stop> {
    let mut members = Members::default();
    let mut names = Sorter::<16>::default();
    let mut text = Vec::new();
    let mut first = true;
    while scanner.entry(first, b'}')? {
        first = false;
        text.clear();
        if scanner.peek()? != Some(b'"') {
            return Err(Stop::Malformed);
        }
        scanner.value(&mut text)?;
        let name = name(&text)?.into_owned();
        names.push(*Sha256::digest(&name).first_chunk().ok_or(Malformed)?)?;
        scanner.expect(b':')?;
        let opens = scanner.peek()?;
        match (name.as_slice(), opens) {
            (b"records", Some(b'[')) => members.records = Member::Is(records(scanner, threads)?),
            (b"interactions", Some(b'[')) => {
                scanner.expect(b'[')?;
                members.interactions = Member::Is(linkage(scanner, Layout::Object, threads)?);
            }
            (b"signatures", Some(b'[')) => members.signatures = Member::Is(signatures(scanner, threads)?),
            (b"evidence", Some(b'{')) => members.evidence = Member::Is(evidence(scanner, threads)?),
            (b"checkpoints", Some(b'[')) => {
                scanner.expect(b'[')?;
                members.checkpoints = Member::Is(scanner.position());
                let mut entries = Entries::array(scanner);
                in_order(
                    threads,
                    || entries.next(),
                    |batch| batch.iter().try_fold(false, |all, (_, text)| Ok(check(text, 2)? || all)),
                    |duplicate: Result<bool, Malformed>| {
                        members.duplicate |= duplicate?;
                        Ok::<_, Stop>(())
                    },
                )?;
            }
            _ => {
                text.clear();
                scanner.value(&mut text)?;
                members.duplicate |= check(&text, 1)?;
                members.whole(&name, &text)?;
            }
        }
    }
    members.duplicate |= has_repeated(names)?;
    Ok(members)
}

impl Members {
    /// A member read whole, already checked.
    fn whole(&mut self, name: &[u8], text: &[u8]) -> Result<(), Stop> {
        let mut tokens = Tokens::of_checked(text, 1);
        let value = tokens.next()?;
        let null = matches!(value, Some(Token::Null));
        match name {
            b"voaf_version" => {
                self.version = match value {
                    Some(Token::String(text)) => major(text),
                    _ => None,
                }
            }
            b"genesis" => {
                self.genesis = match value {
                    Some(Token::String(text)) => Member::Is(Mark::of(text)),
                    _ => Member::not(null),
                }
            }
            b"anchor" => self.anchor = Anchor::of(text)?,
            b"keys" => self.keys = (!null).then(|| text.to_vec()),
            b"records" => self.records = Member::not(null),
            b"interactions" => self.interactions = Member::not(null),
            b"signatures" => self.signatures = Member::not(null),
            b"checkpoints" => self.checkpoints = Member::not(null),
            b"evidence" => self.evidence = Member::not(null),
            _ => {}
        }
        Ok(())
    }
}

impl<T> Member<T> {
    fn not(null: bool) -> Self {
        if null { Self::Null } else { Self::Other }
    }
}

fn records(scanner: &mut Scanner<impl Read>, threads: usize) -> Result<Intake, Stop> {
    scanner.expect(b'[')?;
    let mut records = Intake::default();
    let mut entries = Entries::array(scanner);
    in_order(
        threads,
        || entries.next(),
        |batch| intake::read(&batch),
        |read| Ok::<_, Stop>(records.add(read?)?),
    )?;
    Ok(records)
}

fn signatures(scanner: &mut Scanner<impl Read>, threads: usize) -> Result<Signatures, Stop> {
    scanner.expect(b'[')?;
    let mut signatures = Signatures::default();
    let mut entries = Entries::array(scanner);
    in_order(
        threads,
        || entries.next(),
        |batch| signature::read(&batch),
        |read| Ok::<_, Stop>(signatures.add(read?)?),
    )?;
    Ok(signatures)
}

fn evidence(scanner: &mut Scanner<impl Read>, threads: usize) -> Result<Evidence, Stop> {
    scanner.expect(b'{')?;
    let mut evidence = Evidence::default();
    let mut entries = Entries::object(scanner);
    in_order(
        threads,
        || entries.next(),
        |batch| evidence::read(&batch),
        |read| Ok::<_, Stop>(evidence.add(read?)?),
    )?;
    evidence.find_duplicates()?;
    Ok(evidence)
}

/// Reads the entries of an array whose bracket was consumed.
fn linkage(scanner: &mut Scanner<impl Read>, layout: Layout, threads: usize) -> Result<Linkage, Stop> {
    let mut linkage = Linkage::new(layout);
    let mut entries = Entries::array(scanner);
    in_order(
        threads,
        || entries.next(),
        |batch| v1::read(&batch, layout),
        |read| {
            read?.iter().for_each(|entry| linkage.add(entry));
            Ok::<_, Stop>(())
        },
    )?;
    Ok(linkage)
}

/// Reads a value to its end; true when some object in it has a name twice.
pub(crate) fn check(text: &[u8], depth_outside: usize) -> Result<bool, Malformed> {
    let mut tokens = Tokens::new(text, depth_outside)?;
    tokens.finish()?;
    Ok(tokens.duplicate())
}

/// The UTF-16 code units of a member's name, as bytes that compare like them.
fn name(text: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let mut tokens = Tokens::new(text, 1)?;
    match (tokens.next()?, tokens.next()?) {
        (Some(Token::String(name)), None) => Ok(Text::units(&name)),
        _ => Err(Malformed),
    }
}

impl From<VerifyError> for Stop {
    fn from(error: VerifyError) -> Self {
        Self::Error(error)
    }
}
