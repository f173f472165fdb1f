//! A shell word to the words it becomes: quotes, escapes, braces, and variables whose value the text itself tells.

use super::scope::Scope;

/// A word after expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its text; a variable that nobody can tell stands as `$NAME`, a substitution as `$(…)`.
    pub(crate) text: String,
    /// Some of it is known only when the command runs.
    pub(crate) unknown: bool,
    /// It has an unquoted `*`, `?` or `[`.
    pub(crate) glob: bool,
}

impl Word {
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        Self { text: text.into(), unknown: false, glob: false }
    }

    /// A word that only the running command knows.
    pub(crate) fn opaque(text: impl Into<String>) -> Self {
        Self { text: text.into(), unknown: true, glob: false }
    }
}

/// What a word becomes, and the command substitutions in it.
#[derive(Debug, Default)]
pub(crate) struct Expansion {
    pub(crate) words: Vec<Word>,
    pub(crate) substitutions: Vec<String>,
}

/// How many words one word may become.
const MAX_WORDS: usize = 64;

/// Expands one word.
pub(crate) fn expand(raw: &str, scope: &Scope) -> Expansion {
    let mut done = Expansion::default();
    let mut alternatives = Vec::new();
    braces(raw, &mut alternatives, 0);
    for alternative in alternatives {
        let mut reader =
            Reader { rest: &alternative, scope, fields: Vec::new(), open: None, found: Vec::new() };
        reader.unquoted();
        done.words.extend(reader.fields);
        done.words.extend(reader.open);
        done.substitutions.extend(reader.found);
    }
    done.words.truncate(MAX_WORDS);
    done.substitutions.truncate(MAX_WORDS);
    done
}

/// Expands one word to one text, as in an assignment or a redirection.
pub(crate) fn expand_one(raw: &str, scope: &Scope) -> (Word, Vec<String>) {
    let expansion = expand(raw, scope);
    let mut words = expansion.words.into_iter();
    let mut one = words.next().unwrap_or_default();
    for word in words {
        one.text.push(' ');
        one.text.push_str(&word.text);
        one.unknown |= word.unknown;
        one.glob |= word.glob;
    }
    (one, expansion.substitutions)
}

/// The command substitutions in the body of a here-document, where quotes mean nothing.
pub(crate) fn heredoc_substitutions(body: &str, scope: &Scope) -> Vec<String> {
    let mut reader = Reader { rest: body, scope, fields: Vec::new(), open: None, found: Vec::new() };
    reader.double(None);
    reader.found.truncate(MAX_WORDS);
    reader.found
}

struct Reader<'r> {
    rest: &'r str,
    scope: &'r Scope,
    fields: Vec<Word>,
    open: Option<Word>,
    found: Vec<String>,
}

impl<'r> Reader<'r> {
    fn word(&mut self) -> &mut Word {
        self.open.get_or_insert_with(Word::default)
    }

    fn push(&mut self, text: &str) {
        self.word().text.push_str(text);
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        Some(c)
    }

