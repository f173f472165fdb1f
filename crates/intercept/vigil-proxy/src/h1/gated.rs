//! A reply on its way through the gate: its content is read, held, released; its head says what the framing became.

use std::io::Write as _;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::exchange::{Cut, Delivery, ReplyGate};
use crate::relay::body::{Body, Framing};
use crate::relay::head::StatusLine;

use super::inflow::Inflow;
use super::reply::ReplyFault;
use super::turn::Progress;

/// What is known of the delivered form of a reply.
pub(super) struct Gated<'a> {
    /// The head as the upstream sent it.
    head: Vec<u8>,
    framing: Framing,
    /// HTTP/1.0 knows no chunks.
    old: bool,
    /// How the body is written; decided when the first bytes go out.
    written_as: Option<WrittenAs>,
    scratch: &'a mut Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WrittenAs {
    /// The content and nothing else: its length is in the head, or it ends with the connection.
    Bare,
    Chunked,
}

impl<'a> Gated<'a> {
    pub(super) fn new(head: Vec<u8>, framing: Framing, old: bool, scratch: &'a mut Vec<u8>) -> Self {
        Self { head, framing, old, written_as: None, scratch }
    }

    /// Whether the head can go out before any content: its framing does not depend on what becomes of the content.
    fn head_is_certain(&self, delivery: Delivery) -> bool {
        match delivery {
            Delivery::Lockstep => true,
            Delivery::AsRead | Delivery::Decoded => !matches!(self.framing, Framing::Length(_)),
            Delivery::Late => false,
        }
    }

    /// Writes the head, if it was not, what is ready, and the end, if this is it.
    async fn flush<W: AsyncWrite + Unpin>(
        &mut self,
        client: &mut W,
        gate: &mut ReplyGate,
        trailers: &[u8],
    ) -> Result<(), ReplyFault> {
        let (ready, drained, delivery) = (gate.ready().len(), gate.is_drained(), gate.delivery());
        let head_due = self.written_as.is_none() && (ready > 0 || drained || self.head_is_certain(delivery));
        if !head_due && ready == 0 && !drained {
            return Ok(());
        }
        self.scratch.clear();
        let written_as = match self.written_as {
            Some(written_as) => written_as,
            None => self.begin(delivery, drained.then_some(ready))?,
        };
        self.written_as = Some(written_as);
        let chunked = written_as == WrittenAs::Chunked;
        if chunked && ready > 0 {
            // Writing to a Vec does not fail.
            let _ = write!(self.scratch, "{ready:x}\r\n");
        }
        let before = self.scratch.len();
        self.scratch.extend_from_slice(gate.ready());
        if chunked {
            if ready > 0 {
                self.scratch.extend_from_slice(b"\r\n");
            }
            if drained {
                self.scratch.extend_from_slice(b"0\r\n");
                self.scratch.extend_from_slice(trailers);
                self.scratch.extend_from_slice(b"\r\n");
            }
        }
        let (accepted, whole) = write_counted(client, self.scratch).await;
        gate.delivered(accepted.saturating_sub(before).min(ready));
        if whole { Ok(()) } else { Err(ReplyFault::ClientGone) }
    }

