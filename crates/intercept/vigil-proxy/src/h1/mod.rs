//! HTTP/1.1: one request and its reply at a time, bytes relayed as they come.
//!
//! - [`request`] is the way of a request: the bytes of the client go to the upstream, a decoder looks on.
//! - [`reply`] is the way of a reply that passes as it is; [`gated`] of one that goes through the gate.
//! - [`serve`] serves a connection on which every request goes to the same upstream.

mod gated;
mod inflow;
mod reply;
mod request;
mod turn;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::{Instant, timeout};
use vigil_core::message::NoticeKind;

use crate::exchange::RequestHead;
use crate::link::{Link, Place, Stop};
use crate::relay::HttpError;
use crate::relay::head::{RequestLine, Search};

pub(crate) use self::inflow::Inflow;
pub(crate) use self::reply::local_reply;
pub(crate) use self::turn::{After, Service, Turn};

/// One side of a connection.
pub(crate) struct Leg<S> {
    pub(crate) input: Inflow<ReadHalf<S>>,
    pub(crate) output: WriteHalf<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Leg<S> {
    pub(crate) fn new(stream: S, first: &[u8]) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self { input: Inflow::new(read, first), output: write }
    }

    /// The stream itself again; bytes that were read and not consumed are lost.
    pub(crate) fn reunite(self) -> Option<S> {
        let read = self.input.into_io();
        read.is_pair_of(&self.output).then(|| read.unsplit(self.output))
    }

    /// Ends the sending side in good order.
    pub(crate) async fn close(&mut self) {
        // The peer may be gone already; then there is nobody to tell.
        drop(timeout(std::time::Duration::from_secs(2), self.output.shutdown()).await);
    }
}

/// Serves an intercepted connection until one side ends it.
pub(crate) async fn serve<C, U>(link: Link<C, U>)
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let Link { client, upstream, place, exchanges, limits, mut stop } = link;
    let mut client = Leg::new(client, b"");
    let mut upstream = Leg::new(upstream, b"");
    let mut service = Service::new(exchanges, limits, false);
    loop {
        let head = match next_head(&mut client, Some(&mut upstream), &mut service, &mut stop).await {
            Ok(head) => head,
            Err(NoHead::Quiet) => break client.close().await,
            Err(NoHead::Failed(error)) => return place.client_failed(&service.exchanges, &error),
            Err(NoHead::Malformed(error)) => return malformed(&service, &place, &error),
        };
        let read = client.input.data().get(..head).unwrap_or_default();
        let turn = match RequestLine::parse(read).and_then(|line| begin(&service, &place, &line, head)) {
            Ok(Some(turn)) => turn,
            Ok(None) => return,
            Err(error) => return malformed(&service, &place, &error),
        };
        match service.take_turn(&mut client, &mut upstream, turn).await {
            After::Keep => {}
            After::Close => break client.close().await,
            After::Abort => return,
        }
    }
}

/// Begins the exchange of a request inside a tunnel; `None` when the connection must simply end.
fn begin(
    service: &Service,
    place: &Place,
    line: &RequestLine<'_>,
    length: usize,
) -> Result<Option<Turn>, HttpError> {
    if !line.target.starts_with('/') && line.target != "*" {
        return Err(HttpError::Head("the target is not a path"));
    }
    check_host(line, &place.host)?;
    if refuses_upgrade(service, place, line) {
        return Ok(None);
    }
    let exchange = service.exchanges.begin(&RequestHead {
        provider: &place.provider,
        host: &place.host,
        method: line.method,
        target: line.target,
        field: &|name| line.fields.first(name),
    });
    Turn::new(line, length, None, Some(exchange)).map(Some)
}

/// A request to change protocols would leave the gate: the socket closes without an answer, which makes clients fall
/// back where a status would make them fail.
pub(crate) fn refuses_upgrade(service: &Service, place: &Place, line: &RequestLine<'_>) -> bool {
    let asks = line.asks_upgrade();
    if asks {
        let text = format!(
            "a client asked {} to leave HTTP (WebSocket or h2c); its connection was closed so that it falls back",
            place.host
        );
        service.exchanges.notice(NoticeKind::Refused, Some(&place.host), Some(&place.client), text);
    }
    asks
}

/// One Host, and the one that the connection is for: another host behind the same address may not be a provider's.
fn check_host(line: &RequestLine<'_>, host: &str) -> Result<(), HttpError> {
    let mut hosts = line.fields.all("host");
    let named = hosts.next();
    if hosts.next().is_some() {
        return Err(HttpError::Head("it has several hosts"));
    }
    let Some(named) = named else {
        return if line.old { Ok(()) } else { Err(HttpError::Head("it has no host")) };
    };
    let named = std::str::from_utf8(named).map_err(|_| HttpError::Head("the host is not ASCII"))?;
    let (name, _) = crate::accept::split_authority(named);
    if name.trim_end_matches('.').eq_ignore_ascii_case(host) {
        Ok(())
    } else {
        Err(HttpError::Head("its host is not the host of the connection"))
    }
}

fn malformed(service: &Service, place: &Place, error: &HttpError) {
    let text = format!("a request to {} was not forwarded: {error}", place.host);
    let kind = match error {
        HttpError::TooLarge(_) => NoticeKind::Limit,
        _ => NoticeKind::Malformed,
    };
    service.exchanges.notice(kind, Some(&place.host), Some(&place.client), text);
}

/// Why no request came.
pub(crate) enum NoHead {
    /// One side ended the connection, or nothing came for too long, or Vigil stops.
    Quiet,
    Failed(std::io::Error),
    Malformed(HttpError),
}

/// Waits for the whole head of the next request. Gives its length.
pub(crate) async fn next_head<C, U>(
    client: &mut Leg<C>,
    mut upstream: Option<&mut Leg<U>>,
    service: &mut Service,
    stop: &mut Stop,
) -> Result<usize, NoHead>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let limits = service.limits;
    let since = Instant::now();
    let mut search = Search::default();
    loop {
        let data = client.input.data();
        let begun = !data.is_empty();
        match search.end_of_head(data) {
            Ok(Some(length)) if length <= limits.header_bytes => return Ok(length),
            Ok(None) if data.len() < limits.header_bytes => {}
            Ok(_) => return Err(NoHead::Malformed(HttpError::TooLarge(limits.header_bytes))),
            Err(error) => return Err(NoHead::Malformed(error)),
        }
        let upstream_ends = async {
            match &mut upstream {
                // Bytes nobody asked for end the connection like its end does.
                Some(upstream) if upstream.input.data().is_empty() => drop(upstream.input.fill().await),
                Some(_) => {}
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            count = client.input.fill() => match count {
                Ok(0) => return Err(NoHead::Quiet),
                Ok(_) => {}
                Err(error) => return Err(NoHead::Failed(error)),
            },
            () = upstream_ends => return Err(NoHead::Quiet),
            () = stop.asked(), if !begun => return Err(NoHead::Quiet),
            _ = service.pulse.tick() => {
                if since.elapsed() >= limits.idle {
                    return Err(NoHead::Quiet);
                }
            }
        }
    }
}
