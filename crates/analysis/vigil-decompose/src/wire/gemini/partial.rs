//! Arguments that come in pieces (`partialArgs`), put together to one JSON value.
//!
//! ```text
//! {"functionCall":{"name":"cook","willContinue":true}}
//! {"functionCall":{"partialArgs":[{"jsonPath":"$.steps[0]","stringValue":"Boil","willContinue":true}],"willContinue":true}}
//! {"functionCall":{"partialArgs":[{"jsonPath":"$.steps[0]","stringValue":" water"}],"willContinue":true}}
//! {"functionCall":{}}
//! ```
//!
//! Pieces of a string are joined, every other value replaces what was there.

use crate::json::{Kind, Node, quote};

/// A value under construction. Numbers and words keep the text in which they came.
#[derive(Debug)]
pub(super) enum Value {
    Object(Vec<(String, Value)>),
    Array(Vec<Value>),
    Text(String),
    Raw(String),
}

/// A list may be filled with this many gaps at once: memory follows what was read, not a number in it.
const WIDEST_GAP: usize = 16;
/// Steps of a path: deeper ones are no arguments.
const DEEPEST: usize = 128;

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl Value {
    /// An object without members: what arguments begin as.
    pub(super) fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// The value that a text holds.
    pub(super) fn of(node: Node<'_>) -> Self {
        match node.kind() {
            Kind::Object => {
                let mut members: Vec<(String, Self)> = Vec::new();
                for member in node.members() {
                    members.retain(|(name, _)| *name != *member.name());
                    members.push((member.name().into_owned(), Self::of(member.value)));
                }
                Self::Object(members)
            }
            Kind::Array => Self::Array(node.items().map(Self::of).collect()),
            Kind::String => Self::Text(node.as_str().unwrap_or_default().into_owned()),
            Kind::Number | Kind::Bool | Kind::Null => Self::Raw(node.raw_text().to_owned()),
        }
    }

    /// Puts a value where the path leads. The error names the fault.
    pub(super) fn place(&mut self, path: &str, value: Value) -> Result<(), &'static str> {
        let steps = parse_path(path)?;
        let mut node = self;
        for step in steps {
            node = node.child(step)?;
        }
        match (node, value) {
            (Self::Text(text), Self::Text(more)) => text.push_str(&more),
            (node, value) => *node = value,
        }
        Ok(())
    }

    /// The node one step down. What is no list or object there becomes one, as it does for the official SDKs.
    fn child(&mut self, step: Step) -> Result<&mut Value, &'static str> {
        match step {
            Step::Member(name) => {
                if !matches!(self, Self::Object(_)) {
                    *self = Self::empty();
                }
                let Self::Object(members) = self else { return Err("a path leads nowhere") };
                let found = match members.iter().position(|(known, _)| *known == name) {
                    Some(found) => found,
                    None => {
                        members.push((name, Self::nothing()));
                        members.len() - 1
                    }
                };
                members.get_mut(found).map(|(_, node)| node).ok_or("a path leads nowhere")
            }
            Step::Element(index) => {
                if !matches!(self, Self::Array(_)) {
                    *self = Self::Array(Vec::new());
                }
                let Self::Array(elements) = self else { return Err("a path leads nowhere") };
                if index > elements.len() + WIDEST_GAP {
                    return Err("a path leaves a gap in a list");
                }
                while elements.len() <= index {
                    elements.push(Self::nothing());
                }
                elements.get_mut(index).ok_or("a path leads nowhere")
            }
        }
    }

    /// `null`.
    pub(super) fn nothing() -> Self {
        Self::Raw("null".to_owned())
    }

    /// The JSON of the value.
    pub(super) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Raw(text) => out.push_str(text),
            Self::Text(text) => out.push_str(&quote(text)),
            Self::Array(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(&quote(name));
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// `$.recipe.steps[0]` and `$['a b'][0]`.
fn parse_path(path: &str) -> Result<Vec<Step>, &'static str> {
    const FAULT: &str = "a `jsonPath` that is no path";
    let mut rest = path.strip_prefix('$').ok_or(FAULT)?;
    let mut steps: Vec<Step> = Vec::new();
    while !rest.is_empty() {
        if steps.len() == DEEPEST {
            return Err("a `jsonPath` that is too deep");
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, left) = after.split_at(end);
            if name.is_empty() || name.contains(']') {
                return Err(FAULT);
            }
            steps.push(Step::Member(name.to_owned()));
            rest = left;
        } else if let Some(after) = rest.strip_prefix('[') {
            let quote = after.chars().next().filter(|first| matches!(first, '\'' | '"'));
            let (step, left) = match quote {
                Some(mark) => {
                    let inside = after.get(1..).ok_or(FAULT)?;
                    let end = inside.find(mark).ok_or(FAULT)?;
                    let (name, left) = inside.split_at(end);
                    (Step::Member(name.to_owned()), left.get(1..).ok_or(FAULT)?)
                }
                None => {
                    let end = after.find(']').ok_or(FAULT)?;
                    let (digits, left) = after.split_at(end);
                    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                        return Err(FAULT);
                    }
                    (Step::Element(digits.parse().map_err(|_| FAULT)?), left)
                }
            };
            steps.push(step);
            rest = left.strip_prefix(']').ok_or(FAULT)?;
        } else {
            return Err(FAULT);
        }
    }
    if steps.is_empty() { Err(FAULT) } else { Ok(steps) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assembled(pieces: &[(&str, Value)]) -> Result<String, &'static str> {
        let mut value = Value::empty();
        for (path, piece) in pieces {
            let piece = match piece {
                Value::Text(text) => Value::Text(text.clone()),
                Value::Raw(text) => Value::Raw(text.clone()),
                _ => panic!("a piece is a string or a word"),
            };
            value.place(path, piece)?;
        }
        Ok(value.to_json())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn strings_are_joined_and_other_values_replace() {
        let pieces = [
            ("$.a", text("x")),
            ("$.a", text("y\"")),
            ("$.n", Value::Raw("1".into())),
            ("$.n", Value::Raw("2.50".into())),
        ];
        assert_eq!(assembled(&pieces).unwrap(), r#"{"a":"xy\"","n":2.50}"#);
    }

    #[test]
    fn lists_and_objects_grow_along_the_path() {
        let pieces = [
            ("$.r.i[0].name", text("egg")),
            ("$.r.i[1].name", text("salt")),
            ("$['a b'][0]", Value::Raw("true".into())),
        ];
        assert_eq!(
            assembled(&pieces).unwrap(),
            r#"{"r":{"i":[{"name":"egg"},{"name":"salt"}]},"a b":[true]}"#
        );
    }

    #[test]
    fn a_number_in_a_path_allocates_nothing_by_itself() {
        assert!(assembled(&[("$.a[4000000000]", text("x"))]).is_err());
        assert!(assembled(&[("$.a[99999999999999999999999]", text("x"))]).is_err());
    }

    #[test]
    fn what_is_no_path_is_an_error() {
        for path in ["", "a", "$", "$.", "$..a", "$[", "$[]", "$[x]", "$['a", "$['a'", "$.a]", "$a"] {
            assert!(assembled(&[(path, text("x"))]).is_err(), "{path}");
        }
        let deep = format!("${}", ".a".repeat(200));
        assert!(assembled(&[(&deep, text("x"))]).is_err());
    }
}
