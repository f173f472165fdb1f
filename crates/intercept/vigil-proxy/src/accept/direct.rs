//! Clients that address the proxy itself.
//!
//! ```text
//! POST /p/api.anthropic.com/v1/messages HTTP/1.1     base-URL mode: to the provider, over TLS
//! GET http://example.org/path HTTP/1.1               absolute form: to that host, without TLS
//! ```
//!
//! Each request of a connection may go somewhere else. Only the request line and Host are written anew, and fields
//! that are for a proxy are taken out in absolute form; all else is as it came.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use vigil_core::message::NoticeKind;

use crate::exchange::RequestHead;
use crate::h1::{After, Leg, NoHead, Service, Turn, next_head, refuses_upgrade};
use crate::link::{Place, Stop};
use crate::providers::Provider;
use crate::relay::head::RequestLine;
use crate::upstream::UpstreamError;

use super::House;
use super::authority::{known_form, split_authority};
use super::door::answer;

const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    host: String,
    port: u16,
    /// `None`: a host that is no provider's.
    provider: Option<Provider>,
    /// From the first `/` on.
    target: String,
    head: Vec<u8>,
}

/// Why it goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NoRoute {
    status: u16,
    text: String,
}

/// Serves the connection. The first head is at the front of what came.
pub(super) async fn serve(
    mut client: Leg<TcpStream>,
    mut service: Service,
    address: String,
    house: &House,
    mut stop: Stop,
) {
    let mut kept: Option<(String, u16, Leg<Wire>)> = None;
    loop {
        let upstream = kept.as_mut().map(|(_, _, leg)| leg);
        let length = match next_head(&mut client, upstream, &mut service, &mut stop).await {
            Ok(length) => length,
            Err(NoHead::Quiet | NoHead::Failed(_)) => return client.close().await,
            Err(NoHead::Malformed(error)) => return answer(&mut client, 400, &error.to_string()).await,
        };
        let head = client.input.data().get(..length).unwrap_or_default().to_vec();
        let line = match RequestLine::parse(&head) {
            Ok(line) => line,
            Err(error) => return answer(&mut client, 400, &error.to_string()).await,
        };
        let route = match route(&line, house) {
            Ok(route) => route,
            Err(none) => {
                house.exchanges.notice(NoticeKind::Refused, None, Some(&address), none.text.clone());
                return answer(&mut client, none.status, &none.text).await;
            }
        };
        let place = Place {
            host: route.host.clone(),
            port: route.port,
            provider: Arc::new(route.provider.clone().unwrap_or_else(nobody)),
            client: address.clone(),
        };
        if route.provider.is_some() && refuses_upgrade(&service, &place, &line) {
            return;
        }
        if kept.as_ref().is_none_or(|(host, port, _)| (host, *port) != (&route.host, route.port)) {
            let leg = match reach(&route, house).await {
                Ok(wire) => Leg::new(wire, b""),
                Err(error) => {
                    return unreached(&mut client, &place, house, &error, route.provider.is_some()).await;
                }
            };
            kept = Some((route.host.clone(), route.port, leg));
        }
        let Some((_, _, upstream)) = &mut kept else { return };
        let exchange = route.provider.as_ref().map(|provider| {
            service.exchanges.begin(&RequestHead {
                provider,
                host: &route.host,
                method: line.method,
                target: &route.target,
                field: &|name| line.fields.first(name),
            })
        });
        let turn = match Turn::new(&line, length, Some(route.head), exchange) {
            Ok(turn) => turn,
            Err(error) => return answer(&mut client, 400, &error.to_string()).await,
        };
        match service.take_turn(&mut client, upstream, turn).await {
            After::Keep => {}
            After::Close => return client.close().await,
            After::Abort => return,
        }
    }
}

fn route(line: &RequestLine<'_>, house: &House) -> Result<Route, NoRoute> {
    if let Some(rest) = line.target.strip_prefix("/p/") {
        return base_url(line, rest, house);
    }
    if line.target.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
        return absolute_form(line, line.target.get(7..).unwrap_or_default(), house);
    }
    Err(NoRoute {
        status: if line.target.starts_with('/') { 404 } else { 400 },
        text: "This is the proxy of Vigil. Set HTTPS_PROXY to its address, or use \
               http://ADDRESS/p/PROVIDER-HOST/... as the base URL of a provider."
            .to_owned(),
    })
}

