//! Where a value stands in a text.

use memchr::memmem;

use crate::action::host_of;
use crate::disguise::percents_undone;

/// The host of an address, with or without a scheme.
pub(super) fn address_host(value: &str) -> Option<String> {
    if value.contains(char::is_whitespace) || value.contains('@') {
        return None;
    }
    match value.split_once("://") {
        Some(_) => host_of(value),
        None => {
            let host = value.split(['/', '?', '#']).next().unwrap_or(value);
            (value.len() > host.len() && host.contains('.')).then(|| host.to_owned())
        }
    }
}

/// Where `value` stands in `text` as a word of its own, or as a line as JSON and URLs write it.
pub(super) fn find(text: &str, value: &str) -> Option<usize> {
    if value.is_empty() || value.len() > text.len() {
        return None;
    }
    if let Some(at) = find_plain(text, value) {
        return Some(at);
    }
    if value.contains(['"', '\\', '\n', '\t']) {
        let quoted = serde_json::to_string(value).ok()?;
        return find_plain(text, quoted.get(1..quoted.len() - 1)?);
    }
    if value.contains('%') {
        return find_plain(text, &percents_undone(value));
    }
    None
}

fn find_plain(text: &str, value: &str) -> Option<usize> {
    occurrences(text, value).next()
}

/// Where `value` stands in `text` as a word of its own.
pub(super) fn occurrences<'t>(text: &'t str, value: &'t str) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let starts_word = word(value.as_bytes().first());
    let ends_word = word(value.as_bytes().last());
    let decimal = value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    memmem::find_iter(bytes, value.as_bytes()).filter(move |&at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + value.len());
        // `\n` before a word is how JSON inside JSON writes a new line.
        let escaped =
            matches!(before, Some(b'n' | b't' | b'r')) && at >= 2 && bytes.get(at - 2) == Some(&b'\\');
        (!starts_word || !word(before) || escaped)
            && (!ends_word || !word(after) || (decimal && after == Some(&b'0')))
    })
}
