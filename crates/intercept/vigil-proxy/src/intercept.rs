//! The start and the end of the plane.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use vigil_core::SecretStore;
use vigil_core::wire::WireFormats;

use crate::accept::{Deadline, House, Pace, accept};
use crate::ca::{Authority, AuthorityError};
use crate::config::ProxyConfig;
use crate::exchange::{Clock, Exchanges, InterceptPort};
use crate::link::Stop;
use crate::upstream::{TrustError, Upstreams};

/// The plane, to be started.
#[derive(Debug)]
pub struct Intercept;

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The listening address cannot be had.
    #[error(
        "cannot listen on `{address}`: {reason}; end the program that has it, or choose another in `[proxy] listen`"
    )]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        reason: String,
    },
    /// The local CA cannot be used.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Upstreams could not be verified.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// The plane at work.
pub struct Running {
    /// Where clients connect.
    pub proxy_addr: SocketAddr,
    /// The file that clients must trust: the CA's certificate alone.
    pub ca_file: PathBuf,
    house: Arc<House>,
    stop: watch::Sender<bool>,
    deadline: oneshot::Sender<Duration>,
    accepting: JoinHandle<()>,
    dispatch: JoinHandle<()>,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections that are open now.
    pub open: usize,
    /// Connections that were accepted.
    pub accepted: u64,
    /// CONNECTs to provider hosts.
    pub intercepted: u64,
    /// CONNECTs to other hosts.
    pub tunnelled: u64,
    /// Clients that do not trust the CA: address, host, how often.
    pub distrust: Vec<(String, String, u64)>,
}

impl Intercept {
    /// Opens the CA, binds the listener and begins to accept. To be called on a tokio runtime, on which all
    /// connections then run.
    pub async fn start(
        config: ProxyConfig,
        formats: Arc<dyn WireFormats>,
        secrets: Arc<dyn SecretStore>,
        port: InterceptPort,
        clock: Clock,
    ) -> Result<Running, StartError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let now = clock();
        let authority =
            Authority::open(&config.state_dir, secrets.as_ref(), &config.providers, now, provider.clone())?;
        let upstreams = Upstreams::new(&config, provider)?;
        let refused =
            |error: std::io::Error| StartError::Listen { address: config.listen, reason: error.to_string() };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let proxy_addr = listener.local_addr().map_err(refused)?;
        let ca_file =
            std::path::absolute(authority.ca_file()).unwrap_or_else(|_| authority.ca_file().to_owned());
        let (exchanges, dispatch) = Exchanges::new(&config, formats, port, clock);
        let house = Arc::new(House {
            providers: config.providers,
            authority,
            upstreams,
            exchanges,
            limits: config.limits,
            pace: Pace::new(),
            open: Default::default(),
            accepted: Default::default(),
            intercepted: Default::default(),
            tunnelled: Default::default(),
        });
        let (stop, stopped) = Stop::new();
        let (deadline, heard) = oneshot::channel();
        let accepting = tokio::spawn(accept(listener, house.clone(), stopped, Deadline(heard)));
        let dispatch = tokio::spawn(dispatch.run());
        Ok(Running { proxy_addr, ca_file, house, stop, deadline, accepting, dispatch })
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("proxy_addr", &self.proxy_addr).finish_non_exhaustive()
    }
}

impl Running {
    /// What happened so far.
    pub fn stats(&self) -> Stats {
        let distrust = self.house.exchanges.distrust_counts();
        Stats {
            open: self.house.open.load(Ordering::Relaxed),
            accepted: self.house.accepted.load(Ordering::Relaxed),
            intercepted: self.house.intercepted.load(Ordering::Relaxed),
            tunnelled: self.house.tunnelled.load(Ordering::Relaxed),
            distrust: distrust.into_iter().map(|((client, host), count)| (client, host, count)).collect(),
        }
    }

    /// Stops accepting, lets what is under way end within `deadline`, then breaks it off. Policy should have denied its
    /// holds before. When this returns, all ends of exchanges have been said; the planes may stop then.
    pub async fn shutdown(self, deadline: Duration) {
        let Self { house, stop, deadline: tell, accepting, dispatch, .. } = self;
        let _all_ended = stop.send(true);
        let _all_ended = tell.send(deadline);
        drop(accepting.await);
        house.exchanges.close().await;
        drop(dispatch.await);
    }
}
