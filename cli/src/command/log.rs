//! `vigil log`: what was decided, newest first.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::table::{short, table};
use crate::Context;
use crate::archive::{self, Wanted};
use crate::args::Log;
use crate::client::Client;
use crate::exit::{self, Ended};

pub(crate) fn run(context: &Context, args: &Log) -> Ended {
    let state_dir = context.state_dir()?;
    if let Some(client) = Client::find(&state_dir)? {
        client.post("/v1/seal", &Value::Null)?;
    }
    let wanted = Wanted {
        limit: args.limit.clamp(1, 100_000),
        before: None,
        tool: args.tool.clone(),
        decision: args.decision.clone(),
    };
    let actions = archive::actions(&state_dir, &wanted)?;
    let mut out = anstream::stdout().lock();
    if args.json {
        for action in &actions {
            writeln!(out, "{action}")?;
        }
        return Ok(exit::OK);
    }
    if actions.is_empty() {
        writeln!(out, "Nothing was decided yet.")?;
        return Ok(exit::OK);
    }
    let mut shown = table(&["WHEN", "DECISION", "TOOL", "WHAT", "RULE"]);
    for action in &actions {
        let text = |key: &str| action.get(key).and_then(Value::as_str).unwrap_or("-");
        let rule = action.pointer("/rule_ids/0").and_then(Value::as_str).unwrap_or("-");
        let arguments = action.get("arguments").filter(|value| !value.is_null());
        shown.add_row([
            text("at").get(5..19).unwrap_or("-").replace('T', " "),
            coloured(text("verdict"), text("decision")),
            short(text("tool"), 24),
            short(&arguments.map(Value::to_string).unwrap_or_default(), 100),
            short(rule, 32),
        ]);
    }
    writeln!(out, "{shown}")?;
    Ok(exit::OK)
}

fn coloured(verdict: &str, decision: &str) -> String {
    let style: Style = match (verdict, decision) {
        ("allow", "allow") => AnsiColor::Green.on_default(),
        ("hold", "allow" | "user_approve" | "always_allow") => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    };
    format!("{style}{decision}{style:#}")
}
