//! Frames (RFC 9113 §4 and §6): reading them from bytes that belong to somebody else, and writing them.

use super::fault::{Code, Fault};

/// What a client sends first.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The bytes before the payload.
pub(super) const HEAD_BYTES: usize = 9;

/// Stream ids have 31 bits.
const STREAM_MASK: u32 = 0x7fff_ffff;

/// Types of frames. Others are extensions.
pub(super) mod kind {
    pub(in crate::h2) const DATA: u8 = 0;
    pub(in crate::h2) const HEADERS: u8 = 1;
    pub(in crate::h2) const PRIORITY: u8 = 2;
    pub(in crate::h2) const RST_STREAM: u8 = 3;
    pub(in crate::h2) const SETTINGS: u8 = 4;
    pub(in crate::h2) const PUSH_PROMISE: u8 = 5;
    pub(in crate::h2) const PING: u8 = 6;
    pub(in crate::h2) const GOAWAY: u8 = 7;
    pub(in crate::h2) const WINDOW_UPDATE: u8 = 8;
    pub(in crate::h2) const CONTINUATION: u8 = 9;
}

/// Flags of frames.
pub(super) mod flag {
    pub(in crate::h2) const ACK: u8 = 0x1;
    pub(in crate::h2) const END_STREAM: u8 = 0x1;
    pub(in crate::h2) const END_HEADERS: u8 = 0x4;
    pub(in crate::h2) const PADDED: u8 = 0x8;
    pub(in crate::h2) const PRIORITY: u8 = 0x20;
}

