//! `pyproject.toml`: PEP 621, dependency groups, and the tables of Poetry, PDM, uv and Hatch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::requirement;
use super::toml::{self, entries, find, items, place};
use crate::deps::declared::{Contents, Declared, Ecosystem, IndexSetting, Origin};
use crate::finding::{Note, NoteKind};
use crate::source::Source;

/// Reads the file.
pub(crate) fn parse(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let Some(root) = toml::root(source, &mut contents) else { return contents };
    let mut reader = Reader { source, contents: &mut contents };
    reader.standard(&root);
    reader.poetry(&root);
    reader.pdm(&root);
    reader.hatch(&root);
    reader.uv(&root);
    reader.setuptools(&root);
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

struct Reader<'a> {
    source: &'a Source,
    contents: &'a mut Contents,
}

impl Reader<'_> {
    fn standard(&mut self, root: &DeTable<'_>) {
        self.contents.declares =
            toml::table(root, &["project"]).is_some() || toml::table(root, &["dependency-groups"]).is_some();
        self.own_name(toml::text(root, &["project", "name"]));
        if let Some(list) = find(root, &["project", "dependencies"]) {
            self.list(list, "project.dependencies");
        }
        if let Some(extras) = toml::table(root, &["project", "optional-dependencies"]) {
            self.lists(extras, "project.optional-dependencies");
        }
        if let Some(groups) = toml::table(root, &["dependency-groups"]) {
            self.lists(groups, "dependency-groups");
        }
        if let Some(list) = find(root, &["build-system", "requires"]) {
            self.list(list, "build-system.requires");
        }
    }

    /// Lists that setuptools reads from files; those that any other tool computes cannot be known.
    fn setuptools(&mut self, root: &DeTable<'_>) {
        let dynamic = find(root, &["project", "dynamic"]).map(items).unwrap_or_default();
        let is_dynamic = |key: &str| dynamic.iter().any(|item| item.get_ref().as_str() == Some(key));
        if !is_dynamic("dependencies") && !is_dynamic("optional-dependencies") {
            return;
        }
        let table = toml::table(root, &["tool", "setuptools", "dynamic"]);
        let mut files = Vec::new();
        if let Some(file) = table.and_then(|table| find(table, &["dependencies", "file"])) {
            files.push(file);
        }
        let extras = table.and_then(|table| toml::table(table, &["optional-dependencies"]));
        for (_, _, extra) in extras.map(entries).unwrap_or_default() {
            files.extend(extra.get_ref().as_table().and_then(|extra| find(extra, &["file"])));
        }
        // Poetry has its own tables, whatever the standard one says.
        self.contents.open |=
            files.is_empty() && toml::table(root, &["tool", "poetry", "dependencies"]).is_none();
        for file in files {
            let list = if file.get_ref().is_array() { items(file) } else { std::slice::from_ref(file) };
            for file in list {
                if let Some(text) = file.get_ref().as_str() {
                    let span = place(self.source, file.span(), text);
                    self.contents.includes.push((PathBuf::from(text), span));
                }
            }
        }
    }

    fn poetry(&mut self, root: &DeTable<'_>) {
        let Some(poetry) = toml::table(root, &["tool", "poetry"]) else { return };
        self.contents.declares = true;
        self.own_name(toml::text(poetry, &["name"]));
        if let Some(packages) = find(poetry, &["packages"]) {
            for package in items(packages).iter().filter_map(|item| item.get_ref().as_table()) {
                self.own_name(toml::text(package, &["include"]));
            }
        }
        let mut addresses = BTreeMap::new();
        if let Some(sources) = find(poetry, &["source"]) {
            for entry in items(sources).iter().filter_map(|item| item.get_ref().as_table()) {
                let name = toml::text(entry, &["name"]).unwrap_or("");
                // Poetry's own source `PyPI` needs no address.
                let Some(url) = toml::text(entry, &["url"]) else { continue };
                addresses.insert(name.to_lowercase(), url.to_owned());
                match toml::text(entry, &["priority"]).unwrap_or("primary") {
                    "explicit" => {}
                    "default" | "primary" => self.contents.indexes.push(IndexSetting::Only(url.to_owned())),
                    _ => self.contents.indexes.push(IndexSetting::Extra(url.to_owned())),
                }
            }
        }
        for key in ["dependencies", "dev-dependencies"] {
            if let Some(table) = toml::table(poetry, &[key]) {
                self.poetry_table(table, &addresses);
            }
        }
        for (_, _, group) in toml::table(poetry, &["group"]).map(entries).unwrap_or_default() {
            let table = group.get_ref().as_table().and_then(|group| toml::table(group, &["dependencies"]));
            if let Some(table) = table {
                self.poetry_table(table, &addresses);
            }
        }
    }

    fn poetry_table(&mut self, table: &DeTable<'_>, addresses: &BTreeMap<String, String>) {
        for (name, span, value) in entries(table) {
            if name == "python" {
                continue;
            }
            // A list gives one entry for each set of markers; the last that names a version is as good as any.
            let parts: Vec<&DeValue<'_>> = match value.get_ref().as_array() {
                Some(array) => array.iter().map(Spanned::get_ref).collect(),
                None => vec![value.get_ref()],
            };
            let mut requirement = String::new();
            let mut origin = Origin::Registry;
            for part in parts {
                let found = source_of(part, addresses);
                requirement = found.0;
                if found.1 != Origin::Registry {
                    origin = found.1;
                }
            }
            self.contents.declared.push(Declared {
                ecosystem: Ecosystem::PyPi,
                name: name.to_owned(),
                alias: None,
                requirement: poetry_version(&requirement),
                origin,
                span: place(self.source, span, name),
            });
        }
    }

    fn pdm(&mut self, root: &DeTable<'_>) {
        let Some(pdm) = toml::table(root, &["tool", "pdm"]) else { return };
        if let Some(groups) = toml::table(pdm, &["dev-dependencies"]) {
            self.lists(groups, "tool.pdm.dev-dependencies");
        }
        if let Some(sources) = find(pdm, &["source"]) {
            for entry in items(sources).iter().filter_map(|item| item.get_ref().as_table()) {
                let Some(url) = toml::text(entry, &["url"]) else { continue };
                let setting = match toml::text(entry, &["name"]) {
                    Some("pypi") => IndexSetting::Only(url.to_owned()),
                    _ => IndexSetting::Extra(url.to_owned()),
                };
                self.contents.indexes.push(setting);
            }
        }
    }

    fn hatch(&mut self, root: &DeTable<'_>) {
        let envs = toml::table(root, &["tool", "hatch", "envs"]);
        for (_, _, env) in envs.map(entries).unwrap_or_default() {
            let Some(env) = env.get_ref().as_table() else { continue };
            for key in ["dependencies", "extra-dependencies"] {
                if let Some(list) = find(env, &[key]) {
                    self.list(list, "tool.hatch.envs");
                }
            }
        }
    }

    /// Last, because its sources say where the names of all other tables come from.
    fn uv(&mut self, root: &DeTable<'_>) {
        let Some(uv) = toml::table(root, &["tool", "uv"]) else { return };
        for key in ["dev-dependencies", "constraint-dependencies", "override-dependencies"] {
            if let Some(list) = find(uv, &[key]).filter(|_| key == "dev-dependencies") {
                self.list(list, "tool.uv.dev-dependencies");
            }
        }
        let mut addresses = BTreeMap::new();
        if let Some(indexes) = find(uv, &["index"]) {
            for entry in items(indexes).iter().filter_map(|item| item.get_ref().as_table()) {
                let Some(url) = toml::text(entry, &["url"]) else { continue };
                if let Some(name) = toml::text(entry, &["name"]) {
                    addresses.insert(name.to_owned(), url.to_owned());
                }
                let on = |key| find(entry, &[key]).and_then(|value| value.get_ref().as_bool()) == Some(true);
                if on("default") {
                    self.contents.indexes.push(IndexSetting::Only(url.to_owned()));
                } else if !on("explicit") {
                    self.contents.indexes.push(IndexSetting::Extra(url.to_owned()));
                }
            }
        }
        for section in [uv, toml::table(uv, &["pip"]).unwrap_or(uv)] {
            if let Some(url) = toml::text(section, &["index-url"]) {
                self.contents.indexes.push(IndexSetting::Only(url.to_owned()));
            }
            for url in find(section, &["extra-index-url"]).map(items).unwrap_or_default() {
                if let Some(url) = url.get_ref().as_str() {
                    self.contents.indexes.push(IndexSetting::Extra(url.to_owned()));
                }
            }
            if find(section, &["no-index"]).and_then(|value| value.get_ref().as_bool()) == Some(true) {
                self.contents.indexes.push(IndexSetting::NoIndex);
            }
        }
        self.contents.indexes.dedup();
        let Some(sources) = toml::table(uv, &["sources"]) else { return };
        for (name, _, value) in entries(sources) {
            let parts: Vec<&DeValue<'_>> = match value.get_ref().as_array() {
                Some(array) => array.iter().map(Spanned::get_ref).collect(),
                None => vec![value.get_ref()],
            };
            let origin =
                parts.into_iter().map(|part| uv_origin(part, &addresses)).find(|o| *o != Origin::Registry);
            let (Some(origin), name) = (origin, Ecosystem::PyPi.normalise(name)) else { continue };
            for declared in &mut self.contents.declared {
                if Ecosystem::PyPi.normalise(&declared.name) == name {
                    declared.origin = origin.clone();
                }
            }
        }
    }

    fn lists(&mut self, table: &DeTable<'_>, what: &str) {
        for (_, _, list) in entries(table) {
            self.list(list, what);
        }
    }

    fn list(&mut self, list: &Spanned<DeValue<'_>>, what: &str) {
        if !list.get_ref().is_array() {
            self.note(
                list.span().start,
                format!("`{what}` holds something else than a list; it was left out"),
            );
            return;
        }
        for item in items(list) {
            // Tables are `{include-group = "…"}`: the group is read by itself.
            if let Some(text) = item.get_ref().as_str() {
                self.one(text, item.span());
            }
        }
    }

    fn one(&mut self, text: &str, span: std::ops::Range<usize>) {
        let Some(found) = requirement::parse(text) else {
            // PDM's development groups take `-e file:///…`.
            if !text.trim_start().starts_with('-') {
                self.note(span.start, format!("`{text}` is no requirement; it was left out"));
            }
            return;
        };
        let origin = match found.url {
            Some(url) if url.starts_with("file:") => Origin::Local,
            Some(_) => Origin::Elsewhere,
            None => Origin::Registry,
        };
        self.contents.declared.push(Declared {
            ecosystem: Ecosystem::PyPi,
            name: found.name.to_owned(),
            alias: None,
            requirement: found.version.to_owned(),
            origin,
            span: place(self.source, span, found.name),
        });
    }

    fn own_name(&mut self, name: Option<&str>) {
        self.contents.own_names.extend(name.map(str::to_owned));
    }

    fn note(&mut self, at: usize, message: String) {
        self.contents.notes.push(Note {
            file: Some(self.source.path.clone()),
            line: Some(self.source.line_of(u32::try_from(at).unwrap_or(u32::MAX))),
            kind: NoteKind::Skipped,
            message,
        });
    }
}

