//! Changes to a text at known places; everything between them stays byte for byte.

use std::collections::HashMap;
use std::ops::Range;

use super::{Kind, Node, Tape};

/// Changes to one text. An edit inside a span that is removed or replaced is void.
#[derive(Debug, Default)]
pub(crate) struct Splice {
    edits: Vec<(Range<usize>, Vec<u8>)>,
}

impl Splice {
    /// Puts `bytes` where `span` is. An empty span inserts.
    pub(crate) fn replace(&mut self, span: Range<usize>, bytes: impl Into<Vec<u8>>) {
        self.edits.push((span, bytes.into()));
    }

    /// Takes the members of an object that `goes` names out, with the commas they leave. Returns how many went.
    pub(crate) fn remove_members(&mut self, object: Node<'_>, mut goes: impl FnMut(&str) -> bool) -> usize {
        let spans: Vec<_> = object.members().map(|m| (m.span(), goes(&m.name()))).collect();
        self.remove(object, &spans)
    }

    /// Takes items out of an array, with the commas they leave. `goes` hears the place and the item. Returns how many
    /// went.
    pub(crate) fn remove_items(
        &mut self,
        array: Node<'_>,
        mut goes: impl FnMut(usize, Node<'_>) -> bool,
    ) -> usize {
        let spans: Vec<_> = array.items().enumerate().map(|(at, n)| (n.span(), goes(at, n))).collect();
        self.remove(array, &spans)
    }

    /// Puts a member at the end of an object. `removed`: how many of its members the same splice takes out.
    pub(crate) fn add_member(&mut self, object: Node<'_>, removed: usize, name: &str, value: &str) {
        let Some(end) = object.span().end.checked_sub(1).filter(|_| object.kind() == Kind::Object) else {
            return;
        };
        let comma = if object.members().count() > removed { "," } else { "" };
        self.replace(end..end, format!("{comma}{}:{value}", quote(name)));
    }

    fn remove(&mut self, container: Node<'_>, parts: &[(Range<usize>, bool)]) -> usize {
        let gone = parts.iter().filter(|(_, goes)| *goes).count();
        let whole = container.span();
        if gone == 0 {
            return 0;
        }
        if gone == parts.len() {
            self.replace(whole.start + 1..whole.end.saturating_sub(1), "");
            return gone;
        }
        let mut kept_before = false;
        let mut previous_end = whole.start + 1;
        for (at, (span, goes)) in parts.iter().enumerate() {
            if *goes && kept_before {
                self.replace(previous_end..span.end, "");
            } else if *goes {
                let until = parts.get(at + 1).map_or(span.end, |(next, _)| next.start);
                self.replace(span.start..until, "");
            } else {
                kept_before = true;
            }
            previous_end = span.end;
        }
        gone
    }

    /// Whether there is nothing to change.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Writes the changed text.
    pub(crate) fn apply(mut self, original: &[u8], into: &mut Vec<u8>) {
        // Insertions at one place keep their order; a removal that begins there comes after them.
        self.edits.sort_by_key(|(span, _)| (span.start, !span.is_empty()));
        let mut at = 0;
        for (span, bytes) in &self.edits {
            if span.start < at {
                continue;
            }
            into.extend_from_slice(original.get(at..span.start).unwrap_or_default());
            into.extend_from_slice(bytes);
            at = span.end;
        }
        into.extend_from_slice(original.get(at..).unwrap_or_default());
    }
}

/// The text as a JSON string, with its quotes.
pub(crate) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text with only the last of each member that an object repeats. A text that is not JSON stays as it is.
pub(crate) fn without_repeats(json: Vec<u8>) -> Vec<u8> {
    let Ok(tape) = Tape::parse(&json) else { return json };
    if !tape.root(&json).has_duplicates() {
        return json;
    }
    let mut splice = Splice::default();
    tape.root(&json).objects().filter(|object| object.repeats_a_member()).for_each(|object| {
        let last: HashMap<_, _> = object.members().enumerate().map(|(at, m)| (m.name(), at)).collect();
        let spans: Vec<_> = object
            .members()
            .enumerate()
            .map(|(at, member)| (member.span(), last.get(&member.name()) != Some(&at)))
            .collect();
        splice.remove(object, &spans);
    });
    let mut kept = Vec::with_capacity(json.len());
    splice.apply(&json, &mut kept);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn without(json: &str, goes: &[&str]) -> String {
        let tape = Tape::parse(json.as_bytes()).unwrap();
        let root = tape.root(json.as_bytes());
        let mut splice = Splice::default();
        splice.remove_members(root, |name| goes.contains(&name));
        splice.remove_items(root, |_, item| goes.contains(&item.raw_text()));
        let mut out = Vec::new();
        splice.apply(json.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn removes_members_with_their_commas() {
        let json = r#"{ "a":1 , "b":2,"c":3 }"#;
        assert_eq!(without(json, &["a"]), r#"{ "b":2,"c":3 }"#);
        assert_eq!(without(json, &["b"]), r#"{ "a":1,"c":3 }"#);
        assert_eq!(without(json, &["c"]), r#"{ "a":1 , "b":2 }"#);
        assert_eq!(without(json, &["a", "b"]), r#"{ "c":3 }"#);
        assert_eq!(without(json, &["a", "c"]), r#"{ "b":2 }"#);
        assert_eq!(without(json, &["a", "b", "c"]), "{}");
        assert_eq!(without(json, &["d"]), json);
    }

    #[test]
    fn keeps_the_last_of_repeated_members() {
        let json = br#"{"a":{"b":1,"b":2},"a":[{"c":1,"\u0063":2,"d":0}]}"#.to_vec();
        assert_eq!(without_repeats(json), br#"{"a":[{"\u0063":2,"d":0}]}"#);
        assert_eq!(without_repeats(b"{".to_vec()), b"{");
    }

    #[test]
    fn removes_every_copy_of_a_repeated_member() {
        assert_eq!(without(r#"{"a":1,"b":2,"\u0061":3}"#, &["a"]), r#"{"b":2}"#);
    }

    proptest! {
        #[test]
        fn what_stays_is_what_was_there(items in proptest::collection::vec(0u8..6, 0..9), gone in proptest::collection::vec(0u8..6, 0..4)) {
            let json = serde_json::to_string_pretty(&items).unwrap();
            let goes: Vec<_> = gone.iter().map(u8::to_string).collect();
            let goes: Vec<_> = goes.iter().map(String::as_str).collect();
            let left: Vec<u8> = serde_json::from_str(&without(&json, &goes)).unwrap();
            let want: Vec<u8> = items.iter().copied().filter(|i| !gone.contains(i)).collect();
            prop_assert_eq!(left, want);
        }
    }

    #[test]
    fn adds_a_member_where_others_went() {
        for (json, want) in
            [(r#"{"a":1}"#, r#"{"b":"x"}"#), (r#"{}"#, r#"{"b":"x"}"#), (r#"{"c":1}"#, r#"{"c":1,"b":"x"}"#)]
        {
            let tape = Tape::parse(json.as_bytes()).unwrap();
            let root = tape.root(json.as_bytes());
            let mut splice = Splice::default();
            let removed = splice.remove_members(root, |name| name == "a");
            splice.add_member(root, removed, "b", r#""x""#);
            let mut out = Vec::new();
            splice.apply(json.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }
}
