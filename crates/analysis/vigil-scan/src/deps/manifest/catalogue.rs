//! `libs.versions.toml`: the version catalogue of a Gradle build.

use std::collections::BTreeMap;

use super::toml::{self, entries, find, place};
use super::{gradle, span_of};
use crate::deps::declared::Contents;
use crate::source::Source;

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents { declares: true, ..Contents::default() };
    let Some(root) = toml::root(source, &mut contents) else { return contents };
    let versions: BTreeMap<&str, &str> = toml::table(&root, &["versions"])
        .map(entries)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, _, value)| Some((name, value.get_ref().as_str()?)))
        .collect();
    for (_, _, value) in toml::table(&root, &["libraries"]).map(entries).unwrap_or_default() {
        if let Some(text) = value.get_ref().as_str() {
            let name = text.split(':').take(2).collect::<Vec<_>>().join(":");
            let at = place(source, value.span(), &name).start;
            contents.declared.extend(gradle::coordinate(text, at, &BTreeMap::new()));
            continue;
        }
        let Some(table) = value.get_ref().as_table() else { continue };
        let named = toml::text(table, &["version", "ref"]).and_then(|name| versions.get(name).copied());
        let version = toml::text(table, &["version"]).or(named).unwrap_or("");
        if let Some(module) = find(table, &["module"]) {
            let Some((group, artifact)) = module.get_ref().as_str().and_then(|text| text.split_once(':'))
            else {
                continue;
            };
            let name = format!("{group}:{artifact}");
            let span = place(source, module.span(), &name);
            contents.declared.extend(gradle::declared(group, artifact, version, span));
        } else if let (Some(group), Some(name)) = (toml::text(table, &["group"]), find(table, &["name"])) {
            let artifact = name.get_ref().as_str().unwrap_or("");
            let start = place(source, name.span(), artifact).start;
            contents.declared.extend(gradle::declared(
                group,
                artifact,
                version,
                span_of(start, artifact.len()),
            ));
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_have_three_forms() {
        let text = "[versions]\nok = '4.12.0'\nrich = { strictly = '1' }\n[libraries]\na = 'b.c:d:1.0'\nokhttp = { module = 'com.squareup.okhttp3:okhttp', version.ref = 'ok' }\ne = { group = 'f.g', name = 'h', version = '2' }\ni = { module = 'j.k:l' }\nm = { module = 'n.o:p', version.ref = 'rich' }\nbroken = 3\n[bundles]\nx = ['a']\n[plugins]\nk = { id = 'org.x', version = '1' }\n";
        let source = Source::new("libs.versions.toml", text.to_owned());
        let contents = parse(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.requirement.as_str(),
                    source.slice(one.span),
                    source.position(one.span.start).line,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("b.c:d", "1.0", "b.c:d", 5),
                ("com.squareup.okhttp3:okhttp", "4.12.0", "com.squareup.okhttp3:okhttp", 6),
                ("f.g:h", "2", "h", 7),
                ("j.k:l", "", "j.k:l", 8),
                ("n.o:p", "", "n.o:p", 9),
            ]
        );
    }
}
