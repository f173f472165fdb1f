//! Escapes: percent signs, entities, backslashes, quoted-printable.

use memchr::{memchr, memchr3};

use super::edit::Edit;
use super::{is_said, run};

/// Puts in the place of each escape what it stands for.
pub(super) fn undo(text: &str, edit: &mut Edit<'_>) {
    let bytes = text.as_bytes();
    let mut marks = Marks { bytes, signs: Some(0), equals: Some(0) };
    let mut at = 0;
    while let Some(found) = marks.next(at) {
        let (end, stands_for) = escape(bytes, found);
        if let Some(stands_for) = stands_for {
            edit.replace(found..end, &stands_for);
        }
        at = end.max(found + 1);
    }
}

/// Where marks stand that begin an escape. Two searches side by side: a text has many equals signs.
struct Marks<'t> {
    bytes: &'t [u8],
    signs: Option<usize>,
    equals: Option<usize>,
}

impl Marks<'_> {
    fn next(&mut self, from: usize) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        if self.signs.is_some_and(|at| at < from || from == 0) {
            self.signs = memchr3(b'%', b'&', b'\\', rest).map(|at| from + at);
        }
        if self.equals.is_some_and(|at| at < from || from == 0) {
            self.equals = memchr(b'=', rest).map(|at| from + at);
        }
        match (self.signs, self.equals) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// Where the escapes that begin here end, and what they stand for.
fn escape(bytes: &[u8], at: usize) -> (usize, Option<String>) {
    let rest = bytes.get(at..).unwrap_or_default();
    let (length, stands_for) = match rest.first() {
        Some(b'%') => percent(rest),
        Some(b'&') => entity(rest),
        Some(b'\\') if rest.get(1) == Some(&b'/') => slash(bytes, at),
        Some(b'\\') => backslash(rest),
        Some(b'=') => equals(bytes, at),
        _ => (1, None),
    };
    (at + length, stands_for)
}

fn percent(rest: &[u8]) -> (usize, Option<String>) {
    let mut out = Vec::new();
    let mut left = rest;
    while let [b'%', tail @ ..] = left {
        if let Some(byte) = hex(tail, 2).and_then(|value| u8::try_from(value).ok()) {
            out.push(byte);
            left = tail.get(2..).unwrap_or_default();
        } else if let [b'u' | b'U', tail @ ..] = tail
            && let Some(value) = hex(tail, 4)
        {
            let c = char::from_u32(value).unwrap_or(' ');
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            left = tail.get(4..).unwrap_or_default();
        } else {
            break;
        }
    }
    ((rest.len() - left.len()).max(1), words(&out))
}

/// A value with what its percent escapes stand for.
pub(crate) fn percents_undone(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut edit = Edit::of(value, &[]);
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Some(found) = memchr(b'%', rest)
    {
        let (length, stands_for) = percent(rest.get(found..).unwrap_or_default());
        if let Some(stands_for) = stands_for {
            edit.replace(at + found..at + found + length, &stands_for);
        }
        at += found + length;
    }
    edit.finish().map_or_else(|| value.to_owned(), |(text, _)| text)
}

/// `\/` in a run, as some write a slash in JSON; in other text it hides nothing.
fn slash(bytes: &[u8], at: usize) -> (usize, Option<String>) {
    let behind = bytes.get(at + 2..).unwrap_or_default();
    let before = bytes.get(..at).unwrap_or_default();
    let letters = |byte: &&u8| byte.is_ascii_alphanumeric();
    let around = before.iter().rev().take(MOST_BESIDE).take_while(letters).count()
        + behind.iter().take(MOST_BESIDE).take_while(letters).count();
    (2, (around >= MOST_BESIDE).then(|| "/".to_owned()))
}

/// How many letters stand beside a slash in a run.
const MOST_BESIDE: usize = 10;

/// `&#101;`, `&#x65;`, `&amp;`.
fn entity(rest: &[u8]) -> (usize, Option<String>) {
    if rest.get(1) == Some(&b'#') {
        return numbered(rest);
    }
    let Some(end) = rest.iter().take(MOST_ENTITY).skip(1).position(|byte| !byte.is_ascii_alphanumeric())
    else {
        return (1, None);
    };
    let name = rest.get(1..end + 1).unwrap_or_default();
    let length = end + 1 + usize::from(rest.get(end + 1) == Some(&b';'));
    match ENTITIES.iter().find(|(known, _)| known.as_bytes() == name) {
        Some((_, c)) => (length, Some(c.to_string())),
        None => (1, None),
    }
}

