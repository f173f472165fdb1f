//! One request after the other.

use std::time::Instant;

use anyhow::Result;

use super::Scale;
use super::row::{Meter, Part};
use super::servers::{HOST, Way};
use crate::conversation::Conversation;
use crate::measure::Samples;
use crate::probe::Probe;

/// Requests of one size on one connection: from the first byte written to the last byte of a small JSON reply.
pub(crate) async fn kept_alive(
    way: &Way,
    scale: Scale,
    row: &'static str,
    bytes: usize,
    count: u32,
) -> Result<Vec<Part>> {
    let mut request = Conversation::sized(scale.seed(1, 0), bytes).request(HOST, "json");
    let mut probe = Probe::open(&way.lane).await?;
    let count = scale.of(count);
    for _ in 0..count.div_ceil(10) {
        probe.ask(request.next()).await?;
    }
    let mut samples = Samples::default();
    let meter = Meter::start(way.pid);
    for _ in 0..count {
        samples.add(probe.ask(request.next()).await?);
    }
    Ok(vec![Part { work: meter.settled(count).await, ..Part::new(row, samples) }])
}

/// A connection for each request: TCP, CONNECT where there is a proxy, a full TLS handshake, 2 KB, the reply.
pub(crate) async fn new_connection(way: &Way, scale: Scale) -> Result<Vec<Part>> {
    let mut request = Conversation::sized(scale.seed(2, 0), 2 << 10).request(HOST, "json");
    let count = scale.of(400);
    for _ in 0..count.div_ceil(10) {
        Probe::open(&way.lane).await?.ask(request.next()).await?;
    }
    let mut samples = Samples::default();
    let meter = Meter::start(way.pid);
    for _ in 0..count {
        let request = request.next();
        let start = Instant::now();
        Probe::open(&way.lane).await?.ask(request).await?;
        samples.add(start.elapsed());
    }
    Ok(vec![Part { work: meter.settled(count).await, ..Part::new("new_connection", samples) }])
}
