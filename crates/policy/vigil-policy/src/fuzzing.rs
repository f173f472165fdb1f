//! Entries for fuzz targets: properties of what reads hostile texts.

use alloc::string::String;

use vigil_core::{Action, Generation, Millis, Tier};

use crate::gate::{Authority, Question, decide};
use crate::glob::{Subject, escaped, glob_matches};
use crate::grant::{format_grants, parse_grants};
use crate::policy::PolicySource;

/// A policy is read or refused at a place in the text, the same way twice, and what was read can decide.
pub fn policy_text(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let (first, second) = (PolicySource::parse(text, "p"), PolicySource::parse(text, "p"));
    match (first, second) {
        (Ok((policy, warnings)), Ok((again, same))) => {
            let of =
                |policy: &crate::CompiledPolicy| policy.in_force([].iter(), Millis(0), Generation::default());
            assert_eq!(of(&policy), of(&again));
            assert_eq!(warnings, same);
            let action = Action::unknown(String::from("tool"));
            let question = |tier| Question {
                action: &action,
                tier,
                provider: "anthropic",
                agent: "agent",
                authority: Authority::default(),
                credential_read: false,
            };
            let outcomes = Tier::ALL.map(|tier| decide(&policy, &question(tier)).outcome);
            assert!(outcomes.is_sorted(), "a higher tier lowered the outcome");
        }
        (Err(error), Err(same)) => {
            assert_eq!(error, same);
            let lines = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
            assert!(error.at.line >= 1 && error.at.line <= lines && error.at.column >= 1);
        }
        _ => assert_eq!("one answer", "two answers"),
    }
}

/// The first line is a glob, the rest a text. An escaped text is a glob for itself, and no glob is read with an error of its own.
pub fn glob(data: &[u8]) {
    let Ok(input) = core::str::from_utf8(data) else { return };
    let (pattern, text) = input.split_once('\n').unwrap_or((input, ""));
    for subject in [Subject::Path, Subject::Name] {
        let matches = glob_matches(pattern, subject, text);
        if matches.is_ok() && !pattern.contains(['*', '?', '{', '\\']) {
            assert_eq!(matches, Ok(pattern == text));
        }
        let plain = escaped(text);
        if let Ok(matches) = glob_matches(&plain, subject, text) {
            assert!(matches, "{plain:?} does not match {text:?}");
        }
    }
}

/// A file of grants is refused, or reads back the same after it was written.
pub fn grants(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(grants) = parse_grants(text) {
        assert_eq!(parse_grants(&format_grants(&grants)), Ok(grants));
    }
}
