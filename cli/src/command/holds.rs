//! `vigil holds`: the calls that wait for an answer.

use std::io::Write as _;

use serde_json::Value;

use super::table::{short, table};
use crate::Context;
use crate::args::Holds;
use crate::client::Client;
use crate::exit::{self, Ended};

pub(crate) fn run(context: &Context, args: &Holds) -> Ended {
    let client = Client::connect(&context.state_dir()?)?;
    let answer = client.get("/v1/holds")?;
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
        return Ok(exit::OK);
    }
    let holds = answer.get("holds").and_then(Value::as_array).cloned().unwrap_or_default();
    if holds.is_empty() {
        writeln!(out, "No call waits.")?;
        return Ok(exit::OK);
    }
    let text = |hold: &Value, key: &str| hold.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
    let mut shown = table(&["ID", "AGENT", "WHAT", "RULE", "ENDS"]);
    for hold in &holds {
        let what = format!("{} {}", text(hold, "tool"), hold.get("arguments").unwrap_or(&Value::Null));
        let ends = text(hold, "expires_at");
        shown.add_row([
            text(hold, "id"),
            short(&text(hold, "agent"), 16),
            short(&what, 120),
            short(&text(hold, "rule"), 40),
            ends.get(11..19).unwrap_or(&ends).to_owned(),
        ]);
    }
    writeln!(out, "{shown}\n")?;
    for hold in &holds {
        let reasons = hold.get("tier_reasons").and_then(Value::as_array);
        let reasons: Vec<&str> = reasons.into_iter().flatten().filter_map(Value::as_str).collect();
        if !reasons.is_empty() {
            writeln!(out, "{}  {}: {}", text(hold, "id"), text(hold, "tier"), reasons.join("; "))?;
        }
    }
    writeln!(out, "Answer with `vigil approve ID` or `vigil deny ID`; without an answer each is denied.")?;
    Ok(exit::OK)
}
