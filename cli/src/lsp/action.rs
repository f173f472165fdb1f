//! Quick fixes: the change that a rule proposes, and a comment that suppresses the finding.

use std::collections::HashMap;
use std::path::Path;

use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CreateFile, CreateFileOptions, Diagnostic,
    DocumentChangeOperation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Position,
    Range, ResourceOp, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use vigil_scan::{Finding, Fix, Language};

use super::desk::Copy;
use super::diagnostic::{self, path_of};
use super::text::Text;
use crate::scan::Judge;

/// Larger files that a fix speaks of are not read.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Most findings that actions are offered for at once: each suppression is tried.
const MAX_FINDINGS: usize = 20;

/// What can be done about the findings that a range touches.
pub(super) fn of_range(judge: &Judge, copy: &Copy, range: Range) -> Vec<CodeActionOrCommand> {
    let judged = diagnostic::judge(judge, copy);
    let mut actions = Vec::new();
    let found = judged.findings.iter().zip(&judged.diagnostics);
    for (finding, told) in found.filter(|(_, told)| touches(told.range, range)).take(MAX_FINDINGS) {
        if let Some(action) = finding.fix.as_ref().and_then(|fix| fixed(fix, told, copy)) {
            actions.push(CodeActionOrCommand::CodeAction(action));
        }
        if let Some(action) = suppressed(judge, finding, &judged.findings, told, copy) {
            actions.push(CodeActionOrCommand::CodeAction(action));
        }
    }
    actions
}

fn touches(one: Range, other: Range) -> bool {
    one.start <= other.end && other.start <= one.end
}

fn fixed(fix: &Fix, told: &Diagnostic, copy: &Copy) -> Option<CodeAction> {
    let edit = match &fix.file {
        None => in_document(copy, edits(fix, &copy.text)?),
        Some(file) => in_file(fix, file, copy)?,
    };
    Some(CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![told.clone()]),
        edit: Some(edit),
        is_preferred: Some(true),
        ..CodeAction::default()
    })
}

fn edits(fix: &Fix, text: &Text) -> Option<Vec<TextEdit>> {
    fix.edits
        .iter()
        .map(|edit| {
            let (start, end) = (edit.start as usize, edit.end as usize);
            text.as_str().get(start..end)?;
            Some(TextEdit::new(Range::new(text.position(start), text.position(end)), edit.text.clone()))
        })
        .collect()
}

fn in_document(copy: &Copy, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit { changes: Some(HashMap::from([(copy.uri.clone(), edits)])), ..WorkspaceEdit::default() }
}

/// A change of another file, which is made when it is not there: `.gitignore`.
fn in_file(fix: &Fix, file: &Path, copy: &Copy) -> Option<WorkspaceEdit> {
    let path = path_of(copy)?;
    let root =
        copy.roots.iter().filter(|root| path.starts_with(root)).max_by_key(|root| root.as_os_str().len())?;
    let file = root.join(file);
    let uri = Uri::from_file_path(&file)?;
    let known = match std::fs::metadata(&file) {
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES => return None,
        Ok(_) => Some(Text::new(std::fs::read_to_string(&file).ok()?)),
        Err(_) => None,
    };
    let edits = edits(fix, known.as_ref().unwrap_or(&Text::new(String::new())))?;
    let edit = DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri: uri.clone(), version: None },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    });
    let options = CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) };
    let create = CreateFile { uri, options: Some(options), annotation_id: None };
    let create = known.is_none().then_some(DocumentChangeOperation::Op(ResourceOp::Create(create)));
    Some(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(create.into_iter().chain([edit]).collect())),
        ..WorkspaceEdit::default()
    })
}

/// A comment that suppresses the finding, where one does: each is tried on the text before it is offered.
fn suppressed(
    judge: &Judge,
    finding: &Finding,
    all: &[Finding],
    told: &Diagnostic,
    copy: &Copy,
) -> Option<CodeAction> {
    let mark = match Language::of_path(&path_of(copy)?)? {
        Language::Python => "#",
        Language::JavaScript => "//",
    };
    let code = finding.rule.code();
    let line = told.range.start.line;
    let text = copy.text.line(line as usize);
    let indent = text.get(..text.len() - text.trim_start().len()).unwrap_or_default();
    let end = Position::new(line, u32::try_from(text.encode_utf16().count()).ok()?);
    let above = Position::new(line, 0);
    let newline = if copy.text.as_str().contains("\r\n") { "\r\n" } else { "\n" };
    let comments = [
        TextEdit::new(Range::new(end, end), format!("  {mark} vigil: ignore[{code}] say why")),
        TextEdit::new(
            Range::new(above, above),
            format!("{indent}{mark} vigil: ignore-next-line[{code}] say why{newline}"),
        ),
    ];
    let edit = comments.into_iter().find(|edit| {
        let mut changed = copy.clone();
        changed.text.change(Some(edit.range), &edit.new_text);
        let after = diagnostic::judge(judge, &changed).findings;
        after.len() < all.len() && after.iter().all(|left| all.iter().any(|known| same(left, known)))
    })?;
    Some(CodeAction {
        title: format!("Ignore {code} here, with a reason"),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![told.clone()]),
        edit: Some(in_document(copy, vec![edit])),
        ..CodeAction::default()
    })
}

fn same(one: &Finding, other: &Finding) -> bool {
    one.rule == other.rule && one.message == other.message
}
