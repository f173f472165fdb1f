//! The chain that clients are shown, judged by another library.

use crate::client::connect;
use crate::stage::{HOST, Stage};

/// OpenSSL with its strict rules trusts nothing but `ca.pem`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_accepts_the_chain_under_strict_rules() {
    let stage = Stage::new().await;
    let proxy = stage.running.proxy_addr.to_string();
    let ca = stage.ca_file.display().to_string();
    let mut arguments =
        vec!["s_client", "-connect", "api.provider.test:443", "-proxy", &proxy, "-CAfile", &ca];
    arguments.extend(["-servername", HOST, "-verify_hostname", HOST, "-x509_strict", "-verify_return_error"]);
    let run =
        tokio::process::Command::new("openssl").args(arguments).stdin(std::process::Stdio::null()).output();
    match run.await {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.contains("Verify return code: 0 (ok)"), "{said}");
        }
        Err(error) => println!("skipped: no openssl here: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_shown_leaf_and_intermediate() {
    let stage = Stage::new().await;
    let client = stage.client().await;
    let chain = client.get_ref().1.peer_certificates().unwrap();
    assert_eq!(chain.len(), 2);
    assert_eq!(connect(stage.running.proxy_addr, "nonsense").await.1, 400);
}
