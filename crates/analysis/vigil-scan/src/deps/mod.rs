//! Dependencies: what manifests declare, what code imports, and what the registries say about both.
//!
//! Start reading at [`check`]. Manifests are read by `manifest`, each dependency is routed to the registry it comes from by
//! `route`, the registries are asked by `registry` through the [`Fetch`] port, and `judge` makes findings of the answers.

mod declared;
mod ecosystem;
mod imports;
mod installed;
mod judge;
mod load;
mod manifest;
mod registry;
mod route;
mod settings;
mod similar;
mod version;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use self::declared::{IndexSetting, Manifest, Origin};
use self::ecosystem::Ecosystem;
use self::imports::Undeclared;
pub(crate) use self::imports::is_builtin_python;
use self::judge::{Judge, Subject};
pub(crate) use self::load::plain;
use self::registry::{Answer, Question, Registry};
pub use self::registry::{Fetch, FetchError, FetchRequest, FetchResponse};
use self::route::{GO_SUM, Route, Routes};
pub use self::settings::{SETTINGS_FILES, SettingsFile, SettingsKind};
use self::similar::Popular;
use crate::config::Config;
use crate::facts::Need;
use crate::finding::{Finding, Note, NoteKind};
use crate::rule::RuleId;
use crate::source::{Language, Position};

/// What is checked.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The directory that all paths are relative to.
    pub root: PathBuf,
    /// All files of the scan, relative to the root, sorted.
    pub files: Vec<PathBuf>,
    /// What the code files among them import.
    pub imports: Vec<FileImports>,
    /// Contents that count instead of what lies on the disk: staged files, a text that is about to be written.
    pub contents: BTreeMap<PathBuf, Vec<u8>>,
    /// There are no other files than these, whatever else lies on the disk.
    pub closed: bool,
}

/// Whether a file declares packages or locks them, by its name.
pub fn is_manifest(path: &Path) -> bool {
    manifest::Format::of_path(path).is_some()
}

/// The imports of one file.
#[derive(Clone, Debug)]
pub struct FileImports {
    /// The file, relative to the root.
    pub file: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// Its imports, in order.
    pub imports: Vec<PlacedImport>,
}

/// One import and where it stands.
#[derive(Clone, Debug)]
pub struct PlacedImport {
    /// The module as written: `yaml.nodes`, `@scope/pkg/sub`, `./local`.
    pub module: String,
    /// What becomes of the file without it.
    pub need: Need,
    /// Where it begins.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
    /// Its line, as written.
    pub line: String,
}

/// The way to the registries.
#[derive(Clone, Default)]
pub struct Registries<'a> {
    /// Who asks; without it nothing is asked.
    pub fetch: Option<&'a dyn Fetch>,
    /// Where answers are kept, below `registry/`.
    pub cache_dir: Option<&'a Path>,
    /// Settings of the environment that pip, uv, npm and Yarn read: `PIP_INDEX_URL`, `npm_config_registry`, …
    pub settings: BTreeMap<String, String>,
    /// The user's and the machine's own settings files, whatever their names are; what is read later holds.
    pub settings_files: Vec<(SettingsKind, PathBuf)>,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// Findings, sorted by file, place and rule.
    pub findings: Vec<Finding>,
    /// What was skipped or not checked. A note of kind [`NoteKind::Registry`] says that a registry did not answer.
    pub notes: Vec<Note>,
    /// What went wrong with the check itself.
    pub errors: Vec<String>,
}

/// Checks the dependencies of a project. Nothing is asked when the configuration says so or there is no `fetch`.
pub fn check(project: &Project, config: &Config, registries: &Registries<'_>, now: Timestamp) -> Checked {
    let mut notes = Vec::new();
    let manifests = load::manifests(project, &mut notes);
    let (popular, list_notes) = Popular::load(config.deps.popular_packages_file.as_deref());
    notes.extend(list_notes);
    let allowed = Allowed::new(&config.deps.allow, &mut notes);
    let routes = settings::routes(project, config, registries, &manifests);
    let subjects = subjects(&manifests, &routes, &allowed);
    let judge = Judge { config, popular: &popular, now };

    let mut findings = Vec::new();
    let fetch = registries.fetch.filter(|_| config.deps.verify_registry && !config.deps.offline);
    let registry = fetch.map(|fetch| Registry::new(fetch, registries.cache_dir, &config.deps, now));
    let missing = match judge::is_on(config, RuleId::Dep006) {
        true => imports::undeclared(project, &manifests, &popular, &allowed),
        false => Vec::new(),
    };
    let answers = match &registry {
        Some(registry) => {
            let mut questions = questions(config, &popular, &subjects);
            questions.extend(questions_of_imports(&missing, &routes, &manifests, &questions));
            let mut answers = registry.ask(&questions.into_iter().collect::<Vec<_>>());
            confirm(registry, config, &subjects, &mut answers);
            silent(&answers, config, &mut notes);
            answers
        }
        None => BTreeMap::new(),
    };
    let counts = match &registry {
        Some(registry) => count(registry, config, &popular, &subjects, &answers, &mut notes),
        None => BTreeMap::new(),
    };
    if registry.is_some() {
        unasked(&subjects, &mut notes);
        doubtful(&subjects, &answers, &mut notes);
    }
    for subject in &subjects {
        findings.extend(judge.declared(
            subject,
            answers.get(&subject.key),
            counts.get(&subject.key).copied(),
        ));
    }
    findings.extend(missing.iter().filter_map(|import| {
        let exists = match answers.get(&import.key) {
            Some(Answer::Known(package)) => Some(!package.withdrawn),
            Some(Answer::Absent) => Some(false),
            _ => None,
        };
        import.finding(config, &popular, exists)
    }));
    findings
        .sort_by(|a, b| (&a.file, a.start, a.rule, &a.message).cmp(&(&b.file, b.start, b.rule, &b.message)));
    findings.dedup();
    notes.sort();
    notes.dedup();
    Checked { findings, notes, errors: Vec::new() }
}

