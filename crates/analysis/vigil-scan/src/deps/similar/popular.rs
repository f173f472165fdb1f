//! The lists of well-known names: those that ship with the program, and the user's own.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::distance::letters;
use crate::deps::declared::Ecosystem;
use crate::finding::{Note, NoteKind};

const PYPI: &str = include_str!("../../../data/popular_pypi.txt");
const NPM: &str = include_str!("../../../data/popular_npm.txt");
/// A larger file of the user's is refused.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Well-known names of both ecosystems.
#[derive(Debug)]
pub(crate) struct Popular {
    pypi: Names,
    npm: Names,
}

/// The names of one ecosystem, normalised, most popular first.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// For each: the name, and which letters it has.
    pub(crate) all: Vec<(String, u64)>,
    rank: HashMap<String, usize>,
    /// Names by what they look like; see [`squash`].
    pub(crate) squashed: HashMap<String, usize>,
    /// Names by length.
    pub(crate) by_length: Vec<Vec<usize>>,
}

impl Popular {
    /// The lists that ship, changed by the user's file.
    pub(crate) fn load(file: Option<&Path>) -> (Self, Vec<Note>) {
        let mut notes = Vec::new();
        let own = file.and_then(|path| {
            read_file(path)
                .map_err(|message| {
                    notes.push(Note {
                        file: Some(path.to_owned()),
                        line: None,
                        kind: NoteKind::Skipped,
                        message: format!("the list of popular packages was not used: {message}"),
                    });
                })
                .ok()
        });
        let own = own.unwrap_or_default();
        let list = |ecosystem, shipped: &str, own: &[String], replace: bool| {
            let shipped = if replace { "" } else { shipped };
            Names::new(ecosystem, lines(shipped).chain(own.iter().map(String::as_str)))
        };
        let popular = Self {
            pypi: list(Ecosystem::PyPi, PYPI, &own.pypi, own.replace),
            npm: list(Ecosystem::Npm, NPM, &own.npm, own.replace),
        };
        (popular, notes)
    }

    /// Lists with names separated by blanks.
    pub(crate) fn of_names(pypi: &str, npm: &str) -> Self {
        Self {
            pypi: Names::new(Ecosystem::PyPi, pypi.split_whitespace()),
            npm: Names::new(Ecosystem::Npm, npm.split_whitespace()),
        }
    }

    /// The names of an ecosystem.
    pub(crate) fn of(&self, ecosystem: Ecosystem) -> &Names {
        match ecosystem {
            Ecosystem::PyPi => &self.pypi,
            Ecosystem::Npm => &self.npm,
        }
    }
}

impl Names {
    fn new<'a>(ecosystem: Ecosystem, names: impl Iterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        for name in names {
            let name = ecosystem.normalise(name);
            let index = list.all.len();
            if name.is_empty() || name.len() > 214 || list.rank.contains_key(&name) {
                continue;
            }
            if list.by_length.len() <= name.len() {
                list.by_length.resize_with(name.len() + 1, Vec::new);
            }
            if let Some(same) = list.by_length.get_mut(name.len()) {
                same.push(index);
            }
            list.squashed.entry(squash(&name)).or_insert(index);
            list.all.push((name.clone(), letters(name.as_bytes())));
            list.rank.insert(name, index);
        }
        list
    }

    /// The place of a normalised name in the list, if it is on it.
    pub(crate) fn rank(&self, name: &str) -> Option<usize> {
        self.rank.get(name).copied()
    }

    /// The name at a place.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.all.get(index).map_or("", |(name, _)| name)
    }
}

/// What the eye makes of a name: no separators, and letters that look alike are one.
pub(crate) fn squash(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '-' | '_' | '.' | '/' | '@' => {}
            '0' => plain.push('o'),
            '1' | 'i' | '|' => plain.push('l'),
            other => plain.push(latin(other)),
        }
    }
    plain.replace("rn", "m").replace("vv", "w")
}

