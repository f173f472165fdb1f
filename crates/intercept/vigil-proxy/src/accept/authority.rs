//! `host:port` as it stands in CONNECT, in URLs and in Host.

/// Host and port of an authority; the host without the brackets of an IPv6 address.
pub(crate) fn split_authority(text: &str) -> (&str, Option<u16>) {
    if let Some(rest) = text.strip_prefix('[')
        && let Some((host, after)) = rest.split_once(']')
    {
        return (host, after.strip_prefix(':').and_then(port));
    }
    match text.rsplit_once(':') {
        // An IPv6 address without brackets has more colons and no port.
        Some((host, digits)) if !host.contains(':') => (host, port(digits)),
        _ => (text, None),
    }
}

fn port(digits: &str) -> Option<u16> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// A host name or address as the tables know it: lower case, no dot at the end. `None` when it is neither.
pub(super) fn known_form(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
    fits.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_a_host_and_perhaps_a_port() {
        assert_eq!(split_authority("api.x.ai:443"), ("api.x.ai", Some(443)));
        assert_eq!(split_authority("api.x.ai"), ("api.x.ai", None));
        assert_eq!(split_authority("[::1]:8080"), ("::1", Some(8080)));
        assert_eq!(split_authority("[::1]"), ("::1", None));
        assert_eq!(split_authority("::1"), ("::1", None));
        assert_eq!(split_authority("h:+1"), ("h", None));
        assert_eq!(split_authority("h:99999"), ("h", None));
    }

    #[test]
    fn a_host_is_known_in_lower_case() {
        assert_eq!(known_form("API.X.ai."), Some("api.x.ai".to_owned()));
        assert_eq!(known_form("a b"), None);
        assert_eq!(known_form("a/../b"), None);
        assert_eq!(known_form("."), None);
    }
}
