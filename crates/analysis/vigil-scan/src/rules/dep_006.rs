//! # Missing dependency (DEP-006)
//!
//! ## What it does
//! Reports an import of a package that no manifest of the project declares and that is neither part of the language nor of
//! the project, with the manifest line to add or the likely intended name. Imports that may fail are left alone.
//!
//! ## Why is this bad
//! The program works where the package happens to be installed and nowhere else. When no registry knows it either, the
//! import was invented.
//!
//! ## Example
//! ```python
//! import yaml  # requirements.txt has no PyYAML
//! ```
//!
//! Use instead:
//! ```text
//! # requirements.txt
//! PyYAML==6.0.2
//! ```
//!
//! ## Options
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [The twelve-factor app: dependencies](https://12factor.net/dependencies)