/// Version and origin of a Poetry entry: a text, or a table.
fn source_of(value: &DeValue<'_>, addresses: &BTreeMap<String, String>) -> (String, Origin) {
    if let Some(text) = value.as_str() {
        return (text.to_owned(), Origin::Registry);
    }
    let Some(table) = value.as_table() else { return (String::new(), Origin::Registry) };
    let version = toml::text(table, &["version"]).unwrap_or("").to_owned();
    let origin = if table.contains_key("path") {
        Origin::Local
    } else if ["git", "url", "file"].iter().any(|key| table.contains_key(*key)) {
        Origin::Elsewhere
    } else if let Some(name) = toml::text(table, &["source"]) {
        match addresses.get(&name.to_lowercase()) {
            Some(url) => Origin::Index(url.clone()),
            None if name.eq_ignore_ascii_case("pypi") => Origin::Registry,
            None => Origin::Index(name.to_owned()),
        }
    } else {
        Origin::Registry
    };
    (version, origin)
}

fn uv_origin(value: &DeValue<'_>, addresses: &BTreeMap<String, String>) -> Origin {
    let Some(table) = value.as_table() else { return Origin::Registry };
    if table.contains_key("workspace") || table.contains_key("path") {
        Origin::Local
    } else if table.contains_key("git") || table.contains_key("url") {
        Origin::Elsewhere
    } else if let Some(name) = toml::text(table, &["index"]) {
        Origin::Index(addresses.get(name).cloned().unwrap_or_else(|| name.to_owned()))
    } else {
        Origin::Registry
    }
}

