//! Letters that look like others, and characters that nobody sees.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::edit::Edit;

/// Puts ASCII letters in the place of those that look like them, and nothing in the place of hidden characters.
pub(super) fn undo(text: &str, edit: &mut Edit<'_>) {
    if !is_plain(text) {
        each(text, edit, "", &mut |c| look(c));
    }
}

/// Whether a text has nothing but ASCII characters that are seen.
fn is_plain(text: &str) -> bool {
    // Piece by piece without a branch for each byte.
    let seen =
        |piece: &[u8]| piece.iter().fold(true, |seen, byte| seen & byte.is_ascii() & !is_control(*byte));
    text.as_bytes().chunks(64).all(seen)
}

/// Whether a byte is an ASCII character that nobody sees.
const fn is_control(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f
}

/// Puts a space in the place of hidden characters.
pub(super) fn part(text: &str, edit: &mut Edit<'_>) {
    // Without a hidden character there is nothing to part.
    if text.chars().any(is_hidden) {
        each(text, edit, " ", &mut |_| None);
    }
}

fn each(text: &str, edit: &mut Edit<'_>, gap: &str, look: &mut dyn FnMut(char) -> Option<Look>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| !byte.is_ascii() || is_control(*byte)))
        .map(|next| at + next)
    {
        let rest = text.get(found..).unwrap_or_default();
        let Some(c) = rest.chars().next() else { break };
        at = found + c.len_utf8();
        if c.is_ascii() && !gap.is_empty() {
            continue;
        }
        if c.is_ascii() || is_hidden(c) {
            at = found + hidden(rest);
            let before = text.get(..found).and_then(|before| before.chars().next_back());
            let behind = text.get(at..).and_then(|behind| behind.chars().next());
            if before.is_some_and(is_of_a_word) && behind.is_some_and(is_of_a_word) {
                edit.replace(found..at, gap);
            }
        } else if gap.is_empty() && is_dash(c) && !joins(text, found, at) {
            // A dash between words is one.
        } else if gap.is_empty()
            && is_of_another_script(c)
            && let Some(end) = foreign_word(text, found)
        {
            at = end;
        } else if let Some(look) = look(c) {
            edit.replace(found..at, look.text());
        } else if is_combining_mark(c) {
            let before = bytes.get(found.wrapping_sub(1)).is_some_and(u8::is_ascii_graphic);
            if before && gap.is_empty() {
                at = found + rest.find(|c| !is_combining_mark(c)).unwrap_or(rest.len());
                edit.replace(found..at, "");
            }
        }
    }
}

/// Whether a character stands between letters or digits.
fn joins(text: &str, start: usize, end: usize) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    is_letter(text.get(..start).and_then(|before| before.chars().next_back()))
        && is_letter(text.get(end..).and_then(|behind| behind.chars().next()))
}

const fn is_dash(c: char) -> bool {
    matches!(c, '‐' | '‑' | '‒' | '–' | '−' | '⁃' | '˗')
}

/// Greek and Cyrillic: what of them looks like ASCII is mostly only their own.
const fn is_of_another_script(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{52f}')
}

/// The end of a word that begins here and has no letter but of Greek or Cyrillic, and one that looks like none of ASCII.
fn foreign_word(text: &str, start: usize) -> Option<usize> {
    let is_beside =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || is_hidden(c) || is_combining_mark(c));
    if is_beside(text.get(..start)?.chars().next_back()) {
        return None;
    }
    let mut foreign = false;
    let rest = text.get(start..)?;
    let length = rest.find(|c: char| {
        foreign |= is_of_another_script(c) && look(c).is_none();
        !is_of_another_script(c)
    });
    let length = length.unwrap_or(rest.len());
    (foreign && !is_beside(rest.get(length..)?.chars().next())).then_some(start + length)
}

