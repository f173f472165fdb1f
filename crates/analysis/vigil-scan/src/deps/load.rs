//! Finds the manifests of a project and reads them, with the files they include.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Project;
use super::declared::{Contents, Ecosystem, IndexSetting, Manifest};
use super::installed::{Installed, is_installed};
use super::manifest::Format;
use crate::finding::{Note, NoteKind};
use crate::source::Source;

/// Larger manifests are left out, with a note.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads all manifests among the files, nearer the root first; then those beside and above code files, which tell what is
/// declared and are not reported themselves.
pub(crate) fn manifests(project: &Project, notes: &mut Vec<Note>) -> Vec<Manifest> {
    let mut installed = Installed::new(&project.root);
    let mut paths: Vec<Listed> = project
        .files
        .iter()
        .filter_map(|path| Some(Listed { path: path.clone(), format: Format::of_path(path)?, named: true }))
        .filter(|listed| !installed.has(&listed.path))
        .collect();
    paths.sort_by_key(|listed| (listed.path.components().count(), listed.path.clone()));
    let mut seen: BTreeSet<PathBuf> = paths.iter().map(|listed| listed.path.clone()).collect();
    for (path, format) in beside(project) {
        if !installed.has(&path) && seen.insert(path.clone()) {
            paths.push(Listed { path, format, named: false });
        }
    }
    let mut manifests = Vec::new();
    // Included files join the end of the list; each is read once, so a circle ends.
    let mut index = 0;
    while let Some(Listed { path, format, named }) = paths.get(index).cloned() {
        index += 1;
        let mut told = Vec::new();
        let source = read(project, &path, &mut told);
        let contents = source.as_ref().map(|source| format.parse(source)).unwrap_or_default();
        told.extend(contents.notes.iter().cloned());
        let source = source.unwrap_or_else(|| Source::new(&path, String::new()));
        include(project, &source, &contents, named, &mut seen, &mut paths, &mut told);
        let open = contents.open || told.iter().any(|note| note.kind == NoteKind::Skipped);
        if named {
            notes.extend(told);
        }
        manifests.push(Manifest {
            ecosystem: format.ecosystem(),
            reported: named && !format.is_lock(),
            contents: Contents { open, ..contents },
            source,
        });
    }
    share_indexes(&mut manifests);
    hand_down_indexes(&mut manifests);
    share_repositories(&mut manifests);
    manifests
}

/// The repositories of a Java build are named once, for all its parts, in one of them or in its settings.
fn share_repositories(manifests: &mut [Manifest]) {
    let of_java = |manifest: &&mut Manifest| manifest.ecosystem == Ecosystem::Maven;
    let mut all: Vec<IndexSetting> =
        manifests.iter_mut().filter(of_java).flat_map(|manifest| manifest.contents.indexes.clone()).collect();
    let mut seen = BTreeSet::new();
    all.retain(|setting| matches!(setting, IndexSetting::Extra(address) if seen.insert(address.clone())));
    if all.len() > MAX_REPOSITORIES {
        all.truncate(MAX_REPOSITORIES);
        // What the others have is not known.
        all.push(IndexSetting::Extra(format!("one of more than {MAX_REPOSITORIES} repositories")));
    }
    for manifest in manifests.iter_mut().filter(of_java) {
        manifest.contents.indexes.clone_from(&all);
    }
}

/// Most repositories of a Java build that are told apart.
const MAX_REPOSITORIES: usize = 200;

/// A file that is to be read.
#[derive(Clone)]
struct Listed {
    path: PathBuf,
    format: Format,
    /// It is part of the scan.
    named: bool,
}

/// Manifests in the directories of code files and above them, up to the root. A scan of a few files does not list them.
fn beside(project: &Project) -> Vec<(PathBuf, Format)> {
    if project.closed {
        return Vec::new();
    }
    let mut folders = BTreeSet::new();
    let with_imports = project.imports.iter().filter(|file| !file.imports.is_empty()).map(|file| &file.file);
    let locks = project.files.iter().filter(|path| Format::of_path(path).is_some());
    for file in with_imports.chain(locks).filter(|file| !is_installed(file)) {
        for folder in file.ancestors().skip(1) {
            if !folders.insert(folder.to_owned()) {
                break;
            }
        }
    }
    let mut found = BTreeSet::new();
    for folder in folders {
        let gathered = GATHERED.iter().map(|name| folder.join(name));
        for folder in std::iter::once(folder.clone()).chain(gathered) {
            let Ok(entries) = fs::read_dir(project.root.join(&folder)) else { continue };
            for entry in entries.flatten().take(MAX_ENTRIES) {
                let path = folder.join(entry.file_name());
                if Format::of_path(&path).is_some() {
                    found.insert(path);
                }
            }
        }
    }
    found.into_iter().filter_map(|path| Format::of_path(&path).map(|format| (path, format))).collect()
}

