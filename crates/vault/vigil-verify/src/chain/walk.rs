//! The records in ascending `seq`: links, root, gaps, and the anchor's position.

use std::collections::HashSet;

use crate::code::{Code, Codes};
use crate::error::VerifyError;
use crate::record::line::{Bond, Line, Mark, ROW};
use crate::report::MAX_DETAILS;
use crate::sorter::{Sorted, Sorter};

use super::seq::{BigSeq, Seq};

/// A record that attestations may speak about (spec 13).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attestable {
    pub(crate) seq: u64,
    pub(crate) hash: [u8; 32],
    pub(crate) bond: Bond,
}

/// Pulls the records in order and gives the attestable ones; findings gather on the way.
#[derive(Debug)]
pub(crate) struct Walk {
    low: std::vec::IntoIter<(BigSeq, Line)>,
    rows: Sorted<ROW>,
    high: std::vec::IntoIter<(BigSeq, Line)>,
    genesis: Option<Mark>,
    /// The anchor's position and head, when they are to be compared.
    anchor: Option<(u64, Option<Mark>)>,
    /// The records with the `seq` reached, and the hashes of those one `seq` lower.
    group: Option<Group>,
    lower: Hashes,
    index: u64,
    /// What the walk found.
    pub(crate) found: WalkFound,
}

/// Findings of the walk.
#[derive(Debug, Default)]
pub(crate) struct WalkFound {
    pub(crate) codes: Codes,
    /// How many findings.
    pub(crate) found: u64,
    /// The first of them: code and index.
    pub(crate) details: Vec<(Code, u64)>,
    /// Smallest index of a finding that makes the chain broken, those of rules 1–3 included.
    pub(crate) break_index: Option<u64>,
    /// Index of each array position asked for.
    pub(crate) indexes: Vec<(u64, u64)>,
    /// Whether the anchor's head is a hash at its position; `None` when there was none to compare with.
    pub(crate) head_matches: Option<bool>,
}

#[derive(Debug)]
struct Group {
    seq: Seq,
    start: u64,
    size: u64,
    first: Line,
    hashes: Hashes,
    lowest: bool,
}

impl Walk {
    /// `positions` are the array positions, ascending, whose index will be wanted.
    pub(crate) fn new(
        rows: Sorter<ROW>,
        mut big: Vec<(BigSeq, Line)>,
        genesis: Option<Mark>,
        anchor: Option<(u64, Option<Mark>)>,
    ) -> Result<Self, VerifyError> {
        big.sort_by(|(a, x), (b, y)| a.cmp(b).then(x.position.cmp(&y.position)));
        let high = big.split_off(big.partition_point(|(seq, _)| seq.negative));
        Ok(Self {
            low: big.into_iter(),
            rows: rows.sorted()?,
            high: high.into_iter(),
            genesis,
            anchor,
            group: None,
            lower: Hashes::default(),
            index: 0,
            found: WalkFound::default(),
        })
    }

    /// The next attestable record; `None` when the walk is over. `wanted` says which array positions' indexes to
    /// keep.
    pub(crate) fn next(&mut self, wanted: &HashSet<u64>) -> Result<Option<Attestable>, VerifyError> {
        loop {
            let Some((seq, line)) = self.pull()? else {
                return Ok(self.group.take().and_then(|group| self.close(&group)));
            };
            if wanted.contains(&line.position) {
                self.found.indexes.push((line.position, self.index));
            }
            if !line.clean {
                self.broken_here();
            }
            let same = self.group.as_ref().is_some_and(|group| group.seq == seq);
            let closed = if same {
                self.finding(Code::DuplicateSeq);
                if let Some(group) = &mut self.group {
                    group.size += 1;
                    group.hashes.add(line.hash)?;
                }
                None
            } else {
                self.open(seq, line)?
            };
            self.check(&line);
            self.index += 1;
            if closed.is_some() {
                return Ok(closed);
            }
        }
    }

