use std::collections::HashMap;
use std::sync::Mutex;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls_pki_types::{ServerName, UnixTime};
use vigil_core::wire::ProviderFormat;

use super::*;
use crate::providers::Provider;

#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<HashMap<String, Secret>>);

impl SecretStore for MemoryStore {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.0.lock().unwrap().insert(name.to_owned(), value.clone());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

const NOW: i64 = 1_790_000_000;

fn at(days: i64) -> Timestamp {
    Timestamp::from_micros((NOW + days * DAY_SECONDS) * 1_000_000)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn table(hosts: &[&str]) -> Providers {
    let mut table = Providers::none();
    for host in hosts {
        table.add(Provider::named(host, 443, ProviderFormat::OpenAi));
    }
    table
}

struct Place {
    folder: tempfile::TempDir,
    secrets: MemoryStore,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, secrets: MemoryStore::default() }
    }
    fn open(&self, hosts: &[&str], days: i64) -> Result<Authority, AuthorityError> {
        let state = self.folder.path().join("state");
        Authority::open(&state, &self.secrets, &table(hosts), at(days), provider())
    }
    fn root(&self) -> CertificateDer<'static> {
        file::read_certificate(&self.folder.path().join("state/ca.pem")).unwrap().unwrap()
    }
}

fn verify(root: CertificateDer<'static>, authority: &Authority, host: &str, issued_for: &str) -> bool {
    let leaf = issue::leaf(issued_for, &new_key().unwrap(), &authority.issuer, NOW).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build().unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(NOW as u64));
    verifier.verify_server_cert(&leaf, std::slice::from_ref(&authority.intermediate), &name, &[], now).is_ok()
}

#[test]
fn a_leaf_is_good_for_its_provider_host() {
    let place = Place::new();
    let authority = place.open(&["api.anthropic.com", "*.openai.azure.com"], 0).unwrap();
    assert!(verify(place.root(), &authority, "api.anthropic.com", "api.anthropic.com"));
    assert!(verify(place.root(), &authority, "my.openai.azure.com", "my.openai.azure.com"));
}

#[test]
fn a_stolen_intermediate_speaks_for_nobody_else() {
    let place = Place::new();
    let authority = place.open(&["api.anthropic.com"], 0).unwrap();
    for host in ["example.com", "anthropic.com", "10.0.0.1", "::1"] {
        assert!(!verify(place.root(), &authority, host, host), "{host}");
    }
}

#[test]
fn an_address_can_be_a_provider_and_excludes_others() {
    let place = Place::new();
    let authority = place.open(&["127.0.0.1", "api.x.ai"], 0).unwrap();
    assert!(verify(place.root(), &authority, "127.0.0.1", "127.0.0.1"));
    assert!(!verify(place.root(), &authority, "127.0.0.2", "127.0.0.2"));
}

#[test]
fn the_same_table_keeps_root_and_intermediate() {
    let place = Place::new();
    let first = place.open(&["api.x.ai"], 0).unwrap();
    let root = place.root();
    let second = place.open(&["api.x.ai"], 1).unwrap();
    assert_eq!((place.root(), &second.intermediate), (root, &first.intermediate));
}

#[test]
fn a_new_host_and_a_near_end_issue_the_intermediate_again() {
    let place = Place::new();
    let first = place.open(&["api.x.ai"], 0).unwrap();
    let root = place.root();
    let more = place.open(&["api.x.ai", "api.z.ai"], 0).unwrap();
    assert_ne!(first.intermediate, more.intermediate);
    assert!(verify(place.root(), &more, "api.z.ai", "api.z.ai"));
    let later = place.open(&["api.x.ai", "api.z.ai"], 340).unwrap();
    assert_ne!(later.intermediate, more.intermediate);
    assert_eq!(place.root(), root);
}

#[test]
fn a_root_without_its_key_is_said_and_not_replaced() {
    let place = Place::new();
    place.open(&["api.x.ai"], 0).unwrap();
    place.secrets.remove(ROOT_KEY).unwrap();
    let root = place.root();
    assert!(place.open(&["api.x.ai"], 0).is_ok());
    assert!(matches!(place.open(&["api.z.ai"], 0), Err(AuthorityError::KeyLost(_))));
    assert_eq!(place.root(), root);
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    place.open(&["api.x.ai"], 0).unwrap();
    let state = place.folder.path().join("state");
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o750)).unwrap();
    let Err(error) = place.open(&["api.x.ai"], 0) else { panic!("was opened") };
    assert!(error.to_string().contains("chmod 700"), "{error}");
}

#[test]
fn a_leaf_is_cached_per_host_and_protocol() {
    let place = Place::new();
    let authority = place.open(&["api.x.ai"], 0).unwrap();
    let config = |alpn: Option<&[u8]>, days| authority.server_config("api.x.ai", alpn, at(days)).unwrap();
    let first = config(Some(b"h2"), 0);
    assert!(Arc::ptr_eq(&first, &config(Some(b"h2"), 1)));
    assert!(!Arc::ptr_eq(&first, &config(None, 1)));
    assert!(!Arc::ptr_eq(&first, &config(Some(b"h2"), 7)));
    assert_eq!(first.alpn_protocols, vec![b"h2".to_vec()]);
}
