//! The field tables of spec 3 and 4.

/// The type a field is declared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    String,
    Integer,
    Bool,
    Integers,
    Strings,
}

/// One field: the member's name, its type, whether it may be NULL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) declared: FieldType,
    pub(crate) nullable: bool,
}

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Interaction,
    GateDecision,
    ChainUpgrade,
    ChainTruncation,
    Lifecycle,
}

impl Kind {
    /// The kind a token names.
    pub(crate) fn of(token: &[u8]) -> Option<Self> {
        Some(match token {
            b"interaction" => Self::Interaction,
            b"gate_decision" => Self::GateDecision,
            b"chain_upgrade" => Self::ChainUpgrade,
            b"chain_truncation" => Self::ChainTruncation,
            b"lifecycle" => Self::Lifecycle,
            _ => return None,
        })
    }

    /// Field 2 of the preimage (2.3), fixed by the format.
    pub(crate) fn field_count(self) -> &'static str {
        match self {
            Self::Interaction => "35",
            Self::GateDecision => "23",
            Self::ChainUpgrade | Self::ChainTruncation => "11",
            Self::Lifecycle => "10",
        }
    }

    /// The fields from number 8 on.
    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::Interaction => INTERACTION,
            Self::GateDecision => GATE_DECISION,
            Self::ChainUpgrade => CHAIN_UPGRADE,
            Self::ChainTruncation => CHAIN_TRUNCATION,
            Self::Lifecycle => LIFECYCLE,
        }
    }
}

const fn required(name: &'static str, declared: FieldType) -> Field {
    Field { name, declared, nullable: false }
}

const fn nullable(name: &'static str, declared: FieldType) -> Field {
    Field { name, declared, nullable: true }
}

use FieldType::{Bool, Integer, Integers, String, Strings};

/// Fields 3 to 7.
pub(crate) const ENVELOPE: &[Field] = &[
    required("seq", Integer),
    required("prev_hash", String),
    required("event_kind", String),
    required("id", String),
    required("timestamp_us", Integer),
];

/// The member that is in no preimage.
pub(crate) const HASH: Field = required("hash", String);

const INTERACTION: &[Field] = &[
    required("provider", String),
    nullable("model", String),
    required("interaction_type", String),
    nullable("conversation_ref", String),
    nullable("client_ref", String),
    nullable("user_message", String),
    nullable("user_message_sha256", String),
    nullable("user_message_length", Integer),
    required("user_message_truncated", Bool),
    nullable("ai_response", String),
    nullable("ai_response_sha256", String),
    nullable("ai_response_length", Integer),
    required("ai_response_truncated", Bool),
    required("action", String),
    required("scope", String),
    required("features_canonical", Integers),
    required("risk_tier", String),
    nullable("anomaly_score_canonical", Integer),
    required("is_anomaly", Bool),
    required("policy_action", String),
    nullable("matched_policy", String),
    nullable("blocked", Bool),
    nullable("block_reason", String),
    nullable("policy_id", String),
    nullable("gate_layer", Integer),
    nullable("tap_certificate_id", String),
    required("scope_violation", Bool),
    nullable("execution_gate_id", String),
];

const GATE_DECISION: &[Field] = &[
    required("gate_id", String),
    nullable("interaction_id", String),
    required("provider", String),
    required("protocol", String),
    nullable("tool_call_id", String),
    nullable("tool_name", String),
    required("class", String),
    required("rule_ids", Strings),
    required("verdict", String),
    required("decision", String),
    required("held_ms", Integer),
    required("snapshot_ids", Strings),
    nullable("response_hash_upstream", String),
    nullable("response_hash_delivered", String),
    required("actor", String),
    required("policy_version", String),
];

const CHAIN_UPGRADE: &[Field] = &[
    nullable("predecessor_format_version", String),
    nullable("predecessor_document_sha256", String),
    nullable("predecessor_record_count", Integer),
    nullable("predecessor_head_hash", String),
];

const CHAIN_TRUNCATION: &[Field] = &[
    required("anchor_entry_count", Integer),
    required("anchor_head_hash", String),
    required("observed_entry_count", Integer),
    required("observed_head_hash", String),
];

const LIFECYCLE: &[Field] =
    &[required("event", String), required("app_version", String), nullable("reason", String)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_as_many_fields_as_its_preimage_says() {
        for token in ["interaction", "gate_decision", "chain_upgrade", "chain_truncation", "lifecycle"] {
            let kind = Kind::of(token.as_bytes()).unwrap();
            let fields = 2 + ENVELOPE.len() + kind.fields().len();
            assert_eq!(kind.field_count(), fields.to_string(), "{token}");
        }
        assert!(Kind::of(b"transport").is_none());
    }
}
