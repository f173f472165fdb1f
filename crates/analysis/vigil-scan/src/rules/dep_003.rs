//! # Typosquatting candidate (DEP-003)
//!
//! ## What it does
//! Reports a name that looks like a well-known package and is not it: a letter more, less or exchanged, letters that look
//! alike, another separator, another scope, a word added in front or behind. Short names are compared too. In Go and on
//! Maven Central, where nobody else can publish below an owner's name, it is the same module or artifact of an owner who is
//! nearly the known one.
//!
//! ## Why is this bad
//! Attackers register such names and wait for a slip of a keyboard or of a model.
//!
//! ## Example
//! ```text
//! # requirements.txt
//! reqeusts==2.32.3
//! ```
//!
//! Use instead:
//! ```text
//! # requirements.txt
//! requests==2.32.3
//! ```
//!
//! ## Options
//! - `deps.similarity_threshold`: from which similarity on, 0.85 unless said otherwise.
//! - `deps.popular_packages_file`: replaces or extends the list of well-known names.
//! - `deps.allow`: names that are known to be fine, with `*`.
//!
//! ## References
//! - [CWE-829: Inclusion of Functionality from Untrusted Control Sphere](https://cwe.mitre.org/data/definitions/829.html)
//! - [OWASP Top 10 for LLM applications, LLM03: Supply Chain](https://genai.owasp.org/llmrisk/llm032025-supply-chain/)
