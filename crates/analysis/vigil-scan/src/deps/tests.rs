//! The check as a whole: a project on the disk, a registry of canned answers.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::*;

/// A registry: what it knows, and what it answers with another status than 200.
#[derive(Default)]
struct Fake {
    known: BTreeMap<String, String>,
    status: BTreeMap<String, u16>,
    asked: Mutex<Vec<String>>,
}

impl Fetch for Fake {
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        self.asked.lock().unwrap().push(request.url.clone());
        if let Some(status) = self.status.get(&request.url) {
            return Ok(FetchResponse { status: *status, ..FetchResponse::default() });
        }
        Ok(match self.known.get(&request.url) {
            Some(body) => {
                FetchResponse { status: 200, body: body.clone().into_bytes(), ..FetchResponse::default() }
            }
            None => FetchResponse { status: 404, ..FetchResponse::default() },
        })
    }

    fn pause(&self, _duration: Duration) {}
}

impl Fake {
    /// A package of PyPI, first published so many days before the scan.
    fn pypi(mut self, name: &str, days: i64, source: bool, versions: &[&str]) -> Self {
        let time = Timestamp::from_second(NOW - days * 86_400 - 60).unwrap().to_string();
        let releases: serde_json::Map<_, _> = versions
            .iter()
            .map(|version| ((*version).to_owned(), json!([{"upload_time_iso_8601": time}])))
            .collect();
        let home = if source { "https://code.invalid" } else { "" };
        let body = json!({"info": {"version": versions.last(), "home_page": home}, "releases": releases});
        self.known.insert(format!("https://pypi.org/pypi/{name}/json"), body.to_string());
        self
    }

    /// A package of npm.
    fn npm(mut self, name: &str, versions: &[&str]) -> Self {
        let versions: serde_json::Map<_, _> =
            versions.iter().map(|version| ((*version).to_owned(), json!({}))).collect();
        let body =
            json!({"time": {"created": "2020-01-01T00:00:00Z"}, "repository": "x", "versions": versions});
        let name = name.replace('/', "%2F");
        self.known.insert(format!("https://registry.npmjs.org/{name}"), body.to_string());
        self
    }

    fn downloads(mut self, name: &str, count: u64) -> Self {
        let body = json!({"data": {"last_week": count}}).to_string();
        self.known.insert(format!("https://pypistats.org/api/packages/{name}/recent"), body);
        self
    }

    fn busy(mut self, name: &str) -> Self {
        self.status.insert(format!("https://pypi.org/pypi/{name}/json"), 503);
        self
    }
}

const NOW: i64 = 1_790_000_000;

struct Case {
    _folder: tempfile::TempDir,
    project: Project,
}

fn project(files: &[(&str, &str)]) -> Case {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
    paths.sort();
    let project = Project { root: folder.path().to_owned(), files: paths, ..Project::default() };
    Case { _folder: folder, project }
}

fn run(case: &Case, fake: &Fake, config: &Config) -> Checked {
    let registries = Registries { fetch: Some(fake), ..Registries::default() };
    super::check(&case.project, config, &registries, Timestamp::from_second(NOW).unwrap())
}

fn told(checked: &Checked) -> Vec<String> {
    let place = |finding: &Finding| {
        format!("{} {}:{} {}", finding.rule, finding.file.display(), finding.start.line, finding.message)
    };
    checked.findings.iter().map(place).collect()
}

#[track_caller]
fn check(files: &[(&str, &str)], fake: Fake, expect: &[&str]) -> Checked {
    let checked = run(&project(files), &fake, &Config::default());
    assert_eq!(told(&checked), expect);
    checked
}

