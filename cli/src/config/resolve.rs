//! What a config file means: nothing optional, nothing left to check.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vigil_core::Millis;
use vigil_core::wire::ProviderFormat;
use vigil_proxy::Limits;

use super::ConfigFile;
use crate::exit::UsageError;

/// The configuration of a daemon.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) proxy_listen: SocketAddr,
    pub(crate) api_listen: SocketAddr,
    pub(crate) extra_ca_files: Vec<PathBuf>,
    pub(crate) crl_files: Vec<PathBuf>,
    pub(crate) resolve: Vec<Override>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) policy: PolicyChoice,
    pub(crate) hold_window: Millis,
    pub(crate) keep_alive: Duration,
    pub(crate) limits: Limits,
    pub(crate) key_store: KeyStore,
}

/// A host and port, and where a connection to it goes instead of where the resolver says.
pub(crate) type Override = ((String, u16), SocketAddr);

/// A provider that the user added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) format: ProviderFormat,
    /// Its token on record, when the user chose one.
    pub(crate) name: Option<String>,
}

/// Where the policy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyChoice {
    File(PathBuf),
    /// `observe`, `balanced` or `strict`.
    Profile(String),
}

/// Where keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStore {
    /// The system key store where one answers, else files.
    Auto,
    System,
    File,
}

impl Config {
    /// Checks every value. `base` is the directory that relative paths of the file start from.
    pub(crate) fn resolve(file: &ConfigFile, base: &Path) -> Result<Self, UsageError> {
        if file.vault.store_content == Some(true) {
            return Err(wrong(
                "vault.store_content",
                "`true`",
                "content is never stored by this version; leave it out",
            ));
        }
        Ok(Self {
            proxy_listen: listen("proxy.listen", file.proxy.listen.as_deref(), "127.0.0.1:8790")?,
            api_listen: listen("api.listen", file.api.listen.as_deref(), "127.0.0.1:8791")?,
            extra_ca_files: paths(&file.upstream.extra_ca_files, base),
            crl_files: paths(&file.upstream.crl_files, base),
            resolve: overrides(file)?,
            providers: providers(file)?,
            policy: policy(file, base)?,
            hold_window: Millis(
                within("hold.window_seconds", file.hold.window_seconds, 30, 1..=3600)? * 1000,
            ),
            keep_alive: seconds("hold.keep_alive_seconds", file.hold.keep_alive_seconds, 5, 1..=600)?,
            limits: limits(file)?,
            key_store: match file.vault.key_store.as_deref() {
                None | Some("auto") => KeyStore::Auto,
                Some("system") => KeyStore::System,
                Some("file") => KeyStore::File,
                Some(other) => {
                    return Err(wrong(
                        "vault.key_store",
                        &format!("`{other}`"),
                        "use `auto`, `system` or `file`",
                    ));
                }
            },
        })
    }
}

fn wrong(key: &str, value: &str, fix: &str) -> UsageError {
    UsageError(format!("config key `{key}` is {value}: {fix}"))
}

fn listen(key: &str, text: Option<&str>, default: &str) -> Result<SocketAddr, UsageError> {
    let text = text.unwrap_or(default);
    let address: SocketAddr = text
        .parse()
        .map_err(|_| wrong(key, &format!("`{text}`"), "write an address and a port, as `127.0.0.1:8790`"))?;
    if !address.ip().is_loopback() {
        return Err(wrong(
            key,
            &format!("`{text}`"),
            "vigil listens on loopback only; use `127.0.0.1` or `[::1]`",
        ));
    }
    Ok(address)
}

