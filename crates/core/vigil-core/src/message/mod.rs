//! The messages between the planes, one file per speaker: the folder answers "who may say what".
//!
//! Messages are plain data: no handles, no closures, no cleartext beyond what the hearer needs. `docs/spec/bus.md` tells
//! the order in which they flow and what happens when one does not come.

mod analysis;
mod inbox;
mod intercept;
mod policy;
mod surface;
mod vault;

pub use analysis::{AgentModel, Classified, Decomposed, FEATURE_SLOTS, ModelsState};
pub use inbox::{
    AnalysisInput, AnalysisOutput, InterceptInput, PolicyInput, PolicyOutput, SurfaceInput, VaultInput,
    VaultOutput,
};
pub use intercept::{
    CallCaptured, CapturedBody, ClientGone, Ended, Ending, ExchangeFinished, ExchangeHead, GoneHow, Notice,
    NoticeKind, ReleaseFailed, RequestCaptured,
};
pub use policy::{Decision, ExchangeDecided, Grant, HoldClosed, HoldOpened, PolicyInForce};
pub use surface::{CallEnded, LifecycleEvent, Said, UserAnswer};
pub use vault::{Recorded, StoreState, Unrecorded};
