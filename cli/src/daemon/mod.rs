//! The daemon: the planes built and handed to the pipeline, Intercept and the local API started, and all of it ended in
//! order.

mod descriptors;
mod models;
mod notices;
mod parts;
mod signals;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use vigil_core::HoldId;
use vigil_core::bus::Outlet;
use vigil_core::message::{AnalysisInput, LifecycleEvent, PolicyInput, Said, SurfaceInput, UserAnswer};
use vigil_decompose::Formats;
use vigil_detect::Ensemble;
use vigil_pipeline::{Clock, Pipeline, Planes, Stages};
use vigil_policy::{Policy, PolicySettings, Profile};
use vigil_proxy::Intercept;

pub(crate) use parts::policy;
pub(crate) use signals::Signals;

use crate::api::{self, Facts, Surface, Token, View};
use crate::client::Ready;
use crate::config::Config;

/// A running daemon.
pub(crate) struct Daemon {
    ready: Ready,
    state_dir: PathBuf,
    pipeline: Pipeline,
    intercept: vigil_proxy::Running,
    api: api::Running,
    view: Arc<View>,
    answers: Answers,
    analysis: Outlet<AnalysisInput>,
    asking: tokio::task::JoinHandle<()>,
}

/// A way to answer holds from within the process.
#[derive(Clone)]
pub(crate) struct Answers {
    policy: Outlet<PolicyInput>,
}

impl Answers {
    /// Answers a hold. An answer to one that is over changes nothing.
    pub(crate) async fn say(&self, id: &str, said: Said) -> anyhow::Result<()> {
        let answer = UserAnswer { id: HoldId::parse(id)?, said, at: crate::clock::steady() };
        Ok(self.policy.say_async(PolicyInput::UserAnswer(answer)).await?)
    }
}

/// How long replies in flight get at shutdown to deliver what was decided.
const DRAIN: Duration = Duration::from_secs(5);

/// The wire formats whose calls are held, for the status.
const FORMATS: &[&str] =
    &["Anthropic Messages", "OpenAI Chat Completions", "OpenAI Responses", "Gemini generateContent"];

impl Daemon {
    /// Starts everything. When it returns, clients can connect.
    pub(crate) async fn start(config: Config, state_dir: PathBuf) -> anyhow::Result<Self> {
        crate::paths::private_directory(&state_dir)?;
        let clock: Arc<Clock> = Arc::new(crate::clock::steady);
        let (compiled, warnings) = policy(&config.policy)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let secrets = crate::secrets::open(&state_dir, config.key_store)?;
        let (vault, store) = vigil_store::Vault::open(parts::vault(&state_dir, Arc::clone(&secrets)))?;
        tracing::info!("record {}: {}", store.state, store.detail);

        let settings = PolicySettings {
            hold_window: config.hold_window,
            grants: crate::grants::load(&state_dir)?,
            now: crate::clock::steady(),
        };
        let strict = compiled.profile_in_force() == Profile::Strict;
        let ensemble = Arc::new(Ensemble::shipped().context("reading the models of this program")?);
        let (keeper, personal) = crate::personal::open(&state_dir, &*secrets)?;
        tracing::info!("models {}, {} agents known", ensemble.name(), personal.agents().count());
        let stages = Arc::new(Stages::default());
        let planes = Planes {
            analysis: models::analysis(ensemble, personal.clone(), Arc::clone(&stages)),
            policy: Box::new(Policy::new(compiled, settings)),
            vault: Box::new(vault),
            stages: Arc::clone(&stages),
        };
        let (pipeline, ends) = Pipeline::start(planes, Arc::clone(&clock))?;
        pipeline.lifecycle(LifecycleEvent { event: "startup", reason: None })?;

        let view = Arc::new(View::new(stages));
        view.hear(&SurfaceInput::Store(store), None);
        let surface = Surface {
            view: Arc::clone(&view),
            analysis: ends.analysis.clone(),
            policy: ends.policy.clone(),
            vault: ends.vault.clone(),
            seals_wanted: Default::default(),
            clock: Arc::clone(&clock),
            state_dir: state_dir.clone(),
        };
        let token = Token::create(&state_dir)?;
        let keep_dir = state_dir.clone();
        let lessons = models::Lessons::new(ends.analysis.clone(), keeper, &personal);
        let notices = notices::NoticeLog::default();
        let keep = move |message: &SurfaceInput| {
            parts::keep(message, &keep_dir);
            match message {
                SurfaceInput::Notice(notice) => notices.hear(notice),
                // Once a minute, and before the end.
                SurfaceInput::Models(_) => notices.tell_unsaid(),
                _ => {}
            }
            lessons.hear(message)
        };
        let api = api::start(config.api_listen, token, surface, ends.surface_inbox, keep).await?;

        let formats = Arc::new(Formats { limit_bytes: config.limits.held_bytes });
        let answers = Answers { policy: ends.policy.clone() };
        let analysis = ends.analysis.clone();
        let port = vigil_proxy::InterceptPort {
            analysis: ends.analysis,
            policy: ends.policy,
            vault: ends.vault,
            surface: ends.surface,
            inbox: ends.intercept_inbox,
        };
        let mut proxy_config = parts::proxy(&config, &state_dir, strict);
        proxy_config.limits.connections = descriptors::provide(proxy_config.limits.connections);
        let intercept = Intercept::start(proxy_config, formats, secrets, port, clock).await?;
        pipeline.lifecycle(LifecycleEvent { event: "protection_on", reason: None })?;

        let ready = Ready {
            ready: true,
            proxy: intercept.proxy_addr.to_string(),
            api: format!("http://{}", api.address),
            ca: intercept.ca_file.clone(),
            pid: std::process::id(),
        };
        view.set_facts(Facts {
            version: env!("CARGO_PKG_VERSION"),
            pid: ready.pid,
            started: crate::clock::steady(),
            proxy: ready.proxy.clone(),
            ca: ready.ca.display().to_string(),
            formats: FORMATS,
        });
        ready.keep(&state_dir)?;
        let asking = tokio::spawn(models::ask_now_and_then(analysis.clone()));
        Ok(Self { ready, state_dir, pipeline, intercept, api, view, answers, analysis, asking })
    }

    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// What the surfaces know.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view)
    }

    /// A way to answer holds from within the process. It must be dropped before [`Self::stop`].
    pub(crate) fn answers(&self) -> Answers {
        self.answers.clone()
    }

    /// Denies what is held, lets Intercept deliver that, seals the record and ends the threads.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Self { ready: _, state_dir, pipeline, intercept, api, view, answers, analysis, asking } = self;
        // Whoever could still speak would keep the planes waiting for it.
        drop(answers);
        Ready::forget(&state_dir);
        let told = pipeline.end_holds();
        intercept.shutdown(DRAIN).await;
        asking.abort();
        // An aborted task says so when it is joined; that is what was asked for.
        let _aborted = asking.await;
        models::last_word(analysis, &view).await;
        drop(view);
        let switched_off = pipeline.lifecycle(LifecycleEvent { event: "protection_off", reason: None });
        api.stop().await;
        let last_words = LifecycleEvent { event: "shutdown", reason: None };
        let finished = tokio::task::spawn_blocking(move || pipeline.finish(last_words))
            .await
            .context("ending the planes")?;
        told?;
        switched_off?;
        finished?;
        Ok(())
    }
}

/// Where the daemon of a state directory keeps the certificate that clients must trust.
pub(crate) fn ca_file(state_dir: &Path) -> PathBuf {
    state_dir.join("ca.pem")
}

#[cfg(test)]
mod tests;