    fn unquoted(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(c) => self.word().text.push(c),
                    None => self.push("\\"),
                },
                '\'' => {
                    let text = self.until('\'');
                    self.push(text);
                }
                '"' => {
                    self.push("");
                    self.double(Some('"'));
                }
                '$' if self.rest.starts_with('\'') => {
                    self.next();
                    self.ansi();
                }
                '$' if self.rest.starts_with('"') => {
                    self.next();
                    self.double(Some('"'));
                }
                '$' => self.dollar(true),
                '`' => self.backquoted(),
                '*' | '?' | '[' => {
                    self.word().glob = true;
                    self.word().text.push(c);
                }
                _ => self.word().text.push(c),
            }
        }
    }

    /// The text up to `end`, which is consumed.
    fn until(&mut self, end: char) -> &'r str {
        match self.rest.split_once(end) {
            Some((text, rest)) => {
                self.rest = rest;
                text
            }
            None => core::mem::take(&mut self.rest),
        }
    }

    fn double(&mut self, end: Option<char>) {
        while let Some(c) = self.next() {
            match c {
                _ if Some(c) == end => return,
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => self.word().text.push(c),
                    Some(c) => {
                        self.push("\\");
                        self.word().text.push(c);
                    }
                    None => self.push("\\"),
                },
                '$' => self.dollar(false),
                '`' => self.backquoted(),
                _ => self.word().text.push(c),
            }
        }
    }

    /// `$'…'`, of which the opening quote is read.
    fn ansi(&mut self) {
        self.push("");
        while let Some(c) = self.next() {
            let c = match c {
                '\'' => return,
                '\\' => match self.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some('e' | 'E') => '\u{1b}',
                    Some('x') => self.number(16, 2, 0),
                    Some('u') => self.number(16, 4, 0),
                    Some('U') => self.number(16, 8, 0),
                    Some(c @ '0'..='7') => self.number(8, 2, c.to_digit(8).unwrap_or(0)),
                    Some(c) => c,
                    None => '\\',
                },
                c => c,
            };
            self.word().text.push(c);
        }
    }

    fn number(&mut self, base: u32, digits: usize, first: u32) -> char {
        let mut value = first;
        for _ in 0..digits {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(base)) else { break };
            value = value.saturating_mul(base).saturating_add(digit);
            self.next();
        }
        char::from_u32(value).unwrap_or('\u{fffd}')
    }

    fn opaque(&mut self, text: &str) {
        self.push(text);
        self.word().unknown = true;
    }

    fn backquoted(&mut self) {
        let mut inner = String::new();
        while let Some(c) = self.next() {
            match c {
                '`' => break,
                '\\' if self.rest.starts_with(['`', '\\', '$']) => inner.extend(self.next()),
                _ => inner.push(c),
            }
        }
        self.found.push(inner);
        self.opaque("$(…)");
    }

    /// What follows a `$`.
    fn dollar(&mut self, split: bool) {
        if self.rest.starts_with("((") {
            let inner = self.nested(1);
            let inner = inner.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(inner);
            self.within(inner);
            self.opaque("$((…))");
        } else if self.rest.starts_with('(') {
            let inner = self.nested(1);
            self.found.push(inner.to_owned());
            self.opaque("$(…)");
        } else if self.rest.starts_with('{') {
            let inner = self.nested(1);
            self.parameter(inner, split);
        } else {
            let special = self.rest.starts_with(['@', '*', '#', '?', '-', '$', '!'])
                || self.rest.starts_with(|c: char| c.is_ascii_digit());
            let length = match special {
                true => 1,
                false => self
                    .rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .unwrap_or(self.rest.len()),
            };
            let (name, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
            self.rest = rest;
            match name {
                "" => self.push("$"),
                name => self.variable(name, split),
            }
        }
    }

    fn variable(&mut self, name: &str, split: bool) {
        match self.scope.value(name) {
            Some(value) => self.value(&value, split),
            None => self.opaque(&format!("${name}")),
        }
    }

    /// The value of a variable; unquoted it is split at white space.
    fn value(&mut self, value: &str, split: bool) {
        if !split {
            return self.push(value);
        }
        let mut first = true;
        for part in value.split([' ', '\t', '\n']) {
            if !first && let Some(word) = self.open.take() {
                self.fields.push(word);
            }
            first = false;
            if !part.is_empty() {
                self.push(part);
                self.word().glob |= part.contains(['*', '?', '[']);
            }
        }
    }

    /// `${…}` without its braces.
    fn parameter(&mut self, inner: &str, split: bool) {
        let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
        let (name, operation) = inner.split_at_checked(end).unwrap_or((inner, ""));
        match (operation, self.scope.value(name)) {
            ("", _) if !name.is_empty() => self.variable(name, split),
            (operation, Some(value)) if operation.starts_with(":-") || operation.starts_with('-') => {
                self.value(&value, split);
            }
            (operation, None) if operation.starts_with([':', '-', '=']) => {
                // The value is unknown, but the fallback is what the author of the text had in mind.
                let fallback = operation.trim_start_matches([':', '-', '=', '+']);
                let known = Reader {
                    rest: fallback,
                    scope: self.scope,
                    fields: Vec::new(),
                    open: None,
                    found: Vec::new(),
                };
                let mut known = known;
                known.double(None);
                self.found.append(&mut known.found);
                let text = known.open.map(|word| word.text).unwrap_or_default();
                self.opaque(&text);
            }
            _ => {
                self.within(operation);
                self.opaque(&format!("${name}"));
            }
        }
    }

    /// Looks for substitutions in a text whose value does not matter.
    fn within(&mut self, text: &str) {
        if text.contains(['$', '`']) {
            let mut inner =
                Reader { rest: text, scope: self.scope, fields: Vec::new(), open: None, found: Vec::new() };
            inner.double(None);
            self.found.append(&mut inner.found);
        }
    }

    /// The text between the bracket that stands next and the one that closes it; both are consumed.
    fn nested(&mut self, opening: usize) -> &'r str {
        let whole = self.rest.get(opening..).unwrap_or_default();
        let brace = self.rest.starts_with('{');
        let (mut depth, mut single, mut double, mut escaped) = (1usize, false, false, false);
        for (at, c) in whole.char_indices() {
            if escaped {
                escaped = false;
                continue;
            }
            match c {
                '\\' if !single => escaped = true,
                '\'' if !double => single = !single,
                '"' if !single => double = !double,
                _ if single => {}
                '(' if !brace => depth += 1,
                '{' if brace => depth += 1,
                ')' if !brace => depth -= 1,
                '}' if brace => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.rest = whole.get(at + 1..).unwrap_or_default();
                return whole.get(..at).unwrap_or_default();
            }
        }
        self.rest = "";
        whole
    }
}

