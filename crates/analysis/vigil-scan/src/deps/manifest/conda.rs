//! `environment.yml`: conda's packages, and the `pip` list among them.
//!
//! Read line by line: conda's own format has one dependency for each line, and every name keeps its place.

use super::{requirements, span_of, yaml};
use crate::deps::declared::{Contents, Declared, Ecosystem, Origin};
use crate::source::Source;

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents { declares: true, ..Contents::default() };
    let mut within = false;
    // How far the entry `- pip:` is indented; deeper lines are its list.
    let mut pip: Option<usize> = None;
    for yaml::Line { start, raw, indent, text: trimmed } in yaml::lines(&source.text) {
        let Some(item) = trimmed.strip_prefix('-').map(str::trim_start) else {
            if indent == 0 {
                within = trimmed.starts_with("dependencies:");
                pip = None;
                // A list in brackets is read by nobody here; it may declare anything.
                contents.open |= within && trimmed != "dependencies:" && !trimmed.contains('#');
            }
            continue;
        };
        if !within {
            continue;
        }
        if pip.is_some_and(|outer| indent <= outer) {
            pip = None;
        }
        if item == "pip:" {
            pip = Some(indent);
            continue;
        }
        let item = item.split(" #").next().unwrap_or(item).trim_end();
        let bare = item.trim_matches(['"', '\'']);
        let at = start + raw.find(bare).unwrap_or(0);
        if pip.is_some() {
            requirements::quoted(source, bare, at, &mut contents);
        } else {
            contents.declared.extend(of_conda(bare, at));
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

/// `channel::name=1.2=build`, `name>=1`: packages of conda's channels, which no other registry knows.
fn of_conda(spec: &str, at: usize) -> Option<Declared> {
    let (channel, rest) =
        spec.rsplit_once("::").map_or((0, spec), |(channel, rest)| (channel.len() + 2, rest));
    let end = rest.find(['=', '<', '>', '!', '~', ' ', '[']).unwrap_or(rest.len());
    let name = rest.get(..end)?.trim();
    let start = u32::try_from(at + channel).unwrap_or(u32::MAX);
    (!name.is_empty()).then(|| Declared {
        ecosystem: Ecosystem::PyPi,
        name: name.to_owned(),
        alias: None,
        requirement: String::new(),
        origin: Origin::Elsewhere,
        span: span_of(start, name.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pip_list_comes_from_the_registry_and_the_rest_from_channels() {
        let text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.12\n  - conda-forge::numpy>=1\n  - pip:\n    - flask==3.0 # web\n    - \"requests\"\n    - -r more.txt\n  - scipy\nvariables:\n  - z\n";
        let source = Source::new("environment.yml", text.to_owned());
        let contents = parse(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                assert_eq!(source.slice(one.span), one.name);
                (one.name.as_str(), one.origin == Origin::Registry)
            })
            .collect();
        assert_eq!(
            found,
            [("python", false), ("numpy", false), ("flask", true), ("requests", true), ("scipy", false)]
        );
        assert_eq!((contents.includes.len(), contents.open), (1, false));
        assert_eq!(contents.declared[2].requirement, "==3.0");
    }
}
