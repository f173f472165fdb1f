//! A value on a tape.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::parse::{Slot, plain};
use super::{Kind, Tape};

/// A value and where it stands in the text.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    tape: &'t Tape,
    text: &'t str,
    index: usize,
}

/// A member of an object.
#[derive(Clone, Copy)]
pub(crate) struct Member<'t> {
    /// The name, as a string value.
    pub(crate) key: Node<'t>,
    /// The value.
    pub(crate) value: Node<'t>,
}

impl<'t> Member<'t> {
    /// The name with its escapes undone.
    pub(crate) fn name(&self) -> Cow<'t, str> {
        self.key.as_str().unwrap_or_default()
    }

    /// From the opening quote of the name to the end of the value.
    pub(crate) fn span(&self) -> Range<usize> {
        self.key.span().start..self.value.span().end
    }
}

impl<'t> Node<'t> {
    pub(super) fn new(tape: &'t Tape, text: &'t str, index: usize) -> Self {
        Self { tape, text, index }
    }

    /// What the value is. A tape on which nothing was parsed has the root `null`.
    pub(crate) fn kind(&self) -> Kind {
        self.slot().map_or(Kind::Null, |slot| slot.kind)
    }

    /// Where the value stands in the text.
    pub(crate) fn span(&self) -> Range<usize> {
        self.slot().map_or(0..0, |slot| slot.start as usize..slot.end as usize)
    }

    /// The text of the value, as it is written.
    pub(crate) fn raw(&self) -> &'t [u8] {
        self.raw_text().as_bytes()
    }

    /// The text of the value, as it is written.
    pub(crate) fn raw_text(&self) -> &'t str {
        self.text.get(self.span()).unwrap_or_default()
    }

    /// The value of the member with this name; of several the last, as the official SDKs take it.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'t>> {
        self.members().filter(|member| member.key.is_str(name)).last().map(|member| member.value)
    }

    /// The members of an object, in order; none for any other value.
    pub(crate) fn members(&self) -> impl Iterator<Item = Member<'t>> + use<'t> {
        let mut inside = self.inside(Kind::Object);
        core::iter::from_fn(move || Some(Member { key: inside.next()?, value: inside.next()? }))
    }

    /// The items of an array, in order; none for any other value.
    pub(crate) fn items(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.inside(Kind::Array)
    }

    /// A string with its escapes undone. An escape that is half of a surrogate pair becomes U+FFFD: Python and
    /// JavaScript accept it too.
    pub(crate) fn as_str(&self) -> Option<Cow<'t, str>> {
        let slot = self.slot().filter(|slot| slot.kind == Kind::String)?;
        let text = self.raw_text();
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        Some(if slot.escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) })
    }

    /// Whether the value is this string, however it is spelled.
    pub(crate) fn is_str(&self, text: &str) -> bool {
        match self.slot() {
            Some(slot) if slot.kind == Kind::String && !slot.escaped => {
                let (start, end) = (slot.start as usize, slot.end as usize);
                end - start == text.len() + 2
                    && self.text.as_bytes().get(start + 1..end - 1) == Some(text.as_bytes())
            }
            Some(slot) if slot.kind == Kind::String => self.as_str().as_deref() == Some(text),
            _ => false,
        }
    }

    /// A number without sign, fraction and exponent that fits.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        if self.kind() == Kind::Number { self.raw_text().parse().ok() } else { None }
    }

    /// `true` or `false`.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == b"true")
    }

    /// Whether the value is `null`.
    pub(crate) fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        self.kind() == Kind::Object
    }

    /// Whether it is an array.
    pub(crate) fn is_array(&self) -> bool {
        self.kind() == Kind::Array
    }

    /// Whether this object, or any below this value, repeats a member.
    pub(crate) fn has_duplicates(&self) -> bool {
        self.objects().any(|object| object.repeats_a_member())
    }

    /// This object and all below this value, in order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let this = *self;
        let end = self.slot().map_or(0, |slot| slot.next as usize);
        (self.index..end).map(move |index| Node { index, ..this }).filter(Node::is_object)
    }

    /// Whether this object itself repeats a member.
    pub(crate) fn repeats_a_member(&self) -> bool {
        if self.kind() != Kind::Object {
            return false;
        }
        let mut seen = HashSet::new();
        self.members().count() > 1 && self.members().any(|member| !seen.insert(member.name()))
    }

    fn inside(&self, kind: Kind) -> Inside<'t> {
        let end = match self.slot() {
            Some(slot) if slot.kind == kind => slot.next as usize,
            _ => self.index + 1,
        };
        Inside { tape: self.tape, text: self.text, next: self.index + 1, end }
    }

    fn slot(&self) -> Option<&'t Slot> {
        self.tape.slots.get(self.index)
    }
}