/// Brace expansion: `a{b,c}d` to `abd acd`. Sequences (`{1..9}`) become a pattern.
fn braces(raw: &str, out: &mut Vec<String>, depth: usize) {
    if out.len() >= MAX_WORDS || depth > 8 {
        return out.push(raw.to_owned());
    }
    let Some((start, end, commas)) = first_brace(raw) else { return out.push(raw.to_owned()) };
    let (head, tail) = (raw.get(..start).unwrap_or_default(), raw.get(end + 1..).unwrap_or_default());
    let mut from = start + 1;
    for at in commas.into_iter().chain([end]) {
        let member = raw.get(from..at).unwrap_or_default();
        from = at + 1;
        braces(&format!("{head}{member}{tail}"), out, depth + 1);
    }
}

/// The first unquoted `{…,…}`: its braces and its commas.
fn first_brace(raw: &str) -> Option<(usize, usize, Vec<usize>)> {
    if !raw.contains('{') || !raw.contains(',') {
        return None;
    }
    let mut stack: Vec<(usize, Vec<usize>)> = Vec::new();
    let (mut single, mut double, mut escaped, mut before, mut parens) = (false, false, false, ' ', 0usize);
    for (at, c) in raw.char_indices() {
        let was = core::mem::replace(&mut before, c);
        if core::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            _ if single || double => {}
            '(' => parens += 1,
            ')' => parens = parens.saturating_sub(1),
            _ if parens > 0 => {}
            '{' if was == '$' => stack.push((usize::MAX, Vec::new())),
            '{' => stack.push((at, Vec::new())),
            ',' => stack.last_mut()?.1.push(at),
            '}' => {
                if let Some((start, commas)) = stack.pop()
                    && start != usize::MAX
                    && !commas.is_empty()
                    && stack.iter().all(|(outer, _)| *outer != usize::MAX)
                {
                    return Some((start, at, commas));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expect: &[&str]) {
        let mut scope = Scope::default();
        scope.assign("A", Some("x y".to_owned()));
        scope.assign("D", Some("/tmp/d".to_owned()));
        let words: Vec<String> = expand(raw, &scope).words.into_iter().map(|word| word.text).collect();
        assert_eq!(words, expect, "{raw}");
    }

    #[test]
    fn expands_words() {
        check("plain", &["plain"]);
        check("'a b'\"c d\"", &["a bc d"]);
        check("r\\m", &["rm"]);
        check("r''m", &["rm"]);
        check("$'\\x72\\155'", &["rm"]);
        check("$A", &["x", "y"]);
        check("\"$A\"", &["x y"]);
        check("${D}/q", &["/tmp/d/q"]);
        check("{a,b}c", &["ac", "bc"]);
        check("{a,{b,c}}", &["a", "b", "a", "c"]);
        check("'{a,b}'", &["{a,b}"]);
        check("${X:-/etc}", &["/etc"]);
        check("$X/y", &["$X/y"]);
        check("$", &["$"]);
        check("a$", &["a$"]);
        check("~/x", &["~/x"]);
    }

    #[test]
    fn finds_substitutions() {
        let found = |raw: &str| expand(raw, &Scope::default()).substitutions;
        assert_eq!(found("$(rm x)"), ["rm x"]);
        assert_eq!(found("\"a`rm x`\""), ["rm x"]);
        assert_eq!(found("$(echo ')' $(a))"), ["echo ')' $(a)"]);
        assert_eq!(found("${X:-$(rm x)}"), ["rm x"]);
        assert_eq!(found("$((1+$(rm x)))"), ["rm x"]);
        assert!(found("'$(rm x)'").is_empty());
        assert_eq!(heredoc_substitutions("it's $(rm x)\n", &Scope::default()), ["rm x"]);
    }
}
