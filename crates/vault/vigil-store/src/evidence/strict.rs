//! Whether a text can stand in an evidence object as JSON.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// An auditor refuses more than 128 open containers; arguments stand below two of ours.
const MAX_DEPTH: u32 = 100;

/// Whether `text` is one JSON value that an auditor reads too: no repeated names, not nested too deep. Texts for which
/// that is not sure (lone surrogates, numbers beyond a double) are no: they are kept as a string instead.
pub(super) fn is_strict_json(text: &str) -> bool {
    let mut reader = serde_json::Deserializer::from_str(text);
    Value { depth: 0 }.deserialize(&mut reader).and_then(|()| reader.end()).is_ok()
}

struct Value {
    depth: u32,
}

impl Value {
    fn below<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth < MAX_DEPTH { Ok(Self { depth: self.depth + 1 }) } else { Err(E::custom("too deep")) }
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(self.below()?)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(Name(name)) = members.next_key()? {
            if !names.insert(name) {
                return Err(A::Error::custom("repeated name"));
            }
            members.next_value_seed(self.below()?)?;
        }
        Ok(())
    }
}

struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_an_auditor_would_refuse() {
        for (text, strict) in [
            (r#"{"a":[1,2.5,null,true,"x"],"b":{}}"#, true),
            (" 7 ", true),
            (r#"{"a":1,"a":2}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            (r#"{"a":"\ud800"}"#, false),
            ("1e999", false),
            ("{", false),
            ("{} {}", false),
            ("", false),
        ] {
            assert_eq!(is_strict_json(text), strict, "{text}");
        }
        assert!(is_strict_json(&format!("{}{}", "[".repeat(99), "]".repeat(99))));
        assert!(!is_strict_json(&format!("{}{}", "[".repeat(102), "]".repeat(102))));
    }
}
