//! Rules on facts made by hand; what the front ends make of real code is tested with them.

use super::*;
use crate::facts::{Binding, BindingKind, Comparison, Endpoint, EnvDefault, Operand, Text};
use crate::source::Span;

fn span(source: &str, part: &str) -> Span {
    let start = source.find(part).unwrap_or_else(|| panic!("`{part}` in `{source}`"));
    Span::new(u32::try_from(start).unwrap(), u32::try_from(start + part.len()).unwrap())
}

/// A binding as a front end reads `name = "value"`.
fn binding(source: &str, name: &str, written: &str, kind: BindingKind) -> Binding {
    let value = written.trim_matches(['"', '\'']).to_owned();
    let value_span = span(source, written);
    Binding {
        span: Span::new(span(source, name).start, value_span.end),
        name: name.to_owned(),
        kind,
        value: Text { span: value_span, value, whole: true },
    }
}

fn codes(path: &str, text: &str, facts: &Facts) -> Vec<&'static str> {
    findings(path, text, facts).iter().map(|finding| finding.rule.code()).collect()
}

fn findings(path: &str, text: &str, facts: &Facts) -> Vec<Finding> {
    let config = Config::default();
    let context = Context { config: &config, env_examples: &EnvExamples::default() };
    judge(&Source::new(path, text.to_owned()), facts, &context)
}

#[track_caller]
fn check_binding(text: &str, name: &str, written: &str, kind: BindingKind, expect: &[&str]) {
    let facts = Facts { bindings: vec![binding(text, name, written, kind)], ..Facts::default() };
    assert_eq!(codes("app.py", text, &facts), expect, "{text}");
}

