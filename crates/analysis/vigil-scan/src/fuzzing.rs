//! Entry points for fuzz targets. Each holds a property; none of this is for use.

use std::path::Path;

pub use crate::deps::fuzzing::{manifests, names, settings};
use crate::{Baseline, Changes, Config, scan_source};

const PATHS: [&str; 8] = [
    "app.py",
    "tests/test_app.py",
    "app.js",
    "app.test.ts",
    "app.tsx",
    "notes.ipynb",
    "app.mjs",
    "app/api/route.ts",
];

/// A source file; the first byte chooses its name. Twice the same, and every place lies in the file.
///
/// # Panics
///
/// When the property does not hold.
#[expect(clippy::panic, reason = "a fuzz target tells by a panic")]
pub fn source(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let Some(path) = PATHS.get(usize::from(*choice) % PATHS.len()) else { return };
    let config = Config::default();
    let first = scan_source(Path::new(path), text, &config);
    let again = scan_source(Path::new(path), text, &config);
    if first.findings != again.findings || first.notes != again.notes {
        panic!("two scans of the same bytes differ");
    }
    // Lines end at `\n` and `\r`, and a notebook's are those of the file.
    let lines = text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    for finding in &first.findings {
        if finding.start.line == 0 || finding.start.column == 0 || finding.end < finding.start {
            panic!("{} stands nowhere: {:?} to {:?}", finding.rule, finding.start, finding.end);
        }
        if finding.start.line as usize > lines {
            panic!("{} stands behind the end: {:?} of {lines} lines", finding.rule, finding.start);
        }
    }
}

/// A configuration file.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _read_or_refused = crate::config::parse_text(text, Path::new(".vigil.yaml"));
}

/// What git says of a change, and a baseline file.
pub fn changes(data: &[u8]) {
    let changes = Changes::parse(data);
    let _files = changes.files().count();
    if let Ok(text) = std::str::from_utf8(data) {
        let _read_or_refused = Baseline::parse(Path::new("baseline.json"), text);
    }
}
