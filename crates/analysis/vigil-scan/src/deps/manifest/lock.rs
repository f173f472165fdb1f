//! Lock files: which packages are installed, where they come from, and which of them are the project's own.

use std::collections::BTreeMap;

use super::json::{self, Node};
use super::toml::{self, find, items};
use crate::deps::declared::{Contents, Locked};
use crate::source::Source;

/// Reads `poetry.lock`, `uv.lock` or `pdm.lock`.
pub(super) fn toml(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let Some(root) = toml::root(source, &mut contents) else { return contents };
    for package in find(&root, &["package"]).map(items).unwrap_or_default() {
        let Some(table) = package.get_ref().as_table() else { continue };
        let Some(name) = toml::text(table, &["name"]) else { continue };
        let origin = toml::table(table, &["source"]);
        let has = |key: &str| origin.is_some_and(|origin| origin.contains_key(key));
        if has("editable") || has("virtual") || has("directory") {
            contents.own_names.push(name.to_owned());
            continue;
        }
        // uv writes `registry`, Poetry `type = "legacy"` with `url`.
        let is_index = origin.and_then(|origin| toml::text(origin, &["type"])) == Some("legacy");
        let address = origin.and_then(|origin| {
            toml::text(origin, &["registry"]).or_else(|| toml::text(origin, &["url"]).filter(|_| is_index))
        });
        contents.locked.push(Locked { name: name.to_owned(), address: address.map(str::to_owned) });
    }
    contents
}

/// Reads `Pipfile.lock`.
pub(super) fn pipfile(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let Ok(root) = json::parse(&source.text, false) else { return contents };
    let sources =
        root.entry("_meta").and_then(|meta| meta.entry("sources")).map(Node::items).unwrap_or_default();
    let addresses: BTreeMap<&str, &str> = sources
        .iter()
        .filter_map(|one| Some((one.entry("name")?.text()?, one.entry("url")?.text()?)))
        .collect();
    for (section, packages) in root.entries() {
        if section.text == "_meta" {
            continue;
        }
        for (name, package) in packages.entries() {
            let index = package.entry("index").and_then(Node::text);
            let address = index.and_then(|index| addresses.get(index)).map(|url| (*url).to_owned());
            contents.locked.push(Locked { name: name.text.clone(), address });
        }
    }
    contents
}

/// Reads `package-lock.json` in all its versions.
pub(super) fn package(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let Ok(root) = json::parse(&source.text, false) else { return contents };
    for (path, package) in root.entry("packages").map(Node::entries).unwrap_or_default() {
        let Some((_, name)) = path.text.rsplit_once("node_modules/") else {
            // A workspace member stands under its path.
            contents.own_names.extend(package.entry("name").and_then(Node::text).map(str::to_owned));
            continue;
        };
        if package.entry("link").is_some() {
            contents.own_names.push(name.to_owned());
            continue;
        }
        contents.locked.push(Locked { name: name.to_owned(), address: resolved(package) });
    }
    let mut open: Vec<&Node> = root.entry("dependencies").into_iter().collect();
    while let Some(table) = open.pop() {
        for (name, package) in table.entries() {
            contents.locked.push(Locked { name: name.text.clone(), address: resolved(package) });
            open.extend(package.entry("dependencies"));
        }
    }
    contents
}

fn resolved(package: &Node) -> Option<String> {
    let address = package.entry("resolved").and_then(Node::text)?;
    is_registry(address).then(|| address.to_owned())
}

/// A tarball of a registry, and not of a repository.
fn is_registry(address: &str) -> bool {
    address.starts_with("http") && address.contains("/-/")
}

/// Reads `yarn.lock`, of Yarn 1 and later ones.
pub(super) fn yarn(source: &Source) -> Contents {
    let mut contents = Contents::default();
    for line in source.text.lines() {
        let trimmed = line.trim();
        if line.starts_with([' ', '\t']) {
            let address = trimmed.strip_prefix("resolved ").map(|rest| rest.trim_matches('"'));
            if let (Some(address), Some(last)) =
                (address.filter(|address| is_registry(address)), contents.locked.last_mut())
            {
                last.address = Some(address.to_owned());
            }
            continue;
        }
        let Some(specs) = trimmed.strip_suffix(':').filter(|specs| !specs.starts_with('#')) else { continue };
        let first = specs.split(',').next().unwrap_or(specs).trim().trim_matches('"');
        let Some((name, range)) = name_and_rest(first) else { continue };
        if range.starts_with("workspace:") {
            contents.own_names.push(name.to_owned());
        } else {
            contents.locked.push(Locked { name: name.to_owned(), address: None });
        }
    }
    contents
}

