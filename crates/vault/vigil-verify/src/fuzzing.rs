//! Properties for fuzz targets.

#[cfg(feature = "store")]
use sha2::{Digest as _, Sha256};

#[cfg(feature = "store")]
use crate::code::Code;
use crate::json::token::Tokens;
#[cfg(feature = "store")]
use crate::record::decode::Decoder;
use crate::{Options, Source, verify};

/// The whole verifier: it answers, the same each time, with one thread or several, and with an exit code that the
/// spec lists.
pub fn verifier(data: &[u8]) {
    let source = Source::bytes(data);
    let report = |threads| {
        let mut options = Options::default();
        options.threads(threads);
        verify(&source, &options).map(|report| (report.exit_code(), report.to_json(), report)).ok()
    };
    let first = report(1);
    assert_eq!(first, report(1), "two runs differ");
    assert_eq!(first, report(2), "threads make a difference");
    if let Some((code, json, report)) = first {
        assert!(matches!(code, 0 | 1 | 2 | 3 | 6 | 7 | 8 | 9 | 12), "exit code {code}");
        assert!(json.is_ascii() && verifier_reads(json.as_bytes()), "the report is not JSON");
        let text = report.to_text("document", crate::Style::Plain);
        assert!(
            text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)),
            "the text is not clean"
        );
    }
}

/// Bytes that are taken for a preimage give a record that hashes to exactly these bytes: whatever else is wrong with
/// it, nothing was read that is not there.
#[cfg(feature = "store")]
pub fn stored_preimage(data: &[u8]) {
    let mut record = b"{\"seq\":0".to_vec();
    if !crate::store::members(data, &mut record) {
        return;
    }
    let hash: String = Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect();
    record.extend_from_slice(format!(",\"hash\":\"{hash}\"}}").as_bytes());
    let decoded = Decoder::default().decode(&record, 0);
    assert!(decoded.is_ok(), "the record is not JSON");
    let Ok(decoded) = decoded else { return };
    // `seq` is the caller's: a preimage with another one hashes to something else.
    let same_seq = data.get(13..).is_some_and(|rest| {
        let count =
            rest.get(1..5).map_or(0, |length| length.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)));
        rest.get(5 + count..).is_some_and(|rest| rest.starts_with(b"\x02\0\0\0\x010"))
    });
    assert!(!decoded.duplicate && !decoded.codes.contains(Code::WrongType), "{:?}", decoded.codes);
    assert!(!decoded.codes.contains(Code::MissingField) && !decoded.codes.contains(Code::UnknownMember));
    if same_seq {
        assert!(!decoded.codes.contains(Code::HashMismatch), "the record does not hash to its own bytes");
    }
}

/// Whether our reader takes these bytes for one JSON value. A target compares this with another reader.
#[must_use]
pub fn verifier_reads(data: &[u8]) -> bool {
    Tokens::new(data, 0).is_ok_and(|mut tokens| tokens.finish().is_ok())
}
