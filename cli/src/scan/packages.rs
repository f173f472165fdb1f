//! Manifests that are open in an editor: judged as they stand there, with what registries said before or say now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vigil_scan::{
    Fetch, FetchError, FetchRequest, FetchResponse, Flags, Job, NoteKind, Registries, Settings, SourceReport,
    Target,
};

use super::environment::{Addresses, cache_directory, registry_files, registry_settings};
use super::fetch::Http;
use crate::Context;

/// Nobody waits longer than this for squiggles.
const DEADLINE: Duration = Duration::from_secs(4);

/// The way to the registries for one open document after the other.
pub(crate) struct Packages {
    offline: bool,
    http: Http,
    cache: Option<PathBuf>,
    settings: BTreeMap<String, String>,
    files: Vec<PathBuf>,
}

impl Packages {
    /// As the command line and the environment say.
    pub(crate) fn of(context: &Context, offline: bool) -> Self {
        Self {
            offline,
            http: Http::new(context).within(DEADLINE),
            cache: cache_directory(context),
            settings: registry_settings(context),
            files: registry_files(context),
        }
    }

    /// Flags under which settings have to be loaded.
    pub(crate) fn flags(context: &Context, offline: bool) -> Flags {
        let addresses = Addresses::of(context);
        Flags {
            offline,
            pypi_url: addresses.pypi,
            npm_url: addresses.npm,
            crates_url: addresses.crates,
            go_url: addresses.go,
            maven_url: addresses.maven,
            downloads_url: addresses.downloads,
            ..Flags::default()
        }
    }

    /// Registries may be asked.
    pub(crate) fn asks(&self) -> bool {
        !self.offline
    }

    /// Judges a manifest. When nobody may be asked now, what earlier scans heard is all that is known.
    pub(crate) fn document(
        &self,
        path: &Path,
        bytes: &[u8],
        root: &Path,
        settings: &Settings,
        ask: bool,
    ) -> Result<SourceReport, String> {
        let hurried = Hurried { http: ask.then_some(&self.http), until: Instant::now() + DEADLINE };
        let registries = Registries {
            fetch: Some(&hurried),
            cache_dir: self.cache.as_deref(),
            settings: self.settings.clone(),
            settings_files: self.files.clone(),
        };
        let job = Job {
            directory: root.to_owned(),
            repository: None,
            target: Target::Text(path.to_owned(), bytes.to_vec()),
            settings,
            now: jiff::Timestamp::now(),
            today: jiff::Zoned::now().date(),
            baseline: None,
            cache: None,
            registries: Some(&registries),
            threads: 1,
            progress: None,
        };
        let outcome = vigil_scan::scan(&job).map_err(|error| error.to_string())?;
        let mut report = SourceReport { findings: outcome.report.findings, ..SourceReport::default() };
        report.notes = outcome.report.notes;
        report.notes.retain(|note| ask || note.kind != NoteKind::Registry);
        Ok(report)
    }
}

/// Asks until the deadline, or nobody.
struct Hurried<'h> {
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
