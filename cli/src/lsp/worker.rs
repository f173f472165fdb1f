//! Judges what is due, one document after the other, and publishes it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tower_lsp_server::Client;
use tower_lsp_server::ls_types::{MessageType, Registration};

use super::desk::{Copy, Desk};
use super::diagnostic::{self, Judged, path_of};

/// Works until the desk is closed.
pub(super) async fn work(client: Client, desk: Arc<Desk>) {
    let mut told = BTreeSet::new();
    let mut watching = false;
    while !desk.is_closed() {
        if desk.watches() && !watching {
            watching = true;
            if let Err(error) = client.register_capability(vec![watched_settings()]).await {
                client.log_message(MessageType::WARNING, format!("settings are not watched: {error}")).await;
            }
        }
        match desk.take_due() {
            Ok(copy) => {
                // What is known without asking is told at once.
                let asks = copy.asks && path_of(&copy).is_some_and(|path| desk.judge.asks_for(&path));
                judge(&client, &desk, Copy { asks: false, ..copy.clone() }, &mut told).await;
                if asks && desk.is_current(&copy) {
                    judge(&client, &desk, copy, &mut told).await;
                }
            }
            Err(None) => desk.changed().await,
            Err(Some(due)) => {
                tokio::select! {
                    () = desk.changed() => {}
                    () = tokio::time::sleep_until(due.into()) => {}
                }
            }
        }
    }
}

async fn judge(client: &Client, desk: &Arc<Desk>, copy: Copy, told: &mut BTreeSet<String>) {
    let (uri, version) = (copy.uri.clone(), copy.version);
    let judging = {
        let (desk, copy) = (Arc::clone(desk), copy.clone());
        tokio::task::spawn_blocking(move || diagnostic::judge(&desk.judge, &copy)).await
    };
    let Judged { diagnostics, problem, unasked, .. } = match judging {
        Ok(judged) => judged,
        Err(error) => {
            client
                .log_message(MessageType::ERROR, format!("`{}` was not judged: {error}", uri.as_str()))
                .await;
            return;
        }
    };
    match problem {
        // The same trouble with the settings is told once, not at every key.
        Some(problem) if told.insert(problem.clone()) => {
            client.show_message(MessageType::ERROR, problem).await
        }
        Some(_) => {}
        None => told.clear(),
    }
    for message in unasked {
        client.log_message(MessageType::WARNING, message).await;
    }
    if desk.is_current(&copy) {
        client.publish_diagnostics(uri, diagnostics, Some(version)).await;
    }
}

fn watched_settings() -> Registration {
    let watchers: Vec<_> = vigil_scan::CONFIG_NAMES
        .iter()
        .map(|name| serde_json::json!({ "globPattern": format!("**/{name}") }))
        .collect();
    Registration {
        id: "vigil-settings".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: Some(serde_json::json!({ "watchers": watchers })),
    }
}
