//! Names of packages: compared with well-known ones, and asked for at their registry when that may be done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vigil_scan::{
    Checked, Config, Fetch, FetchError, FetchRequest, FetchResponse, NoteKind, Project, Registries, RuleId,
    check_dependencies,
};

use super::install::Install;
use crate::Context;
use crate::scan::{Addresses, Http, cache_directory, registry_files, registry_settings};

/// An agent waits for the answer: what is not known by then is not checked.
const DEADLINE: Duration = Duration::from_secs(2);

/// What can be said about a name before it is installed; the rest is for `vigil deps`.
const RULES: [RuleId; 3] = [RuleId::Dep001, RuleId::Dep003, RuleId::Dep007];

/// The network, as the hook may use it.
pub(crate) struct Online {
    offline: bool,
    addresses: Addresses,
    http: Http,
    cache: Option<PathBuf>,
    settings: BTreeMap<String, String>,
    files: Vec<PathBuf>,
}

impl Online {
    /// As the command line and the environment say.
    pub(crate) fn of(context: &Context, offline: bool) -> Self {
        Self {
            offline,
            addresses: Addresses::of(context),
            http: Http::new(context).within(DEADLINE),
            cache: cache_directory(context),
            settings: registry_settings(context),
            files: registry_files(context),
        }
    }

    /// Checks one manifest that is not on the disk, as if it stood in the directory.
    pub(super) fn check(&self, name: &str, text: &str, directory: &Path, config: &Config) -> Checked {
        let mut config = config.clone();
        for (rule, setting) in &mut config.rules {
            setting.enabled &= RULES.contains(rule);
        }
        config.deps.offline |= self.offline;
        self.addresses.over(&mut config.deps);
        let hurried = Hurried { http: &self.http, until: Instant::now() + DEADLINE };
        let own = [".npmrc", ".yarnrc.yml", "pip.conf", "uv.toml"];
        let own = directory.ancestors().flat_map(|above| own.iter().map(|name| above.join(name)));
        let registries = Registries {
            fetch: Some(&hurried),
            cache_dir: self.cache.as_deref(),
            settings: self.settings.clone(),
            settings_files: self.files.iter().cloned().chain(own.filter(|path| path.is_file())).collect(),
        };
        // Lock files and settings beside it tell what is private.
        let project = Project {
            root: directory.to_owned(),
            files: vec![name.into()],
            contents: BTreeMap::from([(name.into(), text.as_bytes().to_vec())]),
            ..Project::default()
        };
        let mut checked = check_dependencies(&project, &config, &registries, jiff::Timestamp::now());
        // What it includes is not what is about to be written.
        checked.findings.retain(|finding| finding.file.as_path() == Path::new(name));
        checked
    }
}

/// The manifests that would declare what a command installs.
pub(super) fn manifests(install: &Install) -> Vec<(&'static str, String)> {
    let mut manifests = Vec::new();
    if !install.pypi.is_empty() {
        manifests.push(("requirements.txt", install.pypi.join("\n") + "\n"));
    }
    if !install.npm.is_empty() {
        let dependencies: serde_json::Map<String, serde_json::Value> = install
            .npm
            .iter()
            .map(|(name, version)| (name.clone(), version.as_deref().unwrap_or("*").into()))
            .collect();
        manifests.push(("package.json", serde_json::json!({ "dependencies": dependencies }).to_string()));
    }
    if !install.cargo.is_empty() {
        let lines = install.cargo.iter().map(|(name, version)| {
            let version = version.as_deref().map_or_else(|| "*".to_owned(), |version| format!("={version}"));
            format!("{name} = \"{version}\"\n")
        });
        manifests.push(("Cargo.toml", format!("[dependencies]\n{}", lines.collect::<String>())));
    }
    if !install.go.is_empty() {
        let lines = install
            .go
            .iter()
            .map(|(name, version)| format!("require {name} {}\n", version.as_deref().unwrap_or("latest")));
        manifests.push(("go.mod", lines.collect()));
    }
    manifests
}

/// Whether a file declares packages that can be checked without the rest of its project. The members of a workspace of
/// npm's name each other as if they were published.
pub(super) fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        "pyproject.toml" | "Pipfile" | "setup.cfg" | "Cargo.toml" | "go.mod" | "pom.xml" => true,
        "package.json" => !path.ancestors().skip(1).any(is_workspace),
        _ => {
            (name.starts_with("requirements") && name.ends_with(".txt"))
                || [".gradle", ".gradle.kts", ".versions.toml"].iter().any(|end| name.ends_with(end))
        }
    }
}

fn is_workspace(directory: &Path) -> bool {
    directory.join("pnpm-workspace.yaml").exists()
        || directory.join("lerna.json").exists()
        || std::fs::read_to_string(directory.join("package.json"))
            .is_ok_and(|text| text.contains("\"workspaces\""))
}

/// Registries that did not answer: for the log.
pub(super) fn silent(checked: &Checked) -> impl Iterator<Item = String> {
    let notes = checked.notes.iter().filter(|note| note.kind == NoteKind::Registry);
    notes.map(|note| note.message.clone()).chain(checked.errors.iter().cloned())
}

/// Asks until the deadline, and not again after it.
struct Hurried<'h> {
    http: &'h Http,
    until: Instant,
}

impl Fetch for Hurried<'_> {
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        if Instant::now() >= self.until {
            return Err(FetchError::Timeout);
        }
        self.http.get(request)
    }

    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration.min(self.until.saturating_duration_since(Instant::now())));
    }
}
