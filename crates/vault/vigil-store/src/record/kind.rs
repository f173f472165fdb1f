//! The fields of the five kinds, in the order of their tables (`voaf.md` §4).

use super::field::Field;
use super::preimage::{Fields, Preimage, RecordError};

/// The envelope has seven fields; the kinds' own begin at 8.
const ENVELOPE_FIELDS: i64 = 7;

macro_rules! kinds {
    ($( $(#[$meta:meta])* $name:ident = $token:literal [$count:literal] {
        $( $(#[$doc:meta])* $field:ident: $type:ty, )*
    } )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Eq)]
            #[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
            pub struct $name { $( $(#[$doc])* pub $field: $type, )* }
        )*

        /// What a record says, by kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Body { $( $(#[$meta])* $name($name), )* }

        impl Body {
            /// The token of the field `event_kind`.
            pub const fn kind(&self) -> &'static str {
                match self { $( Self::$name(_) => $token, )* }
            }

            /// Field 2 of the preimage: the table's count, never a count of what is at hand.
            pub const fn field_count(&self) -> i64 {
                match self { $( Self::$name(_) => $count, )* }
            }

            pub(crate) fn encode(&self, out: &mut Preimage) {
                match self { $( Self::$name(body) => { $( body.$field.encode(out); )* } )* }
            }

            pub(crate) fn decode(kind: &str, fields: &mut Fields<'_>) -> Result<Self, RecordError> {
                match kind {
                    $( $token => Ok(Self::$name($name { $( $field: Field::decode(fields)?, )* })), )*
                    other => Err(RecordError::Kind(other.to_owned())),
                }
            }

            pub(crate) fn json(&self, out: &mut Vec<u8>) {
                match self { $( Self::$name(body) => { $(
                    out.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                    body.$field.json(out);
                )* } )* }
            }

            #[cfg(test)]
            pub(crate) fn from_json(kind: &str, value: serde_json::Value) -> Self {
                match kind {
                    $( $token => Self::$name(serde_json::from_value(value).expect($token)), )*
                    other => panic!("unknown kind {other}"),
                }
            }
        }

        $( const _: () = assert!(
            ENVELOPE_FIELDS + [$( stringify!($field), )*].len() as i64 == $count
        ); )*
    };
}

kinds! {
    /// One exchange with a provider.
    Interaction = "interaction" [35] {
        /// The provider's token.
        provider: String,
        /// The model's name as on the wire.
        model: Option<String>,
        /// A token.
        interaction_type: String,
        /// The conversation id that the protocol carries.
        conversation_ref: Option<String>,
        /// Which client.
        client_ref: Option<String>,
        /// Always `None` in our chain (`voaf.md` §7.2).
        user_message: Option<String>,
        /// Digest of the text sent.
        user_message_sha256: Option<String>,
        /// Its length in bytes.
        user_message_length: Option<i64>,
        /// It is UTF-8 and longer than 2^20 bytes.
        user_message_truncated: bool,
        /// Always `None` in our chain.
        ai_response: Option<String>,
        /// Digest of the text received.
        ai_response_sha256: Option<String>,
        /// Its length in bytes.
        ai_response_length: Option<i64>,
        /// It is UTF-8 and longer than 2^20 bytes.
        ai_response_truncated: bool,
        /// A token.
        action: String,
        /// A token.
        scope: String,
        /// The 27 slots.
        features_canonical: Vec<i64>,
        /// A token.
        risk_tier: String,
        /// The score, scaled by 1,000,000.
        anomaly_score_canonical: Option<i64>,
        /// Whether it counts as an anomaly.
        is_anomaly: bool,
        /// A token.
        policy_action: String,
        /// The rule that decided.
        matched_policy: Option<String>,
        /// Whether a call was not delivered.
        blocked: Option<bool>,
        /// Why.
        block_reason: Option<String>,
        /// Which policy was in force.
        policy_id: Option<String>,
        /// 1 signatures, 2 policy, 3 anomaly.
        gate_layer: Option<i64>,
        /// The identity attestation in force.
        tap_certificate_id: Option<String>,
        /// Whether a call left the agent's capability set.
        scope_violation: bool,
        /// Digest of the evidence object.
        execution_gate_id: Option<String>,
    }
    /// One decision about one action.
    GateDecision = "gate_decision" [23] {
        /// `act1-` and the digest of the evidence object.
        gate_id: String,
        /// The `id` of the exchange's record.
        interaction_id: Option<String>,
        /// The provider's token.
        provider: String,
        /// The wire protocol.
        protocol: String,
        /// The call id on the wire.
        tool_call_id: Option<String>,
        /// The tool.
        tool_name: Option<String>,
        /// The effect class.
        class: String,
        /// The rules that took part.
        rule_ids: Vec<String>,
        /// A token.
        verdict: String,
        /// A token.
        decision: String,
        /// Milliseconds the call waited.
        held_ms: i64,
        /// File snapshots taken or restored.
        snapshot_ids: Vec<String>,
        /// SHA-256 of the reply as received so far.
        response_hash_upstream: Option<String>,
        /// SHA-256 of the reply as delivered so far.
        response_hash_delivered: Option<String>,
        /// We write `vigil-gate`.
        actor: String,
        /// The policy that decided.
        policy_version: String,
    }
    /// What came before this chain.
    ChainUpgrade = "chain_upgrade" [11] {
        /// The version of the chain before.
        predecessor_format_version: Option<String>,
        /// Digest of its archived document.
        predecessor_document_sha256: Option<String>,
        /// How many records it had.
        predecessor_record_count: Option<i64>,
        /// Its last hash.
        predecessor_head_hash: Option<String>,
    }
    /// The store had fewer records than the anchor counted.
    ChainTruncation = "chain_truncation" [11] {
        /// How many the anchor counted.
        anchor_entry_count: i64,
        /// The last hash the anchor knew.
        anchor_head_hash: String,
        /// How many the store had.
        observed_entry_count: i64,
        /// The last hash in the store.
        observed_head_hash: String,
    }
    /// The producer itself.
    Lifecycle = "lifecycle" [10] {
        /// A token.
        event: String,
        /// The version of the program.
        app_version: String,
        /// In plain words, or an id.
        reason: Option<String>,
    }
}
