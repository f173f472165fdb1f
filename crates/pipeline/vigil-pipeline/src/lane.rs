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
pub(crate) fn hand<P: Plane + ?Sized>(
    plane: &mut P,
    input: P::Input,
    pass_on: &mut dyn FnMut(P::Output),
) -> Fate {
    match catch_unwind(AssertUnwindSafe(|| plane.handle(input, pass_on))) {
        Ok(()) => Fate::Lives,
        Err(_) => Fate::Panicked,
    }
}

/// A plane that is told the time: its inbox, and how to say "it is now this late" to it.
pub(crate) struct Lane<I> {
    inbox: Inbox<I>,
    clock: Arc<Clock>,
    /// The longest time between two ticks, also when the plane asked for none.
    longest_pause: Millis,
    last_tick: Timestamp,
    /// Whether the last thing said was a tick: the next is then a message, if one waits.
    has_ticked: bool,
}

impl<I> Lane<I> {
    pub(crate) fn new(inbox: Inbox<I>, clock: Arc<Clock>, longest_pause: Millis) -> Self {
        let last_tick = clock();
        Self { inbox, clock, longest_pause, last_tick, has_ticked: false }
    }

    /// The next message, or a tick when the plane's deadline or the longest pause is over. A tick that is due comes
    /// before messages that wait, so that load does not keep holds open. `None` when all speakers are gone.
    pub(crate) fn next(
        &mut self,
        deadline: Option<Timestamp>,
        tick: impl FnOnce(Timestamp) -> I,
    ) -> Option<I> {
        let now = (self.clock)();
        let is_due = deadline.is_some_and(|at| at <= now) || now.since(self.last_tick) >= self.longest_pause;
        if is_due && !self.has_ticked {
            return Some(self.tick(now, tick));
        }
        self.has_ticked = false;
        if let Some(waiting) = self.inbox.next_waiting() {
            return Some(waiting);
        }
        let pause = deadline.map_or(self.longest_pause, |at| at.since(now).min(self.longest_pause));
        // One more millisecond: a tick a moment before the deadline would find nothing to do.
        match self.inbox.hear_within(Duration::from_millis(pause.0 + 1)) {
            Heard::Message(message) => Some(message),
            Heard::Nothing => {
                let now = (self.clock)();
                Some(self.tick(now, tick))
            }
            Heard::Closed => None,
        }
    }

    /// Whether no message waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.inbox.is_empty()
    }

    fn tick(&mut self, now: Timestamp, tick: impl FnOnce(Timestamp) -> I) -> I {
        self.last_tick = now;
        self.has_ticked = true;
        tick(now)
    }
}
