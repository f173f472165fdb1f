//! What the shape of a text tells: a value that stands for a secret, or names one, is none.

use super::entropy::entropy;
use super::name::words;
use crate::facts::BindingKind;

/// The value is put in by somebody else, later: a reference to the environment, a template, a path of a vault.
pub(super) fn is_reference(value: &str) -> bool {
    const MARKS: &[&str] = &[
        "os.environ",
        "os.getenv",
        "process.env",
        "import.meta.env",
        "env[",
        "${",
        "{{",
        "<%",
        "$(",
        "config.",
        "settings.",
    ];
    const STARTS: &[&str] = &[
        "vault:",
        "arn:",
        "ssm:",
        "op://",
        "sm://",
        "gcp://",
        "aws://",
        "azure://",
        "secretsmanager",
        "projects/",
        "file:",
        "http://",
        "https://",
        "/",
        "./",
        "../",
        "~/",
        "$",
        "%(",
        "{",
    ];
    let lower = value.to_ascii_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
        || STARTS.iter().any(|start| lower.starts_with(start))
        || matches!(value.as_bytes(), [b'<', .., b'>'] | [b'[', .., b']'])
        || matches!(lower.as_str(), "%s" | "?")
}

/// The name of an environment variable: `SERVICE_SECRET_KEY`.
pub(super) fn is_variable_name(value: &str) -> bool {
    value.contains('_')
        && value.starts_with(|c: char| c.is_ascii_uppercase())
        && value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && words(value).iter().any(|word| {
            matches!(
                word.as_str(),
                "key"
                    | "keys"
                    | "secret"
                    | "secrets"
                    | "token"
                    | "password"
                    | "passwd"
                    | "pass"
                    | "pwd"
                    | "url"
                    | "env"
                    | "credentials"
            )
        })
}

/// The name of a header: `X-Api-Key`, `Authorization`.
pub(super) fn is_header_name(value: &str) -> bool {
    let capitalised = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    matches!(value, "Authorization" | "authorization" | "Bearer" | "Basic" | "Token" | "Cookie")
        || (value.contains('-') && value.split('-').all(capitalised))
        || value.strip_prefix("x-").is_some_and(|rest| {
            rest.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()))
        })
}

/// What a person reads: the label of a field, a message, a name of a kind of thing.
pub(super) fn is_label(name: &str, value: &str, kind: BindingKind) -> bool {
    let letters_only =
        value.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | ':' | '*' | '?' | '\'' | '.' | '…'));
    if !letters_only {
        return false;
    }
    let begins_upper = value.starts_with(char::is_uppercase) && value.chars().any(char::is_lowercase);
    let names_itself = || {
        let name = words(name);
        name.last().is_some_and(|last| words(value).contains(last))
    };
    begins_upper && (kind == BindingKind::Entry || names_itself())
}

/// A key in the configuration of a cloud: `aws_secret_access_key`.
pub(super) fn is_cloud_key(value: &str) -> bool {
    ["aws_", "azure_", "gcp_", "google_"].iter().any(|vendor| value.starts_with(vendor))
        && value.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Nobody writes this by hand: a key, a token, a digest.
pub(super) fn is_random(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "sk-",
        "sk_live_",
        "rk_live_",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "AKIA",
        "ASIA",
        "AIza",
        "npm_",
        "pypi-",
        "eyJ",
        "hf_",
        "SG.",
    ];
    let has = |of: fn(&char) -> bool| value.chars().any(|c| of(&c));
    value.len() >= 16
        && value.len() <= 4096
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=' | '.'))
        && (STARTS.iter().any(|start| value.starts_with(start))
            || (value.len() >= 24
                && !value.contains('.')
                && has(char::is_ascii_digit)
                && has(char::is_ascii_lowercase)
                && has(char::is_ascii_uppercase)
                && entropy(value) > 3.8))
}

/// A word of a type system, a form or a protocol.
pub(super) fn is_keyword(value: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "string",
        "str",
        "text",
        "bytes",
        "number",
        "integer",
        "boolean",
        "object",
        "any",
        "none",
        "null",
        "nil",
        "undefined",
        "unset",
        "true",
        "false",
        "required",
        "optional",
        "hidden",
        "bearer",
        "basic",
        "digest",
        "oauth2",
        "jwt",
        "redacted",
        "masked",
        "filtered",
        "[redacted]",
        "varchar",
        "header",
        "cookie",
        "query",
        "body",
        "apikey",
        "api_key",
        "api-key",
        "disabled",
        "enabled",
        "default",
        "passwd",
        "pwd",
        "passphrase",
        "access_token",
        "refresh_token",
        "auth_token",
        "client_secret",
        "private_key",
    ];
    KEYWORDS.contains(&value.to_ascii_lowercase().as_str())
}

/// Nothing but punctuation, a regular expression, or a dotted name.
pub(super) fn is_syntax(value: &str) -> bool {
    const PATTERNS: &[&str] =
        &["\\d", "\\w", "\\s", "\\b", "[a-z", "[A-Z", "[0-9", "[^", "(?", ".*", ".+", "|min:", "|max:"];
    let identifier = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    !value.chars().any(char::is_alphanumeric)
        || PATTERNS.iter().any(|pattern| value.contains(pattern))
        || (value.matches('.').count() >= 2 && value.split('.').all(identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_values_from_what_stands_for_them() {
        assert!(
            is_reference("${DB_PASSWORD}")
                && is_reference("settings.SECRET_KEY")
                && is_reference("<password>")
        );
        assert!(!is_reference("sunflower-garden"));
        assert!(is_variable_name("SERVICE_SECRET_KEY") && !is_variable_name("CHANGE_ME"));
        assert!(
            is_header_name("X-Auth") && is_header_name("x-api-key") && !is_header_name("not-very-random")
        );
        assert!(is_label("password", "Password", BindingKind::Entry));
        assert!(is_label("password", "Mot de passe", BindingKind::Entry));
        assert!(is_label("PASSWORD", "Enter your password:", BindingKind::Variable));
        assert!(!is_label("password", "qwerty", BindingKind::Entry));
        assert!(is_random("sk_live_abcdefgh12345678") && is_random("h2Vt9QxL0rZcW7mKp4NsYe8B"));
        assert!(!is_random("application/json") && !is_random("get_user_by_email_address2"));
        assert!(is_syntax("********") && is_syntax("django.contrib.auth.tokens") && !is_syntax("a.b*c(d)+e"));
    }
}
