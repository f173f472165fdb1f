//! Bindings whose name says that the value is a credential.

use super::File;
use super::found::Found;
use super::name::{any, ends_with, words};
use super::redact::redact_literal;
use super::shape;
use crate::facts::{Binding, BindingKind, Facts, Text};

/// Shorter values are no credentials.
const MIN_CHARS: usize = 3;

/// How a credential's name ends, in words.
const NAMES: &[&[&str]] = &[
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["pwd"],
    &["secret"],
    &["secret", "key"],
    &["secretkey"],
    &["token"],
    &["api", "key"],
    &["apikey"],
    &["access", "key"],
    &["private", "key"],
    &["encryption", "key"],
    &["signing", "key"],
    &["jwt", "key"],
    &["stripe", "key"],
    &["sendgrid", "key"],
    &["account", "key"],
    &["master", "key"],
    &["db", "pass"],
    &["smtp", "pass"],
    &["mail", "pass"],
    &["email", "pass"],
    &["database", "url"],
    &["redis", "url"],
];

/// What stands before `token` when the token is a word of a text, a place in a list, or a guard against forged forms.
const OTHER_TOKENS: &[&str] = &[
    "next",
    "prev",
    "previous",
    "page",
    "pagination",
    "continuation",
    "cursor",
    "cancel",
    "cancellation",
    "start",
    "end",
    "begin",
    "eos",
    "bos",
    "pad",
    "padding",
    "unk",
    "unknown",
    "mask",
    "sep",
    "cls",
    "stop",
    "special",
    "first",
    "last",
    "open",
    "close",
    "string",
    "number",
    "keyword",
    "comment",
    "operator",
    "identifier",
    "delimiter",
    "separator",
    "csrf",
    "xsrf",
    "design",
    "color",
    "image",
    "audio",
    "video",
    "prefix",
    "suffix",
    "sync",
    "resume",
    "syntax",
    "parser",
];

/// A binding that may be a credential.
#[derive(Clone, Copy)]
pub(super) struct Credential<'a> {
    pub(super) binding: &'a Binding,
}

/// Credentials that stand in the source, in its order: the first one of each line that no other rule has taken.
pub(super) fn credentials<'a>(file: &File<'a>) -> impl Iterator<Item = Credential<'a>> + use<'a> {
    let facts = file.facts;
    let candidates =
        facts.bindings.iter().filter(|binding| is_literal(&binding.value) && is_name(&binding.name));
    candidates
        .filter(|binding| binding.kind != BindingKind::Markup)
        .filter(|binding| !holds_env_default(facts, binding))
        .map(|binding| Credential { binding })
}

impl Credential<'_> {
    /// The value is no secret: it names one, labels one, or is put in later.
    pub(super) fn is_harmless(self) -> bool {
        let Binding { name, kind, value, .. } = self.binding;
        let value = value.value.as_str();
        let words = words(name);
        shape::is_reference(value)
            || shape::is_variable_name(value)
            || shape::is_header_name(value)
            || shape::is_label(name, value, *kind)
            || shape::is_keyword(value)
            || shape::is_cloud_key(value)
            || shape::is_syntax(value)
            || ends_with(&words, &["url"])
            || (*kind != BindingKind::Argument && name.eq_ignore_ascii_case(value))
            || is_word_of_a_grammar(&words, *kind, value)
    }
}

/// `token = "not in"`, `COLUMN_TOKEN = "column"`: tokens hold no blanks, and one that is a plain word is a word of a grammar
/// unless its name says what it opens.
fn is_word_of_a_grammar(words: &[String], kind: BindingKind, value: &str) -> bool {
    const OPENING: &[&str] = &[
        "access", "auth", "api", "bearer", "refresh", "id", "session", "bot", "github", "gitlab", "slack",
        "secret", "personal", "user", "jwt", "oauth", "push", "device", "app", "service", "admin", "deploy",
        "npm", "pypi", "hf",
    ];
    if !ends_with(words, &["token"]) {
        return false;
    }
    let opens = any(words.get(..words.len() - 1).unwrap_or(&[]), OPENING);
    value.contains(char::is_whitespace)
        || (!opens && kind != BindingKind::Argument && !value.contains(|c: char| c.is_ascii_digit()))
}

fn is_name(name: &str) -> bool {
    let words = words(name);
    let joined = || {
        // `userpassword`, `MYAPIKEY`: no boundary between the words.
        words.last().is_some_and(|last| {
            ["password", "passwd", "apikey", "secretkey"].iter().any(|end| last.ends_with(end))
        })
    };
    let named = NAMES.iter().any(|end| ends_with(&words, end)) || joined();
    named
        && !(ends_with(&words, &["token"]) && any(words.get(..words.len() - 1).unwrap_or(&[]), OTHER_TOKENS))
}

/// All of the value is known, and it is long enough to be one.
pub(super) fn is_literal(text: &Text) -> bool {
    text.whole && text.value.chars().nth(MIN_CHARS - 1).is_some()
}

/// The value is the default of a lookup in the environment, which SEC-004 judges.
pub(super) fn holds_env_default(facts: &Facts, binding: &Binding) -> bool {
    facts
        .env_defaults
        .iter()
        .any(|lookup| lookup.span.start >= binding.span.start && lookup.span.end <= binding.span.end)
}

