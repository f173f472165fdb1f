//! What the models remember of a session.

use crate::Shift;
use crate::lstm::Memory;
use crate::step::{Step, Token};

/// What the models remember of one session. It takes the same memory however long the session is.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub(super) streams: [Shift; STREAMS],
    pub(super) memory: Memory,
    pub(super) last: Option<Token>,
    /// Calls that work on a machine, and others.
    machine: u32,
    other: u32,
}

/// Streams that are watched for shifts: three models, provenance, encodings.
pub(super) const STREAMS: usize = 5;

/// The class of an agent, by what it mostly does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentClass {
    /// It works on a machine: files, commands, packages.
    Coding,
    /// It works through tools: mail, calendars, payments, pages.
    Assistant,
}

impl AgentClass {
    /// All of them, in the order of references.
    pub const ALL: [Self; 2] = [Self::Coding, Self::Assistant];

    /// The word for it.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::Assistant => "assistant",
        }
    }
}

impl Default for Track {
    fn default() -> Self {
        let memory = Memory::default();
        Self { streams: [Shift::one_of_many(); STREAMS], memory, last: None, machine: 0, other: 0 }
    }
}

impl Track {
    /// The class of the session's agent, this step counted.
    pub fn class(&self, step: &Step) -> AgentClass {
        let machine = self.machine.saturating_add(u32::from(step.token.is_machine()));
        let other = self.other.saturating_add(u32::from(!step.token.is_machine()));
        if machine > other { AgentClass::Coding } else { AgentClass::Assistant }
    }

    /// The class of the session's agent by the steps that were seen.
    pub(crate) const fn class_so_far(&self) -> AgentClass {
        if self.machine > self.other { AgentClass::Coding } else { AgentClass::Assistant }
    }

    /// How many steps were seen.
    pub const fn steps(&self) -> u32 {
        self.machine.saturating_add(self.other)
    }

    pub(crate) const fn count(&mut self, step: &Step) {
        self.last = Some(step.token);
        if step.token.is_machine() {
            self.machine = self.machine.saturating_add(1);
        } else {
            self.other = self.other.saturating_add(1);
        }
    }
}
