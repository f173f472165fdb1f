//! The head anchor (spec 10), where it is kept in files beside the store.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// What lies in the directory of keys. Only the two anchors are opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No anchor: there is none yet, or the system key store has it.
    Nothing,
    /// There is an item and none can be read.
    Unreadable,
    /// The newest item that can be read.
    Counts { records: u64, head: String },
}

pub(super) fn find(keys: &Path) -> Found {
    let items = ["vigil-head-anchor-a", "vigil-head-anchor-b"].map(|name| item(&keys.join(name)));
    if items.iter().all(|item| *item == Item::Absent) {
        return Found::Nothing;
    }
    let newest = items
        .into_iter()
        .filter_map(|item| match item {
            Item::Is { generation, records, head } => Some((generation, records, head)),
            Item::Absent | Item::Unreadable => None,
        })
        .max();
    newest.map_or(Found::Unreadable, |(_, records, head)| Found::Counts { records, head })
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    Absent,
    Unreadable,
    Is { generation: u64, records: u64, head: String },
}

fn item(path: &Path) -> Item {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(MAX_ITEM).read_to_string(&mut text)) {
        Ok(_) => parse(&text).unwrap_or(Item::Unreadable),
        Err(error) if error.kind() == ErrorKind::NotFound => Item::Absent,
        Err(_) => Item::Unreadable,
    }
}

/// ```text
/// vigil-anchor/1 LF
/// <generation> LF
/// <entry_count> LF
/// <head_hash> LF
/// <first 8 hex of SHA-256 of all before> LF
/// ```
fn parse(text: &str) -> Option<Item> {
    let lines = text.strip_suffix('\n')?;
    let (before, sum) = lines.rsplit_once('\n')?;
    let hashed = text.get(..=before.len())?;
    let computed: String = Sha256::digest(hashed).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut lines = before.split('\n');
    let (Some("vigil-anchor/1"), Some(generation), Some(records), Some(head), None) =
        (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
    else {
        return None;
    };
    let number = |text: &str| crate::attest::encoding::integer(text.as_bytes());
    (computed == sum).then_some(Item::Is {
        generation: number(generation)?,
        records: number(records)?,
        head: head.to_owned(),
    })
}

const MAX_ITEM: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(generation: u64, records: u64) -> String {
        let before = format!("vigil-anchor/1\n{generation}\n{records}\n{}\n", "ab".repeat(32));
        let sum: String = Sha256::digest(&before).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        before + &sum + "\n"
    }

    #[test]
    fn an_item_is_read_and_a_torn_one_is_not() {
        let whole = text(7, 12);
        let expected = Item::Is { generation: 7, records: 12, head: "ab".repeat(32) };
        assert_eq!(parse(&whole), Some(expected));
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length}");
        }
        assert_eq!(parse(&whole.replacen("12", "13", 1)), None);
    }
}
