//! Three degrees of strictness, and the file that `vigil init` writes for each.

use super::layer::Layer;
use crate::rule::Severity;

/// A degree of strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// For code that many depend on.
    Strict,
    /// For most projects.
    Standard,
    /// For experiments.
    Relaxed,
}

impl Strategy {
    /// All, strictest first.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Standard, Self::Relaxed];

    /// The word on the command line and after `extends`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Standard => "standard",
            Self::Relaxed => "relaxed",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.name() == word)
    }

    /// What it sets.
    fn degree(self) -> Degree {
        let (fail_on, min_age_days, min_weekly_downloads, max_token_lifetime_hours) = match self {
            Self::Strict => (Severity::Medium, 60, 500, 1),
            Self::Standard => (Severity::High, 30, 100, 24),
            Self::Relaxed => (Severity::Critical, 7, 10, 72),
        };
        Degree { fail_on, min_age_days, min_weekly_downloads, max_token_lifetime_hours }
    }

    pub(crate) fn layer(self) -> Layer {
        let degree = self.degree();
        Layer {
            fail_on: Some(degree.fail_on),
            min_age_days: Some(degree.min_age_days),
            min_weekly_downloads: Some(degree.min_weekly_downloads),
            max_token_lifetime_hours: Some(degree.max_token_lifetime_hours),
            ..Layer::default()
        }
    }

    /// A `.vigil.yaml` with these settings and what each means.
    pub fn template(self) -> String {
        let Degree { fail_on, min_age_days, min_weekly_downloads, max_token_lifetime_hours } = self.degree();
        let exclude = super::EXCLUDED.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let (name, fail_on) = (self.name(), fail_on.name());
        format!(
            r#"# Configuration of `vigil scan`, strategy: {name}. `vigil rules` lists the rules.

# Kept for older versions; name paths on the command line instead.
include: ["src/", "lib/", "app/"]

# Not entered. Names, paths and globs, as in .gitignore.
exclude: [{exclude}]

# Kept for older versions; tests are known by their names and folders.
test_dirs: ["tests/", "test/", "__tests__/"]

# The lowest severity that makes the command fail: critical, high, medium, low, info.
fail_on: {fail_on}

languages: ["python", "javascript"]

deps:
  # Ask PyPI and npm about the packages.
  verify_registry: true
  # DEP-002: younger packages are reported.
  min_age_days: {min_age_days}
  # DEP-004: packages with fewer downloads in a week are reported.
  min_weekly_downloads: {min_weekly_downloads}
  # DEP-003: how alike two names must be, above 0 and up to 1.
  similarity_threshold: 0.85
  # How long an answer of a registry is kept; 0 asks each time.
  cache_ttl_hours: 24

auth:
  # AUTH-003: tokens that live longer are reported.
  max_token_lifetime_hours: {max_token_lifetime_hours}
  # AUTH-002: routes that change data need a guard.
  require_auth_on_mutating: true
  # AUTH-005: files for development and tests may allow every origin.
  cors_allow_localhost: true

secrets:
  # SEC-002: below this many bits for each character a secret is easy to guess.
  min_entropy: 3.0
  # SEC-006: values of .env.example must not stand in the code.
  check_env_example: true

tests:
  # TEST-001: fewer assertions are too few.
  min_assertions_per_test: 1
  # TEST-002
  detect_trivial_asserts: true
  # TEST-006
  detect_mock_mirrors: true

# Single rules can be switched off, or get another severity:
# rules:
#   AUTH-006:
#     enabled: false
#   TEST-004:
#     severity: medium
"#
        )
    }
}

struct Degree {
    fail_on: Severity,
    min_age_days: u32,
    min_weekly_downloads: u64,
    max_token_lifetime_hours: u32,
}