/// Directories whose requirement files belong to the directory above.
pub(crate) const GATHERED: &[&str] = &["requirements", "reqs"];
/// More entries of a directory are not looked at.
const MAX_ENTRIES: usize = 20_000;

fn include(
    project: &Project,
    source: &Source,
    contents: &Contents,
    named: bool,
    seen: &mut BTreeSet<PathBuf>,
    paths: &mut Vec<Listed>,
    notes: &mut Vec<Note>,
) {
    for (path, span) in &contents.includes {
        let text = path.to_string_lossy();
        if text.contains("://") {
            continue;
        }
        let target = plain(&source.path.parent().unwrap_or(Path::new("")).join(path));
        if seen.contains(&target) {
            continue;
        }
        let on_disk = || match project.closed {
            true => project.files.binary_search(&target).is_ok(),
            false => project.root.join(&target).is_file(),
        };
        if !project.contents.contains_key(&target) && !on_disk() {
            notes.push(Note {
                file: Some(source.path.clone()),
                line: Some(source.line_of(span.start)),
                kind: NoteKind::Skipped,
                message: format!(
                    "`{text}` is included here and is not there; what it declares was not checked"
                ),
            });
            continue;
        }
        seen.insert(target.clone());
        // What lies outside the project is not for its report.
        let named = named && !target.starts_with("..") && !target.is_absolute();
        paths.push(Listed { path: target, format: Format::Requirements, named });
    }
}

/// An index option of a file holds for what it includes, and the other way round.
fn share_indexes(manifests: &mut [Manifest]) {
    let links: Vec<(PathBuf, PathBuf)> = manifests
        .iter()
        .flat_map(|manifest| {
            let folder = manifest.source.path.parent().unwrap_or(Path::new("")).to_owned();
            let from = manifest.source.path.clone();
            manifest.contents.includes.iter().map(move |(path, _)| (from.clone(), plain(&folder.join(path))))
        })
        .collect();
    // Chains of includes are short; a bounded number of rounds settles them.
    for _ in 0..8 {
        for (from, to) in &links {
            let of = |manifests: &[Manifest], path: &Path| {
                manifests
                    .iter()
                    .find(|manifest| manifest.source.path == path)
                    .map(|m| m.contents.indexes.clone())
            };
            let (Some(outer), Some(inner)) = (of(manifests, from), of(manifests, to)) else { continue };
            for manifest in manifests.iter_mut() {
                if manifest.source.path == *from || manifest.source.path == *to {
                    for setting in outer.iter().chain(&inner) {
                        if !manifest.contents.indexes.contains(setting) {
                            manifest.contents.indexes.push(setting.clone());
                        }
                    }
                }
            }
        }
    }
}

/// uv, Poetry and Pipenv read the indexes of the workspace above a project of theirs, too.
fn hand_down_indexes(manifests: &mut [Manifest]) {
    let home = |manifest: &Manifest| {
        let path = &manifest.source.path;
        let format =
            Format::of_path(path).filter(|format| matches!(format, Format::Pyproject | Format::Pipfile))?;
        Some((format == Format::Pipfile, path.parent()?.to_owned()))
    };
    let mut known: BTreeMap<(bool, PathBuf), Vec<IndexSetting>> = BTreeMap::new();
    for manifest in manifests.iter().filter(|manifest| !manifest.contents.indexes.is_empty()) {
        if let Some(home) = home(manifest) {
            known.insert(home, manifest.contents.indexes.clone());
        }
    }
    if known.is_empty() {
        return;
    }
    for manifest in manifests {
        let Some((format, folder)) = home(manifest) else { continue };
        let above = folder.ancestors().skip(1).filter_map(|above| known.get(&(format, above.to_owned())));
        for setting in above.flatten() {
            if !manifest.contents.indexes.contains(setting) {
                manifest.contents.indexes.push(setting.clone());
            }
        }
    }
}

/// A path without `.` and, as far as it can be, without `..`.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Reads a file as text: UTF-8, or UTF-16 with a byte order mark as Windows shells write it.
pub(crate) fn read(project: &Project, path: &Path, notes: &mut Vec<Note>) -> Option<Source> {
    let mut note = |kind, message: String| {
        notes.push(Note { file: Some(path.to_owned()), line: None, kind, message });
    };
    if let Some(bytes) = project.contents.get(path) {
        return Some(Source::new(path, decode(bytes).0));
    }
    let whole = project.root.join(path);
    let size = match fs::metadata(&whole) {
        Ok(found) if !found.is_file() => {
            note(NoteKind::Skipped, "this is no regular file; it was not read".to_owned());
            return None;
        }
        Ok(found) => found.len(),
        Err(error) => {
            note(NoteKind::Skipped, format!("this could not be read: {error}"));
            return None;
        }
    };
    if size > MAX_BYTES {
        note(NoteKind::Skipped, format!("this manifest is larger than {MAX_BYTES} bytes and was not read"));
        return None;
    }
    let bytes = match fs::read(&whole) {
        Ok(bytes) => bytes,
        Err(error) => {
            note(NoteKind::Skipped, format!("this could not be read: {error}"));
            return None;
        }
    };
    let (text, remark) = decode(&bytes);
    if let Some(remark) = remark {
        note(NoteKind::Info, remark.to_owned());
    }
    Some(Source::new(path, text))
}

