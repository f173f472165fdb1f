//! The thread that seals, and what it shares with the writer of the journal.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::load::Load;
use super::{SealError, Sealer};
use crate::journal::Position;

/// How long the first record of a batch waits for company. What is denied or held is on the disk without it.
const GATHER: Duration = Duration::from_millis(75);
/// While sealing waits, the journal is brought to the device this often.
const SYNC_EVERY: Duration = Duration::from_millis(250);
/// The anchor moves at most this often while records flow: a system key store can be slow.
const ANCHOR_EVERY: Duration = Duration::from_secs(1);
/// After a failure it is tried again this much later.
const RETRY: Duration = Duration::from_millis(500);

/// How far the record has come, and what is wanted of the sealer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Up to where the journal may be read.
    pub(crate) published: Position,
    /// Records in the journal or behind it.
    pub(crate) recorded: u64,
    /// Records in the archive.
    pub(crate) sealed: u64,
    /// Size of the last checkpoint.
    pub(crate) checkpoint: u64,
    /// Why sealing does not go on, and whether it never will.
    pub(crate) fault: Option<(String, bool)>,
    /// The sealer has nothing to do and must be woken.
    idle: bool,
    want_checkpoint: bool,
    /// Requests to seal everything, and how many of them are done.
    asked: u64,
    answered: u64,
    stop: bool,
}

impl Progress {
    /// Somebody waits for the sealer.
    const fn is_urgent(&self) -> bool {
        self.asked > self.answered || self.want_checkpoint
    }

    /// Whether the request with this number is answered.
    pub(crate) const fn answers(&self, request: u64) -> bool {
        self.answered >= request
    }
}

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    /// For the sealer: there is something to do.
    work: Condvar,
    /// For the writer: a request is answered.
    done: Condvar,
}

