//! One requirement as Python tools write it (PEP 508): `name[extra]>=1,<2; marker`, `name @ url`.

use crate::deps::declared::{Declared, Ecosystem, Origin};

/// The parts of a requirement; offsets count from the start of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement<'a> {
    /// The name, as written.
    pub(crate) name: &'a str,
    /// Where the name begins.
    pub(crate) start: usize,
    /// The version text: `>=1,<2`.
    pub(crate) version: &'a str,
    /// What follows `@`.
    pub(crate) url: Option<&'a str>,
}

/// Reads a requirement. `None` when it does not begin with a name or goes on with something else than a version.
pub(crate) fn parse(text: &str) -> Option<Requirement<'_>> {
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?;
    let end = rest
        .bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')))
        .unwrap_or(rest.len());
    let name = rest.get(..end)?;
    let whole = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric());
    if !whole {
        return None;
    }
    let mut rest = rest.get(end..)?.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.get(extras.find(']')? + 1..)?.trim_start();
    }
    if let Some(url) = rest.strip_prefix('@') {
        let url = url.trim();
        let url = url.split_once(" ;").map_or(url, |(url, _)| url.trim_end());
        return Some(Requirement { name, start, version: "", url: Some(url) });
    }
    let version = rest.split(';').next()?.trim();
    let version = version.strip_prefix('(').map_or(version, |inner| inner.trim_end_matches(')').trim());
    let fine = version.is_empty() || version.starts_with(['>', '=', '<', '!', '~']);
    fine.then_some(Requirement { name, start, version, url: None })
}

/// The dependency that a requirement in a quoted list declares; `at` is where the text begins in the file.
pub(crate) fn declared(text: &str, at: usize) -> Option<Declared> {
    let found = parse(text)?;
    let origin = match found.url {
        Some(url) if url.starts_with("file:") => Origin::Local,
        Some(_) => Origin::Elsewhere,
        None => Origin::Registry,
    };
    let start = u32::try_from(at + found.start).unwrap_or(u32::MAX);
    Some(Declared {
        ecosystem: Ecosystem::PyPi,
        name: found.name.to_owned(),
        alias: None,
        requirement: found.version.to_owned(),
        origin,
        span: super::span_of(start, found.name.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, version: &str) {
        let requirement = parse(text).unwrap();
        assert_eq!((requirement.name, requirement.version), (name, version), "{text}");
        assert!(text[requirement.start..].starts_with(name));
    }

    #[test]
    fn reads_names_versions_extras_and_markers() {
        check("a", "a", "");
        check("  flask>=2,<3 ; python_version<'4'", "flask", ">=2,<3");
        check("uvicorn[standard] ~= 0.2", "uvicorn", "~= 0.2");
        check("zope.interface (>=3)", "zope.interface", ">=3");
        check("x[a,b]==1.*;os_name=='nt'", "x", "==1.*");
    }

    #[test]
    fn a_direct_reference_keeps_its_address() {
        let requirement = parse("tool[x] @ git+https://host.invalid/t.git@v1 ; os_name == 'nt'").unwrap();
        assert_eq!((requirement.name, requirement.url), ("tool", Some("git+https://host.invalid/t.git@v1")));
    }

    #[test]
    fn what_is_no_requirement_is_none() {
        for text in ["", "-e .", "./dir", "a b", "https://host.invalid/x.whl", "é", "a-", "x[y", "a/b"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
