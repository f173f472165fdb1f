//! What a message says of a call: all of it, or a piece that a later one continues.

use std::borrow::Cow;

use vigil_core::wire::WireFault;

use super::invalid;
use crate::json::Node;

/// An entry of `tool_calls`, or an old-style `function_call`.
pub(super) struct Piece<'t> {
    pub(super) node: Node<'t>,
    pub(super) key: Key,
    /// As it is written, be it empty.
    pub(super) id: Option<Cow<'t, str>>,
    pub(super) name: Option<Cow<'t, str>>,
    /// The type, when it is none that has a name of its own.
    pub(super) builtin: Option<Cow<'t, str>>,
    pub(super) arguments: Cow<'t, str>,
}

impl Piece<'_> {
    /// The id, when it tells one call from another.
    pub(super) fn filled_id(&self) -> Option<&str> {
        self.id.as_deref().filter(|id| !id.is_empty())
    }
}

/// How the pieces of one call are told from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Index(u64),
    /// Hosts that send whole calls leave the index out.
    Missing,
    /// An old-style `function_call`, of which there is one.
    Legacy,
}

/// The pieces in a delta or message, in order.
pub(super) fn pieces(holder: Node<'_>) -> Result<Vec<Piece<'_>>, WireFault> {
    let mut found = Vec::new();
    match holder.get("tool_calls") {
        Some(entries) if entries.is_array() => {
            for entry in entries.items() {
                found.push(tool_call(entry)?);
            }
        }
        Some(other) if !other.is_null() => return Err(invalid("tool_calls are not a list")),
        _ => {}
    }
    found.extend(legacy(holder)?);
    Ok(found)
}

fn tool_call(entry: Node<'_>) -> Result<Piece<'_>, WireFault> {
    if !entry.is_object() {
        return Err(invalid("an entry of tool_calls is not an object"));
    }
    let key = match entry.get("index") {
        None => Key::Missing,
        Some(index) if index.is_null() => Key::Missing,
        Some(index) => {
            Key::Index(index.as_u64().ok_or_else(|| invalid("the index of a call is not a number"))?)
        }
    };
    let (name, arguments) = match (said(entry, "function", "arguments"), said(entry, "custom", "input")) {
        (Some(_), Some(_)) => return Err(invalid("a call is both a function and a custom tool")),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => (None, Cow::Borrowed("")),
    };
    let builtin = filled(entry, "type").filter(|kind| kind != "function" && kind != "custom");
    let id = entry.get("id").and_then(|id| id.as_str());
    Ok(Piece { node: entry, key, id, name, builtin, arguments })
}

/// Name and arguments in one part of an entry; some hosts send the other part beside it, empty.
fn said<'t>(entry: Node<'t>, part: &str, arguments: &str) -> Option<(Option<Cow<'t, str>>, Cow<'t, str>)> {
    let part = entry.get(part)?;
    let (name, arguments) = (filled(part, "name"), argument_text(part, arguments).unwrap_or_default());
    (name.is_some() || !arguments.is_empty()).then_some((name, arguments))
}

/// Some hosts send an empty one beside every answer: it asks for nothing.
fn legacy(holder: Node<'_>) -> Result<Option<Piece<'_>>, WireFault> {
    let Some(function) = holder.get("function_call").filter(|function| !function.is_null()) else {
        return Ok(None);
    };
    if !function.is_object() {
        return Err(invalid("function_call is not an object"));
    }
    let name = filled(function, "name");
    let arguments = argument_text(function, "arguments").unwrap_or_default();
    let is_empty = name.is_none() && arguments.is_empty();
    let piece = Piece { node: function, key: Key::Legacy, id: None, name, builtin: None, arguments };
    Ok((!is_empty).then_some(piece))
}

fn filled<'t>(object: Node<'t>, name: &str) -> Option<Cow<'t, str>> {
    object.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// The exact string, or the JSON of a value that is none.
fn argument_text<'t>(object: Node<'t>, name: &str) -> Option<Cow<'t, str>> {
    let value = object.get(name).filter(|value| !value.is_null())?;
    Some(value.as_str().unwrap_or(Cow::Borrowed(value.raw_text())))
}