#[test]
fn a_package_that_does_not_exist_is_said_with_the_one_that_was_meant() {
    let checked = check(
        &[("requirements.txt", "reqeusts==2\norchard-ghost\n")],
        Fake::default(),
        &[
            "DEP-001 requirements.txt:1 PyPI has no package `reqeusts`; did you mean `requests`?",
            "DEP-001 requirements.txt:2 PyPI has no package `orchard-ghost`",
        ],
    );
    assert_eq!(checked.findings[0].metadata["similar_to"], "requests");
    assert!(checked.findings[0].suggestion.contains("`requests`"));
    assert!(checked.notes.is_empty());
}

#[test]
fn each_fact_about_a_package_has_its_rule() {
    check(
        &[("requirements.txt", "young\nhidden\nrare\nold==9\n")],
        Fake::default()
            .pypi("young", 3, true, &["1"])
            .pypi("hidden", 900, false, &["1"])
            .pypi("rare", 900, true, &["1"])
            .downloads("rare", 3)
            .pypi("old", 900, true, &["1.0", "2.0"]),
        &[
            "DEP-002 requirements.txt:1 `young` was first published 3 days ago",
            "DEP-005 requirements.txt:2 `hidden` names no place where its source can be read",
            "DEP-004 requirements.txt:3 `rare` was downloaded 3 times in the last week",
            "DEP-007 requirements.txt:4 `old` has no version `9`",
        ],
    );
}

#[test]
fn a_registry_that_does_not_answer_is_a_note_and_no_finding() {
    let checked = check(
        &[("requirements.txt", "a\nb\nghost\n")],
        Fake::default().busy("a").busy("b"),
        &["DEP-001 requirements.txt:3 PyPI has no package `ghost`"],
    );
    let notes: Vec<_> = checked.notes.iter().map(|note| (note.kind, note.message.as_str())).collect();
    assert_eq!(
        notes,
        [(
            NoteKind::Registry,
            "PyPI (pypi.org) did not answer for 2 of 3 packages (status 503); not checked: `a`, `b`",
        )]
    );
}

#[test]
fn each_package_is_asked_for_once_and_reported_where_it_is_declared_first() {
    let case = project(&[
        ("requirements.txt", "Orchard_Ghost\n"),
        ("sub/requirements.txt", "orchard-ghost==1\n"),
        ("pyproject.toml", "[project]\nname='own'\ndependencies=['orchard.ghost', 'own[x]']\n"),
    ]);
    let fake = Fake::default();
    let checked = run(&case, &fake, &Config::default());
    assert_eq!(told(&checked), ["DEP-001 pyproject.toml:3 PyPI has no package `orchard.ghost`"]);
    assert_eq!(*fake.asked.lock().unwrap(), ["https://pypi.org/pypi/orchard-ghost/json"]);
}

#[test]
fn what_does_not_come_from_the_registry_is_not_asked() {
    let case = project(&[
        ("requirements.txt", "-e ./libs/own\nfork @ git+https://h.invalid/f.git\n"),
        (
            "package.json",
            "{\"dependencies\": {\"a\": \"workspace:*\", \"b\": \"file:../b\", \"c\": \"user/repo\", \"@corp/x\": \"1\"}}",
        ),
        ("packages/w/package.json", "{\"name\": \"w\", \"dependencies\": {\"w2\": \"1\"}}"),
        ("packages/w2/package.json", "{\"name\": \"w2\"}"),
        (".npmrc", "@corp:registry=https://npm.corp.invalid/\n//npm.corp.invalid/:_authToken=SECRET\n"),
    ]);
    let fake = Fake::default();
    let checked = run(&case, &fake, &Config::default());
    assert_eq!(told(&checked), Vec::<String>::new());
    assert!(fake.asked.lock().unwrap().is_empty());
    assert_eq!(checked.notes.len(), 1);
    assert!(
        checked.notes[0].message.contains("npm.corp.invalid") && checked.notes[0].message.contains("@corp/x")
    );
    assert!(!format!("{:?}", checked.notes).contains("SECRET"));
}

