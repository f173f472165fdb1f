//! Cases of the rules that judge a project: `tests/rules/CODE/projects.txt`, and what registries know in `registry.txt`.
//!
//! A case begins with `#: bad NAME` or `#: good NAME`, and each of its files with `=== PATH`. It is written to a directory
//! and scanned as a whole. Bad ones must be found by the rule of the folder and good ones must not; what exactly is said
//! about them, by every rule, is in one snapshot for each rule.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::config::Flags;
use crate::deps::{Fetch, FetchError, FetchRequest, FetchResponse};

const NOW: &str = "2026-11-20T12:00:00Z";

/// Answers by address.
struct Shelf(BTreeMap<String, FetchResponse>);

static SHELF: LazyLock<Shelf> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/registry.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut shelf = Shelf(BTreeMap::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [ecosystem, name, days, source, downloads, versions] = words[..] else { panic!("{line}") };
        let versions: Vec<&str> = versions.split(',').filter(|version| *version != "-").collect();
        shelf.put(ecosystem, name, days.parse().unwrap(), source == "yes", &versions);
        if downloads != "-" {
            let name = name.replace('/', "%2F").replace(':', "%3A");
            shelf.text(
                format!("https://d.invalid/{ecosystem}/{name}"),
                json!({"downloads": downloads.parse::<u64>().unwrap()}).to_string(),
            );
        }
    }
    shelf
});

impl Shelf {
    fn text(&mut self, url: String, body: String) {
        self.0
            .insert(url, FetchResponse { status: 200, body: body.into_bytes(), ..FetchResponse::default() });
    }

    /// A package that was published so many days before the scan.
    fn put(&mut self, ecosystem: &str, name: &str, days: i64, source: bool, versions: &[&str]) {
        let seconds = NOW.parse::<Timestamp>().unwrap().as_second() - days * 86_400 - 60;
        let time = Timestamp::from_second(seconds).unwrap().to_string();
        let home = if source { "https://code.invalid" } else { "" };
        match ecosystem {
            "pypi" => {
                let releases: BTreeMap<_, _> = versions
                    .iter()
                    .map(|version| (*version, json!([{"upload_time_iso_8601": time}])))
                    .collect();
                let body =
                    json!({"info": {"version": versions.last(), "home_page": home}, "releases": releases});
                self.text(format!("https://pypi.org/pypi/{name}/json"), body.to_string());
            }
            "npm" => {
                let all: BTreeMap<_, _> = versions.iter().map(|version| (*version, json!({}))).collect();
                let body = json!({"time": {"created": time}, "repository": home, "versions": all, "dist-tags": {"latest": versions.last()}});
                self.text(
                    format!("https://registry.npmjs.org/{}", name.replace('/', "%2F")),
                    body.to_string(),
                );
            }
            "cargo" => {
                let line =
                    |version: &&str| json!({"name": name, "vers": version, "pubtime": time}).to_string();
                let lines: Vec<String> = versions.iter().map(line).collect();
                let folder = format!("{}/{}", &name[..2], &name[2..4]);
                self.text(format!("https://index.crates.io/{folder}/{name}"), lines.join("\n"));
            }
            "go" => {
                let base = format!("https://proxy.golang.org/{name}");
                self.text(format!("{base}/@v/list"), versions.join("\n"));
                for version in versions.iter().chain(&["v0.0.0-20200101000000-abcdefabcdef"]) {
                    self.text(
                        format!("{base}/@v/{version}.info"),
                        json!({"Version": version, "Time": time}).to_string(),
                    );
                }
                self.text(
                    format!("{base}/@latest"),
                    json!({"Version": "v0.0.0-20200101000000-abcdefabcdef", "Time": time}).to_string(),
                );
            }
            "maven" => {
                let (group, artifact) = name.split_once(':').unwrap();
                let base =
                    format!("https://repo.maven.apache.org/maven2/{}/{artifact}", group.replace('.', "/"));
                let all: String =
                    versions.iter().map(|version| format!("<version>{version}</version>")).collect();
                self.text(
                    format!("{base}/maven-metadata.xml"),
                    format!("<metadata><versioning><versions>{all}</versions></versioning></metadata>"),
                );
                let pom = format!("{base}/{0}/{artifact}-{0}.pom", versions[0]);
                self.text(pom.clone(), "<project/>".to_owned());
                self.0.get_mut(&pom).unwrap().last_modified = Some(seconds);
            }
            other => panic!("{other}"),
        }
    }
}

