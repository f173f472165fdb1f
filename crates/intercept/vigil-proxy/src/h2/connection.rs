//! The sockets of a connection, and the one task that serves it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};
use vigil_core::message::Ending;

use crate::exchange::Wake;
use crate::link::Link;

use super::fault::{Code, Fault};
use super::frame::{HEAD_BYTES, put_goaway};
use super::limits::{AHEAD_AT_MOST_BYTES, CLIENT_FRAME_BYTES};
use super::output::Output;
use super::relay::Relay;

/// How often calls that wait are looked at for their patience and the client's.
const TICK: Duration = Duration::from_millis(250);

/// How long the last words of a connection may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves one intercepted connection until it ends.
pub(crate) async fn serve<C, U>(link: Link<C, U>)
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let Link { client, upstream, place, exchanges, limits, stop } = link;
    let started = Instant::now();
    let mut relay = Relay::new(exchanges, place, limits.header_bytes);
    let (mut client, mut upstream) = (Leg::new(client), Leg::new(upstream));
    let mut moved_at = started;
    let mut stopping = false;
    // One timer and one ear per connection, whatever passes over it.
    let mut ear = stop.clone();
    let asked = ear.asked();
    let timer = sleep_until(started + limits.idle.min(limits.stall));
    tokio::pin!(asked, timer);
    let end = loop {
        relay.deliver();
        if !relay.waiting.is_empty() {
            let soon = Instant::now() + TICK;
            if timer.deadline() > soon {
                timer.as_mut().reset(soon);
            }
        }
        let woken = tokio::select! {
            biased;
            woken = poll_fn(|cx| turn(cx, &mut relay, &mut client, &mut upstream)) => woken,
            () = &mut asked, if !stopping => {
                stopping = true;
                relay.turn_away(Code::NoError);
                continue;
            }
            () = &mut timer => None,
        };
        let now = Instant::now();
        match woken {
            Some(Woken::Moved) => moved_at = now,
            Some(Woken::Call(stream, wake)) => {
                moved_at = now;
                relay.hear(stream, wake);
            }
            None => {
                let quiet = if relay.streams.is_empty() { limits.idle } else { limits.stall };
                if relay.waiting.is_empty() && now >= moved_at + quiet {
                    break End::Quiet;
                }
                let patience = if relay.waiting.is_empty() { limits.idle } else { TICK };
                timer.as_mut().reset((now + patience).min(moved_at + quiet).max(now + TICK));
            }
        }
        relay.taken();
        let millis = u64::try_from(now.duration_since(started).as_millis()).unwrap_or(u64::MAX);
        match relay.on_client(client.bytes(), millis) {
            Ok(used) => client.consume(used),
            Err(fault) => break End::ClientFault(fault),
        }
        relay.speak().await;
        match relay.on_upstream(upstream.bytes(), millis) {
            Ok(used) => upstream.consume(used),
            Err(fault) => break End::UpstreamFault(fault),
        }
        if upstream.is_gone() && !std::mem::replace(&mut upstream.mourned, true) {
            relay.upstream_gone();
        }
        if upstream.mourned {
            relay.to_upstream.discard();
        }
        relay.speak().await;
        if client.is_gone() {
            if let Some(error) = client.error.take().filter(|_| relay.forward.last_stream() == 0) {
                relay.place.client_failed(&relay.exchanges, &error);
            }
            break End::ClientGone;
        }
        let last = upstream.mourned || stop.is_asked();
        if last && relay.streams.is_empty() && relay.to_client.is_empty() {
            break End::Served;
        }
    };
    say_end(&mut relay, end).await;
    relay.speak().await;
    // Nobody waits for what a peer makes of the last words.
    drop(timeout(FAREWELL, client.finish(&mut relay.to_client)).await);
    drop(timeout(FAREWELL, upstream.finish(&mut relay.to_upstream)).await);
}

/// Why a connection ends.
enum End {
    /// The client closed it.
    ClientGone,
    /// Nothing moved for too long.
    Quiet,
    /// All is delivered, and no more may come.
    Served,
    ClientFault(Fault),
    UpstreamFault(Fault),
}

async fn say_end(relay: &mut Relay, end: End) {
    let last = relay.forward.last_stream();
    let (ending, to_client, to_upstream) = match end {
        End::ClientGone => (Ending::ClientGone, None, Code::NoError),
        End::Served => (Ending::Complete, None, Code::NoError),
        End::Quiet => {
            let reason = "nothing moved for longer than `limits.stall`".to_owned();
            (Ending::Refused(reason), Some(Code::NoError), Code::NoError)
        }
        End::ClientFault(fault) => {
            (Ending::Refused(said(relay, "client", fault)), Some(fault.code()), Code::NoError)
        }
        End::UpstreamFault(fault) => {
            (Ending::Refused(said(relay, "provider", fault)), Some(Code::InternalError), fault.code())
        }
    };
    if let Some(code) = to_client {
        put_goaway(relay.to_client.frames(), last, code);
    }
    put_goaway(relay.to_upstream.frames(), 0, to_upstream);
    relay.end_all(&ending);
}

