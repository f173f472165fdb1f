//! The head anchor: what the chain's end was, told by something that is not the store (`voaf.md` §10).

use vigil_core::{Secret, SecretError, SecretStore};

use super::Head;
use crate::hex;
use crate::record::sha256;

const NAMES: [&str; 2] = ["vigil-head-anchor-a", "vigil-head-anchor-b"];

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) generation: u64,
    pub(crate) head: Head,
}

/// What the two items say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnchorFound {
    Absent,
    Unreadable(String),
    Counts(Anchor),
}

/// The two items, written in turn: a torn write loses one generation.
pub(crate) struct Anchors {
    generation: u64,
}

impl Anchors {
    /// Reads both items.
    pub(crate) fn load(secrets: &dyn SecretStore) -> (Self, AnchorFound) {
        let mut found = AnchorFound::Absent;
        for name in NAMES {
            let item = match secrets.load(name) {
                Ok(None) => continue,
                Ok(Some(secret)) => core::str::from_utf8(secret.expose())
                    .ok()
                    .and_then(parse)
                    .ok_or_else(|| format!("the item `{name}` is damaged")),
                Err(error) => Err(error.to_string()),
            };
            found = match (found, item) {
                (AnchorFound::Counts(kept), Ok(item)) if kept.generation >= item.generation => {
                    AnchorFound::Counts(kept)
                }
                (_, Ok(item)) => AnchorFound::Counts(item),
                (AnchorFound::Absent, Err(why)) => AnchorFound::Unreadable(why),
                (found, Err(_)) => found,
            };
        }
        let generation = match &found {
            AnchorFound::Counts(anchor) => anchor.generation,
            _ => 0,
        };
        (Self { generation }, found)
    }

    /// Writes the next generation.
    pub(crate) fn write(&mut self, secrets: &dyn SecretStore, head: &Head) -> Result<(), SecretError> {
        let generation = self.generation.saturating_add(1);
        let [even, odd] = NAMES;
        let name = if generation.is_multiple_of(2) { even } else { odd };
        secrets.save(name, &Secret::new(spell(generation, head).into_bytes()))?;
        self.generation = generation;
        Ok(())
    }
}

/// ```text
/// vigil-anchor/1 LF
/// generation LF
/// entry_count LF
/// head_hash LF
/// first 8 hex of SHA-256 of all before LF
/// ```
fn spell(generation: u64, head: &Head) -> String {
    let text = format!("vigil-anchor/1\n{generation}\n{}\n{}\n", head.count, head.hash);
    let check = check(&text);
    text + &check + "\n"
}

fn parse(text: &str) -> Option<Anchor> {
    let mut lines = text.split('\n');
    let (_, generation, count, hash) = (lines.next()?, lines.next()?, lines.next()?, lines.next()?);
    let head = Head { count: count.parse().ok()?, hash: hash.to_owned() };
    let generation = generation.parse().ok()?;
    // One spelling: what parses must print back, checksum included.
    (spell(generation, &head) == text).then_some(Anchor { generation, head })
}

fn check(text: &str) -> String {
    hex::encode(&sha256(text.as_bytes())).get(..8).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_secrets::Memory;

    fn head(count: u64) -> Head {
        Head { count, hash: hex::encode(&sha256(&count.to_be_bytes())) }
    }

    #[test]
    fn the_higher_generation_counts_and_a_torn_one_loses_one() {
        let secrets = Memory::default();
        let (mut anchors, found) = Anchors::load(&secrets);
        assert_eq!(found, AnchorFound::Absent);
        for count in 1..=5 {
            anchors.write(&secrets, &head(count)).unwrap();
            let AnchorFound::Counts(anchor) = Anchors::load(&secrets).1 else { panic!("no anchor") };
            assert_eq!((anchor.generation, anchor.head), (count, head(count)));
        }
        // Generation 5 stands in the odd item.
        secrets.damage(NAMES[1]);
        let AnchorFound::Counts(anchor) = Anchors::load(&secrets).1 else { panic!("no anchor") };
        assert_eq!(anchor.head, head(4));
        secrets.damage(NAMES[0]);
        assert!(matches!(Anchors::load(&secrets).1, AnchorFound::Unreadable(_)));
    }

    #[test]
    fn an_item_has_one_spelling() {
        let text = spell(7, &head(3));
        assert!(parse(&text).is_some());
        assert!(parse(&text.replace("\n7\n", "\n07\n")).is_none());
        assert!(parse(&text.replace("\n3\n", "\n4\n")).is_none());
        assert!(parse(text.trim_end()).is_none());
    }
}
