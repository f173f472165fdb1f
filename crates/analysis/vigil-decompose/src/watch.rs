//! The port between the two halves of the plane: [`Analysis`](crate::Analysis) reads, and a [`Watch`] judges what was read.

use vigil_core::message::{CallCaptured, CallEnded, ModelsState};
use vigil_core::{Action, Classification, SessionId};

/// Judges what the Analysis plane reads: how far a call is from routine.
///
/// What it is told comes in the order in which it happened, for many sessions at once. Each method is on the way of an
/// exchange: its work must be bounded by what is new.
pub trait Watch {
    /// A request of a session was read, and this is what it said that the request before had not. After a restart, or when
    /// the conversation was rewritten, texts come again. Says how far what is new in them is from routine; `None` when
    /// nothing is.
    fn heard(&mut self, session: &SessionId, texts: &[Utterance]) -> Option<Classification>;

    /// The reply asks for a call, which would do this.
    fn call(&mut self, captured: &CallCaptured, action: &Action) -> Classification;

    /// A call was decided.
    fn ended(&mut self, call: &CallEnded);

    /// How the models are, with what they learned.
    fn models(&self) -> ModelsState;

    /// Forgets what was learned of an agent, or of all.
    fn forget(&mut self, agent: Option<&str>);
}

/// One text of a conversation, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// Who said it.
    pub speaker: Speaker,
    /// What: all texts of this speaker in the message, one below the other.
    pub text: String,
    /// What its passages say in which look-alike letters, hidden characters or encodings were undone. Empty for most texts.
    pub readings: String,
    /// Which message of its conversation, counted from 1.
    pub message: usize,
}

/// Whose words a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speaker {
    /// The person's.
    User,
    /// The model's own.
    Model,
    /// Those of a tool, page, file or mail.
    Untrusted,
}

/// Nobody judges: each call is routine.
impl Watch for () {
    fn heard(&mut self, _session: &SessionId, _texts: &[Utterance]) -> Option<Classification> {
        None
    }

    fn call(&mut self, _captured: &CallCaptured, _action: &Action) -> Classification {
        Classification::default()
    }

    fn ended(&mut self, _call: &CallEnded) {}

    fn models(&self) -> ModelsState {
        ModelsState::default()
    }

    fn forget(&mut self, _agent: Option<&str>) {}
}
