//! The models in the daemon: timed where they score, told how calls ended, and what they learned kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use vigil_core::bus::Outlet;
use vigil_core::message::{AnalysisInput, CallCaptured, CallEnded, ModelsState, SurfaceInput};
use vigil_core::{Action, Classification, SessionId};
use vigil_decompose::{Analysis, AnalysisLimits, Utterance, Watch};
use vigil_detect::{Detector, Ensemble, Personal};
use vigil_pipeline::{AnalysisMaker, Stages};

use crate::api::View;
use crate::personal::Keeper;

/// How often what was learned is kept.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// How long the end waits for the models' last word.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Makes Analysis planes whose calls these models score. A plane that takes the place of one that failed goes on with
/// what that one last told of.
pub(crate) fn analysis(models: Arc<Ensemble>, personal: Personal, stages: Arc<Stages>) -> AnalysisMaker {
    let told = Arc::new(Mutex::new(personal));
    Box::new(move || {
        let personal = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let detector = Detector::new(Arc::clone(&models), personal);
        let timed = Timed { detector, stages: Arc::clone(&stages), told: Arc::clone(&told) };
        Box::new(Analysis::watched(AnalysisLimits::default(), timed))
    })
}

/// A detector and the clock it does not read itself.
struct Timed {
    detector: Detector,
    stages: Arc<Stages>,
    /// What was learned when the models were last asked: what is on the disk, or newer.
    told: Arc<Mutex<Personal>>,
}

impl Timed {
    fn note_personal(&self) {
        self.detector.personal().clone_into(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Watch for Timed {
    fn heard(&mut self, session: &SessionId, texts: &[Utterance]) -> Option<Classification> {
        self.detector.heard(session, texts)
    }

    fn call(&mut self, captured: &CallCaptured, action: &Action) -> Classification {
        let began = Instant::now();
        let classification = self.detector.call(captured, action);
        self.stages.note_detection(began.elapsed());
        classification
    }

    fn ended(&mut self, call: &CallEnded) {
        self.detector.ended(call);
    }

    fn models(&self) -> ModelsState {
        self.note_personal();
        self.detector.models()
    }

    fn forget(&mut self, agent: Option<&str>) {
        self.detector.forget(agent);
        self.note_personal();
    }
}

/// Passes on to the models how calls ended, and keeps what they learned.
pub(crate) struct Lessons {
    analysis: Outlet<AnalysisInput>,
    keeper: Keeper,
    kept: Mutex<Arc<[u8]>>,
}

impl Lessons {
    /// `started_with` is what was read from the disk.
    pub(crate) fn new(analysis: Outlet<AnalysisInput>, keeper: Keeper, started_with: &Personal) -> Self {
        Self { analysis, keeper, kept: Mutex::new(started_with.to_bytes().into()) }
    }

    /// Says why what the models learned could not be kept, if it could not.
    pub(crate) fn hear(&self, message: &SurfaceInput) -> Option<String> {
        match message {
            SurfaceInput::Recorded(recorded) => {
                let captured = &recorded.decision.captured;
                let ended = CallEnded {
                    exchange: captured.head.exchange,
                    call: captured.call.number,
                    ruling: recorded.decision.ruling,
                };
                // Offered, never waited for: a call that Analysis has no room for teaches nothing (bus.md §4).
                let _no_room = self.analysis.offer(AnalysisInput::CallEnded(ended));
                None
            }
            SurfaceInput::Models(models) => self.keep(&models.personal),
            _ => None,
        }
    }

    fn keep(&self, personal: &Arc<[u8]>) -> Option<String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if **kept == **personal {
            return None;
        }
        match self.keeper.keep(personal) {
            Ok(()) => {
                *kept = Arc::clone(personal);
                None
            }
            Err(error) => {
                tracing::error!("what the models learned could not be kept: {error:#}");
                Some(format!("{error:#}"))
            }
        }
    }
}

/// Asks the models now and then how they are, so that what they learned is kept.
pub(crate) async fn ask_now_and_then(analysis: Outlet<AnalysisInput>) {
    let mut clock = tokio::time::interval(KEEP_EVERY);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        // Analysis has more to do than to tell; it is asked again.
        let _no_room = analysis.offer(AnalysisInput::Models);
    }
}

/// Asks the models a last time and waits until what they learned was heard.
pub(crate) async fn last_word(analysis: Outlet<AnalysisInput>, view: &View) {
    let events = view.subscribe();
    let before = view.models();
    let heard = analysis.say_async(AnalysisInput::Models).await.is_ok()
        && View::wait_for(events, LAST_WORD, |_| view.models_since(before.as_ref())).await.is_some();
    if !heard {
        tracing::warn!("the models did not say what they learned since it was last kept");
    }
}
