//! Record by record along the walk: signatures, rotations, checkpoint roots, commitments to evidence.

use std::collections::HashSet;

use ed25519_dalek::Signature;

use crate::chain::walk::{Attestable, Walk};
use crate::code::{Code, Codes};
use crate::crew::in_order;
use crate::error::VerifyError;
use crate::record::line::Bond;
use crate::sorter::{Sorted, Sorter};

use super::checkpoint::{self, Answer, Pending};
use super::evidence::Evidence;
use super::key::Keys;
use super::merkle::Tree;
use super::signature::{self, Entry, message};

/// What the audit is over.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) walk: &'a mut Walk,
    /// Array positions whose index is wanted.
    pub(crate) wanted: &'a HashSet<u64>,
    pub(crate) keys: &'a Keys,
    /// `None` where the genesis rule fails.
    pub(crate) genesis: Option<[u8; 32]>,
    pub(crate) signatures: Sorter<{ signature::ROW }>,
    pub(crate) checkpoints: Sorter<{ checkpoint::ROW }>,
    pub(crate) evidence: &'a mut Evidence,
    pub(crate) witnesses: usize,
}

/// What the audit gave.
#[derive(Debug, Default)]
pub(crate) struct Audited {
    pub(crate) codes: Codes,
    pub(crate) signed_records: u64,
    pub(crate) checkpoint_size: u64,
    /// For each witness the greatest consistent size it vouched for.
    pub(crate) witnessed: Vec<u64>,
    /// A pinned key signed something that holds.
    pub(crate) pinned: bool,
}

/// Walks to the end, verifying signatures on `threads` threads.
pub(crate) fn audit(subject: Subject<'_>, threads: usize) -> Result<Audited, VerifyError> {
    let Subject { walk, wanted, keys, genesis, signatures, checkpoints, evidence, witnesses } = subject;
    let mut join = Join {
        walk,
        wanted,
        keys,
        genesis,
        evidence,
        signatures: signatures.sorted()?,
        ahead: None,
        last: None,
        checkpoints: checkpoints.sorted()?,
        pending: None,
        tree: Tree::default(),
        rotated: vec![false; keys.list().len()],
        jobs: Vec::new(),
        ended: false,
        audited: Audited { witnessed: vec![0; witnesses], ..Audited::default() },
    };
    join.ahead = join.signatures.next()?.map(|row| Entry::of_row(&row));
    join.pending = join.checkpoints.next()?.map(|row| Pending::of_row(&row));
    let mut verified = Verified { rotations: vec![0; keys.list().len()], ..Verified::default() };
    in_order(
        threads,
        || join.jobs(),
        |jobs: Vec<Job>| Verified::of(&jobs, keys, genesis),
        |part: Verified| {
            verified.add(&part);
            Ok::<_, VerifyError>(())
        },
    )?;
    Ok(join.end(&verified))
}

/// Merges the sorted rows with the walk.
struct Join<'a> {
    walk: &'a mut Walk,
    wanted: &'a HashSet<u64>,
    keys: &'a Keys,
    genesis: Option<[u8; 32]>,
    evidence: &'a mut Evidence,
    signatures: Sorted<{ signature::ROW }>,
    ahead: Option<Entry>,
    /// `seq` and key of the signature before.
    last: Option<(u64, [u8; 32])>,
    checkpoints: Sorted<{ checkpoint::ROW }>,
    pending: Option<Pending>,
    tree: Tree,
    /// For each key whether its rotation record is there.
    rotated: Vec<bool>,
    jobs: Vec<Job>,
    ended: bool,
    audited: Audited,
}

/// One signature to verify.
#[derive(Clone, Debug)]
struct Job {
    key: usize,
    in_force: bool,
    /// The key that the record brings in, if it is a rotation.
    brings: Option<usize>,
    record: Attestable,
    signature: [u8; 64],
}

