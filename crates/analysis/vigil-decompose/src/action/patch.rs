//! Patches to the files they touch.

use vigil_core::Verb;

use super::draft::{Draft, Drafts};
use super::place::{Directory, Surroundings};

/// A patch in the form of Codex and of OpenAI's `apply_patch`:
///
/// ```text
/// *** Begin Patch
/// *** Add File: a
/// *** Update File: b
/// *** Move to: c
/// *** Delete File: d
/// *** End Patch
/// ```
pub(crate) fn codex(place: &Surroundings, directory: &Directory, text: &str, drafts: &mut Drafts) -> bool {
    let mut any = false;
    for line in text.lines() {
        let line = line.trim_end();
        let (verb, path) = if let Some(path) = line.strip_prefix("*** Delete File: ") {
            (Verb::Delete, path)
        } else if let Some(path) = line
            .strip_prefix("*** Add File: ")
            .or_else(|| line.strip_prefix("*** Update File: "))
            .or_else(|| line.strip_prefix("*** Move to: "))
        {
            (Verb::Write, path)
        } else {
            continue;
        };
        any = true;
        add(place, directory, verb, path.trim(), drafts);
    }
    any
}

/// A unified diff, as `patch` reads it. A patch in no known form writes the unknown.
pub(crate) fn unified(place: &Surroundings, directory: &Directory, text: &str, drafts: &mut Drafts) {
    let mut any = codex(place, directory, text, drafts);
    let mut from = "";
    for line in text.lines() {
        let name = |rest: &'_ str| rest.split('\t').next().unwrap_or_default().trim().to_owned();
        if let Some(rest) = line.strip_prefix("--- ") {
            from = rest;
        } else if let Some(rest) = line.strip_prefix("+++ ") {
            any = true;
            let target = name(rest);
            if target == "/dev/null" {
                let path = name(from);
                add(place, directory, Verb::Delete, path.strip_prefix("a/").unwrap_or(&path), drafts);
            } else {
                add(place, directory, Verb::Write, target.strip_prefix("b/").unwrap_or(&target), drafts);
            }
        }
    }
    if !any {
        drafts.not_parsed("patch_not_parsed", text);
    }
}

fn add(place: &Surroundings, directory: &Directory, verb: Verb, path: &str, drafts: &mut Drafts) {
    let draft = Draft::path(verb, place.locate(directory, path), false);
    drafts.add_some(draft.map(|draft| draft.from(path)));
}
