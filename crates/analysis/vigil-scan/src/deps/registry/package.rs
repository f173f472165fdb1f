//! What a registry says about a package, reduced to what the rules ask.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// More versions than this are not kept; the newest stay.
const MAX_VERSIONS: usize = 20_000;

/// A package that the registry knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    /// When its first file was published, in seconds since 1970.
    pub(crate) created: Option<i64>,
    /// It names a place where its source can be read; `None` when the answer does not tell.
    pub(crate) has_source: Option<bool>,
    /// All versions, as the registry spells them.
    pub(crate) versions: Vec<String>,
    /// The newest version.
    pub(crate) latest: Option<String>,
    /// The registry took the package's content away: unpublished, or kept closed because it was malicious.
    pub(crate) withdrawn: bool,
}

/// Reads PyPI's `/pypi/NAME/json`.
pub(crate) fn from_pypi(body: &Value) -> Option<Package> {
    let info = body.get("info")?;
    let releases = body.get("releases").and_then(Value::as_object);
    let mut created: Option<i64> = None;
    let mut versions = Vec::new();
    for (version, files) in releases.into_iter().flatten() {
        versions.push(version.clone());
        for file in files.as_array().into_iter().flatten() {
            let time = file.get("upload_time_iso_8601").or_else(|| file.get("upload_time"));
            let time = time.and_then(Value::as_str).and_then(timestamp);
            created = [created, time].into_iter().flatten().min();
        }
    }
    versions.truncate(MAX_VERSIONS);
    Some(Package {
        created,
        has_source: Some(pypi_source(info)),
        versions,
        latest: info.get("version").and_then(Value::as_str).map(str::to_owned),
        withdrawn: false,
    })
}

/// Labels under which projects name their source, in PyPI's spelling: lower case, no punctuation, no blanks.
const SOURCE_LABELS: &[&str] = &[
    "source",
    "sourcecode",
    "sources",
    "code",
    "repository",
    "repo",
    "github",
    "gitlab",
    "bitbucket",
    "codeberg",
    "homepage",
    "git",
    "vcs",
    "scm",
    "development",
    "githubrepository",
    "githubrepo",
    "githubproject",
    "sourcerepository",
    "sourceforge",
    "home",
    "website",
    "project",
    "projecthomepage",
    "url",
    "upstream",
    "gitrepository",
    "gitea",
    "mercurial",
];

/// Hosts whose links are source, whatever their label says.
const SOURCE_HOSTS: &[&str] = &[
    "github.com/",
    "gitlab.com/",
    "bitbucket.org/",
    "codeberg.org/",
    "git.sr.ht/",
    "gitee.com/",
    "sourceforge.net/",
    "dev.azure.com/",
    "launchpad.net/",
    "opendev.org/",
];

fn pypi_source(info: &Value) -> bool {
    let filled =
        |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty() && text != "UNKNOWN");
    if info.get("home_page").is_some_and(filled) {
        return true;
    }
    let links = info.get("project_urls").and_then(Value::as_object);
    links.into_iter().flatten().any(|(label, url)| {
        let label: String =
            label.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let known = SOURCE_LABELS.contains(&label.as_str());
        filled(url)
            && (known || url.as_str().is_some_and(|url| SOURCE_HOSTS.iter().any(|host| url.contains(host))))
    })
}

/// Reads npm's document of a package, in full or abbreviated.
pub(crate) fn from_npm(body: &Value) -> Option<Package> {
    let object = body.as_object()?;
    let versions: Vec<String> = object
        .get("versions")
        .and_then(Value::as_object)
        .map(|versions| versions.keys().take(MAX_VERSIONS).cloned().collect())
        .unwrap_or_default();
    let latest = body.pointer("/dist-tags/latest").and_then(Value::as_str).map(str::to_owned);
    let time = object.get("time");
    let unpublished = time.is_some_and(|time| time.get("unpublished").is_some());
    let closed = latest.as_deref().is_some_and(|latest| latest.ends_with("-security")) && versions.len() <= 1;
    // Proxies of the registry leave out what each version says, too.
    let newest = latest.as_deref().and_then(|latest| object.get("versions")?.get(latest));
    let links = [Some(object.get("repository")), newest.map(|version| version.get("repository"))];
    let has_link = links.into_iter().flatten().flatten().any(|value| {
        let link = value.as_str().or_else(|| value.get("url").and_then(Value::as_str));
        link.is_some_and(|link| !link.trim().is_empty())
    });
    Some(Package {
        created: time.and_then(|time| time.get("created")).and_then(Value::as_str).and_then(timestamp),
        // The abbreviated document has neither times nor links.
        has_source: time.is_some().then_some(has_link),
        versions,
        latest,
        withdrawn: unpublished || closed,
    })
}

/// Reads a time; PyPI's older field has no zone and means UTC.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    let time: Option<Timestamp> = text.parse().ok().or_else(|| format!("{text}Z").parse().ok());
    time.map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_file_says_how_old_a_package_is() {
        let package = from_pypi(&json!({
            "info": {"version": "2", "home_page": ""},
            "releases": {"2": [{"upload_time_iso_8601": "2026-01-02T00:00:00.000000Z"}], "1": [{"upload_time": "2020-01-02T03:04:05"}]}
        }));
        let package = package.unwrap();
        assert_eq!(package.created, timestamp("2020-01-02T03:04:05Z"));
        assert_eq!((package.has_source, package.latest.as_deref()), (Some(false), Some("2")));
    }

    #[test]
    fn a_source_link_has_many_labels() {
        for (label, url) in [
            ("Source", "x"),
            ("GitHub", "x"),
            ("source code", "x"),
            ("Bug Tracker", "https://github.com/a/b/issues"),
        ] {
            assert!(pypi_source(&json!({"project_urls": {label: url}})), "{label}");
        }
        for (label, url) in [("Documentation", "https://docs.invalid"), ("Source", " "), ("Funding", "x")] {
            assert!(!pypi_source(&json!({"project_urls": {label: url}})), "{label}");
        }
        assert!(!pypi_source(&json!({"home_page": null, "project_urls": null})));
    }

    #[test]
    fn npm_tells_a_closed_name() {
        let closed = json!({"dist-tags": {"latest": "0.0.1-security"}, "versions": {"0.0.1-security": {}}, "time": {}});
        assert!(from_npm(&closed).unwrap().withdrawn);
        assert!(from_npm(&json!({"time": {"unpublished": {}}})).unwrap().withdrawn);
        let short = from_npm(&json!({"versions": {"1.0.0": {}}})).unwrap();
        assert_eq!((short.has_source, short.withdrawn, short.versions.len()), (None, false, 1));
    }

    #[test]
    fn answers_of_another_shape_are_no_package() {
        for body in [json!(null), json!([]), json!("x"), json!({})] {
            assert_eq!(from_pypi(&body), None);
        }
        assert_eq!(from_npm(&json!([1])), None);
        let proxied = from_npm(&json!({
            "dist-tags": {"latest": "2.0.0"},
            "versions": {"1.0.0": {}, "2.0.0": {"repository": {"type": "git", "url": "git+https://x.invalid/a"}}},
            "time": {"created": "2020-01-01T00:00:00Z"},
        }));
        assert_eq!(proxied.and_then(|package| package.has_source), Some(true));
        assert!(from_npm(&json!({"versions": [], "time": 3, "repository": 1, "dist-tags": "x"})).is_some());
    }
}
