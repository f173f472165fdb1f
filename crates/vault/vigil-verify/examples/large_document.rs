//! Writes a signed document of any size, to measure the auditor with:
//!
//! ```text
//! cargo run --release -p vigil-verify --example large_document -- 1000000 /tmp/million.voaf.json
//! /usr/bin/time -v target/release/vigil-verify /tmp/million.voaf.json
//! ```
//!
//! Every record behind the first is a gate decision with a signature and a commitment to evidence; the evidence of one in
//! fifty is there, as if the rest had been deleted, and every 10,000 records have a checkpoint. Parts that come later in the
//! document than their records are spooled beside it, so that memory stays flat here, too.

#![expect(clippy::print_stdout, reason = "a measuring program prints what it wrote")]

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

#[allow(dead_code, unreachable_pub, reason = "shared by the examples, which use all of it")]
#[path = "made/record.rs"]
mod record;

use record::{Record, hex, upgrade};

const RECORDS_OF_A_CHECKPOINT: u64 = 10_000;
const RECORDS_OF_AN_EVIDENCE: u64 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "arguments: RECORDS PATH";
    let records: u64 = args.next().ok_or(usage)?.parse()?;
    let path = PathBuf::from(args.next().ok_or(usage)?);
    write_document(&path, records)?;
    let bytes = path.metadata()?.len();
    println!("{records} records, {} MB, {} bytes a record", bytes / 1_000_000, bytes / records.max(1));
    Ok(())
}

fn write_document(path: &Path, records: u64) -> Result<(), Box<dyn Error>> {
    let signing = SigningKey::from_bytes(&Sha256::digest("vigil-test-key:large").into());
    let public = signing.verifying_key().to_bytes();
    let id = format!("vk1-{}", &hex(&Sha256::digest([b"vigil-key/v1\n", &public[..]].concat()))[..32]);
    let genesis = hex(&Sha256::digest("large"));
    let origin = format!("vigil/{}", &genesis[..16]);
    let [a, b, c, d, ..]: [u8; 32] =
        Sha256::digest([origin.as_bytes(), b"\n\x01", &public[..]].concat()).into();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut signatures = Spool::new(path, "signatures")?;
    let mut checkpoints = Spool::new(path, "checkpoints")?;
    let mut evidence = Spool::new(path, "evidence")?;
    write!(
        out,
        r#"{{"voaf_version":"2.1.0","tag":"voaf-2.0","genesis":"{genesis}","keys":[{{"key_id":"{id}","alg":"ed25519","public_key":"{}","from_seq":0}}],"records":["#,
        STANDARD.encode(public)
    )?;
    let mut tree = Tree::default();
    let mut prev = genesis.clone();
    for seq in 0..records {
        let object = object(seq);
        let commitment = hex(&Sha256::digest(&object));
        let (preimage, members) = if seq == 0 { upgrade(&prev) } else { decision(seq, &prev, &commitment) };
        let digest: [u8; 32] = Sha256::digest(&preimage).into();
        let hash = hex(&digest);
        let comma = if seq == 0 { "" } else { "," };
        write!(out, r#"{comma}{{{members},"hash":"{hash}"}}"#)?;
        let message = format!("vigil-record/v1\n{genesis}\n{seq}\n{hash}\n");
        let signature = STANDARD.encode(signing.sign(message.as_bytes()).to_bytes());
        signatures.entry(&format!(r#"{{"seq":{seq},"key_id":"{id}","sig":"{signature}"}}"#))?;
        if seq % RECORDS_OF_AN_EVIDENCE == 1 {
            evidence.entry(&format!(r#""{commitment}":"{}""#, STANDARD.encode(&object)))?;
        }
        tree.push(digest);
        if (seq + 1) % RECORDS_OF_A_CHECKPOINT == 0 || seq + 1 == records {
            let text = format!("{origin}\n{}\n{}\n", seq + 1, STANDARD.encode(tree.root()));
            let line = [&[a, b, c, d][..], &signing.sign(text.as_bytes()).to_bytes()].concat();
            let note = format!("{text}\n\u{2014} {origin} {}\n", STANDARD.encode(line));
            checkpoints.entry(&format!("\"{}\"", note.replace('\n', "\\n")))?;
        }
        prev = hash;
    }
    write!(out, r#"],"signatures":["#)?;
    signatures.pour(&mut out)?;
    write!(out, r#"],"checkpoints":["#)?;
    checkpoints.pour(&mut out)?;
    write!(out, r#"],"evidence":{{"#)?;
    evidence.pour(&mut out)?;
    write!(out, r#"}},"anchor":{{"entry_count":{records},"head_hash":"{prev}"}}}}"#)?;
    out.flush()?;
    Ok(())
}

/// A part of the document that is written before its place comes.
struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
    is_empty: bool,
}

impl Spool {
    fn new(document: &Path, name: &str) -> io::Result<Self> {
        let path = document.with_extension(name);
        let file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        Ok(Self { path, file, is_empty: true })
    }

    fn entry(&mut self, text: &str) -> io::Result<()> {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.file.write_all(b",")?;
        }
        self.file.write_all(text.as_bytes())
    }

    fn pour(mut self, out: &mut impl Write) -> io::Result<()> {
        self.file.flush()?;
        io::copy(&mut File::open(&self.path)?, out)?;
        std::fs::remove_file(&self.path)
    }
}

/// The roots of complete subtrees, largest first (RFC 6962).
#[derive(Default)]
struct Tree {
    size: u64,
    peaks: Vec<[u8; 32]>,
}

impl Tree {
    fn push(&mut self, data: [u8; 32]) {
        let mut hash: [u8; 32] = Sha256::new_with_prefix([0]).chain_update(data).finalize().into();
        for _ in 0..self.size.trailing_ones() {
            hash = node(self.peaks.pop().unwrap_or_default(), hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    fn root(&self) -> [u8; 32] {
        self.peaks.iter().rev().copied().reduce(|right, left| node(left, right)).unwrap_or_default()
    }
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

fn object(seq: u64) -> Vec<u8> {
    let mut salt = [0; 16];
    salt.iter_mut().zip(seq.to_be_bytes()).for_each(|(to, from)| *to = from);
    let salt = STANDARD.encode(salt);
    format!(r#"{{"v":1,"kind":"action","salt":"{salt}","action":{{"tool":"Bash","arguments":"ls -la"}}}}"#)
        .into_bytes()
}

fn decision(seq: u64, prev: &str, commitment: &str) -> (Vec<u8>, String) {
    let mut record = Record::new("gate_decision", "23", seq, prev);
    record.string("gate_id", &format!("act1-{commitment}"));
    record.null("interaction_id");
    record.string("provider", "anthropic");
    record.string("protocol", "anthropic-messages");
    record.string("tool_call_id", &format!("toolu_{seq:012}"));
    record.string("tool_name", "Bash");
    record.string("class", "execute");
    record.strings("rule_ids", &["balanced/default"]);
    record.string("verdict", "allow");
    record.string("decision", "allow");
    record.integer("held_ms", 0);
    record.strings("snapshot_ids", &[]);
    record.null("response_hash_upstream");
    record.null("response_hash_delivered");
    record.string("actor", "policy");
    record.string("policy_version", "balanced/1");
    record.end()
}
