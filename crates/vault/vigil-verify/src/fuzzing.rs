//! Properties for fuzz targets.

use crate::json::token::Tokens;
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

/// Whether our reader takes these bytes for one JSON value. A target compares this with another reader.
#[must_use]
pub fn verifier_reads(data: &[u8]) -> bool {
    Tokens::new(data, 0).is_ok_and(|mut tokens| tokens.finish().is_ok())
}
