//! One file's settings, checked: every word has its meaning, and what is not said is `None`. Layers lie over each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::RegexSet;
use serde_saphyr::Spanned;

use super::error::{ConfigError, unknown};
use super::file::{self, ConfigFile, RuleSection, Word};
use crate::finding::{Note, NoteKind};
use crate::rule::{Category, RuleId, Severity};
use crate::source::Language;

/// What one file, preset or override says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(crate) exclude: Option<Vec<String>>,
    pub(crate) fail_on: Option<Severity>,
    pub(crate) languages: Option<Vec<Language>>,
    pub(crate) categories: Option<Vec<Category>>,
    pub(crate) rules_filter: Option<Vec<RuleId>>,
    pub(crate) exclude_rules: Option<Vec<RuleId>>,
    pub(crate) rules: BTreeMap<RuleId, RuleChange>,
    pub(crate) verify_registry: Option<bool>,
    pub(crate) min_age_days: Option<u32>,
    pub(crate) min_weekly_downloads: Option<u64>,
    pub(crate) similarity_threshold: Option<f64>,
    pub(crate) cache_ttl_hours: Option<u32>,
    pub(crate) offline: Option<bool>,
    pub(crate) popular_packages_file: Option<PathBuf>,
    pub(crate) allow: Option<Vec<String>>,
    pub(crate) pypi_url: Option<String>,
    pub(crate) npm_url: Option<String>,
    pub(crate) crates_url: Option<String>,
    pub(crate) go_url: Option<String>,
    pub(crate) maven_url: Option<String>,
    pub(crate) downloads_url: Option<String>,
    pub(crate) max_token_lifetime_hours: Option<u32>,
    pub(crate) require_auth_on_mutating: Option<bool>,
    pub(crate) cors_allow_localhost: Option<bool>,
    pub(crate) guards: Option<Vec<String>>,
    pub(crate) min_entropy: Option<f64>,
    pub(crate) check_env_example: Option<bool>,
    pub(crate) placeholder_patterns: Option<RegexSet>,
    pub(crate) min_assertions_per_test: Option<u32>,
    pub(crate) detect_trivial_asserts: Option<bool>,
    pub(crate) detect_mock_mirrors: Option<bool>,
    pub(crate) assertion_functions: Option<Vec<String>>,
    pub(crate) gitignore: Option<bool>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) max_line_bytes: Option<usize>,
    pub(crate) require_reason: Option<bool>,
    pub(crate) format: Option<String>,
    pub(crate) output_file: Option<PathBuf>,
    pub(crate) verbose: Option<bool>,
    pub(crate) colors: Option<bool>,
    pub(crate) show_suggestions: Option<bool>,
    /// What holds for some paths only, first to last.
    pub(crate) overrides: Vec<Override>,
}

/// What a layer says about one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleChange {
    pub(crate) enabled: Option<bool>,
    pub(crate) severity: Option<Severity>,
}

/// A layer for the paths that its globs name.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(crate) paths: GlobSet,
    pub(crate) layer: Layer,
}

macro_rules! lay {
    ($under:ident, $over:ident: $($field:ident)*) => {
        Layer {
            $($field: $over.$field.or($under.$field),)*
            rules: merged($under.rules, $over.rules),
            overrides: $under.overrides.into_iter().chain($over.overrides).collect(),
        }
    };
}

impl Layer {
    /// This layer with another above it.
    pub(crate) fn below(self, over: Self) -> Self {
        let under = self;
        lay!(under, over: exclude fail_on languages categories rules_filter exclude_rules verify_registry min_age_days
            min_weekly_downloads similarity_threshold cache_ttl_hours offline popular_packages_file allow pypi_url npm_url
            crates_url go_url maven_url downloads_url max_token_lifetime_hours require_auth_on_mutating cors_allow_localhost guards min_entropy
            check_env_example placeholder_patterns min_assertions_per_test detect_trivial_asserts detect_mock_mirrors
            assertion_functions gitignore max_bytes max_line_bytes require_reason format output_file verbose colors
            show_suggestions)
    }
}

fn merged(
    mut under: BTreeMap<RuleId, RuleChange>,
    over: BTreeMap<RuleId, RuleChange>,
) -> BTreeMap<RuleId, RuleChange> {
    for (id, change) in over {
        let entry = under.entry(id).or_default();
        entry.enabled = change.enabled.or(entry.enabled);
        entry.severity = change.severity.or(entry.severity);
    }
    under
}

