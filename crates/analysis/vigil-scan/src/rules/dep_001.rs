//! # Hallucinated dependency (DEP-001)
//!
//! ## What it does
//! Reports a package in a manifest that its registry does not know, with the likely intended name where there is one. Local,
//! workspace, path, git and first-party packages are not asked for, names that `deps.allow` matches and packages of private
//! indexes are left alone, and a registry that does not answer is a note, not a finding.
//!
//! ## Why is this bad
//! Language models invent package names, and the same ones again and again. Somebody else registers such a name, and the
//! next install runs their code.
//!
//! ## Example
//! ```text
//! # requirements.txt
//! fastapi-auth-toolkit-pro==1.2.0
//! ```
//!
//! Use instead:
//! ```text
//! # requirements.txt: a package that exists, and that somebody has looked at
//! fastapi-users==14.0.1
//! ```
//!
//! ## Options
//! - `deps.verify_registry`: `false` asks no registry.
//! - `deps.offline_mode`: `true` asks no network at all.
//! - `deps.cache_ttl_hours`: how long an answer is kept, 24 unless said otherwise.
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [CWE-829: Inclusion of Functionality from Untrusted Control Sphere](https://cwe.mitre.org/data/definitions/829.html)
//! - [OWASP Top 10 for LLM applications, LLM03: Supply Chain](https://genai.owasp.org/llmrisk/llm032025-supply-chain/)
//! - [We Have a Package for You! (Spracklen et al., 2024)](https://arxiv.org/abs/2406.10279)
