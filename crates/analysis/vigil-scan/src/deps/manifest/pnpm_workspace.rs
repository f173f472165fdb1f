//! `pnpm-workspace.yaml`: the versions that `catalog:` stands for.
//!
//! Read line by line, so that every name keeps its place.

use super::{span_of, yaml};
use crate::deps::declared::{Contents, Declared, Ecosystem, Origin};
use crate::source::Source;

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents::default();
    // The depth at which names stand: one level below `catalog:`, two below `catalogs:`.
    let mut catalog: Option<&str> = None;
    let mut name_indent = None;
    for yaml::Line { start, raw, indent, text: trimmed } in yaml::lines(&source.text) {
        if indent == 0 {
            catalog = ["catalog:", "catalogs:"].into_iter().find(|key| trimmed == *key);
            name_indent = None;
            continue;
        }
        let Some(kind) = catalog else { continue };
        let Some((name, version)) = split(trimmed) else { continue };
        if kind == "catalogs:" && version.is_empty() {
            name_indent = None;
            continue;
        }
        if indent < *name_indent.get_or_insert(indent) || version.is_empty() {
            continue;
        }
        let at = u32::try_from(start + raw.find(name).unwrap_or(0)).unwrap_or(u32::MAX);
        contents.declared.push(Declared {
            ecosystem: Ecosystem::Npm,
            name: name.to_owned(),
            alias: None,
            requirement: version.to_owned(),
            origin: Origin::Registry,
            span: span_of(at, name.len()),
        });
    }
    contents
}

/// `'@scope/name': ^1.0.0 # why`.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, value) = match line.strip_prefix(['"', '\'']) {
        Some(rest) => {
            let (name, rest) = rest.split_once(['"', '\''])?;
            (name, rest.trim_start().strip_prefix(':')?)
        }
        None => line.split_once(':')?,
    };
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    (!name.is_empty() && !name.starts_with('-')).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_catalogs() {
        let text = "packages:\n  - 'packages/*'\ncatalog:\n  react: ^19.0.0\n  '@s/a': 1.0.0 # why\ncatalogs:\n  old:\n    react: 17.0.0\n";
        let source = Source::new("pnpm-workspace.yaml", text.to_owned());
        let found: Vec<_> = parse(&source)
            .declared
            .iter()
            .map(|one| {
                assert_eq!(source.slice(one.span), one.name);
                (one.name.clone(), one.requirement.clone())
            })
            .collect();
        let text = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(found, [text("react", "^19.0.0"), text("@s/a", "1.0.0"), text("react", "17.0.0")]);
    }
}
