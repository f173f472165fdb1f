//! What is due when, by a clock that is told and may be set back.

use vigil_core::{CallNumber, ExchangeId, Millis, Ruling, Timestamp};

use crate::exchange::Call;
use crate::plane::{Policy, Say};

/// What somebody owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Analysis owes the action of this call, or a person the answer.
    Call(CallNumber),
    /// Analysis owes the classification.
    Exchange,
}

/// A clock that goes back by more than this was set; less is the jitter between threads.
const CLOCK_JITTER: Millis = Millis(2000);

impl Policy {
    pub(crate) fn tick(&mut self, now: Timestamp, say: Say<'_>) {
        if now + CLOCK_JITTER < self.now {
            self.turn_back(self.now.since(now));
            self.now = now;
        }
        self.hear_time(now);
        self.end_what_is_due(now, say);
    }

    /// Ends what is due at `now` or before.
    pub(crate) fn end_what_is_due(&mut self, now: Timestamp, say: Say<'_>) {
        while let Some(due) = self.due.first().copied().filter(|(at, _, _)| *at <= now) {
            self.due.remove(&due);
            let (at, id, what) = due;
            match what {
                Due::Exchange => {
                    if let Some(exchange) = self.exchanges.get_mut(&id) {
                        exchange.deadline = None;
                    }
                    self.tell_if_over(id, say);
                }
                Due::Call(number) => {
                    self.call_is_due(id, number, at, now, say);
                    self.tell_if_over(id, say);
                }
            }
        }
    }

    fn call_is_due(
        &mut self,
        id: ExchangeId,
        number: CallNumber,
        at: Timestamp,
        now: Timestamp,
        say: Say<'_>,
    ) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        match exchange.calls.remove(&number) {
            Some(Call::AwaitsAction(captured, deadline)) if deadline == at => {
                let scored = self.unscored(captured);
                self.judge(scored, say);
            }
            Some(Call::Held(held)) if held.expires_at == at => {
                self.close(held, Ruling::TimeoutDeny, now, say)
            }
            Some(other) => {
                exchange.calls.insert(number, other);
            }
            None => {}
        }
    }

    pub(crate) fn hear_time(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
    }

    /// The clock was set back: what is due moves with it, so that no hold lasts longer than its window.
    fn turn_back(&mut self, by: Millis) {
        let micros = i64::try_from(by.0.saturating_mul(1000)).unwrap_or(i64::MAX);
        let back = |at: Timestamp| Timestamp::from_micros(at.micros.saturating_sub(micros));
        self.due =
            core::mem::take(&mut self.due).into_iter().map(|(at, id, what)| (back(at), id, what)).collect();
        for exchange in self.exchanges.values_mut() {
            exchange.deadline = exchange.deadline.map(back);
            for call in exchange.calls.values_mut() {
                match call {
                    Call::AwaitsAction(_, deadline) => *deadline = back(*deadline),
                    Call::Held(held) => {
                        held.at = back(held.at);
                        held.expires_at = back(held.expires_at);
                    }
                    Call::AwaitsCapture(_) | Call::Decided => {}
                }
            }
        }
    }
}
