//! Many connections at the same time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Scale;
use super::calls::call;
use super::events::stream;
use super::row::{Meter, Part};
use super::servers::{ALLOWED, HOST, Way};
use crate::conversation::Conversation;
use crate::measure::Samples;
use crate::probe::{Lane, Probe};

const CONNECTIONS: u32 = 64;
const FOR: Duration = Duration::from_secs(2);
/// 64 streams with an event each 10 ms are 6,400 events a second.
const PACE: Duration = Duration::from_millis(10);

/// 64 connections that ask for 2 KB again and again, and 64 streams.
pub(crate) async fn many(way: &Way, scale: Scale) -> Result<Vec<Part>> {
    let mut parts = vec![throughput(way, scale).await?];
    parts.push(streams(way, scale).await?);
    Ok(parts)
}

async fn throughput(way: &Way, scale: Scale) -> Result<Part> {
    let barrier = Arc::new(Barrier::new(CONNECTIONS as usize + 1));
    let duration = if scale.of(10) < 10 { FOR / 4 } else { FOR };
    let mut tasks = JoinSet::new();
    for number in 0..CONNECTIONS {
        tasks.spawn(busy(way.lane.clone(), scale.seed(4, number), Arc::clone(&barrier), duration));
    }
    barrier.wait().await;
    let (start, meter) = (Instant::now(), Meter::start(way.pid));
    let samples = joined(tasks).await?;
    let elapsed = start.elapsed();
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let per_second = Some(f64::from(count) / elapsed.as_secs_f64());
    Ok(Part { per_second, work: meter.settled(count).await, ..Part::new("requests_64", samples) })
}

async fn busy(lane: Lane, seed: u64, barrier: Arc<Barrier>, duration: Duration) -> Result<Samples> {
    let mut request = Conversation::sized(seed, 2 << 10).request(HOST, "json");
    let opened = async {
        let mut probe = Probe::open(&lane).await?;
        for _ in 0..10 {
            probe.ask(request.next()).await?;
        }
        anyhow::Ok(probe)
    };
    let opened = opened.await;
    // Also after a failure, because the others wait.
    barrier.wait().await;
    let mut probe = opened?;
    let (start, mut samples) = (Instant::now(), Samples::default());
    while start.elapsed() < duration {
        samples.add(probe.ask(request.next()).await?);
    }
    Ok(samples)
}

async fn streams(way: &Way, scale: Scale) -> Result<Part> {
    let (events, streams) = (20, scale.of(10));
    let mut tasks = JoinSet::new();
    let meter = Meter::start(way.pid);
    for number in 0..CONNECTIONS {
        let (lane, seed) = (way.lane.clone(), scale.seed(5, number));
        tasks.spawn(async move {
            // Spread over the pace: people do not press Return at the same moment.
            tokio::time::sleep(PACE * number / CONNECTIONS).await;
            let wanted = format!("events {events} {}", PACE.as_micros());
            let mut request = Conversation::sized(seed, 10 << 10).request(HOST, &wanted);
            let mut probe = Probe::open(&lane).await?;
            let mut samples = Samples::default();
            for _ in 0..streams {
                stream(&mut probe, &mut request, events, &mut Samples::default(), &mut samples).await?;
            }
            Ok(samples)
        });
    }
    let samples = joined(tasks).await?;
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    Ok(Part { work: meter.settled(count).await, ..Part::new("sse_64", samples) })
}

/// How often an agent of the 64 asks for a call: all of them ask for 640 a second.
const CALL_PACE: Duration = Duration::from_millis(100);

/// 64 streams, each with a conversation of its own and a call that a rule allows, again and again.
pub(crate) async fn calls(way: &Way, scale: Scale) -> Result<Vec<Part>> {
    let count = scale.of(30);
    let mut tasks = JoinSet::new();
    let meter = Meter::start(way.pid);
    for number in 0..CONNECTIONS {
        let (lane, seed) = (way.lane.clone(), scale.seed(9, number));
        tasks.spawn(async move {
            tokio::time::sleep(CALL_PACE * number / CONNECTIONS).await;
            let mut request = Conversation::sized(seed, 20 << 10).request(HOST, &format!("call {ALLOWED}"));
            let mut probe = Probe::open(&lane).await?;
            let mut samples = Samples::default();
            let mut pace = tokio::time::interval(CALL_PACE);
            // Who waited for one call does not ask for the next ones at once.
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for _ in 0..count {
                pace.tick().await;
                samples.add(call(&mut probe, &mut request).await?);
            }
            Ok(samples)
        });
    }
    let samples = joined(tasks).await?;
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    Ok(vec![Part { work: meter.settled(count).await, ..Part::new("calls_64", samples) }])
}

async fn joined(mut tasks: JoinSet<Result<Samples>>) -> Result<Samples> {
    let mut all = Samples::default();
    while let Some(samples) = tasks.join_next().await {
        all.extend(&samples??);
    }
    Ok(all)
}
