//! `uv.toml`: indexes that hold for all Python packages.

use toml::{Table, Value};

use crate::deps::declared::IndexSetting;

/// Reads the file; what is no TOML says nothing.
pub(super) fn settings(text: &str) -> Vec<IndexSetting> {
    let Ok(root) = text.parse::<Table>() else { return Vec::new() };
    let mut settings = Vec::new();
    for index in root.get("index").and_then(Value::as_array).into_iter().flatten() {
        let Some(url) = index.get("url").and_then(Value::as_str) else { continue };
        let on = |key: &str| index.get(key).and_then(Value::as_bool) == Some(true);
        if on("default") {
            settings.push(IndexSetting::Only(url.to_owned()));
        } else if !on("explicit") {
            settings.push(IndexSetting::Extra(url.to_owned()));
        }
    }
    for table in [Some(&root), root.get("pip").and_then(Value::as_table)].into_iter().flatten() {
        if let Some(url) = table.get("index-url").and_then(Value::as_str) {
            settings.push(IndexSetting::Only(url.to_owned()));
        }
        let extra = table.get("extra-index-url").and_then(Value::as_array).into_iter().flatten();
        settings.extend(extra.filter_map(Value::as_str).map(|url| IndexSetting::Extra(url.to_owned())));
        if table.get("no-index").and_then(Value::as_bool) == Some(true) {
            settings.push(IndexSetting::NoIndex);
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_stand_in_three_places() {
        let only = |url: &str| IndexSetting::Only(url.to_owned());
        let extra = |url: &str| IndexSetting::Extra(url.to_owned());
        assert_eq!(
            settings("index-url = 'https://a.invalid'\nextra-index-url = ['https://b.invalid', 3]"),
            [only("https://a.invalid"), extra("https://b.invalid")]
        );
        assert_eq!(
            settings(
                "[[index]]\nurl='https://c.invalid'\ndefault=true\n[[index]]\nurl='https://d.invalid'\nexplicit=true\n[[index]]\nurl='https://e.invalid'\n[pip]\nno-index=true\n"
            ),
            [only("https://c.invalid"), extra("https://e.invalid"), IndexSetting::NoIndex]
        );
        for text in ["", "[", "index = 3", "[[index]]\nurl=1"] {
            assert_eq!(settings(text), []);
        }
    }
}
