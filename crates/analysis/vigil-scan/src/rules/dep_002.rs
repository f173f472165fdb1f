//! # Suspiciously new dependency (DEP-002)
//!
//! ## What it does
//! Reports a package whose first release is younger than `deps.min_age_days`.
//!
//! ## Why is this bad
//! Packages that wait for an invented or mistyped name are young: most are taken down within days. A model cannot know a
//! package that is younger than its training.
//!
//! ## Example
//! ```text
//! # requirements.txt: first published four days ago
//! llm-json-repairer==0.0.3
//! ```
//!
//! Use instead:
//! ```text
//! # requirements.txt: published for years
//! json-repair==0.44.1
//! ```
//!
//! ## Options
//! - `deps.min_age_days`: 30 unless said otherwise.
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [OWASP Top 10 for LLM applications, LLM03: Supply Chain](https://genai.owasp.org/llmrisk/llm032025-supply-chain/)
