//! What a judgement costs on one core: a delta of 4 KB, a conversation of 1 MB that nobody has seen, one vector in a forest,
//! reading the models.
//!
//! ```text
//! vigil replay --features --json out.jsonl FILE.jsonl.zst…
//! cargo run --release -p vigil-detect --example cost -- out.jsonl FILE.jsonl.zst…
//! tests/reference/cost.py out.jsonl     the same vectors in scikit-learn and ONNX Runtime
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measuring tool that ends at the first fault"
)]

use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use vigil_core::Action;
use vigil_detect::{Asked, Growth, Heard, Personal, Population, Step, Text, Track};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let steps = steps(&arguments.next().expect("name the replay, then the files of sessions"));
    let texts: Vec<String> = arguments.flat_map(|file| results(&file)).collect();
    tell("reading the models", &times(50, |_| drop(black_box(Population::shipped().unwrap()))));
    let population = Population::shipped().unwrap();
    println!("models in memory          {:>10.2} MB, about", population.bytes() as f64 / 1e6);
    println!("one session's track       {:>10} bytes", size_of::<Track>());
    let rows: Vec<Vec<f32>> = steps.iter().map(|step| step.call.values().to_vec()).collect();
    let forest = Growth::default().grow(&rows).unwrap();
    tell(
        "one vector, one forest",
        &times(50_000, |at| {
            black_box(forest.score(&rows[at % rows.len()]));
        }),
    );
    let personal = learned(&steps);
    let mut track = Track::default();
    tell(
        "one step, all models",
        &times(50_000, |at| {
            if at % 40 == 0 {
                track = Track::default();
            }
            black_box(population.assess(&personal, "agent", &mut track, &steps[at % steps.len()]));
        }),
    );
    let action = Action::unknown("tool".to_owned());
    let asked =
        Asked { action: &action, arguments: r#"{"path":"src/main.rs","text":"fn main() {}"}"#, hour: None };
    let megabyte = deltas(&texts, 1 << 20);
    let read = times(200, |at| {
        megabyte[at % megabyte.len()].iter().for_each(|text| drop(black_box(Text::of(text))));
    });
    tell("1 MB of texts read", &read);
    println!(
        "texts in it               {:>10}",
        megabyte.iter().map(Vec::len).sum::<usize>() / megabyte.len()
    );
    for (name, most, count) in [("4 KB of new text", 4096, 4000), ("1 MB of new text", 1 << 20, 200)] {
        let deltas = deltas(&texts, most);
        let mut heard = Heard::default();
        let found = times(count, |at| {
            deltas[at % deltas.len()].iter().for_each(|text| heard.content(&Text::of(text)));
            let step = heard.step(&asked);
            black_box(population.assess(&personal, "agent", &mut track, &step));
        });
        tell(name, &found);
    }
}

fn steps(replay: &str) -> Vec<Step> {
    let lines = BufReader::new(std::fs::File::open(replay).unwrap()).lines();
    let features = lines.filter_map(|line| {
        let value: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let numbers: Vec<f64> =
            value["features"].as_array()?.iter().map(|number| number.as_f64().unwrap()).collect();
        Some(Step::from_numbers(&numbers).unwrap())
    });
    features.take(20_000).collect()
}

/// What tools returned.
fn results(file: &str) -> Vec<String> {
    let unpacked = Command::new("zstd").args(["-dc", file]).output().unwrap();
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let sessions = text.lines().take(300).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let outputs = sessions.flat_map(|session| session["steps"].as_array().cloned().unwrap_or_default());
    outputs
        .filter_map(|step| step["tool_output"].as_str().map(str::to_owned))
        .filter(|text| !text.is_empty())
        .collect()
}

/// Conversations of that many bytes, message by message.
fn deltas(texts: &[String], most: usize) -> Vec<Vec<String>> {
    let (mut all, mut one, mut length) = (Vec::new(), Vec::new(), 0);
    for text in texts.iter().cycle().take(texts.len() * 4) {
        let mut end = text.len().min(most - length);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        one.push(text[..end].to_owned());
        length += end;
        if length + 4 > most {
            all.push(std::mem::take(&mut one));
            length = 0;
        }
        if all.len() == 64 {
            break;
        }
    }
    all
}

fn learned(steps: &[Step]) -> Personal {
    let mut personal = Personal::new();
    steps.iter().take(2000).for_each(|step| personal.learn("agent", step));
    personal
}

fn times(count: usize, mut run: impl FnMut(usize)) -> Vec<Duration> {
    (0..count.min(20)).for_each(&mut run);
    let mut found: Vec<Duration> = (0..count)
        .map(|at| {
            let start = Instant::now();
            run(at);
            start.elapsed()
        })
        .collect();
    found.sort();
    found
}

fn tell(name: &str, found: &[Duration]) {
    let at =
        |share: f64| found[((found.len() as f64 * share) as usize).min(found.len() - 1)].as_secs_f64() * 1e6;
    println!("{name:<25} p50 {:>10.1} µs  p99 {:>10.1} µs  least {:>10.1} µs", at(0.5), at(0.99), at(0.0));
}