/// Tells the person at the machine what a peer did.
fn said(relay: &Relay, who: &str, fault: Fault) -> String {
    let text = format!("an HTTP/2 connection was ended because of its {who}: {fault}");
    relay.exchanges.notice(fault.kind(), Some(&relay.place.host), Some(&relay.place.client), text.clone());
    text
}

/// What woke the task.
enum Woken {
    /// Bytes came or went, or a side is gone.
    Moved,
    /// Something happened to a call that waits.
    Call(u32, Wake),
}

/// Writes what waits and reads what came.
fn turn<C, U>(
    cx: &mut Context<'_>,
    relay: &mut Relay,
    client: &mut Leg<C>,
    upstream: &mut Leg<U>,
) -> Poll<Option<Woken>>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    // Answers first: bytes may come without end.
    if let Poll::Ready((stream, wake)) = relay.poll_wake(cx) {
        return Poll::Ready(Some(Woken::Call(stream, wake)));
    }
    let mut moved = client.write(cx, &mut relay.to_client);
    moved |= upstream.write(cx, &mut relay.to_upstream);
    // A side is read while what it may cause has room on both ways.
    let room = relay.to_client.len() < AHEAD_AT_MOST_BYTES;
    if room && relay.to_upstream.len() < AHEAD_AT_MOST_BYTES {
        moved |= client.read(cx);
    }
    if room {
        moved |= upstream.read(cx);
    }
    if moved { Poll::Ready(Some(Woken::Moved)) } else { Poll::Pending }
}

/// One side's socket and what was read from it.
struct Leg<S> {
    io: S,
    input: Vec<u8>,
    filled: usize,
    read_ended: bool,
    /// With what reading ended, when it was not in good order.
    error: Option<io::Error>,
    write_failed: bool,
    unflushed: bool,
    /// Whether its end was acted on.
    mourned: bool,
}

const FIRST_INPUT_BYTES: usize = 32 * 1024;
const LARGEST_INPUT_BYTES: usize = HEAD_BYTES + CLIENT_FRAME_BYTES as usize;

impl<S: AsyncRead + AsyncWrite + Unpin> Leg<S> {
    fn new(io: S) -> Self {
        Self {
            io,
            input: vec![0; FIRST_INPUT_BYTES],
            filled: 0,
            read_ended: false,
            error: None,
            write_failed: false,
            unflushed: false,
            mourned: false,
        }
    }

    fn is_gone(&self) -> bool {
        self.read_ended || self.write_failed
    }

    fn bytes(&self) -> &[u8] {
        self.input.get(..self.filled).unwrap_or_default()
    }

    /// Forgets bytes that were used. What is left is the beginning of a frame, which must find room.
    fn consume(&mut self, used: usize) {
        if used > 0 {
            self.input.copy_within(used.min(self.filled)..self.filled, 0);
            self.filled -= used.min(self.filled);
        }
        if self.filled == self.input.len() && self.filled < LARGEST_INPUT_BYTES {
            self.input.resize(LARGEST_INPUT_BYTES, 0);
        }
    }

    /// Returns whether something came, were it the end.
    fn read(&mut self, cx: &mut Context<'_>) -> bool {
        if self.read_ended {
            return false;
        }
        let Some(free) = self.input.get_mut(self.filled..).filter(|free| !free.is_empty()) else {
            return false;
        };
        let mut into = ReadBuf::new(free);
        match Pin::new(&mut self.io).poll_read(cx, &mut into) {
            Poll::Pending => false,
            Poll::Ready(Ok(())) if !into.filled().is_empty() => {
                self.filled += into.filled().len();
                true
            }
            Poll::Ready(ended) => {
                self.error = ended.err();
                self.read_ended = true;
                true
            }
        }
    }

    /// Returns whether the socket took something, or can take nothing any more.
    fn write(&mut self, cx: &mut Context<'_>, output: &mut Output) -> bool {
        if self.write_failed {
            output.discard();
            return false;
        }
        match self.try_write(cx, output) {
            Ok(moved) => moved,
            Err(_) => {
                self.write_failed = true;
                true
            }
        }
    }

    fn try_write(&mut self, cx: &mut Context<'_>, output: &mut Output) -> io::Result<bool> {
        let mut moved = false;
        while !output.is_empty() {
            match Pin::new(&mut self.io).poll_write(cx, output.unwritten())? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => {
                    output.advance(count);
                    self.unflushed = true;
                    moved = true;
                }
                Poll::Pending => break,
            }
        }
        if self.unflushed && Pin::new(&mut self.io).poll_flush(cx)?.is_ready() {
            self.unflushed = false;
        }
        Ok(moved)
    }

    /// Writes what is left and closes.
    async fn finish(&mut self, output: &mut Output) -> io::Result<()> {
        if self.write_failed {
            return Ok(());
        }
        self.io.write_all(output.unwritten()).await?;
        self.io.shutdown().await
    }
}
