//! `vigil.toml` as it was written: everything optional, nothing checked but its shape.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::exit::UsageError;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigFile {
    #[serde(default)]
    pub(crate) proxy: Listen,
    #[serde(default)]
    pub(crate) api: Listen,
    #[serde(default)]
    pub(crate) upstream: Upstream,
    #[serde(default)]
    pub(crate) providers: Vec<ProviderEntry>,
    #[serde(default)]
    pub(crate) policy: PolicySection,
    #[serde(default)]
    pub(crate) hold: Hold,
    #[serde(default)]
    pub(crate) limits: LimitsSection,
    #[serde(default)]
    pub(crate) vault: Vault,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listen {
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstream {
    #[serde(default)]
    pub(crate) extra_ca_files: Vec<String>,
    #[serde(default)]
    pub(crate) crl_files: Vec<String>,
    #[serde(default)]
    pub(crate) resolve: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderEntry {
    pub(crate) host: String,
    pub(crate) format: String,
    /// The provider's token in the record; made from the host when absent.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicySection {
    pub(crate) file: Option<String>,
    pub(crate) profile: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hold {
    pub(crate) window_seconds: Option<u64>,
    pub(crate) keep_alive_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsSection {
    pub(crate) header_bytes: Option<u64>,
    pub(crate) body_capture_bytes: Option<u64>,
    pub(crate) held_bytes: Option<u64>,
    pub(crate) decoded_bytes: Option<u64>,
    pub(crate) decompression_ratio: Option<u64>,
    pub(crate) connections: Option<u64>,
    pub(crate) handshake_seconds: Option<u64>,
    pub(crate) connect_seconds: Option<u64>,
    pub(crate) idle_seconds: Option<u64>,
    pub(crate) stall_seconds: Option<u64>,
    pub(crate) tunnel_idle_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vault {
    pub(crate) store_content: Option<bool>,
    pub(crate) key_store: Option<String>,
}

/// Reads the text of a config file. Errors name file, line and, for an unknown key, the nearest valid one.
pub(crate) fn parse(text: &str, path: &Path) -> Result<ConfigFile, UsageError> {
    toml::from_str(text).map_err(|error| UsageError(describe(&error, text, path)))
}

fn describe(error: &toml::de::Error, text: &str, path: &Path) -> String {
    let line = error
        .span()
        .map_or(1, |span| 1 + text.bytes().take(span.start).filter(|&byte| byte == b'\n').count());
    let message = error.message().lines().next().unwrap_or_default();
    let mut told = format!("`{}` line {line}: {message}", path.display());
    if let Some(nearest) = nearest_key(message) {
        told.push_str(&format!("; did you mean `{nearest}`?"));
    }
    told
}

/// For "unknown field `x`, expected one of `a`, `b`": which of `a`, `b` is nearest to `x`.
fn nearest_key(message: &str) -> Option<&str> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown field") {
        return None;
    }
    let unknown = quoted.next()?;
    quoted.min_by_key(|valid| strsim::damerau_levenshtein(unknown, valid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refusal(text: &str) -> String {
        parse(text, Path::new("vigil.toml")).unwrap_err().0
    }

    #[test]
    fn names_line_and_nearest_key_of_an_unknown_key() {
        let told = refusal("[proxy]\nlisten = \"127.0.0.1:0\"\n\n[hold]\nwindow_second = 3\n");
        assert!(told.starts_with("`vigil.toml` line 5: unknown field `window_second`"), "{told}");
        assert!(told.ends_with("did you mean `window_seconds`?"), "{told}");
    }

    #[test]
    fn names_the_nearest_table() {
        assert!(refusal("[polcy]\nprofile = \"strict\"\n").contains("did you mean `policy`?"));
    }

    #[test]
    fn tells_the_line_of_a_syntax_error() {
        assert!(refusal("[proxy]\nlisten = \n").contains("line 2"));
    }

    #[test]
    fn the_default_file_parses() {
        parse(super::super::DEFAULT, Path::new("default.toml")).unwrap();
    }
}