/// Names that the configuration allows.
struct Allowed(globset::GlobSet);

impl Allowed {
    fn new(patterns: &[String], notes: &mut Vec<Note>) -> Self {
        let mut set = globset::GlobSetBuilder::new();
        for pattern in patterns {
            match globset::GlobBuilder::new(pattern).case_insensitive(true).literal_separator(false).build() {
                Ok(glob) => {
                    set.add(glob);
                }
                Err(error) => notes.push(Note {
                    file: None,
                    line: None,
                    kind: NoteKind::Unused,
                    message: format!("`{pattern}` in `deps.allow` is no pattern: {}", error.kind()),
                }),
            }
        }
        Self(set.build().unwrap_or_else(|_| globset::GlobSet::empty()))
    }

    fn has(&self, ecosystem: Ecosystem, name: &str) -> bool {
        self.0.is_match(name) || self.0.is_match(ecosystem.normalise(name))
    }
}

/// Each package once, where it is declared first; a package whose pins differ counts once for each.
fn subjects<'a>(manifests: &'a [Manifest], routes: &Routes, allowed: &Allowed) -> Vec<Subject<'a>> {
    let own: BTreeSet<(Ecosystem, String)> = manifests
        .iter()
        .flat_map(|manifest| {
            let names = manifest.contents.own_names.iter();
            names.map(|name| (manifest.ecosystem, manifest.ecosystem.normalise(name)))
        })
        .collect();
    let mut first = BTreeSet::new();
    let mut pinned = BTreeSet::new();
    let mut subjects = Vec::new();
    for manifest in manifests.iter().filter(|manifest| manifest.reported) {
        for declared in &manifest.contents.declared {
            let key = (declared.ecosystem, declared.ecosystem.normalise(&declared.name));
            let elsewhere = matches!(declared.origin, Origin::Local | Origin::Elsewhere);
            if elsewhere || own.contains(&key) || allowed.has(declared.ecosystem, &declared.name) {
                continue;
            }
            let route = routes.of(declared, &manifest.contents.indexes);
            let is_first = first.insert(key.clone());
            if is_first || pinned.insert((key.clone(), declared.requirement.clone())) {
                pinned.insert((key.clone(), declared.requirement.clone()));
                subjects.push(Subject { key, source: &manifest.source, declared, route, is_first });
            }
        }
    }
    subjects
}

/// What is asked about declared packages.
fn questions(config: &Config, popular: &Popular, subjects: &[Subject<'_>]) -> BTreeSet<Question> {
    let rules = [RuleId::Dep001, RuleId::Dep002, RuleId::Dep004, RuleId::Dep005, RuleId::Dep007];
    if !rules.iter().any(|rule| judge::is_on(config, *rule)) {
        return BTreeSet::new();
    }
    let asked =
        subjects.iter().filter(|subject| matches!(subject.route, Route::Ask | Route::AskWithDoubt(_)));
    let question = |subject: &Subject<'_>| Question {
        ecosystem: subject.key.0,
        name: subject.key.1.clone(),
        brief: popular.knows(subject.key.0, &subject.key.1),
    };
    asked.map(question).collect()
}

