//! One request and its reply, as both versions of HTTP see it: what is captured, what is asked over the bus, what is
//! answered, and that the end is said exactly once.
//!
//! Nothing here touches a socket. HTTP/1.1 and HTTP/2 drive an [`Exchange`] like this:
//!
//! ```text
//! let exchange = exchanges.begin(&RequestHead { .. });      // when the head of the request was forwarded
//! exchange.request_bytes(body bytes, transfer coding undone) // after they were forwarded; any number of times
//! exchange.request_complete().await                          // when the request was forwarded whole
//! match exchange.reply(status, &field) {                     // at the final head of the reply
//!     ReplyPlan::Relay        => the body passes as it is
//!     ReplyPlan::Refuse(text) => nothing of it passes; the client gets an error with this text
//!     ReplyPlan::Gate(gate)   => see `ReplyGate`
//! }
//! exchange.finish(ending).await                              // after the gate was dropped
//! ```
//!
//! An [`Exchange`] that is dropped without [`Exchange::finish`] says its end all the same.

mod answer;
mod distrust;
mod end;
mod gate;
mod identity;
mod request;
mod session;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, mpsc};
use vigil_core::bus::{Inbox, Outlet, Refused};
use vigil_core::message::{
    AnalysisInput, Ending, ExchangeHead, InterceptInput, Notice, NoticeKind, PolicyInput, SurfaceInput,
    VaultInput,
};
use vigil_core::wire::{Endpoint, WireFormats};
use vigil_core::{ExchangeId, Timestamp, budget};

use crate::coding::Coding;
use crate::config::{Limits, ProxyConfig, UnknownFormat};
use crate::providers::Provider;

use self::answer::Waiting;
use self::distrust::Distrust;
use self::end::{Late, Tail};
use self::identity::RandomPool;
use self::request::RequestTally;
use self::session::Sessions;

pub(crate) use self::gate::{Cut, Delivery, ReplyGate, Wake};

/// Analysis reads a shorter request in less time than it takes to wake it, so nobody wakes it for that alone.
const READ_AHEAD: usize = 16 * 1024;

/// Reads the clock of this machine.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The ends of the queues that Intercept holds.
#[derive(Debug)]
pub struct InterceptPort {
    /// To Analysis.
    pub analysis: Outlet<AnalysisInput>,
    /// To Policy.
    pub policy: Outlet<PolicyInput>,
    /// To the Vault.
    pub vault: Outlet<VaultInput>,
    /// To the surfaces.
    pub surface: Outlet<SurfaceInput>,
    /// What Intercept hears.
    pub inbox: Inbox<InterceptInput>,
}

/// What all exchanges share: the bus, the formats, the clock.
pub(crate) struct Exchanges {
    analysis: Outlet<AnalysisInput>,
    policy: Outlet<PolicyInput>,
    vault: Outlet<VaultInput>,
    surface: Outlet<SurfaceInput>,
    formats: Arc<dyn WireFormats>,
    clock: Clock,
    limits: Limits,
    unknown_format: UnknownFormat,
    keep_alive: Duration,
    patience: Duration,
    waiting: Waiting,
    sessions: Mutex<Sessions>,
    random: Mutex<RandomPool>,
    distrust: Mutex<Distrust>,
    late: mpsc::UnboundedSender<Late>,
    /// Ends of exchanges that nobody waits for. A full queue makes the client wait.
    ends: mpsc::Sender<Late>,
}

/// What is known of a request when its head was read.
pub(crate) struct RequestHead<'a> {
    /// The row of the provider table.
    pub(crate) provider: &'a Provider,
    /// The host the client addressed, lower case, without port.
    pub(crate) host: &'a str,
    pub(crate) method: &'a str,
    /// From the first `/` on, with the query.
    pub(crate) target: &'a str,
    /// The first value of a header field, by its name in lower case.
    pub(crate) field: &'a dyn Fn(&str) -> Option<&'a [u8]>,
}

/// The work behind the exchanges that belongs to no connection: answers find their exchange, and what a dropped
/// exchange had to say is said. Ends when the bus ends.
pub(crate) struct Dispatch {
    exchanges: Arc<Exchanges>,
    inbox: Inbox<InterceptInput>,
    late: mpsc::UnboundedReceiver<Late>,
    ends: mpsc::Receiver<Late>,
}

