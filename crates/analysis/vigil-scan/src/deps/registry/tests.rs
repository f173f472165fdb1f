use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::*;

/// A registry of canned answers: for each address what comes first, second, …; the last one stays.
#[derive(Default)]
struct Fake {
    answers: BTreeMap<String, Vec<Result<FetchResponse, FetchError>>>,
    asked: Mutex<Vec<FetchRequest>>,
    pauses: Mutex<Vec<Duration>>,
}

impl Fake {
    fn with(mut self, url: &str, answers: Vec<Result<FetchResponse, FetchError>>) -> Self {
        self.answers.insert(url.to_owned(), answers);
        self
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Fetch for Fake {
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|earlier| earlier.url == request.url).count();
        asked.push(request.clone());
        let Some(answers) = self.answers.get(&request.url) else { return Ok(status(404)) };
        answers[before.min(answers.len() - 1)].clone()
    }

    fn pause(&self, duration: Duration) {
        self.pauses.lock().unwrap().push(duration);
    }
}

fn status(status: u16) -> FetchResponse {
    FetchResponse { status, ..FetchResponse::default() }
}

fn body(text: &str) -> FetchResponse {
    FetchResponse {
        status: 200,
        etag: Some("\"v1\"".to_owned()),
        body: text.as_bytes().to_vec(),
        ..FetchResponse::default()
    }
}

const URL: &str = "https://pypi.org/pypi/a/json";
const GOOD: &str = r#"{"info": {"version": "1"}, "releases": {"1": []}}"#;

fn ask(fake: &Fake, folder: Option<&std::path::Path>, now: i64) -> Answer {
    let config = DepsConfig::default();
    let registry = Registry::new(fake, folder, &config, Timestamp::from_second(now).unwrap());
    let question = Question { ecosystem: Ecosystem::PyPi, name: "a".to_owned(), brief: false };
    registry.ask(&[question]).remove(&(Ecosystem::PyPi, "a".to_owned())).unwrap()
}

#[track_caller]
fn check(answers: Vec<Result<FetchResponse, FetchError>>, expect: &str, asked: usize) {
    let fake = Fake::default().with(URL, answers);
    let answer = match ask(&fake, None, 0) {
        Answer::Known(_) => "known".to_owned(),
        Answer::Absent => "absent".to_owned(),
        Answer::Silent(reason) => reason,
    };
    assert_eq!((answer.as_str(), fake.asked()), (expect, asked));
}

#[test]
fn absent_known_and_silent_are_three_things() {
    check(vec![Ok(body(GOOD))], "known", 1);
    check(vec![Ok(status(404))], "absent", 1);
    check(vec![Ok(status(410))], "absent", 1);
    check(vec![Ok(status(403))], "status 403", 1);
    check(vec![Ok(status(302))], "status 302", 1);
    check(vec![Ok(status(304))], "status 304", 1);
    check(vec![Ok(status(503))], "status 503", 3);
    check(vec![Err(FetchError::Timeout)], "no answer in time", 3);
    check(vec![Err(FetchError::TooLarge)], "the answer is too large", 1);
    check(vec![Ok(body("<html>"))], "an answer that is no description of a package", 1);
}

#[test]
fn a_busy_registry_is_asked_again() {
    check(vec![Ok(status(429)), Ok(body(GOOD))], "known", 2);
    check(vec![Err(FetchError::Timeout), Ok(status(500)), Ok(status(404))], "absent", 3);
}

#[test]
fn waits_as_long_as_it_is_told_within_reason() {
    let busy = |seconds| FetchResponse { retry_after: Some(seconds), ..status(429) };
    let fake = Fake::default().with(URL, vec![Ok(busy(2)), Ok(busy(3_600))]);
    ask(&fake, None, 0);
    assert_eq!(*fake.pauses.lock().unwrap(), [Duration::from_secs(2), Duration::from_secs(5)]);
}

#[test]
fn a_kept_answer_is_not_asked_for_and_an_old_one_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::default().with(URL, vec![Ok(body(GOOD)), Ok(status(304))]);
    assert!(matches!(ask(&fake, Some(folder.path()), 0), Answer::Known(_)));
    assert!(matches!(ask(&fake, Some(folder.path()), 60), Answer::Known(_)));
    assert_eq!(fake.asked(), 1);
    assert!(matches!(ask(&fake, Some(folder.path()), 90_000), Answer::Known(_)));
    assert_eq!(fake.asked.lock().unwrap()[1].etag.as_deref(), Some("\"v1\""));
    assert!(matches!(ask(&fake, Some(folder.path()), 90_060), Answer::Known(_)));
    assert_eq!(fake.asked(), 2);
}

#[test]
fn a_failure_is_never_kept() {
    let folder = tempfile::tempdir().unwrap();
    let fake =
        Fake::default().with(URL, vec![Ok(status(500)), Ok(status(500)), Ok(status(500)), Ok(status(404))]);
    assert!(matches!(ask(&fake, Some(folder.path()), 0), Answer::Silent(_)));
    assert_eq!(ask(&fake, Some(folder.path()), 1), Answer::Absent);
}

#[test]
fn many_questions_keep_their_order() {
    let numbers: Vec<u32> = (0..500).collect();
    assert_eq!(parallel(&numbers, |number| number * 2), numbers.iter().map(|n| n * 2).collect::<Vec<_>>());
}