/// `/p/HOST[:port]/path`
fn base_url(line: &RequestLine<'_>, rest: &str, house: &House) -> Result<Route, NoRoute> {
    check_own_name(line)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (name, port) = split_authority(authority);
    let host =
        known_form(name).ok_or_else(|| NoRoute { status: 400, text: format!("`{name}` is not a host.") })?;
    let row = match port {
        Some(port) => house.providers.find(&host, port),
        None => house.providers.find(&host, HTTPS).or_else(|| house.providers.find_plain(&host)),
    };
    let Some(row) = row else {
        let text = format!(
            "`{authority}` is not in Vigil's provider table. Add it under [[providers]] in vigil.toml, or use Vigil as \
             a proxy instead of a base URL."
        );
        return Err(NoRoute { status: 404, text });
    };
    let target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let usual = if row.plain { HTTP } else { HTTPS };
    let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let named = if row.port == usual { bracketed } else { format!("{bracketed}:{}", row.port) };
    let head = rewritten(line, &target, Some(&named), false);
    Ok(Route { host, port: row.port, provider: Some(row.clone()), target, head })
}

/// A web page whose name was pointed at this machine (DNS rebinding) addresses Vigil by that name, and Host is written anew
/// on the way to the provider, which could not tell. So the name must be one that nobody else can point anywhere.
fn check_own_name(line: &RequestLine<'_>) -> Result<(), NoRoute> {
    for host in line.fields.all("host") {
        let name = std::str::from_utf8(host).ok().and_then(|host| known_form(split_authority(host).0));
        if !name.as_deref().is_some_and(is_local) {
            let text = format!(
                "`{}` is not a name of this machine; use 127.0.0.1 or localhost in the base URL.",
                String::from_utf8_lossy(host.get(..host.len().min(253)).unwrap_or_default())
            );
            return Err(NoRoute { status: 421, text });
        }
    }
    Ok(())
}

/// Addresses, and names below the reserved `localhost` and `internal`, as which containers know their host.
fn is_local(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || name.ends_with(".internal")
}

/// `http://HOST[:port]/path`
fn absolute_form(line: &RequestLine<'_>, rest: &str, house: &House) -> Result<Route, NoRoute> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (name, port) = split_authority(authority);
    let host =
        known_form(name).ok_or_else(|| NoRoute { status: 400, text: format!("`{name}` is not a host.") })?;
    let port = port.unwrap_or(HTTP);
    let row = house.providers.find(&host, port);
    if row.is_none_or(|row| !row.plain) && house.providers.knows_host(&host) {
        let text =
            format!("{host} is an AI provider, and this request would reach it without TLS. Use https.");
        return Err(NoRoute { status: 403, text });
    }
    let target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let head = rewritten(line, &target, None, true);
    Ok(Route { host, port, provider: row.cloned(), target, head })
}

/// The head with another target, another Host where one is given, and without fields that are for a proxy.
fn rewritten(line: &RequestLine<'_>, target: &str, host: Option<&str>, from_proxy: bool) -> Vec<u8> {
    let version = if line.old { "HTTP/1.0" } else { "HTTP/1.1" };
    let mut head = format!("{} {target} {version}\r\n", line.method).into_bytes();
    let mut host_is_there = false;
    for field in line.fields.iter() {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name.as_bytes());
        if from_proxy && (is("proxy-connection") || is("proxy-authorization")) {
            continue;
        }
        match host {
            Some(host) if is("host") => {
                // A second one would let two readers see two hosts.
                if !std::mem::replace(&mut host_is_there, true) {
                    head.extend_from_slice(field.name);
                    head.extend_from_slice(format!(": {host}\r\n").as_bytes());
                }
            }
            _ => head.extend_from_slice(field.line),
        }
    }
    if let Some(host) = host
        && !host_is_there
    {
        head.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

async fn reach(route: &Route, house: &House) -> Result<Wire, UpstreamError> {
    let stream = house.upstreams.connect(&route.host, route.port).await?;
    match &route.provider {
        Some(provider) if !provider.plain => {
            let offer = vec![b"http/1.1".to_vec()];
            let stream = house.upstreams.secure(stream, &route.host, &offer).await?;
            Ok(Wire::Tls(Box::new(stream)))
        }
        _ => Ok(Wire::Plain(stream)),
    }
}

async fn unreached(
    client: &mut Leg<TcpStream>,
    place: &Place,
    house: &House,
    error: &UpstreamError,
    is_provider: bool,
) {
    let kind = match error {
        UpstreamError::Certificate { .. } => NoticeKind::UpstreamCertificate,
        UpstreamError::Handshake(_) | UpstreamError::Unreachable(_) => NoticeKind::UpstreamUnreachable,
    };
    let text = format!("{} was not connected: {error}", place.host);
    // Where else a client goes is nobody's business.
    if is_provider {
        house.exchanges.notice(kind, Some(&place.host), Some(&place.client), text.clone());
    }
    answer(client, 502, &text).await;
}

/// Stands where no provider is: requests to other hosts have no exchange.
fn nobody() -> Provider {
    Provider::named("unknown", HTTP, vigil_core::wire::ProviderFormat::OpenAi)
}

/// The upstream of a client that addresses the proxy.
enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
