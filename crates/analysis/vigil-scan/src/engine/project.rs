//! What no file says alone: example environment files, files that hold secrets, packages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::place::Selection;
use super::{Job, Judged, Target};
use crate::cache::Digest;
use crate::deps::{self, FileImports, PlacedImport, Registries};
use crate::files::{self, Excludes, Found, Kind, Text};
use crate::finding::{Finding, Note, NoteKind};
use crate::report::Suppressed;
use crate::rule::Category;
use crate::rules::{EnvExamples, is_secret_file_name, secret_files};
use crate::source::{Language, Source};
use crate::suppress::{self, Terms};

/// Example environment files are small; more than this is something else.
const MAX_EXAMPLE_BYTES: u64 = 256 << 10;

/// What is known about the project before its files are judged.
#[derive(Debug, Default)]
pub(super) struct Project {
    env_examples: EnvExamples,
    key: Vec<u8>,
}

/// What the project as a whole says.
#[derive(Debug, Default)]
pub(super) struct Whole {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<Note>,
    pub(super) errors: Vec<String>,
}

impl Project {
    /// Reads the example environment files beside and above what is scanned.
    pub(super) fn read(selection: &Selection, job: &Job<'_>) -> Self {
        let mut project = Self::default();
        let files_config = &job.settings.config.files;
        for path in examples(selection) {
            let Ok(bytes) = files::read(&path, MAX_EXAMPLE_BYTES) else { continue };
            let Ok(read) = Text::of(bytes, files_config) else { continue };
            let path = files::relative(&path, &selection.root);
            project.key.extend_from_slice(path.as_os_str().as_encoded_bytes());
            project.key.push(0);
            project.key.extend_from_slice(read.text.as_bytes());
            project.key.push(0);
            project.env_examples.add(&path, &read.text);
        }
        project
    }

    /// Values of example environment files.
    pub(super) fn env_examples(&self) -> &EnvExamples {
        &self.env_examples
    }

    /// What results of single files depend on.
    pub(super) fn key(&self) -> Digest {
        Digest::of(&self.key)
    }

    /// Judges the project.
    pub(super) fn judge(&self, selection: &Selection, judged: &[(PathBuf, Judged)], job: &Job<'_>) -> Whole {
        let config = &job.settings.config;
        let mut whole = Whole::default();
        let secret = |path: &Path| path.file_name().is_some_and(is_secret_file_name);
        let names: Vec<PathBuf> = selection
            .found
            .iter()
            .filter(|found| secret(&found.path))
            .map(|found| files::relative(&found.path, &selection.root))
            .collect();
        whole.findings.extend(secret_files(&selection.root, &names, config));
        if config.categories.contains(&Category::Dependency) {
            packages(selection, judged, job, &mut whole);
        }
        whole
    }
}

