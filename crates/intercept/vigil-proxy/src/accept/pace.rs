//! Handshakes take turns.
//!
//! A handshake computes for hundreds of microseconds at a stretch. When many clients connect at the same moment, text that
//! streams on open connections would wait behind all of them. So the stretches come one after the other, and before each
//! the runtime looks at everything else that is ready. A handshake that waits for its peer holds nobody up.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::sync::Semaphore;
use tokio::task::yield_now;

/// Whose turn it is.
pub(crate) struct Pace(Semaphore);

impl Pace {
    /// Lets handshakes have half of the machine.
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Semaphore::new((cores / 2).max(1)))
    }

    /// Does the work of a handshake, stretch by stretch. Safe to drop.
    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            // The semaphore is never closed; without it there would be no turns, and no harm.
            let turn = self.0.acquire().await;
            yield_now().await;
            let stretch = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
            drop(turn);
            match stretch {
                Poll::Ready(done) => return done,
                Poll::Pending => woken().await,
            }
        }
    }
}

/// Waits until something wakes the task.
async fn woken() {
    let mut asleep = false;
    poll_fn(|_| if std::mem::replace(&mut asleep, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_works_while_others_wait_for_their_peers() {
        let shared = Arc::new((Pace(Semaphore::new(1)), AtomicUsize::new(0), AtomicUsize::new(0)));
        let mut tasks = JoinSet::new();
        for number in 0..12 {
            let shared = shared.clone();
            tasks.spawn(async move {
                let (pace, busy, most) = &*shared;
                let work = async {
                    for _ in 0..3 {
                        most.fetch_max(busy.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(1));
                        busy.fetch_sub(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(number)).await;
                    }
                    number
                };
                pace.run(work).await
            });
        }
        let mut done = tasks.join_all().await;
        done.sort_unstable();
        assert_eq!(done, (0..12).collect::<Vec<_>>());
        assert_eq!(shared.2.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn who_leaves_gives_its_turn_back() {
        let pace = Pace(Semaphore::new(1));
        let brief = Duration::from_millis(1);
        for _ in 0..3 {
            assert!(tokio::time::timeout(brief, pace.run(std::future::pending::<()>())).await.is_err());
        }
        pace.run(async {}).await;
    }
}
