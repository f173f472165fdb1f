//! `vigil status`: how the daemon, the record and the clients are.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::table::short;
use crate::Context;
use crate::args::Status;
use crate::client::Client;
use crate::exit::{self, Ended};

const GOOD: Style = AnsiColor::Green.on_default();
const POOR: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

pub(crate) fn run(context: &Context, args: &Status) -> Ended {
    let client = Client::connect(&context.state_dir()?)?;
    let status = client.get("/v1/status")?;
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?;
        return Ok(exit::OK);
    }
    let text = |pointer: &str| status.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
    let number = |pointer: &str| status.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);

    writeln!(out, "{GOOD}vigil {} is running{GOOD:#} (pid {})", text("/version"), number("/pid"))?;
    writeln!(out, "  proxy    {}", text("/proxy"))?;
    writeln!(out, "  api      {}", client.ready.api)?;
    writeln!(out, "  ca       {}", text("/ca"))?;
    writeln!(out, "  policy   {}", text("/policy/version"))?;
    let formats = status.pointer("/formats").and_then(Value::as_array).cloned().unwrap_or_default();
    let names: Vec<&str> = formats.iter().filter_map(Value::as_str).collect();
    writeln!(out, "  gated    {}", names.join(", "))?;

    let state = text("/store/state");
    let writable = status.pointer("/store/writable").and_then(Value::as_bool).unwrap_or(false);
    let style = match (state, writable) {
        (_, false) => BAD,
        ("verified" | "empty", true) => GOOD,
        _ => POOR,
    };
    writeln!(
        out,
        "  record   {style}{state}{style:#}, {} records, {} unsealed, checkpoint at {}",
        number("/store/records"),
        number("/store/unsealed"),
        number("/store/checkpoint"),
    )?;
    let detail = text("/store/detail");
    if !detail.is_empty() && detail != "-" {
        writeln!(out, "           {detail}")?;
    }
    if !writable {
        writeln!(out, "           {BAD}records cannot be written: no call is released{BAD:#}")?;
    }
    writeln!(out, "  holds    {}", number("/holds"))?;
    for decision in status.pointer("/decisions").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| decision.get(key).and_then(Value::as_str).unwrap_or("-");
        let count = decision.get("count").and_then(Value::as_u64).unwrap_or(0);
        writeln!(out, "  {count:>7}  {} / {}", part("verdict"), part("decision"))?;
    }
    tell_models(&mut out, &status)?;
    let notices = status.pointer("/notices").and_then(Value::as_array).cloned().unwrap_or_default();
    if !notices.is_empty() {
        writeln!(out, "\nLatest notices:")?;
    }
    for notice in notices.iter().take(8) {
        let part = |key: &str| notice.get(key).and_then(Value::as_str).unwrap_or("-");
        writeln!(
            out,
            "  {}  {POOR}{}{POOR:#}  {}",
            part("at").get(11..19).unwrap_or("-"),
            part("kind"),
            short(part("text"), 300)
        )?;
    }
    Ok(exit::OK)
}

/// Tiers, models and latencies, one line each.
fn tell_models(out: &mut impl std::io::Write, status: &Value) -> std::io::Result<()> {
    let tiers = status.pointer("/tiers").and_then(Value::as_object);
    let tiers: Vec<String> = tiers
        .into_iter()
        .flatten()
        .map(|(tier, count)| format!("{tier} {}", count.as_u64().unwrap_or(0)))
        .collect();
    if !tiers.is_empty() {
        writeln!(out, "  tiers    {}", tiers.join(", "))?;
    }
    let population = status.pointer("/models/population").and_then(Value::as_str).unwrap_or("-");
    writeln!(out, "  models   {population}")?;
    let agents = status.pointer("/models/agents").and_then(Value::as_array).cloned().unwrap_or_default();
    for agent in agents.iter().take(8) {
        let part = |key: &str| agent.get(key).and_then(Value::as_str).unwrap_or("-");
        let calls = agent.get("calls").and_then(Value::as_u64).unwrap_or(0);
        writeln!(out, "           {:<24} {:<8} {calls} calls", short(part("agent"), 24), part("state"))?;
    }
    let measured = status.pointer("/latency").and_then(Value::as_array).cloned().unwrap_or_default();
    let count = |stage: &Value| stage.get("count").and_then(Value::as_u64).unwrap_or(0);
    let measured: Vec<&Value> = measured.iter().filter(|stage| count(stage) > 0).collect();
    if measured.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {:<10} {:>8} {:>9} {:>9} {:>9}", "latency", "count", "p50", "p99", "p99.9")?;
    for stage in measured {
        let took = |key: &str| {
            let micros = stage.get(key).and_then(Value::as_u64).unwrap_or(0);
            if micros < 10_000 { format!("{micros} µs") } else { format!("{} ms", micros / 1000) }
        };
        let name = stage.get("stage").and_then(Value::as_str).unwrap_or("-");
        let [p50, p99, p999] = ["p50_us", "p99_us", "p999_us"].map(took);
        writeln!(out, "    {name:<8} {:>8} {p50:>9} {p99:>9} {p999:>9}", count(stage))?;
    }
    Ok(())
}
