//! A conversation that grows: each turn sends everything again, and 4 KB that are new.
//!
//! A turn is timed from the first byte of its request to the last byte of its reply, which asks for an allowed call: so
//! the time holds what Vigil must understand of the conversation before it can decide. The first turn of a conversation,
//! where everything is new, has rows of its own.

use std::time::Duration;

use anyhow::Result;

use super::Scale;
use super::row::{Meter, Part};
use super::servers::{ALLOWED, HOST, Way};
use crate::conversation::Conversation;
use crate::measure::Samples;
use crate::probe::Probe;

const TURN: usize = 4 << 10;
/// Few, so that the conversation of 10 KB stays a small one: it ends at 34 KB.
const TURNS: u32 = 6;
/// An agent works between two turns; Vigil finishes in it what nobody waits for.
const BETWEEN: Duration = Duration::from_millis(3);

/// Conversations that begin at 10 KB and at 1 MB.
pub(crate) async fn conversations(way: &Way, scale: Scale) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    parts.extend(from(way, scale, 10 << 10, ["growing_10k_first", "growing_10k"], 40).await?);
    parts.extend(from(way, scale, 1 << 20, ["growing_1m_first", "growing_1m"], 20).await?);
    Ok(parts)
}

async fn from(
    way: &Way,
    scale: Scale,
    bytes: usize,
    rows: [&'static str; 2],
    count: u32,
) -> Result<[Part; 2]> {
    let mut probe = Probe::open(&way.lane).await?;
    let (mut first, mut later) = (Samples::default(), Samples::default());
    let (mut first_work, mut later_work) = (Duration::ZERO, Duration::ZERO);
    let count = scale.of(count);
    let wanted = format!("call {ALLOWED}");
    for number in 0..count {
        // The size is in the seed, so that the two kinds of conversation share no message either.
        let seed = scale.seed(7 + u32::from(bytes > 1 << 19), number);
        let mut conversation = Conversation::sized(seed, bytes);
        for turn in 0..=TURNS {
            if turn > 0 {
                conversation.grow(TURN);
            }
            let mut request = conversation.request(HOST, &wanted);
            let meter = Meter::start(way.pid);
            let took = probe.ask(request.next()).await?;
            tokio::time::sleep(BETWEEN).await;
            let work = meter.read(1).map_or(Duration::ZERO, |(work, _)| work);
            if turn == 0 {
                first.add(took);
                first_work += work;
            } else {
                later.add(took);
                later_work += work;
            }
        }
    }
    let part = |row, samples, work, operations| {
        let work = way.pid.map(|_| (work, operations));
        Part { work, ..Part::new(row, samples) }
    };
    let [first_row, later_row] = rows;
    Ok([part(first_row, first, first_work, count), part(later_row, later, later_work, count * TURNS)])
}
