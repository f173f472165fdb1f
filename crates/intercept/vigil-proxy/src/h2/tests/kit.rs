//! The planes around a connection, as small as they can be: a format in which each line that begins with `!` is a call,
//! and a Policy that answers by the call's name.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use vigil_core::bus::{Outlet, queue};
use vigil_core::message::{
    AnalysisInput, CallCaptured, Decision, InterceptInput, PolicyInForce, PolicyInput, Recorded,
    SurfaceInput, VaultInput,
};
use vigil_core::wire::{
    Answer, CallKind, Endpoint, ProviderFormat, ReaderOutput, ReplyReader, ReplySummary, RequestScan,
    WireCall, WireFault, WireFormat, WireFormats,
};
use vigil_core::{Action, CallNumber, Generation, Millis, Ruling, Timestamp};

use crate::config::{Limits, ProxyConfig};
use crate::exchange::{Exchanges, InterceptPort};
use crate::link::{Link, Place, Stop};
use crate::providers::Provider;

/// What the planes heard.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) analysis: Vec<AnalysisInput>,
    pub(super) policy: Vec<PolicyInput>,
    pub(super) vault: Vec<VaultInput>,
    pub(super) surface: Vec<SurfaceInput>,
    /// Calls named `slow`, which wait for the test.
    pub(super) slow: Vec<Arc<CallCaptured>>,
}

pub(super) struct Planes {
    pub(super) exchanges: Arc<Exchanges>,
    pub(super) heard: Arc<Mutex<Heard>>,
    answers: Outlet<InterceptInput>,
    pub(super) limits: Limits,
}

type Stopper = tokio::sync::watch::Sender<bool>;

/// Starts the planes on the runtime of the test.
pub(super) fn planes() -> Planes {
    let mut config = ProxyConfig::new("/nowhere".into());
    config.limits.header_bytes = 64 * 1024;
    config.keep_alive = Duration::from_millis(400);
    let ((analysis, analysis_in), (policy, policy_in)) = (queue(64), queue(64));
    let ((vault, vault_in), (surface, surface_in)) = (queue(64), queue(64));
    let (answers, inbox) = queue(64);
    let port = InterceptPort { analysis, policy, vault, surface, inbox };
    let clock = Arc::new(|| Timestamp::from_micros(1_700_000_000_000_000));
    let (exchanges, dispatch) = Exchanges::new(&config, Arc::new(Lines), port, clock);
    tokio::spawn(dispatch.run());
    let heard = Arc::new(Mutex::new(Heard::default()));
    let (to, say) = (heard.clone(), answers.clone());
    tokio::spawn(async move {
        while let Some(input) = policy_in.hear_async().await {
            if let PolicyInput::Call(call) = &input {
                match call.call.name.as_str() {
                    "slow" => to.lock().unwrap().slow.push(call.clone()),
                    "bad" => say.say_async(recorded(call, Ruling::PolicyDeny)).await.unwrap(),
                    _ => say.say_async(recorded(call, Ruling::Allow)).await.unwrap(),
                }
            }
            to.lock().unwrap().policy.push(input);
        }
    });
    let to = heard.clone();
    tokio::spawn(async move {
        while let Some(input) = analysis_in.hear_async().await {
            to.lock().unwrap().analysis.push(input);
        }
    });
    let to = heard.clone();
    tokio::spawn(async move {
        while let Some(input) = vault_in.hear_async().await {
            to.lock().unwrap().vault.push(input);
        }
    });
    let to = heard.clone();
    tokio::spawn(async move {
        while let Some(input) = surface_in.hear_async().await {
            to.lock().unwrap().surface.push(input);
        }
    });
    Planes { exchanges, heard, answers, limits: config.limits }
}

impl Planes {
    pub(super) fn place(&self) -> Place {
        Place {
            host: "api.test".to_owned(),
            port: 443,
            provider: Arc::new(Provider::named("api.test", 443, ProviderFormat::Anthropic)),
            client: "127.0.0.1:5".to_owned(),
        }
    }

    /// A connection through the relay: the client's end, the upstream's end, the task between them.
    pub(super) fn connect(&self) -> (DuplexStream, DuplexStream, JoinHandle<()>) {
        let (client, upstream, task, stopper) = self.connect_stoppable();
        let task = tokio::spawn(async move {
            task.await.unwrap();
            drop(stopper);
        });
        (client, upstream, task)
    }

    /// The same, with what stops it.
    pub(super) fn connect_stoppable(&self) -> (DuplexStream, DuplexStream, JoinHandle<()>, Stopper) {
        let (client, near) = tokio::io::duplex(32 * 1024);
        let (far, upstream) = tokio::io::duplex(32 * 1024);
        let (stopper, stop) = Stop::new();
        let link = Link {
            client: near,
            upstream: far,
            place: self.place(),
            exchanges: self.exchanges.clone(),
            limits: self.limits,
            stop,
        };
        (client, upstream, tokio::spawn(super::super::serve(link)), stopper)
    }

    /// Waits until a slow call is captured, and answers it.
    pub(super) async fn answer_slow(&self, ruling: Ruling) {
        let call = self.until(|heard| heard.slow.pop()).await;
        self.answers.say_async(recorded(&call, ruling)).await.unwrap();
    }

