//! The end of an exchange, said exactly once, whatever happens to the task that served it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use vigil_core::message::{
    AnalysisInput, ClientGone, Ended, Ending, ExchangeFinished, GoneHow, InterceptInput, PolicyInput,
    RequestCaptured, VaultInput,
};
use vigil_core::wire::ReplySummary;

use super::{Dispatch, Exchange, Exchanges, lock};

/// How many ends may wait to be said.
pub(super) const ENDS: usize = 256;
/// Waking a plane's thread costs as much as relaying a small reply, and nobody waits for the end of an exchange: the first
/// waits this long for others, so that one wake tells of all of them.
const GATHER: Duration = Duration::from_millis(5);

/// How many ends, and how many bytes of bodies, one message to Analysis holds at most; a longer body is alone in its.
const TOLD_AT_ONCE: usize = 32;
const TOLD_BYTES: usize = 256 << 10;

/// What is known of the reply.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) finished: bool,
    pub(super) status: Option<u16>,
    pub(super) first_byte: Option<Duration>,
    pub(super) summary: Option<ReplySummary>,
    /// How many calls were put to the gate.
    pub(super) calls: u32,
    /// Whether some of them have no answer.
    pub(super) unanswered: bool,
}

/// What is to be said at the end.
pub(super) enum Late {
    End {
        /// Of an exchange whose request Analysis has not heard of.
        captured: Option<Arc<RequestCaptured>>,
        gone: Option<ClientGone>,
        finished: Arc<ExchangeFinished>,
    },
    Vault(VaultInput),
    /// Nothing more comes.
    Close,
}

impl Late {
    /// Whether calls are held for somebody who is gone.
    pub(super) const fn is_urgent(&self) -> bool {
        matches!(self, Self::End { gone: Some(_), .. })
    }

    pub(super) async fn say(self, desk: &Exchanges) {
        if let Some(Ended { captured, finished }) = self.say_but_end(desk).await {
            let _gone = desk.policy.say_async(PolicyInput::Finished(finished.clone())).await;
            if let Some(captured) = captured {
                desk.tell_analysis(AnalysisInput::Request(captured)).await;
            }
            desk.tell_analysis(AnalysisInput::Finished(finished)).await;
        }
    }

    /// Says what else there is to say, and gives the end.
    async fn say_but_end(self, desk: &Exchanges) -> Option<Ended> {
        match self {
            // A closed queue means that the plane is gone, and with it whoever would hear this.
            Self::End { captured, gone, finished } => {
                if let Some(gone) = gone {
                    let _gone = desk.policy.say_async(PolicyInput::ClientGone(gone)).await;
                }
                return Some(Ended { captured, finished });
            }
            Self::Vault(input) => {
                let _gone = desk.vault.say_async(input).await;
            }
            Self::Close => {}
        }
        None
    }
}

/// Tells Policy and Analysis of ends, many with one message.
async fn tell_of_ends(desk: &Exchanges, ends: &mut Vec<Ended>) {
    if ends.is_empty() {
        return;
    }
    let finished = ends.iter().map(|end| end.finished.clone()).collect();
    let _gone = desk.policy.say_async(PolicyInput::Ended(finished)).await;
    let mut message = Vec::new();
    let mut bytes = 0;
    for end in ends.drain(..) {
        let more = end.captured.as_ref().map_or(0, |captured| captured.body.bytes.len());
        if !message.is_empty() && (message.len() >= TOLD_AT_ONCE || bytes + more > TOLD_BYTES) {
            desk.tell_analysis(AnalysisInput::Ended(std::mem::take(&mut message))).await;
            bytes = 0;
        }
        bytes += more;
        message.push(end);
    }
    if !message.is_empty() {
        desk.tell_analysis(AnalysisInput::Ended(message)).await;
    }
}

impl Exchange {
    /// What to say at the end; nothing when it was said.
    pub(super) fn last_words(&self, ending: Ending) -> Option<Late> {
        let mut tail = lock(&self.tail);
        if std::mem::replace(&mut tail.finished, true) {
            return None;
        }
        let at = self.desk.now();
        let how = match &ending {
            _ if std::thread::panicking() => GoneHow::Panicked,
            Ending::ClientGone => GoneHow::Disconnected,
            Ending::Complete | Ending::UpstreamCut | Ending::Refused(_) => GoneHow::ReplyFailed,
        };
        let gone = tail.unanswered.then_some(ClientGone { exchange: self.id(), at, how });
        let (captured, request_bytes) = {
            let mut request = lock(&self.request);
            let unheard = request.completed_at().is_some() && !self.captured.initialized();
            (unheard.then(|| request.capture(&self.head)), request.whole_bytes())
        };
        let finished = Arc::new(ExchangeFinished {
            head: self.head.clone(),
            at,
            ending,
            status: tail.status,
            request_bytes,
            reply: tail.summary.take(),
            calls: tail.calls,
            first_byte_micros: tail
                .first_byte
                .map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
        });
        Some(Late::End { captured, gone, finished })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let ending = if std::thread::panicking() {
            Ending::Refused("the task that served the connection failed".to_owned())
        } else {
            Ending::ClientGone
        };
        if let Some(late) = self.last_words(ending) {
            self.desk.say_late(late);
        }
    }
}

impl Exchanges {
    /// Says it from where nobody can wait. The queue has no bound of its own: it holds at most one entry per exchange
    /// and one per call under way.
    pub(super) fn say_late(&self, late: Late) {
        // Without a dispatch the plane has ended, and all exchanges before it.
        drop(self.late.send(late));
    }

    /// Lets [`Dispatch::run`] end once all was said. To be called when no exchange is under way.
    pub(crate) async fn close(&self) {
        let _ended = self.ends.send(Late::Close).await;
        self.say_late(Late::Close);
    }

    fn route(&self, input: InterceptInput) {
        if let Err(input) = self.waiting.deliver(input) {
            self.release_failed_unless_denied(&input);
        }
    }
}

impl Dispatch {
    /// Runs until the exchanges are closed and all is said.
    ///
    /// The loops do not wait for each other: a plane that waits until its answer is taken may be the one whose
    /// queue is full.
    pub(crate) async fn run(self) {
        let Self { exchanges, inbox, mut late, mut ends } = self;
        let answers = async {
            while let Some(input) = inbox.hear_async().await {
                exchanges.route(input);
            }
            pending::<()>().await;
        };
        let ends = async {
            let mut over = Vec::new();
            while let Some(first) = ends.recv().await {
                sleep(GATHER).await;
                let mut next = Some(first);
                let mut count = 0;
                while let Some(end) = next {
                    match end {
                        Late::Close => ends.close(),
                        end => over.extend(end.say_but_end(&exchanges).await),
                    }
                    count += 1;
                    next = if count < ENDS { ends.try_recv().ok() } else { None };
                }
                tell_of_ends(&exchanges, &mut over).await;
            }
        };
        let words = async {
            while let Some(word) = late.recv().await {
                match word {
                    Late::Close => late.close(),
                    word => word.say(&exchanges).await,
                }
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(ends, words) } => {}
            () = answers => {}
        }
    }
}
