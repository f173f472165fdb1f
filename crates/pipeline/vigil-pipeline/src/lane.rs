//! One plane on one thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use vigil_core::bus::{Heard, Inbox};
use vigil_core::{Millis, Plane, Timestamp};

use crate::pipeline::Clock;

/// Whether a plane goes on after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It handled the message.
    Lives,
    /// It panicked; what it said before that was passed on.
    Panicked,
}

/// Hands one message to a plane and passes on what it says. A panic does not cross this wall.
pub(crate) fn hand<P: Plane + ?Sized>(plane: &mut P, input: P::Input, pass_on: &mut dyn FnMut(P::Output)) -> Fate {
    match catch_unwind(AssertUnwindSafe(|| plane.handle(input, pass_on))) {
        Ok(()) => Fate::Lives,
        Err(_) => Fate::Panicked,
    }
}

/// A plane that is told the time: its inbox, and how to say "it is now this late" to it.
pub(crate) struct Lane<I> {
    pub(crate) inbox: Inbox<I>,
    pub(crate) clock: Arc<Clock>,
    /// The longest time between two ticks, also when the plane asked for none.
    pub(crate) longest_pause: Millis,
}

impl<I> Lane<I> {
    /// The next message, or a tick when the plane's deadline or the longest pause is over. `None` when all speakers are
    /// gone.
    pub(crate) fn next(&self, deadline: Option<Timestamp>, tick: impl FnOnce(Timestamp) -> I) -> Option<I> {
        if let Some(waiting) = self.inbox.next_waiting() {
            return Some(waiting);
        }
        let now = (self.clock)();
        let pause = deadline.map_or(self.longest_pause, |at| at.since(now).min(self.longest_pause));
        // One more millisecond: a tick a moment before the deadline would find nothing to do.
        match self.inbox.hear_within(Duration::from_millis(pause.0 + 1)) {
            Heard::Message(message) => Some(message),
            Heard::Nothing => Some(tick((self.clock)())),
            Heard::Closed => None,
        }
    }
}
