//! What the client says: each message changes the desk.

use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CodeActionResponse,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, InitializeParams,
    InitializeResult, OneOf, PositionEncodingKind, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    Uri, WorkspaceFolder, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use tower_lsp_server::{Client, LanguageServer};

use super::action;
use super::desk::Desk;

/// The server of one client.
pub(super) struct Backend {
    client: Client,
    desk: Arc<Desk>,
}

impl Backend {
    pub(super) fn new(client: Client, desk: Arc<Desk>) -> Self {
        Self { client, desk }
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let watches = params
            .capabilities
            .workspace
            .as_ref()
            .and_then(|workspace| workspace.did_change_watched_files.as_ref()?.dynamic_registration)
            .unwrap_or(false);
        let mut roots = paths(params.workspace_folders.unwrap_or_default());
        if roots.is_empty() {
            #[expect(deprecated, reason = "older clients name one folder, and so")]
            roots.extend(params.root_uri.as_ref().and_then(path));
        }
        self.desk.begin(roots, watches);
        Ok(InitializeResult {
            capabilities: capabilities(),
            server_info: Some(ServerInfo {
                name: "vigil".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            offset_encoding: None,
        })
    }

    async fn initialized(&self, _: tower_lsp_server::ls_types::InitializedParams) {
        self.desk.all_due();
    }

    async fn shutdown(&self) -> Result<()> {
        self.desk.shut_down();
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.desk.open(document.uri, document.text, document.version);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        self.desk.change(&document.uri, &params.content_changes, document.version);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.desk.due(&params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri;
        self.desk.forget(&uri);
        self.client.publish_diagnostics(uri, Vec::new(), None).await;
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.desk.judge.forget();
        self.desk.all_due();
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        self.desk.judge.forget();
        self.desk.move_roots(paths(params.event.added), &paths(params.event.removed));
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let wanted = params.context.only.as_deref();
        let quick = CodeActionKind::QUICKFIX;
        // A kind stands for all kinds below it: the empty one for all.
        if wanted.is_some_and(|kinds| !kinds.iter().any(|kind| kind.as_str().is_empty() || *kind == quick)) {
            return Ok(None);
        }
        let Some(copy) = self.desk.copy(&params.text_document.uri) else { return Ok(None) };
        let desk = Arc::clone(&self.desk);
        let actions = tokio::task::spawn_blocking(move || action::of_range(&desk.judge, &copy, params.range));
        actions.await.map(Some).map_err(|_| Error::internal_error())
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(PositionEncodingKind::UTF16),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}

fn paths(folders: Vec<WorkspaceFolder>) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| path(&folder.uri)).collect()
}

fn path(uri: &Uri) -> Option<PathBuf> {
    uri.to_file_path().map(|path| path.into_owned())
}
