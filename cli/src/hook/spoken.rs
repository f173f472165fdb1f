//! Texts that stand in a command itself: `echo … > file`, `printf … >> file`, `sed -i s/a/b/ file`, `python -c …`.

use std::path::{Path, PathBuf};

use vigil_core::{Action, Resource, Verb};

use super::change::{Change, Replacement, Write};
use super::deed::Deed;

/// Most texts of one command that are read.
const MAX_TEXTS: usize = 50;

/// What the commands of an action write or run, as far as their words tell.
pub(super) fn deeds(action: &Action, directory: &Path) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    for effect in &action.effects {
        let Some((program, words)) = effect.command.split_first() else { continue };
        let program = program.rsplit('/').next().unwrap_or(program);
        let path = match &effect.resource {
            Resource::Path(path) if effect.verb == Verb::Write && is_known(path) => {
                Some(directory.join(path))
            }
            _ => None,
        };
        let deed = match (program, path) {
            ("echo" | "printf", Some(path)) => {
                printed(program, words).map(|change| Deed::Write(Write { path, change }))
            }
            ("sed", Some(path)) => edited(words).map(|change| Deed::Write(Write { path, change })),
            _ => said(program, words).map(|(name, text)| {
                Deed::Write(Write { path: directory.join(name), change: Change::Said(text.to_owned()) })
            }),
        };
        if let Some(deed) = deed.filter(|deed| !deeds.contains(deed)) {
            deeds.push(deed);
        }
        if deeds.len() == MAX_TEXTS {
            break;
        }
    }
    deeds
}

/// What only the running shell knows is not known here.
pub(super) fn is_known(path: &str) -> bool {
    !path.contains(['$', '*', '?', '`']) && !path.starts_with('~') && !path.starts_with("/dev/")
}

/// The text that `echo` or `printf` sends through its redirection.
fn printed(program: &str, words: &[String]) -> Option<Change> {
    let at = words.iter().rposition(|word| word == ">" || word == ">>" || word == ">|")?;
    let appends = words.get(at)? == ">>";
    let mut said = words.get(..at)?;
    let text = if program == "printf" {
        let (format, rest) = said.split_first()?;
        formatted(format, rest)
    } else {
        let (mut newline, mut escapes) = (true, false);
        while let Some((flags, rest)) = said.split_first() {
            let letters = flags.strip_prefix('-').filter(|letters| !letters.is_empty());
            let Some(letters) = letters.filter(|letters| letters.chars().all(|c| "neE".contains(c))) else {
                break;
            };
            newline &= !letters.contains('n');
            escapes |= letters.contains('e');
            said = rest;
        }
        let text = said.join(" ");
        let text = if escapes { unescaped(&text) } else { text };
        if newline { text + "\n" } else { text }
    };
    Some(if appends { Change::Append(text) } else { Change::Whole(text) })
}

/// `printf`'s format with its arguments; it is used again while there are more of them.
fn formatted(format: &str, arguments: &[String]) -> String {
    let format = unescaped(format);
    let mut arguments = arguments.iter();
    let mut text = String::new();
    for _ in 0..100 {
        let mut taken = false;
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '%' if letters.peek() == Some(&'%') => {
                    letters.next();
                    text.push('%');
                }
                '%' => {
                    // Width and precision change no secret.
                    while letters.next_if(|c| "-+ #0123456789.".contains(*c)).is_some() {}
                    letters.next();
                    taken = true;
                    text.push_str(arguments.next().map_or("", String::as_str));
                }
                letter => text.push(letter),
            }
        }
        if !taken || arguments.len() == 0 {
            break;
        }
    }
    text
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                Some(other @ ('\\' | '"' | '\'')) => plain.push(other),
                Some(other) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            (letter, false) => plain.push(letter),
        }
    }
    plain
}

