use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::evidence::Evidence;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn append(journal: &mut Journal, preimage: &[u8], evidence: &[u8], durable: bool) -> io::Result<Position> {
    journal.append(&[entry(preimage, evidence)], durable)
}

fn entry(preimage: &[u8], evidence: &[u8]) -> Entry {
    Entry::new(preimage.to_vec(), Evidence::new(evidence.to_vec()))
}

fn read_all(folder: &Path, segment: u64) -> (Vec<Vec<u8>>, Tail) {
    let mut reader = Reader::new(folder, Position { segment, offset: 0 });
    let mut all = Vec::new();
    while let Some(entry) = reader.next(u64::MAX).unwrap() {
        all.push(entry.preimage);
    }
    (all, reader.tail().unwrap())
}

/// A disk that takes `room` bytes more, and perhaps cannot be cut.
struct Full {
    inner: Box<dyn Disk>,
    room: usize,
    stuck: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
}

impl Disk for Full {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.full.load(Ordering::Relaxed) {
            return self.inner.append(bytes);
        }
        match self.room.min(bytes.len()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            part => {
                self.room -= part;
                self.inner.append(&bytes[..part])
            }
        }
    }
    fn sync(&mut self) -> io::Result<()> {
        if self.full.load(Ordering::Relaxed) { Err(io::ErrorKind::Other.into()) } else { self.inner.sync() }
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        if self.stuck.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        self.inner.cut(length)
    }
}

#[test]
fn entries_read_back_in_order_over_segments() {
    let folder = folder();
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    append(&mut journal, b"one", b"evidence", false).unwrap();
    journal.rotate().unwrap();
    journal.rotate().unwrap();
    append(&mut journal, b"two", b"", true).unwrap();
    assert_eq!(segments(folder.path()).unwrap(), [1, 2]);
    assert_eq!(read_all(folder.path(), 1), (vec![b"one".to_vec()], Tail::Clean));
    assert_eq!(read_all(folder.path(), 2), (vec![b"two".to_vec()], Tail::Clean));
}

#[test]
fn entries_of_one_write_are_appended_together_or_not_at_all() {
    let folder = folder();
    let full = Arc::new(AtomicBool::new(false));
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    let full_too = full.clone();
    let room = entry(b"four", b"").len() + 5;
    journal.replace_disk(|inner| Box::new(Full { inner, room, stuck: Arc::default(), full: full_too }));
    journal.append(&[entry(b"one", b"1"), entry(b"two", b""), entry(b"three", b"3")], false).unwrap();
    full.store(true, Ordering::Relaxed);
    assert!(journal.append(&[entry(b"four", b""), entry(b"five", b"")], false).is_err());
    let all = [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
    assert_eq!(read_all(folder.path(), 1), (all.to_vec(), Tail::Clean));
}

#[test]
fn a_reader_stops_where_the_writer_has_published() {
    let folder = folder();
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    let published = append(&mut journal, b"one", b"", false).unwrap();
    append(&mut journal, b"two", b"", false).unwrap();
    let mut reader = Reader::new(folder.path(), Position { segment: 1, offset: 0 });
    assert_eq!(reader.next(published.offset).unwrap().unwrap().preimage, b"one");
    assert_eq!(reader.next(published.offset).unwrap(), None);
    assert_eq!(reader.next(journal.end().offset).unwrap().unwrap().preimage, b"two");
}

#[test]
fn a_full_disk_appends_nothing_and_recovers_when_there_is_room() {
    for stuck_at_first in [false, true] {
        let folder = folder();
        let (full, stuck) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(stuck_at_first)));
        let mut journal = Journal::begin(folder.path(), 1).unwrap();
        let (full_too, stuck_too) = (full.clone(), stuck.clone());
        journal.replace_disk(|inner| Box::new(Full { inner, room: 7, stuck: stuck_too, full: full_too }));
        append(&mut journal, b"one", b"", false).unwrap();
        let end = journal.end();
        full.store(true, Ordering::Relaxed);
        assert_eq!(append(&mut journal, b"two", b"", false).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(append(&mut journal, b"two", b"", false).is_err());
        assert_eq!(journal.end(), end);
        stuck.store(false, Ordering::Relaxed);
        full.store(false, Ordering::Relaxed);
        append(&mut journal, b"three", b"", false).unwrap();
        assert_eq!(read_all(folder.path(), 1), (vec![b"one".to_vec(), b"three".to_vec()], Tail::Clean));
    }
}

