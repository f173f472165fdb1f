//! A disk that does not take records, as the other planes see it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vigil_core::message::{VaultInput, VaultOutput};
use vigil_core::{Plane as _, Ruling, Timestamp};

use super::Vault;
use crate::journal::Disk;
use crate::test_fixture::*;

/// Fails while the switch is on: half of a write is taken, and nothing can be synced.
struct Failing {
    inner: Box<dyn Disk>,
    on: Arc<AtomicBool>,
    kind: io::ErrorKind,
}

impl Disk for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.on.load(Ordering::Relaxed) {
            return self.inner.append(bytes);
        }
        match self.kind {
            io::ErrorKind::StorageFull => self.inner.append(&bytes[..bytes.len() / 2]),
            kind => Err(kind.into()),
        }
    }
    fn sync(&mut self) -> io::Result<()> {
        if self.on.load(Ordering::Relaxed) { Err(self.kind.into()) } else { self.inner.sync() }
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.inner.cut(length)
    }
}

fn failing(vault: &mut Vault, kind: io::ErrorKind) -> Arc<AtomicBool> {
    let on = Arc::new(AtomicBool::new(false));
    let switch = on.clone();
    vault.writer.journal.replace_disk(|inner| Box::new(Failing { inner, on: switch, kind }));
    on
}

fn tick(vault: &mut Vault) -> Vec<VaultOutput> {
    hear(vault, VaultInput::Tick(clock()))
}

#[test]
fn what_could_not_be_recorded_is_denied_and_recorded_later() {
    for (kind, advice) in [
        (io::ErrorKind::StorageFull, "free some space"),
        (io::ErrorKind::ReadOnlyFilesystem, "make it writable"),
        (io::ErrorKind::Other, "check the disk"),
    ] {
        let state = State::new();
        let (mut vault, _) = state.open();
        let switch = failing(&mut vault, kind);
        record(&mut vault, Arc::new(decision(1, Ruling::Allow)));
        switch.store(true, Ordering::Relaxed);
        for ruling in [Ruling::Allow, Ruling::UserApprove, Ruling::ClientDisconnected] {
            let said = hear(&mut vault, VaultInput::Decision(Arc::new(decision(2, ruling))));
            let VaultOutput::Unrecorded(unrecorded) = &said[0] else { panic!("{said:?}") };
            assert!(unrecorded.reason.contains(advice), "{}", unrecorded.reason);
            assert!(unrecorded.told.contains("was not run"));
            assert!(matches!(&said[1], VaultOutput::Store(told) if !told.writable));
        }
        let exchange = Arc::new(exchange(2));
        assert!(matches!(
            hear(&mut vault, VaultInput::Exchanges(vec![exchange])).as_slice(),
            [VaultOutput::Store(told)] if told.detail.contains("4 records are owed")
        ));
        assert!(tick(&mut vault).is_empty());
        switch.store(false, Ordering::Relaxed);
        let said = tick(&mut vault);
        assert!(matches!(said.last(), Some(VaultOutput::Store(told)) if told.writable), "{said:?}");
        assert_eq!(record(&mut vault, Arc::new(decision(3, Ruling::Allow))), 6);
        hear(&mut vault, VaultInput::Seal);
        let document = state.document();
        let records = document["records"].as_array().unwrap();
        let found: Vec<_> = records[1..]
            .iter()
            .map(|record| record["decision"].as_str().or(record["event_kind"].as_str()).unwrap())
            .collect();
        let expected = ["allow", "fault_deny", "fault_deny", "client_disconnected", "interaction", "allow"];
        assert_eq!(found, expected);
        assert_eq!(records[2]["verdict"], "hold");
    }
}

#[test]
fn a_denial_that_cannot_be_made_durable_is_not_recorded() {
    let state = State::new();
    let (mut vault, _) = state.open();
    let switch = failing(&mut vault, io::ErrorKind::Other);
    // Only the sync fails: the entry itself was taken.
    struct NoSync(Box<dyn Disk>, Arc<AtomicBool>);
    impl Disk for NoSync {
        fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.append(bytes)
        }
        fn sync(&mut self) -> io::Result<()> {
            if self.1.load(Ordering::Relaxed) { Err(io::ErrorKind::Other.into()) } else { self.0.sync() }
        }
        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.0.cut(length)
        }
    }
    let no_sync = Arc::new(AtomicBool::new(true));
    let theirs = no_sync.clone();
    vault.writer.journal.replace_disk(|inner| Box::new(NoSync(inner, theirs)));
    let said = hear(&mut vault, VaultInput::Decision(Arc::new(decision(1, Ruling::UserDeny))));
    assert!(matches!(&said[0], VaultOutput::Unrecorded(_)), "{said:?}");
    no_sync.store(false, Ordering::Relaxed);
    assert!(!switch.load(Ordering::Relaxed));
    let late = Timestamp::from_micros(clock().micros + 60_000_000);
    hear(&mut vault, VaultInput::Tick(late));
    hear(&mut vault, VaultInput::Seal);
    let document = state.document();
    assert_eq!(document["records"].as_array().unwrap().len(), 2);
    assert_eq!(document["records"][1]["decision"], "fault_deny");
}

#[test]
fn exchanges_that_come_together_are_recorded_in_order_also_on_a_bad_disk() {
    let state = State::new();
    let (mut vault, _) = state.open();
    let switch = failing(&mut vault, io::ErrorKind::StorageFull);
    let three = |first: u128| (first..first + 3).map(|number| Arc::new(exchange(number))).collect::<Vec<_>>();
    let before = vault.state().records;
    hear(&mut vault, VaultInput::Exchanges(three(1)));
    assert_eq!(vault.state().records, before + 3);
    switch.store(true, Ordering::Relaxed);
    hear(&mut vault, VaultInput::Exchanges(three(4)));
    assert_eq!((vault.state().records, vault.state().writable), (before + 3, false));
    switch.store(false, Ordering::Relaxed);
    tick(&mut vault);
    assert_eq!((vault.state().records, vault.state().writable), (before + 6, true));
    hear(&mut vault, VaultInput::Seal);
    assert_eq!(vault.state().unsealed, 0);
}

#[test]
fn calls_are_recorded_while_a_backlog_is_sealed_for_somebody() {
    let state = State::new();
    let (mut vault, _) = state.open();
    for first in 0..40 {
        let many = (0..64).map(|number| Arc::new(exchange(first * 64 + number))).collect();
        hear(&mut vault, VaultInput::Exchanges(many));
    }
    let wanted = vault.state().records;
    let mut told = hear(&mut vault, VaultInput::SealWanted(7));
    assert!(vault.next_deadline().is_some());
    for number in 0.. {
        if told.iter().any(|said| matches!(said, VaultOutput::Store(store) if store.sealed_for == 7)) {
            break;
        }
        assert!(number < 100_000, "it was never done");
        told = hear(&mut vault, VaultInput::Decision(Arc::new(decision(10_000 + number, Ruling::Allow))));
        assert!(told.iter().any(|said| matches!(said, VaultOutput::Recorded(_))));
    }
    let state = vault.state();
    assert!(state.records > wanted && state.records - state.unsealed >= wanted);
    assert_eq!(vault.next_deadline(), None);
}
