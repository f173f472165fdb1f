//! A choice without the calls that were replaced.

use crate::json::{Node, Splice, quote};

use super::piece::{Key, Piece};
use super::{each_text, holders};

/// What becomes of one piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    /// It is taken out.
    pub(super) gone: bool,
    /// This text goes in its place.
    pub(super) text: Option<String>,
    /// It stays, under this index.
    pub(super) index: Option<u64>,
}

/// Changes one holder of a choice. `fates` has one for each piece of it. Texts are set off from what was said before.
pub(super) fn rewrite_holder(
    holder: Node<'_>,
    pieces: &[Piece<'_>],
    fates: &[Fate],
    said_before: bool,
    splice: &mut Splice,
) {
    let gone = |legacy: bool| {
        let mut of_kind =
            pieces.iter().zip(fates).filter(|(piece, _)| (piece.key == Key::Legacy) == legacy).peekable();
        of_kind.peek().is_some() && of_kind.all(|(_, fate)| fate.gone)
    };
    let (tools_gone, legacy_gone) = (gone(false), gone(true));
    let removed = splice.remove_members(holder, |name| {
        (name == "tool_calls" && tools_gone) || (name == "function_call" && legacy_gone)
    });
    if !tools_gone && let Some(entries) = holder.get("tool_calls") {
        splice.remove_items(entries, |at, _| fates.get(at).is_some_and(|fate| fate.gone));
        for (piece, fate) in pieces.iter().zip(fates).filter(|(_, fate)| !fate.gone) {
            if let (Some(index), Some(old)) = (fate.index, piece.node.get("index")) {
                splice.replace(old.span(), index.to_string());
            }
        }
    }
    let texts: Vec<&str> = fates.iter().filter_map(|fate| fate.text.as_deref()).collect();
    if !texts.is_empty() {
        add_text(holder, removed, &texts.join("\n\n"), said_before, splice);
    }
}

fn add_text(holder: Node<'_>, removed: usize, text: &str, said_before: bool, splice: &mut Splice) {
    let Some(content) = holder.get("content") else {
        let text = if said_before { format!("\n\n{text}") } else { text.to_owned() };
        return splice.add_member(holder, removed, "content", &quote(&text));
    };
    let mut said = String::new();
    each_text(content, |text| said.push_str(text));
    let gap = if said_before || !said.is_empty() { "\n\n" } else { "" };
    if content.is_array() {
        let end = content.span().end.saturating_sub(1);
        let comma = if content.items().next().is_some() { "," } else { "" };
        let part = format!(r#"{comma}{{"type":"text","text":{}}}"#, quote(&format!("{gap}{text}")));
        return splice.replace(end..end, part);
    }
    splice.replace(content.span(), quote(&format!("{said}{gap}{text}")));
}

/// Probabilities and token numbers of a choice spell out its calls.
pub(super) fn forget_tokens(choice: Node<'_>, splice: &mut Splice) {
    for name in ["logprobs", "token_ids"] {
        if let Some(value) = choice.get(name) {
            splice.replace(value.span(), "null");
        }
    }
}

/// Sets the reason to stop to what it is without any call.
pub(super) fn stop_without_calls(choice: Node<'_>, splice: &mut Splice) {
    for name in ["finish_reason", "native_finish_reason"] {
        if let Some(reason) = choice.get(name)
            && ["tool_calls", "function_call", "tool_call", "tool_use"].iter().any(|word| reason.is_str(word))
        {
            splice.replace(reason.span(), r#""stop""#);
        }
    }
}

/// Whether a choice says why it stops.
pub(super) fn is_finished(choice: Node<'_>) -> bool {
    choice.get("finish_reason").is_some_and(|reason| !reason.is_null() && !reason.is_str(""))
}

/// Whether a chunk has nothing in it but pieces of calls.
pub(super) fn is_bare(value: Node<'_>, choices: Node<'_>) -> bool {
    let empty = |value: Node<'_>| {
        value.is_null() || value.is_str("") || (value.is_array() && value.items().next().is_none())
    };
    value.get("usage").is_none_or(empty)
        && choices.items().all(|choice| {
            !is_finished(choice)
                && holders(choice).flat_map(|holder| holder.members()).all(|member| {
                    ["tool_calls", "function_call", "role"].iter().any(|name| member.key.is_str(name))
                        || empty(member.value)
                })
        })
}