fn decode(bytes: &[u8]) -> (String, Option<&'static str>) {
    let wide = |little: bool, rest: &[u8]| {
        let units = rest.chunks_exact(2).map(|pair| match (pair, little) {
            ([low, high], true) | ([high, low], false) => u16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    const WIDE: &str = "this file is UTF-16; save it as UTF-8, most tools read nothing else";
    match bytes {
        [0xFF, 0xFE, rest @ ..] => (wide(true, rest), Some(WIDE)),
        [0xFE, 0xFF, rest @ ..] => (wide(false, rest), Some(WIDE)),
        [0xEF, 0xBB, 0xBF, rest @ ..] => (String::from_utf8_lossy(rest).into_owned(), None),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (
                String::from_utf8_lossy(bytes).into_owned(),
                Some("this file is not UTF-8; what is not was replaced"),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
        paths.sort();
        (folder, paths)
    }

    fn read_all(folder: &tempfile::TempDir, files: &[PathBuf], notes: &mut Vec<Note>) -> Vec<Manifest> {
        let project = Project { root: folder.path().to_owned(), files: files.to_vec(), ..Project::default() };
        manifests(&project, notes)
    }

    fn names(manifests: &[Manifest]) -> Vec<(&str, &str)> {
        let names = manifests.iter().flat_map(|manifest| {
            manifest
                .contents
                .declared
                .iter()
                .map(|one| (manifest.source.path.to_str().unwrap(), one.name.as_str()))
        });
        names.collect()
    }

    #[test]
    fn included_files_are_read_once_even_in_a_circle() {
        let (folder, _) = project(&[
            ("requirements.txt", "-r deps/a.txt\na\n"),
            ("deps/a.txt", "-r ../requirements.txt\n-r ./a.txt\n-r gone.txt\nb\n"),
        ]);
        let mut notes = Vec::new();
        let manifests = read_all(&folder, &[PathBuf::from("requirements.txt")], &mut notes);
        assert_eq!(names(&manifests), [("requirements.txt", "a"), ("deps/a.txt", "b")]);
        assert_eq!((notes.len(), notes[0].line), (1, Some(3)));
    }

    #[test]
    fn nearer_the_root_comes_first_and_installed_packages_do_not_count() {
        let (folder, paths) = project(&[
            ("a/requirements.txt", "x\n"),
            ("package.json", "{\"dependencies\": {\"y\": \"1\"}}"),
            ("node_modules/z/package.json", "{\"dependencies\": {\"z\": \"1\"}}"),
        ]);
        let manifests = read_all(&folder, &paths, &mut Vec::new());
        assert_eq!(names(&manifests), [("package.json", "y"), ("a/requirements.txt", "x")]);
    }

    #[test]
    fn a_build_of_very_many_repositories_leaves_doubt() {
        let build = |count: usize| {
            let urls: String =
                (0..count).map(|at| format!("maven {{ url 'https://m{at}.invalid' }}\n")).collect();
            let (folder, paths) = project(&[("build.gradle", &format!("repositories {{ {urls} }}"))]);
            let manifests = read_all(&folder, &paths, &mut Vec::new());
            manifests[0].contents.indexes.clone()
        };
        assert_eq!(build(MAX_REPOSITORIES).len(), MAX_REPOSITORIES);
        let many = build(5_000);
        assert_eq!(many.len(), MAX_REPOSITORIES + 1);
        assert!(matches!(many.last(), Some(IndexSetting::Extra(last)) if !last.contains("://")));
    }

    #[test]
    fn one_broken_manifest_hides_no_other() {
        let (folder, paths) =
            project(&[("package.json", "{"), ("pyproject.toml", "["), ("requirements.txt", "a")]);
        let mut notes = Vec::new();
        let manifests = read_all(&folder, &paths, &mut notes);
        assert_eq!((names(&manifests).len(), notes.len()), (1, 2));
    }

    #[test]
    fn reads_what_windows_shells_write() {
        let wide: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("flask\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (text, remark) = decode(&wide);
        assert_eq!((text.as_str(), remark.is_some()), ("flask\r\n", true));
        assert_eq!(decode(b"\xEF\xBB\xBFa"), ("a".to_owned(), None));
        assert_eq!(decode(b"a\xFF").0, "a\u{FFFD}");
    }
}