/// Checks manifests and imports. Single files that are named are judged without their project: what they import may be
/// declared anywhere.
fn packages(selection: &Selection, judged: &[(PathBuf, Judged)], job: &Job<'_>, whole: &mut Whole) {
    let manifest = selection.found.iter().any(|found| found.kind == Kind::Manifest);
    let project = match &job.target {
        Target::Paths(_) => selection.walked,
        Target::Changed(_) | Target::Staged(_) => true,
        Target::Text(..) => false,
    };
    let imports: Vec<FileImports> = match project {
        true => judged.iter().filter_map(|(path, judged)| imports_of(path, judged)).collect(),
        false => Vec::new(),
    };
    if !manifest && imports.is_empty() {
        // Who asks for packages alone is told that there were none to look at.
        if job.settings.config.categories == [Category::Dependency] && !selection.found.is_empty() {
            whole.notes.push(Note {
                file: None,
                line: None,
                kind: NoteKind::Info,
                message: "no manifest is among these files, so no package was checked".to_owned(),
            });
        }
        return;
    }
    let here = |found: &Found| files::relative(&found.path, &selection.root);
    let mut names: Vec<PathBuf> = selection.found.iter().map(here).collect();
    let mut contents = selection.given();
    // A change is judged against the whole project: that on the disk, or that of the commit.
    if let Ok(excludes) = Excludes::new(&job.settings.config.exclude, &selection.root) {
        match &job.target {
            Target::Changed(_) => {
                let (all, _) = files::walk(&selection.root, &job.settings.config, &excludes, job.threads);
                names.extend(all.iter().map(here));
            }
            Target::Staged(staged) => {
                let inside = |path: &&PathBuf| !excludes.names(&selection.root.join(path));
                names.extend(staged.index.iter().filter(inside).cloned());
                let manifests = staged.unlike_disk.iter().filter(|(path, _)| deps::is_manifest(path));
                for (path, bytes) in manifests {
                    contents.entry(path.clone()).or_insert_with(|| bytes.clone());
                }
            }
            Target::Paths(_) | Target::Text(..) => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    let closed = matches!(job.target, Target::Staged(_));
    let project = deps::Project { root: selection.root.clone(), files: names, imports, contents, closed };
    let none = Registries::default();
    let checked = deps::check(&project, &job.settings.config, job.registries.unwrap_or(&none), job.now);
    whole.findings.extend(checked.findings);
    whole.notes.extend(checked.notes);
    whole.errors.extend(checked.errors);
}

fn imports_of(path: &Path, judged: &Judged) -> Option<FileImports> {
    let language = Language::of_path(path)?;
    let imports = judged.imports.iter().map(|import| PlacedImport {
        module: import.module.clone(),
        need: import.need,
        start: import.start,
        end: import.end,
        line: import.line.clone(),
    });
    let imports: Vec<PlacedImport> = imports.collect();
    (!imports.is_empty()).then(|| FileImports { file: path.to_owned(), language, imports })
}

/// Example environment files: those that the walk found, and those in directories of files that were named and above them.
fn examples(selection: &Selection) -> BTreeSet<PathBuf> {
    let is_example =
        |path: &Path| path.file_name().is_some_and(|name| EnvExamples::is_name(&name.to_string_lossy()));
    let mut examples: BTreeSet<PathBuf> = selection
        .found
        .iter()
        .filter(|found| is_example(&found.path))
        .map(|found| found.path.clone())
        .collect();
    let mut directories = BTreeSet::new();
    for top in &selection.tops {
        for above in top.ancestors() {
            if !above.starts_with(&selection.root) || !directories.insert(above.to_owned()) {
                break;
            }
        }
    }
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        examples.extend(
            entries.flatten().map(|entry| entry.path()).filter(|path| is_example(path) && path.is_file()),
        );
    }
    examples
}

/// Applies the suppressions that stand in manifests: they are read only when something was found there.
pub(super) fn suppress_in_manifests(
    findings: &mut Vec<Finding>,
    selection: &Selection,
    terms: Terms<'_>,
) -> (Vec<Suppressed>, Vec<Note>) {
    let config = terms.config;
    let manifests: BTreeSet<PathBuf> = findings.iter().map(|finding| finding.file.clone()).collect();
    let (mut suppressed, mut notes) = (Vec::new(), Vec::new());
    for path in manifests {
        let Some(found) = selection.found.iter().find(|found| {
            found.kind == Kind::Manifest && files::relative(&found.path, &selection.root) == path
        }) else {
            continue;
        };
        let Ok(bytes) = selection.bytes(found, config.files.max_bytes) else { continue };
        let Ok(read) = Text::of(bytes, &config.files) else { continue };
        let (suppressions, told) = suppress::read(&Source::new(&path, read.text));
        notes.extend(told);
        let (here, mut elsewhere) =
            std::mem::take(findings).into_iter().partition(|finding| finding.file == path);
        let mut here: Vec<Finding> = here;
        let (some, told) = suppress::apply(&suppressions, &mut here, &path, terms);
        suppressed.extend(some);
        notes.extend(told);
        elsewhere.append(&mut here);
        *findings = elsewhere;
    }
    (suppressed, notes)
}
