//! How late the events of a stream are: the time at which the client has one, less the time at which the upstream wrote it.

use anyhow::{Result, bail};

use super::Scale;
use super::row::{Meter, Part};
use super::servers::{HOST, Way};
use crate::conversation::{Conversation, Request};
use crate::measure::Samples;
use crate::probe::{Probe, Stamps};
use crate::upstream::TEXT_MARK;

/// Streams on one connection, one after the other: paced as models write, and as fast as they can be written.
pub(crate) async fn one_stream(way: &Way, scale: Scale) -> Result<Vec<Part>> {
    let mut probe = Probe::open(&way.lane).await?;
    let conversation = Conversation::sized(scale.seed(3, 0), 10 << 10);
    let (paced_events, unpaced_events) = (16, 250);
    let mut paced = conversation.request(HOST, &format!("events {paced_events} 2000"));
    let mut unpaced = conversation.request(HOST, &format!("events {unpaced_events} 0"));
    let (mut first, mut every, mut hasty) = (Samples::default(), Samples::default(), Samples::default());

    stream(&mut probe, &mut paced, paced_events, &mut first, &mut every).await?;
    stream(&mut probe, &mut unpaced, unpaced_events, &mut first, &mut hasty).await?;
    (first, every, hasty) = Default::default();
    let meter = Meter::start(way.pid);
    let streams = scale.of(60);
    for _ in 0..streams {
        stream(&mut probe, &mut paced, paced_events, &mut first, &mut every).await?;
    }
    let work = meter.settled(streams * paced_events).await;
    let meter = Meter::start(way.pid);
    let streams = scale.of(40);
    for _ in 0..streams {
        stream(&mut probe, &mut unpaced, unpaced_events, &mut Samples::default(), &mut hasty).await?;
    }
    Ok(vec![
        Part::new("sse_first_event", first),
        Part { work, ..Part::new("sse_event", every) },
        Part { work: meter.settled(streams * unpaced_events).await, ..Part::new("sse_unpaced", hasty) },
    ])
}

/// Plays one stream and adds the delay of its first event to `first` and that of each one to `every`.
pub(crate) async fn stream(
    probe: &mut Probe,
    request: &mut Request,
    events: u32,
    first: &mut Samples,
    every: &mut Samples,
) -> Result<()> {
    let mut stamps = Stamps::behind(TEXT_MARK);
    let mut seen = 0;
    probe.send(request.next()).await?;
    let take = |piece: &[u8]| {
        stamps.take(piece, |delay| {
            if seen == 0 {
                first.add(delay);
            }
            seen += 1;
            every.add(delay);
        });
    };
    probe.receive(take).await?;
    if seen != events {
        bail!("{seen} of {events} events came");
    }
    Ok(())
}