    fn pull(&mut self) -> Result<Option<(Seq, Line)>, VerifyError> {
        if let Some((big, line)) = self.low.next() {
            return Ok(Some((Seq::Big(big), line)));
        }
        if let Some(row) = self.rows.next()? {
            let (seq, line) = Line::of_row(&row);
            return Ok(Some((Seq::Small(seq), line)));
        }
        Ok(self.high.next().map(|(big, line)| (Seq::Big(big), line)))
    }

    /// Closes the group before and opens the one of `seq`; gives the closed one's record if it is attestable.
    fn open(&mut self, seq: Seq, line: Line) -> Result<Option<Attestable>, VerifyError> {
        let before = self.group.take();
        let mut closed = None;
        match &before {
            None if seq != Seq::Small(0) => self.finding(Code::RootMissing),
            None => {}
            Some(before) => {
                if !before.seq.precedes(&seq) {
                    self.finding(Code::SeqGap);
                }
                closed = self.close(before);
            }
        }
        let lowest = before.is_none();
        self.lower = before.map(|group| group.hashes).unwrap_or_default();
        let mut hashes = Hashes::default();
        hashes.add(line.hash)?;
        self.group = Some(Group { seq, start: self.index, size: 1, first: line, hashes, lowest });
        Ok(closed)
    }

    /// Rule 4 and the root, for a record of the open group.
    fn check(&mut self, line: &Line) {
        let Some(group) = &self.group else { return };
        if !group.lowest {
            if line.prev.is_some_and(|prev| self.lower.differ_from(prev)) {
                self.finding(Code::LinkBreak);
            }
        } else if group.seq == Seq::Small(0) {
            if line.not_upgrade {
                self.finding(Code::RootNotChainUpgrade);
            }
            if line.prev.is_some() && line.prev != self.genesis {
                self.finding(Code::RootGenesisMismatch);
            }
        }
    }

    fn close(&mut self, group: &Group) -> Option<Attestable> {
        if let Some((position, head)) = self.anchor
            && (group.start..group.start + group.size).contains(&position)
            && !group.hashes.is_empty()
        {
            self.found.head_matches = Some(head.is_some_and(|head| !group.hashes.differ_from(head)));
        }
        match (&group.seq, group.first.hash) {
            (Seq::Small(seq), Some(hash)) if group.size == 1 && group.first.clean => {
                let seq = u64::try_from(*seq).ok()?;
                Some(Attestable { seq, hash: hash.bytes, bond: group.first.bond })
            }
            _ => None,
        }
    }

    fn finding(&mut self, code: Code) {
        self.found.codes.insert(code);
        self.found.found += 1;
        if self.found.details.len() < MAX_DETAILS {
            self.found.details.push((code, self.index));
        }
        if Code::BROKEN.contains(code) {
            self.broken_here();
        }
    }

    fn broken_here(&mut self) {
        self.found.break_index = Some(self.found.break_index.map_or(self.index, |at| at.min(self.index)));
    }
}

/// The readable hashes of the records with one `seq`; nearly always exactly one.
#[derive(Debug, Default)]
struct Hashes {
    first: Option<Mark>,
    others: HashSet<Mark>,
}

impl Hashes {
    fn add(&mut self, hash: Option<Mark>) -> Result<(), VerifyError> {
        if self.first.is_none() {
            self.first = hash;
        } else if let Some(hash) = hash.filter(|hash| self.first != Some(*hash)) {
            self.others.insert(hash);
            if self.others.len() > MAX_HASHES {
                return Err(VerifyError::TooMany { what: "records with the same `seq`" });
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether there are hashes and `mark` is none of them.
    fn differ_from(&self, mark: Mark) -> bool {
        self.first.is_some_and(|first| first != mark) && !self.others.contains(&mark)
    }
}

const MAX_HASHES: usize = 4 << 20;
