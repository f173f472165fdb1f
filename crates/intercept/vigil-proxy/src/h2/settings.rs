//! SETTINGS (RFC 9113 §6.5): what each side of Vigil is told about the other.

use super::fault::Fault;
use super::frame::{Frame, flag, kind, put};
use super::limits::{CLIENT_FRAME_BYTES, FRAME_BYTES, STREAM_WINDOW_BYTES, TABLE_BYTES, TOLD_STREAMS};

/// Identifiers of settings. Others are extensions.
mod id {
    pub(super) const HEADER_TABLE_SIZE: u16 = 1;
    pub(super) const ENABLE_PUSH: u16 = 2;
    pub(super) const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub(super) const INITIAL_WINDOW_SIZE: u16 = 4;
    pub(super) const MAX_FRAME_SIZE: u16 = 5;
    pub(super) const MAX_HEADER_LIST_SIZE: u16 = 6;
    pub(super) const ENABLE_CONNECT_PROTOCOL: u16 = 8;
}

/// Largest window a stream may have.
pub(super) const LARGEST_WINDOW: u32 = 0x7fff_ffff;

/// What a client's SETTINGS frame means to Vigil, which answers it: they are about replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClientSettings {
    pub(super) initial_window: Option<u32>,
}

/// Reads a client's SETTINGS and writes the frame the upstream gets in their place.
///
/// What a client says about replies ends at Vigil, which reads them with windows and a table of its own; what it says
/// beyond (extensions) goes on. The first frame adds what Vigil says for itself, above all that nothing may be pushed.
pub(super) fn for_upstream(
    frame: &Frame<'_>,
    first: bool,
    out: &mut Vec<u8>,
) -> Result<ClientSettings, Fault> {
    let mut settings = ClientSettings::default();
    let mut told = Vec::new();
    if first {
        add(&mut told, id::ENABLE_PUSH, 0);
        add(&mut told, id::INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES);
    }
    for (id, value) in entries(frame)? {
        match id {
            id::INITIAL_WINDOW_SIZE => settings.initial_window = Some(window(value)?),
            id::MAX_FRAME_SIZE => frame_size(value)?,
            id::ENABLE_PUSH if value > 1 => return Err(Fault::Protocol("ENABLE_PUSH is neither 0 nor 1")),
            id::HEADER_TABLE_SIZE
            | id::ENABLE_PUSH
            | id::MAX_CONCURRENT_STREAMS
            | id::MAX_HEADER_LIST_SIZE => {}
            _ => add(&mut told, id, value),
        }
    }
    if !told.is_empty() {
        put(out, kind::SETTINGS, 0, 0, &told);
    }
    Ok(settings)
}

/// What an upstream's SETTINGS frame means to Vigil, beside being told to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UpstreamSettings {
    /// The table the client's encoder may use from its acknowledgement on.
    pub(super) table_size: Option<usize>,
}

/// Reads an upstream's SETTINGS and writes the frame the client gets in their place: the same, with the limits that a
/// decoder beside the upstream's needs, and without the invitation to open WebSockets over HTTP/2 (RFC 8441).
pub(super) fn for_client(
    frame: &Frame<'_>,
    first: bool,
    out: &mut Vec<u8>,
) -> Result<UpstreamSettings, Fault> {
    let mut settings = UpstreamSettings::default();
    let mut told = Vec::new();
    let mut streams_told = false;
    for (id, value) in entries(frame)? {
        let value = match id {
            id::HEADER_TABLE_SIZE => {
                let size = value.min(TABLE_BYTES);
                settings.table_size =
                    Some(settings.table_size.map_or(size as usize, |least| least.min(size as usize)));
                size
            }
            id::MAX_CONCURRENT_STREAMS => {
                streams_told = true;
                value.min(TOLD_STREAMS)
            }
            id::INITIAL_WINDOW_SIZE => window(value)?,
            id::MAX_FRAME_SIZE => {
                frame_size(value)?;
                value.min(CLIENT_FRAME_BYTES)
            }
            id::ENABLE_CONNECT_PROTOCOL | id::ENABLE_PUSH => continue,
            _ => value,
        };
        add(&mut told, id, value);
    }
    if first && !streams_told {
        add(&mut told, id::MAX_CONCURRENT_STREAMS, TOLD_STREAMS);
    }
    // Written even when nothing is left in it: each frame of the upstream gets one acknowledgement of the client.
    put(out, kind::SETTINGS, 0, 0, &told);
    Ok(settings)
}

