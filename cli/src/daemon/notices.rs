//! Notices in the log. A peer that causes them without end must not fill the disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use vigil_core::message::Notice;
use vigil_core::{Millis, Timestamp};

/// So many of one kind are logged at once.
const AT_ONCE: u64 = 30;
/// After this long there is room for one more.
const EVERY: Millis = Millis(2000);

/// What was logged of each kind.
#[derive(Default)]
pub(super) struct NoticeLog(Mutex<BTreeMap<&'static str, Kind>>);

struct Kind {
    room: u64,
    since: Timestamp,
    unsaid: u64,
}

impl NoticeLog {
    /// Logs a notice, or counts it when too many like it came.
    pub(super) fn hear(&self, notice: &Notice) {
        let kind = notice.kind.token();
        match self.unsaid_before(kind, notice.at) {
            Some(0) => tracing::warn!("{kind}: {}", notice.text),
            Some(unsaid) => tracing::warn!("{kind}: {} (and {unsaid} more since the last)", notice.text),
            None => {}
        }
    }

    /// Logs how many were not, so that the last of many are not told only when one more comes.
    pub(super) fn tell_unsaid(&self) {
        for (kind, unsaid) in self.take_unsaid() {
            tracing::warn!("{kind}: {unsaid} more since the last");
        }
    }

    fn take_unsaid(&self) -> Vec<(&'static str, u64)> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = kinds.iter_mut().map(|(name, kind)| (*name, std::mem::take(&mut kind.unsaid)));
        taken.filter(|(_, unsaid)| *unsaid > 0).collect()
    }

    /// How many of this kind were not logged since the last one that was; `None` when this one is not, either.
    fn unsaid_before(&self, kind: &'static str, at: Timestamp) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds.entry(kind).or_insert(Kind { room: AT_ONCE, since: at, unsaid: 0 });
        // A clock that was ahead for a while must not keep the kind silent until that time comes.
        kind.since = kind.since.min(at);
        let gained = at.since(kind.since).0 / EVERY.0;
        if gained > 0 {
            kind.room = kind.room.saturating_add(gained).min(AT_ONCE);
            kind.since = at;
        }
        match kind.room.checked_sub(1) {
            Some(room) => {
                kind.room = room;
                Some(std::mem::take(&mut kind.unsaid))
            }
            None => {
                kind.unsaid += 1;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_counted_and_others_are_still_said() {
        let log = NoticeLog::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let said = (0..1000).filter(|_| log.unsaid_before("limit", at(1)).is_some()).count();
        assert_eq!(said as u64, AT_ONCE);
        assert_eq!(log.unsaid_before("refused", at(1)), Some(0));
        assert_eq!(log.unsaid_before("limit", at(3)), Some(1000 - AT_ONCE));
        assert_eq!(log.unsaid_before("limit", at(3)), None);
        assert_eq!(log.take_unsaid(), [("limit", 1)]);
        assert_eq!(log.take_unsaid(), []);
        assert_eq!(log.unsaid_before("limit", at(1_000_000)), Some(0));
    }

    #[test]
    fn a_clock_that_was_ahead_for_a_while_silences_nothing() {
        let log = NoticeLog::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let said = (0..1000).filter(|_| log.unsaid_before("limit", at(1_000_000)).is_some()).count();
        assert_eq!(said as u64, AT_ONCE);
        assert_eq!(log.unsaid_before("limit", at(1)), None);
        assert_eq!(log.unsaid_before("limit", at(3)), Some(1000 - AT_ONCE + 1));
    }
}
