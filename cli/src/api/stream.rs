//! `GET /v1/events` as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event as Sse, KeepAlive};
use futures_util::stream::{Stream, unfold};
use tokio::sync::Semaphore;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::serve::MOST_CONNECTIONS;
use super::view::Event;

/// Each has a connection for as long as it watches; the others are for short requests.
const MOST_WATCHERS: usize = MOST_CONNECTIONS / 2;

/// Room for those who watch at the same time.
pub(crate) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MOST_WATCHERS))
}

/// The events from now on, if there is room. A reader that was too slow is told how many it missed.
pub(crate) fn events(
    receiver: Receiver<Arc<Event>>,
    room: Arc<Semaphore>,
) -> Option<axum::response::Sse<impl Stream<Item = Result<Sse, Infallible>>>> {
    let place = room.try_acquire_owned().ok()?;
    let stream = unfold((receiver, place), |(mut receiver, place)| async move {
        let event = match receiver.recv().await {
            Ok(event) => Sse::default().event(event.kind).data(&event.data),
            Err(RecvError::Lagged(missed)) => {
                Sse::default().event("missed").data(format!("{{\"missed\":{missed}}}"))
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (receiver, place)))
    });
    Some(axum::response::Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn watchers_leave_connections_for_others_and_their_place_when_they_go() {
        let (sender, _) = tokio::sync::broadcast::channel(1);
        let room = room();
        let watch = || events(sender.subscribe(), Arc::clone(&room));
        let watchers: Vec<_> = (0..MOST_CONNECTIONS).map_while(|_| watch()).collect();
        assert_eq!(watchers.len(), MOST_WATCHERS);
        drop(watchers);
        assert!(watch().is_some());
    }
}