impl Exchanges {
    /// Says something to Analysis, and goes on without it when it is gone or has no room for longer than a call waits for
    /// it: Policy then decides by rules alone, and text flows.
    pub(crate) async fn tell_analysis(&self, input: AnalysisInput) {
        let patience = Duration::from_millis(budget::ANALYSIS_DEADLINE.0);
        match tokio::time::timeout(patience, self.analysis.say_async(input)).await {
            Ok(Ok(()) | Err(_)) => {}
            Err(_) => tracing::warn!("analysis has no room; what it was told is decided without it"),
        }
    }

    pub(crate) fn new(
        config: &ProxyConfig,
        formats: Arc<dyn WireFormats>,
        port: InterceptPort,
        clock: Clock,
    ) -> (Arc<Self>, Dispatch) {
        let (late, late_end) = mpsc::unbounded_channel();
        let (ends, ends_end) = mpsc::channel(end::ENDS);
        let exchanges = Arc::new(Self {
            analysis: port.analysis,
            policy: port.policy,
            vault: port.vault,
            surface: port.surface,
            formats,
            clock,
            limits: config.limits,
            unknown_format: config.unknown_format,
            keep_alive: config.keep_alive,
            patience: config.decision_patience,
            waiting: Waiting::default(),
            sessions: Mutex::default(),
            random: Mutex::default(),
            distrust: Mutex::default(),
            late,
            ends,
        });
        let dispatch =
            Dispatch { exchanges: exchanges.clone(), inbox: port.inbox, late: late_end, ends: ends_end };
        (exchanges, dispatch)
    }

    /// Begins an exchange: the head of its request is complete.
    pub(crate) fn begin(self: &Arc<Self>, request: &RequestHead<'_>) -> Arc<Exchange> {
        let at = (self.clock)();
        let endpoint = self.formats.endpoint(request.provider.format, request.method, request.target);
        let head = Arc::new(identity::exchange_head(request, endpoint, at, &self.sessions, &self.random));
        let scan = match endpoint {
            Endpoint::Gated(format) => Some(self.formats.request_scan(format)),
            Endpoint::NoCalls | Endpoint::Unknown => None,
        };
        let keep = match endpoint {
            Endpoint::NoCalls => 0,
            Endpoint::Gated(_) | Endpoint::Unknown => self.limits.body_capture_bytes,
        };
        let coding = (request.field)("content-encoding");
        Arc::new(Exchange {
            desk: self.clone(),
            head,
            request: Mutex::new(RequestTally::new(scan, keep, coding, (request.field)("content-length"))),
            captured: OnceCell::new(),
            tail: Mutex::new(Tail::default()),
        })
    }

