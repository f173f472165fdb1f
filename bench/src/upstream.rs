//! The provider of the bench: an HTTP/1.1 server that does as little as possible, so that what is measured is the way to it.
//!
//! It reads a request without looking at its body and answers as the request's `x-bench` field says:
//!
//! | `x-bench` | reply |
//! | --- | --- |
//! | `json` (or none) | a small message as JSON |
//! | `events COUNT MICROS` | a message of `COUNT` text events, `MICROS` microseconds between two |
//! | `call COMMAND` | a message that says a few words and asks for `Bash` with this command |
//!
//! Every text event carries the time of its writing behind [`TEXT_MARK`], every call carries that of its last byte in its
//! id, behind [`CALL_MARK`]: [`STAMP_DIGITS`] digits of UNIX nanoseconds.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::clock::unix_nanos;

/// Stands before the stamp of a text event.
pub const TEXT_MARK: &[u8] = b" @";
/// Stands before the stamp of a call.
pub const CALL_MARK: &[u8] = b"\"id\":\"toolu_";
/// How many digits a stamp has.
pub const STAMP_DIGITS: usize = 20;

const BUFFER: usize = 64 << 10;
const LARGEST_HEAD: usize = 16 << 10;

/// A running upstream. It ends when it is dropped.
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Upstream {
    /// Listens on a free port of loopback.
    pub async fn start(server: rustls::ServerConfig) -> Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // A client that breaks off ends its own connection, nothing else.
                tokio::spawn(async move { serve(socket, acceptor).await });
            }
        });
        Ok(Self { address, task })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Json,
    Events { count: u64, pace: Duration },
    Call { command: String },
}

impl Wanted {
    fn parse(text: &str) -> Result<Self> {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("json", "") => Ok(Self::Json),
            ("call", command) if !command.is_empty() => Ok(Self::Call { command: command.to_owned() }),
            ("events", numbers) => {
                let (count, micros) = numbers.split_once(' ').context("`events` takes two numbers")?;
                Ok(Self::Events { count: count.parse()?, pace: Duration::from_micros(micros.parse()?) })
            }
            _ => bail!("no reply is named `{text}`"),
        }
    }
}

async fn serve(socket: TcpStream, acceptor: TlsAcceptor) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut stream = acceptor.accept(socket).await?;
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut out = String::with_capacity(BUFFER);
    while let Some(wanted) = request(&mut stream, &mut buffer).await? {
        match wanted {
            Wanted::Json => stream.write_all(JSON.as_bytes()).await?,
            Wanted::Events { count, pace } => events(&mut stream, &mut out, count, pace).await?,
            Wanted::Call { command } => call(&mut stream, &mut out, &command).await?,
        }
        stream.flush().await?;
    }
    Ok(())
}

/// Reads one request. `None` when the client closed instead of sending one.
async fn request(stream: &mut TlsStream<TcpStream>, buffer: &mut Vec<u8>) -> Result<Option<Wanted>> {
    buffer.clear();
    let (head, body, wanted) = loop {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut fields);
        if let httparse::Status::Complete(length) = parsed.parse(buffer)? {
            let field = |name: &str| {
                let found = parsed.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
                found.map(|field| std::str::from_utf8(field.value)).transpose()
            };
            let body: usize =
                field("content-length")?.context("a request without content-length")?.parse()?;
            break (length, body, field("x-bench")?.map_or(Ok(Wanted::Json), Wanted::parse)?);
        }
        if buffer.len() > LARGEST_HEAD {
            bail!("the head of a request is too large");
        }
    };
    let mut left = (head + body).checked_sub(buffer.len()).context("bytes behind a request")?;
    while left > 0 {
        buffer.clear();
        let read = stream.read_buf(buffer).await?;
        if read == 0 {
            bail!("a request broke off");
        }
        left = left.checked_sub(read).context("bytes behind a request")?;
    }
    Ok(Some(wanted))
}

