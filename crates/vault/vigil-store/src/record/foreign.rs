//! Values that peers choose (`voaf.md` §14.2): none of them can make a record unwritable.

use super::sha256;
use crate::hex;

/// The longest value of a peer that stands in a record as it is.
const MAX_FOREIGN_BYTES: usize = 4096;
/// The longest array that we fill.
const MAX_OWN_ELEMENTS: usize = 256;

/// The value, or `sha256:` and the digest of a long one; the evidence holds it whole.
pub(crate) fn foreign(value: &str) -> String {
    if value.len() > MAX_FOREIGN_BYTES {
        format!("sha256:{}", hex::encode(&sha256(value.as_bytes())))
    } else {
        value.to_owned()
    }
}

/// The first elements of a list, each no longer than a peer's value may be.
pub(crate) fn capped(values: &[String]) -> Vec<String> {
    values.iter().take(MAX_OWN_ELEMENTS).map(|value| foreign(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_replaced_by_its_digest() {
        assert_eq!(foreign("bash"), "bash");
        assert_eq!(foreign(&"A".repeat(4096)).len(), 4096);
        let digest = foreign(&"A".repeat(4097));
        assert_eq!(digest.len(), "sha256:".len() + 64);
        assert!(digest.starts_with("sha256:"));
    }

    #[test]
    fn a_list_is_capped_in_order() {
        let list: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        assert_eq!(capped(&list), list[..256]);
    }
}