#[test]
fn an_entry_that_cannot_be_made_durable_is_taken_back() {
    let folder = folder();
    let full = Arc::new(AtomicBool::new(true));
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    let full_too = full.clone();
    journal
        .replace_disk(|inner| Box::new(Full { inner, room: 1 << 20, stuck: Arc::default(), full: full_too }));
    append(&mut journal, b"one", b"", false).unwrap();
    assert!(append(&mut journal, b"two", b"", true).is_err());
    assert!(journal.rotate().is_err(), "a segment was left behind that may not be on the device");
    full.store(false, Ordering::Relaxed);
    append(&mut journal, b"three", b"", true).unwrap();
    assert_eq!(read_all(folder.path(), 1), (vec![b"one".to_vec(), b"three".to_vec()], Tail::Clean));
}

#[test]
fn a_torn_end_is_told_from_damage() {
    let folder = folder();
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    append(&mut journal, b"one", b"", false).unwrap();
    let first = journal.end().offset as usize;
    append(&mut journal, b"two", b"", false).unwrap();
    append(&mut journal, b"three", b"", false).unwrap();
    let path = segment_path(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    for cut in first + 1..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let (entries, tail) = read_all(folder.path(), 1);
        assert!(!entries.is_empty() && entries.len() < 3, "cut at {cut}");
        assert_ne!(tail, Tail::Damaged, "cut at {cut}");
    }
    let mut damaged = whole.clone();
    damaged[first + 14] ^= 1;
    fs::write(&path, &damaged).unwrap();
    assert_eq!(read_all(folder.path(), 1), (vec![b"one".to_vec()], Tail::Damaged));
}

#[test]
fn a_segment_begins_with_its_mark_in_the_first_write() {
    let folder = folder();
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    assert_eq!(fs::read(segment_path(folder.path(), 1)).unwrap(), b"");
    append(&mut journal, b"one", b"", false).unwrap();
    append(&mut journal, b"two", b"", false).unwrap();
    let bytes = fs::read(segment_path(folder.path(), 1)).unwrap();
    assert!(bytes.starts_with(b"vigilj\x00\x01"));
    assert_eq!(bytes.windows(6).filter(|window| window == b"vigilj").count(), 1);
    check_versions(folder.path()).unwrap();
}

#[test]
fn a_segment_from_before_the_mark_is_read() {
    let folder = folder();
    let mut bytes = Vec::new();
    for preimage in [b"one", b"two"] {
        entry(preimage, b"evidence").spell(&mut bytes);
    }
    fs::write(segment_path(folder.path(), 1), &bytes).unwrap();
    check_versions(folder.path()).unwrap();
    let both = vec![b"one".to_vec(), b"two".to_vec()];
    assert_eq!(read_all(folder.path(), 1), (both, Tail::Clean));
    fs::write(segment_path(folder.path(), 1), &bytes[..bytes.len() - 1]).unwrap();
    let (entries, tail) = read_all(folder.path(), 1);
    assert_eq!((entries.len(), matches!(tail, Tail::Torn(_))), (1, true));
}

#[test]
fn a_segment_of_another_version_is_named_and_left_alone() {
    let folder = folder();
    let path = segment_path(folder.path(), 7);
    fs::write(&path, b"vigilj\x00\x02whatever a later version makes of it").unwrap();
    let refused = check_versions(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("version 2") && refused.contains("00000007.journal"), "{refused}");
    assert_eq!(read_all(folder.path(), 7), (vec![], Tail::Foreign));
}

#[test]
fn a_segment_that_ends_within_its_first_write_is_torn_and_one_without_mark_is_foreign() {
    let folder = folder();
    let mut journal = Journal::begin(folder.path(), 1).unwrap();
    append(&mut journal, b"one", b"", false).unwrap();
    let path = segment_path(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    for cut in 1..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let (entries, tail) = read_all(folder.path(), 1);
        // Of the mark alone it cannot be told that an entry was to follow.
        let expected =
            if cut == 8 { Tail::Clean } else { Tail::Torn(if cut < 8 { cut } else { cut - 8 } as u64) };
        assert_eq!((entries.len(), tail), (0, expected), "cut at {cut}");
    }
    for foreign in [b"no entry and no mark".as_slice(), &[1; 64]] {
        fs::write(&path, foreign).unwrap();
        assert_eq!(read_all(folder.path(), 1), (vec![], Tail::Foreign));
    }
}
