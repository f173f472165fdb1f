//! What a scan is told to do: the resolved configuration, nothing optional and nothing left to check.

mod error;
mod file;
mod layer;
mod preset;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::rule::{Category, RuleId, Severity};
use crate::source::Language;

pub use error::ConfigError;
pub(crate) use layer::unknown_rule;
pub use preset::Strategy;
pub use settings::{CONFIG_NAMES, Flags, Settings, discover};

/// Reads a configuration's text and checks it, as far as that goes without other files.
pub(crate) fn parse_text(text: &str, path: &Path) -> Result<(), ConfigError> {
    layer::check(file::parse(text, path)?, path).map(drop)
}

/// The resolved configuration of a scan.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory names, paths and globs that are not entered, relative to the scan's root.
    pub exclude: Vec<String>,
    /// The lowest severity that makes the command fail.
    pub fail_on: Severity,
    /// Languages that are read; manifests always are.
    pub languages: Vec<Language>,
    /// Categories that run.
    pub categories: Vec<Category>,
    /// For each rule: whether it reports, and how severely.
    pub rules: BTreeMap<RuleId, RuleSetting>,
    /// Dependency checks.
    pub deps: DepsConfig,
    /// Authorization checks.
    pub auth: AuthConfig,
    /// Secret checks.
    pub secrets: SecretsConfig,
    /// Test checks.
    pub tests: TestsConfig,
    /// Which files are read.
    pub files: FilesConfig,
    /// Comments that suppress findings.
    pub suppressions: SuppressionsConfig,
    /// How the report looks.
    pub output: OutputConfig,
}

/// What the configuration says about one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSetting {
    /// It reports.
    pub enabled: bool,
    /// How severely.
    pub severity: Severity,
}

/// Dependency checks.
#[derive(Clone, Debug)]
pub struct DepsConfig {
    /// Registries are asked.
    pub verify_registry: bool,
    /// Nothing is asked of any network.
    pub offline: bool,
    /// DEP-002: younger than this, in days, is suspicious.
    pub min_age_days: u32,
    /// DEP-004: fewer downloads in a week are suspicious.
    pub min_weekly_downloads: u64,
    /// DEP-003: similarity from which a name is taken for another, above 0 and up to 1.
    pub similarity_threshold: f64,
    /// How long an answer of a registry is kept, in hours; 0 asks each time.
    pub cache_ttl_hours: u32,
    /// Replaces or extends the list of popular names.
    pub popular_packages_file: Option<PathBuf>,
    /// Names that are known to be fine: internal packages, with globs (`@acme/*`).
    pub allow: Vec<String>,
    /// The base address of PyPI: `https://pypi.org`.
    pub pypi_url: String,
    /// The base address of the npm registry: `https://registry.npmjs.org`.
    pub npm_url: String,
    /// The base address of the index of Rust crates: `https://index.crates.io`.
    pub crates_url: String,
    /// The base address of the Go module proxy: `https://proxy.golang.org`.
    pub go_url: String,
    /// The base address of the Maven repository: `https://repo.maven.apache.org/maven2`.
    pub maven_url: String,
    /// The base address of the download counts, when it is not each registry's own: `BASE/pypi/NAME`, `BASE/npm/NAME`.
    pub downloads_url: Option<String>,
}

/// Authorization checks.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// AUTH-003: longer than this, in hours, is too long.
    pub max_token_lifetime_hours: u32,
    /// AUTH-002 reports.
    pub require_auth_on_mutating: bool,
    /// AUTH-005: files for development and tests may allow every origin.
    pub cors_allow_localhost: bool,
    /// Names of guards beside those that are known, with globs.
    pub guards: Vec<String>,
}

/// Secret checks.
#[derive(Clone, Debug)]
pub struct SecretsConfig {
    /// SEC-002: below this many bits for each character a secret is easy to guess.
    pub min_entropy: f64,
    /// SEC-006 reports.
    pub check_env_example: bool,
    /// SEC-001: what a template leaves behind. Searched, letter case ignored.
    pub placeholder_patterns: regex::RegexSet,
}

/// Test checks.
#[derive(Clone, Debug)]
pub struct TestsConfig {
    /// TEST-001: fewer assertions than this are too few.
    pub min_assertions_per_test: u32,
    /// TEST-002 reports.
    pub detect_trivial_asserts: bool,
    /// TEST-006 reports.
    pub detect_mock_mirrors: bool,
    /// Names of functions that assert, with globs, beside those that are known: `check_*`.
    pub assertion_functions: Vec<String>,
}

/// Which files are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesConfig {
    /// What `.gitignore` names is left out.
    pub gitignore: bool,
    /// Larger files are left out, with a note.
    pub max_bytes: u64,
    /// Files with a longer line are taken for generated and left out, with a note.
    pub max_line_bytes: usize,
}

/// Comments that suppress findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionsConfig {
    /// One without a reason suppresses nothing.
    pub require_reason: bool,
}