/// One whole frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: &'a [u8],
    /// All its bytes, the head included.
    pub(super) raw: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame in `bytes`, when it is there whole.
    pub(super) fn first(bytes: &'a [u8], max_payload: u32) -> Result<Option<Self>, Fault> {
        let Some((&[a, b, c, kind, flags, s0, s1, s2, s3], rest)) = bytes.split_first_chunk::<HEAD_BYTES>()
        else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, a, b, c]);
        if length > max_payload {
            return Err(Fault::FrameSize("a frame is longer than allowed"));
        }
        let stream = u32::from_be_bytes([s0, s1, s2, s3]) & STREAM_MASK;
        let Some(payload) = rest.get(..length as usize) else { return Ok(None) };
        let raw = bytes.get(..HEAD_BYTES + length as usize).unwrap_or_default();
        let frame = Self { kind, flags, stream, payload, raw };
        frame.check_stream()?;
        Ok(Some(frame))
    }

    /// Which frames belong to a stream and which to the connection.
    fn check_stream(&self) -> Result<(), Fault> {
        match self.kind {
            kind::DATA
            | kind::HEADERS
            | kind::PRIORITY
            | kind::RST_STREAM
            | kind::PUSH_PROMISE
            | kind::CONTINUATION
                if self.stream == 0 =>
            {
                Err(Fault::Protocol("a frame of a stream names none"))
            }
            kind::SETTINGS | kind::PING | kind::GOAWAY if self.stream != 0 => {
                Err(Fault::Protocol("a frame of the connection names a stream"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The content of a DATA frame, without padding.
    pub(super) fn data(&self) -> Result<&'a [u8], Fault> {
        unpad(self.payload, self.has(flag::PADDED))
    }

    /// The part of a header block in a HEADERS or CONTINUATION frame.
    pub(super) fn fragment(&self) -> Result<&'a [u8], Fault> {
        if self.kind == kind::CONTINUATION {
            return Ok(self.payload);
        }
        let bytes = unpad(self.payload, self.has(flag::PADDED))?;
        let priority = if self.has(flag::PRIORITY) { 5 } else { 0 };
        bytes.get(priority..).ok_or(Fault::FrameSize("a HEADERS frame is too short"))
    }

    /// The increment of a WINDOW_UPDATE frame.
    pub(super) fn increment(&self) -> Result<u32, Fault> {
        let increment = self.number("a WINDOW_UPDATE frame does not have four bytes")? & STREAM_MASK;
        if increment == 0 {
            Err(Fault::Protocol("a WINDOW_UPDATE frame adds nothing"))
        } else {
            Ok(increment)
        }
    }

    /// The error code of an RST_STREAM frame.
    pub(super) fn error_code(&self) -> Result<u32, Fault> {
        self.number("an RST_STREAM frame does not have four bytes")
    }

    /// The last stream that a GOAWAY frame says was looked at.
    pub(super) fn last_stream(&self) -> Result<u32, Fault> {
        let (last, rest) =
            self.payload.split_first_chunk().ok_or(Fault::FrameSize("a GOAWAY frame is too short"))?;
        if rest.len() < 4 {
            return Err(Fault::FrameSize("a GOAWAY frame is too short"));
        }
        Ok(u32::from_be_bytes(*last) & STREAM_MASK)
    }

    /// Checks the length of a PING frame.
    pub(super) fn check_ping(&self) -> Result<(), Fault> {
        if self.payload.len() == 8 {
            Ok(())
        } else {
            Err(Fault::FrameSize("a PING frame does not have eight bytes"))
        }
    }

    fn number(&self, what: &'static str) -> Result<u32, Fault> {
        Ok(u32::from_be_bytes(self.payload.try_into().map_err(|_| Fault::FrameSize(what))?))
    }
}

fn unpad(payload: &[u8], padded: bool) -> Result<&[u8], Fault> {
    if !padded {
        return Ok(payload);
    }
    let (length, rest) = payload.split_first().ok_or(Fault::FrameSize("a padded frame is empty"))?;
    let end = rest
        .len()
        .checked_sub(usize::from(*length))
        .ok_or(Fault::Protocol("a frame is all padding and more"))?;
    Ok(rest.get(..end).unwrap_or_default())
}

/// Writes the head of a frame.
pub(super) fn put_head(out: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    let [_, a, b, c] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let [s0, s1, s2, s3] = stream.to_be_bytes();
    out.extend_from_slice(&[a, b, c, kind, flags, s0, s1, s2, s3]);
}

/// Writes a whole frame.
pub(super) fn put(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    put_head(out, payload.len(), kind, flags, stream);
    out.extend_from_slice(payload);
}

pub(super) fn put_window_update(out: &mut Vec<u8>, stream: u32, increment: u32) {
    put(out, kind::WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
}

pub(super) fn put_reset(out: &mut Vec<u8>, stream: u32, code: Code) {
    put(out, kind::RST_STREAM, 0, stream, &(code as u32).to_be_bytes());
}

pub(super) fn put_goaway(out: &mut Vec<u8>, last_stream: u32, code: Code) {
    put_head(out, 8, kind::GOAWAY, 0, 0);
    out.extend_from_slice(&last_stream.to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

/// Writes a header block as one HEADERS frame and as many CONTINUATION frames as it takes.
pub(super) fn put_headers(
    out: &mut Vec<u8>,
    stream: u32,
    mut block: &[u8],
    max_payload: usize,
    end_stream: bool,
) {
    let mut kind = kind::HEADERS;
    let mut flags = if end_stream { flag::END_STREAM } else { 0 };
    while let Some((part, rest)) = block.split_at_checked(max_payload).filter(|(_, rest)| !rest.is_empty()) {
        put(out, kind, flags, stream, part);
        (kind, flags, block) = (kind::CONTINUATION, 0, rest);
    }
    put(out, kind, flags | flag::END_HEADERS, stream, block);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u32 = 16384;

    #[track_caller]
    fn check_payload(flags: u8, payload: &[u8], expect: Result<&[u8], Fault>) {
        let mut bytes = Vec::new();
        put(&mut bytes, kind::HEADERS, flags, 1, payload);
        assert_eq!(Frame::first(&bytes, MAX).unwrap().unwrap().fragment(), expect);
    }

    #[test]
    fn a_frame_is_read_when_its_last_byte_is_there() {
        let mut bytes = Vec::new();
        put(&mut bytes, kind::DATA, flag::END_STREAM, 5, b"hello");
        for end in 0..bytes.len() {
            assert!(Frame::first(&bytes[..end], MAX).unwrap().is_none());
        }
        bytes.push(0);
        let frame = Frame::first(&bytes, MAX).unwrap().unwrap();
        assert_eq!((frame.kind, frame.stream, frame.payload), (kind::DATA, 5, &b"hello"[..]));
        assert_eq!(frame.raw, &bytes[..14]);
        assert!(frame.has(flag::END_STREAM));
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_by_its_head() {
        let head = [0, 0x40, 1, 0, 0, 0, 0, 0, 1];
        assert!(matches!(Frame::first(&head, MAX), Err(Fault::FrameSize(_))));
    }

    #[test]
    fn frames_stand_where_they_belong() {
        for (kind, stream) in [(kind::DATA, 0), (kind::CONTINUATION, 0), (kind::PING, 1), (kind::SETTINGS, 3)]
        {
            let mut bytes = Vec::new();
            put(&mut bytes, kind, 0, stream, &[]);
            assert!(matches!(Frame::first(&bytes, MAX), Err(Fault::Protocol(_))), "{kind} on {stream}");
        }
    }

    #[test]
    fn padding_and_priority_are_taken_off() {
        check_payload(0, b"abc", Ok(b"abc"));
        check_payload(flag::PADDED, b"\x02abc\0\0", Ok(b"abc"));
        check_payload(flag::PADDED | flag::PRIORITY, b"\x01\0\0\0\0\x10abc\0", Ok(b"abc"));
        check_payload(flag::PADDED, b"", Err(Fault::FrameSize("a padded frame is empty")));
        check_payload(flag::PADDED, b"\x04abc", Err(Fault::Protocol("a frame is all padding and more")));
        check_payload(flag::PRIORITY, b"abcd", Err(Fault::FrameSize("a HEADERS frame is too short")));
    }

    #[test]
    fn a_long_block_is_continued() {
        let mut bytes = Vec::new();
        put_headers(&mut bytes, 7, b"abcdefg", 3, true);
        let mut rest = bytes.as_slice();
        let mut seen = Vec::new();
        while let Some(frame) = Frame::first(rest, MAX).unwrap() {
            seen.push((frame.kind, frame.flags, frame.payload.to_vec()));
            rest = &rest[frame.raw.len()..];
        }
        let expect: [(u8, u8, &[u8]); 3] = [(1, 1, b"abc"), (9, 0, b"def"), (9, 4, b"g")];
        assert_eq!(seen, expect.map(|(kind, flags, part)| (kind, flags, part.to_vec())));
    }
}