#[test]
fn names_of_the_own_owner_are_not_asked() {
    let case = project(&[
        ("go.mod", "module github.com/acme/app\nrequire github.com/acme/secret v1.0.0\n"),
        (
            "pom.xml",
            "<project><groupId>com.acme</groupId><artifactId>a</artifactId><dependencies><dependency><groupId>com.acme.x</groupId><artifactId>b</artifactId></dependency></dependencies></project>",
        ),
    ]);
    let fake = Fake::default();
    let checked = run(&case, &fake, &Config::default());
    assert_eq!(told(&checked), Vec::<String>::new());
    assert_eq!(*fake.asked.lock().unwrap(), Vec::<String>::new());
    assert_eq!(checked.notes.len(), 2);
}

#[test]
fn what_may_come_from_elsewhere_is_said_where_no_finding_tells_of_it() {
    let gradle = "repositories { maven { url nexusUrl } }\ndependencies { api 'org.orchard:ghost:1.0' }\n";
    let checked = check(&[("build.gradle", gradle)], Fake::default(), &[]);
    let said = |note: &Note| {
        note.kind == NoteKind::Info
            && note.message.contains("`org.orchard:ghost`")
            && note.message.contains("may come from a computed repository")
    };
    assert_eq!(checked.notes.iter().filter(|note| said(note)).count(), 1, "{:?}", checked.notes);
}

#[test]
fn a_lock_file_tells_what_is_private() {
    let case = project(&[
        ("pyproject.toml", "[project]\ndependencies=['inner', 'outer']\n"),
        ("uv.lock", "[[package]]\nname='inner'\nsource={registry='https://corp.invalid/simple'}\n"),
    ]);
    let fake = Fake::default().pypi("outer", 900, true, &["1"]);
    assert_eq!(told(&run(&case, &fake, &Config::default())), Vec::<String>::new());
    assert!(fake.asked.lock().unwrap().iter().all(|url| !url.contains("inner")));
}

#[test]
fn allowed_names_and_offline_scans_ask_nothing() {
    let case = project(&[("requirements.txt", "corp-a\nreqeusts\n")]);
    let mut config = Config::default();
    config.deps.allow = vec!["corp-*".to_owned(), "[".to_owned()];
    config.deps.offline = true;
    let fake = Fake::default();
    let checked = run(&case, &fake, &config);
    assert_eq!(
        told(&checked),
        ["DEP-003 requirements.txt:2 `reqeusts` is nearly `requests`, a well-known package"]
    );
    assert!(fake.asked.lock().unwrap().is_empty());
    assert_eq!(checked.notes.len(), 1, "the broken pattern is said: {:?}", checked.notes);
    config.deps.offline = false;
    run(&case, &fake, &config);
    let asked = fake.asked.lock().unwrap();
    assert!(!asked.is_empty() && asked.iter().all(|url| !url.contains("corp")));
}

#[test]
fn npm_versions_and_aliases_are_asked_under_their_real_names() {
    check(
        &[("package.json", "{\"dependencies\": {\n\"x\": \"npm:lantern@9.0.0\",\n\"@s/k\": \"0.0.9\"}}")],
        Fake::default().npm("lantern", &["3.1.0"]).npm("@s/k", &["1.0.0"]),
        &[
            "DEP-007 package.json:2 `lantern` has no version `9.0.0`",
            "DEP-007 package.json:3 `@s/k` has no version `0.0.9`",
        ],
    );
}

fn import(file: &str, modules: &[&str]) -> FileImports {
    let imports = modules.iter().zip(1..).map(|(module, line)| PlacedImport {
        module: (*module).to_owned(),
        need: Need::Firm,
        start: Position { line, column: 1 },
        end: Position { line, column: 9 },
        line: format!("import {module}"),
    });
    let language = Language::of_path(Path::new(file)).unwrap();
    FileImports { file: PathBuf::from(file), language, imports: imports.collect() }
}