/// How the report looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputConfig {
    /// The format, by its name, when the command line names none.
    pub format: Option<String>,
    /// The file that the report is written to, when the command line names none.
    pub file: Option<PathBuf>,
    /// Colours on a terminal.
    pub colors: bool,
    /// What to do stands below each finding.
    pub show_suggestions: bool,
    /// Tell what is done, on standard error.
    pub verbose: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            exclude: EXCLUDED.iter().map(|&name| name.to_owned()).collect(),
            fail_on: Severity::High,
            languages: vec![Language::Python, Language::JavaScript],
            categories: Category::ALL.to_vec(),
            rules: RuleId::ALL
                .iter()
                .map(|&id| (id, RuleSetting { enabled: true, severity: id.rule().severity }))
                .collect(),
            deps: DepsConfig::default(),
            auth: AuthConfig::default(),
            secrets: SecretsConfig::default(),
            tests: TestsConfig::default(),
            files: FilesConfig::default(),
            suppressions: SuppressionsConfig { require_reason: true },
            output: OutputConfig::default(),
        }
    }
}

impl Config {
    /// Whether a rule reports.
    pub fn reports(&self, rule: RuleId) -> bool {
        self.categories.contains(&rule.rule().category)
            && self.rules.get(&rule).is_some_and(|setting| setting.enabled)
    }

    /// How severely a rule reports.
    pub fn severity(&self, rule: RuleId) -> Severity {
        self.rules.get(&rule).map_or(rule.rule().severity, |setting| setting.severity)
    }
}

impl Default for DepsConfig {
    fn default() -> Self {
        Self {
            verify_registry: true,
            offline: false,
            min_age_days: 30,
            min_weekly_downloads: 100,
            similarity_threshold: 0.85,
            cache_ttl_hours: 24,
            popular_packages_file: None,
            allow: Vec::new(),
            pypi_url: "https://pypi.org".to_owned(),
            npm_url: "https://registry.npmjs.org".to_owned(),
            crates_url: "https://index.crates.io".to_owned(),
            go_url: "https://proxy.golang.org".to_owned(),
            maven_url: "https://repo.maven.apache.org/maven2".to_owned(),
            downloads_url: None,
        }
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            max_token_lifetime_hours: 24,
            require_auth_on_mutating: true,
            cors_allow_localhost: true,
            guards: Vec::new(),
        }
    }
}

impl Default for SecretsConfig {
    fn default() -> Self {
        // The patterns are constants, and a test compiles them.
        let patterns = regex::RegexSetBuilder::new(PLACEHOLDER_PATTERNS).case_insensitive(true).build();
        Self {
            min_entropy: 3.0,
            check_env_example: true,
            placeholder_patterns: patterns.unwrap_or_else(|_| regex::RegexSet::empty()),
        }
    }
}

impl Default for TestsConfig {
    fn default() -> Self {
        Self {
            min_assertions_per_test: 1,
            detect_trivial_asserts: true,
            detect_mock_mirrors: true,
            assertion_functions: Vec::new(),
        }
    }
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self { gitignore: true, max_bytes: 2 << 20, max_line_bytes: 50_000 }
    }
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self { format: None, file: None, colors: true, show_suggestions: true, verbose: false }
    }
}

/// What is not entered when the configuration names nothing else.
pub const EXCLUDED: &[&str] =
    &["node_modules/", ".venv/", "__pycache__/", ".git/", "dist/", "build/", ".tox/", ".mypy_cache/"];

/// SEC-001's patterns when the configuration names none: what templates and documentation leave behind.
pub const PLACEHOLDER_PATTERNS: &[&str] = &[
    "change[-_]?me",
    "change[-_]?this",
    "your[-_].*[-_]here",
    r"\byour[-_ ](?:[a-z0-9]+[-_ ]){0,3}(?:key|token|secret|password|passphrase|id)\b",
    "replace[-_]?me",
    "replace[-_]?with",
    r"^<[a-z][a-z0-9 _-]*>$",
    "insert[-_].*[-_]here",
    "put[-_].*[-_]here",
    "add[-_].*[-_]here",
    r"\bTODO\b",
    r"\bFIXME\b",
    "xxx+",
    "sk[-_]your.*",
    "pk[-_]test[-_].*",
    "sk[-_]test[-_].*",
    "sk[-_]live[-_]test.*",
    "secret123",
    "password123",
    "supersecret",
    "mysecret",
    "my[-_]?secret[-_]?key",
    r"example\.com",
    "test[-_]?key",
    "test[-_]?secret",
    "dummy[-_]?key",
    "dummy[-_]?secret",
    "fake[-_]?key",
    "fake[-_]?secret",
    "fake[-_]?token",
    "dummy[-_]?token",
    "sample[-_]?token",
    "sample[-_]?key",
    "sample[-_]?secret",
    "default[-_]?secret",
    "default[-_]?key",
    "placeholder",
    "EXAMPLE",
    "AKIA[A-Z0-9]{16}",
];

#[cfg(test)]
mod tests;