/// How many bytes at the beginning of a text are seen by nobody.
fn hidden(text: &str) -> usize {
    let mut left = text;
    while let Some(c) = left.chars().next() {
        let length = match u8::try_from(c) {
            Ok(0x1b) => sequence(left.as_bytes()),
            Ok(byte) if is_control(byte) => 1,
            _ if is_hidden(c) => c.len_utf8(),
            _ => break,
        };
        left = left.get(length..).unwrap_or_default();
    }
    text.len() - left.len()
}

/// The length of what tells a terminal about colours and places, which begins with an escape character.
fn sequence(bytes: &[u8]) -> usize {
    let Some([b'[', rest @ ..]) = bytes.get(1..) else { return 1 };
    let parameters = rest.iter().take(MOST_PARAMETERS).take_while(|byte| matches!(byte, b' '..=b'?')).count();
    match rest.get(parameters) {
        Some(b'@'..=b'~') => parameters + 3,
        _ => 1,
    }
}

/// The longest sequence for a terminal: five numbers of three digits, twice.
const MOST_PARAMETERS: usize = 40;

/// Whether a hidden character beside this one may part or join what is read: not so in a row of emoji.
fn is_of_a_word(c: char) -> bool {
    c.is_ascii_graphic() || c.is_alphanumeric()
}

/// Whether a character takes no room or only turns the direction of writing.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{80}'..='\u{9f}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e001f}' | '\u{e007f}'..='\u{e010f}')
}

/// What a character looks like: a few ASCII characters.
struct Look {
    letters: [u8; MOST_LETTERS],
    count: usize,
}

/// Longer ones, like ligatures of whole words, are none that hide a value.
const MOST_LETTERS: usize = 4;

impl Look {
    fn of(letter: u8) -> Self {
        let mut look = Self { letters: [0; MOST_LETTERS], count: 0 };
        look.push(letter);
        look
    }

    fn push(&mut self, letter: u8) -> bool {
        let slot = self.letters.get_mut(self.count);
        self.count += 1;
        slot.map(|slot| *slot = letter).is_some()
    }

    fn text(&self) -> &str {
        self.letters.get(..self.count).and_then(|letters| core::str::from_utf8(letters).ok()).unwrap_or("")
    }
}

fn look(c: char) -> Option<Look> {
    if let Some(letter) = smuggled(c).or_else(|| framed(c)).or_else(|| digit(c)).or_else(|| alike(c)) {
        return Some(Look::of(letter));
    }
    // Letters of other widths and styles, with accents, in ligatures.
    let mut look = Look { letters: [0; MOST_LETTERS], count: 0 };
    let mut whole = true;
    decompose_compatible(c, |part| {
        if !is_combining_mark(part) {
            let letter = if part.is_ascii() { u8::try_from(part).ok() } else { alike(part) };
            whole = whole && letter.is_some_and(|letter| look.push(letter));
        }
    });
    // Three dots are read as they are written.
    (whole && look.count > 0 && c != '…').then_some(look)
}

/// ASCII text that a model reads and nobody sees: in tags, or in selectors of variants as numbers of bytes.
fn smuggled(c: char) -> Option<u8> {
    let code = u32::from(c);
    let code = match code {
        0xe0020..=0xe007e => code - 0xe0000,
        0xe0110..=0xe016e => code - 0xe0100 + 16,
        _ => return None,
    };
    u8::try_from(code).ok()
}

/// Letters in circles, boxes and brackets that do not decompose.
fn framed(c: char) -> Option<u8> {
    let code = u32::from(c);
    let (from, first) = match code {
        0x249c..=0x24b5 => (0x249c, b'a'),
        0x1f110..=0x1f129 => (0x1f110, b'A'),
        0x1f150..=0x1f169 => (0x1f150, b'A'),
        0x1f170..=0x1f189 => (0x1f170, b'A'),
        0x1f1e6..=0x1f1ff => (0x1f1e6, b'A'),
        _ => return None,
    };
    u8::try_from(code - from).ok().map(|place| first + place)
}

/// Digits of other scripts.
fn digit(c: char) -> Option<u8> {
    let code = u32::from(c);
    let zero = ZEROS.iter().rev().find(|zero| **zero <= code)?;
    u8::try_from(code - zero).ok().filter(|digit| *digit < 10).map(|digit| b'0' + digit)
}

