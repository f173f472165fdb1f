//! # Nonexistent version (DEP-007)
//!
//! ## What it does
//! Reports a pinned version that the registry does not have. Versions are compared as the ecosystem does: `2.1` is `2.1.0`
//! on PyPI, and ranges, wildcards and markers pin nothing. A requirement of Cargo is reported when no published version
//! matches it, a version of a Go module when neither the list nor the commit has it.
//!
//! ## Why is this bad
//! The install fails; or it works because somebody published that version afterwards.
//!
//! ## Example
//! ```text
//! # requirements.txt
//! requests==2.99.0
//! ```
//!
//! Use instead:
//! ```text
//! # requirements.txt
//! requests==2.32.3
//! ```
//!
//! ## Options
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [Version specifiers](https://packaging.python.org/en/latest/specifications/version-specifiers/)
//! - [npm: semantic versioning](https://docs.npmjs.com/about-semantic-versioning)