    /// Says something to the person at the machine.
    pub(crate) fn notice(&self, kind: NoticeKind, host: Option<&str>, client: Option<&str>, text: String) {
        let notice = Notice {
            at: (self.clock)(),
            kind,
            host: host.map(str::to_owned),
            client: client.map(str::to_owned),
            text,
        };
        // A surface that does not listen must not slow traffic down: then the log has to do.
        if let Err(Refused::Full(input) | Refused::Closed(input)) =
            self.surface.offer(SurfaceInput::Notice(notice))
            && let SurfaceInput::Notice(notice) = input
        {
            tracing::warn!(code = kind.token(), host, client, "{}", notice.text);
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// One request and its reply. Shared by the two directions.
pub(crate) struct Exchange {
    desk: Arc<Exchanges>,
    head: Arc<ExchangeHead>,
    request: Mutex<RequestTally>,
    /// Set once Analysis has what the client sent.
    captured: OnceCell<()>,
    tail: Mutex<Tail>,
}

/// What becomes of a reply.
pub(crate) enum ReplyPlan {
    /// The body passes as it is.
    Relay,
    /// Nothing of the reply passes; the client gets an error with this text.
    Refuse(String),
    /// The body goes through the gate.
    Gate(Box<ReplyGate>),
}

impl Exchange {
    pub(crate) fn head(&self) -> &Arc<ExchangeHead> {
        &self.head
    }

    pub(crate) fn id(&self) -> ExchangeId {
        self.head.exchange
    }

    /// Looks at bytes of the request's body that were forwarded.
    pub(crate) fn request_bytes(&self, bytes: &[u8]) {
        lock(&self.request).push(bytes);
    }

    /// The request was forwarded whole.
    pub(crate) async fn request_complete(&self) {
        let ahead = {
            let mut request = lock(&self.request);
            request.complete(Instant::now());
            request.kept_bytes() > READ_AHEAD && request.may_carry_calls()
        };
        // Analysis reads a long request while the provider thinks. Any other has time until its first call, or its end.
        if ahead {
            self.say_captured().await;
        }
    }

    /// Analysis hears of the request before it hears of any call, also when a provider answers before it has the whole
    /// request: then with what there is.
    async fn say_captured(&self) {
        self.captured
            .get_or_init(|| async {
                let captured = lock(&self.request).capture(&self.head);
                self.desk.tell_analysis(AnalysisInput::Request(captured)).await;
            })
            .await;
    }

    /// Decides by the final head of the reply what becomes of its body. `field` gives the first value of a header field
    /// by its name in lower case. HEAD, 204 and 304 have no body; ask all the same.
    pub(crate) fn reply<'a>(
        self: &Arc<Self>,
        status: u16,
        field: &dyn Fn(&str) -> Option<&'a [u8]>,
    ) -> ReplyPlan {
        let first_byte = lock(&self.request).completed_at().map(|done| done.elapsed());
        {
            let mut tail = lock(&self.tail);
            tail.status = Some(status);
            tail.first_byte = first_byte;
        }
        if !(200..300).contains(&status) {
            return ReplyPlan::Relay;
        }
        let host = self.head.host.as_str();
        match self.head.endpoint {
            Endpoint::NoCalls => ReplyPlan::Relay,
            Endpoint::Unknown => match self.desk.unknown_format {
                UnknownFormat::Pass => ReplyPlan::Relay,
                UnknownFormat::Refuse => {
                    let text = format!(
                        "Vigil cannot read the replies of {host}{}, and the profile `strict` lets no such reply pass",
                        self.head.path
                    );
                    self.desk.notice(NoticeKind::UnknownFormat, Some(host), self.client(), text.clone());
                    ReplyPlan::Refuse(text)
                }
            },
            Endpoint::Gated(format) => {
                let coding = match Coding::of_field(field("content-encoding")) {
                    Ok(coding) => coding,
                    Err(error) => {
                        let text = format!("the reply of {host} cannot be read: {error}");
                        self.desk.notice(NoticeKind::Malformed, Some(host), self.client(), text.clone());
                        return ReplyPlan::Refuse(text);
                    }
                };
                let delivery = match coding {
                    Coding::Identity => Delivery::AsRead,
                    _ if !lock(&self.request).may_carry_calls() => Delivery::Lockstep,
                    _ if self.is_one_value(field("content-type")) => Delivery::Late,
                    _ => Delivery::Decoded,
                };
                let reader = self.desk.formats.reply_reader(format);
                ReplyPlan::Gate(Box::new(ReplyGate::new(self.clone(), reader, coding, delivery)))
            }
        }
    }

    /// The exchange is over. Says so to Analysis and Policy, and, when calls still wait, that nobody is there for them.
    pub(crate) async fn finish(&self, ending: Ending) {
        // Nothing is waited for once the words are made: a task that is aborted here would take them along.
        let permit = self.desk.ends.reserve().await;
        let Some(late) = self.last_words(ending) else { return };
        match permit {
            Ok(permit) if !late.is_urgent() => permit.send(late),
            Ok(_) | Err(_) => self.desk.say_late(late),
        }
    }

    /// Whether clients take the reply as one JSON value. A Gemini stream is JSON, too, and is read piece by piece.
    fn is_one_value(&self, content_type: Option<&[u8]>) -> bool {
        let media_type = content_type.and_then(|text| text.split(|byte| *byte == b';').next());
        media_type.is_some_and(|text| text.trim_ascii().eq_ignore_ascii_case(b"application/json"))
            && !self.head.path.contains(":stream")
    }

    fn client(&self) -> Option<&str> {
        Some(self.head.client_ref.as_str())
    }
}

/// Locks are held for some lines without a wait; a panic inside them leaves counters that are still worth saying.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
