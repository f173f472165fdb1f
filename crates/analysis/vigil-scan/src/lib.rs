//! Finds what AI agents get wrong in code: invented dependencies, open endpoints, secrets in source, tests that test nothing.
//!
//! An island: it imports no crate of ours, opens no socket, reads no clock and starts no program. Files are read below the
//! paths it is given; registries are asked through the `Fetch` port, and the time of the scan is an argument. The same
//! input gives the same bytes out.
//!
//! A file is parsed once into a syntax tree, and a front end for its language reduces the tree to [`facts`]: the endpoints
//! it opens, the values it binds, the tests it holds. Rules judge facts and know no language.

mod baseline;
mod cache;
mod config;
mod deps;
mod diff;
mod docs;
mod engine;
pub mod facts;
mod files;
mod finding;
mod fix;
#[doc(hidden)]
pub mod fuzzing;
mod intent;
mod javascript;
mod python;
mod report;
mod rule;
mod rules;
mod source;
mod suppress;

pub use baseline::{Baseline, BaselineError};
pub use config::{
    AuthConfig, CONFIG_NAMES, Config, ConfigError, DepsConfig, EXCLUDED, FilesConfig, Flags, OutputConfig,
    PLACEHOLDER_PATTERNS, RuleSetting, SecretsConfig, Settings, Strategy, SuppressionsConfig, TestsConfig,
    discover,
};
pub use deps::{
    Checked, Fetch, FetchError, FetchRequest, FetchResponse, FileImports, PlacedImport, Project, Registries,
    SETTINGS_FILES, SettingsFile, SettingsKind, check as check_dependencies, is_manifest,
};
pub use diff::Changes;
pub use docs::rule_pages;
pub use engine::{
    CachePlace, Job, Outcome, Progress, ScanError, SourceReport, Staged, Target, scan, scan_source,
    scan_source_in,
};
pub use finding::{Edit, Finding, Fix, Note, NoteKind};
pub use fix::{FileFix, fixes};
pub use report::{Format, Look, Report, Suppressed, SuppressedBy, fingerprints, render};
pub use rule::{Category, Rule, RuleId, Severity};
pub use rules::EnvExamples;
pub use source::{Language, Position, Source, Span};
