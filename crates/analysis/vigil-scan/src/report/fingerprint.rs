//! What stays the same when code moves.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::text::path;
use crate::finding::Finding;

/// One fingerprint for each finding, in their order: rule, file and the line's text without its blanks. Findings that look
/// the same are told apart by their number, from the first line on. Lines do not count, so that a finding keeps its
/// fingerprint when code above it moves.
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&at| findings.get(at).map(|finding| (&finding.file, finding.start)));
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut prints = vec![String::new(); findings.len()];
    for at in order {
        let (Some(finding), Some(print)) = (findings.get(at), prints.get_mut(at)) else { continue };
        let bare = content(finding);
        let number = seen.entry(bare.clone()).and_modify(|number| *number += 1).or_insert(0);
        *print = if *number == 0 { bare } else { digest(&[&bare, &number.to_string()]) };
    }
    prints
}

fn content(finding: &Finding) -> String {
    let text = if finding.snippet.is_empty() { &finding.message } else { &finding.snippet };
    let text: String = text.split_whitespace().collect();
    digest(&[finding.rule.code(), &path(&finding.file), &text])
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    // Half of the digest is enough to tell findings apart, and keeps reports short.
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