    /// Composes the head. `whole` is the length of the content when all of it is known.
    fn begin(&mut self, delivery: Delivery, whole: Option<usize>) -> Result<WrittenAs, ReplyFault> {
        let (written_as, framing_line) = match (self.framing, whole) {
            _ if delivery == Delivery::Lockstep => {
                let chunked = self.framing == Framing::Chunked;
                (if chunked { WrittenAs::Chunked } else { WrittenAs::Bare }, None)
            }
            (Framing::Chunked, _) => (WrittenAs::Chunked, None),
            (Framing::Length(length), Some(whole)) if length == whole as u64 => (WrittenAs::Bare, None),
            (Framing::Length(_), Some(whole)) => {
                (WrittenAs::Bare, Some(format!("Content-Length: {whole}\r\n")))
            }
            (Framing::Length(_), None) if self.old => {
                (WrittenAs::Bare, Some("Connection: close\r\n".to_owned()))
            }
            (Framing::Close, _) if self.old => (WrittenAs::Bare, None),
            // With chunks a client sees when a reply breaks off.
            (Framing::Length(_) | Framing::Close, _) => {
                (WrittenAs::Chunked, Some("Transfer-Encoding: chunked\r\n".to_owned()))
            }
        };
        if framing_line.is_none() && delivery != Delivery::Decoded {
            self.scratch.extend_from_slice(&self.head);
            return Ok(written_as);
        }
        let head = StatusLine::parse(&self.head)?;
        self.scratch.extend_from_slice(head.line);
        let mut framing_line = framing_line;
        for field in head.fields.iter() {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name.as_bytes());
            if is("content-encoding") && delivery == Delivery::Decoded {
                continue;
            }
            if is("content-length")
                && let Some(line) = framing_line.take()
            {
                self.scratch.extend_from_slice(line.as_bytes());
                continue;
            }
            self.scratch.extend_from_slice(field.line);
        }
        self.scratch.extend_from_slice(framing_line.unwrap_or_default().as_bytes());
        self.scratch.extend_from_slice(b"\r\n");
        Ok(written_as)
    }
}

/// Moves the content of a reply through the gate until all of it is delivered or replaced.
pub(super) async fn relay_gated<R, W>(
    input: &mut Inflow<R>,
    client: &mut W,
    gate: &mut ReplyGate,
    mut body: Body,
    mut gated: Gated<'_>,
    progress: &Progress,
) -> Result<(), ReplyFault>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut ended = false;
    let mut cut = false;
    loop {
        if !ended && !cut {
            ended = take(input, gate, &mut body)?;
        }
        gated.flush(client, gate, body.trailers()).await?;
        if cut {
            return Err(ReplyFault::UpstreamCut);
        }
        gate.submit().await?;
        progress.moved();
        progress.set_waiting(gate.is_waiting());
        if gate.is_drained() {
            return Ok(());
        }
        if gate.is_stuck() {
            return Err(Cut { reason: "the reply ended and part of it is still held back".to_owned() }.into());
        }
        let wants_more = gate.wants_more();
        tokio::select! {
            biased;
            count = input.fill(), if !ended && wants_more => match count {
                Ok(1..) => {}
                Ok(_) if body.may_close() => {
                    gate.end(true)?;
                    ended = true;
                }
                Ok(_) | Err(_) => {
                    gate.end(false)?;
                    cut = true;
                }
            },
            wake = gate.wake() => gate.hear(wake)?,
        }
    }
}

/// Reads what came; gives whether the body ended with it.
fn take<R: AsyncRead + Unpin>(
    input: &mut Inflow<R>,
    gate: &mut ReplyGate,
    body: &mut Body,
) -> Result<bool, ReplyFault> {
    let bytes = input.data();
    let mut failed = None;
    let used = body.follow(bytes, &mut |range| {
        if failed.is_none() {
            failed = gate.push(bytes.get(range).unwrap_or_default()).err();
        }
    })?;
    input.consume(used);
    if let Some(cut) = failed {
        return Err(cut.into());
    }
    if body.is_done() {
        gate.end(true)?;
    }
    Ok(body.is_done())
}

/// Writes all of it. Gives how many bytes were accepted, and whether that is all.
async fn write_counted<W: AsyncWrite + Unpin>(client: &mut W, bytes: &[u8]) -> (usize, bool) {
    let mut accepted = 0;
    while accepted < bytes.len() {
        match client.write(bytes.get(accepted..).unwrap_or_default()).await {
            Ok(count @ 1..) => accepted += count,
            Ok(_) | Err(_) => return (accepted, false),
        }
    }
    (accepted, client.flush().await.is_ok())
}
