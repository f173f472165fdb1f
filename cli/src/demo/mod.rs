//! `vigil demo`: a simulated provider, a scripted agent and a real daemon, in one process and a temporary directory.

mod agent;
mod scene;
mod show;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use vigil_bench::sim::{Authority, Simulator, SimulatorOptions};
use vigil_bench::wire::Route;
use vigil_core::Millis;

use crate::args::Demo;
use crate::config::{Config, ConfigFile, KeyStore};
use crate::daemon::Daemon;
use crate::exit::{self, Ended};
use scene::{Person, SCENES};
use show::Show;

const HOSTS: [&str; 3] = ["api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com"];
const PACE: Duration = Duration::from_millis(25);
/// How long a hold waits for a person at the terminal, and how long it waits when there is none.
const WINDOW_ASKED: Millis = Millis(60_000);
const WINDOW_ALONE: Millis = Millis(4_000);

/// Runs the demo. The exit code is 0 when everything went as told, the record verified included.
pub(crate) async fn run(args: &Demo) -> Ended {
    let home = TemporaryDirectory::create()?;
    let person = match args.answer.as_deref() {
        Some("approve") => Person::Approves,
        Some("deny") => Person::Denies,
        Some(_) => Person::Absent,
        None if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() => Person::AtTerminal,
        None => Person::Absent,
    };
    let show = Show::new();
    show.title()?;

    let authority = Authority::generate()?;
    let options = SimulatorOptions { pace: PACE, http2: false };
    let simulator = Simulator::start(&authority, &HOSTS, options).await?;
    let root = home.path.join("simulator-root.pem");
    std::fs::write(&root, authority.root_pem()).context("writing the simulator's certificate")?;
    let window = if person == Person::AtTerminal { WINDOW_ASKED } else { WINDOW_ALONE };
    let config = config(&root, simulator.address, window)?;
    let state_dir = home.path.join("state");
    let daemon = Daemon::start(config, state_dir.clone()).await?;
    show.started(daemon.ready(), &state_dir)?;

    let ca =
        std::fs::read_to_string(&daemon.ready().ca).context("reading the certificate of the local CA")?;
    let proxy: SocketAddr = daemon.ready().proxy.parse()?;
    let trust = Route::trusting(&ca)?;
    let mut as_told = true;
    for (number, scene) in SCENES.iter().enumerate() {
        let route = Route {
            address: proxy,
            through_proxy: true,
            host: scene.host.to_owned(),
            port: 443,
            trust: Arc::clone(&trust),
        };
        show.scene(number + 1, scene)?;
        as_told &= scene.play(&route, &daemon, person, &show).await?;
    }
    if !args.quick {
        show.heading(SCENES.len() + 1, "What it costs", "this machine, just now")?;
        let direct = Route {
            address: simulator.address,
            through_proxy: false,
            host: HOSTS[0].to_owned(),
            port: 443,
            trust: Route::trusting(authority.root_pem())?,
        };
        let vigil = Route {
            address: proxy,
            through_proxy: true,
            host: HOSTS[0].to_owned(),
            port: 443,
            trust: Arc::clone(&trust),
        };
        let table = vigil_bench::quick::table(&authority, &direct, &vigil).await?;
        show.table(&table)?;
    }
    daemon.stop().await?;
    as_told &= record(SCENES.len() + if args.quick { 1 } else { 2 }, &state_dir, &home.path, &show)?;
    show.farewell(as_told)?;
    Ok(if as_told { exit::OK } else { exit::FAILED })
}

/// Exports the record and lets the auditor verify it.
fn record(number: usize, state_dir: &Path, home: &Path, show: &Show) -> anyhow::Result<bool> {
    show.heading(number, "The record", "verified by code that shares nothing with its writer")?;
    let document = home.join("demo.voaf.json");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&document)?);
    let records = crate::archive::export(state_dir, &mut file)?;
    std::io::Write::flush(&mut file)?;
    drop(file);
    let (mut report, mut errors) = (Vec::new(), Vec::new());
    let arguments = [document.into_os_string(), "--require-signed".into()].into_iter();
    let style = vigil_verify::Style::Plain;
    let code =
        vigil_verify::run("vigil verify", arguments, &mut std::io::empty(), &mut report, &mut errors, style);
    show.verified(records, &String::from_utf8_lossy(&report), code)?;
    Ok(code == 0)
}

fn config(root: &Path, simulator: SocketAddr, window: Millis) -> anyhow::Result<Config> {
    let mut config = Config::resolve(&ConfigFile::default(), Path::new("/"))?;
    let free_port = SocketAddr::from(([127, 0, 0, 1], 0));
    config.proxy_listen = free_port;
    config.api_listen = free_port;
    config.extra_ca_files = vec![root.to_owned()];
    config.resolve = HOSTS.iter().map(|&host| ((host.to_owned(), 443), simulator)).collect();
    config.hold_window = window;
    config.key_store = KeyStore::File;
    Ok(config)
}

/// A directory of this run alone, gone when the demo ends.
struct TemporaryDirectory {
    path: std::path::PathBuf,
}

impl TemporaryDirectory {
    fn create() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("vigil-demo-{}", std::process::id()));
        crate::paths::private_directory(&path)?;
        Ok(Self { path })
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // What stays behind is a demo in a temporary place.
        let _left = std::fs::remove_dir_all(&self.path);
    }
}
