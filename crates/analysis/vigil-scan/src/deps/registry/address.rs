//! Where each registry keeps what it knows about a package.

use crate::deps::ecosystem::Ecosystem;

/// The address of what a registry says about a package; `None` when no package can have this name.
pub(super) fn of(ecosystem: Ecosystem, base: &str, name: &str) -> Option<String> {
    Some(match ecosystem {
        Ecosystem::PyPi => format!("{base}/pypi/{}/json", escape(name)),
        Ecosystem::Npm => format!("{base}/{}", escape(name)),
        Ecosystem::Cargo => format!("{base}/{}", crate_file(name)?),
        Ecosystem::Go => format!("{base}/{}/@v/list", module(name)?),
        Ecosystem::Maven => format!("{base}/{}/maven-metadata.xml", artifact(name)?),
    })
}

/// What the module proxy says about one version, or about the newest commit where there is no version.
pub(super) fn of_module(base: &str, name: &str, version: Option<&str>) -> Option<String> {
    let path = module(name)?;
    Some(match version {
        Some(version) => {
            let version = is_segment(version).then(|| upper(version)).flatten()?;
            format!("{base}/{path}/@v/{version}.info")
        }
        None => format!("{base}/{path}/@latest"),
    })
}

/// The description of one version of an artifact.
pub(super) fn of_pom(base: &str, name: &str, version: &str) -> Option<String> {
    let (_, artifact_id) = name.split_once(':')?;
    let version = Some(version).filter(|version| is_segment(version))?;
    Some(format!("{base}/{}/{version}/{artifact_id}-{version}.pom", artifact(name)?))
}

/// Percent-encodes a name as one segment of a path; `@` stays, as PyPI and npm have it.
pub(super) fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// The index has a folder for the first letters of names: `se/rd/serde`.
fn crate_file(name: &str) -> Option<String> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(letters) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(match name.len() {
        length @ (1 | 2) => format!("{length}/{name}"),
        3 => format!("3/{}/{name}", name.get(..1)?),
        _ => format!("{}/{}/{name}", name.get(..2)?, name.get(2..4)?),
    })
}

/// The proxy's spelling of a path: `!a` for `A`.
fn module(name: &str) -> Option<String> {
    name.split('/').all(is_segment).then(|| upper(name)).flatten()
}

fn upper(text: &str) -> Option<String> {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'A'..='Z' => {
                escaped.push('!');
                escaped.push(letter.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' | '-' | '_' | '.' | '~' | '/' => escaped.push(letter),
            '+' => escaped.push_str("%2B"),
            _ => return None,
        }
    }
    Some(escaped)
}

/// The folder of an artifact: the parts of its group, then its own name.
fn artifact(name: &str) -> Option<String> {
    let (group, artifact) = name.split_once(':')?;
    let fine = is_segment(artifact) && group.split('.').all(is_segment);
    fine.then(|| format!("{}/{artifact}", group.replace('.', "/")))
}

fn is_segment(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().any(|byte| byte != b'.')
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ecosystem: Ecosystem, name: &str, expect: Option<&str>) {
        assert_eq!(of(ecosystem, "https://r.invalid", name).as_deref(), expect, "{name}");
    }

    #[test]
    fn each_registry_has_its_own_address() {
        check(Ecosystem::Cargo, "a", Some("https://r.invalid/1/a"));
        check(Ecosystem::Cargo, "Ab", Some("https://r.invalid/2/ab"));
        check(Ecosystem::Cargo, "log", Some("https://r.invalid/3/l/log"));
        check(Ecosystem::Cargo, "serde_json", Some("https://r.invalid/se/rd/serde_json"));
        check(
            Ecosystem::Go,
            "github.com/Masterminds/semver/v3",
            Some("https://r.invalid/github.com/!masterminds/semver/v3/@v/list"),
        );
        check(
            Ecosystem::Maven,
            "org.slf4j:slf4j-api",
            Some("https://r.invalid/org/slf4j/slf4j-api/maven-metadata.xml"),
        );
    }

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escape("@scope/na me"), "@scope%2Fna%20me");
        assert_eq!(escape("../x?y#z"), "..%2Fx%3Fy%23z");
        for name in ["", "a/b", "a?", "é", "../x"] {
            check(Ecosystem::Cargo, name, None);
        }
        for name in ["", "a//b", "a/../b", "a b", "é.org/x"] {
            check(Ecosystem::Go, name, None);
        }
        for name in ["", "a", "a:..", "a..b:c", "a:b:c", "a:b/c"] {
            check(Ecosystem::Maven, name, None);
        }
        assert_eq!(of_pom("b", "g:a", "../1"), None);
        for version in ["v1/../2", "v1/", "..", "", "v1 ", "v1?x"] {
            assert_eq!(of_module("b", "a.b/c", Some(version)), None, "{version}");
        }
        assert_eq!(
            of_module("b", "a.b/c", Some("v1.0.0+incompatible")).as_deref(),
            Some("b/a.b/c/@v/v1.0.0%2Bincompatible.info")
        );
    }
}
