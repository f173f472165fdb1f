//! # No source repository (DEP-005)
//!
//! ## What it does
//! Reports a package whose registry entry names no place where its source can be read: no repository, no home page.
//!
//! ## Why is this bad
//! What is installed cannot be compared with anything, and there is nobody to ask.
//!
//! ## Example
//! ```text
//! # requirements.txt: the entry on PyPI has no links
//! quick-jwt-tools==0.1.0
//! ```
//!
//! Use instead:
//! ```text
//! # requirements.txt: developed in the open
//! pyjwt==2.10.1
//! ```
//!
//! ## Options
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [OpenSSF: concise guide for evaluating open source software](https://best.openssf.org/Concise-Guide-for-Evaluating-Open-Source-Software)
