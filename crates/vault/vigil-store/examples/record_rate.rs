//! Measures recording: `cargo run --release -p vigil-store --example record_rate [records]`.
//!
//! Rounds of the Vault (record, journal, sealed with signatures) alternate with rounds of the raw work under it: one
//! SHA-256, one Ed25519 signature and one write of the same bytes per record. The last line is for denials, which are on
//! the device before their effect is seen.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measuring program fails like a test and reads the clock itself"
)]

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ed25519_dalek::Signer as _;
use sha2::Digest as _;
use vigil_core::Timestamp;
use vigil_core::message::{VaultInput, VaultOutput};
use vigil_core::{Plane as _, Ruling};
use vigil_store::{Vault, VaultConfig};

#[allow(dead_code, unreachable_pub, reason = "shared with the tests, which use all of it")]
#[path = "../tests/store/fixture.rs"]
mod fixture;

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_micros(since.as_micros() as i64)
}

fn main() {
    let records: u128 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(40_000);
    let root = tempfile::tempdir_in(".").unwrap();
    let secrets = Arc::new(fixture::Secrets { kept: Arc::new(Mutex::default()), ..Default::default() });
    let config =
        VaultConfig { dir: root.path().join("state"), secrets, clock: now, app_version: "0.1.0".to_owned() };
    let (mut vault, _) = Vault::open(config).unwrap();
    for round in 0..3 {
        raw(root.path(), records);
        vaulted(&mut vault, records, round);
    }
    denied(&mut vault, (records / 40).clamp(100, 2000), 3 * records);
    println!("memory: {}", rss());
    println!("a busy machine shows in the wall times; CPU time per record is what it costs");
}

fn vaulted(vault: &mut Vault, records: u128, round: u128) {
    let mut times = Vec::new();
    let (begin, cpu) = (Instant::now(), cpu_time());
    for number in 0..records {
        let decision = Arc::new(fixture::decision(round * records + number, Ruling::Allow));
        let at = Instant::now();
        let mut recorded = false;
        vault.handle(VaultInput::Decision(decision), &mut |output| {
            recorded |= matches!(output, VaultOutput::Recorded(_));
        });
        times.push(at.elapsed());
        assert!(recorded);
    }
    let appended = begin.elapsed();
    let mut told = None;
    vault.handle(VaultInput::Seal, &mut |output| told = Some(output));
    let sealed = begin.elapsed();
    assert!(matches!(told, Some(VaultOutput::Store(state)) if state.unsealed == 0));
    print("vault record", &mut times, records, appended);
    let cpu = (cpu_time() - cpu).as_secs_f64() * 1e6 / records as f64;
    let rate = rate(records, sealed);
    println!(
        "        sealed: {rate:.0} records/s until all are sealed and anchored, {cpu:.1} µs of CPU per record"
    );
}

/// Denials wait for the device; between two of them the machine is left alone for a moment, as between two calls of an agent.
fn denied(vault: &mut Vault, records: u128, first: u128) {
    let mut times = Vec::new();
    let begin = Instant::now();
    for number in 0..records {
        let decision = Arc::new(fixture::decision(first + number, Ruling::PolicyDeny));
        std::thread::sleep(Duration::from_millis(1));
        let at = Instant::now();
        vault.handle(VaultInput::Decision(decision), &mut |_| ());
        times.push(at.elapsed());
    }
    print("vault denial", &mut times, records, begin.elapsed());
}

fn raw(root: &std::path::Path, records: u128) {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let bytes = vec![b'x'; 1600];
    let mut file = std::fs::File::create(root.join("raw")).unwrap();
    let mut times = Vec::new();
    let begin = Instant::now();
    for _ in 0..records {
        let at = Instant::now();
        let hash = sha2::Sha256::digest(&bytes);
        std::hint::black_box(key.sign(&hash));
        file.write_all(&bytes).unwrap();
        times.push(at.elapsed());
    }
    print("raw", &mut times, records, begin.elapsed());
}

fn print(what: &str, times: &mut [Duration], records: u128, took: Duration) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    println!(
        "{what:>14}: p50 {:.1} µs, p99 {:.1} µs, p99.9 {:.1} µs, {:.0} records/s",
        at(0.5),
        at(0.99),
        at(0.999),
        rate(records, took)
    );
}

fn rate(records: u128, took: Duration) -> f64 {
    records as f64 / took.as_secs_f64()
}

/// User and system time of all threads, on a system with /proc and 100 ticks a second.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 = stat.split(' ').skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn rss() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown").to_owned()
}
