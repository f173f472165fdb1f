//! A client behind the proxy that keeps every byte it gets, whole or not.

mod heard;
mod request;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use vigil_bench::wire::{Connection, Route};

pub use heard::{Heard, HeardCall};
pub use request::{Ask, Dialect};

use crate::Daemon;

/// A client that trusts one root and goes through one proxy.
#[derive(Clone)]
pub struct Agent {
    proxy: SocketAddr,
    trust: Arc<rustls::ClientConfig>,
}

impl Agent {
    /// A client of this daemon that trusts its CA.
    pub fn of(daemon: &Daemon) -> Result<Self> {
        Self::trusting(daemon, &daemon.ca_pem()?)
    }

    /// A client of this daemon that trusts these roots and no others.
    pub fn trusting(daemon: &Daemon, roots: &str) -> Result<Self> {
        Ok(Self { proxy: daemon.proxy, trust: Route::trusting(roots)? })
    }

    /// The way to a host through the proxy.
    pub fn route(&self, host: &str) -> Route {
        Route {
            address: self.proxy,
            through_proxy: true,
            host: host.to_owned(),
            port: 443,
            trust: Arc::clone(&self.trust),
        }
    }

    /// Asks over a connection of its own. What was heard before it broke off is in the answer as well.
    pub async fn ask(&self, ask: &Ask) -> Heard {
        let mut heard = Heard::default();
        let done = self.ask_http1(ask, &mut heard).await;
        heard.broke = done.err().map(|error| format!("{error:#}"));
        heard
    }

    async fn ask_http1(&self, ask: &Ask, heard: &mut Heard) -> Result<()> {
        let mut connection = Connection::open(&self.route(ask.dialect.host())).await?;
        self.ask_on(&mut connection, ask, heard).await
    }

    /// Asks over a kept-alive connection of HTTP/1.1.
    pub async fn ask_on(&self, connection: &mut Connection, ask: &Ask, heard: &mut Heard) -> Result<()> {
        let pace = ask.pace_ms.to_string();
        let fields = [("User-Agent", ask.user_agent.as_str()), ("X-Sim-Pace-Ms", pace.as_str())];
        connection.post(ask.dialect.host(), &ask.path(), &fields, ask.body().to_string().as_bytes()).await?;
        let head = connection.receive(|piece, _| heard.body.extend_from_slice(piece)).await?;
        heard.status = Some(head.status);
        Ok(())
    }

    /// Asks all of these at once over one connection of HTTP/2.
    pub async fn ask_http2(&self, asks: &[Ask]) -> Vec<Heard> {
        let Some(first) = asks.first() else { return Vec::new() };
        let broke = |error: &anyhow::Error| Heard { broke: Some(format!("{error:#}")), ..Heard::default() };
        let sender = match self.connect_http2(first.dialect.host()).await {
            Ok(sender) => sender,
            Err(error) => return asks.iter().map(|_| broke(&error)).collect(),
        };
        let mut running = Vec::new();
        for ask in asks {
            running.push(tokio::spawn(one_stream(sender.clone(), ask.clone())));
        }
        let mut all = Vec::new();
        for task in running {
            all.push(task.await.unwrap_or_else(|error| broke(&error.into())));
        }
        all
    }

    /// Opens a connection that speaks HTTP/2.
    pub async fn connect_http2(&self, host: &str) -> Result<h2::client::SendRequest<Bytes>> {
        let tls = self.tunnel(host, &[b"h2"]).await?;
        anyhow::ensure!(tls.get_ref().1.alpn_protocol() == Some(b"h2"), "HTTP/2 was not agreed on");
        let (sender, connection) = h2::client::handshake(tls).await?;
        // It ends with the connection, and whoever asks hears of that.
        tokio::spawn(async move { connection.await.is_ok() });
        Ok(sender)
    }

    /// A TLS connection through the proxy that offers these protocols.
    pub async fn tunnel(&self, host: &str, alpn: &[&[u8]]) -> Result<TlsStream<TcpStream>> {
        let mut socket = TcpStream::connect(self.proxy).await.context("connecting")?;
        socket.set_nodelay(true)?;
        socket
            .write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").as_bytes())
            .await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(socket.read_u8().await.context("the proxy closed the connection")?);
        }
        anyhow::ensure!(answer.starts_with(b"HTTP/1.1 200"), "refused: {}", String::from_utf8_lossy(&answer));
        let mut config = (*self.trust).clone();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from(host.to_owned())?;
        TlsConnector::from(Arc::new(config)).connect(name, socket).await.context("TLS")
    }
}

/// One exchange on a connection of HTTP/2.
async fn one_stream(sender: h2::client::SendRequest<Bytes>, ask: Ask) -> Heard {
    let mut heard = Heard::default();
    let done = async {
        let mut sender = sender.ready().await?;
        let request = http::Request::post(format!("https://{}{}", ask.dialect.host(), ask.path()))
            .header("content-type", "application/json")
            .header("user-agent", &ask.user_agent)
            .header("x-sim-pace-ms", ask.pace_ms)
            .body(())?;
        let (reply, mut body) = sender.send_request(request, false)?;
        body.send_data(Bytes::from(ask.body().to_string()), true)?;
        let (head, mut body) = reply.await?.into_parts();
        heard.status = Some(head.status.as_u16());
        while let Some(piece) = body.data().await {
            let piece = piece?;
            body.flow_control().release_capacity(piece.len())?;
            heard.body.extend_from_slice(&piece);
        }
        anyhow::Ok(())
    }
    .await;
    heard.broke = done.err().map(|error| format!("{error:#}"));
    heard
}
