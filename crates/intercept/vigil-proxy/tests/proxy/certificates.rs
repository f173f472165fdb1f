//! P11: a bad certificate of the upstream is a failure for the client, and the reason is said.

use std::time::Duration;

use rcgen::{
    CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, KeyIdMethod, KeyPair,
    RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::{AlertDescription, ServerConfig};
use vigil_core::message::NoticeKind;
use vigil_proxy::ProxyConfig;

use crate::client::{connect, secure};
use crate::stage::{HOST, Stage, TestCa, server_of};

async fn fails(
    authority: &TestCa,
    server: ServerConfig,
    change: impl FnOnce(&mut ProxyConfig),
    alert: AlertDescription,
    words: &str,
) {
    let stage = Stage::serving(authority, Some(server), "127.0.0.1:0", change).await;
    let (stream, status) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
    assert_eq!(status, 200);
    let error = secure(stream, &stage.ca_file, HOST, &["http/1.1"]).await.expect_err(words);
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    assert_eq!(inner, Some(&rustls::Error::AlertReceived(alert)), "{words}");
    let notice = stage.pipeline.notice(NoticeKind::UpstreamCertificate).await;
    assert!(notice.text.contains(words) && notice.host.as_deref() == Some(HOST), "{}", notice.text);
}

fn day(offset: i64) -> rcgen::CertificateParams {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64 + offset * 86_400;
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(1970, 1, 1) + Duration::from_secs(now as u64);
    params
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_certificate_fails_the_clients_handshake() {
    let ca = TestCa::new();
    let expired = ca.server(&[HOST], |params| params.not_after = day(-1).not_before);
    fails(&ca, expired, |_| (), AlertDescription::CertificateExpired, "has expired").await;
    let early = ca.server(&[HOST], |params| params.not_before = day(2).not_before);
    fails(&ca, early, |_| (), AlertDescription::CertificateExpired, "not valid yet").await;
    let wrong_host = ca.server(&["elsewhere.test"], |_| ());
    fails(&ca, wrong_host, |_| (), AlertDescription::BadCertificate, "another host").await;
    let unknown = TestCa::named("another root").server(&[HOST], |_| ());
    fails(&ca, unknown, |_| (), AlertDescription::UnknownCA, "nothing on this machine trusts").await;
    let client_only =
        ca.server(&[HOST], |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]);
    fails(&ca, client_only, |_| (), AlertDescription::CertificateUnknown, "not for servers").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_signed_by_itself_fails() {
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![HOST.to_owned()]).unwrap().self_signed(&key).unwrap();
    let server = server_of(vec![leaf.der().clone()], &key, Vec::new());
    fails(&TestCa::new(), server, |_| (), AlertDescription::UnknownCA, "signed by itself").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_certificate_fails_when_a_list_says_so() {
    let ca = TestCa::new();
    let serial = SerialNumber::from(4711);
    let list = CertificateRevocationListParams {
        this_update: day(-1).not_before,
        next_update: day(30).not_before,
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: serial.clone(),
            revocation_time: day(-1).not_before,
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    }
    .signed_by(&ca.issuer)
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("list.pem", list.pem().unwrap().into_bytes()), ("list.der", list.der().to_vec())] {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let server = ca.server(&[HOST], |params| params.serial_number = Some(serial.clone()));
        let change = |config: &mut ProxyConfig| config.crl_files = vec![file];
        fails(&ca, server, change, AlertDescription::CertificateRevoked, "was revoked").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_certificate_passes_with_a_list_that_names_others() {
    let stage = Stage::new().await;
    stage.client().await;
}
