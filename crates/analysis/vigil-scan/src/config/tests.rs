use std::path::Path;

use super::*;

/// Settings of a directory that holds these files; the first one is chosen.
fn load(files: &[(&str, &str)], flags: Flags) -> Result<Settings, String> {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let chosen = home.path().join(files[0].0);
    Settings::load(Some(&chosen), home.path(), flags).map_err(|error| error.to_string())
}

#[track_caller]
fn config(text: &str) -> Config {
    load(&[("v.yaml", text)], Flags::default()).unwrap().config
}

#[track_caller]
fn check_wrong(text: &str, expected: &str) {
    let told = load(&[("v.yaml", text)], Flags::default()).map(drop).unwrap_err();
    assert_eq!(told, expected);
}

#[test]
fn the_patterns_compile() {
    assert_eq!(SecretsConfig::default().placeholder_patterns.len(), PLACEHOLDER_PATTERNS.len());
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "# nothing\n", "{}\n", "\u{feff}\n", "---\n"] {
        assert_eq!(format!("{:?}", config(text)), format!("{:?}", Config::default()), "{text:?}");
    }
}

#[test]
fn a_file_may_say_everything() {
    for strategy in Strategy::ALL {
        let written = config(&strategy.template());
        let named = config(&format!("extends: {}\n", strategy.name()));
        assert_eq!(format!("{written:?}"), format!("{named:?}"), "{strategy:?}");
    }
    let strict = config(&Strategy::Strict.template());
    assert_eq!((strict.fail_on, strict.deps.min_age_days), (Severity::Medium, 60));
}

#[test]
fn an_unknown_key_is_an_error_with_its_line_and_the_nearest_key() {
    check_wrong(
        "fail_on: high\ndep:\n  offline_mode: true\n",
        "v.yaml:2:1: unknown key `dep`; did you mean `deps`?",
    );
    check_wrong(
        "deps:\n  min_age_day: 3\n",
        "v.yaml:2:3: unknown key `min_age_day`; did you mean `min_age_days`?",
    );
    check_wrong(
        "rules:\n  SEC-01:\n    enabled: false\n",
        "v.yaml:3:5: unknown rule `SEC-01`; did you mean `SEC-001`?",
    );
}

#[test]
fn a_wrong_value_is_an_error_with_its_line() {
    check_wrong("fail_on: hihg\n", "v.yaml:1:10: unknown severity `hihg`; did you mean `high`?");
    check_wrong(
        "rules:\n  SEC-001:\n    severity: bad\n",
        "v.yaml:3:15: unknown severity `bad`; known are `info`, `low`, `medium`, `high`, `critical`",
    );
    check_wrong(
        "deps:\n  similarity_threshold: 0\n",
        "v.yaml:2:25: `similarity_threshold` is `0` and must be above 0 and up to 1",
    );
    check_wrong(
        "secrets:\n  placeholder_patterns: ['a(']\n",
        "v.yaml:2:26: `a(` is no regular expression: unclosed group",
    );
    check_wrong("deps:\n  pypi_url: pypi.org\n", "v.yaml:2:13: `pypi.org` is no address; write `https://…`");
}

#[test]
fn what_is_no_mapping_is_an_error() {
    for text in ["- a\n", "text\n", "deps: 3\n", "exclude: x\n", "fail_on: [\n", "a: b: c\n", "\t- x"] {
        let told = load(&[("v.yaml", text)], Flags::default()).map(drop);
        assert!(told.is_err_and(|told| told.starts_with("v.yaml:")), "{text:?}");
    }
}

#[test]
fn a_yaml_bomb_is_refused() {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (one, next) in ('a'..'i').zip('b'..'j') {
        let names = vec![format!("*{one}"); 10].join(",");
        text.push_str(&format!("{next}: &{next} [{names}]\n"));
    }
    text.push_str("exclude: *i\n");
    assert!(load(&[("v.yaml", &text)], Flags::default()).is_err());
    assert!(load(&[("v.yaml", &"[".repeat(100_000))], Flags::default()).is_err());
}

#[test]
fn files_extend_each_other() {
    let files = [
        ("v.yaml", "extends: [relaxed, base/b.yaml]\nauth: {max_token_lifetime_hours: 5}\n"),
        ("base/b.yaml", "deps: {min_age_days: 9}\nrules: {SEC-001: {severity: low}}\n"),
    ];
    let config = load(&files, Flags::default()).unwrap().config;
    assert_eq!(config.fail_on, Severity::Critical);
    assert_eq!((config.deps.min_age_days, config.auth.max_token_lifetime_hours), (9, 5));
    assert_eq!(config.severity(RuleId::Sec001), Severity::Low);
}

#[test]
fn files_that_extend_in_a_circle_are_an_error() {
    let told = load(&[("v.yaml", "extends: w.yaml\n"), ("w.yaml", "extends: v.yaml\n")], Flags::default());
    assert_eq!(told.map(drop).unwrap_err(), "config file `v.yaml` cannot be read: it extends itself");
    check_wrong(
        "extends: strickt\n",
        "config file `v.yaml` cannot be read: it extends `strickt`, and there is no such file; did you mean the preset \
         `strict`?",
    );
}

#[test]
fn the_command_line_wins() {
    let flags = Flags {
        fail_on: Some(Severity::Low),
        rules: vec![RuleId::Auth004],
        languages: vec![Language::Python],
        ..Flags::default()
    };
    let text = "fail_on: critical\nrules: {AUTH-004: {enabled: false}}\nlanguages: [javascript]\n";
    let config = load(&[("v.yaml", text)], flags).unwrap().config;
    assert_eq!(config.fail_on, Severity::Low);
    assert!(config.reports(RuleId::Auth004) && !config.reports(RuleId::Sec001));
    assert_eq!(config.languages, [Language::Python]);
}

#[test]
fn an_override_holds_for_its_paths() {
    let text = "overrides:\n  - paths: ['legacy/', '*_pb2.py']\n    rules: {SEC-001: {enabled: false}}\n    \
        tests: {min_assertions_per_test: 3}\n";
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("v.yaml");
    std::fs::write(&file, text).unwrap();
    let settings = Settings::load(Some(&file), home.path(), Flags::default()).unwrap();
    let of = |path: &str| {
        let config = settings.config_for(&home.path().join(path));
        (config.reports(RuleId::Sec001), config.tests.min_assertions_per_test)
    };
    assert_eq!(of("a.py"), (true, 1));
    assert_eq!(of("legacy/a.py"), (false, 3));
    assert_eq!(of("x/legacy/b/a.py"), (false, 3));
    assert_eq!(of("x/a_pb2.py"), (false, 3));
}

#[test]
fn the_nearest_file_is_found_and_its_names_have_an_order() {
    let home = tempfile::tempdir().unwrap();
    let below = home.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    for name in ["vigil.yaml", ".vigil.yml"] {
        std::fs::write(home.path().join("a").join(name), "").unwrap();
    }
    std::fs::write(home.path().join(".vigil.yaml"), "").unwrap();
    assert_eq!(discover(&below), Some(home.path().join("a/.vigil.yml")));
    assert!(Settings::load(Some(Path::new("/nowhere/x.yaml")), &below, Flags::default()).is_err());
}