impl Join<'_> {
    /// The next signatures to verify; `None` when the walk is over.
    fn jobs(&mut self) -> Result<Option<Vec<Job>>, VerifyError> {
        while !self.ended && self.jobs.len() < JOBS {
            match self.walk.next(self.wanted)? {
                Some(record) => self.record(record)?,
                None => {
                    self.ended = true;
                    while let Some(entry) = self.ahead {
                        self.signature(entry, None)?;
                    }
                    while self.pending.is_some() {
                        self.checkpoint(Err(Code::CheckpointRoot))?;
                    }
                }
            }
        }
        let jobs = std::mem::take(&mut self.jobs);
        Ok((!jobs.is_empty()).then_some(jobs))
    }

    fn record(&mut self, record: Attestable) -> Result<(), VerifyError> {
        self.evidence.commit(&record.bond)?;
        let brings = self.rotation(&record);
        while let Some(entry) = self.ahead.filter(|entry| entry.seq <= record.seq) {
            self.signature(entry, Some((record, brings)).filter(|_| entry.seq == record.seq))?;
        }
        // A record that is missing or not attestable stops the tree for good.
        if self.pending.is_some() && self.tree.size() == record.seq {
            self.tree.push(record.hash);
            if self.pending.is_some_and(|pending| pending.size == self.tree.size()) {
                let root = self.tree.root();
                while let Some(pending) = self.pending.filter(|pending| pending.size == self.tree.size()) {
                    let answer = if brings.is_some() { pending.after_rotation } else { pending.plain };
                    self.checkpoint(match answer {
                        _ if pending.root != root => Err(Code::CheckpointRoot),
                        Answer::Invalid => Err(Code::CheckpointSignature),
                        Answer::Unsigned => Err(Code::CheckpointUnsigned),
                        Answer::Signed => Ok(false),
                        Answer::SignedByPinned => Ok(true),
                    })?;
                }
            }
        }
        Ok(())
    }

    /// The key that a rotation record brings in.
    fn rotation(&mut self, record: &Attestable) -> Option<usize> {
        let Bond::Rotation(reason) = record.bond else { return None };
        if self.keys.list().is_empty() {
            return None;
        }
        let named = reason.and_then(|reason| self.keys.find(&reason));
        let brings = self.keys.beginning_at(record.seq + 1).filter(|key| named == Some(*key));
        match brings.and_then(|key| self.rotated.get_mut(key)) {
            Some(rotated) => *rotated = true,
            None => self.audited.codes.insert(Code::RotationUnlisted),
        }
        brings
    }

    /// Judges a signature as far as that goes without verifying it, and moves to the next.
    fn signature(
        &mut self,
        entry: Entry,
        record: Option<(Attestable, Option<usize>)>,
    ) -> Result<(), VerifyError> {
        self.ahead = self.signatures.next()?.map(|row| Entry::of_row(&row));
        let repeated = self.last.replace((entry.seq, entry.key)) == Some((entry.seq, entry.key));
        let code = match (self.keys.find(&entry.key), record) {
            _ if repeated => Code::SignatureDuplicate,
            (None, _) => Code::SignatureUnknownKey,
            (_, None) => Code::SignatureNoRecord,
            (Some(key), Some((record, brings))) => {
                let in_force = self.keys.in_force(record.seq) == Some(key);
                if !in_force && brings != Some(key) {
                    Code::SignatureWrongKey
                } else if self.genesis.is_none() {
                    Code::SignatureInvalid
                } else {
                    self.jobs.push(Job { key, in_force, brings, record, signature: entry.signature });
                    return Ok(());
                }
            }
        };
        self.audited.codes.insert(code);
        Ok(())
    }

    /// Closes the pending checkpoint, signed by a pinned key or not, and moves to the next.
    fn checkpoint(&mut self, result: Result<bool, Code>) -> Result<(), VerifyError> {
        let done = self.pending.take();
        self.pending = self.checkpoints.next()?.map(|row| Pending::of_row(&row));
        match (result, done) {
            (Err(code), _) => self.audited.codes.insert(code),
            (Ok(pinned), Some(done)) => {
                self.audited.pinned |= pinned;
                self.audited.checkpoint_size = self.audited.checkpoint_size.max(done.size);
                for (number, size) in self.audited.witnessed.iter_mut().enumerate() {
                    if done.witnessed >> number & 1 == 1 {
                        *size = done.size.max(*size);
                    }
                }
            }
            (Ok(_), None) => {}
        }
        Ok(())
    }

    fn end(self, verified: &Verified) -> Audited {
        let mut audited = self.audited;
        audited.signed_records = verified.signed;
        audited.pinned |= verified.pinned;
        if verified.invalid {
            audited.codes.insert(Code::SignatureInvalid);
        }
        for (rotated, signers) in self.rotated.iter().zip(&verified.rotations).skip(1) {
            if !rotated {
                audited.codes.insert(Code::RotationMissing);
            } else if *signers != OLD_KEY | NEW_KEY {
                audited.codes.insert(Code::RotationUnsigned);
            }
        }
        audited
    }
}

/// What verified signatures show.
#[derive(Debug, Default)]
struct Verified {
    signed: u64,
    invalid: bool,
    pinned: bool,
    /// For each key who signed its rotation record.
    rotations: Vec<u8>,
    /// The same for a part of the signatures, as a list.
    some_rotations: Vec<(usize, u8)>,
}

impl Verified {
    fn of(jobs: &[Job], keys: &Keys, genesis: Option<[u8; 32]>) -> Self {
        let mut verified = Self::default();
        let mut text = Vec::new();
        for job in jobs {
            let (Some(key), Some(genesis)) = (keys.get(job.key), &genesis) else { continue };
            message(genesis, job.record.seq, &job.record.hash, &mut text);
            if key.verifying.verify_strict(&text, &Signature::from_bytes(&job.signature)).is_err() {
                verified.invalid = true;
                continue;
            }
            verified.pinned |= key.pinned;
            verified.signed += u64::from(job.in_force);
            let signer = if job.in_force { OLD_KEY } else { NEW_KEY };
            verified.some_rotations.extend(job.brings.map(|brought| (brought, signer)));
        }
        verified
    }

    fn add(&mut self, part: &Self) {
        self.signed += part.signed;
        self.invalid |= part.invalid;
        self.pinned |= part.pinned;
        for (key, signer) in &part.some_rotations {
            if let Some(signers) = self.rotations.get_mut(*key) {
                *signers |= signer;
            }
        }
    }
}

const OLD_KEY: u8 = 1;
const NEW_KEY: u8 = 2;
const JOBS: usize = 128;
