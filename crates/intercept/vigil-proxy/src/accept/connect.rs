//! CONNECT: to a provider's host the connection is intercepted, to any other it is a blind tunnel.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use vigil_core::message::NoticeKind;

use crate::h1::{self, Leg};
use crate::h2;
use crate::link::{Link, Place, Stop};
use crate::relay::head::RequestLine;
use crate::upstream::{UpstreamError, alert};

use super::House;
use super::authority::{known_form, split_authority};
use super::door::answer;
use super::hello::{Again, Greeting, greeting, send_alert};
use super::tunnel::tunnel;

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection Established\r\n\r\n";
const H2: &[u8] = b"h2";
const H1: &[u8] = b"http/1.1";

/// Serves a connection whose first head is CONNECT.
pub(super) async fn connect(
    mut leg: Leg<TcpStream>,
    length: usize,
    line: &RequestLine<'_>,
    client: String,
    house: &Arc<House>,
    stop: Stop,
) {
    let (name, port) = split_authority(line.target);
    let (Some(host), Some(port)) = (known_form(name), port) else {
        return answer(&mut leg, 400, "CONNECT needs `host:port`.").await;
    };
    leg.input.consume(length);
    let row = house.providers.find(&host, port);
    if row.is_none() && house.providers.knows_host(&host) {
        let text = format!(
            "{host} is an AI provider, and port {port} of it is not in Vigil's table. Use port 443, or add \
             `host = \"{host}:{port}\"` under [[providers]] in vigil.toml."
        );
        house.exchanges.notice(NoticeKind::Refused, Some(&host), Some(&client), text.clone());
        return answer(&mut leg, 403, &text).await;
    }
    let upstream = match house.upstreams.connect(&host, port).await {
        Ok(upstream) => upstream,
        Err(error) => {
            let text = format!("{host}:{port} was not connected: {error}");
            // Where else a client goes is nobody's business.
            if row.is_some() {
                house.exchanges.notice(
                    NoticeKind::UpstreamUnreachable,
                    Some(&host),
                    Some(&client),
                    text.clone(),
                );
            }
            return answer(&mut leg, 502, &text).await;
        }
    };
    if leg.output.write_all(ESTABLISHED).await.is_err() {
        return;
    }
    let first = leg.input.data().to_vec();
    let Some(stream) = leg.reunite() else { return };
    match row {
        None => {
            house.tunnelled.fetch_add(1, Ordering::Relaxed);
            tunnel(stream, upstream, &first, house.limits.tunnel_idle, stop).await;
        }
        Some(row) => {
            house.intercepted.fetch_add(1, Ordering::Relaxed);
            let place = Place { host, port, provider: Arc::new(row.clone()), client };
            intercept(stream, upstream, &first, place, house, stop).await;
        }
    }
}

/// Puts the connection under the gate.
async fn intercept(
    mut client: TcpStream,
    upstream: TcpStream,
    first: &[u8],
    place: Place,
    house: &House,
    stop: Stop,
) {
    let greeting = match timeout(house.limits.handshake, greeting(&mut client, first)).await {
        Ok(Ok(greeting)) => greeting,
        // Neither TLS nor anything we could answer in.
        Ok(Err(_)) | Err(_) => return,
    };
    match greeting {
        Greeting::Plain(bytes) if place.provider.plain => {
            let link = link(Again::new(client, bytes), upstream, place, house, stop);
            h1::serve(link).await;
        }
        Greeting::Plain(_) => {
            let text = format!("a client spoke to {} without TLS; its connection was closed", place.host);
            house.exchanges.notice(NoticeKind::Refused, Some(&place.host), Some(&place.client), text);
        }
        Greeting::Tls { .. } if place.provider.plain => {
            send_alert(&mut client, alert::INTERNAL_ERROR).await;
        }
        Greeting::Tls { bytes, server_name, offer } => {
            if !names(server_name.as_deref(), &place.host) {
                let text = format!(
                    "a client asked for {} and then, in TLS, for {}; its connection was closed",
                    place.host,
                    server_name.as_deref().unwrap_or("no name")
                );
                house.exchanges.notice(NoticeKind::Refused, Some(&place.host), Some(&place.client), text);
                return send_alert(&mut client, alert::UNRECOGNIZED_NAME).await;
            }
            handshakes(Again::new(client, bytes), upstream, offer, place, house, stop).await;
        }
    }
}

/// The upstream's handshake first: what it speaks, and whether it can be trusted, decides what the client is shown.
async fn handshakes(
    mut client: Again,
    upstream: TcpStream,
    offer: Vec<Vec<u8>>,
    place: Place,
    house: &House,
    stop: Stop,
) {
    let known: Vec<Vec<u8>> = offer.iter().filter(|name| *name == H2 || *name == H1).cloned().collect();
    if known.is_empty() && !offer.is_empty() {
        return send_alert(client.raw(), alert::NO_APPLICATION_PROTOCOL).await;
    }
    let upstream = match house.pace.run(house.upstreams.secure(upstream, &place.host, &known)).await {
        Ok(upstream) => upstream,
        Err(error) => {
            let kind = match error {
                UpstreamError::Certificate { .. } => NoticeKind::UpstreamCertificate,
                UpstreamError::Handshake(_) | UpstreamError::Unreachable(_) => {
                    NoticeKind::UpstreamUnreachable
                }
            };
            let text = format!("{} was not connected: {error}", place.host);
            house.exchanges.notice(kind, Some(&place.host), Some(&place.client), text);
            return send_alert(client.raw(), error.alert()).await;
        }
    };
    let chosen = upstream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    let config = match house.authority.server_config(&place.host, chosen.as_deref(), house.exchanges.now()) {
        Ok(config) => config,
        Err(error) => {
            tracing::error!(host = place.host, "no certificate for a client: {error}");
            return send_alert(client.raw(), alert::INTERNAL_ERROR).await;
        }
    };
    let accepting = house.pace.run(TlsAcceptor::from(config).accept(client));
    let accepted = timeout(house.limits.handshake, accepting).await;
    let client = match accepted {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return place.client_failed(&house.exchanges, &error),
        Err(_) => return,
    };
    let link = link(client, upstream, place, house, stop);
    if chosen.as_deref() == Some(H2) {
        h2::serve(link).await;
    } else {
        h1::serve(link).await;
    }
}

fn link<C, U>(client: C, upstream: U, place: Place, house: &House, stop: Stop) -> Link<C, U> {
    Link { client, upstream, place, exchanges: house.exchanges.clone(), limits: house.limits, stop }
}

/// Whether the name of the TLS greeting is the CONNECT host. A client that connects to an address sends none.
fn names(server_name: Option<&str>, host: &str) -> bool {
    match server_name {
        Some(name) => name.trim_end_matches('.').eq_ignore_ascii_case(host),
        None => host.parse::<std::net::IpAddr>().is_ok(),
    }
}