impl Shared {
    /// A panic of the other side leaves numbers behind that are still true.
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running sealer. Dropping it lets the batch at hand finish and ends the thread.
pub(crate) struct SealThread {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl SealThread {
    pub(crate) fn start(sealer: Sealer) -> std::io::Result<Self> {
        let count = sealer.head.count;
        let progress = Progress {
            published: sealer.reader.position(),
            recorded: count,
            sealed: count,
            checkpoint: sealer.checkpoint.0,
            ..Progress::default()
        };
        let shared = Arc::new(Shared { progress: Mutex::new(progress), ..Shared::default() });
        let theirs = shared.clone();
        let thread = thread::Builder::new().name("vigil-seal".to_owned()).spawn(move || {
            run(sealer, &theirs);
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The writer says: the journal counts up to here.
    pub(crate) fn publish(&self, published: Position, recorded: u64) {
        let mut progress = self.shared.lock();
        progress.published = published;
        progress.recorded = recorded;
        if progress.idle {
            progress.idle = false;
            drop(progress);
            self.shared.work.notify_one();
        }
    }

    /// A checkpoint is due.
    pub(crate) fn want_checkpoint(&self) {
        self.shared.lock().want_checkpoint = true;
        self.shared.work.notify_one();
    }

    /// Asks that everything published until now is sealed, checkpointed and anchored. Gives the number of the request, which
    /// is answered when that is so, or cannot be.
    pub(crate) fn ask(&self) -> u64 {
        let mut progress = self.shared.lock();
        progress.asked += 1;
        self.shared.work.notify_one();
        progress.asked
    }

    /// Asks the same, and waits for the answer.
    pub(crate) fn seal_all(&self) {
        let request = self.ask();
        let mut progress = self.shared.lock();
        while !progress.answers(request) && self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            progress = self
                .shared
                .done
                .wait_timeout(progress, Duration::from_millis(100))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        let mut progress = self.shared.lock().clone();
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) && progress.fault.is_none() {
            progress.fault = Some(("the sealing thread has ended; restart Vigil".to_owned(), true));
        }
        progress
    }
}

impl Drop for SealThread {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            // Whatever it was, what is recorded is in the journal and sealed at the next start.
            let _ = thread.join();
        }
    }
}

fn run(mut sealer: Sealer, shared: &Shared) {
    let mut anchored_at = Instant::now();
    let mut load = Load::new(sealer.head.count, anchored_at);
    loop {
        let Some(wanted) = wait(shared, &sealer, &mut load) else { return };
        let result = work(&mut sealer, shared, &wanted, &mut load, &mut anchored_at);
        let failed = result.is_err();
        let mut progress = shared.lock();
        progress.sealed = sealer.head.count;
        progress.checkpoint = sealer.checkpoint.0;
        progress.fault = result.err().map(|error| (error.to_string(), error.is_final()));
        progress.want_checkpoint &= failed || !wanted.want_checkpoint;
        progress.answered = progress.answered.max(wanted.asked);
        shared.done.notify_all();
        let is_final = progress.fault.as_ref().is_some_and(|(_, is_final)| *is_final);
        if is_final {
            // The thread stays to answer requests, but seals nothing more.
            drop(stopped(shared, progress));
            return;
        }
        if failed && !progress.stop {
            let (progress, _) =
                shared.work.wait_timeout(progress, RETRY).unwrap_or_else(PoisonError::into_inner);
            drop(progress);
        } else if progress.stop {
            return;
        }
    }
}

/// Waits for something to do. `None` when the thread should end.
fn wait(shared: &Shared, sealer: &Sealer, load: &mut Load) -> Option<Progress> {
    let mut progress = shared.lock();
    let mut synced_at = Instant::now();
    loop {
        if progress.stop {
            return None;
        }
        if progress.is_urgent() {
            return Some(progress.clone());
        }
        if progress.published == sealer.reader.position() && sealer.anchored == sealer.head.count {
            progress.idle = true;
            progress = shared.work.wait(progress).unwrap_or_else(PoisonError::into_inner);
            progress.idle = false;
            continue;
        }
        drop(progress);
        thread::sleep(GATHER);
        progress = shared.lock();
        if !load.lets_wait(progress.recorded, sealer.head.count, Instant::now()) {
            return Some(progress.clone());
        }
        if synced_at.elapsed() >= SYNC_EVERY {
            let published = progress.published;
            drop(progress);
            // A disk that fails here fails the seal as well, and that is told.
            let _ = sealer.sync_journal(published);
            synced_at = Instant::now();
            progress = shared.lock();
        }
    }
}

fn work(
    sealer: &mut Sealer,
    shared: &Shared,
    wanted: &Progress,
    load: &mut Load,
    anchored_at: &mut Instant,
) -> Result<(), SealError> {
    let is_urgent = wanted.is_urgent();
    while sealer.reader.position() != wanted.published {
        let (pace, begun) = (load.pace(is_urgent), Instant::now());
        sealer.seal_at(pace, wanted.published)?;
        let rest = pace.rest(begun.elapsed());
        let mut progress = shared.lock();
        progress.sealed = sealer.head.count;
        progress.checkpoint = sealer.checkpoint.0;
        if progress.stop {
            return Ok(());
        }
        // Who asks for everything does not wait for the rest of this.
        let is_asked = !is_urgent && progress.is_urgent();
        if is_asked || !is_urgent && load.lets_wait(progress.recorded, sealer.head.count, Instant::now()) {
            break;
        }
        drop(progress);
        thread::sleep(rest);
    }
    let all = wanted.asked > wanted.answered;
    if all || wanted.want_checkpoint {
        sealer.checkpoint()?;
    }
    if all || anchored_at.elapsed() >= ANCHOR_EVERY {
        sealer.anchor()?;
        *anchored_at = Instant::now();
    }
    Ok(())
}

/// Answers every request at once until the thread should end.
fn stopped<'a>(shared: &'a Shared, mut progress: MutexGuard<'a, Progress>) -> MutexGuard<'a, Progress> {
    while !progress.stop {
        progress.answered = progress.asked;
        shared.done.notify_all();
        progress = shared.work.wait(progress).unwrap_or_else(PoisonError::into_inner);
    }
    progress
}
