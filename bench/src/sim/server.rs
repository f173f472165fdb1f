//! The HTTPS server of the simulator.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::request::{Format, reply_to};
use super::{Authority, Piece, anthropic, chat, gemini, responses};

/// How the simulator behaves.
#[derive(Clone, Copy, Debug)]
pub struct SimulatorOptions {
    /// Between two pieces of a stream. Zero writes them as fast as they are taken.
    pub pace: Duration,
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    pub http2: bool,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self { pace: Duration::ZERO, http2: true }
    }
}

/// A running simulator. It ends when it is dropped.
pub struct Simulator {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const LARGEST_REQUEST: usize = 64 << 20;

impl Simulator {
    /// Listens on a free port of loopback and plays these hosts.
    pub async fn start(authority: &Authority, hosts: &[&str], options: SimulatorOptions) -> Result<Self> {
        let alpn: &[&str] = if options.http2 { &["h2", "http/1.1"] } else { &["http/1.1"] };
        let acceptor = TlsAcceptor::from(Arc::new(authority.server(hosts, alpn)?));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, acceptor.clone(), options));
            }
        });
        Ok(Self { address, task })
    }
}

async fn serve(socket: TcpStream, acceptor: TlsAcceptor, options: SimulatorOptions) {
    if socket.set_nodelay(true).is_err() {
        return;
    }
    // A client that breaks off is an ordinary end here: tests do it on purpose.
    let Ok(tls) = acceptor.accept(socket).await else { return };
    let service =
        service_fn(move |request| async move { Ok::<_, Infallible>(answer(request, options).await) });
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let _broke_off = builder.serve_connection(TokioIo::new(tls), service).await;
}

type Body = BoxBody<Bytes, Infallible>;

async fn answer(request: Request<Incoming>, options: SimulatorOptions) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(format) = Format::of(&path, request.uri().query().unwrap_or_default()) else {
        return error(StatusCode::NOT_FOUND, "the simulator does not play this path");
    };
    let pace = request
        .headers()
        .get("x-sim-pace-ms")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(options.pace, Duration::from_millis);
    // As a JSON string, because a script has lines and a header field has none.
    let script = request
        .headers()
        .get("x-sim-script")
        .and_then(|value| serde_json::from_slice::<String>(value.as_bytes()).ok());
    let Ok(body) = Limited::new(request.into_body(), LARGEST_REQUEST).collect().await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "the request broke off or is too large");
    };
    let Ok(request) = serde_json::from_slice::<Value>(&body.to_bytes()) else {
        return error(StatusCode::BAD_REQUEST, "the request is not JSON");
    };
    let reply = reply_to(format, &request, script.as_deref());
    let in_path = path.rsplit_once("models/").and_then(|(_, rest)| rest.split(':').next());
    let model = request.get("model").and_then(Value::as_str).or(in_path).unwrap_or("simulated").to_owned();
    let streams = request.get("stream").and_then(Value::as_bool).unwrap_or(false);
    match (format, streams) {
        (Format::Anthropic, true) => streamed(anthropic::stream(&reply, &model), true, pace),
        (Format::Anthropic, false) => whole(&anthropic::whole(&reply, &model)),
        (Format::Chat, true) => streamed(chat::stream(&reply, &model), true, pace),
        (Format::Chat, false) => whole(&chat::whole(&reply, &model)),
        (Format::Responses, true) => streamed(responses::stream(&reply, &model), true, pace),
        (Format::Responses, false) => whole(&responses::whole(&reply, &model)),
        (Format::Gemini { stream: true, sse }, _) => streamed(gemini::stream(&reply, &model, sse), sse, pace),
        (Format::Gemini { .. }, _) => whole(&gemini::whole(&reply, &model)),
    }
}

fn whole(value: &Value) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())).boxed());
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

fn error(status: StatusCode, text: &str) -> Response<Body> {
    let mut response =
        whole(&json!({"type": "error", "error": {"type": "simulator_error", "message": text}}));
    *response.status_mut() = status;
    response
}

fn streamed(pieces: Vec<Piece>, sse: bool, pace: Duration) -> Response<Body> {
    let frames = stream::unfold(pieces.into_iter().enumerate(), move |mut rest| async move {
        let (at, piece) = rest.next()?;
        if at > 0 && !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        Some((Ok(Frame::data(Bytes::from(piece))), rest))
    });
    let mut response = Response::new(BodyExt::boxed(StreamBody::new(frames)));
    let kind = if sse { "text/event-stream; charset=utf-8" } else { "application/json" };
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