impl Fetch for Shelf {
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        let none = || FetchResponse { status: 404, ..FetchResponse::default() };
        Ok(self.0.get(&request.url).cloned().unwrap_or_else(none))
    }

    fn pause(&self, _duration: Duration) {}
}

struct Case {
    name: String,
    bad: bool,
    files: Vec<(String, String)>,
}

fn read(id: RuleId) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(id.code());
    let text = std::fs::read_to_string(folder.join("projects.txt")).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("#: ") {
            let (kind, name) = head.split_once(' ').unwrap();
            assert!(kind == "bad" || kind == "good", "{id}: `{line}`");
            cases.push(Case { name: name.to_owned(), bad: kind == "bad", files: Vec::new() });
        } else if let Some(path) = line.strip_prefix("=== ") {
            cases.last_mut().unwrap().files.push((path.to_owned(), String::new()));
        } else {
            let (_, text) = cases.last_mut().unwrap().files.last_mut().unwrap();
            text.push_str(line);
            text.push('\n');
        }
    }
    cases
}

fn judged(case: &Case) -> Vec<Finding> {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in &case.files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let flags = Flags { downloads_url: Some("https://d.invalid".to_owned()), ..Flags::default() };
    let settings = Settings::load(None, home.path(), flags).unwrap();
    let registries = Registries { fetch: Some(&*SHELF), ..Registries::default() };
    let outcome = scan(&Job {
        directory: home.path().to_owned(),
        repository: None,
        target: Target::Paths(vec![PathBuf::from(".")]),
        settings: &settings,
        now: NOW.parse().unwrap(),
        today: "2026-11-20".parse().unwrap(),
        baseline: None,
        cache: None,
        registries: Some(&registries),
        threads: 1,
        progress: None,
    })
    .unwrap();
    assert!(!outcome.registry_failed(), "{}: {:?}", case.name, outcome.report.notes);
    outcome.report.findings
}

/// Judges the cases of a rule, and tells all findings in a form that is read at a glance.
fn check(id: RuleId) -> String {
    let cases = read(id);
    assert!(cases.len() >= 20, "{id} has {} cases", cases.len());
    let (mut told, mut wrong) = (String::new(), Vec::new());
    for case in &cases {
        let findings = judged(case);
        if findings.iter().any(|finding| finding.rule == id) != case.bad {
            wrong.push(format!("{} `{}`", if case.bad { "missed" } else { "false" }, case.name));
        }
        let _ = writeln!(told, "{} {}", if case.bad { "bad " } else { "good" }, case.name);
        for finding in findings {
            let (file, place) = (finding.file.display(), (finding.start.line, finding.start.column));
            let _ =
                writeln!(told, "     {} {file}:{}:{} {}", finding.rule, place.0, place.1, finding.message);
        }
    }
    assert!(wrong.is_empty(), "{id}: {wrong:#?}\n{told}");
    told
}

macro_rules! cases {
    ($($name:ident $id:ident;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), check(RuleId::$id));
            }
        )*
    };
}

cases! {
    dep_001 Dep001;
    dep_002 Dep002;
    dep_003 Dep003;
    dep_004 Dep004;
    dep_005 Dep005;
    dep_006 Dep006;
    dep_007 Dep007;
    sec_005 Sec005;
    test_001 Test001;
    auth_001 Auth001;
}