struct Inside<'t> {
    tape: &'t Tape,
    text: &'t str,
    next: usize,
    end: usize,
}

impl<'t> Iterator for Inside<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { tape: self.tape, text: self.text, index: self.next };
        self.next = node.slot()?.next as usize;
        Some(node)
    }
}

fn unescape(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    // The text is a string's: nothing but a backslash ends what is plain.
    while let Some((before, behind)) = rest.split_at_checked(plain(rest.as_bytes()))
        && let Some(after) = behind.strip_prefix('\\')
    {
        text.push_str(before);
        let mut chars = after.chars();
        let (c, used) = match chars.next() {
            Some('b') => ('\u{8}', 1),
            Some('f') => ('\u{c}', 1),
            Some('n') => ('\n', 1),
            Some('r') => ('\r', 1),
            Some('t') => ('\t', 1),
            Some('u') => unescape_unit(after),
            Some(same) => (same, same.len_utf8()),
            None => break,
        };
        text.push(c);
        rest = after.get(used..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// The character of `uXXXX`, or of `uXXXX\uXXXX` when that is a surrogate pair, and the length of its spelling.
fn unescape_unit(after: &str) -> (char, usize) {
    let unit = |at: usize| after.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let high = unit(1).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&high)
        && after.get(5..7) == Some("\\u")
        && let Some(low @ 0xdc00..0xe000) = unit(7)
    {
        let c = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        return (c.unwrap_or(char::REPLACEMENT_CHARACTER), 11);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn reads(json: &str, text: &str) {
        let tape = Tape::parse(json.as_bytes()).unwrap();
        assert_eq!(tape.root(json.as_bytes()).as_str().unwrap(), text);
        assert!(tape.root(json.as_bytes()).is_str(text));
    }

    #[test]
    fn undoes_escapes() {
        reads(r#""a""#, "a");
        reads(r#""\u0074ool\u005Fuse""#, "tool_use");
        reads(r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t");
        reads(r#""\ud83d\ude00!""#, "😀!");
    }

    #[test]
    fn replaces_half_a_surrogate_pair() {
        reads(r#""\ud83d""#, "\u{fffd}");
        reads(r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}");
        reads(r#""\ud83dx""#, "\u{fffd}x");
        reads(r#""\ud83d\u0041""#, "\u{fffd}A");
    }

    #[test]
    fn takes_the_last_of_repeated_members() {
        let json = br#"{"a":1,"b":[{"c":0}],"\u0061":2}"#;
        let tape = Tape::parse(json).unwrap();
        let root = tape.root(json);
        assert_eq!(root.get("a").unwrap().as_u64(), Some(2));
        assert_eq!(root.get("a").unwrap().span(), 30..31);
        assert!(root.has_duplicates() && root.repeats_a_member());
        assert!(!root.get("b").unwrap().has_duplicates());
        assert!(root.get("z").is_none());
    }

    #[test]
    fn finds_a_repeated_member_below() {
        let json = br#"[[{"a":{"x":1,"x":2}}]]"#;
        let tape = Tape::parse(json).unwrap();
        assert!(tape.root(json).has_duplicates());
        assert!(!tape.root(json).repeats_a_member());
    }

    #[test]
    fn walks_over_nested_values() {
        let json = br#" { "a" : [ 1 , [2,3] , {} ] , "b" : null } "#;
        let tape = Tape::parse(json).unwrap();
        let root = tape.root(json);
        let names: Vec<_> = root.members().map(|m| (m.name().into_owned(), m.value.raw_text())).collect();
        assert_eq!(names, [("a".to_owned(), "[ 1 , [2,3] , {} ]"), ("b".to_owned(), "null")]);
        let items: Vec<_> = root.get("a").unwrap().items().map(|n| n.raw_text()).collect();
        assert_eq!(items, ["1", "[2,3]", "{}"]);
        assert_eq!(root.items().count() + root.get("b").unwrap().members().count(), 0);
    }

    proptest! {
        #[test]
        fn reads_strings_as_another_parser_does(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let tape = Tape::parse(json.as_bytes()).unwrap();
            let read = tape.root(json.as_bytes()).as_str().unwrap();
            prop_assert_eq!(&*read, text.as_str());
        }
    }
}