fn within(
    key: &str,
    value: Option<u64>,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, UsageError> {
    match value {
        None => Ok(default),
        Some(value) if range.contains(&value) => Ok(value),
        Some(value) => {
            let fix = format!("use a number from {} to {}", range.start(), range.end());
            Err(wrong(key, &format!("`{value}`"), &fix))
        }
    }
}

fn seconds(
    key: &str,
    value: Option<u64>,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Duration, UsageError> {
    within(key, value, default, range).map(Duration::from_secs)
}

fn paths(texts: &[String], base: &Path) -> Vec<PathBuf> {
    texts.iter().map(|text| base.join(text)).collect()
}

fn overrides(file: &ConfigFile) -> Result<Vec<Override>, UsageError> {
    let entry = |(from, to): (&String, &String)| {
        let key = format!("upstream.resolve.\"{from}\"");
        let place = host_and_port(from, None)
            .ok_or_else(|| wrong(&key, &format!("`{to}`"), "write the key as `host:port`"))?;
        let address = to.parse().map_err(|_| {
            wrong(&key, &format!("`{to}`"), "write an address and a port, as `127.0.0.1:443`")
        })?;
        Ok((place, address))
    };
    file.upstream.resolve.iter().map(entry).collect()
}

fn providers(file: &ConfigFile) -> Result<Vec<Provider>, UsageError> {
    let entry = |entry: &super::file::ProviderEntry| {
        let (host, port) = host_and_port(&entry.host, Some(443)).ok_or_else(|| {
            wrong(
                "providers.host",
                &format!("`{}`", entry.host),
                "write a host name and a port, as `llm.example.com:443`",
            )
        })?;
        let format = ProviderFormat::parse(&entry.format).ok_or_else(|| {
            let valid: Vec<_> = ProviderFormat::ALL.iter().map(|format| format.token()).collect();
            wrong(
                "providers.format",
                &format!("`{}`", entry.format),
                &format!("use one of {}", valid.join(", ")),
            )
        })?;
        if let Some(name) = entry.name.as_ref().filter(|name| !is_provider_token(name)) {
            return Err(wrong(
                "providers.name",
                &format!("`{name}`"),
                "use 1 to 32 characters a-z, 0-9 and -, not - first",
            ));
        }
        Ok(Provider { host, port, format, name: entry.name.clone() })
    };
    file.providers.iter().map(entry).collect()
}

/// Splits `host:port`, `[v6]:port` or, with a default port, `host`. The host comes back in lower case.
pub(crate) fn host_and_port(text: &str, default_port: Option<u16>) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.starts_with('[') => (host, Some(port)),
        _ => (text, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let port = match port {
        Some(port) => port.parse().ok().filter(|&port| port != 0)?,
        None => default_port?,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    (!host.is_empty() && host.len() <= 253 && host.chars().all(fits)).then_some((host, port))
}

fn is_provider_token(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('-')
}

fn policy(file: &ConfigFile, base: &Path) -> Result<PolicyChoice, UsageError> {
    match (&file.policy.file, file.policy.profile.as_deref()) {
        (Some(_), Some(_)) => {
            let fix = "set one of them; a policy file names its own profile";
            Err(wrong("policy", "both `file` and `profile`", fix))
        }
        (Some(path), None) => Ok(PolicyChoice::File(base.join(path))),
        (None, Some(profile @ ("observe" | "balanced" | "strict"))) => {
            Ok(PolicyChoice::Profile(profile.to_owned()))
        }
        (None, Some(other)) => {
            Err(wrong("policy.profile", &format!("`{other}`"), "use `observe`, `balanced` or `strict`"))
        }
        (None, None) => Ok(PolicyChoice::Profile("balanced".to_owned())),
    }
}

fn limits(file: &ConfigFile) -> Result<Limits, UsageError> {
    const GIB: u64 = 1 << 30;
    let section = &file.limits;
    let size = |key: &str, value, default: usize, range| {
        let value = within(&format!("limits.{key}"), value, default as u64, range)?;
        Ok(usize::try_from(value).unwrap_or(usize::MAX))
    };
    let time = |key: &str, value, default: Duration| {
        seconds(&format!("limits.{key}"), value, default.as_secs(), 1..=86_400)
    };
    let default = Limits::default();
    Ok(Limits {
        header_bytes: size("header_bytes", section.header_bytes, default.header_bytes, 4096..=4 << 20)?,
        body_capture_bytes: size(
            "body_capture_bytes",
            section.body_capture_bytes,
            default.body_capture_bytes,
            4096..=GIB,
        )?,
        held_bytes: size("held_bytes", section.held_bytes, default.held_bytes, 4096..=GIB)?,
        decoded_bytes: within(
            "limits.decoded_bytes",
            section.decoded_bytes,
            default.decoded_bytes,
            4096..=64 * GIB,
        )?,
        decompression_ratio: within(
            "limits.decompression_ratio",
            section.decompression_ratio,
            default.decompression_ratio,
            10..=100_000,
        )?,
        connections: size("connections", section.connections, default.connections, 1..=65_536)?,
        handshake: time("handshake_seconds", section.handshake_seconds, default.handshake)?,
        connect: time("connect_seconds", section.connect_seconds, default.connect)?,
        idle: time("idle_seconds", section.idle_seconds, default.idle)?,
        stall: time("stall_seconds", section.stall_seconds, default.stall)?,
        tunnel_idle: time("tunnel_idle_seconds", section.tunnel_idle_seconds, default.tunnel_idle)?,
    })
}

impl Config {
    /// Every key with its value, as a config file.
    pub(crate) fn to_toml(&self) -> String {
        use std::fmt::Write as _;
        let mut out = String::new();
        let list = |paths: &[PathBuf]| {
            paths.iter().map(|path| quoted(&path.display().to_string())).collect::<Vec<_>>().join(", ")
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "[proxy]\nlisten = {}\n", quoted(&self.proxy_listen.to_string()));
        let _ = writeln!(out, "[api]\nlisten = {}\n", quoted(&self.api_listen.to_string()));
        let _ = writeln!(
            out,
            "[upstream]\nextra_ca_files = [{}]\ncrl_files = [{}]\n",
            list(&self.extra_ca_files),
            list(&self.crl_files)
        );
        let _ = writeln!(out, "[upstream.resolve]");
        for ((host, port), address) in &self.resolve {
            let _ = writeln!(out, "{} = {}", quoted(&format!("{host}:{port}")), quoted(&address.to_string()));
        }
        for provider in &self.providers {
            let place = quoted(&format!("{}:{}", provider.host, provider.port));
            let _ = writeln!(
                out,
                "\n[[providers]]\nhost = {place}\nformat = {}",
                quoted(provider.format.token())
            );
            if let Some(name) = &provider.name {
                let _ = writeln!(out, "name = {}", quoted(name));
            }
        }
        let policy = match &self.policy {
            PolicyChoice::File(path) => format!("file = {}", quoted(&path.display().to_string())),
            PolicyChoice::Profile(profile) => format!("profile = {}", quoted(profile)),
        };
        let _ = writeln!(out, "\n[policy]\n{policy}\n");
        let _ = writeln!(
            out,
            "[hold]\nwindow_seconds = {}\nkeep_alive_seconds = {}\n",
            self.hold_window.0 / 1000,
            self.keep_alive.as_secs()
        );
        let limits = &self.limits;
        let _ = writeln!(
            out,
            "[limits]\nheader_bytes = {}\nbody_capture_bytes = {}\nheld_bytes = {}\ndecoded_bytes = {}\n\
             decompression_ratio = {}\nconnections = {}\nhandshake_seconds = {}\nconnect_seconds = {}\n\
             idle_seconds = {}\nstall_seconds = {}\ntunnel_idle_seconds = {}\n",
            limits.header_bytes,
            limits.body_capture_bytes,
            limits.held_bytes,
            limits.decoded_bytes,
            limits.decompression_ratio,
            limits.connections,
            limits.handshake.as_secs(),
            limits.connect.as_secs(),
            limits.idle.as_secs(),
            limits.stall.as_secs(),
            limits.tunnel_idle.as_secs(),
        );
        let key_store = match self.key_store {
            KeyStore::Auto => "auto",
            KeyStore::System => "system",
            KeyStore::File => "file",
        };
        let _ = writeln!(out, "[vault]\nstore_content = false\nkey_store = {}", quoted(key_store));
        out
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<Config, UsageError> {
        Config::resolve(&super::super::parse(text, Path::new("vigil.toml"))?, Path::new("/etc/vigil"))
    }

    #[track_caller]
    fn refuses(text: &str, telling: &str) {
        let told = resolved(text).unwrap_err().0;
        assert!(told.contains(telling), "{told}");
    }

    #[test]
    fn an_empty_file_means_the_default_file() {
        let (empty, full) = (resolved("").unwrap(), resolved(super::super::DEFAULT).unwrap());
        assert_eq!(format!("{empty:?}"), format!("{full:?}"));
    }

    #[test]
    fn what_is_shown_means_the_same() {
        let config = resolved(
            "[upstream]\nextra_ca_files = [\"a \\\"b.pem\"]\n[upstream.resolve]\n\"h:443\" = \"127.0.0.1:9\"\n\
             [[providers]]\nhost = \"h\"\nformat = \"gemini\"\nname = \"mine\"\n[policy]\nfile = \"p.toml\"\n",
        )
        .unwrap();
        assert_eq!(format!("{:?}", resolved(&config.to_toml()).unwrap()), format!("{config:?}"));
    }

    #[test]
    fn paths_start_from_the_file() {
        let config = resolved("[upstream]\nextra_ca_files = [\"ca.pem\", \"/abs.pem\"]").unwrap();
        assert_eq!(config.extra_ca_files, [Path::new("/etc/vigil/ca.pem"), Path::new("/abs.pem")]);
    }

    #[test]
    fn refuses_to_listen_beyond_loopback() {
        refuses("[proxy]\nlisten = \"0.0.0.0:8790\"", "loopback only");
    }

    #[test]
    fn refuses_a_zero_window() {
        refuses("[hold]\nwindow_seconds = 0", "from 1 to 3600");
    }

    #[test]
    fn refuses_a_format_nobody_speaks() {
        refuses(
            "[[providers]]\nhost = \"a.example\"\nformat = \"soap\"",
            "use one of anthropic, openai-chat",
        );
    }

    #[test]
    fn refuses_two_sources_of_policy() {
        refuses("[policy]\nfile = \"p.toml\"\nprofile = \"strict\"", "set one of them");
    }

    #[test]
    fn a_provider_has_a_host_and_a_port() {
        let config = resolved("[[providers]]\nhost = \"API.Foo-Bar.ai:8443\"\nformat = \"openai\"").unwrap();
        assert_eq!((config.providers[0].host.as_str(), config.providers[0].port), ("api.foo-bar.ai", 8443));
    }
}