/// What is asked about imports that nothing declares: whether there is such a package at all. Where some packages of its
/// ecosystem come from a private index, an undeclared name may be private, too, and is not asked.
fn questions_of_imports(
    missing: &[Undeclared<'_>],
    routes: &Routes,
    manifests: &[Manifest],
    known: &BTreeSet<Question>,
) -> BTreeSet<Question> {
    let mut indexes: BTreeMap<Ecosystem, Vec<IndexSetting>> = BTreeMap::new();
    for manifest in manifests {
        indexes.entry(manifest.ecosystem).or_default().extend(manifest.contents.indexes.iter().cloned());
    }
    let of = |ecosystem| indexes.get(&ecosystem).map_or(&[] as &[_], Vec::as_slice);
    let names: BTreeSet<&(Ecosystem, String)> =
        missing.iter().filter(|import| import.is_open()).map(|import| &import.key).collect();
    names
        .into_iter()
        .filter(|(ecosystem, name)| routes.of_name(*ecosystem, name, of(*ecosystem)) == Route::Ask)
        .filter(|key| !known.iter().any(|question| (question.ecosystem, &question.name) == (key.0, &key.1)))
        .map(|(ecosystem, name)| Question { ecosystem: *ecosystem, name: name.clone(), brief: true })
        .collect()
}

/// Asks for the versions of modules that no list names: those of commits, and such as are only kept by the proxy.
fn confirm(
    registry: &Registry<'_>,
    config: &Config,
    subjects: &[Subject<'_>],
    answers: &mut BTreeMap<(Ecosystem, String), Answer>,
) {
    if !judge::is_on(config, RuleId::Dep007) {
        return;
    }
    let of_go = |subject: &&Subject<'_>| subject.key.0 == Ecosystem::Go && subject.route == Route::Ask;
    let mut open: BTreeSet<(String, String)> = BTreeSet::new();
    for subject in subjects.iter().filter(of_go) {
        let Some(Answer::Known(package)) = answers.get(&subject.key) else { continue };
        let requirement = &subject.declared.requirement;
        // A module without versions has commits.
        let missing = match package.versions.is_empty() {
            true => requirement.starts_with('v').then_some(requirement.as_str()),
            false => version::missing(Ecosystem::Go, requirement, &package.versions),
        };
        open.extend(missing.map(|version| (subject.key.1.clone(), version.to_owned())));
    }
    let open: Vec<_> = open.into_iter().collect();
    for ((name, version), known) in open.iter().zip(registry.module_versions(&open)) {
        let key = (Ecosystem::Go, name.clone());
        match (known, answers.get_mut(&key)) {
            (Ok(true), Some(Answer::Known(package))) => package.versions.push(version.clone()),
            // A list that is not empty tells that the version is missing.
            (Ok(false), Some(Answer::Known(package))) if package.versions.is_empty() => {
                package.versions.extend(package.latest.clone());
            }
            (Err(reason), Some(answer)) => *answer = Answer::Silent(reason),
            _ => {}
        }
    }
}

/// Says for each registry how many packages it did not answer for.
fn silent(answers: &BTreeMap<(Ecosystem, String), Answer>, config: &Config, notes: &mut Vec<Note>) {
    for ecosystem in Ecosystem::ALL {
        let asked = answers.keys().filter(|key| key.0 == ecosystem).count();
        let failed: Vec<(&str, &str)> = answers
            .iter()
            .filter(|(key, _)| key.0 == ecosystem)
            .filter_map(|(key, answer)| match answer {
                Answer::Silent(reason) => Some((key.1.as_str(), reason.as_str())),
                _ => None,
            })
            .collect();
        let Some((_, reason)) = failed.first() else { continue };
        notes.push(Note {
            file: None,
            line: None,
            kind: NoteKind::Registry,
            message: format!(
                "{} ({}) did not answer for {} of {asked} packages ({reason}); not checked: {}",
                ecosystem.registry(),
                route::host(ecosystem.url(&config.deps)),
                failed.len(),
                listing(failed.iter().map(|(name, _)| *name)),
            ),
        });
    }
}

/// Asks for download counts of packages that exist and are not well known.
fn count(
    registry: &Registry<'_>,
    config: &Config,
    popular: &Popular,
    subjects: &[Subject<'_>],
    answers: &BTreeMap<(Ecosystem, String), Answer>,
    notes: &mut Vec<Note>,
) -> BTreeMap<(Ecosystem, String), u64> {
    if !judge::is_on(config, RuleId::Dep004) {
        return BTreeMap::new();
    }
    let names: BTreeSet<(Ecosystem, String)> = subjects
        .iter()
        .filter(|subject| matches!(answers.get(&subject.key), Some(Answer::Known(_))))
        .filter(|subject| !popular.knows(subject.key.0, &subject.key.1))
        .filter(|subject| has_counts(config, subject.key.0))
        .map(|subject| subject.key.clone())
        .collect();
    let names: Vec<_> = names.into_iter().collect();
    let counts = registry.downloads(&names);
    let failed: Vec<&str> =
        counts.iter().filter(|(_, count)| count.is_err()).map(|((_, name), _)| name.as_str()).collect();
    if let Some(reason) = counts.values().find_map(|count| count.as_ref().err()) {
        notes.push(Note {
            file: None,
            line: None,
            kind: NoteKind::Registry,
            message: format!(
                "download counts of {} of {} packages could not be asked ({reason}); not checked: {}",
                failed.len(),
                names.len(),
                listing(failed.iter().copied()),
            ),
        });
    }
    counts.into_iter().filter_map(|(key, count)| Some((key, count.ok().flatten()?))).collect()
}

/// The public counts say nothing about the packages of another registry.
fn has_counts(config: &Config, ecosystem: Ecosystem) -> bool {
    let counted = matches!(ecosystem, Ecosystem::PyPi | Ecosystem::Npm);
    config.deps.downloads_url.is_some() || (counted && ecosystem.is_public(&config.deps))
}

/// Says what comes from private indexes and was therefore not asked.
fn unasked(subjects: &[Subject<'_>], notes: &mut Vec<Note>) {
    let mut hosts: BTreeMap<(Ecosystem, &str), BTreeSet<&str>> = BTreeMap::new();
    for subject in subjects {
        if let Route::Private(host) = &subject.route {
            hosts.entry((subject.key.0, host)).or_default().insert(&subject.key.1);
        }
    }
    for ((ecosystem, host), names) in hosts {
        let key = ecosystem.url_key();
        notes.push(Note {
            file: None,
            line: None,
            kind: NoteKind::Info,
            message: format!(
                "{} packages come from {host} and were not looked up ({}); name the registry to ask in `{key}`",
                names.len(),
                listing(names.into_iter()),
            ),
        });
    }
}

/// Says what a registry does not have and no finding tells of, because it may come from elsewhere.
fn doubtful(
    subjects: &[Subject<'_>],
    answers: &BTreeMap<(Ecosystem, String), Answer>,
    notes: &mut Vec<Note>,
) {
    let mut hosts: BTreeMap<(Ecosystem, &str), BTreeSet<&str>> = BTreeMap::new();
    for subject in subjects {
        // What stands in `go.sum` was fetched from somewhere.
        if let (Route::AskWithDoubt(host), Some(Answer::Absent)) = (&subject.route, answers.get(&subject.key))
            && host != GO_SUM
        {
            hosts.entry((subject.key.0, host)).or_default().insert(&subject.key.1);
        }
    }
    for ((ecosystem, host), names) in hosts {
        notes.push(Note {
            file: None,
            line: None,
            kind: NoteKind::Info,
            message: format!(
                "{} packages are not on {} and may come from {host}; that was not checked: {}",
                names.len(),
                ecosystem.registry(),
                listing(names.into_iter()),
            ),
        });
    }
}

/// The first few names.
fn listing<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let first: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
    first.join(", ") + &more
}

#[doc(hidden)]
pub(crate) mod fuzzing {
    //! Entries for fuzz targets: they take any bytes and hold what must always hold.

    use super::*;
    use crate::source::Source;

    /// Reads the bytes as a manifest of every format: names lie where they are said to lie.
    pub fn manifests(bytes: &[u8]) {
        let source = Source::new("manifest", String::from_utf8_lossy(bytes).into_owned());
        for format in manifest::Format::ALL {
            let contents = format.parse(&source);
            for declared in &contents.declared {
                assert!(source.text.get(declared.span.range()).is_some(), "{format:?}: {declared:?}");
            }
            for (path, span) in &contents.includes {
                assert!(source.text.get(span.range()).is_some(), "{format:?}: {path:?}");
            }
            for note in &contents.notes {
                assert!(note.line.is_none_or(|line| line >= 1), "{format:?}: {note:?}");
            }
        }
    }

    /// Reads the bytes as settings files of package managers: credentials are not kept.
    pub fn settings(bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let mut routes = Routes::new(&crate::config::DepsConfig::default(), &BTreeMap::new());
        for kind in SettingsKind::ALL {
            kind.tell(&mut routes, &text);
        }
    }

    /// Takes the bytes for a version text and a name.
    pub fn names(bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        static POPULAR: std::sync::LazyLock<Popular> = std::sync::LazyLock::new(|| Popular::load(None).0);
        for ecosystem in Ecosystem::ALL {
            let versions = ["1.0".to_owned(), "2.0.0-rc.1".to_owned()];
            assert!(
                version::missing(ecosystem, &text, &versions).is_none_or(|missing| text.contains(missing))
            );
            let found = POPULAR.look_alike(ecosystem, &text, 0.85);
            assert!(found.is_none_or(|found| found.name != text && (0.0..=1.0).contains(&found.similarity)));
        }
    }
}

#[cfg(test)]
mod tests;
