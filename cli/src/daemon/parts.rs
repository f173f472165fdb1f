//! What the configuration means to each plane.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vigil_core::SecretStore;
use vigil_core::message::SurfaceInput;
use vigil_policy::{CompiledPolicy, PolicySource, Profile, Warning};
use vigil_proxy::providers::{Provider, Providers};
use vigil_proxy::{ProxyConfig, UnknownFormat};
use vigil_store::VaultConfig;

use crate::config::{Config, PolicyChoice};
use crate::exit::UsageError;

/// Loads the policy that a configuration names.
pub(crate) fn policy(choice: &PolicyChoice) -> anyhow::Result<(CompiledPolicy, Vec<Warning>)> {
    match choice {
        PolicyChoice::Profile(name) => {
            let profile =
                Profile::parse(name).ok_or_else(|| UsageError(format!("no profile is named `{name}`")))?;
            Ok((CompiledPolicy::profile(profile), Vec::new()))
        }
        PolicyChoice::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                UsageError(format!("policy file `{}` cannot be read: {error}", path.display()))
            })?;
            PolicySource::parse(&text, &path.display().to_string())
                .map_err(|error| UsageError(error.to_string()).into())
        }
    }
}

/// What Intercept is told. `strict` says whether replies in unknown formats are refused.
pub(crate) fn proxy(config: &Config, state_dir: &Path, strict: bool) -> ProxyConfig {
    let mut providers = Providers::built_in();
    for entry in &config.providers {
        let mut provider = Provider::named(&entry.host, entry.port, entry.format);
        if let Some(name) = &entry.name {
            provider.token.clone_from(name);
        }
        providers.add(provider);
    }
    ProxyConfig {
        listen: config.proxy_listen,
        providers,
        resolve: config.resolve.iter().cloned().collect(),
        extra_ca_files: config.extra_ca_files.clone(),
        crl_files: config.crl_files.clone(),
        unknown_format: if strict { UnknownFormat::Refuse } else { UnknownFormat::Pass },
        keep_alive: config.keep_alive,
        // Policy denies when the window is over; what is later than that is a fault.
        decision_patience: Duration::from_millis(config.hold_window.0) + Duration::from_secs(10),
        limits: config.limits,
        ..ProxyConfig::new(state_dir.to_owned())
    }
}

/// What the Vault is told.
pub(crate) fn vault(state_dir: &Path, secrets: Arc<dyn SecretStore>) -> VaultConfig {
    VaultConfig {
        dir: state_dir.to_owned(),
        secrets,
        clock: crate::clock::steady,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Logs what a person at the terminal should know, and keeps grants.
pub(crate) fn keep(message: &SurfaceInput, state_dir: &Path) {
    match message {
        SurfaceInput::HoldOpened(hold) => tracing::warn!(
            "held: {} asks for `{}` ({}: {}); vigil approve|deny {}",
            hold.captured.head.agent,
            crate::command::table::short(&hold.captured.call.name, 60),
            hold.rule,
            hold.reason,
            hold.id
        ),
        SurfaceInput::HoldClosed(closed) => tracing::info!("hold over: {}", closed.ruling.decision()),
        SurfaceInput::Granted(grant) => {
            if let Err(error) = crate::grants::append(state_dir, grant) {
                tracing::error!("the grant holds until vigil ends, and could not be kept: {error:#}");
            }
        }
        SurfaceInput::InForce(policy) => tracing::info!("policy in force: {}", policy.version),
        SurfaceInput::Unrecorded(unrecorded) => {
            tracing::error!("not recorded, not released: {}", unrecorded.reason)
        }
        SurfaceInput::Store(store) if !store.writable => {
            tracing::error!("records cannot be written, no call is released: {}", store.detail);
        }
        SurfaceInput::Store(store) => tracing::debug!("record {}: {}", store.state, store.detail),
        SurfaceInput::Notice(_) | SurfaceInput::Recorded(_) | SurfaceInput::Models(_) => {}
    }
}