    /// Waits until the planes have heard something.
    pub(super) async fn until<T>(&self, mut look: impl FnMut(&mut Heard) -> Option<T>) -> T {
        for _ in 0..2000 {
            if let Some(found) = look(&mut self.heard.lock().unwrap()) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the planes never heard it");
    }

    /// Waits for the end of the exchange with that path and returns how it ended and how many calls it had.
    pub(super) async fn ending(&self, path: &str) -> (vigil_core::message::Ending, u32) {
        self.until(|heard| {
            let ended = heard.policy.iter().flat_map(|input| match input {
                PolicyInput::Finished(finished) => std::slice::from_ref(finished),
                PolicyInput::Ended(exchanges) => exchanges.as_slice(),
                _ => &[],
            });
            let mut of_path = ended.filter(|finished| finished.head.path == path);
            of_path.next().map(|finished| (finished.ending.clone(), finished.calls))
        })
        .await
    }

    pub(super) fn notices(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let text = |input: &SurfaceInput| match input {
            SurfaceInput::Notice(notice) => Some(format!("{} {}", notice.kind.token(), notice.text)),
            _ => None,
        };
        heard.surface.iter().filter_map(text).collect()
    }
}

fn recorded(call: &Arc<CallCaptured>, ruling: Ruling) -> InterceptInput {
    let decision = Decision {
        captured: call.clone(),
        action: Arc::new(Action::unknown(call.call.name.clone())),
        classification: Arc::default(),
        ruling,
        class: "unclassified",
        rule_ids: vec!["test".to_owned()],
        reason: "test".to_owned(),
        told: (!ruling.delivers()).then(|| "[denied]\n".to_owned()),
        held: Millis(0),
        policy: PolicyInForce { version: "test".into(), digest: [0; 32], generation: Generation::default() },
        capability_digest: None,
    };
    InterceptInput::Recorded(Recorded { decision: Arc::new(decision), record: "r".to_owned(), seq: 1 })
}

/// The format: lines. `!name rest` is a call, everything else is text and passes at once.
struct Lines;

impl WireFormats for Lines {
    fn endpoint(&self, _: ProviderFormat, _: &str, path: &str) -> Endpoint {
        if path.starts_with("/plain") {
            Endpoint::NoCalls
        } else {
            Endpoint::Gated(WireFormat::AnthropicMessages)
        }
    }

    fn request_scan(&self, _: WireFormat) -> Box<dyn RequestScan> {
        Box::new(Scan(false))
    }

    fn reply_reader(&self, _: WireFormat) -> Box<dyn ReplyReader> {
        Box::new(Reader::default())
    }
}

/// A request whose body holds `tools` may lead to calls.
struct Scan(bool);

impl RequestScan for Scan {
    fn push(&mut self, bytes: &[u8]) {
        self.0 |= bytes.windows(5).any(|part| part == b"tools");
    }

    fn may_carry_calls(&mut self) -> bool {
        self.0
    }
}

#[derive(Default)]
struct Reader {
    line: Vec<u8>,
    held: Vec<(CallNumber, Vec<u8>)>,
    calls: u32,
    ended: bool,
}

impl ReplyReader for Reader {
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput) {
        for &byte in bytes {
            if self.line.is_empty() && byte != b'!' {
                out.bytes.push(byte);
                if byte != b'\n' {
                    self.line.push(0); // inside a line of text
                }
                continue;
            }
            if self.line[..] == [0] {
                out.bytes.push(byte);
                if byte == b'\n' {
                    self.line.clear();
                }
                continue;
            }
            self.line.push(byte);
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let number = CallNumber(self.calls);
                self.calls += 1;
                let text = String::from_utf8_lossy(&line[1..line.len() - 1]).into_owned();
                if text.starts_with("fault") {
                    out.fault = Some(WireFault::Invalid { format: "lines", what: "fault".to_owned() });
                    return;
                }
                let (name, arguments) = text.split_once(' ').unwrap_or((&text, ""));
                out.calls.push(WireCall {
                    number,
                    id: None,
                    name: name.to_owned(),
                    arguments: arguments.to_owned(),
                    kind: CallKind::Client,
                    duplicate_members: false,
                });
                self.held.push((number, line));
            }
        }
    }

    fn end(&mut self, complete: bool, out: &mut ReaderOutput) {
        self.ended = true;
        if self.line.first() == Some(&b'!') && complete {
            out.fault = Some(WireFault::Invalid { format: "lines", what: "half a call".to_owned() });
        }
    }

    fn answer(&mut self, call: CallNumber, answer: &Answer, out: &mut ReaderOutput) {
        let at = self.held.iter().position(|(number, _)| *number == call).unwrap();
        let (_, line) = self.held.remove(at);
        match answer {
            Answer::Release => {
                out.bytes.extend(line);
                out.released.push(call);
            }
            Answer::Replace(text) => out.bytes.extend(text.bytes()),
        }
    }

    fn is_drained(&self) -> bool {
        self.ended && self.held.is_empty()
    }

    fn keep_alive(&self) -> &'static [u8] {
        b":\n"
    }

    fn held_bytes(&self) -> usize {
        self.line.len() + self.held.iter().map(|(_, line)| line.len()).sum::<usize>()
    }

    fn summary(&self) -> ReplySummary {
        ReplySummary { protocol: "lines", ..ReplySummary::default() }
    }
}
