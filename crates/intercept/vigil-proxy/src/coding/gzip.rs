//! `gzip` (RFC 1952): any number of members, each with its checksum.

use flate2::Crc;

use super::inflate::Inflate;
use super::{CodingError, Sink};

/// The coding `gzip`.
pub(super) struct Gzip {
    state: State,
    stream: Inflate,
    crc: Crc,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { state: State::Head(Head::default()), stream: Inflate::new(false), crc: Crc::new() }
    }
}

enum State {
    /// Before or inside the head of a member.
    Head(Head),
    Body,
    /// CRC-32 and length: eight bytes.
    Tail {
        seen: usize,
        bytes: [u8; 8],
    },
    /// After a member: another one may follow.
    Between,
}

/// ```text
/// 1f 8b 08 FLAGS time×4 extra-flags system
/// [length×2 extra] [name 00] [comment 00] [crc×2]
/// ```
#[derive(Default)]
struct Head {
    seen: usize,
    flags: u8,
    part: Part,
    left: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Crc,
    Done,
}

const FIXED: usize = 10;
const HAS_CRC: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

impl Gzip {
    pub(super) fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), CodingError> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            match &mut self.state {
                State::Between => self.state = State::Head(Head::default()),
                State::Head(head) => {
                    rest = after;
                    if head.take(byte)? {
                        self.stream.reset();
                        self.crc.reset();
                        self.state = State::Body;
                    }
                }
                State::Body => {
                    let crc = &mut self.crc;
                    let mut checked = |piece: &[u8]| {
                        crc.update(piece);
                        sink(piece)
                    };
                    let (used, ended) = self.stream.push(rest, "gzip", &mut checked)?;
                    rest = rest.get(used..).unwrap_or_default();
                    if ended {
                        self.state = State::Tail { seen: 0, bytes: [0; 8] };
                    } else if used == 0 {
                        return Ok(());
                    }
                }
                State::Tail { seen, bytes } => {
                    rest = after;
                    if let Some(slot) = bytes.get_mut(*seen) {
                        *slot = byte;
                    }
                    *seen += 1;
                    if *seen == 8 {
                        let [a, b, c, d, e, f, g, h] = *bytes;
                        let sum = u32::from_le_bytes([a, b, c, d]);
                        let length = u32::from_le_bytes([e, f, g, h]);
                        if sum != self.crc.sum() || length != self.crc.amount() {
                            return Err(CodingError::broken("gzip", "checksum or length is wrong"));
                        }
                        self.state = State::Between;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.state, State::Between)
    }
}

impl Head {
    /// Takes one byte. Gives whether the head is complete.
    fn take(&mut self, byte: u8) -> Result<bool, CodingError> {
        match self.part {
            Part::Fixed => {
                let expected = match self.seen {
                    0 => Some(0x1f),
                    1 => Some(0x8b),
                    2 => Some(8),
                    _ => None,
                };
                if expected.is_some_and(|expected| expected != byte) {
                    return Err(CodingError::broken("gzip", "not a gzip member"));
                }
                if self.seen == 3 {
                    if byte & RESERVED != 0 {
                        return Err(CodingError::broken("gzip", "unknown flags"));
                    }
                    self.flags = byte;
                }
                self.seen += 1;
                if self.seen == FIXED {
                    self.next(Part::Fixed);
                }
            }
            Part::ExtraLength => {
                self.seen += 1;
                self.left |= usize::from(byte) << (8 * (self.seen - 1));
                if self.seen == 2 {
                    self.next(if self.left == 0 { Part::Extra } else { Part::ExtraLength });
                }
            }
            Part::Extra => {
                self.left -= 1;
                if self.left == 0 {
                    self.next(Part::Extra);
                }
            }
            Part::Name | Part::Comment => {
                if byte == 0 {
                    self.next(self.part);
                }
            }
            Part::Crc => {
                self.seen += 1;
                if self.seen == 2 {
                    self.next(Part::Crc);
                }
            }
            Part::Done => {}
        }
        Ok(self.part == Part::Done)
    }

    /// Goes to the part after `done` that the flags announce.
    fn next(&mut self, done: Part) {
        let has = |flag| self.flags & flag != 0;
        self.part = match done {
            Part::ExtraLength => Part::Extra,
            Part::Fixed if has(HAS_EXTRA) => Part::ExtraLength,
            Part::Fixed | Part::Extra if has(HAS_NAME) => Part::Name,
            Part::Fixed | Part::Extra | Part::Name if has(HAS_COMMENT) => Part::Comment,
            Part::Fixed | Part::Extra | Part::Name | Part::Comment if has(HAS_CRC) => Part::Crc,
            _ => Part::Done,
        };
        if self.part != Part::Extra {
            self.left = 0;
        }
        self.seen = 0;
    }
}
