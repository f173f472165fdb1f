//! `.vigil.yaml` as it was written: every key optional, values not yet looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::error::{ConfigError, unknown};

/// Largest configuration file that is read.
pub(crate) const MAX_CONFIG_BYTES: usize = 1 << 20;

pub(crate) type Word = Spanned<String>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    pub(crate) extends: OneOrMany,
    pub(crate) include: Option<Vec<String>>,
    pub(crate) exclude: Option<Vec<Word>>,
    pub(crate) test_dirs: Option<Vec<String>>,
    pub(crate) fail_on: Option<Word>,
    pub(crate) languages: Option<Vec<Word>>,
    pub(crate) categories: Option<Vec<Word>>,
    pub(crate) rules_filter: Option<Vec<Word>>,
    pub(crate) exclude_rules: Option<Vec<Word>>,
    pub(crate) deps: DepsSection,
    pub(crate) auth: AuthSection,
    pub(crate) secrets: SecretsSection,
    pub(crate) tests: TestsSection,
    pub(crate) files: FilesSection,
    pub(crate) suppressions: SuppressionsSection,
    pub(crate) output: OutputSection,
    pub(crate) rules: BTreeMap<String, Spanned<RuleSection>>,
    pub(crate) overrides: Vec<OverrideSection>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DepsSection {
    pub(crate) verify_registry: Option<bool>,
    pub(crate) min_age_days: Option<u32>,
    pub(crate) min_weekly_downloads: Option<u64>,
    pub(crate) similarity_threshold: Option<Spanned<f64>>,
    pub(crate) cache_ttl_hours: Option<u32>,
    pub(crate) offline_mode: Option<bool>,
    pub(crate) popular_packages_file: Option<String>,
    pub(crate) allow: Option<Vec<Word>>,
    pub(crate) pypi_url: Option<Word>,
    pub(crate) npm_url: Option<Word>,
    pub(crate) crates_url: Option<Word>,
    pub(crate) go_url: Option<Word>,
    pub(crate) maven_url: Option<Word>,
    pub(crate) downloads_url: Option<Word>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthSection {
    pub(crate) max_token_lifetime_hours: Option<u32>,
    pub(crate) require_auth_on_mutating: Option<bool>,
    pub(crate) cors_allow_localhost: Option<bool>,
    pub(crate) guards: Option<Vec<Word>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SecretsSection {
    pub(crate) min_entropy: Option<Spanned<f64>>,
    pub(crate) check_env_example: Option<bool>,
    pub(crate) placeholder_patterns: Option<Vec<Word>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TestsSection {
    pub(crate) min_assertions_per_test: Option<u32>,
    pub(crate) detect_trivial_asserts: Option<bool>,
    pub(crate) detect_mock_mirrors: Option<bool>,
    pub(crate) assertion_functions: Option<Vec<Word>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FilesSection {
    pub(crate) gitignore: Option<bool>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) max_line_bytes: Option<usize>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SuppressionsSection {
    pub(crate) require_reason: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OutputSection {
    pub(crate) format: Option<Word>,
    pub(crate) output_file: Option<String>,
    pub(crate) verbose: Option<bool>,
    pub(crate) colors: Option<bool>,
    pub(crate) show_suggestions: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleSection {
    pub(crate) enabled: Option<bool>,
    pub(crate) severity: Option<Word>,
}

/// What holds for some paths only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverrideSection {
    pub(crate) paths: Vec<Word>,
    #[serde(default)]
    pub(crate) auth: AuthSection,
    #[serde(default)]
    pub(crate) secrets: SecretsSection,
    #[serde(default)]
    pub(crate) tests: TestsSection,
    #[serde(default)]
    pub(crate) rules: BTreeMap<String, Spanned<RuleSection>>,
    #[serde(default)]
    pub(crate) categories: Option<Vec<Word>>,
    #[serde(default)]
    pub(crate) exclude_rules: Option<Vec<Word>>,
}

/// One word or a list of words.
#[derive(Debug, Default)]
pub(crate) struct OneOrMany(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a list of words")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![word.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(OneOrMany(words))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// Reads the text of a configuration file. An empty one says nothing.
pub(crate) fn parse(text: &str, path: &Path) -> Result<ConfigFile, ConfigError> {
    if text.len() > MAX_CONFIG_BYTES {
        let reason = format!("it has more than {MAX_CONFIG_BYTES} bytes");
        return Err(ConfigError::Unreadable { path: path.to_owned(), reason });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let says_something = |line: &str| !matches!(line.trim_start().chars().next(), None | Some('#'));
    if !text.lines().any(says_something) {
        return Ok(ConfigFile::default());
    }
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    options.budget = serde_saphyr::budget! {
        max_events: 50_000,
        max_aliases: 100,
        max_anchors: 100,
        max_depth: 32,
        max_documents: 1,
        max_nodes: 25_000,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let location = error.location();
        ConfigError::Wrong {
            path: path.to_owned(),
            line: location.map_or(1, |at| at.line().max(1)),
            column: location.map_or(1, |at| at.column().max(1)),
            message: told(&error),
        }
    })
}

/// The error in one line, without its place.
fn told(error: &serde_saphyr::Error) -> String {
    match error.without_snippet() {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => unknown("key", field, expected),
        other => {
            let text = other.to_string();
            let line = text.lines().next().unwrap_or_default();
            let said = line.split(" at line ").next().unwrap_or(line).trim_start_matches("error: ");
            match said {
                "expected sequence start" => "a list is expected here, such as `[a, b]`".to_owned(),
                "expected mapping start" => {
                    "keys with values are expected here, such as `key: value`".to_owned()
                }
                _ if said.starts_with("invalid u") => "a whole number from 0 on is expected here".to_owned(),
                _ if said.starts_with("invalid f") => "a number is expected here".to_owned(),
                _ => said.to_owned(),
            }
        }
    }
}