/// Whether the frame acknowledges settings.
pub(super) fn is_ack(frame: &Frame<'_>) -> Result<bool, Fault> {
    match frame.has(flag::ACK) {
        true if !frame.payload.is_empty() => {
            Err(Fault::FrameSize("an acknowledgement of SETTINGS is not empty"))
        }
        ack => Ok(ack),
    }
}

fn entries<'a>(frame: &Frame<'a>) -> Result<impl Iterator<Item = (u16, u32)> + use<'a>, Fault> {
    let (entries, rest) = frame.payload.as_chunks::<6>();
    if !rest.is_empty() {
        return Err(Fault::FrameSize("a SETTINGS frame is cut off"));
    }
    Ok(entries
        .iter()
        .map(|&[i, d, a, b, c, e]| (u16::from_be_bytes([i, d]), u32::from_be_bytes([a, b, c, e]))))
}

fn add(told: &mut Vec<u8>, id: u16, value: u32) {
    told.extend_from_slice(&id.to_be_bytes());
    told.extend_from_slice(&value.to_be_bytes());
}

fn window(value: u32) -> Result<u32, Fault> {
    if value > LARGEST_WINDOW { Err(Fault::FlowControl("an initial window is too large")) } else { Ok(value) }
}

fn frame_size(value: u32) -> Result<(), Fault> {
    if (FRAME_BYTES..1 << 24).contains(&value) {
        Ok(())
    } else {
        Err(Fault::Protocol("MAX_FRAME_SIZE is out of its range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(u16, u32)]) -> Vec<u8> {
        let mut payload = Vec::new();
        entries.iter().for_each(|(id, value)| add(&mut payload, *id, *value));
        let mut bytes = Vec::new();
        put(&mut bytes, kind::SETTINGS, 0, 0, &payload);
        bytes
    }

    fn frame(bytes: &[u8]) -> Frame<'_> {
        Frame::first(bytes, FRAME_BYTES).unwrap().unwrap()
    }

    #[track_caller]
    fn check_client(sent: &[(u16, u32)], expect: &[(u16, u32)]) {
        let mut out = Vec::new();
        for_client(&frame(&settings(sent)), false, &mut out).unwrap();
        assert_eq!(out, settings(expect));
    }

    #[test]
    fn the_client_is_told_what_the_upstream_said_within_limits() {
        check_client(&[(4, 1 << 20), (0xf000, 7)], &[(4, 1 << 20), (0xf000, 7)]);
        check_client(
            &[(1, 1 << 20), (3, 1000), (5, 1 << 23)],
            &[(1, TABLE_BYTES), (3, 256), (5, CLIENT_FRAME_BYTES)],
        );
        check_client(&[(8, 1)], &[]);
    }

    #[test]
    fn the_first_frame_limits_the_streams() {
        let mut out = Vec::new();
        for_client(&frame(&settings(&[])), true, &mut out).unwrap();
        assert_eq!(out, settings(&[(3, TOLD_STREAMS)]));
    }

    #[test]
    fn the_upstream_is_told_not_to_push() {
        let mut out = Vec::new();
        let sent = settings(&[(1, 0), (2, 1), (3, 5), (4, 1), (5, 20_000), (6, 100), (9, 1)]);
        let read = for_upstream(&frame(&sent), true, &mut out).unwrap();
        assert_eq!(out, settings(&[(2, 0), (4, STREAM_WINDOW_BYTES), (9, 1)]));
        assert_eq!(read.initial_window, Some(1));
        out.clear();
        for_upstream(&frame(&sent), false, &mut out).unwrap();
        assert_eq!(out, settings(&[(9, 1)]));
    }

    #[test]
    fn values_out_of_range_are_faults() {
        for entry in [(4, 1 << 31), (5, 16_383), (5, 1 << 24), (2, 2)] {
            assert!(for_upstream(&frame(&settings(&[entry])), false, &mut Vec::new()).is_err(), "{entry:?}");
        }
        let mut cut = settings(&[]);
        cut[2] = 1;
        cut.push(0);
        assert!(for_client(&frame(&cut), false, &mut Vec::new()).is_err());
    }
}
