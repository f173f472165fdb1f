//! A cell of a Jupyter notebook that changes.

use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Value, json};

use super::{Draft, Lines};

/// What happens to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Its new source.
    pub(crate) source: String,
    /// Which cell; none for the first, or for a new one at the top.
    pub(crate) id: Option<String>,
    /// It is code; `None` leaves it as it is.
    pub(crate) code: Option<bool>,
    /// `replace`, `insert` or `delete`.
    pub(crate) mode: String,
}

impl Cell {
    /// The notebook afterwards; `None` when it cannot be changed so.
    pub(super) fn draft(&self, old: &str) -> Option<Draft> {
        let old: Value = serde_json::from_str(old).ok()?;
        let mut new = old.clone();
        let cells = new.get_mut("cells")?.as_array_mut()?;
        let at = match &self.id {
            None => None,
            Some(id) => Some(
                cells.iter().position(|cell| cell.get("id").and_then(Value::as_str) == Some(id)).or_else(
                    || {
                        id.strip_prefix("cell-")
                            .unwrap_or(id)
                            .parse()
                            .ok()
                            .filter(|&at: &usize| at < cells.len())
                    },
                )?,
            ),
        };
        match self.mode.as_str() {
            "delete" => return None,
            "insert" => {
                let kind = if self.code == Some(false) { "markdown" } else { "code" };
                let cell = json!({ "cell_type": kind, "metadata": {}, "source": lines(&self.source) });
                cells.insert(at.map_or(0, |at| at + 1), cell);
            }
            _ => {
                let cell = cells.get_mut(at.unwrap_or(0))?.as_object_mut()?;
                cell.insert("source".to_owned(), lines(&self.source));
                if let Some(code) = self.code {
                    cell.insert("cell_type".to_owned(), json!(if code { "code" } else { "markdown" }));
                }
            }
        }
        // Both in one layout, that of Jupyter: then lines that differ are lines that changed.
        let (old, text) = (written(&old)?, written(&new)?);
        let changed = Lines::between(&old, &text);
        Some(Draft { old: Some(old), text, changed })
    }
}

/// A source as notebooks hold it: one text for each line, with its end.
fn lines(source: &str) -> Value {
    source.split_inclusive('\n').map(Value::from).collect()
}

fn written(notebook: &Value) -> Option<String> {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" "));
    notebook.serialize(&mut writer).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTEBOOK: &str = r#"{"cells": [
        {"id": "a", "cell_type": "code", "metadata": {}, "source": ["x = 1\n", "y = 2\n"]},
        {"id": "b", "cell_type": "markdown", "metadata": {}, "source": ["text"]}
    ], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

    fn draft(id: Option<&str>, mode: &str) -> Option<Draft> {
        let cell = Cell {
            source: "x = 1\nnew = 3\n".into(),
            id: id.map(str::to_owned),
            code: None,
            mode: mode.into(),
        };
        cell.draft(NOTEBOOK)
    }

    #[test]
    fn replaces_the_source_of_a_cell() {
        let draft = draft(Some("a"), "replace").unwrap();
        let line = draft.text.lines().position(|line| line.contains("new = 3")).unwrap() as u32 + 1;
        assert!(draft.changed.touch(line, line) && !draft.changed.touch(line - 1, line - 1), "{draft:?}");
    }

    #[test]
    fn inserts_a_cell_behind_another() {
        let text = draft(Some("a"), "insert").unwrap().text;
        let notebook: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(notebook["cells"][1]["source"][1], "new = 3\n");
        assert_eq!(notebook["cells"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn what_does_not_fit_writes_nothing() {
        assert_eq!(draft(Some("nobody"), "replace"), None);
        assert_eq!(draft(Some("a"), "delete"), None);
        assert!(draft(Some("cell-1"), "replace").is_some());
        let cell = Cell { source: String::new(), id: None, code: None, mode: "replace".into() };
        for text in ["", "[]", "{\"cells\": 3}", "{\"cells\": []}"] {
            assert_eq!(cell.draft(text), None, "{text}");
        }
    }
}
