//! `Pipfile`: packages by category, and the sources they come from.

use std::collections::BTreeMap;

use super::toml::{self, entries, find, items, place};
use crate::deps::declared::{Contents, Declared, Ecosystem, IndexSetting, Origin};
use crate::source::Source;

/// Tables that name no packages.
const OTHERS: &[&str] = &["requires", "scripts", "pipenv", "pipfile", "source"];

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents { declares: true, ..Contents::default() };
    let Some(root) = toml::root(source, &mut contents) else { return contents };
    let mut addresses = BTreeMap::new();
    for entry in find(&root, &["source"]).map(items).unwrap_or_default() {
        let Some(table) = entry.get_ref().as_table() else { continue };
        let Some(url) = toml::text(table, &["url"]) else { continue };
        // The first source is the default; others serve only what names them.
        if addresses.is_empty() {
            contents.indexes.push(IndexSetting::Only(url.to_owned()));
        }
        addresses.insert(toml::text(table, &["name"]).unwrap_or("").to_owned(), url.to_owned());
    }
    for (category, _, table) in entries(&root) {
        let Some(table) = table.get_ref().as_table().filter(|_| !OTHERS.contains(&category)) else {
            continue;
        };
        for (name, span, value) in entries(table) {
            let (requirement, origin) = match value.get_ref().as_table() {
                None => (value.get_ref().as_str().unwrap_or("").to_owned(), Origin::Registry),
                Some(table) => {
                    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
                    let origin = match toml::text(table, &["index"]) {
                        _ if has(&["path", "editable"]) && !has(&["git"]) => Origin::Local,
                        _ if has(&["git", "hg", "svn", "file", "url"]) => Origin::Elsewhere,
                        Some(index) => {
                            Origin::Index(addresses.get(index).cloned().unwrap_or_else(|| index.to_owned()))
                        }
                        None => Origin::Registry,
                    };
                    (toml::text(table, &["version"]).unwrap_or("").to_owned(), origin)
                }
            };
            contents.declared.push(Declared {
                ecosystem: Ecosystem::PyPi,
                name: name.to_owned(),
                alias: None,
                requirement: if requirement == "*" { String::new() } else { requirement },
                origin,
                span: place(source, span, name),
            });
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_packages_of_every_category_with_their_sources() {
        let text = "[[source]]\nname='pypi'\nurl='https://pypi.org/simple'\n[[source]]\nname='corp'\nurl='https://corp.invalid'\n[packages]\na='*'\nb={version='==1',index='corp'}\nc={path='.',editable=true}\n[dev-packages]\nd='==2'\n[requires]\npython_version='3.12'\n";
        let source = Source::new("Pipfile", text.to_owned());
        let contents = parse(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| (one.name.as_str(), one.requirement.as_str(), source.position(one.span.start).line))
            .collect();
        assert_eq!(found, [("a", "", 8), ("b", "==1", 9), ("c", "", 10), ("d", "==2", 12)]);
        assert_eq!(contents.declared[1].origin, Origin::Index("https://corp.invalid".to_owned()));
        assert_eq!(contents.declared[2].origin, Origin::Local);
    }
}
