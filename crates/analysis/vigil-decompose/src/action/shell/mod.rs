//! Shell text to effects: every simple command with its redirections, wherever it stands.
//!
//! The text is parsed with `brush-parser` and walked once, in order, as a shell would run it: `cd` moves the directory,
//! assignments are followed where the text tells the value, loops over words run once per word, functions run where
//! they are called. Both branches of a condition count. What cannot be parsed executes the unknown.

mod scope;
mod syntax;
mod walk;
mod word;

pub(crate) use scope::Scope;
pub(crate) use walk::{Input, Shell};
pub(crate) use word::Word;

use super::draft::Drafts;
use super::place::Surroundings;

/// Takes a shell text apart. `directory` is where the tool says it runs, seen from the working directory.
pub(crate) fn decompose(text: &str, directory: Option<&str>, place: &Surroundings, drafts: &mut Drafts) {
    let effects = drafts.effects.len();
    let ran = syntax::with_stack(text, |levels| {
        let mut scope = Scope::default();
        if let Some(directory) = directory {
            scope.directory = place.enter(&scope.directory, directory);
        }
        Shell::new(place, drafts, scope, levels).script(text);
    });
    if !ran {
        drafts.not_parsed("shell_not_parsed", text);
    }
    // `true`, `cd x` or a comment: something ran, and it does nothing that matters.
    if drafts.effects.len() == effects {
        drafts.add(harmless(text));
    }
}

/// A text that runs and touches nothing.
fn harmless(text: &str) -> super::draft::Draft {
    use vigil_core::{Resource, Verb};
    let words = text.split_whitespace().take(64).map(str::to_owned).collect();
    super::draft::Draft::new(Verb::Read, Resource::Command(words))
}
