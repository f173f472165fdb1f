//! The lists of well-known names: those that ship with the program, and the user's own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::distance::letters;
use crate::deps::ecosystem::Ecosystem;
use crate::deps::route::owner;
use crate::finding::{Note, NoteKind};

const PYPI: &str = include_str!("../../../data/popular_pypi.txt");
const NPM: &str = include_str!("../../../data/popular_npm.txt");
const CARGO: &str = include_str!("../../../data/popular_cargo.txt");
const GO: &str = include_str!("../../../data/popular_go.txt");
const MAVEN: &str = include_str!("../../../data/popular_maven.txt");
/// A larger file of the user's is refused.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Well-known names of all ecosystems. A list is read when it is asked for first: most projects need one or two.
#[derive(Debug, Default)]
pub(crate) struct Popular {
    own: Own,
    pypi: OnceLock<Names>,
    npm: OnceLock<Names>,
    cargo: OnceLock<Names>,
    go: OnceLock<Names>,
    maven: OnceLock<Names>,
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
    /// Names of owners' packages by their last part.
    by_tail: HashMap<String, Vec<usize>>,
    owners: HashSet<String>,
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
        let popular = Self { own: own.unwrap_or_default(), ..Self::default() };
        (popular, notes)
    }

    /// Lists with names separated by blanks.
    #[cfg(test)]
    pub(crate) fn of_names(pypi: &str, npm: &str) -> Self {
        let list = |ecosystem, names: &str| OnceLock::from(Names::new(ecosystem, names.split_whitespace()));
        Self {
            own: Own { replace: true, ..Own::default() },
            pypi: list(Ecosystem::PyPi, pypi),
            npm: list(Ecosystem::Npm, npm),
            ..Self::default()
        }
    }

    /// The names of an ecosystem.
    pub(crate) fn of(&self, ecosystem: Ecosystem) -> &Names {
        let (list, shipped) = match ecosystem {
            Ecosystem::PyPi => (&self.pypi, PYPI),
            Ecosystem::Npm => (&self.npm, NPM),
            Ecosystem::Cargo => (&self.cargo, CARGO),
            Ecosystem::Go => (&self.go, GO),
            Ecosystem::Maven => (&self.maven, MAVEN),
        };
        list.get_or_init(|| {
            let shipped = if self.own.replace { "" } else { shipped };
            let own = self.own.names.get(&ecosystem).into_iter().flatten().map(String::as_str);
            Names::new(ecosystem, lines(shipped).chain(own))
        })
    }
}

impl Names {
    fn new<'a>(ecosystem: Ecosystem, names: impl Iterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        for name in names {
            let name = ecosystem.family(name);
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
            if let Some((_, tail)) = parts(ecosystem, &name) {
                list.by_tail.entry(tail.to_lowercase()).or_default().push(index);
                list.owners.extend(owner(ecosystem, &name));
            }
            list.all.push((name.clone(), letters(name.as_bytes())));
            list.rank.insert(name, index);
        }
        list
    }

    /// The place of a normalised name in the list, if it is on it.
    pub(crate) fn rank(&self, name: &str) -> Option<usize> {
        self.rank.get(name).copied()
    }

    /// Places of the names whose last part is this one, in any case.
    pub(crate) fn of_tail(&self, tail: &str) -> &[usize] {
        self.by_tail.get(&tail.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// A well-known package is this owner's.
    pub(crate) fn has_owner(&self, owner: &str) -> bool {
        self.owners.contains(owner)
    }

    /// The name at a place.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.all.get(index).map_or("", |(name, _)| name)
    }
}

