//! `GET /v1/events` as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event as Sse, KeepAlive};
use futures_util::stream::{Stream, unfold};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::view::Event;

/// The events from now on. A reader that was too slow is told how many it missed.
pub(crate) fn events(
    receiver: Receiver<Arc<Event>>,
) -> axum::response::Sse<impl Stream<Item = Result<Sse, Infallible>>> {
    let stream = unfold(receiver, |mut receiver| async move {
        let event = match receiver.recv().await {
            Ok(event) => Sse::default().event(event.kind).data(&event.data),
            Err(RecvError::Lagged(missed)) => {
                Sse::default().event("missed").data(format!("{{\"missed\":{missed}}}"))
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), receiver))
    });
    axum::response::Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
