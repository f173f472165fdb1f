//! Stands for the planes behind the bus: allows, denies and holds by the name of the tool.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use vigil_core::bus::{Inbox, Outlet, queue};
use vigil_core::message::*;
use vigil_core::{Action, Classification, Generation, Millis, Ruling};
use vigil_proxy::InterceptPort;

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Request(Arc<RequestCaptured>),
    AnalysisCall,
    PolicyCall(Arc<CallCaptured>),
    AnalysisFinished,
    PolicyFinished(Arc<ExchangeFinished>),
    Gone(ClientGone),
    ReleaseFailed(ReleaseFailed),
    Notice(Notice),
}

#[derive(Clone)]
pub(crate) struct Pipeline {
    events: Arc<Mutex<Vec<Event>>>,
    held: Arc<Mutex<Vec<Arc<CallCaptured>>>>,
    answers: Outlet<InterceptInput>,
}

impl Pipeline {
    pub(crate) fn start() -> (Self, InterceptPort) {
        let (analysis, analysis_inbox) = queue(64);
        let (policy, policy_inbox) = queue(64);
        let (vault, vault_inbox) = queue(64);
        let (surface, surface_inbox) = queue(64);
        let (answers, inbox) = queue(64);
        let pipeline = Self { events: Arc::default(), held: Arc::default(), answers };
        pipeline.listen(analysis_inbox, |this, input| match input {
            AnalysisInput::Request(request) => Event::Request(request),
            AnalysisInput::Call(_) => Event::AnalysisCall,
            AnalysisInput::Finished(_) => Event::AnalysisFinished,
            AnalysisInput::Ended(exchanges) => {
                let requests = exchanges.into_iter().filter_map(|ended| ended.captured).map(Event::Request);
                this.events.lock().unwrap().extend(requests);
                Event::AnalysisFinished
            }
            other => panic!("{other:?}"),
        });
        pipeline.listen(policy_inbox, |this, input| match input {
            PolicyInput::Call(call) => {
                this.decide(&call);
                Event::PolicyCall(call)
            }
            PolicyInput::Finished(finished) => Event::PolicyFinished(finished),
            PolicyInput::Ended(mut exchanges) => {
                let last = exchanges.pop().expect("at least one");
                let others = exchanges.into_iter().map(Event::PolicyFinished);
                this.events.lock().unwrap().extend(others);
                Event::PolicyFinished(last)
            }
            PolicyInput::ClientGone(gone) => Event::Gone(gone),
            other => panic!("{other:?}"),
        });
        pipeline.listen(vault_inbox, |_, input| match input {
            VaultInput::ReleaseFailed(failed) => Event::ReleaseFailed(failed),
            other => panic!("{other:?}"),
        });
        pipeline.listen(surface_inbox, |_, input| match input {
            SurfaceInput::Notice(notice) => Event::Notice(notice),
            other => panic!("{other:?}"),
        });
        (pipeline, InterceptPort { analysis, policy, vault, surface, inbox })
    }

    fn listen<T: Send + 'static>(&self, inbox: Inbox<T>, hear: impl Fn(&Self, T) -> Event + Send + 'static) {
        let this = self.clone();
        std::thread::spawn(move || {
            while let Some(input) = inbox.hear() {
                let event = hear(&this, input);
                this.events.lock().unwrap().push(event);
            }
        });
    }

    fn decide(&self, call: &Arc<CallCaptured>) {
        match call.call.name.as_str() {
            "hold" => self.held.lock().unwrap().push(call.clone()),
            "silence" => {}
            "unrecorded" => {
                let decision = decision(call, Ruling::Allow);
                let said = InterceptInput::Unrecorded(Unrecorded {
                    decision,
                    reason: "disk full".to_owned(),
                    told: "not recorded".to_owned(),
                });
                self.answers.say(said).unwrap();
            }
            "deny" => self.answer(call, Ruling::PolicyDeny),
            _ => self.answer(call, Ruling::Allow),
        }
    }

    /// Answers a call that is held.
    pub(crate) fn answer(&self, call: &Arc<CallCaptured>, ruling: Ruling) {
        let recorded = Recorded {
            decision: decision(call, ruling),
            record: format!("record-{}", call.call.number.0),
            seq: 1,
        };
        self.answers.say(InterceptInput::Recorded(recorded)).unwrap();
    }

    /// The calls that are held, once there are `count` of them.
    pub(crate) async fn held(&self, count: usize) -> Vec<Arc<CallCaptured>> {
        for _ in 0..500 {
            let held = self.held.lock().unwrap().clone();
            if held.len() >= count {
                return held;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {count} calls are held");
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// Waits for an event and gives what `find` makes of it.
    pub(crate) async fn wait<T>(&self, find: impl Fn(&Event) -> Option<T>) -> T {
        for _ in 0..500 {
            if let Some(found) = self.events().iter().find_map(&find) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing came but {:#?}", self.events());
    }

    pub(crate) async fn finished(&self) -> Arc<ExchangeFinished> {
        self.wait(|event| match event {
            Event::PolicyFinished(finished) => Some(finished.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn notice(&self, kind: NoticeKind) -> Notice {
        self.wait(|event| match event {
            Event::Notice(notice) if notice.kind == kind => Some(notice.clone()),
            _ => None,
        })
        .await
    }
}

fn decision(call: &Arc<CallCaptured>, ruling: Ruling) -> Arc<Decision> {
    Arc::new(Decision {
        captured: call.clone(),
        action: Arc::new(Action::unknown(call.call.name.clone())),
        classification: Arc::new(Classification::default()),
        ruling,
        class: "unclassified",
        rule_ids: Vec::new(),
        reason: String::new(),
        told: (!ruling.delivers()).then(|| "no".to_owned()),
        held: Millis(0),
        policy: PolicyInForce { version: "test".into(), digest: [0; 32], generation: Generation::default() },
        capability_digest: None,
    })
}
