//! `vigil approve` and `vigil deny`: an answer to a hold.

use std::io::Write as _;

use anyhow::bail;
use serde_json::{Value, json};

use crate::Context;
use crate::args::Answer;
use crate::client::Client;
use crate::exit::{self, Ended, UsageError};

pub(crate) fn run(context: &Context, args: &Answer, approve: bool) -> Ended {
    let said = match (approve, args.always) {
        (true, true) => "always_allow",
        (true, false) => "approve",
        (false, false) => "deny",
        (false, true) => {
            return Err(UsageError("`--always` goes with `vigil approve` only".to_owned()).into());
        }
    };
    let client = Client::connect(&context.state_dir()?)?;
    let id = full_id(&client, &args.id)?;
    let answer = client.post(&format!("/v1/holds/{id}"), &json!({ "answer": said }))?;
    let decision = answer.get("decision").and_then(Value::as_str).unwrap_or("answer taken");
    writeln!(anstream::stdout().lock(), "{id}: {decision}")?;
    Ok(exit::OK)
}

/// The one hold that an id or its beginning names.
fn full_id(client: &Client, given: &str) -> anyhow::Result<String> {
    let answer = client.get("/v1/holds")?;
    let holds = answer.get("holds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<&str> = holds.iter().filter_map(|hold| hold.get("id").and_then(Value::as_str)).collect();
    let matching: Vec<&&str> = ids.iter().filter(|id| id.starts_with(given)).collect();
    match (ids.iter().find(|id| **id == given), matching.as_slice()) {
        (Some(id), _) => Ok((*id).to_owned()),
        (None, [id]) => Ok((**id).to_owned()),
        (None, []) => bail!("no hold begins with `{given}`; `vigil holds` lists those that wait"),
        (None, several) => bail!("{} holds begin with `{given}`; give more of the id", several.len()),
    }
}
