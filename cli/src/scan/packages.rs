//! Manifests that are open in an editor: judged as they stand there, with what registries said before or say now.

use std::path::Path;
use std::time::Duration;

use vigil_scan::{Flags, Job, NoteKind, Settings, SourceReport, Target};

use super::environment::Addresses;
use super::way::Way;
use crate::Context;

/// Nobody waits longer than this for squiggles.
const DEADLINE: Duration = Duration::from_secs(4);

/// The way to the registries for one open document after the other.
pub(crate) struct Packages {
    offline: bool,
    way: Way,
}

impl Packages {
    /// As the command line and the environment say.
    pub(crate) fn of(context: &Context, offline: bool) -> Self {
        Self { offline, way: Way::of(context, DEADLINE) }
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
        let hurried = self.way.hurried(ask);
        let registries = self.way.registries(&hurried);
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
