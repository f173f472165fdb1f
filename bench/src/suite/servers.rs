//! The processes of a run, and the ways through them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{Column, Options};
use crate::local_api::Api;
use crate::probe::Lane;
use crate::process::{Home, Server, Terminate};
use crate::sim::Authority;
use crate::wire::Route;

/// The host that the upstream plays: one of Vigil's built-in providers, with a format of its own.
pub(crate) const HOST: &str = "api.anthropic.com";
/// A command that the bench's policy lets pass, and one that it holds.
pub(crate) const ALLOWED: &str = "ls -la src";
pub(crate) const HELD: &str = "git push origin main";

const POLICY: &str = r#"profile = "balanced"

[[rule]]
id = "bench-allow"
effect = "allow"
when = { tool = "Bash", verb = "read" }

[[rule]]
id = "bench-hold"
effect = "hold"
when = { tool = "Bash", verb = "send" }
"#;

/// How long a daemon is left alone before its idle memory is read.
const TO_SETTLE: Duration = Duration::from_secs(2);

/// One way to the upstream.
pub(crate) struct Way {
    pub(crate) column: Column,
    pub(crate) lane: Lane,
    /// The process between, where there is one.
    pub(crate) pid: Option<u32>,
    /// The local API, where there is one.
    pub(crate) api: Option<Api>,
}

/// What runs.
#[derive(Default)]
pub(crate) struct Servers {
    running: Vec<Server>,
}

impl Servers {
    /// Starts what the options ask for.
    pub(crate) async fn start(&mut self, options: &Options, home: &Home) -> Result<Vec<Way>> {
        let authority = Authority::generate()?;
        let leaf = authority.leaf(&[HOST])?.to_json();
        let upstream = self.own("upstream", &leaf, options, home).await?;
        let root = authority.root_pem();
        let lane = |address, trust, through_proxy| Lane { address, through_proxy, host: HOST.into(), trust };
        let direct =
            Way { column: Column::Direct, lane: lane(upstream, fresh(root)?, false), pid: None, api: None };

        let mut told = authority.leaf(&[HOST])?.to_json();
        merge(&mut told, json!({"host": HOST, "upstream": upstream.to_string(), "trust": root}));
        let relay = self.own("relay", &told, options, home).await?;
        let pid = self.running.last().map(|server| server.pid);
        let relay = Way { column: Column::Relay, lane: lane(relay, fresh(root)?, true), pid, api: None };

        let mut ways = vec![direct, relay];
        if options.with_vigil {
            let (ready, pid) = self.daemon(options, home, root, upstream).await?;
            let text = |name: &str| {
                ready.get(name).and_then(Value::as_str).context("a ready line without its places")
            };
            let ca = std::fs::read_to_string(text("ca")?).context("reading the local CA's certificate")?;
            let token = std::fs::read_to_string(home.path.join("state/api-token"))
                .context("reading the API token")?;
            let api = text("api")?.trim_start_matches("http://").parse()?;
            ways.push(Way {
                column: Column::Vigil,
                lane: lane(text("proxy")?.parse()?, fresh(&ca)?, true),
                pid: Some(pid),
                api: Some(Api { address: api, token: token.trim().to_owned() }),
            });
        }
        tokio::time::sleep(TO_SETTLE).await;
        Ok(ways)
    }

    /// Starts a server of this crate: the program itself with a hidden argument.
    async fn own(
        &mut self,
        name: &'static str,
        told: &Value,
        options: &Options,
        home: &Home,
    ) -> Result<SocketAddr> {
        let mut command = Command::new(&options.program);
        command.args(["bench", "--serve", name]);
        let (server, ready) = Server::start(name, command, Some(told), &home.path).await?;
        self.running.push(server);
        let address =
            ready.get("address").and_then(Value::as_str).context("a server that tells no address")?;
        Ok(address.parse()?)
    }

    async fn daemon(
        &mut self,
        options: &Options,
        home: &Home,
        root: &str,
        upstream: SocketAddr,
    ) -> Result<(Value, u32)> {
        let place = |name: &str| home.path.join(name);
        std::fs::write(place("root.pem"), root)?;
        std::fs::write(place("policy.toml"), POLICY)?;
        std::fs::write(place("vigil.toml"), config(&place("root.pem"), &place("policy.toml"), upstream))?;
        let mut command = Command::new(&options.program);
        command.arg("up").arg("--config").arg(place("vigil.toml")).arg("--state-dir").arg(place("state"));
        let (server, ready) = Server::start("vigil", command, None, &home.path).await?;
        let pid = server.pid;
        self.running.push(server);
        Ok((ready, pid))
    }

    /// An error when one of them ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.running.iter_mut().try_for_each(Server::check)
    }

    /// Ends all, the last started first, and reaps them. The error is that of the first that did not end well.
    pub(crate) async fn end(&mut self, terminate: Terminate) -> Result<()> {
        let mut result = Ok(());
        while let Some(server) = self.running.pop() {
            if let Err(error) = server.end(terminate).await {
                result = result.and(Err(error));
            }
        }
        result
    }
}

/// TLS settings of a client that trusts this root, and that begins anew with each connection, as a program does that was
/// just started. What a proxy keeps of its own connections to the upstream is its own affair.
fn fresh(root_pem: &str) -> Result<Arc<rustls::ClientConfig>> {
    let mut config = Arc::unwrap_or_clone(Route::trusting(root_pem)?);
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn config(root: &Path, policy: &Path, upstream: SocketAddr) -> String {
    // JSON strings are TOML basic strings.
    let quoted = |path: &Path| Value::from(path.to_string_lossy()).to_string();
    format!(
        "[proxy]\nlisten = \"127.0.0.1:0\"\n\n[api]\nlisten = \"127.0.0.1:0\"\n\n\
         [upstream]\nextra_ca_files = [{}]\n\n[upstream.resolve]\n\"{HOST}:443\" = \"{upstream}\"\n\n\
         [policy]\nfile = {}\n\n[vault]\nkey_store = \"file\"\n",
        quoted(root),
        quoted(policy)
    )
}

fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}
