//! # Unpopular dependency (DEP-004)
//!
//! ## What it does
//! Reports a package that was downloaded fewer than `deps.min_weekly_downloads` times in the last week. Where the registry
//! tells no number there is no finding.
//!
//! ## Why is this bad
//! Nobody has looked at it, nobody would notice a bad release, and a model that names it has most likely mixed it up with
//! another one.
//!
//! ## Example
//! ```json
//! { "dependencies": { "express-jwt-guardian": "^1.0.0" } }
//! ```
//!
//! Use instead:
//! ```json
//! { "dependencies": { "express-jwt": "^8.5.1" } }
//! ```
//!
//! ## Options
//! - `deps.min_weekly_downloads`: 100 unless said otherwise.
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [OpenSSF: concise guide for evaluating open source software](https://best.openssf.org/Concise-Guide-for-Evaluating-Open-Source-Software)