/// The longest name of an entity that is looked at, with its sign and its end.
const MOST_ENTITY: usize = 14;

/// `&#101`, `&#x65`, with zeros before and a semicolon behind or without: letters may follow.
fn numbered(rest: &[u8]) -> (usize, Option<String>) {
    let (start, base) = if matches!(rest.get(2), Some(b'x' | b'X')) { (3, 16) } else { (2, 10) };
    let digits = rest.get(start..).unwrap_or_default();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let count = digits.iter().take_while(|digit| char::from(**digit).is_digit(base)).count();
    let number = digits.get(..count.min(8)).and_then(|digits| core::str::from_utf8(digits).ok());
    let code = number.filter(|_| count <= 8).and_then(|digits| u32::from_str_radix(digits, base).ok());
    let end = start + zeros + count;
    let length = end + usize::from(rest.get(end) == Some(&b';'));
    (length, code.and_then(char::from_u32).filter(|c| is_said(*c)).map(String::from))
}

/// `\u0065`, `\u{65}`, `\U00000065`, `\x65`, `\145`, each with any number of backslashes, as JSON in JSON has them.
fn backslash(rest: &[u8]) -> (usize, Option<String>) {
    let mut units = Vec::new();
    let mut out = Vec::new();
    let mut left = rest;
    while left.first() == Some(&b'\\') {
        let slashes = left.iter().take_while(|byte| **byte == b'\\').count();
        let behind = left.get(slashes..).unwrap_or_default();
        let (length, value) = match behind {
            [b'u', b'{', tail @ ..] => {
                let digits = tail.iter().take(8).take_while(|byte| byte.is_ascii_hexdigit()).count();
                match tail.get(digits) {
                    Some(b'}') => (digits + 3, hex(tail, digits)),
                    _ => (0, None),
                }
            }
            [b'u', tail @ ..] => (5, hex(tail, 4)),
            [b'U', tail @ ..] => (9, hex(tail, 8)),
            [b'x', tail @ ..] => (3, hex(tail, 2)),
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                (3, Some(u32::from(a - b'0') * 64 + u32::from(b - b'0') * 8 + u32::from(c - b'0')))
            }
            // As style sheets have them.
            [a @ b'2'..=b'7', b, b' ', ..] => (3, hex(&[*a, *b], 2)),
            _ => (0, None),
        };
        let Some(value) = value else { break };
        // Escapes of bytes and of characters do not mix.
        let is_byte = !matches!(behind.first(), Some(b'u' | b'U'));
        if is_byte != units.is_empty() && !(units.is_empty() && out.is_empty()) {
            break;
        }
        if is_byte {
            out.push(u8::try_from(value).unwrap_or(b' '));
        } else {
            match u16::try_from(value) {
                Ok(unit) => units.push(unit),
                Err(_) => {
                    let c = char::from_u32(value).unwrap_or(' ');
                    units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
                }
            }
        }
        left = left.get(slashes + length..).unwrap_or_default();
    }
    let length = rest.len() - left.len();
    if length == 0 {
        return (rest.iter().take_while(|byte| **byte == b'\\').count().max(1), None);
    }
    if units.is_empty() {
        return (length, words(&out));
    }
    (length, words(String::from_utf16_lossy(&units).as_bytes()))
}

/// `=65=76=69` or the break of a line that was too long, as mails have them.
fn equals(bytes: &[u8], at: usize) -> (usize, Option<String>) {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut out = Vec::new();
    let mut left = rest;
    loop {
        let behind = left.get(line_break(left)..).unwrap_or_default();
        let Some(byte) = behind.strip_prefix(b"=").and_then(|tail| hex(tail, 2)) else { break };
        out.push(u8::try_from(byte).unwrap_or(b' '));
        left = behind.get(3..).unwrap_or_default();
    }
    if out.len() >= FEWEST_QUOTED {
        return (rest.len() - left.len(), words(&out));
    }
    let before = bytes.get(..at).and_then(|before| before.last());
    let marks = !out.is_empty() && out.iter().all(|byte| QUOTED_ALONE.contains(byte));
    if marks
        && before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b':')
        && left.first().is_some_and(u8::is_ascii_alphanumeric)
    {
        return (rest.len() - left.len(), words(&out));
    }
    let length = line_break(rest);
    let joins = length > 0
        && rest.get(length).is_some_and(u8::is_ascii_graphic)
        && bytes
            .get(..at)
            .is_some_and(|before| before.last().is_some_and(u8::is_ascii_graphic) && !run::ends(before));
    if joins { (length, Some(String::new())) } else { (1, None) }
}

