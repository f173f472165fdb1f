//! What the registries of Rust, Go and Java say about a package.

use serde_json::Value;

use super::package::{Package, timestamp};
use crate::deps::xml::{self, Step};

/// More versions than this are not kept.
const MAX_VERSIONS: usize = 20_000;

/// Reads a file of the crate index: one version on each line, with the time it was published.
pub(super) fn from_crates(body: &[u8]) -> Option<Package> {
    let mut package = Package::default();
    let mut newest: Option<semver::Version> = None;
    for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(MAX_VERSIONS) {
        let entry: Value = serde_json::from_slice(line).ok()?;
        let text = entry.get("vers").and_then(Value::as_str)?;
        let time = entry.get("pubtime").and_then(Value::as_str).and_then(timestamp);
        package.created = [package.created, time].into_iter().flatten().min();
        package.versions.push(text.to_owned());
        let yanked = entry.get("yanked").and_then(Value::as_bool) == Some(true);
        let version = semver::Version::parse(text).ok().filter(|version| version.pre.is_empty() && !yanked);
        newest = newest.max(version);
    }
    package.latest = newest.map(|version| version.to_string());
    (!package.versions.is_empty()).then_some(package)
}

/// Reads the proxy's list: a version on each line. It is empty when a module has no versions, or is none.
pub(super) fn from_go_list(body: &[u8]) -> Option<Package> {
    let text = std::str::from_utf8(body).ok()?;
    let is_version = |line: &&str| line.starts_with('v') && !line.contains(char::is_whitespace);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let versions: Vec<String> =
        lines.clone().filter(is_version).take(MAX_VERSIONS).map(str::to_owned).collect();
    // A page for people is no list.
    if versions.is_empty() && lines.count() > 0 {
        return None;
    }
    let latest = newest_module(&versions, true);
    Some(Package { versions, latest, ..Package::default() })
}

/// The version that stands first or last in order of the numbers.
pub(super) fn newest_module(versions: &[String], newest: bool) -> Option<String> {
    let read = |text: &String| Some((semver::Version::parse(text.strip_prefix('v')?).ok()?, text.clone()));
    let all = versions.iter().filter_map(read);
    let found = if newest { all.filter(|(version, _)| version.pre.is_empty()).max() } else { all.min() };
    found.map(|(_, text)| text)
}

/// Reads what the proxy says about one version.
pub(super) fn from_go_info(body: &[u8]) -> Option<Package> {
    let info: Value = serde_json::from_slice(body).ok()?;
    let version = info.get("Version").and_then(Value::as_str)?.to_owned();
    Some(Package {
        created: info.get("Time").and_then(Value::as_str).and_then(timestamp),
        latest: Some(version.clone()),
        versions: vec![version],
        ..Package::default()
    })
}

/// Reads `maven-metadata.xml`.
pub(super) fn from_maven(body: &[u8]) -> Option<Package> {
    let text = std::str::from_utf8(body).ok()?;
    let mut package = Package::default();
    let mut release = None;
    xml::walk(text, 16, |path, step| {
        let Step::Value(value, _) = step else { return };
        let place: Vec<&str> = path.iter().map(String::as_str).collect();
        match place.as_slice() {
            ["metadata", "versioning", "versions", "version"] if package.versions.len() < MAX_VERSIONS => {
                package.versions.push(value.to_owned());
            }
            ["metadata", "versioning", "latest"] => package.latest = Some(value.to_owned()),
            ["metadata", "versioning", "release"] => release = Some(value.to_owned()),
            _ => {}
        }
    })
    .ok()?;
    package.latest = release.or(package.latest);
    (!package.versions.is_empty()).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_as_old_as_its_first_version() {
        let body = b"{\"name\":\"a\",\"vers\":\"0.1.0\",\"yanked\":false,\"pubtime\":\"2020-01-02T03:04:05Z\"}\n{\"vers\":\"0.3.0\",\"yanked\":true}\n{\"vers\":\"0.2.0\",\"pubtime\":\"2021-01-01T00:00:00Z\"}\n{\"vers\":\"1.0.0-rc.1\"}\n";
        let package = from_crates(body).unwrap();
        assert_eq!(package.created, timestamp("2020-01-02T03:04:05Z"));
        assert_eq!((package.versions.len(), package.latest.as_deref()), (4, Some("0.2.0")));
        assert_eq!((package.has_source, package.withdrawn), (None, false));
        for body in [&b""[..], b"<html>", b"{}\n", b"\xff"] {
            assert_eq!(from_crates(body), None);
        }
    }

    #[test]
    fn a_module_has_a_list_that_may_be_empty() {
        let package = from_go_list(b"v1.2.0\nv1.10.0\nv2.0.0-rc.1\n").unwrap();
        assert_eq!(package.latest.as_deref(), Some("v1.10.0"));
        assert_eq!(newest_module(&package.versions, false).as_deref(), Some("v1.2.0"));
        assert_eq!(from_go_list(b"").unwrap().versions.len(), 0);
        assert_eq!(from_go_list(b"<html></html>"), None);
        let info = from_go_info(br#"{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}"#).unwrap();
        assert_eq!((info.created, info.versions.len()), (timestamp("2020-01-02T03:04:05Z"), 1));
        assert_eq!(from_go_info(b"[]"), None);
    }

    #[test]
    fn an_artifact_lists_its_versions() {
        let body = b"<?xml version='1.0'?><metadata><groupId>g</groupId><versioning><latest>2-rc</latest><release>1.1</release><versions><version>1.0</version><version>1.1</version></versions></versioning></metadata>";
        let package = from_maven(body).unwrap();
        assert_eq!((package.versions.len(), package.latest.as_deref()), (2, Some("1.1")));
        for body in
            [&b""[..], b"<html>", b"<metadata/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><metadata/>", b"\xff"]
        {
            assert_eq!(from_maven(body), None);
        }
        assert_eq!(from_maven("<a>".repeat(50_000).as_bytes()), None);
    }
}