async fn events(
    stream: &mut TlsStream<TcpStream>,
    out: &mut String,
    count: u64,
    pace: Duration,
) -> Result<()> {
    open(out)?;
    stream.write_all(out.as_bytes()).await?;
    for number in 0..count {
        if number > 0 && !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        out.clear();
        text(out, "word")?;
        stream.write_all(out.as_bytes()).await?;
    }
    out.clear();
    event(out, "content_block_stop", r#"{"type":"content_block_stop","index":0}"#)?;
    close(out, "end_turn")?;
    stream.write_all(out.as_bytes()).await?;
    Ok(())
}

/// The whole call and the end of the message go out in one write, so that the stamp is the time of its last byte.
async fn call(stream: &mut TlsStream<TcpStream>, out: &mut String, command: &str) -> Result<()> {
    open(out)?;
    text(out, "Let me see.")?;
    event(out, "content_block_stop", r#"{"type":"content_block_stop","index":0}"#)?;
    stream.write_all(out.as_bytes()).await?;
    stream.flush().await?;
    out.clear();
    let name = "content_block_start";
    let stamp = unix_nanos();
    event(
        out,
        name,
        &format!(
            r#"{{"type":"{name}","index":1,"content_block":{{"type":"tool_use","id":"toolu_{stamp:020}","name":"Bash","input":{{}}}}}}"#
        ),
    )?;
    let arguments = serde_json::json!({"command": command, "description": "Look at it"}).to_string();
    let (start, end) = arguments.split_at(arguments.len() / 2);
    for part in ["", start, end] {
        let part = serde_json::Value::from(part);
        event(
            out,
            "content_block_delta",
            &format!(
                r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"input_json_delta","partial_json":{part}}}}}"#
            ),
        )?;
    }
    event(out, "content_block_stop", r#"{"type":"content_block_stop","index":1}"#)?;
    close(out, "tool_use")?;
    stream.write_all(out.as_bytes()).await?;
    Ok(())
}

fn open(out: &mut String) -> Result<()> {
    out.clear();
    out.push_str(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n\
         request-id: req_011CBench\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    event(
        out,
        "message_start",
        concat!(
            r#"{"type":"message_start","message":{"id":"msg_01Bench","type":"message","role":"assistant","#,
            r#""model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"#,
            r#""usage":{"input_tokens":42,"output_tokens":1}}}"#,
        ),
    )?;
    let block = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    event(out, "content_block_start", block)
}

fn text(out: &mut String, words: &str) -> Result<()> {
    let stamp = unix_nanos();
    event(
        out,
        "content_block_delta",
        &format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{words} @{stamp:020}"}}}}"#
        ),
    )
}

fn close(out: &mut String, reason: &str) -> Result<()> {
    event(
        out,
        "message_delta",
        &format!(
            r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}","stop_sequence":null}},"usage":{{"output_tokens":9}}}}"#
        ),
    )?;
    event(out, "message_stop", r#"{"type":"message_stop"}"#)?;
    out.push_str("0\r\n\r\n");
    Ok(())
}

/// One event as one chunk, as providers write them.
fn event(out: &mut String, name: &str, data: &str) -> Result<()> {
    let length = "event: \ndata: \n\n".len() + name.len() + data.len();
    Ok(write!(out, "{length:x}\r\nevent: {name}\ndata: {data}\n\n\r\n")?)
}

const JSON: &str = concat!(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_011CBench\r\ncontent-length: 232\r\n\r\n",
    r#"{"id":"msg_01Bench","type":"message","role":"assistant","model":"claude-sonnet-4-5","#,
    r#""content":[{"type":"text","text":"Done, all is well."}],"#,
    r#""stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":42,"output_tokens":9}}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_reply_is_as_long_as_it_says() {
        let (head, body) = JSON.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }

    #[test]
    fn reads_what_is_wanted() {
        let pace = Duration::from_micros(2000);
        assert_eq!(Wanted::parse("events 16 2000").unwrap(), Wanted::Events { count: 16, pace });
        assert_eq!(Wanted::parse("call ls -la").unwrap(), Wanted::Call { command: "ls -la".to_owned() });
        assert!(Wanted::parse("more").is_err());
    }

    #[test]
    fn an_event_is_a_chunk_of_the_length_it_says() {
        let mut out = String::new();
        event(&mut out, "ping", "{}").unwrap();
        let (length, chunk) = out.split_once("\r\n").unwrap();
        assert_eq!(usize::from_str_radix(length, 16).unwrap(), chunk.len() - 2);
    }
}
