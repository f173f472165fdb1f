//! How many files and sockets the daemon may have open.
//!
//! A connection of a client has two, one on each side. Systems start programs with 256 or 1,024, which a few hundred
//! connections use up; then the record could not be written either, and calls would be denied for want of it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the record, its journal, keys, the local API and the listeners.
const OURS: u64 = 256;
/// Some systems say that there is no bound and refuse what is above this one.
const UNSPOKEN_BOUND: u64 = 10_240;

/// Raises the soft limit as far as these connections need, and gives how many fit.
pub(super) fn provide(connections: usize) -> usize {
    let wanted = 2 * connections as u64 + OURS;
    let limit = getrlimit(Resource::Nofile);
    let (Some(current), hard) = (limit.current, limit.maximum.unwrap_or(u64::MAX)) else {
        return connections;
    };
    let mut open = current;
    for raised in [wanted.min(hard), wanted.min(hard).min(UNSPOKEN_BOUND)] {
        let raise = Rlimit { current: Some(raised), maximum: limit.maximum };
        if open < raised && setrlimit(Resource::Nofile, raise).is_ok() {
            open = raised;
        }
    }
    let fitting = fitting(open, connections);
    if fitting < connections {
        tracing::warn!(
            "{open} files may be open, so that {fitting} connections are taken instead of `limits.connections`, {connections}; \
             raise it with `ulimit -n`"
        );
    }
    fitting
}

fn fitting(open: u64, connections: usize) -> usize {
    let pairs = open.saturating_sub(OURS) / 2;
    usize::try_from(pairs).unwrap_or(usize::MAX).clamp(16, connections.max(16)).min(connections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_record() {
        assert_eq!(fitting(10_240, 1024), 1024);
        assert_eq!(fitting(1024, 1024), 384);
        assert_eq!(fitting(256, 1024), 16);
        assert_eq!(fitting(64, 4), 4);
        assert_eq!(fitting(u64::MAX, 5000), 5000);
    }
}
