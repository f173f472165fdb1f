//! The variables that put one program behind Vigil (the sources are in `docs/guide/clients.md`).
//!
//! Proxy variables replace what was inherited. Certificate variables come in two kinds: those that *add* to the
//! program's own roots get our certificate (merged with an inherited file), those that *replace* them get a bundle of the
//! inherited file or the system's roots, and ours. Each inherited value is merged for itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the variables are made from.
pub(crate) struct Behind<'a> {
    /// `127.0.0.1:8790`.
    pub(crate) proxy: &'a str,
    /// The certificate of the local CA.
    pub(crate) ca: &'a Path,
    /// Where merged files are written.
    pub(crate) bundle_dir: &'a Path,
    /// The environment that the program would have had.
    pub(crate) inherited: &'a BTreeMap<OsString, OsString>,
}

/// The variables to set, and those to remove.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) set: BTreeMap<&'static str, OsString>,
    pub(crate) remove: Vec<&'static str>,
}

const PROXY: &[&str] = &[
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "WSS_PROXY",
    "wss_proxy",
    "WS_PROXY",
    "ws_proxy",
    "grpc_proxy",
    "npm_config_proxy",
    "npm_config_https_proxy",
    "YARN_HTTP_PROXY",
    "YARN_HTTPS_PROXY",
    "PIP_PROXY",
    "BUNDLE_HTTP_PROXY",
    "BUNDLE_HTTPS_PROXY",
    "DOCKER_HTTP_PROXY",
    "DOCKER_HTTPS_PROXY",
];
const NO_PROXY: &[&str] = &["NO_PROXY", "no_proxy"];
const ADDS: &[&str] = &["NODE_EXTRA_CA_CERTS", "DENO_CERT"];
const REPLACES: &[&str] = &[
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "npm_config_cafile",
    "NPM_CONFIG_CAFILE",
    "BUNDLE_SSL_CA_CERT",
    "CODEX_CA_CERTIFICATE",
];
/// Where the platforms keep their roots in one file.
const PLATFORM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
const ALWAYS_DIRECT: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Behind<'_> {
    /// Writes the merged certificate files and says which variables to change.
    pub(crate) fn changes(&self) -> anyhow::Result<Changes> {
        crate::paths::private_directory(self.bundle_dir)?;
        let ours = fs::read_to_string(self.ca).with_context(|| format!("reading `{}`", self.ca.display()))?;
        let mut changes = Changes::default();
        let proxy = OsString::from(format!("http://{}", self.proxy));
        for name in PROXY {
            changes.set.insert(name, proxy.clone());
        }
        let direct = self.direct_hosts();
        for name in NO_PROXY {
            changes.set.insert(name, direct.clone());
        }
        changes.set.insert("NODE_USE_ENV_PROXY", "1".into());
        changes.set.insert("ELECTRON_GET_USE_PROXY", "1".into());

        for name in ADDS {
            let file = match self.inherited_pem(name) {
                Some(theirs) => self.merged(name, &theirs, &ours)?,
                None => self.ca.to_owned(),
            };
            changes.set.insert(name, file.into());
        }
        let system = self.merged("system", &self.system_roots()?, &ours)?;
        for name in REPLACES {
            let file = match self.inherited_pem(name) {
                Some(theirs) => self.merged(name, &theirs, &ours)?,
                None => system.clone(),
            };
            changes.set.insert(name, file.into());
        }
        // It would add a directory of roots beside the bundle, or hide the bundle; its certificates are in the bundle.
        if self.inherited.contains_key(&OsString::from("SSL_CERT_DIR")) {
            changes.remove.push("SSL_CERT_DIR");
        }
        Ok(changes)
    }

    fn direct_hosts(&self) -> OsString {
        let mut hosts: Vec<String> = Vec::new();
        for name in NO_PROXY {
            let inherited = self.inherited.get(&OsString::from(name)).map(|value| value.to_string_lossy());
            for host in inherited.iter().flat_map(|value| value.split(',')) {
                let host = host.trim();
                // `*` would take the program out from behind Vigil.
                if !host.is_empty() && host != "*" && !hosts.iter().any(|known| known == host) {
                    hosts.push(host.to_owned());
                }
            }
        }
        for host in ALWAYS_DIRECT {
            if !hosts.iter().any(|known| known == host) {
                hosts.push(host.to_owned());
            }
        }
        hosts.join(",").into()
    }

    /// The certificates in the file that an inherited variable names; `None` without one, or when it is one of ours.
    fn inherited_pem(&self, name: &str) -> Option<String> {
        let path = PathBuf::from(self.inherited.get(&OsString::from(name))?);
        if path.starts_with(self.bundle_dir) || path == self.ca {
            return None;
        }
        let text = fs::read_to_string(&path).ok()?;
        text.contains("-----BEGIN CERTIFICATE-----").then_some(text)
    }

    /// The roots of the platform, and those of an inherited `SSL_CERT_DIR`.
    fn system_roots(&self) -> anyhow::Result<String> {
        // The library would take an inherited `SSL_CERT_FILE` for the platform's roots; that file is merged for itself.
        let bundle = PLATFORM_BUNDLES.iter().filter_map(|path| fs::read_to_string(path).ok()).next();
        let mut text = match bundle.filter(|_| self.inherited.contains_key(&OsString::from("SSL_CERT_FILE")))
        {
            Some(bundle) => bundle,
            None => {
                let mut text = String::with_capacity(256 << 10);
                for certificate in &rustls_native_certs::load_native_certs().certs {
                    push_pem(&mut text, certificate);
                }
                text
            }
        };
        let directory = self.inherited.get(&OsString::from("SSL_CERT_DIR")).map(PathBuf::from);
        for entry in directory.iter().filter_map(|path| fs::read_dir(path).ok()).flatten().flatten() {
            if let Ok(pem) = fs::read_to_string(entry.path())
                && pem.contains("-----BEGIN CERTIFICATE-----")
            {
                text.push_str(pem.trim_end());
                text.push('\n');
            }
        }
        Ok(text)
    }

    fn merged(&self, name: &str, theirs: &str, ours: &str) -> anyhow::Result<PathBuf> {
        let path = self.bundle_dir.join(format!("{name}.pem"));
        // Within another `vigil run`, or where the platform trusts the CA, it is there already.
        let text = match crate::trust::holds(theirs, ours) {
            true => format!("{}\n", theirs.trim_end()),
            false => format!("{}\n{}\n", theirs.trim_end(), ours.trim_end()),
        };
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(path);
        }
        crate::paths::write_private(&path, text.as_bytes())?;
        Ok(path)
    }
}

