//! The local API: loopback, a token, Host and Origin checked. `docs/spec/local-api.json` describes it.

mod guard;
mod routes;
mod serve;
mod shape;
mod stream;
mod view;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use anyhow::Context as _;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;
use vigil_core::bus::{Inbox, Outlet};
use vigil_core::message::{AnalysisInput, PolicyInput, SurfaceInput, VaultInput};

pub(crate) use guard::Token;
pub(crate) use shape::{models_json, rfc3339};
pub(crate) use view::{Facts, View};

/// What the routes share.
pub(crate) struct Surface {
    pub(crate) view: Arc<View>,
    pub(crate) analysis: Outlet<AnalysisInput>,
    pub(crate) policy: Outlet<PolicyInput>,
    pub(crate) vault: Outlet<VaultInput>,
    /// The number of the last `SealWanted`.
    pub(crate) seals_wanted: AtomicU64,
    pub(crate) clock: Arc<vigil_pipeline::Clock>,
    pub(crate) state_dir: PathBuf,
}

/// The running API.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    server: thread::JoinHandle<()>,
    end: oneshot::Sender<()>,
    listener: JoinHandle<()>,
}

impl Running {
    /// Ends the server at once. Requests in flight are cut.
    pub(crate) async fn stop(self) {
        // Nobody hears it when the server has already ended.
        let _ended = self.end.send(());
        self.listener.abort();
        // An aborted task says so when it is joined; that is what was asked for.
        let _aborted = self.listener.await;
        let joined = tokio::task::spawn_blocking(|| self.server.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the thread of the local API did not end as it should");
        }
    }
}

/// Listens, serves, and keeps the view up to date from what the surfaces hear.
///
/// `keep` is handed each message before the view has it: what the view tells is logged, and kept where it must be. It says
/// why something could not be.
pub(crate) async fn start(
    listen: SocketAddr,
    token: Token,
    surface: Surface,
    inbox: Inbox<SurfaceInput>,
    keep: impl Fn(&SurfaceInput) -> Option<String> + Send + 'static,
) -> anyhow::Result<Running> {
    let listener = std::net::TcpListener::bind(listen).with_context(|| {
        format!(
            "cannot listen on `{listen}` for the local API; end the program that has it, or choose another in `[api] listen`"
        )
    })?;
    let address = listener.local_addr()?;
    let view = Arc::clone(&surface.view);
    let router = routes::router(Arc::new(surface), guard::Guard::new(token, address));
    let (end, ended) = oneshot::channel();
    let server = serve::start(listener, router, ended)?;
    let listener = tokio::spawn(async move {
        while let Some(message) = inbox.hear_async().await {
            let unkept = keep(&message);
            view.hear(&message, unkept);
        }
    });
    Ok(Running { address, server, end, listener })
}

/// How many events a slow reader of `/v1/events` may be behind before it misses some and is told so.
pub(crate) const EVENT_BACKLOG: usize = 1024;

/// The sender of events.
pub(crate) type Events = broadcast::Sender<Arc<view::Event>>;