/// `sed -i` with one `s` whose pattern is plain text, or with text that is appended, inserted or put in a line's place.
fn edited(words: &[String]) -> Option<Change> {
    if !words.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place")) {
        return None;
    }
    let named = words.iter().position(|word| word == "-e" || word == "--expression").map(|at| at + 1);
    let first = named.or_else(|| words.iter().position(|word| !word.starts_with('-')))?;
    let script = words.get(first)?.trim();
    // `3`, `$`, `2,4` before the command choose lines.
    let command = script.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '$' | ',' | ' '));
    let mut letters = command.chars();
    match letters.next()? {
        's' => {
            let mark = letters.next().filter(|mark| !mark.is_alphanumeric() && *mark != '\\')?;
            let mut parts = letters.as_str().split(mark);
            let (old, new, flags) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
            let plain =
                |text: &str| !text.contains(['\\', '[', ']', '*', '^', '$', '.', '+', '?', '(', '{', '|']);
            let done = parts.next().is_none() && plain(old) && !old.is_empty() && !new.contains(['\\', '&']);
            done.then(|| {
                Change::Replace(vec![Replacement {
                    old: old.to_owned(),
                    new: new.to_owned(),
                    all: flags.contains('g'),
                }])
            })
        }
        'a' | 'i' | 'c' => {
            let text = letters.as_str().trim_start_matches(['\\', '\n']).trim_start();
            (!text.is_empty()).then(|| Change::Append(format!("{text}\n")))
        }
        _ => None,
    }
}

/// The program that stands behind `-c` or `-e`, and the name under which it is judged.
fn said<'w>(program: &str, words: &'w [String]) -> Option<(PathBuf, &'w str)> {
    let (flags, name): (&[&str], _) = match program {
        _ if program.starts_with("python") || program == "pypy3" => (&["-c"], "<command>.py"),
        "node" | "nodejs" | "bun" => (&["-e", "--eval", "-p", "--print"], "<command>.js"),
        _ => return None,
    };
    let at = words.iter().position(|word| flags.contains(&word.as_str()))?;
    Some((PathBuf::from(name), words.get(at + 1)?))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::shell;
    use super::*;

    fn found(command: &str) -> Vec<Deed> {
        shell::deeds(&Value::String(command.to_owned()), Path::new("/p"))
    }

    #[track_caller]
    fn check(command: &str, path: &str, change: Change) {
        assert_eq!(found(command), [Deed::Write(Write { path: path.into(), change })], "{command}");
    }

    fn whole(text: &str) -> Change {
        Change::Whole(text.to_owned())
    }

    #[test]
    fn what_is_printed_into_a_file_is_a_write() {
        check("echo 'x = 1' > a.py", "/p/a.py", whole("x = 1\n"));
        check("echo x = 1 >> a.py", "/p/a.py", Change::Append("x = 1\n".to_owned()));
        check("echo -n 'x = 1' > a.py", "/p/a.py", whole("x = 1"));
        check("echo -e 'x = 1\\ny = 2' > a.py", "/p/a.py", whole("x = 1\ny = 2\n"));
        check("cd web && printf 'x = %s\\n' 1 2 > a.py", "/p/web/a.py", whole("x = 1\nx = 2\n"));
        check("mkdir -p web && echo \"x = 1\" > web/a.py", "/p/web/a.py", whole("x = 1\n"));
    }

    #[test]
    fn a_plain_replacement_in_place_is_a_change() {
        let replaced =
            |all| Change::Replace(vec![Replacement { old: "old".to_owned(), new: "new".to_owned(), all }]);
        check("sed -i 's/old/new/' a.py", "/p/a.py", replaced(false));
        check("sed -i -e 's|old|new|g' a.py", "/p/a.py", replaced(true));
        check("sed -i '3a x = 1' a.py", "/p/a.py", Change::Append("x = 1\n".to_owned()));
        for command in ["sed 's/old/new/' a.py", "sed -i 's/o.d/new/' a.py", "sed -i '/x/d' a.py"] {
            assert_eq!(found(command), [], "{command}");
        }
    }

    #[test]
    fn a_program_on_the_command_line_is_read() {
        check("python3 -c 'x = 1'", "/p/<command>.py", Change::Said("x = 1".to_owned()));
        check("node -e 'let x = 1'", "/p/<command>.js", Change::Said("let x = 1".to_owned()));
    }

    #[test]
    fn what_goes_nowhere_is_no_write() {
        for command in [
            "echo x",
            "echo x > /dev/null",
            "echo x > $HOME/a.py",
            "echo x | cat",
            "python a.py",
            "node a.js",
        ] {
            assert_eq!(found(command), [], "{command}");
        }
    }
}
