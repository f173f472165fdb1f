//! The documents that the client has open, and which of them are to be judged.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};

use super::text::Text;
use crate::scan::Judge;

/// People who type are left alone until they pause this long.
const PAUSE: Duration = Duration::from_millis(150);

/// All that handlers and the worker share.
pub(super) struct Desk {
    /// The scanner, with the settings it has loaded.
    pub(super) judge: Judge,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    documents: HashMap<Uri, Document>,
    roots: Vec<PathBuf>,
    watches: bool,
    shut_down: bool,
    closed: bool,
}

struct Document {
    text: Text,
    version: i32,
    due: Option<Instant>,
    /// Registries are asked the next time: it was opened or saved, and is not just being typed.
    asks: bool,
}

/// A document as it is at one moment.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) uri: Uri,
    pub(super) text: Text,
    pub(super) version: i32,
    pub(super) roots: Vec<PathBuf>,
    /// Registries may be asked about it.
    pub(super) asks: bool,
}

impl Desk {
    pub(super) fn new(judge: Judge) -> Self {
        Self { judge, state: Mutex::default(), wake: Notify::new() }
    }

    /// The client began: the folders it works in, and whether it can be asked to watch files.
    pub(super) fn begin(&self, roots: Vec<PathBuf>, watches: bool) {
        let mut state = self.state();
        state.roots = roots;
        state.watches = watches;
    }

    pub(super) fn watches(&self) -> bool {
        self.state().watches
    }

    /// Folders came and went.
    pub(super) fn move_roots(&self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        let mut state = self.state();
        state.roots.retain(|root| !removed.contains(root));
        state.roots.extend(added);
        drop(state);
        self.all_due();
    }

    pub(super) fn open(&self, uri: Uri, text: String, version: i32) {
        let document = Document { text: Text::new(text), version, due: Some(Instant::now()), asks: true };
        self.state().documents.insert(uri, document);
        self.wake.notify_one();
    }

    pub(super) fn change(&self, uri: &Uri, changes: &[TextDocumentContentChangeEvent], version: i32) {
        if let Some(document) = self.state().documents.get_mut(uri) {
            for change in changes {
                document.text.change(change.range, &change.text);
            }
            document.version = version;
            document.due = Some(Instant::now() + PAUSE);
        }
        self.wake.notify_one();
    }

    /// The document is to be judged now.
    pub(super) fn due(&self, uri: &Uri) {
        if let Some(document) = self.state().documents.get_mut(uri) {
            document.due = Some(Instant::now());
            document.asks = true;
        }
        self.wake.notify_one();
    }

    /// All documents are: the settings changed.
    pub(super) fn all_due(&self) {
        let now = Instant::now();
        for document in self.state().documents.values_mut() {
            document.due = Some(now);
            document.asks = true;
        }
        self.wake.notify_one();
    }

    pub(super) fn forget(&self, uri: &Uri) {
        self.state().documents.remove(uri);
    }

    /// A document as it is.
    pub(super) fn copy(&self, uri: &Uri) -> Option<Copy> {
        let state = self.state();
        let document = state.documents.get(uri)?;
        Some(Copy {
            uri: uri.clone(),
            text: document.text.clone(),
            version: document.version,
            roots: state.roots.clone(),
            asks: false,
        })
    }

    /// Takes a document that is due; else says when the next one will be.
    pub(super) fn take_due(&self) -> Result<Copy, Option<Instant>> {
        let mut state = self.state();
        let next = state
            .documents
            .iter()
            .filter_map(|(uri, document)| Some((document.due?, uri.clone())))
            .min_by_key(|(due, _)| *due);
        let Some((due, uri)) = next else { return Err(None) };
        if due > Instant::now() {
            return Err(Some(due));
        }
        let mut asks = false;
        if let Some(document) = state.documents.get_mut(&uri) {
            document.due = None;
            asks = std::mem::take(&mut document.asks);
        }
        drop(state);
        self.copy(&uri).map(|copy| Copy { asks, ..copy }).ok_or(None)
    }

    /// Whether a document is still open and as it was.
    pub(super) fn is_current(&self, copy: &Copy) -> bool {
        self.state().documents.get(&copy.uri).is_some_and(|document| document.version == copy.version)
    }

    /// Waits until something changed.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    /// The client said `shutdown`.
    pub(super) fn shut_down(&self) {
        self.state().shut_down = true;
    }

    pub(super) fn was_shut_down(&self) -> bool {
        self.state().shut_down
    }

    /// The client is gone.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.wake.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