/// Keeps every literal that is or may be a secret out of the snippets, reported or not.
pub(super) fn hide_all(facts: &Facts, found: &mut Found<'_>) {
    let named =
        facts.bindings.iter().filter(|binding| binding.kind != BindingKind::Markup && is_name(&binding.name));
    let texts = named.map(|binding| &binding.value).chain(&facts.signing_keys).chain(
        facts.env_defaults.iter().filter(|lookup| is_env_name(&lookup.name)).map(|lookup| &lookup.default),
    );
    let random = facts.texts.iter().filter(|text| shape::is_random(&text.value));
    for text in texts.chain(random) {
        if text.value.chars().nth(MIN_CHARS - 1).is_some() {
            hide(text, found);
        }
    }
}

/// Keeps one literal out of the snippets.
pub(super) fn hide(text: &Text, found: &mut Found<'_>) {
    if let Some(with) = redact_literal(found.slice(text.span), &text.value) {
        found.hide(text.span, with);
    }
}

/// The environment variable holds a secret: `DB_PASSWORD`, `OPENAI_API_KEY`; not `KEYBOARD_LAYOUT`, `AWS_REGION`.
pub(super) fn is_env_name(name: &str) -> bool {
    const SECRETS: &[&str] = &[
        "secret",
        "secrets",
        "token",
        "password",
        "passwd",
        "passphrase",
        "pass",
        "pwd",
        "jwt",
        "apikey",
        "credential",
        "credentials",
        "encryption",
        "signing",
        "auth",
    ];
    const KEYS_OF: &[&str] = &[
        "api",
        "secret",
        "private",
        "access",
        "encryption",
        "signing",
        "stripe",
        "aws",
        "service",
        "master",
        "account",
        "auth",
        "jwt",
        "license",
        "webhook",
        "session",
        "app",
        "sendgrid",
        "openai",
        "anthropic",
        "twilio",
        "github",
    ];
    const OTHERWISE: &[&str] = &[
        "url",
        "uri",
        "endpoint",
        "host",
        "hostname",
        "port",
        "region",
        "zone",
        "path",
        "file",
        "filename",
        "dir",
        "directory",
        "algorithm",
        "algorithms",
        "alg",
        "expire",
        "expires",
        "expiry",
        "expiration",
        "expiresin",
        "ttl",
        "timeout",
        "age",
        "lifetime",
        "duration",
        "minutes",
        "seconds",
        "hours",
        "days",
        "length",
        "size",
        "limit",
        "max",
        "min",
        "count",
        "num",
        "type",
        "header",
        "headers",
        "prefix",
        "suffix",
        "issuer",
        "audience",
        "enabled",
        "disabled",
        "enable",
        "disable",
        "required",
        "mode",
        "backend",
        "method",
        "provider",
        "domain",
        "realm",
        "format",
        "version",
        "column",
        "field",
        "public",
        "publishable",
        "name",
        "username",
        "user",
        "scheme",
        "rounds",
        "iterations",
        "hasher",
        "policy",
        "cookie",
        "model",
        "tokenizer",
        "bucket",
        "profile",
        "email",
        "sitekey",
        "debug",
        "strategy",
        "server",
        "hint",
        "reset",
        "in",
    ];
    let words = words(name);
    if ends_with(&words, &["database", "url"]) {
        return true;
    }
    if any(&words, OTHERWISE) {
        return false;
    }
    let key = words.iter().position(|word| word == "key").is_some_and(|at| {
        at == 0 || words.get(at - 1).is_some_and(|before| KEYS_OF.contains(&before.as_str()))
    });
    key || any(&words, SECRETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_of_credentials() {
        for name in [
            "SECRET_KEY",
            "apiKey",
            "reset_password",
            "billing_api_key",
            "DB_PASS",
            "accessToken",
            "userpassword",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "PASSPHRASE_HINT",
            "TITLE",
            "SECRET_KEY_FILE",
            "next_token",
            "csrfToken",
            "secrets_file",
            "passport",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn knows_variables_that_hold_secrets() {
        for name in [
            "SECRET_KEY",
            "DB_PASSWORD",
            "PASSWORD_SALT",
            "JWT_SIGNING",
            "TOKEN_FOR_CI",
            "secret_sauce",
            "GITHUB_TOKEN",
            "PAYMENTS_STRIPE_KEY",
            "DATABASE_URL",
            "OPENAI_API_KEY",
            "S3_SECRET_KEY",
            "AWS_ACCESS_KEY_ID",
            "AUTH_TOKEN",
        ] {
            assert!(is_env_name(name), "{name}");
        }
        for name in [
            "KEYBOARD_LAYOUT",
            "AUTHOR",
            "AWS_REGION",
            "HOSTNAME",
            "JWT_ALGORITHM",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "MAX_TOKENS",
            "CACHE_KEY",
            "AUTH_URL",
            "STRIPE_PUBLISHABLE_KEY",
            "MONKEY",
        ] {
            assert!(!is_env_name(name), "{name}");
        }
    }
}
