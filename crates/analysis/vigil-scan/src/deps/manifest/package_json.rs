//! `package.json`: dependencies of every kind, workspaces, aliases.

use super::json::{self, Key, Node};
use super::span_of;
use crate::deps::declared::{Contents, Declared, Ecosystem, Origin};
use crate::finding::{Note, NoteKind};
use crate::source::Source;

/// The sections that name dependencies.
const SECTIONS: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// Reads the file.
pub(crate) fn parse(source: &Source) -> Contents {
    let mut contents = Contents::default();
    let root = match json::parse(&source.text, false) {
        Ok(root) => root,
        Err(error) => {
            let message = format!("this is no JSON ({}); its dependencies were not checked", error.message);
            contents.notes.push(note(source, error.at, message));
            return contents;
        }
    };
    if !matches!(root.value, json::Value::Map(_)) {
        contents.notes.push(note(source, 0, "this is no JSON object; nothing was checked".to_owned()));
        return contents;
    }
    contents.declares =
        root.entry("name").is_some() || SECTIONS.iter().any(|section| root.entry(section).is_some());
    contents.aliases = aliases(&root);
    contents.own_names.extend(root.entry("name").and_then(Node::text).map(str::to_owned));
    for section in SECTIONS {
        let Some(table) = root.entry(section) else { continue };
        if !matches!(table.value, json::Value::Map(_)) {
            let message = format!("`{section}` holds something else than an object; it was left out");
            contents.notes.push(note(source, table.span.start, message));
        }
        for (key, value) in table.entries() {
            contents.declared.extend(declared(key, value.text().unwrap_or("")));
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

/// Names that tools map to the project's own files: the literal beginnings of Jest's patterns, aliases of loaders.
fn aliases(root: &Node) -> Vec<String> {
    let mapped = root.entry("jest").and_then(|jest| jest.entry("moduleNameMapper"));
    let patterns = mapped.map(Node::entries).unwrap_or_default().iter().map(|(key, _)| {
        let literal = key.text.trim_start_matches('^');
        literal.split(['(', '$', '.', '*', '[', '\\', '?', '|']).next().unwrap_or("")
    });
    let plain = ["_moduleAliases", "alias"].into_iter().filter_map(|section| root.entry(section));
    let plain = plain.flat_map(Node::entries).map(|(key, _)| key.text.as_str());
    // Bundlers put files of the package in the place of these.
    let browser = root.entry("browser").map(Node::entries).unwrap_or_default().iter();
    let browser = browser.map(|(key, _)| key.text.as_str()).filter(|name| !name.starts_with('.'));
    patterns.chain(plain).chain(browser).filter(|alias| !alias.is_empty()).map(str::to_owned).collect()
}

fn declared(key: &Key, spec: &str) -> Option<Declared> {
    if key.text.is_empty() {
        return None;
    }
    let spec = spec.trim();
    let (name, requirement, origin) = match kind(spec) {
        Kind::Version => (key.text.clone(), spec.to_owned(), Origin::Registry),
        Kind::Alias(name, version) => (name.to_owned(), version.to_owned(), Origin::Registry),
        Kind::Local => (key.text.clone(), String::new(), Origin::Local),
        Kind::Elsewhere => (key.text.clone(), String::new(), Origin::Elsewhere),
    };
    let alias = (name != key.text).then(|| key.text.clone());
    let written = usize::try_from(key.span.end - key.span.start).unwrap_or(0);
    Some(Declared {
        ecosystem: Ecosystem::Npm,
        name,
        alias,
        requirement,
        origin,
        span: span_of(key.span.start, written),
    })
}

enum Kind<'a> {
    Version,
    Alias(&'a str, &'a str),
    Local,
    Elsewhere,
}

fn kind(spec: &str) -> Kind<'_> {
    if let Some(target) = spec.strip_prefix("npm:") {
        // `npm:@scope/name@1`: the sign of the scope is not the one before the version.
        let cut = target.char_indices().skip(1).find(|(_, sign)| *sign == '@').map(|(at, _)| at);
        return match cut {
            Some(at) => Kind::Alias(target.get(..at).unwrap_or(target), target.get(at + 1..).unwrap_or("")),
            None => Kind::Alias(target, ""),
        };
    }
    let local = ["workspace:", "file:", "link:", "portal:", "patch:", "./", "../", "/", "~/", "\\"];
    if local.iter().any(|start| spec.starts_with(start)) || spec == "." || spec == ".." {
        return Kind::Local;
    }
    // `catalog:` stands for a version that the workspace names.
    if spec.starts_with("catalog:") {
        return Kind::Version;
    }
    // What has a scheme, or is `user/repository`.
    let scheme = spec.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '.' | '-'))
    });
    if scheme || spec.contains('/') || spec.starts_with("git@") {
        return Kind::Elsewhere;
    }
    Kind::Version
}

fn note(source: &Source, at: u32, message: String) -> Note {
    Note { file: Some(source.path.clone()), line: Some(source.line_of(at)), kind: NoteKind::Skipped, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Source, Contents) {
        let source = Source::new("package.json", text.to_owned());
        let contents = parse(&source);
        (source, contents)
    }

    #[track_caller]
    fn check(spec: &str, name: &str, requirement: &str, origin: Origin) {
        let (_, contents) = read(&format!("{{\"dependencies\": {{\"lantern\": {spec:?}}}}}"));
        let declared = &contents.declared[0];
        assert_eq!((declared.name.as_str(), declared.requirement.as_str()), (name, requirement), "{spec}");
        assert_eq!(declared.origin, origin, "{spec}");
        assert_eq!(declared.alias.is_some(), name != "lantern");
    }

    #[test]
    fn a_spec_says_where_a_package_comes_from() {
        check("^1.2", "lantern", "^1.2", Origin::Registry);
        check("latest", "lantern", "latest", Origin::Registry);
        check("npm:other@3.1.0", "other", "3.1.0", Origin::Registry);
        check("npm:@s/other@3.1.0", "@s/other", "3.1.0", Origin::Registry);
        check("npm:@s/other", "@s/other", "", Origin::Registry);
        for spec in ["workspace:*", "file:../x", "link:./x", "../x", "portal:x"] {
            check(spec, "lantern", "", Origin::Local);
        }
        for spec in [
            "git+https://h.invalid/x",
            "user/repo",
            "github:user/repo#v1",
            "https://h.invalid/x.tgz",
            "jsr:1",
        ] {
            check(spec, "lantern", "", Origin::Elsewhere);
        }
    }

    #[test]
    fn every_section_counts_and_keeps_its_place() {
        let (source, contents) = read(
            "{\n \"name\": \"own\",\n \"peerDependencies\": {\"b\": \"1\"},\n \"dependencies\": {\n  \"@s/a\": \"1\"},\n \"optionalDependencies\": {\"c\": \"1\"}}",
        );
        let places: Vec<_> = contents
            .declared
            .iter()
            .map(|declared| (declared.name.as_str(), source.position(declared.span.start).line))
            .collect();
        assert_eq!(places, [("b", 3), ("@s/a", 5), ("c", 6)]);
        assert_eq!(contents.own_names, ["own"]);
    }

    #[test]
    fn what_is_no_object_gives_a_note() {
        for text in ["[]", "{", "{\"dependencies\": null}", "{\"dependencies\": [\"a\"]}", "3"] {
            let (_, contents) = read(text);
            assert_eq!((contents.declared.len(), contents.notes.len()), (0, 1), "{text}");
        }
    }
}
