//! Finds the configuration, reads what it extends, and lays the command line over it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, nearest};
use super::layer::{self, Layer, Override};
use super::preset::Strategy;
use super::{
    AuthConfig, Config, DepsConfig, FilesConfig, OutputConfig, RuleSetting, SecretsConfig,
    SuppressionsConfig, TestsConfig, file,
};
use crate::files::Excludes;
use crate::finding::Note;
use crate::rule::{Category, RuleId, Severity};
use crate::source::Language;

/// The names of a configuration file, first one first.
pub const CONFIG_NAMES: [&str; 4] = [".vigil.yaml", ".vigil.yml", "vigil.yaml", "vigil.yml"];

/// How many files may extend each other.
const MAX_EXTENDS: usize = 8;

/// What the command line and the environment say; they win over every file.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each is the flag of this name")]
pub struct Flags {
    pub fail_on: Option<Severity>,
    pub categories: Vec<Category>,
    pub rules: Vec<RuleId>,
    pub exclude_rules: Vec<RuleId>,
    pub languages: Vec<Language>,
    pub offline: bool,
    pub no_ignore: bool,
    pub no_verify: bool,
    pub min_assertions: Option<u32>,
    pub pypi_url: Option<String>,
    pub npm_url: Option<String>,
    pub crates_url: Option<String>,
    pub go_url: Option<String>,
    pub maven_url: Option<String>,
    pub downloads_url: Option<String>,
}

/// The settings of a run: the configuration, and how it differs from path to path.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What holds where no override says otherwise.
    pub config: Config,
    /// The file it comes from, if there is one.
    pub file: Option<PathBuf>,
    /// The directory that paths in the configuration start from: that of the file when it lies here or above, else the
    /// working directory.
    pub base: PathBuf,
    /// What the files say to no effect.
    pub notes: Vec<Note>,
    layer: Layer,
    flags: Flags,
}

impl Settings {
    /// Reads `chosen`; else the file that is found from `start` upwards; else takes the defaults.
    pub fn load(chosen: Option<&Path>, start: &Path, flags: Flags) -> Result<Self, ConfigError> {
        let file = match chosen {
            Some(path) => Some(start.join(path)),
            None => discover(start),
        };
        let mut notes = Vec::new();
        let layer = match &file {
            Some(path) => read(path, &mut Vec::new(), &mut notes).map_err(|error| error.seen_from(start))?,
            None => Layer::default(),
        };
        let config = resolve(&layer, &flags);
        let above = file.as_deref().and_then(Path::parent).filter(|above| start.starts_with(above));
        let base = above.unwrap_or(start).to_owned();
        Ok(Self { config, file, base, notes, layer, flags })
    }

    /// The defaults for a directory, with what the command line says.
    pub fn defaults(directory: &Path, flags: Flags) -> Self {
        let layer = Layer::default();
        let config = resolve(&layer, &flags);
        Self { config, file: None, base: directory.to_owned(), notes: Vec::new(), layer, flags }
    }

    /// Whether `exclude` names a file, by its absolute path. The patterns start from [`Settings::base`] where the file lies
    /// below it, else from `directory`.
    pub fn excludes(&self, path: &Path, directory: &Path) -> bool {
        let base = if self.file.is_some() && path.starts_with(&self.base) { &self.base } else { directory };
        Excludes::new(&self.config.exclude, base).is_ok_and(|excludes| excludes.names(path))
    }

    /// The configuration for one file, by its absolute path.
    pub fn config_for(&self, path: &Path) -> Cow<'_, Config> {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let matching = |over: &&Override| over.paths.is_match(path);
        let mut matching = self.layer.overrides.iter().filter(matching).peekable();
        if matching.peek().is_none() {
            return Cow::Borrowed(&self.config);
        }
        let layer = matching.fold(self.layer.clone(), |layer, over| layer.below(over.layer.clone()));
        Cow::Owned(resolve(&layer, &self.flags))
    }
}

/// The nearest configuration file, from a directory upwards.
pub fn discover(start: &Path) -> Option<PathBuf> {
    start.ancestors().find_map(|directory| {
        CONFIG_NAMES.iter().map(|name| directory.join(name)).find(|path| path.is_file())
    })
}

