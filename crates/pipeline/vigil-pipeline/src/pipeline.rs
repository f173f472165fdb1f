//! The threads of the planes and the queues between them.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracing::{error, warn};
use vigil_core::bus::{Inbox, Outlet, queue};
use vigil_core::message::{
    AnalysisInput, AnalysisOutput, InterceptInput, LifecycleEvent, PolicyInput, PolicyOutput, SurfaceInput,
    VaultInput, VaultOutput,
};
use vigil_core::{Millis, Plane, Timestamp};

use crate::lane::{Fate, Lane, hand};
use crate::stage::{Stage, Stages};

/// Reads the clock of the machine.
pub type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// Makes a fresh Analysis plane: at the start, and after a panic took the old one's state.
pub type AnalysisMaker =
    Box<dyn FnMut() -> Box<dyn Plane<Input = AnalysisInput, Output = AnalysisOutput> + Send> + Send>;

/// The planes, built by the composition root.
pub struct Planes {
    /// Analysis.
    pub analysis: AnalysisMaker,
    /// Policy.
    pub policy: Box<dyn Plane<Input = PolicyInput, Output = PolicyOutput> + Send>,
    /// The Vault.
    pub vault: Box<dyn Plane<Input = VaultInput, Output = VaultOutput> + Send>,
    /// Where it is noted how long they take.
    pub stages: Arc<Stages>,
}

/// The ends of the queues for those who are not threads of the pipeline.
pub struct Ends {
    /// To Analysis. Waits when 64 messages wait: each may hold a captured body.
    pub analysis: Outlet<AnalysisInput>,
    /// To Policy.
    pub policy: Outlet<PolicyInput>,
    /// To the Vault.
    pub vault: Outlet<VaultInput>,
    /// To the surfaces.
    pub surface: Outlet<SurfaceInput>,
    /// What Intercept hears.
    pub intercept_inbox: Inbox<InterceptInput>,
    /// What the surfaces hear.
    pub surface_inbox: Inbox<SurfaceInput>,
}

/// The running planes.
pub struct Pipeline {
    policy: Outlet<PolicyInput>,
    vault: Outlet<VaultInput>,
    clock: Arc<Clock>,
    analysis_thread: JoinHandle<()>,
    policy_thread: JoinHandle<()>,
    vault_thread: JoinHandle<()>,
}

const ANALYSIS_QUEUE: usize = 64;
const POLICY_QUEUE: usize = 1024;
const VAULT_QUEUE: usize = 1024;
const INTERCEPT_QUEUE: usize = 1024;
const SURFACE_QUEUE: usize = 4096;
const POLICY_PAUSE: Millis = Millis(1000);
const VAULT_PAUSE: Millis = Millis(250);
/// What is said at the end of an exchange nobody waits for. While more waits to be handled, so much of it is kept back, so
/// that the next plane is not woken for each.
const GATHERED: usize = 64;

impl Pipeline {
    /// Starts a thread for each plane.
    pub fn start(planes: Planes, clock: Arc<Clock>) -> Result<(Self, Ends), SpawnError> {
        let (analysis, analysis_inbox) = queue(ANALYSIS_QUEUE);
        let (policy, policy_inbox) = queue(POLICY_QUEUE);
        let (vault, vault_inbox) = queue(VAULT_QUEUE);
        let (intercept, intercept_inbox) = queue(INTERCEPT_QUEUE);
        let (surface, surface_inbox) = queue(SURFACE_QUEUE);

        let analysis_thread = {
            let (maker, stages) = (planes.analysis, Arc::clone(&planes.stages));
            let (policy, surface) = (policy.clone(), surface.clone());
            spawn("vigil-analysis", move || run_analysis(maker, &analysis_inbox, &policy, &surface, &stages))?
        };
        let policy_thread = {
            let lane = Lane::new(policy_inbox, Arc::clone(&clock), POLICY_PAUSE);
            let (plane, stages) = (planes.policy, Arc::clone(&planes.stages));
            let (vault, surface) = (vault.clone(), surface.clone());
            spawn("vigil-policy", move || run_policy(plane, lane, &vault, &surface, &stages))?
        };
        let vault_thread = {
            let lane = Lane::new(vault_inbox, Arc::clone(&clock), VAULT_PAUSE);
            let (plane, surface, clock) = (planes.vault, surface.clone(), Arc::clone(&clock));
            let stages = planes.stages;
            spawn("vigil-vault", move || run_vault(plane, lane, &intercept, &surface, &stages, &*clock))?
        };
        let ends = Ends {
            analysis,
            policy: policy.clone(),
            vault: vault.clone(),
            surface,
            intercept_inbox,
            surface_inbox,
        };
        Ok((Self { policy, vault, clock, analysis_thread, policy_thread, vault_thread }, ends))
    }

