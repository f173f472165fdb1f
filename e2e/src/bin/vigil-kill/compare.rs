//! What the clients got against what the record says.

use std::collections::BTreeMap;

use vigil_e2e::{Decided, Document};

use crate::load::Attempt;

/// What a comparison counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compared {
    pub(crate) delivered: u64,
    pub(crate) denied: u64,
    pub(crate) whole: u64,
    pub(crate) broken: u64,
    /// Recorded as delivered, and the client had not got it when the daemon was killed.
    pub(crate) ahead: u64,
}

/// The first words of each deny text with the decision that it stands for.
const DENY_TEXTS: [(&str, &str); 5] = [
    ("Vigil blocked this action.", "policy_deny"),
    ("Vigil held this action and the user denied it.", "user_deny"),
    ("Vigil held this action and nobody answered in time", "timeout_deny"),
    ("Vigil is shutting down and denied this action.", "shutdown_deny"),
    ("Vigil could not decide on this action and denied it.", "fault_deny"),
];

/// Compares, and tells each difference. `every` holds all attempts of this installation, not only the last ones: what was
/// on record once must stay there.
pub(crate) fn compare(document: &Document, every: &[Attempt], faults: &mut Vec<String>) -> Compared {
    let decisions = document.decisions();
    let mut by_token: BTreeMap<&str, Vec<&Decided>> = BTreeMap::new();
    for decided in &decisions {
        match token(&decided.arguments) {
            Some(token) => by_token.entry(token).or_default().push(decided),
            None => faults.push(format!("a record without its arguments: {decided:?}")),
        }
    }
    for (token, records) in &by_token {
        if records.len() > 1 {
            faults.push(format!("`{token}` is on record {} times: {records:?}", records.len()));
        }
    }
    let mut compared = Compared::default();
    for attempt in every {
        one(attempt, &by_token, &mut compared, faults);
    }
    compared
}

fn one(
    attempt: &Attempt,
    by_token: &BTreeMap<&str, Vec<&Decided>>,
    compared: &mut Compared,
    faults: &mut Vec<String>,
) {
    let records: Vec<&Decided> = attempt
        .calls
        .iter()
        .filter_map(|call| by_token.get(call.token.as_str()))
        .flatten()
        .copied()
        .collect();
    let body = attempt.heard.text();
    let mut delivered = 0;
    // Streamed arguments come in pieces, so a call is known by its id; Gemini has no ids, but whole arguments.
    for id in attempt.heard.call_ids() {
        delivered += 1;
        let on_record = records.iter().any(|record| {
            record.delivers() && record.call_id.as_ref().is_some_and(|known| known.ends_with(&id))
        });
        if !on_record {
            faults.push(format!(
                "call {id} was delivered and is not on record as delivered: {records:?} in {body}"
            ));
        }
    }
    for call in &attempt.calls {
        let is_seen = body.contains(&call.token);
        let record = by_token.get(call.token.as_str()).and_then(|records| records.first());
        if is_seen && !record.is_some_and(|record| record.delivers()) {
            faults.push(format!(
                "`{}` was delivered and is not on record as delivered: {record:?}",
                call.token
            ));
        }
        if attempt.heard.is_whole() && attempt.heard.status == Some(200) && record.is_none() {
            faults.push(format!("a whole reply came and its call `{}` is not on record: {body}", call.token));
        }
    }
    let has_ids = delivered > 0;
    if !has_ids {
        delivered += attempt.calls.iter().filter(|call| body.contains(&call.token)).count() as u64;
    }
    for (text, decision) in DENY_TEXTS {
        let heard = body.contains(text);
        compared.denied += u64::from(heard);
        if heard && !records.iter().any(|record| record.decision == decision) {
            faults.push(format!("the agent read `{text}` and no record says {decision}: {records:?}"));
        }
    }
    compared.delivered += delivered;
    compared.ahead +=
        (records.iter().filter(|record| record.delivers()).count() as u64).saturating_sub(delivered);
    if attempt.heard.is_whole() {
        compared.whole += 1;
    } else {
        compared.broken += 1;
    }
}

/// The token in the arguments of a call.
fn token(arguments: &str) -> Option<&str> {
    let from = arguments.find("vk")?;
    let rest = arguments.get(from..)?;
    rest.get(..=rest.find('z')?)
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn finds_its_token() {
        assert_eq!(token("{\"command\":\"rm -rf ~/projects/vk1r2n3c0z\"}"), Some("vk1r2n3c0z"));
    }
}
