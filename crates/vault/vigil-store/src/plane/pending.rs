//! What could not be recorded when it happened, and is as soon as recording is possible again.

use std::collections::VecDeque;
use std::sync::Arc;

use vigil_core::message::{Decision, ExchangeDecided, LifecycleEvent};

/// How many messages wait. Each may hold the arguments of a call.
const CAPACITY: usize = 4096;

/// A message whose record is owed.
#[derive(Clone, Debug)]
pub(super) enum Owed {
    /// Its call was denied because it could not be recorded.
    Decision(Arc<Decision>),
    Exchange(Arc<ExchangeDecided>),
    Lifecycle(LifecycleEvent),
    /// `release_failed` of the named record.
    ReleaseFailed(String),
}

/// The owed records, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pending {
    waiting: VecDeque<Owed>,
    /// How many found no room.
    pub(super) lost: u64,
}

impl Pending {
    /// Exchanges make room for decisions: an action is owed a record before anything else.
    pub(super) fn push(&mut self, owed: Owed) {
        if self.waiting.len() >= CAPACITY {
            self.lost += 1;
            let exchange = self.waiting.iter().position(|owed| matches!(owed, Owed::Exchange(_)));
            match exchange {
                Some(at) if !matches!(owed, Owed::Exchange(_)) => drop(self.waiting.remove(at)),
                _ => return,
            }
        }
        self.waiting.push_back(owed);
    }

    pub(super) fn next(&self) -> Option<Owed> {
        self.waiting.front().cloned()
    }

    pub(super) fn settled(&mut self) {
        self.waiting.pop_front();
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}
