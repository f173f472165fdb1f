//! Measures the verifier against the raw cost of its cryptography.
//!
//! `cargo run --release -p vigil-verify --example verify_bench -- 100000 [ROUNDS]` writes a signed document of that
//! many records to a temporary file, then alternates between verifying it and doing nothing but one SHA-256 of each
//! preimage and one strict Ed25519 verification of each signature, both on all cores.

#![expect(clippy::print_stdout, reason = "a measuring program prints and knows its sizes")]

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use vigil_verify::{Options, Signed, Source, Verdict, verify};

#[allow(dead_code, unreachable_pub, reason = "shared by the examples, which use all of it")]
#[path = "made/record.rs"]
mod record;

use record::{Record, hex, upgrade};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let records: u64 = args.next().map_or(Ok(100_000), |text| text.parse())?;
    let rounds: u32 = args.next().map_or(Ok(3), |text| text.parse())?;
    let path = std::env::temp_dir().join(format!("verify-bench-{}.voaf.json", std::process::id()));
    let raw = write_document(&path, records)?;
    let bytes = path.metadata()?.len();
    println!("{records} records, {} MB, {} bytes a record", bytes / 1_000_000, bytes / records.max(1));
    let (mut raw_best, mut verifier_best) = (Cost::MAX, Cost::MAX);
    for _ in 0..rounds {
        let start = Cost::now();
        raw_cost(&raw, records);
        raw_best = raw_best.or_less(Cost::since(&start));
        let start = Cost::now();
        let report = verify(&Source::open(&path)?, &Options::default())?;
        verifier_best = verifier_best.or_less(Cost::since(&start));
        let signed = report.attestations.as_ref().map(|attestations| attestations.signed);
        assert_eq!((report.verdict, signed), (Verdict::Verified, Some(Signed::All)), "{}", report.to_json());
    }
    std::fs::remove_file(&path)?;
    for (name, cost) in [("raw", &raw_best), ("verifier", &verifier_best)] {
        let each = |seconds: f64| seconds * 1e6 / records as f64;
        println!("{name:<9} {:7.2} us a record, {:7.2} us of CPU", each(cost.wall), each(cost.cpu));
    }
    let (wall, cpu) = (verifier_best.wall / raw_best.wall, verifier_best.cpu / raw_best.cpu);
    println!("ratio     {wall:7.2}             {cpu:7.2}");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown"));
    Ok(())
}

/// Seconds by the clock and on the cores; the second is what a busy machine still measures fairly.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

impl Cost {
    const MAX: Self = Self { wall: f64::MAX, cpu: f64::MAX };

    fn now() -> (Instant, f64) {
        (Instant::now(), cpu_seconds())
    }

    fn since(start: &(Instant, f64)) -> Self {
        Self { wall: start.0.elapsed().as_secs_f64(), cpu: cpu_seconds() - start.1 }
    }

    fn or_less(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu) }
    }
}

/// User and system time of this process, from Linux's `/proc` in ticks of 10 ms; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        / 100.0
}

/// What the raw cost is measured over: a sample of the document's preimages and messages, used again and again.
struct Raw {
    key: VerifyingKey,
    sample: Vec<(Vec<u8>, Vec<u8>, Signature)>,
}

fn raw_cost(raw: &Raw, records: u64) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let share = records / threads + u64::from(thread < records % threads);
                for (preimage, message, signature) in raw.sample.iter().cycle().take(share as usize) {
                    std::hint::black_box(Sha256::digest(preimage));
                    assert!(raw.key.verify_strict(message, signature).is_ok());
                }
            });
        }
    });
}

/// A chain of one `chain_upgrade` and `records - 1` interactions, each signed; signatures are spooled beside it.
fn write_document(path: &Path, records: u64) -> Result<Raw, Box<dyn Error>> {
    let signing = SigningKey::from_bytes(&Sha256::digest("vigil-test-key:bench").into());
    let key = signing.verifying_key();
    let id =
        format!("vk1-{}", &hex(&Sha256::digest([b"vigil-key/v1\n", &key.as_bytes()[..]].concat()))[..32]);
    let genesis = hex(&Sha256::digest("bench"));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let signatures_path = path.with_extension("signatures");
    let mut signatures = BufWriter::with_capacity(1 << 20, File::create(&signatures_path)?);
    write!(
        out,
        r#"{{"voaf_version":"2.1.0","tag":"voaf-2.0","genesis":"{genesis}","keys":[{{"key_id":"{id}","alg":"ed25519","public_key":"{}","from_seq":0}}],"records":["#,
        STANDARD.encode(key.as_bytes())
    )?;
    let mut raw = Raw { key, sample: Vec::new() };
    let mut prev = genesis.clone();
    for seq in 0..records {
        let (preimage, members) = if seq == 0 { upgrade(&prev) } else { interaction(seq, &prev) };
        let hash = hex(&Sha256::digest(&preimage));
        let comma = if seq == 0 { "" } else { "," };
        write!(out, r#"{comma}{{{members},"hash":"{hash}"}}"#)?;
        let message = format!("vigil-record/v1\n{genesis}\n{seq}\n{hash}\n").into_bytes();
        let signature = signing.sign(&message);
        let encoded = STANDARD.encode(signature.to_bytes());
        write!(signatures, r#"{comma}{{"seq":{seq},"key_id":"{id}","sig":"{encoded}"}}"#)?;
        if raw.sample.len() < 1000 {
            raw.sample.push((preimage, message, signature));
        }
        prev = hash;
    }
    signatures.flush()?;
    write!(out, r#"],"signatures":["#)?;
    std::io::copy(&mut File::open(&signatures_path)?, &mut out)?;
    std::fs::remove_file(&signatures_path)?;
    write!(out, r#"],"anchor":{{"entry_count":{records},"head_hash":"{prev}"}}}}"#)?;
    out.flush()?;
    Ok(raw)
}

fn interaction(seq: u64, prev: &str) -> (Vec<u8>, String) {
    let mut record = Record::new("interaction", "35", seq, prev);
    record.string("provider", "anthropic");
    record.string("model", "claude-sonnet-4");
    record.string("interaction_type", "delegated");
    record.null("conversation_ref");
    record.string("client_ref", "81f111bdbd2e53d1");
    record.null("user_message");
    record.string("user_message_sha256", &hex(&Sha256::digest(seq.to_be_bytes())));
    record.integer("user_message_length", 1234);
    record.bool("user_message_truncated", false);
    record.null("ai_response");
    record.string("ai_response_sha256", &hex(&Sha256::digest(seq.to_le_bytes())));
    record.integer("ai_response_length", 4321);
    record.bool("ai_response_truncated", false);
    record.string("action", "creation");
    record.string("scope", "technical");
    let features: Vec<i64> = (0..27).map(|slot| if slot % 9 == 2 { 1_000_000 } else { 0 }).collect();
    record.integers("features_canonical", &features);
    record.string("risk_tier", "tier1");
    record.integer("anomaly_score_canonical", 392_146);
    record.bool("is_anomaly", false);
    record.string("policy_action", "allow");
    record.null("matched_policy");
    record.bool("blocked", false);
    record.null("block_reason");
    record.null("policy_id");
    record.null("gate_layer");
    record.null("tap_certificate_id");
    record.bool("scope_violation", false);
    record.null("execution_gate_id");
    record.end()
}
