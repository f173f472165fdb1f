//! As much of the local API as a person who approves needs: to hear of a hold and to answer it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Where the API of a daemon is.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// Somebody who approves every hold at once.
pub(crate) struct Approver {
    api: Api,
    events: TcpStream,
    heard: Vec<u8>,
    answers: TcpStream,
}

impl Approver {
    /// Opens a stream of events and a connection for answers.
    pub(crate) async fn listen(api: &Api) -> Result<Self> {
        let mut events = connect(api).await?;
        events.write_all(api.request("GET", "/v1/events", "").as_bytes()).await?;
        let mut heard = Vec::with_capacity(16 << 10);
        let head = take_head(&mut events, &mut heard).await?;
        heard.drain(..head);
        Ok(Self { api: api.clone(), events, heard, answers: connect(api).await? })
    }

    /// Waits for a hold and approves it. Gives the time from hearing of it to having written the answer.
    pub(crate) async fn approve(&mut self) -> Result<Duration> {
        let id = self.next_hold().await?;
        let heard = Instant::now();
        let request = self.api.request("POST", &format!("/v1/holds/{id}"), r#"{"answer":"approve"}"#);
        self.answers.write_all(request.as_bytes()).await?;
        let took = heard.elapsed();
        let mut reply = Vec::new();
        take_head(&mut self.answers, &mut reply).await.context("approving a hold")?;
        Ok(took)
    }

    async fn next_hold(&mut self) -> Result<String> {
        const OPENED: &str = "event: hold_opened\ndata: ";
        loop {
            // An event is one chunk of its own, so its data stand on one line.
            let text = String::from_utf8_lossy(&self.heard);
            let data =
                text.split_once(OPENED).and_then(|(_, rest)| rest.split_once('\n')).map(|(data, _)| data);
            if let Some(data) = data {
                let hold: Value = serde_json::from_str(data).context("reading a `hold_opened` event")?;
                self.heard.clear();
                return Ok(hold
                    .get("id")
                    .and_then(Value::as_str)
                    .context("a hold without an id")?
                    .to_owned());
            }
            if self.events.read_buf(&mut self.heard).await? == 0 {
                bail!("the daemon ended the stream of events");
            }
        }
    }
}

/// What the daemon says of one stage on the way of a call, since its start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

impl Stage {
    fn read(stage: &Value) -> Option<Self> {
        let micros = |name| stage.get(name).and_then(Value::as_u64).map(Duration::from_micros);
        Some(Self {
            name: stage.get("stage")?.as_str()?.to_owned(),
            count: stage.get("count")?.as_u64()?,
            p50: micros("p50_us")?,
            p99: micros("p99_us")?,
            p999: micros("p999_us")?,
        })
    }
}

impl Api {
    /// How long each stage took, since the daemon's start.
    pub(crate) async fn stages(&self) -> Result<Vec<Stage>> {
        let (mut stream, mut reply) = (connect(self).await?, Vec::new());
        stream.write_all(self.request("GET", "/v1/status", "").as_bytes()).await?;
        let head = take_head(&mut stream, &mut reply).await.context("asking for the status")?;
        let status: Value = serde_json::from_slice(reply.get(head..).unwrap_or_default())?;
        let stages = status.get("latency").and_then(Value::as_array).context("a status without latencies")?;
        stages.iter().map(|stage| Stage::read(stage).context("a stage without its figures")).collect()
    }

    fn request(&self, method: &str, path: &str, body: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
    }
}

async fn connect(api: &Api) -> Result<TcpStream> {
    let stream = TcpStream::connect(api.address).await.context("connecting to the local API")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads a reply's head, and its body where it says how long that is. Gives where the head ends.
async fn take_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize> {
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the local API closed the connection");
        }
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut reply = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(head) = reply.parse(buffer)? else { continue };
        let length = reply.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
        let body: usize = length.map_or(Ok(0), |field| String::from_utf8_lossy(field.value).parse())?;
        if buffer.len() < head + body {
            continue;
        }
        match reply.code {
            Some(200..=202) => return Ok(head),
            code => bail!("status {}: {}", code.unwrap_or(0), String::from_utf8_lossy(buffer)),
        }
    }
}
