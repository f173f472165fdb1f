//! An installation in a temporary directory: config, policy, state, and the command run against it.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::{Api, Daemon, Document, HOSTS, Providers};

/// What a test chooses of the config.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the proxy listens.
    pub proxy_listen: &'static str,
    /// How long a hold lasts.
    pub window_seconds: u64,
    /// The policy file's text.
    pub policy: String,
    /// Further `"host:port" = "ip:port"` entries.
    pub resolve: Vec<(String, SocketAddr)>,
    /// Further lines at the end of the config.
    pub more: String,
}

impl Default for Settings {
    fn default() -> Self {
        let policy = "profile = \"balanced\"\n\n[[rule]]\nid = \"no-mkfs\"\neffect = \"block\"\n\
                      reason = \"nobody makes file systems here\"\nwhen = { verb = \"delete\", path = \"/dev/**\" }\n";
        Self {
            proxy_listen: "127.0.0.1:0",
            window_seconds: 30,
            policy: policy.to_owned(),
            resolve: Vec::new(),
            more: String::new(),
        }
    }
}

/// An installation.
pub struct Home {
    directory: TempDir,
    /// The command under test.
    pub vigil: PathBuf,
    /// The state directory.
    pub state: PathBuf,
    /// The config file.
    pub config: PathBuf,
    /// Variables that every command gets beside those of its home.
    pub variables: Vec<(&'static str, OsString)>,
}

/// What a command said.
#[derive(Clone, Debug)]
pub struct Told {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Home {
    /// Writes config and policy for these providers into a fresh directory. The daemon is not started.
    pub fn new(vigil: &Path, providers: Option<&Providers>, settings: &Settings) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("vigil-e2e-").tempdir()?;
        let place = directory.path();
        std::fs::write(place.join("policy.toml"), &settings.policy)?;
        let mut text =
            format!("[proxy]\nlisten = \"{}\"\n\n[api]\nlisten = \"127.0.0.1:0\"\n\n", settings.proxy_listen);
        text.push_str("[upstream]\n");
        if let Some(providers) = providers {
            std::fs::write(place.join("providers.pem"), providers.authority.root_pem())?;
            text.push_str("extra_ca_files = [\"providers.pem\"]\n");
        }
        text.push_str("[upstream.resolve]\n");
        for host in HOSTS {
            if let Some(providers) = providers {
                writeln!(text, "\"{host}:443\" = \"{}\"", providers.simulator.address)?;
            }
        }
        for (name, address) in &settings.resolve {
            writeln!(text, "\"{name}\" = \"{address}\"")?;
        }
        writeln!(
            text,
            "\n[policy]\nfile = \"policy.toml\"\n\n[hold]\nwindow_seconds = {}",
            settings.window_seconds
        )?;
        writeln!(text, "\n[vault]\nkey_store = \"file\"\n\n{}", settings.more)?;
        let config = place.join("vigil.toml");
        std::fs::write(&config, text)?;
        Ok(Self {
            state: place.join("state"),
            config,
            vigil: vigil.to_owned(),
            variables: Vec::new(),
            directory,
        })
    }

    /// The directory of config and policy.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Starts `vigil up` and waits until it is ready.
    pub fn start(&self) -> Result<Daemon> {
        Daemon::start(self)
    }

    /// A `vigil` command in the surroundings of this home: no config, state or terminal of the user is seen.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(&self.vigil);
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", "/usr/bin:/bin")
            .env("VIGIL_STATE_DIR", &self.state)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs a `vigil` command to its end.
    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Told> {
        let output = self.command(arguments).output().context("running vigil")?;
        Ok(Told {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The local API of the running daemon.
    pub fn api(&self, daemon: &Daemon) -> Result<Api> {
        Api::open(&self.state, &daemon.api)
    }

    /// Exports the record, lets the auditor verify it, and reads it. An error when either of them is not content.
    pub fn verified_document(&self) -> Result<Document> {
        let path = self.path().join("export.json");
        let exported = self.run([OsStr::new("export"), OsStr::new("--out"), path.as_os_str()])?;
        anyhow::ensure!(exported.code == 0, "the export failed: {exported:?}");
        let verified = self.run([OsStr::new("verify"), OsStr::new("--require-signed"), path.as_os_str()])?;
        anyhow::ensure!(verified.code == 0, "the record does not verify: {verified:?}");
        Document::read(&path)
    }
}