fn push_pem(text: &mut String, der: &[u8]) {
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str("-----END CERTIFICATE-----\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n";
    const THEIRS: &str = "-----BEGIN CERTIFICATE-----\ntheirs\n-----END CERTIFICATE-----\n";

    struct Home {
        directory: tempfile::TempDir,
        inherited: BTreeMap<OsString, OsString>,
    }

    impl Home {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("ca.pem"), OURS).unwrap();
            fs::write(directory.path().join("theirs.pem"), THEIRS).unwrap();
            Self { directory, inherited: BTreeMap::new() }
        }

        fn with(mut self, name: &str, value: &str) -> Self {
            self.inherited.insert(name.into(), value.into());
            self
        }

        fn with_theirs(self, name: &str) -> Self {
            let path = self.directory.path().join("theirs.pem");
            self.with(name, path.to_str().unwrap())
        }

        fn changes(&self) -> Changes {
            let behind = Behind {
                proxy: "127.0.0.1:8790",
                ca: &self.directory.path().join("ca.pem"),
                bundle_dir: &self.directory.path().join("bundles"),
                inherited: &self.inherited,
            };
            behind.changes().unwrap()
        }

        fn file(&self, name: &'static str) -> String {
            fs::read_to_string(&self.changes().set[name]).unwrap()
        }
    }

    #[test]
    fn both_cases_of_the_proxy_are_set() {
        let changes = Home::new().with("HTTPS_PROXY", "http://old:3128").changes();
        assert_eq!(changes.set["HTTPS_PROXY"], "http://127.0.0.1:8790");
        assert_eq!(changes.set["https_proxy"], "http://127.0.0.1:8790");
    }

    #[test]
    fn direct_hosts_are_kept_and_ours_added() {
        let changes = Home::new().with("no_proxy", "intranet, localhost").with("NO_PROXY", "*").changes();
        assert_eq!(changes.set["NO_PROXY"], "intranet,localhost,127.0.0.1,::1");
    }

    #[test]
    fn a_variable_that_adds_gets_our_certificate_alone() {
        assert_eq!(Home::new().file("NODE_EXTRA_CA_CERTS"), OURS);
    }

    #[test]
    fn a_variable_that_adds_keeps_what_it_added() {
        let file = Home::new().with_theirs("NODE_EXTRA_CA_CERTS").file("NODE_EXTRA_CA_CERTS");
        assert!(file.contains("theirs") && file.contains("ours"));
    }

    #[test]
    fn a_variable_that_replaces_keeps_its_own_roots_and_no_others() {
        let home = Home::new().with_theirs("REQUESTS_CA_BUNDLE");
        assert!(home.file("REQUESTS_CA_BUNDLE").contains("theirs"));
        assert!(!home.file("CURL_CA_BUNDLE").contains("theirs"));
        assert!(home.file("CURL_CA_BUNDLE").contains("ours"));
    }

    #[test]
    fn a_stale_set_of_ours_is_replaced_not_appended() {
        let home = Home::new();
        let stale = home.changes().set["SSL_CERT_FILE"].clone();
        let home = home.with("SSL_CERT_FILE", stale.to_str().unwrap());
        assert_eq!(home.file("SSL_CERT_FILE").matches("ours").count(), 1);
    }

    #[test]
    fn a_directory_of_roots_goes_into_the_bundle() {
        let home = Home::new();
        let roots = home.directory.path().join("roots");
        fs::create_dir(&roots).unwrap();
        fs::write(roots.join("a.crt"), THEIRS).unwrap();
        let home = home.with("SSL_CERT_DIR", roots.to_str().unwrap());
        assert_eq!(home.changes().remove, ["SSL_CERT_DIR"]);
        assert!(home.file("SSL_CERT_FILE").contains("theirs"));
    }

    #[test]
    fn all_values_are_absolute_or_no_paths() {
        for (name, value) in Home::new().changes().set {
            if ADDS.contains(&name) || REPLACES.contains(&name) {
                assert!(Path::new(&value).is_absolute(), "{name}={}", value.display());
            }
        }
    }
}
