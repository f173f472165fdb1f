//! A line on a terminal while a scan takes long.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use vigil_scan::Progress;

/// A shorter scan shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs something, and shows how far it has come.
pub(crate) fn shown<T>(progress: &Progress, quiet: bool, work: impl FnOnce() -> T) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut pause = PATIENCE;
            let mut shown = false;
            while waiting.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = Duration::from_millis(100);
                let found = progress.found.load(Ordering::Relaxed);
                let judged = progress.done.load(Ordering::Relaxed);
                let text = match found {
                    0 => "finding files…".to_owned(),
                    _ if judged >= found => "asking registries…".to_owned(),
                    _ => format!("{judged} of {found} files"),
                };
                // Nobody may be there to see it.
                let _seen = write!(std::io::stderr().lock(), "\r\x1b[K  {text}");
                shown = true;
            }
            if shown {
                let _seen = write!(std::io::stderr().lock(), "\r\x1b[K");
            }
        });
        let result = work();
        drop(done);
        result
    })
}
