//! How a plane is built.

use crate::Timestamp;

/// A plane hears one message at a time and answers with what it has to say.
///
/// A plane is synchronous and knows no bus: it is tested with a list in and a list out. Threads, queues, deadlines and
/// shutdown belong to `vigil-pipeline`.
pub trait Plane {
    /// Everything the plane can hear: a closed enum.
    type Input;
    /// Everything the plane can say: a closed enum.
    type Output;

    /// Hears one message and says what follows from it, in order.
    fn handle(&mut self, input: Self::Input, say: &mut dyn FnMut(Self::Output));

    /// When the plane wants to be told the time, if nothing else comes before.
    fn next_deadline(&self) -> Option<Timestamp> {
        None
    }
}
