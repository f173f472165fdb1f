//! The real command, end to end: daemon, agents and simulated providers over real sockets.
//!
//! `VIGIL_BIN` names another binary to test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod clock;
mod disk;
mod gate;
mod grants;
mod models;
mod places;
mod replay;
mod scan;
mod shutdown;
mod silence;
mod stores;
mod transcripts;
mod trust;

use std::path::PathBuf;

use vigil_e2e::{Agent, Api, Daemon, Home, Providers, Settings};

/// The command under test.
fn vigil() -> PathBuf {
    std::env::var_os("VIGIL_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_vigil")), PathBuf::from)
}

/// Everything a test needs: a daemon of a fresh installation, and simulated providers.
struct Stage {
    _providers: Providers,
    home: Home,
    daemon: Daemon,
    api: Api,
    agent: Agent,
}

impl Stage {
    async fn set(settings: Settings) -> Self {
        let providers = Providers::start().await.unwrap();
        let home = Home::new(&vigil(), Some(&providers), &settings).unwrap();
        let daemon = home.start().unwrap();
        let api = home.api(&daemon).unwrap();
        let agent = Agent::of(&daemon).unwrap();
        Self { _providers: providers, home, daemon, api, agent }
    }

    /// Ends the daemon and starts it again on the same state.
    fn restart(self) -> Self {
        let Self { _providers, home, daemon, .. } = self;
        let ended = daemon.stop().unwrap();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let daemon = home.start().unwrap();
        let api = home.api(&daemon).unwrap();
        let agent = Agent::of(&daemon).unwrap();
        Self { _providers, home, daemon, api, agent }
    }
}

/// The id of a hold.
fn id_of(hold: &serde_json::Value) -> String {
    hold["id"].as_str().unwrap().to_owned()
}