/// Letters of other scripts that look like Latin ones.
pub(crate) fn latin(letter: char) -> char {
    match letter {
        'а' | 'ɑ' | 'α' => 'a',
        'Ь' | 'ƅ' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'є' | 'é' | 'è' => 'e',
        'ɡ' => 'g',
        'һ' => 'h',
        'і' | 'ι' | 'ı' | 'í' => 'l',
        'ј' => 'j',
        'κ' | 'к' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'ո' | 'п' => 'n',
        'о' | 'ο' | 'օ' | 'ö' | 'ó' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' | 'ü' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'ᴢ' => 'z',
        other => other,
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The user's names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Own {
    pypi: Vec<String>,
    npm: Vec<String>,
    replace: bool,
}

fn read_file(path: &Path) -> Result<Own, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("it is larger than {MAX_FILE_BYTES} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    read_text(&text)
}

/// A JSON object (names with their download counts, or `pypi` and `npm` with such an object or a list, and `replace`), or
/// plain lines, with `[pypi]` and `[npm]` before those of one ecosystem and `[replace]` when nothing else counts.
fn read_text(text: &str) -> Result<Own, String> {
    let mut own = Own::default();
    if !text.trim_start().starts_with('{') {
        let (mut pypi, mut npm) = (true, true);
        for line in lines(text) {
            match line {
                "[pypi]" => (pypi, npm) = (true, false),
                "[npm]" => (pypi, npm) = (false, true),
                "[replace]" => own.replace = true,
                name => {
                    own.pypi.extend(pypi.then(|| name.to_owned()));
                    own.npm.extend(npm.then(|| name.to_owned()));
                }
            }
        }
        return Ok(own);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
    let Value::Object(entries) = &value else { return Err("it is no JSON object".to_owned()) };
    own.replace = entries.get("replace").and_then(Value::as_bool).unwrap_or(false);
    if entries.get("pypi").or(entries.get("npm")).is_some_and(|part| part.is_object() || part.is_array()) {
        own.pypi = names(entries.get("pypi"));
        own.npm = names(entries.get("npm"));
    } else {
        own.pypi = names(Some(&value));
        own.pypi.retain(|name| name != "replace");
        own.npm.clone_from(&own.pypi);
    }
    Ok(own)
}

fn names(part: Option<&Value>) -> Vec<String> {
    match part {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::Object(entries)) => {
            // Sorted by their counts, because an object's entries have no order here.
            let mut counted: Vec<_> = entries
                .iter()
                .map(|(name, count)| (std::cmp::Reverse(count.as_u64().unwrap_or(0)), name))
                .collect();
            counted.sort();
            counted.into_iter().map(|(_, name)| name.clone()).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_ship_hold_each_name_once() {
        let (popular, notes) = Popular::load(None);
        assert!(notes.is_empty());
        for (ecosystem, text) in [(Ecosystem::PyPi, PYPI), (Ecosystem::Npm, NPM)] {
            let names = popular.of(ecosystem);
            assert_eq!(lines(text).count(), names.all.len(), "{ecosystem:?} has a name twice");
            for line in lines(text) {
                assert_eq!(line.to_lowercase(), line, "{line}");
                assert!(line.bytes().all(|byte| byte.is_ascii_graphic()), "{line}");
            }
        }
    }

    #[test]
    fn the_users_file_has_three_forms() {
        let own = read_text("# mine\n[pypi]\nalpha\n[npm]\n@s/beta\n").unwrap();
        assert_eq!(
            (own.pypi, own.npm, own.replace),
            (vec!["alpha".to_owned()], vec!["@s/beta".to_owned()], false)
        );
        let own = read_text(r#"{"few": 1, "many": 9}"#).unwrap();
        assert_eq!((own.pypi, own.npm.len()), (vec!["many".to_owned(), "few".to_owned()], 2));
        let own = read_text(r#"{"pypi": ["a"], "replace": true}"#).unwrap();
        assert_eq!((own.pypi, own.npm.len(), own.replace), (vec!["a".to_owned()], 0, true));
        assert!(read_text("{").is_err());
    }

    #[test]
    fn a_missing_file_is_said() {
        let (_, notes) = Popular::load(Some(Path::new("/nowhere/list.json")));
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn names_that_look_alike_are_squashed_alike() {
        for (left, right) in
            [("c0lorama", "colorama"), ("crossenv", "cross-env"), ("nurnpy", "numpy"), ("lоdash", "lodash")]
        {
            assert_eq!(squash(left), squash(right));
        }
    }
}
