//! Where clients connect: the loop that accepts them, and what their first bytes ask for.
//!
//! - [`door`] reads the first head and sends the connection on its way.
//! - [`connect`] is CONNECT: a blind [`tunnel`] for hosts that are no provider's, else interception, for which
//!   [`hello`] reads the client's TLS greeting before anything is answered.
//!   Handshakes take turns: [`pace`].
//! - [`direct`] serves clients that address the proxy itself: base-URL mode and absolute-form requests.

mod authority;
mod connect;
mod direct;
mod door;
mod hello;
mod pace;
mod tunnel;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep, timeout_at};
use vigil_core::message::NoticeKind;

use crate::ca::Authority;
use crate::config::Limits;
use crate::exchange::Exchanges;
use crate::link::Stop;
use crate::providers::Providers;
use crate::upstream::Upstreams;

pub(crate) use self::authority::split_authority;
pub(crate) use self::hello::fuzz as fuzz_hello;
pub(crate) use self::pace::Pace;

/// What every connection needs.
pub(crate) struct House {
    pub(crate) providers: Providers,
    pub(crate) authority: Authority,
    pub(crate) upstreams: Upstreams,
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) limits: Limits,
    pub(crate) pace: Pace,
    pub(crate) open: AtomicUsize,
    pub(crate) accepted: AtomicU64,
    pub(crate) intercepted: AtomicU64,
    pub(crate) tunnelled: AtomicU64,
}

/// Accepts clients until it is asked to stop, then waits for what is under way until `deadline` is up.
pub(crate) async fn accept(listener: TcpListener, house: Arc<House>, mut stop: Stop, deadline: Deadline) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stop.asked() => break,
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => report(&ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    house.accepted.fetch_add(1, Ordering::Relaxed);
                    if tasks.len() >= house.limits.connections {
                        let text = format!(
                            "a connection was refused: `limits.connections`, {}, are open", house.limits.connections
                        );
                        house.exchanges.notice(NoticeKind::Limit, None, Some(&address.to_string()), text);
                        continue;
                    }
                    let (house, stop) = (house.clone(), stop.clone());
                    tasks.spawn(async move {
                        let _open = Open::count(&house.open);
                        door::enter(stream, address, &house, stop).await;
                    });
                }
                Err(error) => {
                    tracing::error!("no connection can be accepted: {error}");
                    // Out of file descriptors, most likely: others must end first.
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    let until = Instant::now() + deadline.wait().await;
    while let Ok(Some(ended)) = timeout_at(until, tasks.join_next()).await {
        report(&ended);
    }
    tasks.shutdown().await;
}

/// How long connections may go on after the stop was asked for.
pub(crate) struct Deadline(pub(crate) tokio::sync::oneshot::Receiver<Duration>);

impl Deadline {
    async fn wait(self) -> Duration {
        self.0.await.unwrap_or_default()
    }
}

fn report(ended: &Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("the task of a connection failed: {error}");
    }
}

/// Counts an open connection for as long as it lives.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn count(open: &'a AtomicUsize) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
