//! Flags and operands.

use crate::action::shell::Word;

/// The words of a command, flags set apart.
pub(crate) struct Operands<'c> {
    words: Vec<&'c Word>,
}

impl<'c> Operands<'c> {
    /// Tells operands from flags. `valued` lists the flags whose value is the next word, with blanks between them.
    pub(crate) fn of(words: &'c [Word], valued: &str) -> Self {
        let mut operands = Vec::new();
        let mut all = words.iter();
        let mut only = false;
        while let Some(word) = all.next() {
            let text = word.text.as_str();
            if only || !text.starts_with('-') || text == "-" {
                operands.push(word);
            } else if text == "--" {
                only = true;
            } else if valued.split(' ').any(|flag| flag == text) {
                all.next();
            }
        }
        Self { words: operands }
    }

    /// The operands after the first `skip`.
    pub(crate) fn rest(self, skip: usize) -> impl Iterator<Item = &'c Word> + use<'c> {
        self.words.into_iter().skip(skip).filter(|word| word.text != "-")
    }
}

/// Whether one of these flags is there: a long one as it is or with `=`, a short one also among others (`-rf`).
pub(crate) fn has(words: &[Word], flags: &[&str]) -> bool {
    words.iter().take_while(|word| word.text != "--").any(|word| {
        flags.iter().any(|flag| {
            let text = word.text.as_str();
            let mut short = flag.chars().skip(1);
            match (short.next(), short.next()) {
                (Some(letter), None) if flag.starts_with('-') => {
                    text.starts_with('-')
                        && !text.starts_with("--")
                        && text.len() <= 12
                        && text.contains(letter)
                }
                _ => text == *flag || text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('=')),
            }
        })
    })
}

/// The value after one of these flags, as its own word, after `=`, or glued to a short one.
pub(crate) fn values<'c>(words: &'c [Word], flags: &'c [&'c str]) -> impl Iterator<Item = Word> + use<'c> {
    words.iter().enumerate().filter_map(move |(at, word)| {
        for flag in flags {
            let Some(rest) = word.text.strip_prefix(flag) else { continue };
            if rest.is_empty() {
                return words.get(at + 1).cloned();
            }
            if let Some(value) = rest.strip_prefix('=') {
                return Some(Word { text: value.to_owned(), ..word.clone() });
            }
            if !flag.starts_with("--") && flag.len() == 2 {
                return Some(Word { text: rest.to_owned(), ..word.clone() });
            }
        }
        None
    })
}

/// What of a word is a value: not the name of a flag.
pub(crate) fn value_of(text: &str) -> Option<&str> {
    match text.strip_prefix('-') {
        None => Some(text),
        Some(_) => text.split_once('=').map(|(_, value)| value).filter(|value| !value.is_empty()),
    }
}