/// Checks what a file says. The notes tell of keys that are read and mean nothing.
pub(crate) fn check(file: ConfigFile, path: &Path) -> Result<(Layer, Vec<Note>), ConfigError> {
    let at = Place { path };
    let base = path.parent().unwrap_or(Path::new("."));
    let mut notes = Vec::new();
    for (key, value, usual) in [
        ("include", &file.include, &["src/", "lib/", "app/"]),
        ("test_dirs", &file.test_dirs, &["tests/", "test/", "__tests__/"]),
    ] {
        if value.as_ref().is_some_and(|value| value != usual) {
            let message = format!(
                "`{key}` is read from older configurations and has no effect; name paths on the command line, or use `exclude`"
            );
            notes.push(Note { file: Some(path.to_owned()), line: None, kind: NoteKind::Unused, message });
        }
    }
    let ConfigFile { deps, auth, secrets, tests, files, suppressions, output, .. } = file;
    let mut layer = Layer {
        exclude: file.exclude.map(|globs| globs.into_iter().map(|glob| glob.value).collect()),
        fail_on: file.fail_on.map(|word| at.severity(&word)).transpose()?,
        languages: file.languages.map(|words| at.languages(&words)).transpose()?,
        rules_filter: file.rules_filter.map(|words| at.rules(&words)).transpose()?,
        verify_registry: deps.verify_registry,
        min_age_days: deps.min_age_days,
        min_weekly_downloads: deps.min_weekly_downloads,
        similarity_threshold: deps
            .similarity_threshold
            .map(|number| {
                at.number(
                    &number,
                    "similarity_threshold",
                    |value| value > 0.0 && value <= 1.0,
                    "above 0 and up to 1",
                )
            })
            .transpose()?,
        cache_ttl_hours: deps.cache_ttl_hours,
        offline: deps.offline_mode,
        popular_packages_file: deps.popular_packages_file.map(|file| base.join(file)),
        allow: deps.allow.map(|globs| at.globs(globs)).transpose()?,
        pypi_url: deps.pypi_url.map(|word| at.address(word)).transpose()?,
        npm_url: deps.npm_url.map(|word| at.address(word)).transpose()?,
        crates_url: deps.crates_url.map(|word| at.address(word)).transpose()?,
        go_url: deps.go_url.map(|word| at.address(word)).transpose()?,
        maven_url: deps.maven_url.map(|word| at.address(word)).transpose()?,
        downloads_url: deps.downloads_url.map(|word| at.address(word)).transpose()?,
        gitignore: files.gitignore,
        max_bytes: files.max_bytes,
        max_line_bytes: files.max_line_bytes,
        require_reason: suppressions.require_reason,
        format: output.format.map(|word| word.value),
        output_file: output.output_file.map(|file| base.join(file)),
        verbose: output.verbose,
        colors: output.colors,
        show_suggestions: output.show_suggestions,
        ..at.judging(auth, secrets, tests, file.rules, file.categories, file.exclude_rules)?
    };
    for section in file.overrides {
        let mut paths = GlobSetBuilder::new();
        for glob in &section.paths {
            for spelling in spellings(&glob.value) {
                let built = GlobBuilder::new(&spelling).literal_separator(true).build();
                paths.add(built.map_err(|error| at.wrong(glob, error.to_string()))?);
            }
        }
        let first = section.paths.first();
        let paths = paths.build().map_err(|error| match first {
            Some(glob) => at.wrong(glob, error.to_string()),
            None => ConfigError::Word(error.to_string()),
        })?;
        let judging = at.judging(
            section.auth,
            section.secrets,
            section.tests,
            section.rules,
            section.categories,
            section.exclude_rules,
        )?;
        layer.overrides.push(Override { paths, layer: judging });
    }
    Ok((layer, notes))
}

/// A path as people write it, as globs: a directory means what lies below it, a bare name is found at any depth.
fn spellings(written: &str) -> Vec<String> {
    let written = written.strip_prefix("./").unwrap_or(written);
    let anchored = written.trim_start_matches('/');
    let bare = anchored.trim_end_matches('/');
    let rooted = if bare.contains('/') || anchored.len() < written.len() {
        bare.to_owned()
    } else {
        format!("**/{bare}")
    };
    vec![format!("{rooted}/**"), rooted]
}

/// Where a file's words stand, for errors.
struct Place<'a> {
    path: &'a Path,
}