#[test]
fn download_counts_have_three_shapes() {
    let config = DepsConfig { downloads_url: Some("https://d.invalid/".to_owned()), ..DepsConfig::default() };
    let fake = Fake::default()
        .with("https://d.invalid/pypi/a", vec![Ok(body(r#"{"downloads": 12}"#))])
        .with("https://d.invalid/npm/@s%2Fb", vec![Ok(body(r#"{"data": {"last_week": 7}}"#))])
        .with("https://d.invalid/pypi/e", vec![Ok(status(500))]);
    let registry = Registry::new(&fake, None, &config, Timestamp::UNIX_EPOCH);
    let name = |ecosystem, name: &str| (ecosystem, name.to_owned());
    let names = [
        name(Ecosystem::PyPi, "a"),
        name(Ecosystem::Npm, "@s/b"),
        name(Ecosystem::PyPi, "c"),
        name(Ecosystem::PyPi, "e"),
    ];
    let counts: Vec<_> = registry.downloads(&names).into_values().collect();
    assert_eq!(counts, [Ok(Some(12)), Ok(None), Err("status 500".to_owned()), Ok(Some(7))]);
}

/// What is known of one package of a registry with these answers, and how often it was asked.
fn of_index(
    ecosystem: Ecosystem,
    name: &str,
    answers: &[(&str, FetchResponse)],
    brief: bool,
) -> (Answer, usize) {
    let fake =
        answers.iter().fold(Fake::default(), |fake, (url, answer)| fake.with(url, vec![Ok(answer.clone())]));
    let config = DepsConfig::default();
    let registry = Registry::new(&fake, None, &config, Timestamp::UNIX_EPOCH);
    let question = Question { ecosystem, name: name.to_owned(), brief };
    let answer = registry.ask(&[question]).into_values().next().unwrap();
    (answer, fake.asked())
}

fn known(answer: Answer) -> Package {
    match answer {
        Answer::Known(package) => *package,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_module_is_as_old_as_its_first_version_and_exists_when_a_commit_does() {
    let list = "https://proxy.golang.org/github.com/!a/b/@v/list";
    let info = "https://proxy.golang.org/github.com/!a/b/@v/v0.1.0.info";
    let latest = "https://proxy.golang.org/github.com/!a/b/@latest";
    let first = body(r#"{"Version": "v0.1.0", "Time": "2020-01-01T00:00:00Z"}"#);
    let name = "github.com/A/b";
    let (answer, asked) =
        of_index(Ecosystem::Go, name, &[(list, body("v1.0.0\nv0.1.0\n")), (info, first.clone())], false);
    let package = known(answer);
    assert_eq!((package.created, package.latest.as_deref(), asked), (Some(1_577_836_800), Some("v1.0.0"), 2));
    let (answer, asked) = of_index(Ecosystem::Go, name, &[(list, body("v1.0.0\n"))], true);
    assert_eq!((known(answer).created, asked), (None, 1));
    let (answer, _) = of_index(Ecosystem::Go, name, &[(list, body("")), (latest, first)], false);
    assert_eq!(known(answer).latest.as_deref(), Some("v0.1.0"));
    let (answer, asked) = of_index(Ecosystem::Go, name, &[(list, body(""))], false);
    assert_eq!((answer, asked), (Answer::Absent, 2));
    let (answer, asked) = of_index(Ecosystem::Go, "a b", &[], false);
    assert_eq!((answer, asked), (Answer::Absent, 0), "no module has such a name");
    let (answer, _) = of_index(Ecosystem::Go, name, &[(list, body("v1.0.0\n")), (info, status(404))], false);
    assert_eq!(known(answer).created, None);
}

#[test]
fn an_artifact_is_as_old_as_the_file_of_its_first_version() {
    let metadata = "https://repo.maven.apache.org/maven2/g/h/a/maven-metadata.xml";
    let pom = "https://repo.maven.apache.org/maven2/g/h/a/1.0/a-1.0.pom";
    let versions = body(
        "<metadata><versioning><versions><version>1.0</version><version>2.0</version></versions></versioning></metadata>",
    );
    let dated = FetchResponse { last_modified: Some(77), ..body("<project/>") };
    let (answer, asked) =
        of_index(Ecosystem::Maven, "g.h:a", &[(metadata, versions.clone()), (pom, dated)], false);
    let package = known(answer);
    assert_eq!((package.created, package.versions.len(), asked), (Some(77), 2, 2));
    let (answer, asked) =
        of_index(Ecosystem::Maven, "g.h:a", &[(metadata, versions), (pom, status(404))], true);
    assert_eq!((known(answer).created, asked), (None, 1));
    let (answer, _) = of_index(Ecosystem::Maven, "g.h:b", &[], false);
    assert_eq!(answer, Answer::Absent);
}

#[test]
fn a_version_that_no_list_names_is_asked_for() {
    let fake = Fake::default().with(
        "https://proxy.golang.org/a.b/c/@v/v0.0.0-20200101000000-abcdefabcdef.info",
        vec![Ok(body(r#"{"Version": "v0.0.0-20200101000000-abcdefabcdef"}"#))],
    );
    let config = DepsConfig::default();
    let registry = Registry::new(&fake, None, &config, Timestamp::UNIX_EPOCH);
    let pairs = [("a.b/c", "v0.0.0-20200101000000-abcdefabcdef"), ("a.b/c", "v9.0.0"), ("a.b/c", "v 1")];
    let pairs = pairs.map(|(name, version)| (name.to_owned(), version.to_owned()));
    assert_eq!(registry.module_versions(&pairs), [Ok(true), Ok(false), Ok(false)]);
}
