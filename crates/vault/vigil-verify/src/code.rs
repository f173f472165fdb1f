//! The closed vocabularies of the report: codes, verdicts, formats.

macro_rules! codes {
    ($($variant:ident = $text:literal,)*) => {
        /// What can be found in a document. Spec 12.4–12.8 and 13.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the text of each code is its documentation; the spec defines it")]
        pub enum Code { $($variant,)* }

        impl Code {
            /// All codes, sorted by their text.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as the report spells it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

// Sorted by text, so that a set lists itself in the order of the report.
codes! {
    AnchorAbsent = "anchor_absent",
    AnchorExceedsRecords = "anchor_exceeds_records",
    AnchorHeadMismatch = "anchor_head_mismatch",
    AnchorNull = "anchor_null",
    AnchorUnreadable = "anchor_unreadable",
    CheckpointMalformed = "checkpoint_malformed",
    CheckpointOrigin = "checkpoint_origin",
    CheckpointRoot = "checkpoint_root",
    CheckpointSignature = "checkpoint_signature",
    CheckpointSize = "checkpoint_size",
    CheckpointUnsigned = "checkpoint_unsigned",
    DuplicateMember = "duplicate_member",
    DuplicateSeq = "duplicate_seq",
    EvidenceContent = "evidence_content",
    EvidenceDigest = "evidence_digest",
    EvidenceMalformed = "evidence_malformed",
    EvidenceUnreferenced = "evidence_unreferenced",
    FeatureArity = "feature_arity",
    FormatMismatch = "format_mismatch",
    HashMismatch = "hash_mismatch",
    InvalidJson = "invalid_json",
    KeyIdMismatch = "key_id_mismatch",
    KeyMalformed = "key_malformed",
    KeyOrder = "key_order",
    LinkBreak = "link_break",
    MalformedMember = "malformed_member",
    MissingField = "missing_field",
    MissingMember = "missing_member",
    NullElement = "null_element",
    NullField = "null_field",
    OverLimit = "over_limit",
    RootGenesisMismatch = "root_genesis_mismatch",
    RootMissing = "root_missing",
    RootNotChainUpgrade = "root_not_chain_upgrade",
    RotationMissing = "rotation_missing",
    RotationUnlisted = "rotation_unlisted",
    RotationUnsigned = "rotation_unsigned",
    SeqGap = "seq_gap",
    SignatureDuplicate = "signature_duplicate",
    SignatureInvalid = "signature_invalid",
    SignatureMalformed = "signature_malformed",
    SignatureNoRecord = "signature_no_record",
    SignatureUnknownKey = "signature_unknown_key",
    SignatureWrongKey = "signature_wrong_key",
    UnknownKind = "unknown_kind",
    UnknownMember = "unknown_member",
    UnrecognisedFormat = "unrecognised_format",
    V1LinkBreak = "v1_link_break",
    V1MalformedEntry = "v1_malformed_entry",
    WrongType = "wrong_type",
}

impl Code {
    /// The codes that make a walked document `broken` (spec 12.7).
    pub(crate) const BROKEN: Codes = Codes::of(&[
        Self::UnknownMember,
        Self::MissingField,
        Self::WrongType,
        Self::NullField,
        Self::NullElement,
        Self::OverLimit,
        Self::UnknownKind,
        Self::FeatureArity,
        Self::HashMismatch,
        Self::LinkBreak,
        Self::DuplicateSeq,
        Self::AnchorHeadMismatch,
    ]);

    /// The codes that make it `truncated` when none of [`Code::BROKEN`] is there.
    pub(crate) const TRUNCATED: Codes = Codes::of(&[
        Self::RootMissing,
        Self::RootNotChainUpgrade,
        Self::RootGenesisMismatch,
        Self::SeqGap,
        Self::AnchorExceedsRecords,
    ]);

    /// What is wrong with keys, rotations or signatures (spec 13.8).
    pub(crate) const SIGNED_BAD: Codes = Codes::of(&[
        Self::KeyIdMismatch,
        Self::KeyMalformed,
        Self::KeyOrder,
        Self::RotationMissing,
        Self::RotationUnlisted,
        Self::RotationUnsigned,
        Self::SignatureDuplicate,
        Self::SignatureInvalid,
        Self::SignatureMalformed,
        Self::SignatureNoRecord,
        Self::SignatureUnknownKey,
        Self::SignatureWrongKey,
    ]);

    /// What is wrong with checkpoints.
    pub(crate) const CHECKPOINT_BAD: Codes = Codes::of(&[
        Self::CheckpointMalformed,
        Self::CheckpointOrigin,
        Self::CheckpointRoot,
        Self::CheckpointSignature,
        Self::CheckpointSize,
        Self::CheckpointUnsigned,
    ]);
}

/// A set of codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codes(u64);

impl Codes {
    const fn of(codes: &[Code]) -> Self {
        let mut bits = 0;
        let mut rest = codes;
        while let [code, others @ ..] = rest {
            bits |= 1 << *code as u64;
            rest = others;
        }
        Self(bits)
    }

    /// Adds a code.
    pub(crate) fn insert(&mut self, code: Code) {
        self.0 |= Self::of(&[code]).0;
    }

    /// Adds all codes of another set.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether `code` is in the set.
    #[must_use]
    pub fn contains(self, code: Code) -> bool {
        self.meets(Self::of(&[code]))
    }

    /// Whether the sets have a code in common.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The codes, sorted by their text.
    pub fn iter(self) -> impl Iterator<Item = Code> {
        Code::ALL.iter().copied().filter(move |code| self.contains(*code))
    }
}

impl From<Code> for Codes {
    fn from(code: Code) -> Self {
        Self::of(&[code])
    }
}

/// The one word about the chain. Spec 12.7, 12.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record recomputes and links, from the genesis on.
    Verified,
    /// Something inside the chain does not hold.
    Broken,
    /// A part of the chain is missing.
    Truncated,
    /// There is no record.
    Empty,
    /// The document could not be read as a record chain.
    Rejected,
    /// A 1.0 document whose links hold; its content is not covered.
    V1LinkageOnly,
    /// A 1.0 document with a broken link.
    V1LinkBroken,
    /// A 1.0 document without entries.
    V1Empty,
}

impl Verdict {
    /// The verdict as the report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Broken => "broken",
            Self::Truncated => "truncated",
            Self::Empty => "empty",
            Self::Rejected => "rejected",
            Self::V1LinkageOnly => "1.0-linkage-only",
            Self::V1LinkBroken => "1.0-link-broken",
            Self::V1Empty => "1.0-empty",
        }
    }
}

/// Which layout a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An object with `records`.
    V2,
    /// 1.0, a bare array.
    V1Array,
    /// 1.0, an object with `interactions`.
    V1Object,
}

impl Format {
    /// The format as the report spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "2.x",
            Self::V1Array => "1.x-array",
            Self::V1Object => "1.x-object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_its_codes_sorted_by_text() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.as_str()));
        let set = Codes::of(&[Code::WrongType, Code::AnchorNull, Code::LinkBreak]);
        assert_eq!(
            set.iter().map(Code::as_str).collect::<Vec<_>>(),
            ["anchor_null", "link_break", "wrong_type"]
        );
    }
}
