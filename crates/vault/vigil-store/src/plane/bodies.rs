//! From messages to the fields of records (`voaf.md` §4, 6, 14.2).

use vigil_core::message::{Decision, ExchangeDecided, FEATURE_SLOTS};
use vigil_core::wire::Digest;
use vigil_core::{Ruling, Tier};

use crate::evidence::Evidence;
use crate::hex;
use crate::record::{Body, GateDecision, Interaction, MAX_TEXT_BYTES, capped, foreign, sha256};

/// What every scaled number is multiplied with (`voaf.md` §8).
const ONE: i64 = 1_000_000;
/// The slots that are set when Analysis said nothing: action `unknown`, scope `general`, interaction type `direct`.
const UNKNOWN_SLOTS: [usize; 3] = [8, 17, 21];

/// The two response hashes of a decision under a ruling (`voaf.md` §6), and what the evidence says about them.
pub(super) struct ResponseHashes {
    pub(super) upstream: Option<String>,
    pub(super) delivered: Option<String>,
    pub(super) remark: Option<&'static str>,
}

impl ResponseHashes {
    pub(super) fn of(decision: &Decision, ruling: Ruling) -> Self {
        let captured = &decision.captured;
        let upstream = Some(hex::encode(&captured.response_hash_upstream));
        let delivered = Some(hex::encode(&captured.response_hash_delivered));
        match ruling {
            Ruling::ClientDisconnected => Self { upstream, delivered: None, remark: None },
            Ruling::ConnectionPanicked => Self { upstream: None, delivered: None, remark: None },
            Ruling::PolicyDeny | Ruling::ShutdownDeny if upstream == delivered => {
                // Deny text is what was being written, so the two are different.
                let told = decision.told.as_deref().unwrap_or_default();
                let delivered = Some(hex::encode(&sha256(told.as_bytes())));
                let remark = "response_hash_delivered is the digest of the deny text";
                if delivered == upstream {
                    // Only when nothing was received and nothing is told.
                    let delivered = Some(hex::encode(&sha256(b"\n")));
                    return Self { upstream, delivered, remark: Some(remark) };
                }
                Self { upstream, delivered, remark: Some(remark) }
            }
            _ => Self { upstream, delivered, remark: None },
        }
    }
}

/// The record of a decision. `ruling` is not always the decision's own: what could not be recorded was denied.
pub(super) fn gate_decision(
    decision: &Decision,
    ruling: Ruling,
    hashes: ResponseHashes,
    evidence: &Evidence,
) -> Body {
    let captured = &decision.captured;
    Body::GateDecision(GateDecision {
        gate_id: format!("act1-{}", evidence.digest()),
        interaction_id: Some(captured.head.exchange.to_string()),
        provider: foreign(&captured.head.provider),
        protocol: captured.protocol.to_owned(),
        tool_call_id: captured.call.id.as_deref().map(foreign),
        tool_name: Some(foreign(&captured.call.name)),
        class: decision.class.to_owned(),
        rule_ids: capped(&decision.rule_ids),
        verdict: ruling.verdict().to_owned(),
        decision: ruling.decision().to_owned(),
        held_ms: match ruling {
            Ruling::Allow | Ruling::Observed | Ruling::PolicyDeny => 0,
            _ => i64::try_from(decision.held.0).unwrap_or(i64::MAX),
        },
        snapshot_ids: Vec::new(),
        response_hash_upstream: hashes.upstream,
        response_hash_delivered: hashes.delivered,
        actor: "vigil-gate".to_owned(),
        policy_version: foreign(&decision.policy.version),
    })
}

/// The record of an exchange.
pub(super) fn interaction(exchange: &ExchangeDecided, evidence: &Evidence) -> Body {
    let finished = &exchange.finished;
    let (head, reply) = (&finished.head, finished.reply.as_ref());
    let classified = exchange.classified.as_deref();
    let classification = &exchange.classification;
    let (user_sha256, user_length) = content(classified.and_then(|classified| classified.user_message));
    let text = reply.and_then(|reply| reply.text);
    let (reply_sha256, reply_length) = content(text);
    let model = reply
        .and_then(|reply| reply.model.as_deref())
        .or(classified.and_then(|classified| classified.model.as_deref()));
    let conversation = head
        .conversation_ref
        .as_deref()
        .or(classified.and_then(|classified| classified.conversation_ref.as_deref()));
    // Scores of different models have no common scale; how rare all of them are together has one.
    let score = classification.combined_p().map(|p| 1_000_000 - p);
    let matched = exchange.matched_policy.as_deref();
    Body::Interaction(Interaction {
        provider: foreign(&head.provider),
        model: model.map(foreign),
        interaction_type: classified.map_or("direct", |classified| classified.interaction_type).to_owned(),
        conversation_ref: conversation.map(foreign),
        client_ref: Some(foreign(&head.client_ref)),
        user_message: None,
        user_message_sha256: user_sha256,
        user_message_length: user_length,
        user_message_truncated: classified.is_some_and(|classified| classified.user_message_truncated),
        ai_response: None,
        ai_response_sha256: reply_sha256,
        ai_response_length: reply_length,
        // The text comes out of JSON strings, so it is UTF-8.
        ai_response_truncated: text.is_some_and(|text| text.length > MAX_TEXT_BYTES as u64),
        action: classified.map_or("unknown", |classified| classified.action).to_owned(),
        scope: classified.map_or("general", |classified| classified.scope).to_owned(),
        features_canonical: classified.map_or_else(unknown_slots, |classified| classified.slots.to_vec()),
        risk_tier: classification.tier.token().to_owned(),
        anomaly_score_canonical: score,
        is_anomaly: score.is_some() && classification.tier >= Tier::Flagged,
        policy_action: exchange.policy_action.to_owned(),
        matched_policy: matched.map(foreign),
        blocked: Some(exchange.blocked),
        block_reason: exchange.block_reason.as_deref().map(foreign),
        policy_id: Some(foreign(&exchange.policy.version)),
        gate_layer: matched.map(|_| 2),
        tap_certificate_id: None,
        scope_violation: matched == Some("capability"),
        execution_gate_id: Some(evidence.digest()),
    })
}

fn content(digest: Option<Digest>) -> (Option<String>, Option<i64>) {
    match digest {
        Some(digest) => {
            (Some(hex::encode(&digest.sha256)), Some(i64::try_from(digest.length).unwrap_or(i64::MAX)))
        }
        None => (None, None),
    }
}

fn unknown_slots() -> Vec<i64> {
    (0..FEATURE_SLOTS).map(|slot| if UNKNOWN_SLOTS.contains(&slot) { ONE } else { 0 }).collect()
}