    /// Says to the Vault what happened to Vigil itself.
    pub fn lifecycle(&self, event: LifecycleEvent) -> Result<(), ShutdownError> {
        self.vault.say(VaultInput::Lifecycle(event)).map_err(|_| ShutdownError::Gone("vault"))
    }

    /// Ends all holds and lets no new one begin. Call it first, then let Intercept deliver the denials and end, then
    /// [`Self::finish`].
    pub fn end_holds(&self) -> Result<(), ShutdownError> {
        let now = (self.clock)();
        self.policy.say(PolicyInput::Shutdown(now)).map_err(|_| ShutdownError::Gone("policy"))
    }

    /// Lets the planes handle what still waits, records the shutdown, seals the chain and ends the threads.
    ///
    /// Intercept and the surfaces must have let go of their [`Ends`] before; a speaker that stays would keep the planes
    /// waiting for it.
    pub fn finish(self, last_words: LifecycleEvent) -> Result<(), ShutdownError> {
        let Self { policy, vault, clock, analysis_thread, policy_thread, vault_thread } = self;
        analysis_thread.join().map_err(|_| ShutdownError::Panicked("analysis"))?;
        // Analysis has said its last word: what Policy still waits for will not come.
        let never = clock() + vigil_core::budget::ANALYSIS_DEADLINE + Millis(1);
        let told = policy.say(PolicyInput::Tick(never));
        drop(policy);
        policy_thread.join().map_err(|_| ShutdownError::Panicked("policy"))?;
        let sealed = vault.say(VaultInput::Lifecycle(last_words)).and_then(|()| vault.say(VaultInput::Seal));
        drop(vault);
        vault_thread.join().map_err(|_| ShutdownError::Panicked("vault"))?;
        told.map_err(|_| ShutdownError::Gone("policy"))?;
        sealed.map_err(|_| ShutdownError::Gone("vault"))
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, SpawnError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        // The shell parser recurses to a bounded depth that the default of 2 MiB does not leave room for.
        .stack_size(16 << 20)
        .spawn(run)
        .map_err(SpawnError)
}

fn run_analysis(
    mut make: AnalysisMaker,
    inbox: &Inbox<AnalysisInput>,
    policy: &Outlet<PolicyInput>,
    surface: &Outlet<SurfaceInput>,
    stages: &Stages,
) {
    let mut plane = make();
    let mut ends = Vec::new();
    let say = |message| {
        if policy.say(message).is_err() {
            warn!("policy is gone; what analysis found is lost and no call is released");
        }
    };
    while let Some(input) = inbox.hear() {
        let stage = match &input {
            AnalysisInput::Request(_) => Some(Stage::Read),
            AnalysisInput::Call(_) => Some(Stage::Decompose),
            _ => None,
        };
        let began = Instant::now();
        let fate = hand(&mut *plane, input, &mut |output| match output {
            AnalysisOutput::Decomposed(decomposed) => say(PolicyInput::Decomposed(decomposed)),
            AnalysisOutput::Classified(classified) => ends.push(PolicyInput::Classified(classified)),
            AnalysisOutput::Models(models) => {
                let _ended = surface.say(SurfaceInput::Models(models));
            }
        });
        match stage {
            Some(Stage::Decompose) => stages.note_analysis(began.elapsed()),
            Some(stage) => stages.note(stage, began.elapsed()),
            None => {}
        }
        if ends.len() >= GATHERED || inbox.is_empty() {
            ends.drain(..).for_each(say);
        }
        if fate == Fate::Panicked {
            error!("analysis failed on a message and starts afresh; its calls are decided by rules alone");
            plane = make();
        }
    }
}

fn run_policy(
    mut plane: Box<dyn Plane<Input = PolicyInput, Output = PolicyOutput> + Send>,
    mut lane: Lane<PolicyInput>,
    vault: &Outlet<VaultInput>,
    surface: &Outlet<SurfaceInput>,
    stages: &Stages,
) {
    let mut ends = Vec::new();
    while let Some(input) = lane.next(plane.next_deadline(), PolicyInput::Tick) {
        let is_of_call = matches!(input, PolicyInput::Call(_) | PolicyInput::Decomposed(_));
        let began = Instant::now();
        let fate = hand(&mut *plane, input, &mut |output| {
            if is_of_call && matches!(output, PolicyOutput::Decision(_) | PolicyOutput::HoldOpened(_)) {
                stages.note(Stage::Decide, began.elapsed());
            }
            let said = match output {
                PolicyOutput::Decision(decision) => vault.say(VaultInput::Decision(decision)),
                PolicyOutput::Exchange(exchange) => {
                    ends.push(exchange);
                    Ok(())
                }
                PolicyOutput::HoldOpened(hold) => surface.say(SurfaceInput::HoldOpened(hold)),
                PolicyOutput::HoldClosed(closed) => surface.say(SurfaceInput::HoldClosed(closed)),
                PolicyOutput::Granted(grant) => surface.say(SurfaceInput::Granted(grant)),
                PolicyOutput::InForce(policy) => surface.say(SurfaceInput::InForce(policy)),
            };
            if said.is_err() {
                warn!("the hearer of a policy message is gone; its call is not released");
            }
        });
        // Also after a panic: what was said before it counts.
        if ends.len() >= GATHERED || lane.is_empty() || fate == Fate::Panicked {
            let told = match ends.len() {
                0 => Ok(()),
                _ => vault.say(VaultInput::Exchanges(std::mem::take(&mut ends))),
            };
            if told.is_err() {
                warn!("the vault is gone; an exchange has no record");
            }
        }
        if fate == Fate::Panicked {
            error!("policy failed on a message and ends; no call is released until vigil is started again");
            return;
        }
    }
}

fn run_vault(
    mut plane: Box<dyn Plane<Input = VaultInput, Output = VaultOutput> + Send>,
    mut lane: Lane<VaultInput>,
    intercept: &Outlet<InterceptInput>,
    surface: &Outlet<SurfaceInput>,
    stages: &Stages,
    clock: &Clock,
) {
    while let Some(input) = lane.next(plane.next_deadline(), VaultInput::Tick) {
        let began = Instant::now();
        let fate = hand(&mut *plane, input, &mut |output| match output {
            VaultOutput::Recorded(recorded) => {
                stages.note(Stage::Record, began.elapsed());
                if recorded.decision.held == Millis(0) {
                    let micros = clock().micros.saturating_sub(recorded.decision.captured.at.micros);
                    stages.note(Stage::Call, Duration::from_micros(micros.unsigned_abs()));
                }
                // Intercept first: somebody waits for it. When Intercept has ended there is nobody to tell.
                let _ended = intercept.say(InterceptInput::Recorded(recorded.clone()));
                let _ended = surface.say(SurfaceInput::Recorded(recorded));
            }
            VaultOutput::Unrecorded(unrecorded) => {
                let _ended = intercept.say(InterceptInput::Unrecorded(unrecorded.clone()));
                let _ended = surface.say(SurfaceInput::Unrecorded(unrecorded));
            }
            VaultOutput::Store(state) => {
                let _ended = surface.say(SurfaceInput::Store(state));
            }
        });
        if fate == Fate::Panicked {
            error!(
                "the vault failed on a message and ends; no call is released until vigil is started again"
            );
            return;
        }
    }
}

/// The machine gave no thread.
#[derive(Debug, thiserror::Error)]
#[error("no thread could be started")]
pub struct SpawnError(#[source] std::io::Error);

/// Why the planes did not end in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// A plane had ended before.
    #[error("{0} had ended before; see the log for why")]
    Gone(&'static str),
    /// A plane's thread panicked outside the plane.
    #[error("the thread of {0} failed")]
    Panicked(&'static str),
}
