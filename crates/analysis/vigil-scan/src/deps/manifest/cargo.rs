//! `Cargo.toml` and `Cargo.lock`.

use ::toml::de::DeTable;

use super::toml::{self, entries, find, items, place};
use crate::deps::declared::{Contents, Declared, Ecosystem, Locked, Origin};
use crate::source::Source;

const SECTIONS: [&str; 5] =
    ["dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies"];

/// Reads `Cargo.toml`.
pub(super) fn manifest(source: &Source) -> Contents {
    let mut contents = Contents { declares: true, ..Contents::default() };
    let Some(root) = toml::root(source, &mut contents) else { return contents };
    contents.own_names.extend(toml::text(&root, &["package", "name"]).map(str::to_owned));
    sections(source, &root, &mut contents);
    if let Some(workspace) = toml::table(&root, &["workspace"]) {
        sections(source, workspace, &mut contents);
    }
    for (_, _, target) in toml::table(&root, &["target"]).map(entries).unwrap_or_default() {
        if let Some(target) = target.get_ref().as_table() {
            sections(source, target, &mut contents);
        }
    }
    // What is patched comes from where the patch says.
    for (_, _, registry) in toml::table(&root, &["patch"]).map(entries).unwrap_or_default() {
        let Some(patches) = registry.get_ref().as_table() else { continue };
        for (name, _, value) in entries(patches) {
            let package = value.get_ref().as_table().and_then(|table| toml::text(table, &["package"]));
            contents.own_names.push(package.unwrap_or(name).to_owned());
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

fn sections(source: &Source, table: &DeTable<'_>, contents: &mut Contents) {
    for section in SECTIONS {
        let Some(dependencies) = toml::table(table, &[section]) else { continue };
        for (key, span, value) in entries(dependencies) {
            let table = value.get_ref().as_table();
            let text = |name: &str| table.and_then(|table| toml::text(table, &[name]));
            let has = |name: &str| table.is_some_and(|table| table.contains_key(name));
            let origin = if has("path") || has("workspace") {
                Origin::Local
            } else if has("git") {
                Origin::Elsewhere
            } else if let Some(registry) = text("registry").or_else(|| text("registry-index")) {
                Origin::Index(registry.to_owned())
            } else {
                Origin::Registry
            };
            // A renamed crate is asked for under its real name.
            let name = text("package").unwrap_or(key);
            let renamed = table.and_then(|table| find(table, &["package"])).filter(|_| name != key);
            contents.declared.push(Declared {
                ecosystem: Ecosystem::Cargo,
                name: name.to_owned(),
                alias: (name != key).then(|| key.to_owned()),
                requirement: value.get_ref().as_str().or_else(|| text("version")).unwrap_or("").to_owned(),
                origin,
                span: place(source, renamed.map_or(span, |value| value.span()), name),
            });
        }
    }
}

/// Reads `Cargo.lock`.
pub(super) fn lock(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let Some(root) = toml::root(source, &mut contents) else { return contents };
    for package in find(&root, &["package"]).map(items).unwrap_or_default() {
        let Some(table) = package.get_ref().as_table() else { continue };
        let Some(name) = toml::text(table, &["name"]) else { continue };
        match toml::text(table, &["source"]) {
            Some(address) if address.starts_with("registry+") || address.starts_with("sparse+") => {
                contents.locked.push(Locked { name: name.to_owned(), address: Some(address.to_owned()) });
            }
            Some(_) => {}
            None => contents.own_names.push(name.to_owned()),
        }
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_dependencies_is_read_with_the_real_names() {
        let text = "[package]\nname='own'\n[dependencies]\nserde = { version = '1', features = ['derive'] }\nother = { package = \"serde_yml\", version = '=0.1' }\nlog = '0.4'\nnear = { path = '../near', version = '1' }\ngitted = { git = 'https://h.invalid/x' }\nshared.workspace = true\ncorp = { version = '1', registry = 'corp' }\n[target.'cfg(unix)'.dev-dependencies]\nnix = '0.29'\n[workspace.dependencies]\nanyhow = '1'\n[dependencies.long]\nversion = '2'\n[patch.crates-io]\nlog = { path = 'log' }\n";
        let source = Source::new("Cargo.toml", text.to_owned());
        let contents = manifest(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                (
                    source.slice(one.span),
                    one.requirement.as_str(),
                    source.position(one.span.start).line,
                    one.origin.clone(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("serde", "1", 4, Origin::Registry),
                ("serde_yml", "=0.1", 5, Origin::Registry),
                ("log", "0.4", 6, Origin::Registry),
                ("near", "1", 7, Origin::Local),
                ("gitted", "", 8, Origin::Elsewhere),
                ("shared", "", 9, Origin::Local),
                ("corp", "1", 10, Origin::Index("corp".to_owned())),
                ("nix", "0.29", 12, Origin::Registry),
                ("anyhow", "1", 14, Origin::Registry),
                ("long", "2", 15, Origin::Registry),
            ]
        );
        assert_eq!(contents.declared[1].alias.as_deref(), Some("other"));
        assert_eq!(contents.own_names, ["own", "log"]);
    }

    #[test]
    fn a_lock_file_tells_members_and_registries() {
        let text = "[[package]]\nname='own'\n[[package]]\nname='a'\nsource='registry+https://github.com/rust-lang/crates.io-index'\n[[package]]\nname='b'\nsource='sparse+https://corp.invalid/i/'\n[[package]]\nname='c'\nsource='git+https://h.invalid/c#1'\n";
        let contents = lock(&Source::new("Cargo.lock", text.to_owned()));
        assert_eq!(contents.own_names, ["own"]);
        assert_eq!(contents.locked.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}
