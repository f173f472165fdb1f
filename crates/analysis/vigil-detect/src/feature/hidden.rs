//! What a reader does not see: invisible characters and letters that look like others.

/// Whether a character takes no room, turns the direction of writing, or is a tag.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The scripts that have letters like Latin ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Other,
}

/// The script of a letter; `None` for what is no letter.
pub(super) fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{ff21}'..='\u{ff5a}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' => Some(Script::Cyrillic),
        _ if c.is_alphabetic() => Some(Script::Other),
        _ => None,
    }
}

/// Whether a word has letters of more than one of the scripts that look alike.
pub(super) fn is_mixed(word: &str) -> bool {
    let mut first = None;
    for script in word.chars().filter_map(script).filter(|script| *script != Script::Other) {
        if *first.get_or_insert(script) != script {
            return true;
        }
    }
    false
}
