//! Names as the words they are made of.

/// The words of a name, in lower case: `STRIPE_API_KEY`, `stripeApiKey` and `StripeAPIKey` have the same.
pub(crate) fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            push(&mut words, &mut word);
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(at + 1).copied();
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && after.is_some_and(char::is_lowercase))
            });
        if begins {
            push(&mut words, &mut word);
        }
        word.extend(c.to_lowercase());
    }
    push(&mut words, &mut word);
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// The words end with these.
pub(super) fn ends_with(words: &[String], end: &[&str]) -> bool {
    words.len() >= end.len() && words.iter().rev().zip(end.iter().rev()).all(|(word, end)| word == end)
}

/// One of the words is one of these.
pub(super) fn any(words: &[String], of: &[&str]) -> bool {
    words.iter().any(|word| of.contains(&word.as_str()))
}

/// Matches a pattern with `*` for any characters, letter case ignored.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, t));
            p += 1;
        } else if pattern.get(p) == text.get(t) {
            p += 1;
            t += 1;
        } else if let Some((after, from)) = retry {
            retry = Some((after, from + 1));
            p = after;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_every_usual_spelling() {
        for name in ["STRIPE_API_KEY", "stripeApiKey", "StripeAPIKey", "stripe-api.key"] {
            assert_eq!(words(name), ["stripe", "api", "key"], "{name}");
        }
        assert_eq!(words("verifyJWT"), ["verify", "jwt"]);
        assert_eq!(words("S3_SECRET2"), ["s3", "secret2"]);
        assert!(words("__").is_empty());
    }

    #[test]
    fn matches_globs() {
        assert!(glob("require_*", "require_user"));
        assert!(glob("*Guard", "rolesguard"));
        assert!(glob("a*b*c", "aXXbYYc"));
        assert!(!glob("require_*", "requires_user"));
        assert!(!glob("a*b", "abc"));
    }
}