#[test]
fn an_undeclared_import_says_what_to_add_or_what_was_meant() {
    let mut case = project(&[("requirements.txt", "flask\n"), ("app.py", ""), ("tests/test_a.py", "")]);
    case.project.imports = vec![
        import("app.py", &["yaml", "magic_orm", "reqeusts", "real_thing"]),
        import("tests/test_a.py", &["yaml", "magic_orm", "real_thing"]),
    ];
    let fake = Fake::default().pypi("flask", 900, true, &["1"]).pypi("real-thing", 900, true, &["1"]);
    let checked = run(&case, &fake, &Config::default());
    assert_eq!(
        told(&checked),
        [
            "DEP-006 app.py:1 `yaml` (package `pyyaml`) is imported, and no manifest declares it",
            "DEP-006 app.py:2 `magic_orm` is imported, and no manifest declares it; PyPI has no package of that name",
            "DEP-006 app.py:3 `reqeusts` is imported, and no manifest declares it; PyPI has no package of that name",
            "DEP-006 app.py:4 `real_thing` is imported, and no manifest declares it",
            "DEP-006 tests/test_a.py:2 `magic_orm` is imported, and no manifest declares it; PyPI has no package of that name",
        ]
    );
    assert_eq!(checked.findings[0].suggestion, "Add `pyyaml` to `requirements.txt`, with a version.");
    assert_eq!(checked.findings[2].metadata["similar_to"], "requests");
    assert_eq!(
        (checked.findings[0].snippet.as_str(), checked.findings[0].mark.clone()),
        ("import yaml", 7..11)
    );
}

#[test]
fn undeclared_names_are_not_asked_where_an_index_is_private() {
    let mut case =
        project(&[("requirements.txt", "--index-url https://corp.invalid/simple\nflask\n"), ("app.py", "")]);
    case.project.imports = vec![import("app.py", &["inner_secret"])];
    let fake = Fake::default();
    assert_eq!(run(&case, &fake, &Config::default()).findings.len(), 1);
    assert!(fake.asked.lock().unwrap().is_empty());
}

#[test]
fn given_contents_count_instead_of_the_disk() {
    let mut case = project(&[("requirements.txt", "old-ghost\n")]);
    case.project.contents.insert(PathBuf::from("requirements.txt"), b"new-ghost\n".to_vec());
    let checked = run(&case, &Fake::default(), &Config::default());
    assert_eq!(told(&checked), ["DEP-001 requirements.txt:1 PyPI has no package `new-ghost`"]);
}

#[test]
fn rules_that_are_off_say_nothing_and_severities_are_those_of_the_configuration() {
    let case = project(&[("requirements.txt", "ghost\n")]);
    let mut config = Config::default();
    let setting = config.rules.get_mut(&RuleId::Dep001).unwrap();
    setting.severity = crate::rule::Severity::Low;
    assert_eq!(run(&case, &Fake::default(), &config).findings[0].severity, crate::rule::Severity::Low);
    config.rules.get_mut(&RuleId::Dep001).unwrap().enabled = false;
    assert!(run(&case, &Fake::default(), &config).findings.is_empty());
}

#[test]
fn the_same_project_gives_the_same_result() {
    let case = project(&[
        ("requirements.txt", "a\nb\nghost\nreqeusts\n"),
        ("x/package.json", "{\"dependencies\": {\"expresss\": \"1\", \"ghost\": \"1\"}}"),
        ("package.json", "{"),
    ]);
    let fake = Fake::default().busy("a").pypi("b", 1, false, &["1"]);
    let first = run(&case, &fake, &Config::default());
    for _ in 0..5 {
        assert_eq!(run(&case, &fake, &Config::default()), first);
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_fine(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        super::fuzzing::manifests(&bytes);
        super::fuzzing::settings(&bytes);
        super::fuzzing::names(&bytes);
    }

    #[test]
    fn any_pieces_of_manifests_are_fine(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..30)) {
        super::fuzzing::manifests(pieces.concat().as_bytes());
        super::fuzzing::settings(pieces.concat().as_bytes());
    }
}

