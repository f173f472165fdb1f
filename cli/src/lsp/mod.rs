//! `vigil lsp`: what the scanner finds, while the code is written, over the language server protocol.
//!
//! Handlers change the [`Desk`] and nothing else; one task judges the documents that are due and publishes what it found.
//! Code actions judge the text as it stands at that moment, so that their edits fit it.

mod action;
mod desk;
mod diagnostic;
mod server;
mod text;
mod worker;

use std::sync::Arc;

use tower_lsp_server::{LspService, Server};

use crate::scan::Judge;
use desk::Desk;
use server::Backend;

/// Front ends descend into what they read; this is deep enough for what they allow.
const STACK_BYTES: usize = 8 << 20;

/// Serves one client on standard input and output until it says `exit`. The exit code is 0 when it said `shutdown` first,
/// else 1, as the protocol wants it.
pub(crate) fn serve(judge: Judge) -> anyhow::Result<u8> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().thread_stack_size(STACK_BYTES).build()?;
    let desk = Arc::new(Desk::new(judge));
    runtime.block_on(async {
        let mut worker = None;
        let (service, socket) = LspService::new(|client| {
            worker = Some(tokio::spawn(worker::work(client.clone(), Arc::clone(&desk))));
            Backend::new(client, Arc::clone(&desk))
        });
        // One message after the other: the changes of a document make sense in their order only.
        Server::new(tokio::io::stdin(), tokio::io::stdout(), socket)
            .concurrency_level(1)
            .serve(service)
            .await;
        desk.close();
        if let Some(worker) = worker {
            // Whatever it still had to say, nobody hears it.
            worker.abort();
            let _aborted = worker.await;
        }
    });
    // Reading standard input cannot be interrupted; its thread ends with the process.
    runtime.shutdown_background();
    Ok(if desk.was_shut_down() { crate::exit::OK } else { crate::exit::FAILED })
}
