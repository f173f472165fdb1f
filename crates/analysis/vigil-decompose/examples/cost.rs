//! What new content costs on one core: 1 MB of tool results put into a conversation, and how much of that is the search for
//! disguises.
//!
//! ```text
//! cargo run --release -p vigil-decompose --example cost -- FILE.jsonl.zst…
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measuring tool that ends at the first fault"
)]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use vigil_decompose::{Conversation, readings};

fn main() {
    for file in std::env::args().skip(1) {
        let texts = results(&file);
        let bytes: usize = texts.iter().map(String::len).sum();
        let read: Vec<usize> =
            texts.iter().map(|text| readings(text).iter().map(String::len).sum()).collect();
        println!("{file}");
        println!("  results                 {:>9}, {bytes} bytes", texts.len());
        println!("  with another reading    {:>9}", read.iter().filter(|bytes| **bytes > 0).count());
        println!("  bytes of readings       {:>9}", read.iter().sum::<usize>());
        tell("search for disguises", bytes, || {
            texts.iter().for_each(|text| drop(black_box(readings(text))));
        });
        tell("all of a new result", bytes, || {
            let mut conversation = Conversation::new();
            texts.iter().for_each(|text| conversation.push_tool_result(text));
            black_box(conversation);
        });
    }
    let hostile = ["%41", "aA1+", "аb", "A\u{200b}", "\\u0041", "&#65;", "QUFBQUFBQUFB QUFB ", "=41"];
    for piece in hostile {
        let text = piece.repeat((1 << 20) / piece.len());
        tell(piece, text.len(), || drop(black_box(readings(&text))));
    }
}

/// What tools returned.
fn results(file: &str) -> Vec<String> {
    let unpacked = Command::new("zstd").args(["-dc", file]).output().unwrap();
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let sessions = text.lines().take(300).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let outputs = sessions.flat_map(|session| session["steps"].as_array().cloned().unwrap_or_default());
    outputs.filter_map(|step| step["tool_output"].as_str().map(str::to_owned)).collect()
}

/// The fastest of some runs: what else the machine does adds to the others.
fn tell(name: &str, bytes: usize, mut run: impl FnMut()) {
    let found = (0..25).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    let fastest = found.min().unwrap_or_default();
    let name = name.escape_debug().to_string();
    println!("  {name:<22} {:>8.2} ns a byte", fastest.as_nanos() as f64 / bytes.max(1) as f64);
}
