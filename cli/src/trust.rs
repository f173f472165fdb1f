//! How the trust stores of the platforms are told: a table of commands, tested everywhere, run only after asking.

use std::path::{Path, PathBuf};

/// Which table applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    MacOs,
    Linux,
}

impl Platform {
    pub(crate) const fn here() -> Self {
        if cfg!(target_os = "macos") { Self::MacOs } else { Self::Linux }
    }
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) command: Vec<String>,
    pub(crate) why: &'static str,
    /// The step applies only where this program is on the PATH or this file is there.
    pub(crate) needs: PathBuf,
}

impl Step {
    /// The command as one would type it.
    pub(crate) fn shown(&self) -> String {
        let plain =
            |word: &&String| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./,:=+".contains(c));
        let quote = |word: &String| {
            if plain(&word) && !word.is_empty() {
                word.clone()
            } else {
                format!("'{}'", word.replace('\'', "'\\''"))
            }
        };
        self.command.iter().map(quote).collect::<Vec<_>>().join(" ")
    }
}

/// The variables by which programs are pointed at roots of their own.
pub(crate) const VARIABLES: [&str; 10] = [
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "DENO_CERT",
    "CODEX_CA_CERTIFICATE",
];

const NICKNAME: &str = "Vigil local CA";
const ANCHORS: [(&str, &str, &[&str], &str); 3] = [
    (
        "/usr/sbin/update-ca-certificates",
        "/usr/local/share/ca-certificates/vigil.crt",
        &["update-ca-certificates"],
        "Debian, Ubuntu, Alpine",
    ),
    (
        "/usr/bin/update-ca-trust",
        "/etc/pki/ca-trust/source/anchors/vigil.pem",
        &["update-ca-trust", "extract"],
        "Fedora, RHEL",
    ),
    ("/usr/bin/trust", "", &[], "Arch and others with p11-kit"),
];

/// What makes the platform trust the certificate.
pub(crate) fn install(platform: Platform, ca: &Path, home: &Path) -> Vec<Step> {
    let ca = ca.display().to_string();
    match platform {
        Platform::MacOs => vec![step(
            &[
                "security",
                "add-trusted-cert",
                "-r",
                "trustRoot",
                "-p",
                "ssl",
                "-k",
                &login_keychain(home),
                &ca,
            ],
            "trusts it for TLS in your login keychain; macOS asks for your password",
            "/usr/bin/security",
        )],
        Platform::Linux => {
            let mut steps = Vec::new();
            for (tool, anchor, refresh, why) in ANCHORS {
                if anchor.is_empty() {
                    steps.push(step(&["sudo", "trust", "anchor", "--store", &ca], why, tool));
                    continue;
                }
                steps.push(step(&["sudo", "install", "-m", "0644", &ca, anchor], why, tool));
                steps.push(step(&[&["sudo"], refresh].concat(), why, tool));
            }
            steps.push(step(
                &["certutil", "-d", &nss(home), "-A", "-t", "C,,", "-n", NICKNAME, "-i", &ca],
                "Chrome and Chromium of this user",
                &home.join(".pki/nssdb").display().to_string(),
            ));
            steps
        }
    }
}

/// What takes it out again.
pub(crate) fn remove(platform: Platform, ca: &Path, home: &Path) -> Vec<Step> {
    let ca = ca.display().to_string();
    match platform {
        Platform::MacOs => vec![step(
            &["security", "remove-trusted-cert", &ca],
            "takes it out of your trust settings",
            "/usr/bin/security",
        )],
        Platform::Linux => {
            let mut steps = Vec::new();
            for (tool, anchor, refresh, why) in ANCHORS {
                if anchor.is_empty() {
                    steps.push(step(&["sudo", "trust", "anchor", "--remove", &ca], why, tool));
                    continue;
                }
                steps.push(step(&["sudo", "rm", "-f", anchor], why, tool));
                steps.push(step(&[&["sudo"], refresh].concat(), why, tool));
            }
            steps.push(step(
                &["certutil", "-d", &nss(home), "-D", "-n", NICKNAME],
                "Chrome and Chromium of this user",
                &home.join(".pki/nssdb").display().to_string(),
            ));
            steps
        }
    }
}

fn step(command: &[&str], why: &'static str, needs: &str) -> Step {
    Step { command: command.iter().map(|&word| word.to_owned()).collect(), why, needs: PathBuf::from(needs) }
}

fn login_keychain(home: &Path) -> String {
    home.join("Library/Keychains/login.keychain-db").display().to_string()
}

fn nss(home: &Path) -> String {
    format!("sql:{}", home.join(".pki/nssdb").display())
}

/// Whether what a step needs is there. Of several tools for system anchors the first one found is used.
pub(crate) fn applies(step: &Step) -> bool {
    let first = ANCHORS.iter().map(|(tool, ..)| Path::new(tool)).find(|tool| tool.exists());
    let is_anchor_tool = ANCHORS.iter().any(|(tool, ..)| Path::new(tool) == step.needs);
    step.needs.exists() && (!is_anchor_tool || first == Some(&step.needs))
}

/// Whether the platform's roots hold the certificate.
pub(crate) fn platform_trusts(ours: &str) -> bool {
    let Some(wanted) = body(ours) else { return false };
    let encoded = |der: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    rustls_native_certs::load_native_certs().certs.iter().any(|certificate| encoded(certificate) == wanted)
}

/// Whether a PEM text holds the certificate.
pub(crate) fn holds(text: &str, ours: &str) -> bool {
    let Some(wanted) = body(ours) else { return false };
    let stripped: String = text.split_whitespace().collect();
    stripped.contains(&wanted)
}

fn body(pem: &str) -> Option<String> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    Some(body.split_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macos_trusts_for_tls_alone() {
        let steps = install(Platform::MacOs, Path::new("/s/ca.pem"), Path::new("/Users/u"));
        assert_eq!(
            steps[0].shown(),
            "security add-trusted-cert -r trustRoot -p ssl -k /Users/u/Library/Keychains/login.keychain-db /s/ca.pem"
        );
    }

    #[test]
    fn every_linux_way_in_has_a_way_out() {
        let (ca, home) = (Path::new("/s/ca.pem"), Path::new("/home/u"));
        let needs = |steps: Vec<Step>| steps.into_iter().map(|step| step.needs).collect::<Vec<_>>();
        assert_eq!(needs(install(Platform::Linux, ca, home)), needs(remove(Platform::Linux, ca, home)));
    }

    #[test]
    fn a_shown_command_is_quoted() {
        let steps = install(Platform::Linux, Path::new("/s/c a.pem"), Path::new("/home/u"));
        assert_eq!(
            steps[0].shown(),
            "sudo install -m 0644 '/s/c a.pem' /usr/local/share/ca-certificates/vigil.crt"
        );
    }

    #[test]
    fn finds_a_certificate_whatever_its_line_length() {
        let ours = "-----BEGIN CERTIFICATE-----\nabcd\nefgh\n-----END CERTIFICATE-----\n";
        let theirs = "x\n-----BEGIN CERTIFICATE-----\nab\ncdefgh\n-----END CERTIFICATE-----\n";
        assert!(holds(theirs, ours));
        assert!(!holds("nothing", ours));
    }
}
