//! The inboxes: for each plane the closed list of what it can hear, and of what it can say. A new variant is a design
//! change and goes into `docs/spec/bus.md`.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{
    CallCaptured, CallEnded, Classified, ClientGone, Decision, Decomposed, Ended, ExchangeDecided,
    ExchangeFinished, Grant, HoldClosed, HoldOpened, LifecycleEvent, ModelsState, Notice, PolicyInForce,
    Recorded, ReleaseFailed, RequestCaptured, StoreState, Unrecorded, UserAnswer,
};
use crate::Timestamp;

/// Everything the Analysis plane can hear.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalysisInput {
    /// Intercept says: this is what the client sent.
    Request(Arc<RequestCaptured>),
    /// Intercept says: the reply asks for this call.
    Call(Arc<CallCaptured>),
    /// Intercept says: the exchange is over.
    Finished(Arc<ExchangeFinished>),
    /// Intercept says: these exchanges are over. One message tells of those that ended at about the same time.
    Ended(Vec<Ended>),
    /// A surface says: this call was decided so. Models learn from what was allowed.
    CallEnded(CallEnded),
    /// A surface asks: say how the models are, so that what they learned can be kept.
    Models,
    /// A surface says: the user wants this agent forgotten, or all of them.
    Forget(Option<String>),
}

/// Everything the Analysis plane can say.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalysisOutput {
    /// To Policy: what a call would do.
    Decomposed(Decomposed),
    /// To Policy: what the exchange was.
    Classified(Arc<Classified>),
    /// To the surfaces, which keep it: how the models are.
    Models(Arc<ModelsState>),
}

/// Everything the Policy plane can hear.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyInput {
    /// Intercept says: a call waits. Its answer is due, with or without Analysis.
    Call(Arc<CallCaptured>),
    /// Intercept says: the exchange is over.
    Finished(Arc<ExchangeFinished>),
    /// Intercept says: these exchanges are over. One message tells of those that ended at about the same time.
    Ended(Vec<Arc<ExchangeFinished>>),
    /// Intercept says: nobody is there any more to get the calls of this exchange.
    ClientGone(ClientGone),
    /// Analysis says: what a call would do.
    Decomposed(Decomposed),
    /// Analysis says: what the exchange was.
    Classified(Arc<Classified>),
    /// A surface says: what the user answered to a hold.
    UserAnswer(UserAnswer),
    /// The pipeline says: it is now this late. Holds that are over end, calls that Analysis owes are decided without it.
    Tick(Timestamp),
    /// The pipeline says: Vigil is shutting down. All holds end, and no new one begins.
    Shutdown(Timestamp),
}

/// Everything the Policy plane can say.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyOutput {
    /// To Vault, and from there, once it is recorded, to Intercept: how the question about a call ended.
    Decision(Arc<Decision>),
    /// To Vault: an exchange with all that was decided about it.
    Exchange(Arc<ExchangeDecided>),
    /// To the surfaces: a call is held.
    HoldOpened(Arc<HoldOpened>),
    /// To the surfaces: a hold is over.
    HoldClosed(HoldClosed),
    /// To the surfaces, which keep it: the user allowed calls like this one from now on.
    Granted(Grant),
    /// To the surfaces: the policy in force, at the start and after each change.
    InForce(PolicyInForce),
}

/// Everything the Vault can hear.
#[derive(Clone, Debug, PartialEq)]
pub enum VaultInput {
    /// Policy says: how the question about a call ended.
    Decision(Arc<Decision>),
    /// Policy says: these exchanges are complete. One message tells of those that nobody waits for.
    Exchanges(Vec<Arc<ExchangeDecided>>),
    /// Intercept says: a release failed before its first byte was accepted.
    ReleaseFailed(ReleaseFailed),
    /// The pipeline says: what happened to Vigil itself.
    Lifecycle(LifecycleEvent),
    /// The pipeline says: it is now this late. Time for a checkpoint, perhaps.
    Tick(Timestamp),
    /// A surface says: what is recorded so far is wanted sealed, checkpointed and anchored. Recording goes on meanwhile. The
    /// number is the surface's own, one higher each time.
    SealWanted(u64),
    /// The pipeline says: nothing more comes. Seal everything, sign a checkpoint, move the anchor.
    Seal,
}

/// Everything the Vault can say.
#[derive(Clone, Debug, PartialEq)]
pub enum VaultOutput {
    /// To Intercept and the surfaces: a decision is in the journal.
    Recorded(Recorded),
    /// To Intercept and the surfaces: a decision could not be recorded; its call must not be released.
    Unrecorded(Unrecorded),
    /// To the surfaces: the state of the store, at the start and after each change.
    Store(StoreState),
}

/// Everything Intercept can hear.
#[derive(Clone, Debug, PartialEq)]
pub enum InterceptInput {
    /// Vault says: this decision is recorded; act on it.
    Recorded(Recorded),
    /// Vault says: this decision could not be recorded; release nothing.
    Unrecorded(Unrecorded),
}

/// Everything a surface can hear.
#[derive(Clone, Debug, PartialEq)]
pub enum SurfaceInput {
    /// Policy says: a call is held.
    HoldOpened(Arc<HoldOpened>),
    /// Policy says: a hold is over.
    HoldClosed(HoldClosed),
    /// Policy says: keep this.
    Granted(Grant),
    /// Policy says: this policy is in force.
    InForce(PolicyInForce),
    /// Analysis says: how the models are; keep what they learned.
    Models(Arc<ModelsState>),
    /// Vault says: a decision is on record.
    Recorded(Recorded),
    /// Vault says: a decision could not be recorded.
    Unrecorded(Unrecorded),
    /// Vault says: how the store is.
    Store(StoreState),
    /// Intercept says: something a person should know.
    Notice(Notice),
}