/// How many escapes of quoted-printable stand together: fewer are assignments, unless they are marks in a word.
const FEWEST_QUOTED: usize = 3;
/// What addresses have between their words.
const QUOTED_ALONE: &[u8] = b"@./:";

/// The length of a line's end that mails leave out.
fn line_break(rest: &[u8]) -> usize {
    match rest {
        [b'=', b'\n', ..] => 2,
        [b'=', b'\r', b'\n', ..] => 3,
        _ => 0,
    }
}

/// The number that these many hex digits are.
fn hex(digits: &[u8], count: usize) -> Option<u32> {
    let digits = digits.get(..count).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0, |value: u32, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(digit)
    })
}

/// What bytes say: what is no text in them is a space. `None` when nothing is said.
fn words(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let said = |c: &char| is_said(*c) && *c != char::REPLACEMENT_CHARACTER;
    if !text.chars().any(|c| said(&c)) {
        return None;
    }
    if text.chars().all(is_said) {
        return Some(text.into_owned());
    }
    Some(text.chars().map(|c| if is_said(c) { c } else { ' ' }).collect())
}

/// Entities that values and sentences have.
const ENTITIES: [(&str, char); 38] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("commat", '@'),
    ("period", '.'),
    ("colon", ':'),
    ("semi", ';'),
    ("sol", '/'),
    ("bsol", '\\'),
    ("lowbar", '_'),
    ("num", '#'),
    ("excl", '!'),
    ("quest", '?'),
    ("percnt", '%'),
    ("dollar", '$'),
    ("plus", '+'),
    ("equals", '='),
    ("comma", ','),
    ("hyphen", '-'),
    ("dash", '-'),
    ("lpar", '('),
    ("rpar", ')'),
    ("lsqb", '['),
    ("rsqb", ']'),
    ("lbrack", '['),
    ("rbrack", ']'),
    ("lcub", '{'),
    ("rcub", '}'),
    ("ast", '*'),
    ("verbar", '|'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("shy", '\u{ad}'),
];

#[cfg(test)]
mod tests {
    use super::super::edit::edited;
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(edited(text, undo), expect, "{text}");
    }

    #[test]
    fn escapes_stand_for_what_they_say() {
        check("to %6d%61l%40evil%2Ecom%", "to mal@evil.com%");
        check("&#101;&#x76;il&commat;x&period;com &amp &unknown;", "evil@x.com & &unknown;");
        check(r"\u0065\u0076il \u{65} \U00000065 \x65\x76 \145 \n", "evil e e ev e \\n");
        check(r"\\u0065\\u0076\\\\u0069l", "evil");
        check(r"\ud83d\ude00 \xc3\xa9", "😀 é");
        check("=65=76=69=\n=6C.com", "evil.com");
        check("mallory@ev=\nil.com", "mallory@evil.com");
    }

    #[test]
    fn marks_in_a_word_may_be_escaped_one_by_one() {
        check("mallory=40evil=2Ecom", "mallory@evil.com");
        check("https:=2F=2Fevil=2ecom=2Fx", "https://evil.com/x");
    }

    #[test]
    fn entities_need_no_end_and_may_have_zeros() {
        check("&#101vil&#46com", "evil.com");
        check("&#00000000000000000101;&#x000000000000000076;il", "evil");
        check("&#;&#x;&#xffffffffff;", "&#;&#x;&#xffffffffff;");
    }

    #[test]
    fn other_ways_to_write_a_letter_are_read() {
        check("%u0065vil%u002Ecom", "evil.com");
        check(r"\65 vil\2e com", "evil.com");
        check(r"bWFsbG9yeUBl\/dmls x\/y", r"bWFsbG9yeUBl/dmls x\/y");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in
            ["100% of 5%zz", "a=10&b=2f", "a & b", "C:\\new\\table", "%02d", "x =\ny", "=41=42", "\\u12"]
        {
            check(text, text);
        }
    }

    #[test]
    fn one_wrong_byte_hides_nothing() {
        check("%65%FF%76", "e\u{fffd}v");
        check(r"\x65\x00\x76", "e v");
    }

    #[test]
    fn the_end_of_a_padded_run_is_no_broken_line() {
        check("cGF5IGV2aWwuY29tIG5vdw=\nNext line", "cGF5IGV2aWwuY29tIG5vdw=\nNext line");
        check("/ZXZpbC5jb20=\nNext line", "/ZXZpbC5jb20=\nNext line");
    }
}
