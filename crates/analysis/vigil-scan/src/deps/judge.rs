//! From what is known about a package to findings.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::declared::Declared;
use super::ecosystem::Ecosystem;
use super::registry::{Answer, Package};
use super::route::Route;
use super::similar::{LookAlike, Popular, Way};
use super::version;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::{RuleId, Severity};
use crate::source::{Position, Source, Span};

/// Lines longer than this are not shown; the dependency alone is.
const MAX_SNIPPET: usize = 160;
/// A package older than this is no fresh imitation made of a known name and a word.
const GROWN_DAYS: i64 = 2 * 365;
/// What so many people fetch in a week is not a name that waits for typos.
const TRUSTED_DOWNLOADS: u64 = 50_000;

/// One dependency that is judged.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
    /// Ecosystem and normalised name.
    pub(crate) key: (Ecosystem, String),
    /// The manifest.
    pub(crate) source: &'a Source,
    /// What it says.
    pub(crate) declared: &'a Declared,
    /// Where it is looked up.
    pub(crate) route: Route,
    /// It is the first mention; others are judged by their version alone.
    pub(crate) is_first: bool,
}

/// Makes findings.
pub(crate) struct Judge<'a> {
    pub(crate) config: &'a Config,
    pub(crate) popular: &'a Popular,
    pub(crate) now: Timestamp,
}

/// A rule reports.
pub(crate) fn is_on(config: &Config, rule: RuleId) -> bool {
    config.rules.get(&rule).is_none_or(|setting| setting.enabled)
}

/// How severely a rule reports.
pub(crate) fn severity(config: &Config, rule: RuleId) -> Severity {
    config.rules.get(&rule).map_or(rule.rule().severity, |setting| setting.severity)
}