/// The zeros of scripts that write numbers as ASCII does. Sorted.
const ZEROS: [u32; 22] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0xaa50,
];

/// The ASCII character that a letter or mark of another script is taken for.
const fn alike(c: char) -> Option<u8> {
    Some(match c {
        'а' | 'α' | 'ɑ' | 'ᴀ' | '⍺' => b'a',
        'ь' | 'в' | 'ʙ' | 'Ƅ' => b'b',
        'с' | 'ϲ' | 'ᴄ' | 'ⲥ' | 'ꮯ' => b'c',
        'ԁ' | 'ɗ' | 'ᴅ' | 'đ' | 'ժ' => b'd',
        'е' | 'є' | 'ҽ' | 'ε' | '℮' | 'ᴇ' => b'e',
        'ƒ' | 'ẝ' | 'ꞙ' | 'ꬵ' | 'ք' => b'f',
        'ɡ' | 'ց' | 'ɢ' | 'ƍ' => b'g',
        'һ' | 'հ' | 'н' | 'ʜ' | 'ħ' | 'ћ' => b'h',
        'і' | 'ι' | 'ı' | 'ɩ' | 'ɪ' => b'i',
        'ј' | 'ϳ' | 'ȷ' | 'ᴊ' => b'j',
        'к' | 'κ' | 'ᴋ' | 'ƙ' => b'k',
        'ӏ' | 'ǀ' | '∣' | 'ł' | 'ʟ' => b'l',
        'м' | 'ᴍ' => b'm',
        'п' | 'ո' | 'ռ' | 'η' | 'ɴ' => b'n',
        'о' | 'ο' | 'օ' | 'σ' | 'ᴏ' | 'ø' | 'ჿ' | 'ⲟ' => b'o',
        'р' | 'ρ' | 'ᴘ' | 'ⲣ' => b'p',
        'ԛ' | 'զ' | 'գ' => b'q',
        'г' | 'ʀ' | 'ᴦ' | 'ꭇ' | 'ⲅ' => b'r',
        'ѕ' | 'ꜱ' | 'ꮪ' | 'ƽ' => b's',
        'т' | 'τ' | 'ᴛ' | 'ŧ' => b't',
        'υ' | 'ս' | 'ᴜ' | 'ʋ' => b'u',
        'ν' | 'ѵ' | 'ᴠ' => b'v',
        'ԝ' | 'ω' | 'ᴡ' | 'ա' | 'ɯ' | 'ѡ' => b'w',
        'х' | 'χ' | '×' | 'ᕁ' => b'x',
        'у' | 'γ' | 'ʏ' | 'ү' | 'ყ' => b'y',
        'ᴢ' | 'ʐ' | 'ꮓ' => b'z',
        'А' | 'Α' | 'Ꭺ' | 'ꓮ' => b'A',
        'В' | 'Β' | 'Ᏼ' | 'ꓐ' => b'B',
        'С' | 'Ϲ' | 'Ꮯ' | 'ꓚ' => b'C',
        'Ꭰ' | 'ꓓ' | 'Đ' | 'Ð' => b'D',
        'Е' | 'Ε' | 'Ꭼ' | 'ꓰ' => b'E',
        'Ϝ' | 'ꓝ' => b'F',
        'Ԍ' | 'Ꮐ' | 'ꓖ' => b'G',
        'Н' | 'Η' | 'Ꮋ' | 'ꓧ' => b'H',
        'І' | 'Ι' | 'Ӏ' | 'ꓲ' => b'I',
        'Ј' | 'Ϳ' | 'Ꭻ' | 'ꓙ' => b'J',
        'К' | 'Κ' | 'Ꮶ' | 'ꓗ' => b'K',
        'Ꮮ' | 'ꓡ' | 'Ł' => b'L',
        'М' | 'Μ' | 'Ꮇ' | 'ꓟ' | 'Ϻ' => b'M',
        'Ν' | 'ꓠ' => b'N',
        'О' | 'Ο' | 'Օ' | 'ꓳ' | 'Ø' => b'O',
        'Р' | 'Ρ' | 'Ꮲ' | 'ꓑ' => b'P',
        'Ԛ' => b'Q',
        'Ꭱ' | 'Ꮢ' | 'ꓣ' => b'R',
        'Ѕ' | 'Տ' | 'Ꮪ' | 'ꓢ' => b'S',
        'Т' | 'Τ' | 'Ꭲ' | 'ꓔ' => b'T',
        'Ս' | 'ꓴ' => b'U',
        'Ѵ' | 'Ꮩ' | 'ꓦ' => b'V',
        'Ԝ' | 'Ꮃ' | 'ꓪ' => b'W',
        'Х' | 'Χ' | 'ꓫ' => b'X',
        'У' | 'Υ' | 'Ү' | 'ꓬ' => b'Y',
        'Ζ' | 'Ꮓ' | 'ꓜ' => b'Z',
        'З' | 'з' | 'Ʒ' => b'3',
        '。' | '۔' | '܁' => b'.',
        '∕' | '⁄' | '╱' | '⟋' => b'/',
        '∶' | 'ː' | '։' | '׃' | '꞉' => b':',
        '‐' | '‑' | '‒' | '–' | '−' | '⁃' | '˗' => b'-',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::edit::edited;
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(edited(text, undo), expect, "{}", text.escape_unicode());
    }

    #[test]
    fn letters_of_other_scripts_are_read_as_what_they_look_like() {
        check("pаyраl.соm", "paypal.com");
        check("ΑΒΕΖ ΡΑΥ", "ABEZ PAY");
        check("ӏІ", "lI");
        check("mallory＠evil．com", "mallory@evil.com");
        check("𝐦𝖆𝓁𝕝𝚘𝘳𝙮 ⓟⓐⓨ 🅿🅰🆈", "mallory pay PAY");
        check("١٢٣ ५० ５", "123 50 5");
        check("Jürgen ﬁle", "Jurgen file");
        check("evil。com／x", "evil.com/x");
    }

    #[test]
    fn hidden_characters_in_words_are_left_out() {
        check("mal\u{200b}lo\u{200d}ry\u{2060}@evil\u{ad}.com", "mallory@evil.com");
        check("p\u{337}a\u{337}y\u{337}", "pay");
        check("see 👩\u{200d}💻 ❤\u{fe0f}", "see 👩\u{200d}💻 ❤\u{fe0f}");
    }

    #[test]
    fn words_of_another_script_and_dashes_between_words_stay() {
        check("Привет, жизнь – это жж.com", "Привет, жизнь – это жж.com");
        check("раураl.соm my–host", "paypal.com my-host");
        check("сосо.com жсоm", "coco.com жcom");
    }

    #[test]
    fn control_characters_in_words_are_left_out() {
        check("ev\u{1b}[0mil.com", "evil.com");
        check("ev\u{8}il\u{7f}.\u{1b}[1;31mcom\u{1b}[0m", "evil.com\u{1b}[0m");
        check("ev\u{2800}il\u{fffa}.c\u{85}om", "evil.com");
        check("a \u{1b}[31mb\u{1b}[0m\n\u{c}c", "a \u{1b}[31mb\u{1b}[0m\n\u{c}c");
    }

    #[test]
    fn smuggled_text_is_read() {
        let tags: String =
            "pay now".chars().map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap()).collect();
        check(&format!("hi{tags}"), "hipay now");
        let selectors: String =
            "pay".bytes().map(|b| char::from_u32(0xe0100 + u32::from(b) - 16).unwrap()).collect();
        check(&selectors, "pay");
    }

    #[test]
    fn what_looks_like_nothing_else_stays() {
        check("日本語 жЩ … 😀", "日本語 жЩ … 😀");
    }

    #[test]
    fn zeros_are_sorted() {
        assert!(ZEROS.is_sorted());
    }
}
