//! The registries: which questions are asked, in parallel, each once, and what the answers mean.

mod cache;
mod fetch;
mod package;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use self::cache::Cache;
pub use self::fetch::{Fetch, FetchError, FetchRequest, FetchResponse};
pub(crate) use self::package::Package;
use super::declared::Ecosystem;
use crate::config::DepsConfig;

/// How many questions are open at once.
const PARALLEL: usize = 8;
/// Larger documents are refused; the largest of npm's have some ten megabytes.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// What is known about a package afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The registry knows it.
    Known(Box<Package>),
    /// The registry says that there is no such package.
    Absent,
    /// The registry did not answer, or not with something that can be read.
    Silent(String),
}

/// A package to ask for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    pub(crate) ecosystem: Ecosystem,
    /// The normalised name.
    pub(crate) name: String,
    /// Existence and versions are enough.
    pub(crate) brief: bool,
}

/// A way to ask.
pub(crate) struct Registry<'a> {
    fetch: &'a dyn Fetch,
    cache: Option<Cache>,
    config: &'a DepsConfig,
}

impl<'a> Registry<'a> {
    pub(crate) fn new(
        fetch: &'a dyn Fetch,
        cache_dir: Option<&std::path::Path>,
        config: &'a DepsConfig,
        now: Timestamp,
    ) -> Self {
        let cache = cache_dir.map(|folder| Cache::new(folder, config.cache_ttl_hours, now));
        Self { fetch, cache, config }
    }

    /// Asks all questions, a few at a time; the result does not depend on who answers first.
    pub(crate) fn ask(&self, questions: &[Question]) -> BTreeMap<(Ecosystem, String), Answer> {
        let answers = parallel(questions, |question| self.one(question));
        let keys = questions.iter().map(|question| (question.ecosystem, question.name.clone()));
        let answers = keys.zip(answers).collect();
        if let Some(cache) = &self.cache {
            cache.trim();
        }
        answers
    }

    fn one(&self, question: &Question) -> Answer {
        let url = match question.ecosystem {
            Ecosystem::PyPi => {
                format!("{}/pypi/{}/json", self.config.pypi_url.trim_end_matches('/'), escape(&question.name))
            }
            Ecosystem::Npm => {
                format!("{}/{}", self.config.npm_url.trim_end_matches('/'), escape(&question.name))
            }
        };
        let key = if question.brief { format!("{url}#brief") } else { url.clone() };
        let known = self.cache.as_ref().and_then(|cache| cache.look_up(&key));
        if let Some((entry, true)) = known {
            return entry.package.map_or(Answer::Absent, |package| Answer::Known(Box::new(package)));
        }
        // Only an entry with a package can be confirmed by "not modified".
        let known = known.map(|(entry, _)| entry).filter(|entry| entry.package.is_some());
        let brief = question.brief && question.ecosystem == Ecosystem::Npm;
        let request = FetchRequest {
            url,
            accept: if brief {
                "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
            } else {
                "application/json"
            },
            etag: known.as_ref().and_then(|entry| entry.etag.clone()),
            max_bytes: MAX_BODY_BYTES,
        };
        let response = match fetch::patient(self.fetch, &request) {
            Ok(response) => response,
            Err(reason) => return Answer::Silent(reason),
        };
        let (answer, etag) = match (response.status, known) {
            (304, Some(entry)) => (entry.package, entry.etag),
            (404 | 410, _) => (None, None),
            (200, _) => match self.read(question, &response.body) {
                Some(package) => (Some(package), response.etag),
                None => return Answer::Silent("an answer that is no description of a package".to_owned()),
            },
            (status, _) => return Answer::Silent(format!("status {status}")),
        };
        if let Some(cache) = &self.cache {
            cache.keep(&key, etag, answer.clone(), None);
        }
        answer.map_or(Answer::Absent, |package| Answer::Known(Box::new(package)))
    }

    fn read(&self, question: &Question, body: &[u8]) -> Option<Package> {
        let body: Value = serde_json::from_slice(body).ok()?;
        match question.ecosystem {
            Ecosystem::PyPi => package::from_pypi(&body),
            Ecosystem::Npm => package::from_npm(&body),
        }
    }

    /// Asks how often packages were downloaded in the last week. `None` where nobody counts; an error where nobody
    /// answered.
    pub(crate) fn downloads(
        &self,
        names: &[(Ecosystem, String)],
    ) -> BTreeMap<(Ecosystem, String), Result<Option<u64>, String>> {
        let counts = parallel(names, |(ecosystem, name)| self.count(*ecosystem, name));
        names.iter().cloned().zip(counts).collect()
    }

    fn count(&self, ecosystem: Ecosystem, name: &str) -> Result<Option<u64>, String> {
        let url = match (&self.config.downloads_url, ecosystem) {
            (Some(base), _) => {
                format!("{}/{}/{}", base.trim_end_matches('/'), ecosystem.name(), escape(name))
            }
            (None, Ecosystem::PyPi) => format!("https://pypistats.org/api/packages/{}/recent", escape(name)),
            // This service wants scopes with their slash.
            (None, Ecosystem::Npm) => format!("https://api.npmjs.org/downloads/point/last-week/{name}"),
        };
        if let Some((entry, true)) = self.cache.as_ref().and_then(|cache| cache.look_up(&url)) {
            return Ok(entry.downloads);
        }
        let request = FetchRequest { url, accept: "application/json", etag: None, max_bytes: 1024 * 1024 };
        let response = fetch::patient(self.fetch, &request)?;
        let count = match response.status {
            200 => {
                let body: Value = serde_json::from_slice(&response.body).map_err(|_| "no JSON".to_owned())?;
                let count = body.get("downloads").or_else(|| body.pointer("/data/last_week"));
                count.and_then(Value::as_u64)
            }
            404 | 410 => None,
            status => return Err(format!("status {status}")),
        };
        if let Some(cache) = &self.cache {
            cache.keep(&request.url, None, None, count);
        }
        Ok(count)
    }
}

/// Percent-encodes a name as one segment of a path; `@` stays, as both registries have it.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Does `work` for every item with a few threads; results in the order of the items.
fn parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests;
