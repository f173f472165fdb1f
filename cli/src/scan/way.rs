//! The way to the registries for somebody who waits: an agent before its call, an editor with an open manifest.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vigil_scan::{Fetch, FetchError, FetchRequest, FetchResponse, Registries, SettingsKind};

use super::environment::{cache_directory, registry_files, registry_settings};
use super::fetch::Http;
use crate::Context;

/// The way to the registries.
pub(crate) struct Way {
    wait: Duration,
    http: Http,
    cache: Option<PathBuf>,
    settings: BTreeMap<String, String>,
    files: Vec<(SettingsKind, PathBuf)>,
}

impl Way {
    /// As the environment says, for somebody who waits no longer than this.
    pub(crate) fn of(context: &Context, wait: Duration) -> Self {
        Self {
            wait,
            http: Http::new(context).within(wait),
            cache: cache_directory(context),
            settings: registry_settings(context),
            files: registry_files(context),
        }
    }

    /// Asks from now on, or nobody.
    pub(crate) fn hurried(&self, ask: bool) -> Hurried<'_> {
        Hurried { http: ask.then_some(&self.http), until: Instant::now() + self.wait }
    }

    /// The registries, asked in this way.
    pub(crate) fn registries<'a>(&'a self, fetch: &'a dyn Fetch) -> Registries<'a> {
        Registries {
            fetch: Some(fetch),
            cache_dir: self.cache.as_deref(),
            settings: self.settings.clone(),
            settings_files: self.files.clone(),
        }
    }
}

/// Asks until the deadline and not again after it, or nobody at all.
pub(crate) struct Hurried<'h> {
    http: Option<&'h Http>,
    until: Instant,
}

impl Fetch for Hurried<'_> {
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        match self.http.filter(|_| Instant::now() < self.until) {
            Some(http) => http.get(request),
            None => Err(FetchError::Timeout),
        }
    }

    fn pause(&self, duration: Duration) {
        if self.http.is_some() {
            std::thread::sleep(duration.min(self.until.saturating_duration_since(Instant::now())));
        }
    }
}