/// Reads `pnpm-lock.yaml`.
pub(super) fn pnpm(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let mut within = false;
    for line in source.text.lines() {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if indent == 0 && !trimmed.is_empty() {
            within = trimmed == "packages:";
            continue;
        }
        if !within {
            continue;
        }
        if indent == 2 {
            let Some(key) = trimmed.strip_suffix(':') else { continue };
            let key = key.trim_matches(['"', '\'']).trim_start_matches('/');
            // Old files write `/name/1.0.0`.
            let name = name_and_rest(key)
                .map(|(name, _)| name)
                .or_else(|| key.rsplit_once('/').map(|(name, _)| name));
            contents.locked.extend(name.map(|name| Locked { name: name.to_owned(), address: None }));
        } else if let Some(address) = trimmed.split("tarball: ").nth(1) {
            let address = address.trim_end_matches('}').split(',').next().unwrap_or(address).trim();
            if let Some(last) = contents.locked.last_mut().filter(|_| is_registry(address)) {
                last.address = Some(address.to_owned());
            }
        }
    }
    contents
}

/// Cuts `@scope/name@range` at the second sign.
fn name_and_rest(spec: &str) -> Option<(&str, &str)> {
    let at = spec.char_indices().skip(1).find(|(_, sign)| *sign == '@').map(|(at, _)| at)?;
    Some((spec.get(..at)?, spec.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: fn(&Source) -> Contents, text: &str, expect: &[(&str, Option<&str>)], own: &[&str]) {
        let contents = read(&Source::new("lock", text.to_owned()));
        let found: Vec<_> =
            contents.locked.iter().map(|one| (one.name.as_str(), one.address.as_deref())).collect();
        assert_eq!(found, expect, "{text}");
        assert_eq!(contents.own_names, own, "{text}");
    }

    #[test]
    fn python_locks_tell_indexes_and_own_packages() {
        check(
            toml,
            "[[package]]\nname='a'\nversion='1'\nsource={registry='https://pypi.org/simple'}\n[[package]]\nname='own'\nsource={editable='.'}\n[[package]]\nname='b'\n[package.source]\ntype='legacy'\nurl='https://corp.invalid/simple'\n",
            &[("a", Some("https://pypi.org/simple")), ("b", Some("https://corp.invalid/simple"))],
            &["own"],
        );
        check(
            pipfile,
            r#"{"_meta": {"sources": [{"name": "corp", "url": "https://corp.invalid"}]}, "default": {"a": {"index": "corp"}, "b": {}}}"#,
            &[("a", Some("https://corp.invalid")), ("b", None)],
            &[],
        );
    }

    #[test]
    fn javascript_locks_tell_registries_and_members() {
        check(
            package,
            r#"{"packages": {"": {"name": "root"}, "node_modules/@s/a": {"resolved": "https://npm.corp.invalid/@s/a/-/a-1.tgz"}, "node_modules/own": {"link": true}}, "dependencies": {"b": {"dependencies": {"c": {}}}}}"#,
            &[("@s/a", Some("https://npm.corp.invalid/@s/a/-/a-1.tgz")), ("b", None), ("c", None)],
            &["root", "own"],
        );
        check(
            yarn,
            "# yarn lockfile v1\n\n\"@s/a@^1\", \"@s/a@^2\":\n  version \"1\"\n  resolved \"https://registry.yarnpkg.com/@s/a/-/a-1.tgz#x\"\nb@^2:\n  version \"2\"\n\"own@workspace:packages/own\":\n  version: 0.0.0-use.local\n",
            &[("@s/a", Some("https://registry.yarnpkg.com/@s/a/-/a-1.tgz#x")), ("b", None)],
            &["own"],
        );
        check(
            pnpm,
            "lockfileVersion: '9.0'\npackages:\n\n  '@s/a@1.0.0':\n    resolution: {integrity: x, tarball: https://corp.invalid/a/-/a.tgz}\n  /b/2.0.0:\n    dev: true\nsnapshots:\n  c@1: {}\n",
            &[("@s/a", Some("https://corp.invalid/a/-/a.tgz")), ("b", None)],
            &[],
        );
    }

    #[test]
    fn broken_locks_say_little_and_break_nothing() {
        for text in ["", "{", "\u{0}", ":", "\"@\":", "packages:\n  :\n  @@:\n", "[[package]]\nname=1"] {
            for read in [toml, pipfile, package, yarn, pnpm] {
                let _ = read(&Source::new("lock", text.to_owned()));
            }
        }
    }
}