/// A name without its last part, and that part: the place that an owner has, and what lies there.
pub(crate) fn parts(ecosystem: Ecosystem, name: &str) -> Option<(&str, &str)> {
    match ecosystem {
        Ecosystem::Go => name.rsplit_once('/'),
        Ecosystem::Maven => name.rsplit_once(':'),
        _ => None,
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
    names: BTreeMap<Ecosystem, Vec<String>>,
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

/// A JSON object (names with their download counts, or one such object or list for each of `pypi`, `npm`, `cargo`, `go`
/// and `maven`, and `replace`), or plain lines, with `[pypi]` and so on before those of one ecosystem and `[replace]` when
/// nothing else counts. Names of no ecosystem are taken for Python's and JavaScript's.
fn read_text(text: &str) -> Result<Own, String> {
    let both = [Ecosystem::PyPi, Ecosystem::Npm];
    let mut own = Own::default();
    if !text.trim_start().starts_with('{') {
        let mut of: Vec<Ecosystem> = both.to_vec();
        for line in lines(text) {
            let section = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            match (section, section.and_then(known)) {
                (Some("replace"), _) => own.replace = true,
                (_, Some(ecosystem)) => of = vec![ecosystem],
                _ => {
                    for ecosystem in &of {
                        own.names.entry(*ecosystem).or_default().push(line.to_owned());
                    }
                }
            }
        }
        return Ok(own);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
    let Value::Object(entries) = &value else { return Err("it is no JSON object".to_owned()) };
    own.replace = entries.get("replace").and_then(Value::as_bool).unwrap_or(false);
    let parts = Ecosystem::ALL.map(|ecosystem| (ecosystem, entries.get(ecosystem.name())));
    if parts.iter().any(|(_, part)| part.is_some_and(|part| part.is_object() || part.is_array())) {
        own.names.extend(parts.map(|(ecosystem, part)| (ecosystem, names(part))));
    } else {
        let mut all = names(Some(&value));
        all.retain(|name| name != "replace");
        own.names.extend(both.map(|ecosystem| (ecosystem, all.clone())));
    }
    Ok(own)
}

fn known(name: &str) -> Option<Ecosystem> {
    Ecosystem::ALL.into_iter().find(|ecosystem| ecosystem.name() == name)
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
        let lists = [PYPI, NPM, CARGO, GO, MAVEN];
        for (ecosystem, text) in Ecosystem::ALL.into_iter().zip(lists) {
            let names = popular.of(ecosystem);
            assert_eq!(lines(text).count(), names.all.len(), "{ecosystem:?} has a name twice");
            for line in lines(text) {
                assert!(ecosystem.is_owned() || line.to_lowercase() == line, "{line}");
                assert!(line.bytes().all(|byte| byte.is_ascii_graphic()), "{line}");
                assert_eq!(ecosystem.family(line), line);
                assert!(!ecosystem.is_owned() || parts(ecosystem, line).is_some(), "{line}");
            }
        }
    }

    #[test]
    fn the_users_file_has_three_forms() {
        let of = |own: &Own, ecosystem| own.names.get(&ecosystem).cloned().unwrap_or_default();
        let own = read_text("# mine\n[pypi]\nalpha\n[npm]\n@s/beta\n[go]\na.b/c\n").unwrap();
        assert_eq!(
            (of(&own, Ecosystem::PyPi), of(&own, Ecosystem::Npm)),
            (vec!["alpha".to_owned()], vec!["@s/beta".to_owned()])
        );
        assert_eq!((of(&own, Ecosystem::Go), own.replace), (vec!["a.b/c".to_owned()], false));
        let own = read_text(r#"{"few": 1, "many": 9}"#).unwrap();
        assert_eq!(of(&own, Ecosystem::PyPi), ["many", "few"]);
        assert_eq!((of(&own, Ecosystem::Npm).len(), of(&own, Ecosystem::Cargo).len()), (2, 0));
        let own = read_text(r#"{"pypi": ["a"], "cargo": {"b": 1}, "replace": true}"#).unwrap();
        assert_eq!(
            (of(&own, Ecosystem::PyPi), of(&own, Ecosystem::Cargo)),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
        assert!(own.replace);
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