impl Judge<'_> {
    /// All findings about one dependency.
    pub(crate) fn declared(
        &self,
        subject: &Subject<'_>,
        answer: Option<&Answer>,
        downloads: Option<u64>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let package = match answer {
            Some(Answer::Known(package)) if !package.withdrawn => Some(package.as_ref()),
            _ => None,
        };
        let doubt = matches!(subject.route, Route::AskWithDoubt(_));
        let mut gone = false;
        if subject.is_first {
            let absent = match answer {
                Some(Answer::Absent) => !doubt,
                Some(Answer::Known(package)) => package.withdrawn,
                _ => false,
            };
            if absent && is_on(self.config, RuleId::Dep001) {
                findings.push(self.hallucinated(subject, answer));
                gone = true;
            }
            if let Some(package) = package {
                findings.extend(self.about(subject, package, downloads));
            }
        }
        if let Some(package) = package.filter(|_| !doubt) {
            findings.extend(self.version(subject, package));
        }
        // A name that does not exist was reported with the one that was meant.
        if subject.is_first && !gone {
            findings.extend(self.look_alike(subject, package, downloads));
        }
        findings.retain(|finding| is_on(self.config, finding.rule));
        findings
    }

    fn hallucinated(&self, subject: &Subject<'_>, answer: Option<&Answer>) -> Finding {
        let (ecosystem, name) = (subject.key.0, &subject.declared.name);
        let intended = self.popular.intended(ecosystem, name);
        let registry = ecosystem.registry();
        let meant = match &intended {
            Some(intended) => format!("; did you mean `{intended}`?"),
            None => String::new(),
        };
        let message = match answer {
            Some(Answer::Known(_)) => {
                format!("`{name}` was taken down: {registry} holds the name, but no package{meant}")
            }
            _ => format!("{registry} has no {} `{name}`{meant}", ecosystem.package()),
        };
        let suggestion = match &intended {
            Some(intended) => format!("Use `{intended}` if that is what was meant, or remove the entry."),
            None if ecosystem.is_owned() => {
                "Remove the entry, or name the package that was meant; if it is private, say so in `deps.allow`."
                    .to_owned()
            }
            None => "Remove the entry, or name the package that was meant; anybody can register this name."
                .to_owned(),
        };
        let mut finding = self.finding(subject, RuleId::Dep001, message, suggestion);
        if let Some(intended) = intended {
            finding.metadata.insert("similar_to", json!(intended));
        }
        finding
    }

    fn about(&self, subject: &Subject<'_>, package: &Package, downloads: Option<u64>) -> Vec<Finding> {
        let name = &subject.declared.name;
        let mut findings = Vec::new();
        let least = i64::from(self.config.deps.min_age_days);
        if let Some((days, created)) = package.created.map(|created| (self.days_since(created), created))
            && days < least
        {
            let message = format!("`{name}` was first published {} ago", plural(days.max(0), "day"));
            let advice = "Read its source before you depend on it, or use an established package.";
            let mut finding = self.finding(subject, RuleId::Dep002, message, advice.to_owned());
            finding.metadata.insert("age_days", json!(days.max(0)));
            finding.metadata.insert(
                "created_at",
                json!(Timestamp::from_second(created).map(|time| time.to_string()).unwrap_or_default()),
            );
            findings.push(finding);
        }
        if let Some(count) = downloads.filter(|count| *count < self.config.deps.min_weekly_downloads) {
            let message =
                format!("`{name}` was downloaded {} in the last week", plural(count as i64, "time"));
            let advice = "Make sure that it is the package you mean, or use a better known one.";
            let mut finding = self.finding(subject, RuleId::Dep004, message, advice.to_owned());
            finding.metadata.insert("weekly_downloads", json!(count));
            findings.push(finding);
        }
        if package.has_source == Some(false) {
            let message = format!("`{name}` names no place where its source can be read");
            let advice = "Find its source and read it, or use a package that is developed in the open.";
            findings.push(self.finding(subject, RuleId::Dep005, message, advice.to_owned()));
        }
        findings
    }

    fn version(&self, subject: &Subject<'_>, package: &Package) -> Option<Finding> {
        let (ecosystem, declared) = (subject.key.0, subject.declared);
        let version = version::missing(ecosystem, &declared.requirement, &package.versions)?;
        let name = &declared.name;
        let latest = package.latest.as_deref().unwrap_or("");
        let message = format!("`{name}` has no version `{version}`");
        let advice = match latest {
            "" => "Pin a version that was published.".to_owned(),
            latest => format!("Pin a version that was published; the latest is `{latest}`."),
        };
        let mut finding = self.finding(subject, RuleId::Dep007, message, advice);
        finding.metadata.insert("version", json!(version));
        finding.metadata.insert("latest_version", package.latest.as_ref().map_or(Value::Null, |v| json!(v)));
        Some(finding)
    }

    fn look_alike(
        &self,
        subject: &Subject<'_>,
        package: Option<&Package>,
        downloads: Option<u64>,
    ) -> Option<Finding> {
        if !is_on(self.config, RuleId::Dep003) || downloads.is_some_and(|count| count >= TRUSTED_DOWNLOADS) {
            return None;
        }
        let (ecosystem, name) = (subject.key.0, &subject.declared.name);
        let LookAlike { name: target, similarity, way } =
            self.popular.look_alike(ecosystem, name, self.config.deps.similarity_threshold)?;
        let grown = package
            .and_then(|package| package.created)
            .is_some_and(|created| self.days_since(created) >= GROWN_DAYS);
        // Where such words are usual, only a young package is told by them.
        let usual = !matches!(ecosystem, Ecosystem::PyPi | Ecosystem::Npm);
        let unknown_age = package.is_none_or(|package| package.created.is_none());
        if way == Way::Words && (grown || (usual && unknown_age)) {
            return None;
        }
        let what = match way {
            Way::Letters => format!("`{name}` is nearly `{target}`, a well-known package"),
            Way::Looks => format!("`{name}` looks like `{target}`, a well-known package, and is another one"),
            Way::Scope => format!("`{name}` is not `{target}`, the package of the well-known scope"),
            Way::Owner => format!("`{name}` is nearly `{target}`, a well-known package of another owner"),
            Way::Words => format!("`{name}` adds a word to `{target}`, a well-known package"),
        };
        let advice =
            format!("Use `{target}` if that is what was meant; otherwise add the name to `deps.allow`.");
        let mut finding = self.finding(subject, RuleId::Dep003, what, advice);
        finding.metadata.insert("similar_to", json!(target));
        finding.metadata.insert("similarity", json!((similarity * 1000.0).round() / 1000.0));
        Some(finding)
    }

    fn days_since(&self, seconds: i64) -> i64 {
        self.now.as_second().saturating_sub(seconds).div_euclid(86_400)
    }

    fn finding(&self, subject: &Subject<'_>, rule: RuleId, message: String, suggestion: String) -> Finding {
        let (source, span) = (subject.source, subject.declared.span);
        let (snippet, mark) = snippet(source, span, subject.declared);
        Finding {
            rule,
            severity: severity(self.config, rule),
            message,
            suggestion,
            file: source.path.clone(),
            start: source.position(span.start),
            end: source.position(span.end),
            snippet,
            mark,
            metadata: BTreeMap::from([
                ("package", json!(subject.declared.name)),
                ("ecosystem", json!(subject.key.0.name())),
            ]),
            fix: None,
        }
    }
}

fn plural(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The stripped line and the characters of the name in it. Long lines and lines with credentials are replaced by the
/// dependency.
fn snippet(source: &Source, span: Span, declared: &Declared) -> (String, Range<u32>) {
    let Position { line, column } = source.position(span.start);
    let whole = source.line(line);
    let stripped = whole.trim();
    let length = u32::try_from(source.slice(span).chars().count()).unwrap_or(0);
    if stripped.len() > MAX_SNIPPET || stripped.contains("://") {
        let name = &declared.name;
        let length = u32::try_from(name.chars().count()).unwrap_or(0);
        return (format!("{name}{}", declared.requirement), 0..length);
    }
    let indent = whole.chars().take_while(|sign| sign.is_whitespace()).count();
    let start = (column - 1).saturating_sub(u32::try_from(indent).unwrap_or(0));
    (stripped.to_owned(), start..start + length)
}
