//! Effects before the provenance of their values is known.

use vigil_core::{Magnitude, Resource, Reversibility, Verb};

use super::place::{Located, Sensitivity, is_stream, sensitivity};

/// An effect, and the values of the call that its resource was taken from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) verb: Verb,
    pub(crate) resource: Resource,
    pub(crate) reversibility: Reversibility,
    pub(crate) magnitude: Magnitude,
    pub(crate) sources: Vec<String>,
    /// The simple command that does it. A draft that says nothing gets the one that runs when it is added.
    pub(crate) command: Vec<String>,
}

impl Draft {
    /// An effect on one thing, as reversible as its verb commonly is.
    pub(crate) fn new(verb: Verb, resource: Resource) -> Self {
        let reversibility = match verb {
            Verb::Read | Verb::Write | Verb::Fetch => Reversibility::Reversible,
            Verb::Install | Verb::Grant | Verb::Delegate | Verb::Configure => Reversibility::Partial,
            Verb::Delete | Verb::Execute | Verb::Send | Verb::Pay => Reversibility::Irreversible,
        };
        let count = match &resource {
            Resource::Unknown => 0,
            Resource::Message { recipients } => u32::try_from(recipients.len()).unwrap_or(u32::MAX).max(1),
            _ => 1,
        };
        let outward = matches!(verb, Verb::Send | Verb::Pay);
        let magnitude = Magnitude { count, recursive: false, outward };
        let command = match &resource {
            Resource::Command(argv) => argv.clone(),
            _ => Vec::new(),
        };
        Self { verb, resource, reversibility, magnitude, sources: Vec::new(), command }
    }

    /// What nobody could take apart.
    pub(crate) fn unknown(source: &str) -> Self {
        Self::new(Verb::Execute, Resource::Unknown).from(source)
    }

    pub(crate) fn from(mut self, source: impl Into<String>) -> Self {
        self.sources.push(source.into());
        self
    }

    pub(crate) fn sourced(mut self, sources: &[String]) -> Self {
        self.sources.extend(sources.iter().cloned());
        self
    }

    pub(crate) fn reversibility(mut self, reversibility: Reversibility) -> Self {
        self.reversibility = reversibility;
        self
    }

    pub(crate) fn partial(self) -> Self {
        self.reversibility(Reversibility::Partial)
    }

    pub(crate) fn reversible(self) -> Self {
        self.reversibility(Reversibility::Reversible)
    }

    pub(crate) fn irreversible(self) -> Self {
        self.reversibility(Reversibility::Irreversible)
    }

    pub(crate) fn recursive(mut self, recursive: bool) -> Self {
        self.magnitude.recursive |= recursive;
        self
    }

    pub(crate) fn outward(mut self, outward: bool) -> Self {
        self.magnitude.outward |= outward;
        self
    }

    /// An effect on a path; what the path is to a firewall decides verb and resource. `None` for sinks.
    pub(crate) fn path(verb: Verb, located: Located, glob: bool) -> Option<Self> {
        let Located { text, outward } = located;
        if is_stream(&text) {
            return None;
        }
        if let Some((host, _)) = text.strip_prefix("/dev/tcp/").and_then(|rest| rest.split_once('/')) {
            return Some(Self::new(Verb::Send, Resource::Host(host.to_ascii_lowercase())).outward(true));
        }
        let draft = match (verb, sensitivity(&text)) {
            (Verb::Read, Sensitivity::Credential) => Self::new(verb, Resource::Credential(text)),
            (Verb::Write, Sensitivity::Credential) if text.ends_with("authorized_keys") => {
                Self::new(Verb::Grant, Resource::Credential(text))
            }
            (Verb::Write, Sensitivity::Credential) => Self::new(verb, Resource::Credential(text)).partial(),
            (Verb::Write, Sensitivity::Configuration) => Self::new(Verb::Configure, Resource::Path(text)),
            (Verb::Write, _) if text.starts_with("/dev/") => {
                Self::new(verb, Resource::Path(text)).irreversible().outward(true)
            }
            _ => Self::new(verb, Resource::Path(text)),
        };
        Some(draft.outward(outward).recursive(glob))
    }
}

/// How many effects one action may have. A call that does more does the unknown as well.
const MAX_EFFECTS: usize = 192;

/// The effects of a call, in the order in which they would happen.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    pub(crate) effects: Vec<Draft>,
    pub(crate) remarks: Vec<&'static str>,
    /// The simple command that runs now; empty between commands.
    pub(crate) running: Vec<String>,
}

impl Drafts {
    /// Adds an effect, unless it stands there already.
    pub(crate) fn add(&mut self, mut draft: Draft) {
        if draft.command.is_empty() {
            draft.command.clone_from(&self.running);
        }
        if self.effects.len() > MAX_EFFECTS || self.effects.contains(&draft) {
            return;
        }
        if self.effects.len() == MAX_EFFECTS {
            self.remark("too_many_effects");
            self.effects.push(Draft::new(Verb::Execute, Resource::Unknown).outward(true));
            return;
        }
        self.effects.push(draft);
    }

    /// Gives `command` to the redirections among the effects since `from`. They are walked before the command is known.
    pub(crate) fn redirected(&mut self, from: usize, command: &[String]) {
        let from = from.min(self.effects.len());
        for mut draft in self.effects.split_off(from) {
            if draft.command.first().is_some_and(|word| is_redirection(word)) {
                match command {
                    [] => draft.command.clear(),
                    _ => drop(draft.command.splice(0..0, command.iter().cloned())),
                }
            }
            self.add(draft);
        }
    }

    /// A command ran that has no effect of its own: it is told before what it brought about.
    pub(crate) fn ran(&mut self, from: usize, command: &[String]) {
        let tells = |draft: &Draft| match draft.command.strip_prefix(command) {
            Some([]) => true,
            Some([next, ..]) => is_redirection(next),
            None => false,
        };
        if command.is_empty() || self.effects.len() >= MAX_EFFECTS || self.effects.iter().any(tells) {
            return;
        }
        let draft = Draft::new(Verb::Read, Resource::Command(command.to_vec()));
        self.effects.insert(from.min(self.effects.len()), draft);
    }

    pub(crate) fn add_some(&mut self, draft: Option<Draft>) {
        if let Some(draft) = draft {
            self.add(draft);
        }
    }

    pub(crate) fn remark(&mut self, remark: &'static str) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// What cannot be parsed: it executes the unknown.
    pub(crate) fn not_parsed(&mut self, remark: &'static str, text: &str) {
        self.remark(remark);
        self.add(Draft::unknown(text));
    }
}

/// How a redirection stands in the command of its effect.
fn is_redirection(word: &str) -> bool {
    matches!(word, ">" | ">>" | "<")
}
