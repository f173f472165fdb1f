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
    let ca = TestCa::new();
    let list = CertificateRevocationListParams {
        this_update: day(-1).not_before,
        next_update: day(30).not_before,
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
    .signed_by(&ca.issuer)
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.pem");
    std::fs::write(&file, list.pem().unwrap()).unwrap();
    let server = ca.server(&[HOST], |_| ());
    let change = |config: &mut ProxyConfig| config.crl_files = vec![file];
    Stage::serving(&ca, Some(server), "127.0.0.1:0", change).await.client().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_whose_own_staple_calls_it_revoked_fails() {
    for (revoked, serial) in [(true, 4711_u16), (false, 4711), (true, 4712)] {
        let ca = TestCa::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(4711));
        let leaf = params.signed_by(&key, &ca.issuer).unwrap().der().clone();
        let server = server_of(vec![leaf], &key, staple(&serial.to_be_bytes(), revoked));
        if revoked && serial == 4711 {
            fails(&ca, server, |_| (), AlertDescription::CertificateRevoked, "was revoked").await;
        } else {
            Stage::serving(&ca, Some(server), "127.0.0.1:0", |_| ()).await.client().await;
        }
    }
}

/// An OCSP response about one certificate, without a signature that anyone could check.
fn staple(serial: &[u8], revoked: bool) -> Vec<u8> {
    let value = |tag: u8, content: &[u8]| {
        let length = content.len();
        let short = u8::try_from(length).ok().filter(|length| *length < 128);
        let head = short
            .map_or_else(|| vec![tag, 0x82, (length >> 8) as u8, length as u8], |short| vec![tag, short]);
        [head.as_slice(), content].concat()
    };
    let hash = value(4, &[7; 20]);
    let sha1 = value(0x30, &value(6, &[0x2b, 0x0e, 0x03, 0x02, 0x1a]));
    let id = value(0x30, &[sha1.clone(), hash.clone(), hash, value(2, serial)].concat());
    let time = value(0x18, b"20260101000000Z");
    let status = if revoked { value(0xa1, &time) } else { value(0x80, &[]) };
    let single = value(0x30, &[id, status, time.clone()].concat());
    let data = value(0x30, &[value(0xa2, &value(4, &[9; 20])), time, value(0x30, &single)].concat());
    let basic = value(0x30, &[data, sha1, value(3, &[0, 1, 2])].concat());
    let oid = value(6, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01]);
    let bytes = value(0x30, &[oid, value(4, &basic)].concat());
    value(0x30, &[value(10, &[0]), value(0xa0, &bytes)].concat())
}

/// Weak keys and signatures that no library here makes: `openssl` does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_certificate_fails() {
    for (key, digest) in [("rsa:1024", "sha256"), ("rsa:2048", "sha1")] {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("ext"), format!("subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE\n"))
            .unwrap();
        let made = [
            format!(
                "req -x509 -newkey rsa:2048 -nodes -keyout {} -out {} -subj /CN=weakroot",
                path("ca.key"),
                path("ca.pem")
            ),
            format!("req -newkey {key} -nodes -keyout {} -out {} -subj /CN=weak", path("key"), path("csr")),
            format!(
                "x509 -req -in {} -CA {} -CAkey {} -CAcreateserial -{digest} -extfile {} -out {}",
                path("csr"),
                path("ca.pem"),
                path("ca.key"),
                path("ext"),
                path("pem")
            ),
        ];
        for arguments in made {
            let run = std::process::Command::new("openssl").args(arguments.split(' ')).output();
            match run {
                Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
                Err(error) => return println!("skipped: no openssl here: {error}"),
            }
        }
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let arguments = format!(
            "s_server -accept 127.0.0.1:{port} -cert {} -key {} -quiet -cipher ALL:@SECLEVEL=0",
            path("pem"),
            path("key")
        );
        let mut server = std::process::Command::new("openssl")
            .args(arguments.split(' '))
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let ca = TestCa { pem: std::fs::read_to_string(path("ca.pem")).unwrap(), ..TestCa::new() };
        let stage = Stage::serving(&ca, None, "127.0.0.1:0", |config| {
            config.resolve.insert((HOST.to_owned(), 443), ([127, 0, 0, 1], port).into());
        })
        .await;
        let (stream, _) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
        let result = secure(stream, &stage.ca_file, HOST, &["http/1.1"]).await;
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(result.is_err(), "{key} {digest}");
        let notice = stage.pipeline.notice(NoticeKind::UpstreamCertificate).await;
        assert!(notice.text.contains("weak"), "{key} {digest}: {}", notice.text);
    }
}
