//! The way of a reply back to the client.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::exchange::{Cut, Exchange, ReplyPlan};
use crate::relay::HttpError;
use crate::relay::body::{Body, Framing};
use crate::relay::head::{Search, StatusLine};

use super::gated::{Gated, relay_gated};
use super::inflow::Inflow;
use super::turn::{Progress, Turn};

/// How a reply ended.
pub(super) enum ReplyEnd {
    /// The client has all of it. `keep`: the upstream's connection is good for another request.
    Complete { keep: bool },
    /// The client got an error in its place.
    Refused(String),
}

/// Why a reply broke off.
pub(super) enum ReplyFault {
    UpstreamCut,
    ClientGone,
    Malformed(HttpError),
    Cut(Cut),
}

impl From<HttpError> for ReplyFault {
    fn from(error: HttpError) -> Self {
        Self::Malformed(error)
    }
}

impl From<Cut> for ReplyFault {
    fn from(cut: Cut) -> Self {
        Self::Cut(cut)
    }
}

/// Relays the reply to one request, with all interim replies before it.
pub(super) async fn relay_reply<R, W>(
    input: &mut Inflow<R>,
    client: &mut W,
    turn: &Turn,
    exchange: Option<&Arc<Exchange>>,
    progress: &Progress,
    header_bytes: usize,
    scratch: &mut Vec<u8>,
) -> Result<ReplyEnd, ReplyFault>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        let length = next_head(input, header_bytes).await?;
        let bytes = input.data();
        let head = StatusLine::parse(bytes.get(..length).unwrap_or_default())?;
        if head.status == 101 {
            return Err(HttpError::Head("it switches protocols and was not asked to").into());
        }
        if head.status < 200 {
            write(client, bytes.get(..length).unwrap_or_default()).await?;
            input.consume(length);
            progress.moved();
            continue;
        }
        let framing = head.framing(&turn.method)?;
        let keep = framing != Framing::Close && !head.old && !head.fields.has_word("connection", "close");
        let plan = exchange.map_or(ReplyPlan::Relay, |exchange| {
            exchange.reply(head.status, &|name| head.fields.first(name))
        });
        let body = Body::new(framing, header_bytes);
        match plan {
            // A reply without a body cannot ask for anything, and its head must stay as it is.
            ReplyPlan::Gate(mut gate) if body.is_done() => {
                gate.end(true)?;
                drop(gate);
                relay_verbatim(input, client, length, body, progress).await?;
            }
            ReplyPlan::Relay => relay_verbatim(input, client, length, body, progress).await?,
            ReplyPlan::Refuse(text) => {
                write(client, local_reply(502, &text).as_bytes()).await?;
                return Ok(ReplyEnd::Refused(text));
            }
            ReplyPlan::Gate(mut gate) => {
                let head = bytes.get(..length).unwrap_or_default().to_vec();
                input.consume(length);
                let gated = Gated::new(head, framing, turn.old, scratch);
                relay_gated(input, client, &mut gate, body, gated, progress).await?;
            }
        }
        return Ok(ReplyEnd::Complete { keep: keep && input.data().is_empty() });
    }
}

/// A reply of the proxy itself.
pub(crate) fn local_reply(status: u16, text: &str) -> String {
    let (phrase, kind) = match status {
        400 => ("Bad Request", "bad_request"),
        403 => ("Forbidden", "forbidden"),
        404 => ("Not Found", "not_found"),
        421 => ("Misdirected Request", "misdirected"),
        503 => ("Service Unavailable", "unavailable"),
        _ => ("Bad Gateway", "bad_gateway"),
    };
    let quoted: String = text.chars().flat_map(escape).collect();
    let body = format!("{{\"error\":{{\"type\":\"vigil_{kind}\",\"message\":\"{quoted}\"}}}}\n");
    format!(
        "HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A character inside a JSON string.
fn escape(character: char) -> impl Iterator<Item = char> {
    let (before, character) = match character {
        '"' | '\\' => (Some('\\'), character),
        character if character.is_control() => (None, ' '),
        character => (None, character),
    };
    before.into_iter().chain([character])
}

async fn next_head<R: AsyncRead + Unpin>(input: &mut Inflow<R>, limit: usize) -> Result<usize, ReplyFault> {
    let mut search = Search::default();
    loop {
        let data = input.data();
        match search.end_of_head(data)? {
            Some(length) if length <= limit => return Ok(length),
            None if data.len() < limit => {}
            _ => return Err(HttpError::TooLarge(limit).into()),
        }
        if !matches!(input.fill().await, Ok(1..)) {
            return Err(ReplyFault::UpstreamCut);
        }
    }
}

/// Relays head and body byte for byte. The head is at the front of the input.
async fn relay_verbatim<R, W>(
    input: &mut Inflow<R>,
    client: &mut W,
    mut head: usize,
    mut body: Body,
    progress: &Progress,
) -> Result<(), ReplyFault>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        let bytes = input.data();
        let used = head + body.follow(bytes.get(head..).unwrap_or_default(), &mut |_| ())?;
        if used > 0 {
            write(client, bytes.get(..used).unwrap_or_default()).await?;
            progress.moved();
        }
        input.consume(used);
        head = 0;
        if body.is_done() {
            return Ok(());
        }
        match input.fill().await {
            Ok(1..) => {}
            Ok(_) if body.may_close() => return Ok(()),
            Ok(_) | Err(_) => return Err(ReplyFault::UpstreamCut),
        }
    }
}

pub(super) async fn write<W: AsyncWrite + Unpin>(client: &mut W, bytes: &[u8]) -> Result<(), ReplyFault> {
    let written = async {
        client.write_all(bytes).await?;
        client.flush().await
    };
    written.await.map_err(|_| ReplyFault::ClientGone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::head::end_of_head;

    #[test]
    fn a_reply_of_our_own_is_valid_http_and_json() {
        let reply = local_reply(403, "no \"such\"\nhost");
        let end = end_of_head(reply.as_bytes()).unwrap().unwrap();
        let head = StatusLine::parse(&reply.as_bytes()[..end]).unwrap();
        assert_eq!(head.status, 403);
        assert_eq!(head.framing("GET"), Ok(Framing::Length((reply.len() - end) as u64)));
        assert_eq!(
            &reply[end..],
            "{\"error\":{\"type\":\"vigil_forbidden\",\"message\":\"no \\\"such\\\" host\"}}\n"
        );
    }
}
