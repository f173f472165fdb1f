//! Checkpoints (spec 13.4, 13.5): everything about one but its root, which the walk compares.

use crate::code::Code;
use crate::json::Malformed;
use crate::json::list::Batch;
use crate::json::token::{Token, Tokens};
use crate::record::line::take;

use super::key::{Key, Keys};
use super::note::{ED25519, Note, Witness, note_key_id, signs};

/// What a checkpoint is judged by.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) witnesses: &'a [Witness],
    /// `vigil/` and the first 16 characters of the genesis; `None` where the genesis rule fails.
    pub(crate) origin: Option<String>,
    pub(crate) records: u64,
}

/// A checkpoint whose root is still to be compared.
///
/// Which keys may sign it depends on whether the record before its size is a rotation, which the walk knows; so
/// both answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) size: u64,
    pub(crate) root: [u8; 32],
    pub(crate) plain: Answer,
    pub(crate) after_rotation: Answer,
    /// Bit n: witness n has a valid line.
    pub(crate) witnessed: u64,
}

/// What the signature lines say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Signed,
    SignedByPinned,
    Unsigned,
    Invalid,
}

/// Bytes of a checkpoint's row.
pub(crate) const ROW: usize = 8 + 32 + 2 + 8;

impl Pending {
    /// A row that sorts by size.
    pub(crate) fn row(&self) -> [u8; ROW] {
        let mut row = [0; ROW];
        let (size, witnessed) = (self.size.to_be_bytes(), self.witnessed.to_be_bytes());
        let answers = [self.plain as u8, self.after_rotation as u8];
        let bytes = size.iter().chain(&self.root).chain(&answers).chain(&witnessed);
        row.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        row
    }

    pub(crate) fn of_row(row: &[u8; ROW]) -> Self {
        let mut rest = &row[..];
        let (size, root) = (u64::from_be_bytes(take(&mut rest)), take(&mut rest));
        let [plain, after_rotation] = take::<2>(&mut rest).map(|answer| match answer {
            0 => Answer::Signed,
            1 => Answer::SignedByPinned,
            2 => Answer::Unsigned,
            _ => Answer::Invalid,
        });
        Self { size, root, plain, after_rotation, witnessed: u64::from_be_bytes(take(&mut rest)) }
    }
}

/// Judges the checkpoints of a batch: for each its code, or what the walk must still compare.
pub(crate) fn read(batch: &Batch, judge: &Judge<'_>) -> Result<Vec<Result<Pending, Code>>, Malformed> {
    batch
        .iter()
        .map(|(_, text)| {
            let mut tokens = Tokens::new(text, 2)?;
            let note = match tokens.next()? {
                Some(Token::String(text)) => text.utf8(),
                _ => None,
            };
            tokens.finish()?;
            let note = note.as_deref().and_then(|note| std::str::from_utf8(note).ok());
            Ok(note
                .and_then(Note::parse)
                .ok_or(Code::CheckpointMalformed)
                .and_then(|note| judge.judge(&note)))
        })
        .collect()
}

impl Judge<'_> {
    fn judge(&self, note: &Note<'_>) -> Result<Pending, Code> {
        let origin = self.origin.as_deref().filter(|origin| *origin == note.origin);
        let origin = origin.ok_or(Code::CheckpointOrigin)?;
        let size = note.size.parse().ok().filter(|size| (1..=self.records).contains(size));
        let size: u64 = size.ok_or(Code::CheckpointSize)?;
        let in_force = self.keys.in_force(size - 1).and_then(|at| self.keys.get(at));
        let successor = self.keys.beginning_at(size).and_then(|at| self.keys.get(at));
        let old = in_force.map(|key| Lines::of(key, origin, note));
        let new = successor.map(|key| Lines::of(key, origin, note));
        let (witnessed, bad_witness) = self.witnesses(note);
        let answer = |lines: &[Option<Lines>]| {
            let lines = lines.iter().flatten().fold(Lines::default(), |all, one| all.and(one));
            match lines {
                _ if bad_witness || lines.invalid => Answer::Invalid,
                Lines { by_pinned: true, .. } => Answer::SignedByPinned,
                Lines { valid: true, .. } => Answer::Signed,
                _ => Answer::Unsigned,
            }
        };
        let plain = answer(&[old]);
        Ok(Pending { size, root: note.root, plain, after_rotation: answer(&[old, new]), witnessed })
    }

    /// Which witnesses have a valid line, and whether one has an invalid line.
    fn witnesses(&self, note: &Note<'_>) -> (u64, bool) {
        let (mut valid, mut invalid) = (0, false);
        for (number, witness) in self.witnesses.iter().enumerate() {
            for line in &note.lines {
                if line.name == witness.name && line.key_id == witness.key_id {
                    if witness.cosigns(&line.payload, note.text) {
                        valid |= 1 << number;
                    } else {
                        invalid = true;
                    }
                }
            }
        }
        (valid, invalid)
    }
}

/// The lines of one key.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    valid: bool,
    invalid: bool,
    by_pinned: bool,
}

impl Lines {
    fn of(key: &Key, origin: &str, note: &Note<'_>) -> Self {
        let id = note_key_id(origin, ED25519, &key.verifying);
        let mut lines = Self::default();
        for line in note.lines.iter().filter(|line| line.name == origin && line.key_id == id) {
            if signs(&key.verifying, &line.payload, note.text) {
                lines.valid = true;
            } else {
                lines.invalid = true;
            }
        }
        lines.by_pinned = lines.valid && key.pinned;
        lines
    }

    fn and(self, other: &Self) -> Self {
        Self {
            valid: self.valid || other.valid,
            invalid: self.invalid || other.invalid,
            by_pinned: self.by_pinned || other.by_pinned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_checkpoint_survives_its_row() {
        for (plain, after_rotation) in
            [(Answer::Signed, Answer::SignedByPinned), (Answer::Unsigned, Answer::Invalid)]
        {
            let pending = Pending { size: 5, root: [3; 32], plain, after_rotation, witnessed: 1 << 63 | 1 };
            assert_eq!(Pending::of_row(&pending.row()), pending);
        }
    }
}
