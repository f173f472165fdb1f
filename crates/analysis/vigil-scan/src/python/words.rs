//! The words of an identifier: `ACCESS_TOKEN_TTL` and `accessTokenTtl` are both access, token, ttl.

/// The words, in order, as they are written.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(Humps)
}

/// Some word of the name is one of these; letter case ignored.
pub(super) fn has_word(name: &str, list: &[&str]) -> bool {
    words(name).any(|word| list.iter().any(|listed| listed.eq_ignore_ascii_case(word)))
}

/// Some word of the name begins with one of these; letter case ignored.
pub(super) fn has_word_starting(name: &str, list: &[&str]) -> bool {
    words(name).any(|word| list.iter().any(|listed| starts_with(word, listed)))
}

/// The text begins with this; letter case of ASCII ignored.
pub(super) fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// The text holds this word or part of one; letter case of ASCII ignored. `part` is lower case.
pub(super) fn contains(text: &str, part: &str) -> bool {
    text.len() >= part.len()
        && text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

struct Humps<'a>(&'a str);

impl<'a> Iterator for Humps<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let mut previous: Option<char> = None;
        let mut end = self.0.len();
        let mut letters = self.0.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let next_is_lower = letters.peek().is_some_and(|(_, next)| next.is_lowercase());
            let starts = previous.is_some_and(|previous| {
                letter.is_uppercase()
                    && (previous.is_lowercase() || (previous.is_uppercase() && next_is_lower))
            });
            if starts {
                end = at;
                break;
            }
            previous = Some(letter);
        }
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(word)
    }
}