#[test]
fn weak_secrets_and_placeholders_are_told_apart() {
    use BindingKind::{Argument, Entry, Markup, Member, Variable};
    check_binding(r#"SECRET = "abc123""#, "SECRET", r#""abc123""#, Variable, &["AUTH-004", "SEC-002"]);
    check_binding(
        r#"x(SECRET_KEY="kittens")"#,
        "SECRET_KEY",
        r#""kittens""#,
        Argument,
        &["AUTH-004", "SEC-002"],
    );
    check_binding(
        r#"app.secret_key = "blueberry pie""#,
        "secret_key",
        r#""blueberry pie""#,
        Member,
        &["AUTH-004"],
    );
    check_binding(r#"{"password": "changeme"}"#, "password", r#""changeme""#, Entry, &["SEC-001"]);
    check_binding(r#"<F password="changeme">"#, "password", r#""changeme""#, Markup, &[]);
    check_binding(r#"{password: 'Password'}"#, "password", "'Password'", Entry, &[]);
    check_binding(r#"token = "not in""#, "token", r#""not in""#, Variable, &[]);
    check_binding(r#"token = "X-Auth""#, "token", r#""X-Auth""#, Variable, &[]);
    check_binding(r#"token = "11112222""#, "token", r#""11112222""#, Variable, &["SEC-002"]);
    check_binding(
        r#"SECRET_KEY = "SERVICE_SECRET_KEY""#,
        "SECRET_KEY",
        r#""SERVICE_SECRET_KEY""#,
        Variable,
        &[],
    );
    check_binding(r#"Secret_Key = "Default-Key""#, "Secret_Key", r#""Default-Key""#, Variable, &["SEC-001"]);
    check_binding(
        r#"API_KEY = "h2Vt9QxL0rZcW7mKp4NsYe8B""#,
        "API_KEY",
        r#""h2Vt9QxL0rZcW7mKp4NsYe8B""#,
        Variable,
        &[],
    );
    check_binding(r#"PASSWORD = "admin""#, "PASSWORD", r#""admin""#, Variable, &[]);
}

#[test]
fn secrets_in_test_files_are_left_alone() {
    let text = r#"PASSWORD = "changeme""#;
    let facts = Facts {
        bindings: vec![binding(text, "PASSWORD", r#""changeme""#, BindingKind::Variable)],
        ..Facts::default()
    };
    assert_eq!(codes("tests/test_login.py", text, &facts), [""; 0]);
    assert_eq!(codes("login.py", text, &facts), ["SEC-001"]);
}

#[test]
fn no_part_of_a_finding_shows_the_secret() {
    let text = r#"DB_PASSWORD = "changeme-please"; url = "redis://me:plum-tree@cache/0""#;
    let url = r#""redis://me:plum-tree@cache/0""#;
    let facts = Facts {
        bindings: vec![binding(text, "DB_PASSWORD", r#""changeme-please""#, BindingKind::Variable)],
        texts: vec![Text { span: span(text, url), value: url.trim_matches('"').to_owned(), whole: true }],
        ..Facts::default()
    };
    let found = findings("app.py", text, &facts);
    assert_eq!(found.len(), 1, "one rule for each line");
    let shown = format!("{found:?}");
    for secret in ["changeme", "plum-tree", "me:"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(found[0].snippet, r#"DB_PASSWORD = "ch…[15 chars]"; url = "redis://***:***@cache/0""#);
}

#[test]
fn a_secret_that_is_put_together_is_hidden_too() {
    let text = r#"URL = "mongodb://root:" + "walnut" + "@mongo/app""#;
    let value = span(text, r#""mongodb://root:" + "walnut" + "@mongo/app""#);
    let facts = Facts {
        texts: vec![Text { span: value, value: "mongodb://root:walnut@mongo/app".to_owned(), whole: true }],
        ..Facts::default()
    };
    let found = findings("app.py", text, &facts);
    assert_eq!(found.len(), 1);
    assert!(!format!("{found:?}").contains("walnut"), "{found:?}");
}

#[test]
fn a_password_that_is_compared_is_hidden() {
    let text = "if password == \"walnut-tree\": pass\n";
    let comparison = Comparison {
        span: span(text, "password == \"walnut-tree\""),
        left: Operand::Name { last: "password".to_owned(), whole: "password".to_owned() },
        right: Operand::Literal("\"walnut-tree\"".to_owned()),
        operator: "==",
        fix: None,
    };
    let found = findings("app.py", text, &Facts { comparisons: vec![comparison], ..Facts::default() });
    assert_eq!(found[0].snippet, "if password == \"wa…[11 chars]\": pass");
}

#[test]
fn endpoints_need_a_guard() {
    let text = "@app.delete(\"/x\")\n";
    let endpoint = |method: &str, path: &str, guards: &[&str]| Endpoint {
        span: Span::new(0, 17),
        method: method.to_owned(),
        path: path.to_owned(),
        framework: "fastapi",
        guards: guards.iter().map(|name| (*name).to_owned()).collect(),
        router: None,
    };
    let judged = |endpoint| codes("app.py", text, &Facts { endpoints: vec![endpoint], ..Facts::default() });
    assert_eq!(judged(endpoint("DELETE", "/x", &[])), ["AUTH-002"]);
    assert_eq!(judged(endpoint("DELETE", "/users", &["get_db"])), ["AUTH-002"]);
    assert_eq!(judged(endpoint("DELETE", "/users", &["get_db", "get_current_user"])), [""; 0]);
    assert_eq!(judged(endpoint("GET", "/users/{id}", &[])), ["AUTH-001"]);
    assert_eq!(judged(endpoint("GET", "/health", &[])), [""; 0]);
}

#[test]
fn comparisons_of_passwords_are_told_from_presence_checks() {
    let text = "user.password == attempt\n";
    let name = |whole: &str| Operand::Name {
        last: whole.rsplit('.').next().unwrap_or(whole).to_owned(),
        whole: whole.to_owned(),
    };
    let judged = |left: Operand, right: Operand| {
        let comparison = Comparison { span: Span::new(0, 24), left, right, operator: "==", fix: None };
        !codes("app.py", text, &Facts { comparisons: vec![comparison], ..Facts::default() }).is_empty()
    };
    assert!(judged(name("user.password"), name("attempt")));
    assert!(judged(name("stored"), name("password")));
    assert!(judged(name("user.password"), name("form.password")));
    assert!(judged(Operand::Other, name("user.password_hash")));
    assert!(judged(name("ENV_PASSWORD"), Operand::Literal("'changeme'".to_owned())));
    assert!(!judged(name("password"), Operand::Literal("\"\"".to_owned())));
    assert!(!judged(name("password"), Operand::Literal("None".to_owned())));
    assert!(!judged(name("password"), name("confirm")));
    assert!(!judged(name("password1"), name("password2")));
    assert!(!judged(name("self.password"), name("other.password")));
    assert!(!judged(name("user.password_age"), Operand::Literal("3".to_owned())));
    assert!(!judged(name("field"), Operand::Literal("'password'".to_owned())));
}

#[test]
fn defaults_of_secret_variables_are_found_and_mended() {
    let text = r#"key = os.getenv("API_KEY", "abc-123")"#;
    let lookup = r#"os.getenv("API_KEY", "abc-123")"#;
    let facts = Facts {
        env_defaults: vec![EnvDefault {
            span: span(text, lookup),
            name: "API_KEY".to_owned(),
            default: Text { span: span(text, r#""abc-123""#), value: "abc-123".to_owned(), whole: true },
            without_default: r#"os.environ["API_KEY"]"#.to_owned(),
        }],
        ..Facts::default()
    };
    let found = findings("app.py", text, &facts);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].snippet, r#"key = os.getenv("API_KEY", "a…[7 chars]")"#);
    assert_eq!(found[0].fix.as_ref().map(|fix| fix.edits[0].text.as_str()), Some(r#"os.environ["API_KEY"]"#));
}

#[test]
fn the_value_of_an_example_is_found_once_for_each_line() {
    let text = "a = \"gw-sample-0042\"; b = \"gw-sample-0042\"\nc = \"gw-sample-0042\"\n";
    let at = |start: u32| Text {
        span: Span::new(start, start + 16),
        value: "gw-sample-0042".to_owned(),
        whole: true,
    };
    let facts = Facts { texts: vec![at(4), at(26), at(47)], ..Facts::default() };
    let mut examples = EnvExamples::default();
    examples.add(std::path::Path::new(".env.example"), "GATEWAY_KEY=gw-sample-0042\n");
    let config = Config::default();
    let context = Context { config: &config, env_examples: &examples };
    let found = judge(&Source::new("client.py", text.to_owned()), &facts, &context);
    let lines: Vec<_> = found.iter().map(|finding| finding.start.line).collect();
    assert_eq!(lines, [1, 2]);
    assert!(found.iter().all(|finding| !finding.snippet.contains("gw-sample")));
}
