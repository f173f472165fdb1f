//! What the models make of recorded sessions that they were not trained on.
//!
//! ```text
//! vigil replay --features --json out.jsonl FILE.jsonl.zst…
//! cargo run --release -p vigil-detect --example evaluate -- TABLE out.jsonl FILE.jsonl.zst…
//! ```
//!
//! TABLE is `suites` (whole suites left out and the agent's model unseen), `tasks` (tasks unseen), `ablations` (the first with
//! parts taken away), `sequence` (the LSTM against a Markov model), `alarms` (tiers of ordinary calls), `evasion` (hijacks
//! rewritten by `tests/reference/evade.py`; behind `--` their files without ending), `users` (a user who is known), `families` (ordinary sessions
//! made strange, one way for each model). A session's score is the
//! risk of its riskiest call. Labels come from the files, read through the program `zstd`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measuring tool that ends at the first fault"
)]

mod data;
mod evasion;
mod fold;
mod measure;
mod sequence;
mod strange;

use data::{Session, mask, read};
use fold::{Split, judged};
use measure::tell;
use vigil_detect::train::Plan;

/// Features that say who wants a call, in the words of content that bids: what sees an attack's template.
const TEMPLATE: [&str; 5] = ["told", "bid_words", "name_bids", "bidding", "bids"];
/// Features that say where a call's words come from.
const PROVENANCE: [&str; 9] = [
    "of_user",
    "of_model",
    "of_untrusted",
    "told",
    "user_words",
    "content_words",
    "bid_words",
    "name_user",
    "name_bids",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let table = arguments.next().expect("name the table, the replay, then the files of sessions");
    let replay = arguments.next().expect("name the replay, then the files of sessions");
    let (files, rewritten): (Vec<String>, Vec<String>) = {
        let all: Vec<String> = arguments.collect();
        let end = all.iter().position(|word| word == "--").unwrap_or(all.len());
        (all[..end].to_vec(), all[end..].iter().skip(1).cloned().collect())
    };
    let sessions = read(&replay, files.into_iter());
    match table.as_str() {
        "suites" => row("all", &sessions, Split::Suites, &Plan::default()),
        "tasks" => row("all", &sessions, Split::Tasks, &Plan::default()),
        "ablations" => ablations(&sessions),
        "sequence" => sequence::table(&sessions),
        "evasion" => evasion::table(&sessions, &rewritten),
        "users" => evasion::users(&sessions),
        "families" => strange::table(&sessions),
        "alarms" => fold::alarms(&sessions),
        other => panic!("no table is named `{other}`"),
    }
}

fn row(name: &str, sessions: &[Session], split: Split, plan: &Plan) {
    tell(name, sessions, &judged(sessions, split, plan));
}

fn ablations(sessions: &[Session]) {
    let plan = Plan::default();
    let mut plans = vec![("all".to_owned(), plan)];
    for (at, model) in vigil_detect::MODELS.iter().enumerate() {
        let mut without = [false; 4];
        without[at] = true;
        plans.push((format!("without {model}"), Plan { without, ..plan }));
    }
    plans.push(("models alone".to_owned(), Plan { signs: false, ..plan }));
    plans.push(("signs alone".to_owned(), Plan { without: [true; 4], ..plan }));
    for (name, scores) in fold::compared(sessions, &plans) {
        tell(&name, sessions, &scores);
    }
    row("without bidding words", &mask(sessions, &TEMPLATE, false), Split::Suites, &plan);
    row("without provenance", &mask(sessions, &PROVENANCE, true), Split::Suites, &plan);
}
