//! One session under watch.

use vigil_decompose::{Speaker, Utterance};

use super::cache::{TextDigest, Texts, digest};
use super::watchdog::Trail;
use crate::{Asked, Heard, Step, TextFeatures, Track};

/// What is known of a session.
#[derive(Debug, Default)]
pub(super) struct Session {
    heard: Heard,
    pub(super) track: Track,
    pub(super) trail: Trail,
    /// Digests of the contents that came since the call before, the last ones.
    pub(super) sources: Vec<u64>,
    turn_ended: bool,
    known: KnownTexts,
}

/// Which texts a session has heard: agents send them again when they rewrite their conversation.
#[derive(Debug, Default)]
struct KnownTexts {
    /// Hashes of the texts, oldest first.
    hashes: Vec<u64>,
    next: usize,
    /// The last message that was heard.
    last: usize,
}

/// How many texts a session remembers.
const MOST_TEXTS: usize = 1024;
/// How many contents may stand before one call.
const MOST_SOURCES: usize = 8;
/// How many bytes of one request are looked at; of a longer one, its end.
const MOST_BYTES: usize = 1 << 20;
/// How many bytes of the model's own words in one request.
const MOST_REPLY_BYTES: usize = 1 << 16;

impl Session {
    /// Takes in what is new of these texts, and gives the worst of them, feature by feature. The model's own words, which come
    /// with the request after its reply, tell nothing about who else speaks: only their features count.
    pub(super) fn hear(&mut self, said: &[Utterance], texts: &mut Texts) -> Option<TextFeatures> {
        let (mut left, mut left_for_replies) = (MOST_BYTES, MOST_REPLY_BYTES);
        let mut fresh = Vec::new();
        for utterance in said.iter().rev() {
            let size = utterance.text.len().min(TextFeatures::MOST_BYTES);
            let left = match utterance.speaker {
                Speaker::Model if size > left_for_replies => continue,
                Speaker::Model => &mut left_for_replies,
                _ => &mut left,
            };
            if size > *left && !fresh.is_empty() {
                break;
            }
            *left = left.saturating_sub(size);
            let digest = digest(&utterance.text);
            if self.known.is_new(&digest, utterance.message) {
                fresh.push((utterance, digest));
            }
        }
        let mut worst: Option<TextFeatures> = None;
        for (utterance, digest) in fresh.into_iter().rev() {
            self.known.note(&digest, utterance.message);
            let text = texts.of(digest, &utterance.text, &utterance.readings);
            worst = Some(worst.map_or(text.features, |worst| worst.worst(&text.features)));
            if utterance.speaker == Speaker::Model {
                continue;
            }
            if std::mem::take(&mut self.turn_ended) {
                self.sources.clear();
            }
            match utterance.speaker {
                Speaker::User => self.heard.user(&text),
                Speaker::Untrusted => {
                    self.heard.content(&text);
                    if self.sources.len() == MOST_SOURCES {
                        self.sources.remove(0);
                    }
                    self.sources.push(short(&digest));
                }
                Speaker::Model => {}
            }
        }
        worst
    }
}

impl Session {
    /// The step that a call is, after all that was heard.
    pub(super) fn step(&mut self, asked: &Asked<'_>) -> Step {
        self.turn_ended = true;
        self.heard.step(asked)
    }
}

impl KnownTexts {
    /// Whether a text was not heard. One at a later place than all before is, whatever it says: an answer may repeat another.
    fn is_new(&self, digest: &TextDigest, message: usize) -> bool {
        message > self.last || !self.hashes.contains(&short(digest))
    }

    fn note(&mut self, digest: &TextDigest, message: usize) {
        self.last = self.last.max(message);
        let hash = short(digest);
        if self.hashes.contains(&hash) {
            return;
        }
        if self.hashes.len() < MOST_TEXTS {
            self.hashes.push(hash);
        } else if let Some(slot) = self.hashes.get_mut(self.next) {
            *slot = hash;
            self.next = (self.next + 1) % MOST_TEXTS;
        }
    }
}

fn short(digest: &TextDigest) -> u64 {
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}
