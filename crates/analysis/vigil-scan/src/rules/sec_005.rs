//! # Secret file not in gitignore (SEC-005)
//!
//! ## What it does
//! Reports a file whose name says that it holds secrets and that no `.gitignore` leaves out: `.env` and its kin, private
//! keys (`id_rsa`, `*.key`, `*.pem`, `*.p12`, `*.pfx`, `*.jks`), credentials of cloud providers and registries
//! (`credentials.json`, `service-account*.json`, `.npmrc` and `.pypirc` with a token, `.netrc`, `.htpasswd`). Examples
//! (`.env.example`), public keys, certificates, files without a value in them, and files among tests are left alone.
//!
//! ## Why is this bad
//! One `git add .` publishes the file, and removing it later does not remove it from the history.
//!
//! ## Example
//! ```text
//! .env             DB_PASSWORD=…
//! .gitignore       *.pyc
//! ```
//!
//! Use instead:
//! ```text
//! .env             DB_PASSWORD=…
//! .gitignore       *.pyc
//!                  .env
//! ```
//!
//! ## References
//! - [CWE-538: Insertion of Sensitive Information into Externally-Accessible File](https://cwe.mitre.org/data/definitions/538.html)
//! - [gitignore](https://git-scm.com/docs/gitignore)
