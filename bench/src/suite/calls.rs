//! How late a call is: the time at which the client has its first byte, less the time at which the upstream wrote its last.
//!
//! The upstream writes the whole call at once, so on the direct way this is what one write takes.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::timeout;

use super::Scale;
use super::row::{Meter, Part};
use super::servers::{ALLOWED, HELD, HOST, Way};
use crate::conversation::{Conversation, Request};
use crate::local_api::Approver;
use crate::measure::Samples;
use crate::probe::{Probe, Stamps};
use crate::upstream::CALL_MARK;

/// How long a hold may take to be heard of, before something is wrong.
const TO_HOLD: Duration = Duration::from_secs(5);

/// A call that a rule lets pass, and one that a rule holds and that is approved as soon as it is heard of.
pub(crate) async fn allowed_and_held(way: &Way, scale: Scale) -> Result<Vec<Part>> {
    let mut probe = Probe::open(&way.lane).await?;
    let conversation = Conversation::sized(scale.seed(6, 0), 20 << 10);
    let mut request = conversation.request(HOST, &format!("call {ALLOWED}"));
    let mut allowed = Samples::default();
    call(&mut probe, &mut request).await?;
    let count = scale.of(300);
    let meter = Meter::start(way.pid);
    for _ in 0..count {
        allowed.add(call(&mut probe, &mut request).await?);
    }
    let work = meter.settled(count).await;

    let mut request = conversation.request(HOST, &format!("call {HELD}"));
    let mut held = Samples::default();
    let mut approver = match &way.api {
        Some(api) => Some(Approver::listen(api).await?),
        None => None,
    };
    for _ in 0..scale.of(100) {
        match &mut approver {
            Some(approver) => {
                // What the person took, from hearing of the hold to having answered, is not Vigil's time.
                let answered = async { anyhow::Ok(timeout(TO_HOLD, approver.approve()).await) };
                let (delay, answered) = tokio::try_join!(call(&mut probe, &mut request), answered)?;
                let answering = answered.context("no hold was heard of: the call passed without one")??;
                held.add(delay.saturating_sub(answering));
            }
            None => held.add(call(&mut probe, &mut request).await?),
        }
    }
    Ok(vec![Part { work, ..Part::new("call_allowed", allowed) }, Part::new("call_held", held)])
}

/// How late one call is.
pub(crate) async fn call(probe: &mut Probe, request: &mut Request) -> Result<Duration> {
    let mut stamps = Stamps::behind(CALL_MARK);
    let mut reply = Vec::new();
    let mut found = None;
    probe.send(request.next()).await?;
    let take = |piece: &[u8]| {
        stamps.take(piece, |delay| found = found.or(Some(delay)));
        reply.extend_from_slice(piece);
    };
    probe.receive(take).await.context("waiting for a call")?;
    match found {
        Some(delay) => Ok(delay),
        None => bail!("the call was not delivered: {}", String::from_utf8_lossy(&reply)),
    }
}
