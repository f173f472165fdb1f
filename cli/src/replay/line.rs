//! What a replay writes: one line for each call, one for each session.

use serde::Serialize;
use serde_json::{Map, Value};
use vigil_core::{Classification, Effect, Ruling, Tier};

use super::play::Played;
use super::session::Session;

/// One call.
#[derive(Debug, Serialize)]
pub(crate) struct CallLine<'p> {
    session_id: &'p str,
    step: usize,
    call: usize,
    tool: &'p str,
    tier: &'static str,
    /// Scores of the models, each from 0 to 1 by its own scale.
    scores: Map<String, Value>,
    /// For each score, and for all `combined`: how often an ordinary call is as unusual.
    p: Map<String, Value>,
    /// How unusual the call is to all models together: for putting calls in order.
    score: f64,
    /// How many models agree that it is unusual.
    agreement: u8,
    reasons: Vec<&'p str>,
    verdict: &'static str,
    rule: &'p str,
    class: &'static str,
    /// `verb resource provenance`, with `outward` where it applies.
    effects: Vec<String>,
    /// What the models are told of the call (`vigil_detect::Step::numbers`), where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<Vec<f64>>,
}

/// One session.
#[derive(Debug, Serialize)]
pub(crate) struct SessionLine<'p> {
    session_id: &'p str,
    pub(crate) calls: usize,
    pub(crate) held: usize,
    pub(crate) blocked: usize,
    /// The worst tier of a call.
    pub(crate) tier: &'static str,
    /// The score of the session's most unusual call; [`NO_CALL`] when it had none.
    session_score: f64,
}

/// The lines of a session that was played.
pub(crate) fn lines<'p>(session: &'p Session, played: &'p [Played]) -> (Vec<CallLine<'p>>, SessionLine<'p>) {
    let calls: Vec<CallLine<'p>> = played.iter().map(|call| call_line(session, call)).collect();
    let count = |verdict: &str| calls.iter().filter(|line| line.verdict == verdict).count();
    let tier = played.iter().map(|call| call.decision.classification.tier).max().unwrap_or(Tier::Routine);
    let whole = SessionLine {
        session_id: &session.session_id,
        calls: calls.len(),
        held: count("hold"),
        blocked: count("block"),
        tier: tier.token(),
        session_score: calls.iter().map(|line| line.score).fold(NO_CALL, f64::max),
    };
    (calls, whole)
}

fn call_line<'p>(session: &'p Session, played: &'p Played) -> CallLine<'p> {
    let decision = &played.decision;
    let classification = &decision.classification;
    let verdict = match decision.ruling {
        Ruling::Allow | Ruling::Observed => "allow",
        _ if played.held => "hold",
        _ => "block",
    };
    let together = classification.scores.iter().find(|(name, _)| *name == Classification::COMBINED);
    CallLine {
        session_id: &session.session_id,
        step: played.step,
        call: played.call,
        tool: &decision.captured.call.name,
        tier: classification.tier.token(),
        scores: scaled(classification.scores.iter().filter(|(name, _)| *name != Classification::COMBINED)),
        p: scaled(classification.p.iter()),
        score: together.map_or(0.0, |(_, score)| *score as f64 / 1e6),
        agreement: classification.agreement,
        reasons: classification.reasons.iter().map(|reason| reason.0.as_str()).collect(),
        verdict,
        rule: decision.rule_ids.first().map_or("", String::as_str),
        class: decision.class,
        effects: decision.action.effects.iter().map(effect).collect(),
        features: played.seen.as_ref().map(vigil_detect::Step::numbers),
    }
}

/// The score of a session without calls: below that of any call, which are log-odds.
const NO_CALL: f64 = -100.0;

/// Numbers scaled by 1,000,000 as the decimals they stand for.
fn scaled<'v>(values: impl Iterator<Item = &'v (&'static str, i64)>) -> Map<String, Value> {
    values.map(|(name, value)| ((*name).to_owned(), Value::from(*value as f64 / 1e6))).collect()
}

fn effect(effect: &Effect) -> String {
    let outward = if effect.magnitude.outward { " outward" } else { "" };
    format!("{} {} {}{outward}", effect.verb, effect.resource.kind(), effect.provenance)
}
