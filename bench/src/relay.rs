//! The baseline: a proxy that ends TLS on both legs and copies bytes, and does nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional_with_sizes};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A running relay. It ends when it is dropped.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const BUFFER: usize = 64 << 10;

impl Relay {
    /// Listens on a free port. Clients meet `server`; everything goes to `upstream`, which must prove to be `host`.
    pub async fn start(
        server: rustls::ServerConfig,
        host: &str,
        upstream: SocketAddr,
        trust: Arc<rustls::ClientConfig>,
    ) -> Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let connector = TlsConnector::from(trust);
        let name = ServerName::try_from(host.to_owned())?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, connector, name) = (acceptor.clone(), connector.clone(), name.clone());
                // A client that breaks off ends its own relay, nothing else.
                tokio::spawn(async move { serve(socket, acceptor, connector, name, upstream).await });
            }
        });
        Ok(Self { address, task })
    }
}

async fn serve(
    mut socket: TcpStream,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    name: ServerName<'static>,
    upstream: SocketAddr,
) -> Result<()> {
    socket.set_nodelay(true)?;
    // A client sends nothing behind its CONNECT before the answer.
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 4096 || socket.read_buf(&mut head).await? == 0 {
            bail!("what came is no CONNECT");
        }
    }
    socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let out = TcpStream::connect(upstream).await.context("connecting to the provider")?;
    out.set_nodelay(true)?;
    let mut out = connector.connect(name, out).await?;
    let mut client = acceptor.accept(socket).await?;
    copy_bidirectional_with_sizes(&mut client, &mut out, BUFFER, BUFFER).await?;
    Ok(())
}
