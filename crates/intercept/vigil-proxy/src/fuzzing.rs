//! What a fuzz target calls: properties of each parser of bytes from strangers.

use crate::coding::{Coding, CodingLimits, Decoder};
use crate::relay::body::{Body, Framing};
use crate::relay::head::{RequestLine, StatusLine, end_of_head};

/// A head that is read has lines that give the head again, and one framing.
pub fn head(data: &[u8]) {
    let Ok(Some(end)) = end_of_head(data) else { return };
    let head = data.get(..end).unwrap_or_default();
    if let Ok(request) = RequestLine::parse(head) {
        let lines = request.fields.iter().flat_map(|field| field.line.iter().copied());
        let whole: Vec<u8> = request.line.iter().copied().chain(lines).chain(*b"\r\n").collect();
        assert_eq!(whole, head);
        assert_eq!(request.framing(), request.framing());
    }
    if let Ok(reply) = StatusLine::parse(head) {
        let lines = reply.fields.iter().flat_map(|field| field.line.iter().copied());
        let whole: Vec<u8> = reply.line.iter().copied().chain(lines).chain(*b"\r\n").collect();
        assert_eq!(whole, head);
    }
}

/// A chunked body has the same content and the same end however it is cut.
pub fn chunks(data: &[u8]) {
    let read = |step: usize| {
        let mut body = Body::new(Framing::Chunked, 1024);
        let (mut content, mut used) = (Vec::new(), 0);
        for piece in data.chunks(step.max(1)) {
            let taken = body
                .follow(piece, &mut |range| content.extend_from_slice(piece.get(range).unwrap_or_default()))
                .ok()?;
            used += taken;
            if body.is_done() {
                break;
            }
        }
        Some((content, used, body.is_done(), body.trailers().to_vec()))
    };
    assert_eq!(read(data.len()), read(1));
    assert_eq!(read(data.len()), read(3));
}

/// A coded body decodes to the same however it is cut, and never beyond its limits. The first byte names the coding.
pub fn content_coding(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else { return };
    let coding = match first % 4 {
        0 => Coding::Gzip,
        1 => Coding::Deflate,
        2 => Coding::Brotli,
        _ => Coding::Zstd,
    };
    const MOST: u64 = 4 << 20;
    let read = |step: usize| {
        let mut decoder = Decoder::new(coding, CodingLimits { decoded_bytes: MOST, ratio: 1000 });
        let mut out = Vec::new();
        let done = data
            .chunks(step.max(1))
            .try_for_each(|piece| decoder.push(piece, &mut |decoded| out.extend_from_slice(decoded)));
        assert!(out.len() as u64 <= MOST);
        done.and_then(|()| decoder.finish()).ok().map(|()| out)
    };
    if let (Some(whole), Some(cut)) = (read(data.len()), read(7)) {
        assert_eq!(whole, cut);
    }
}

/// A TLS greeting reads the same however it was cut.
pub fn greeting(data: &[u8]) {
    crate::accept::fuzz_hello(data);
}

/// An OCSP response is read without panic, and what it names stands in it.
pub fn ocsp(data: &[u8]) {
    crate::upstream::fuzz_ocsp(data);
}

/// HTTP/2 frames are read as they were written.
pub fn h2_frames(data: &[u8]) {
    crate::h2::fuzzing::frames(data);
}

/// HPACK header blocks say the same when they are written anew.
pub fn h2_hpack(data: &[u8]) {
    crate::h2::fuzzing::hpack(data);
}

/// A whole HTTP/2 connection between two hostile sides keeps its windows and lets no call pass.
pub fn h2_relay(data: &[u8]) {
    crate::h2::fuzzing::relay(data);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_properties_hold_for_near_misses(
            noise in proptest::collection::vec(any::<u8>(), 0..120),
            wire in "((GET|POST) /[a-z?]{0,4} HTTP/1.[01]|HTTP/1.1 [0-9]{3} ?)\r\n([A-Za-z-]{1,4}:? ?[a-z\t]{0,4}\r?\n){0,3}\r\n",
            body in "([0-9a-fA-F]{1,2}(;[a-z]{0,2})?\r\n[a-z]{0,5}\r?\n?){0,4}(0\r\n([A-Z]: [a-z]\r\n)?\r\n)?",
        ) {
            for data in [noise.as_slice(), wire.as_bytes(), body.as_bytes()] {
                super::head(data);
                super::chunks(data);
                super::content_coding(data);
                super::greeting(data);
                super::ocsp(data);
            }
        }
    }
}
