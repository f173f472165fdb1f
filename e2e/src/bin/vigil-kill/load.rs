//! The load: agents that ask without end for calls that are allowed, held and denied, and a person who answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use vigil_e2e::{Agent, Api, Ask, Dialect, Heard, Random};

/// One exchange as a client saw it.
pub(crate) struct Attempt {
    /// What was asked for.
    pub(crate) calls: Vec<Wanted>,
    /// What came.
    pub(crate) heard: Heard,
}

/// One call that the provider's reply asks for.
pub(crate) struct Wanted {
    /// Stands in the arguments of this call and of no other.
    pub(crate) token: String,
}

/// What the load needs to know.
#[derive(Clone)]
pub(crate) struct Load {
    agent: Agent,
    over: Arc<AtomicBool>,
    number: Arc<AtomicU64>,
    prefix: String,
}

const CLIENTS_HTTP1: u64 = 5;
const STREAMS_HTTP2: usize = 4;

impl Load {
    /// `prefix` tells the calls of this load from those of all others.
    pub(crate) fn new(agent: Agent, prefix: String) -> Self {
        Self { agent, over: Arc::default(), number: Arc::default(), prefix }
    }

    /// Starts the clients. Each gives back what it saw, once the daemon is gone.
    pub(crate) fn start(
        &self,
        runtime: &tokio::runtime::Handle,
        random: &mut Random,
    ) -> Vec<tokio::task::JoinHandle<Vec<Attempt>>> {
        let mut clients = Vec::new();
        for _ in 0..CLIENTS_HTTP1 {
            clients.push(runtime.spawn(self.clone().http1(Random::new(random.below(u64::MAX)))));
        }
        clients.push(runtime.spawn(self.clone().http2(Random::new(random.below(u64::MAX)))));
        clients
    }

    /// From now on a client that is refused ends.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    async fn http1(self, mut random: Random) -> Vec<Attempt> {
        let mut seen = Vec::new();
        while !self.over.load(Ordering::Acquire) {
            let (ask, calls) = self.exchange(&mut random);
            let heard = self.agent.ask(&ask).await;
            self.breathe(&heard).await;
            seen.push(Attempt { calls, heard });
        }
        seen
    }

    async fn http2(self, mut random: Random) -> Vec<Attempt> {
        let mut seen = Vec::new();
        while !self.over.load(Ordering::Acquire) {
            let (mut asks, mut wanted) = (Vec::new(), Vec::new());
            for _ in 0..STREAMS_HTTP2 {
                let (ask, calls) = self.exchange(&mut random);
                asks.push(ask.in_dialect(Dialect::Anthropic));
                wanted.push(calls);
            }
            for (calls, heard) in wanted.into_iter().zip(self.agent.ask_http2(&asks).await) {
                self.breathe(&heard).await;
                seen.push(Attempt { calls, heard });
            }
        }
        seen
    }

    /// A refused client does not ask again at once.
    async fn breathe(&self, heard: &Heard) {
        if !heard.is_whole() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// One to three calls, each of another fate, in any order.
    fn exchange(&self, random: &mut Random) -> (Ask, Vec<Wanted>) {
        let mut fates = vec!["ls -la src", "mkfs.ext4 /dev", "rm -rf ~/projects"];
        if random.chance(50) {
            fates.pop();
        }
        if random.chance(30) {
            fates.remove(0);
        }
        if random.chance(50) {
            fates.reverse();
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let tokens: Vec<String> =
            (0..fates.len()).map(|at| format!("{}n{number}c{at}z", self.prefix)).collect();
        let commands: Vec<String> =
            fates.iter().zip(&tokens).map(|(fate, token)| format!("{fate}/{token}")).collect();
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        let dialects = Dialect::ALL;
        let dialect = dialects.get(random.below(4) as usize).copied().unwrap_or(Dialect::Anthropic);
        let mut ask = Ask::shell(&commands).in_dialect(dialect).streamed(random.chance(75));
        ask.pace_ms = if random.chance(20) { 1 + random.below(3) } else { 0 };
        (ask, tokens.into_iter().map(|token| Wanted { token }).collect())
    }
}

/// Answers holds until the daemon is gone: half are approved, some denied, some left alone.
pub(crate) fn person(api: &Api, over: &AtomicBool, mut random: Random) -> u64 {
    let mut answered = 0;
    while !over.load(Ordering::Acquire) {
        for hold in api.holds().unwrap_or_default() {
            let Some(id) = hold.get("id").and_then(|id| id.as_str()) else { continue };
            let answer = match random.below(10) {
                0..=4 => "approve",
                5..=7 => "deny",
                _ => continue,
            };
            // The daemon may be gone by now.
            answered += u64::from(api.answer(id, answer).is_ok());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    answered
}
