//! The local API: loopback, a token, Host and Origin checked. `docs/spec/local-api.json` describes it.

mod guard;
mod routes;
mod stream;
mod view;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use vigil_core::bus::{Inbox, Outlet};
use vigil_core::message::{PolicyInput, SurfaceInput, VaultInput};

pub(crate) use guard::Token;
pub(crate) use view::{Facts, View, rfc3339};

/// What the routes share.
pub(crate) struct Surface {
    pub(crate) view: Arc<View>,
    pub(crate) policy: Outlet<PolicyInput>,
    pub(crate) vault: Outlet<VaultInput>,
    pub(crate) clock: Arc<vigil_pipeline::Clock>,
    pub(crate) state_dir: PathBuf,
}

/// The running API.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
    listener: JoinHandle<()>,
}

impl Running {
    /// Ends the server at once. Requests in flight are cut.
    pub(crate) async fn stop(self) {
        self.server.abort();
        self.listener.abort();
        // An aborted task says so when it is joined; that is what was asked for.
        let _aborted = self.server.await;
        let _aborted = self.listener.await;
    }
}

/// Listens, serves, and keeps the view up to date from what the surfaces hear.
///
/// `keep` is handed each message after the view has it: the daemon logs it and keeps grants.
pub(crate) async fn start(
    listen: SocketAddr,
    token: Token,
    surface: Surface,
    inbox: Inbox<SurfaceInput>,
    keep: impl Fn(&SurfaceInput) + Send + 'static,
) -> anyhow::Result<Running> {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("listening on `{listen}` for the local API; is another vigil running?"))?;
    let address = listener.local_addr()?;
    let view = Arc::clone(&surface.view);
    let router = routes::router(Arc::new(surface), guard::Guard::new(token, address));
    let server = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("the local API ended: {error}");
        }
    });
    let listener = tokio::spawn(async move {
        while let Some(message) = inbox.hear_async().await {
            view.hear(&message);
            keep(&message);
        }
    });
    Ok(Running { address, server, listener })
}

/// How many events a slow reader of `/v1/events` may be behind before it misses some and is told so.
pub(crate) const EVENT_BACKLOG: usize = 1024;

/// The sender of events.
pub(crate) type Events = broadcast::Sender<Arc<view::Event>>;