fn read(path: &Path, above: &mut Vec<PathBuf>, notes: &mut Vec<Note>) -> Result<Layer, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable { path: path.to_owned(), reason };
    let identity = path.canonicalize().map_err(|error| unreadable(error.to_string()))?;
    if above.contains(&identity) {
        return Err(unreadable("it extends itself".to_owned()));
    }
    if above.len() >= MAX_EXTENDS {
        return Err(unreadable(format!("more than {MAX_EXTENDS} files extend each other")));
    }
    let length = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !length.is_file() {
        return Err(unreadable("it is no file".to_owned()));
    }
    if length.len() > file::MAX_CONFIG_BYTES as u64 {
        return Err(unreadable(format!("it has more than {} bytes", file::MAX_CONFIG_BYTES)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let written = file::parse(&text, path)?;
    above.push(identity);
    let mut under = Layer::default();
    for word in &written.extends.0 {
        under = under.below(extended(word, path, above, notes)?);
    }
    above.pop();
    let (layer, told) = layer::check(written, path)?;
    notes.extend(told);
    Ok(under.below(layer))
}

fn extended(
    word: &str,
    path: &Path,
    above: &mut Vec<PathBuf>,
    notes: &mut Vec<Note>,
) -> Result<Layer, ConfigError> {
    if let Some(strategy) = Strategy::parse(word) {
        return Ok(strategy.layer());
    }
    let other = path.parent().unwrap_or(Path::new(".")).join(word);
    if !other.exists() {
        let meant = nearest(word, Strategy::ALL.map(Strategy::name))
            .map_or_else(String::new, |name| format!("; did you mean the preset `{name}`?"));
        return Err(ConfigError::Unreadable {
            path: path.to_owned(),
            reason: format!("it extends `{word}`, and there is no such file{meant}"),
        });
    }
    read(&other, above, notes)
}

fn resolve(layer: &Layer, flags: &Flags) -> Config {
    let base = Config::default();
    let named = |flag: &[RuleId], written: &Option<Vec<RuleId>>| match flag.is_empty() {
        true => written.clone().unwrap_or_default(),
        false => flag.to_vec(),
    };
    let only = named(&flags.rules, &layer.rules_filter);
    let without = named(&flags.exclude_rules, &layer.exclude_rules);
    let rules = RuleId::ALL
        .iter()
        .map(|&id| {
            let change = layer.rules.get(&id).copied().unwrap_or_default();
            let switched_off = change.enabled == Some(false) && !only.contains(&id);
            let enabled = !switched_off && !without.contains(&id) && (only.is_empty() || only.contains(&id));
            (id, RuleSetting { enabled, severity: change.severity.unwrap_or(id.rule().severity) })
        })
        .collect();
    Config {
        exclude: layer.exclude.clone().unwrap_or(base.exclude),
        fail_on: flags.fail_on.or(layer.fail_on).unwrap_or(base.fail_on),
        languages: listed(&flags.languages, layer.languages.as_deref(), base.languages),
        categories: listed(&flags.categories, layer.categories.as_deref(), base.categories),
        rules,
        deps: deps(layer, flags, base.deps),
        auth: AuthConfig {
            max_token_lifetime_hours: layer
                .max_token_lifetime_hours
                .unwrap_or(base.auth.max_token_lifetime_hours),
            require_auth_on_mutating: layer
                .require_auth_on_mutating
                .unwrap_or(base.auth.require_auth_on_mutating),
            cors_allow_localhost: layer.cors_allow_localhost.unwrap_or(base.auth.cors_allow_localhost),
            guards: layer.guards.clone().unwrap_or(base.auth.guards),
        },
        secrets: SecretsConfig {
            min_entropy: layer.min_entropy.unwrap_or(base.secrets.min_entropy),
            check_env_example: layer.check_env_example.unwrap_or(base.secrets.check_env_example),
            placeholder_patterns: layer
                .placeholder_patterns
                .clone()
                .unwrap_or(base.secrets.placeholder_patterns),
        },
        tests: TestsConfig {
            min_assertions_per_test: flags
                .min_assertions
                .or(layer.min_assertions_per_test)
                .unwrap_or(base.tests.min_assertions_per_test),
            detect_trivial_asserts: layer.detect_trivial_asserts.unwrap_or(base.tests.detect_trivial_asserts),
            detect_mock_mirrors: layer.detect_mock_mirrors.unwrap_or(base.tests.detect_mock_mirrors),
            assertion_functions: layer.assertion_functions.clone().unwrap_or(base.tests.assertion_functions),
        },
        files: FilesConfig {
            gitignore: !flags.no_ignore && layer.gitignore.unwrap_or(base.files.gitignore),
            max_bytes: layer.max_bytes.unwrap_or(base.files.max_bytes),
            max_line_bytes: layer.max_line_bytes.unwrap_or(base.files.max_line_bytes),
        },
        suppressions: SuppressionsConfig {
            require_reason: layer.require_reason.unwrap_or(base.suppressions.require_reason),
        },
        output: OutputConfig {
            format: layer.format.clone(),
            file: layer.output_file.clone(),
            colors: layer.colors.unwrap_or(base.output.colors),
            show_suggestions: layer.show_suggestions.unwrap_or(base.output.show_suggestions),
            verbose: layer.verbose.unwrap_or(base.output.verbose),
        },
    }
}

fn deps(layer: &Layer, flags: &Flags, base: DepsConfig) -> DepsConfig {
    let address = |flag: &Option<String>, written: &Option<String>| flag.clone().or_else(|| written.clone());
    DepsConfig {
        verify_registry: !flags.no_verify && layer.verify_registry.unwrap_or(base.verify_registry),
        offline: flags.offline || layer.offline.unwrap_or(base.offline),
        min_age_days: layer.min_age_days.unwrap_or(base.min_age_days),
        min_weekly_downloads: layer.min_weekly_downloads.unwrap_or(base.min_weekly_downloads),
        similarity_threshold: layer.similarity_threshold.unwrap_or(base.similarity_threshold),
        cache_ttl_hours: layer.cache_ttl_hours.unwrap_or(base.cache_ttl_hours),
        popular_packages_file: layer.popular_packages_file.clone(),
        allow: layer.allow.clone().unwrap_or(base.allow),
        pypi_url: address(&flags.pypi_url, &layer.pypi_url).unwrap_or(base.pypi_url),
        npm_url: address(&flags.npm_url, &layer.npm_url).unwrap_or(base.npm_url),
        crates_url: address(&flags.crates_url, &layer.crates_url).unwrap_or(base.crates_url),
        go_url: address(&flags.go_url, &layer.go_url).unwrap_or(base.go_url),
        maven_url: address(&flags.maven_url, &layer.maven_url).unwrap_or(base.maven_url),
        downloads_url: address(&flags.downloads_url, &layer.downloads_url),
    }
}

/// The first of three lists that names something.
fn listed<T: Clone>(flag: &[T], written: Option<&[T]>, base: Vec<T>) -> Vec<T> {
    match (flag, written) {
        ([], None | Some([])) => base,
        ([], Some(written)) => written.to_vec(),
        (flag, _) => flag.to_vec(),
    }
}