const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "  ",
    "\t",
    "name",
    "é",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    ":",
    "=",
    "==1.0",
    ",",
    "-",
    "- pip:\n",
    "dependencies",
    "dependencies:\n",
    "[project]\n",
    "[tool.poetry.dependencies]\n",
    "[packages]\n",
    "[options]\n",
    "install_requires",
    "setup(",
    ")",
    "[[package]]\n",
    "source",
    "packages:\n",
    "catalog:\n",
    "\\\n",
    "#",
    " # ",
    "@",
    "npm:a@1",
    "-r ",
    "-e ",
    "--hash=",
    ";",
    "git+https://h.invalid/a.git",
    "file:",
    "workspace:*",
    "index-url",
    "@s:registry",
    "\u{feff}",
    "\u{0}",
    "require (\n",
    "a.b/c v1.0.0\n",
    "replace a.b/c => ../c\n",
    "// indirect",
    "[dependencies]\n",
    "[target.'cfg(unix)'.dependencies]\n",
    "package = \"x\"",
    "[libraries]\n",
    "<project>",
    "<dependencies><dependency>",
    "<groupId>g.h</groupId><artifactId>a</artifactId>",
    "</dependency></dependencies>",
    "${v}",
    "dependencies {\n",
    "implementation 'g.h:a:1'\n",
    "repositories { maven { url 'https://h.invalid' } }\n",
    "/*",
    "\"\"\"",
];

#[test]
fn hostile_manifests_are_read_in_time() {
    for piece in [
        "[",
        "{\"a\":",
        "a\\\n",
        "- ",
        "a[",
        "(",
        "a,",
        "\"",
        "[[package]]\n",
        "a=b\n",
        "a:\n ",
        "-r a\n",
        "x@",
        "require (\n",
        "replace a => b v1\n",
        "<a>",
        "<a/>",
        "${v}",
        "dependencies {",
        "'a:b:c'\n",
        "/*",
        "'",
    ] {
        super::fuzzing::manifests(piece.repeat(20_000).as_bytes());
    }
}

#[test]
fn four_hundred_names_are_compared_at_once() {
    let (popular, _) = Popular::load(None);
    assert!(popular.of(Ecosystem::PyPi).all.len() >= 2_000 && popular.of(Ecosystem::Npm).all.len() >= 2_000);
    let start = std::time::Instant::now();
    for index in 0..200 {
        let _ = popular.look_alike(Ecosystem::PyPi, &format!("some-package-name-{index}"), 0.85);
        let _ = popular.look_alike(Ecosystem::Npm, &format!("@scope{index}/package-{index}"), 0.85);
    }
    // Without optimisation, on a busy machine; the real budget is 50 ms.
    assert!(start.elapsed() < Duration::from_secs(10));
    println!("400 names: {:?}", start.elapsed());
}

#[test]
fn the_repositories_of_one_ecosystem_say_nothing_about_another() {
    let pom = "<project><groupId>com.acme</groupId><artifactId>a</artifactId><repositories><repository><url>https://nexus.corp.invalid/r</url></repository></repositories></project>";
    let mut case = project(&[
        ("pom.xml", pom),
        ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = []\n"),
        ("shop.py", "import invented_by_a_model\n"),
    ]);
    let place = Position { line: 1, column: 8 };
    let import = PlacedImport {
        module: "invented_by_a_model".to_owned(),
        need: Need::Firm,
        start: place,
        end: Position { line: 1, column: 27 },
        line: "import invented_by_a_model".to_owned(),
    };
    case.project.imports =
        vec![FileImports { file: "shop.py".into(), language: Language::Python, imports: vec![import] }];
    let fake = Fake::default();
    let checked = run(&case, &fake, &Config::default());
    assert_eq!(checked.findings.len(), 1, "{:?}", told(&checked));
    let asked = fake.asked.into_inner().unwrap();
    assert!(asked.iter().any(|url| url.contains("invented")), "{asked:?}");
    assert!(checked.findings[0].message.contains("PyPI"), "{:?}", told(&checked));
}
