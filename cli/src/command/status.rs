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