impl Place<'_> {
    fn wrong<T>(&self, at: &Spanned<T>, message: String) -> ConfigError {
        ConfigError::Wrong {
            path: self.path.to_owned(),
            line: at.referenced.line().max(1),
            column: at.referenced.column().max(1),
            message,
        }
    }

    fn severity(&self, word: &Word) -> Result<Severity, ConfigError> {
        Severity::parse(&word.value).ok_or_else(|| {
            self.wrong(word, unknown("severity", &word.value, &Severity::ALL.map(Severity::name)))
        })
    }

    fn rule(&self, word: &Word) -> Result<RuleId, ConfigError> {
        RuleId::parse(&word.value).ok_or_else(|| self.wrong(word, unknown_rule(&word.value)))
    }

    fn rules(&self, words: &[Word]) -> Result<Vec<RuleId>, ConfigError> {
        words.iter().map(|word| self.rule(word)).collect()
    }

    fn languages(&self, words: &[Word]) -> Result<Vec<Language>, ConfigError> {
        words
            .iter()
            .map(|word| {
                Language::parse(&word.value).ok_or_else(|| {
                    self.wrong(word, unknown("language", &word.value, &Language::ALL.map(Language::name)))
                })
            })
            .collect()
    }

    fn categories(&self, words: &[Word]) -> Result<Vec<Category>, ConfigError> {
        words
            .iter()
            .map(|word| {
                Category::parse(&word.value).ok_or_else(|| {
                    self.wrong(word, unknown("category", &word.value, &Category::ALL.map(Category::name)))
                })
            })
            .collect()
    }

    fn number(
        &self,
        number: &Spanned<f64>,
        key: &str,
        good: fn(f64) -> bool,
        range: &str,
    ) -> Result<f64, ConfigError> {
        if good(number.value) {
            return Ok(number.value);
        }
        Err(self.wrong(number, format!("`{key}` is `{}` and must be {range}", number.value)))
    }

    fn globs(&self, globs: Vec<Word>) -> Result<Vec<String>, ConfigError> {
        globs
            .into_iter()
            .map(|glob| match globset::Glob::new(&glob.value) {
                Ok(_) => Ok(glob.value),
                Err(error) => Err(self.wrong(&glob, error.to_string())),
            })
            .collect()
    }

    fn address(&self, word: Word) -> Result<String, ConfigError> {
        match parse_address(&word.value) {
            Some(address) => Ok(address),
            None => {
                let message = format!("`{}` is no address; write `https://…`", word.value);
                Err(self.wrong(&word, message))
            }
        }
    }

    fn patterns(&self, patterns: &[Word]) -> Result<RegexSet, ConfigError> {
        for pattern in patterns {
            let one =
                regex::RegexBuilder::new(&pattern.value).case_insensitive(true).size_limit(1 << 20).build();
            if let Err(error) = one {
                let told = error.to_string();
                let reason = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let message = format!("`{}` is no regular expression: {reason}", pattern.value);
                return Err(self.wrong(pattern, message));
            }
        }
        regex::RegexSetBuilder::new(patterns.iter().map(|pattern| &pattern.value))
            .case_insensitive(true)
            .size_limit(16 << 20)
            .build()
            .map_err(|error| match patterns.first() {
                Some(first) => self.wrong(first, error.to_string()),
                None => ConfigError::Word(error.to_string()),
            })
    }

    /// The sections that may differ from path to path.
    fn judging(
        &self,
        auth: file::AuthSection,
        secrets: file::SecretsSection,
        tests: file::TestsSection,
        rules: BTreeMap<String, Spanned<RuleSection>>,
        categories: Option<Vec<Word>>,
        exclude_rules: Option<Vec<Word>>,
    ) -> Result<Layer, ConfigError> {
        let mut changes = BTreeMap::new();
        for (code, section) in rules {
            let Some(id) = RuleId::parse(&code) else {
                return Err(self.wrong(&section, unknown_rule(&code)));
            };
            let severity = section.value.severity.map(|word| self.severity(&word)).transpose()?;
            changes.insert(id, RuleChange { enabled: section.value.enabled, severity });
        }
        Ok(Layer {
            rules: changes,
            categories: categories.map(|words| self.categories(&words)).transpose()?,
            exclude_rules: exclude_rules.map(|words| self.rules(&words)).transpose()?,
            max_token_lifetime_hours: auth.max_token_lifetime_hours,
            require_auth_on_mutating: auth.require_auth_on_mutating,
            cors_allow_localhost: auth.cors_allow_localhost,
            guards: auth.guards.map(|globs| self.globs(globs)).transpose()?,
            min_entropy: secrets
                .min_entropy
                .map(|number| {
                    self.number(&number, "min_entropy", |value| (0.0..=32.0).contains(&value), "from 0 to 32")
                })
                .transpose()?,
            check_env_example: secrets.check_env_example,
            placeholder_patterns: secrets
                .placeholder_patterns
                .map(|patterns| self.patterns(&patterns))
                .transpose()?,
            min_assertions_per_test: tests.min_assertions_per_test,
            detect_trivial_asserts: tests.detect_trivial_asserts,
            detect_mock_mirrors: tests.detect_mock_mirrors,
            assertion_functions: tests.assertion_functions.map(|globs| self.globs(globs)).transpose()?,
            ..Layer::default()
        })
    }
}

/// "unknown rule `SEC-01`; did you mean `SEC-001`?"
pub(crate) fn unknown_rule(code: &str) -> String {
    let codes: Vec<&str> = RuleId::ALL.iter().map(|id| id.code()).collect();
    match super::error::nearest(code, codes) {
        Some(near) => format!("unknown rule `{code}`; did you mean `{near}`?"),
        None => format!("unknown rule `{code}`; `vigil rules` lists all"),
    }
}

/// A base address without its last `/`, if it is one.
pub(crate) fn parse_address(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain = !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control());
    plain.then(|| text.trim_end_matches('/').to_owned())
}
