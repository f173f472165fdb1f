//! The queues between the planes: in-process, typed, bounded, one-directional.
//!
//! No message that matters for enforcement or the record is ever dropped: a full queue makes the sender wait. What each
//! inbox does when it is full is written in `docs/spec/bus.md`.

use core::time::Duration;

/// Makes a queue for at most `capacity` messages.
pub fn queue<T>(capacity: usize) -> (Outlet<T>, Inbox<T>) {
    let (sender, receiver) = flume::bounded(capacity.max(1));
    (Outlet(sender), Inbox(receiver))
}

/// The end that speaks. Cloning gives another speaker for the same inbox.
#[derive(Debug)]
pub struct Outlet<T>(flume::Sender<T>);

impl<T> Clone for Outlet<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Outlet<T> {
    /// Waits until there is room, from a thread.
    pub fn say(&self, message: T) -> Result<(), Closed> {
        self.0.send(message).map_err(|_| Closed)
    }

    /// Waits until there is room, from an async task.
    pub async fn say_async(&self, message: T) -> Result<(), Closed>
    where
        T: Send,
    {
        match self.0.try_send(message) {
            Ok(()) => Ok(()),
            Err(flume::TrySendError::Full(message)) => self.0.send_async(message).await.map_err(|_| Closed),
            Err(flume::TrySendError::Disconnected(_)) => Err(Closed),
        }
    }

    /// Says it if there is room at once; gives the message back if there is none.
    pub fn offer(&self, message: T) -> Result<(), Refused<T>> {
        self.0.try_send(message).map_err(|refused| match refused {
            flume::TrySendError::Full(message) => Refused::Full(message),
            flume::TrySendError::Disconnected(message) => Refused::Closed(message),
        })
    }
}

/// The end that hears.
#[derive(Debug)]
pub struct Inbox<T>(flume::Receiver<T>);

impl<T> Inbox<T> {
    /// Waits for a message, from a thread. `None` when all outlets are gone.
    pub fn hear(&self) -> Option<T> {
        self.0.recv().ok()
    }

    /// Waits for a message for at most `patience`, from a thread.
    pub fn hear_within(&self, patience: Duration) -> Heard<T> {
        match self.0.recv_timeout(patience) {
            Ok(message) => Heard::Message(message),
            Err(flume::RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(flume::RecvTimeoutError::Disconnected) => Heard::Closed,
        }
    }

    /// The next message, if one waits.
    pub fn next_waiting(&self) -> Option<T> {
        self.0.try_recv().ok()
    }

    /// Waits for a message, from an async task. `None` when all outlets are gone.
    pub async fn hear_async(&self) -> Option<T> {
        self.0.recv_async().await.ok()
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What [`Inbox::hear_within`] heard.
#[derive(Debug)]
pub enum Heard<T> {
    /// A message.
    Message(T),
    /// Nothing in the given time.
    Nothing,
    /// All outlets are gone.
    Closed,
}

/// The other end of the queue is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hearer of this queue is gone")]
pub struct Closed;

/// Why [`Outlet::offer`] gave the message back.
#[derive(Debug)]
pub enum Refused<T> {
    /// There was no room.
    Full(T),
    /// The hearer is gone.
    Closed(T),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_gives_the_message_back() {
        let (outlet, inbox) = queue(1);
        assert!(outlet.offer(1).is_ok());
        assert!(matches!(outlet.offer(2), Err(Refused::Full(2))));
        assert_eq!(inbox.hear(), Some(1));
    }

    #[test]
    fn a_queue_without_hearer_says_so() {
        let (outlet, inbox) = queue(1);
        drop(inbox);
        assert_eq!(outlet.say(1), Err(Closed));
    }
}
