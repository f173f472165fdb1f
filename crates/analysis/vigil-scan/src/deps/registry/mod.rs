//! The registries: which questions are asked, in parallel, each once, and what the answers mean.

mod address;
mod cache;
mod fetch;
mod index;
mod package;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use self::cache::Cache;
pub use self::fetch::{Fetch, FetchError, FetchRequest, FetchResponse};
pub(crate) use self::package::Package;
use super::ecosystem::Ecosystem;
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
        let base = question.ecosystem.url(self.config);
        let Some(url) = address::of(question.ecosystem, base, &question.name) else { return Answer::Absent };
        let accept = match question.ecosystem {
            Ecosystem::Npm if question.brief => {
                "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
            }
            Ecosystem::PyPi | Ecosystem::Npm => "application/json",
            Ecosystem::Cargo | Ecosystem::Go | Ecosystem::Maven => "*/*",
        };
        let asked = Asked { brief: question.brief, ..Asked::new(url, accept) };
        let answer = self.document(&asked, |response| match question.ecosystem {
            Ecosystem::PyPi => package::from_pypi(&serde_json::from_slice(&response.body).ok()?),
            Ecosystem::Npm => package::from_npm(&serde_json::from_slice(&response.body).ok()?),
            Ecosystem::Cargo => index::from_crates(&response.body),
            Ecosystem::Go => index::from_go_list(&response.body),
            Ecosystem::Maven => index::from_maven(&response.body),
        });
        match (question.ecosystem, answer) {
            (Ecosystem::Go, Answer::Known(package)) => self.module(question, base, *package),
            (Ecosystem::Maven, Answer::Known(package)) if !question.brief => {
                self.artifact(question, base, *package)
            }
            (_, answer) => answer,
        }
    }

    /// The list of a module tells neither its age nor, when it is empty, whether there is one.
    fn module(&self, question: &Question, base: &str, list: Package) -> Answer {
        let first = index::newest_module(&list.versions, false);
        if first.is_some() && question.brief {
            return Answer::Known(Box::new(list));
        }
        let Some(url) = address::of_module(base, &question.name, first.as_deref()) else {
            return Answer::Absent;
        };
        let told = self.document(&Asked::new(url, "*/*"), |response| index::from_go_info(&response.body));
        match (told, first) {
            // The time of the newest commit says nothing about the first.
            (Answer::Known(latest), None) => {
                Answer::Known(Box::new(Package { latest: latest.latest, ..list }))
            }
            (Answer::Absent, None) => Answer::Absent,
            (Answer::Known(first), Some(_)) => {
                Answer::Known(Box::new(Package { created: first.created, ..list }))
            }
            (Answer::Absent, Some(_)) => Answer::Known(Box::new(list)),
            (Answer::Silent(reason), _) => Answer::Silent(reason),
        }
    }

    /// The age of an artifact is that of the file of its first version.
    fn artifact(&self, question: &Question, base: &str, package: Package) -> Answer {
        let first =
            package.versions.first().and_then(|version| address::of_pom(base, &question.name, version));
        let Some(url) = first else { return Answer::Known(Box::new(package)) };
        let told = self.document(&Asked::new(url, "*/*"), |response| {
            Some(Package { created: response.last_modified, ..Package::default() })
        });
        match told {
            Answer::Known(first) => Answer::Known(Box::new(Package { created: first.created, ..package })),
            Answer::Absent => Answer::Known(Box::new(package)),
            Answer::Silent(reason) => Answer::Silent(reason),
        }
    }

    /// Whether the module proxy has these versions, which its lists do not name: those of commits, and old ones.
    pub(crate) fn module_versions(&self, versions: &[(String, String)]) -> Vec<Result<bool, String>> {
        let base = Ecosystem::Go.url(self.config);
        parallel(versions, |(name, version)| {
            let Some(url) = address::of_module(base, name, Some(version)) else { return Ok(false) };
            match self.document(&Asked::new(url, "*/*"), |response| index::from_go_info(&response.body)) {
                Answer::Known(_) => Ok(true),
                Answer::Absent => Ok(false),
                Answer::Silent(reason) => Err(reason),
            }
        })
    }

    /// One document: from the cache, confirmed, or read anew.
    fn document(&self, asked: &Asked, read: impl Fn(&FetchResponse) -> Option<Package>) -> Answer {
        let key = if asked.brief { format!("{}#brief", asked.url) } else { asked.url.clone() };
        let known = self.cache.as_ref().and_then(|cache| cache.look_up(&key));
        if let Some((entry, true)) = known {
            return entry.package.map_or(Answer::Absent, |package| Answer::Known(Box::new(package)));
        }
        // Only an entry with a package can be confirmed by "not modified".
        let known = known.map(|(entry, _)| entry).filter(|entry| entry.package.is_some());
        let request = FetchRequest {
            url: asked.url.clone(),
            accept: asked.accept,
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
            (200, _) => match read(&response) {
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
                format!("{}/{}/{}", base.trim_end_matches('/'), ecosystem.name(), address::escape(name))
            }
            (None, Ecosystem::PyPi) => {
                format!("https://pypistats.org/api/packages/{}/recent", address::escape(name))
            }
            // This service wants scopes with their slash.
            (None, Ecosystem::Npm) => format!("https://api.npmjs.org/downloads/point/last-week/{name}"),
            // Nobody counts by the week.
            (None, Ecosystem::Cargo | Ecosystem::Go | Ecosystem::Maven) => return Ok(None),
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

/// A document that is asked for.
struct Asked {
    url: String,
    accept: &'static str,
    /// It is npm's short form, which the same address also has in full.
    brief: bool,
}

impl Asked {
    fn new(url: String, accept: &'static str) -> Self {
        Self { url, accept, brief: false }
    }
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