/// Poetry's bare version is an exact one; its carets and wildcards are ranges that PEP 440 does not know.
fn poetry_version(text: &str) -> String {
    let text = text.trim();
    let bare = text.starts_with(|first: char| first.is_ascii_digit())
        && !text.contains(['*', ',', '|', ' ', '^', '~', '<', '>']);
    if bare { format!("=={text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Source, Contents) {
        let source = Source::new("pyproject.toml", text.to_owned());
        let contents = parse(&source);
        (source, contents)
    }

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str, u32, u32)]) -> Contents {
        let (source, contents) = read(text);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|declared| {
                let place = source.position(declared.span.start);
                (declared.name.as_str(), declared.requirement.as_str(), place.line, place.column)
            })
            .collect();
        assert_eq!(found, expect, "{text}");
        contents
    }

    #[test]
    fn every_name_of_a_one_line_list_has_its_own_column() {
        check(
            "[project]\nname='h'\nkeywords=['b']\ndependencies = ['a', \"b[x]>=1; os_name=='nt'\"]\n",
            &[("a", "", 4, 18), ("b", ">=1", 4, 23)],
        );
    }

    #[test]
    fn reads_extras_groups_and_build_requirements() {
        check(
            "[build-system]\nrequires=['hatchling']\n[project.optional-dependencies]\nt=['c~=1']\n[dependency-groups]\ndev=['d', {include-group='x'}]\nx=['e']\n",
            &[("hatchling", "", 2, 12), ("c", "~=1", 4, 5), ("d", "", 6, 7), ("e", "", 7, 5)],
        );
    }

    #[test]
    fn reads_poetry_with_groups_and_sources() {
        let contents = check(
            "[tool.poetry]\nname='h'\n[tool.poetry.dependencies]\npython='^3'\na='1.0'\nb={version='^2',source='corp'}\nc={path='../c'}\nd={git='https://h.invalid'}\n[tool.poetry.group.dev.dependencies]\ne='*'\n[[tool.poetry.source]]\nname='corp'\nurl='https://corp.invalid'\npriority='explicit'\n",
            &[("a", "==1.0", 5, 1), ("b", "^2", 6, 1), ("c", "", 7, 1), ("d", "", 8, 1), ("e", "*", 10, 1)],
        );
        let origins: Vec<_> = contents.declared.iter().map(|declared| &declared.origin).collect();
        assert_eq!(
            origins,
            [
                &Origin::Registry,
                &Origin::Index("https://corp.invalid".to_owned()),
                &Origin::Local,
                &Origin::Elsewhere,
                &Origin::Registry,
            ]
        );
        assert!(contents.indexes.is_empty());
        assert_eq!(contents.own_names, ["h"]);
    }

    #[test]
    fn uv_says_where_names_come_from() {
        let contents = check(
            "[project]\ndependencies=['A_b','c','d','e']\n[tool.uv]\ndev-dependencies=['f']\n[tool.uv.sources]\na-b={workspace=true}\nc=[{git='x'}]\nd={index='corp'}\n[[tool.uv.index]]\nname='corp'\nurl='https://corp.invalid'\nexplicit=true\n",
            &[("A_b", "", 2, 16), ("c", "", 2, 22), ("d", "", 2, 26), ("e", "", 2, 30), ("f", "", 4, 20)],
        );
        let origins: Vec<_> = contents.declared.iter().map(|declared| declared.origin.clone()).collect();
        assert_eq!(
            origins,
            [
                Origin::Local,
                Origin::Elsewhere,
                Origin::Index("https://corp.invalid".to_owned()),
                Origin::Registry,
                Origin::Registry,
            ]
        );
    }

    #[test]
    fn a_broken_file_gives_a_note_with_its_line() {
        let (_, contents) = read("[project]\nx = \n");
        assert!(contents.declared.is_empty());
        assert_eq!(contents.notes[0].line, Some(2));
        let (_, contents) = read("[project]\ndependencies = 'flask'\n");
        assert_eq!((contents.declared.len(), contents.notes.len()), (0, 1));
        let (_, contents) = read(&format!("a={}", "[".repeat(50_000)));
        assert_eq!(contents.notes.len(), 1);
    }
}
