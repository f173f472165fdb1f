//! Tests whose assertions stand in another file: helpers, base classes, fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Judged, module};
use crate::facts::{FIXTURE, Helper};
use crate::rule::RuleId;
use crate::source::Language;

/// Longer chains of helpers that call each other across files are not followed.
const MAX_CHAIN: usize = 8;
/// Files beside the scan's that are read, and that are looked for.
const MAX_OUTSIDE: usize = 200;
const MAX_ASKED: usize = 20_000;

/// Takes back findings about tests that assert nothing in their own file, when what they call in another one does. `judged`
/// is sorted by path; `outside` reads the helpers of a file that is not among them.
pub(super) fn withdraw(judged: &mut [(PathBuf, Judged)], outside: &dyn Fn(&Path) -> Option<Vec<Helper>>) {
    let is_open = |judged: &Judged| {
        !judged.calls.is_empty() && judged.findings.iter().any(|finding| finding.rule == RuleId::Test001)
    };
    if !judged.iter().any(|(_, judged)| is_open(judged)) {
        return;
    }
    let mut helpers =
        Helpers { judged, outside, read: BTreeMap::new(), left: MAX_OUTSIDE, known: BTreeMap::new() };
    let mut answered: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (file, (path, judged)) in judged.iter().enumerate().filter(|(_, (_, judged))| is_open(judged)) {
        for (index, finding) in judged.findings.iter().enumerate() {
            if finding.rule != RuleId::Test001 {
                continue;
            }
            let Some((_, targets)) = judged.calls.iter().find(|(at, _)| *at == finding.start) else {
                continue;
            };
            let number =
                |key: &str| finding.metadata.get(key).and_then(|number| number.as_u64()).unwrap_or(0);
            let open = number("min_required").saturating_sub(number("assertion_count"));
            let asserting = targets.iter().filter(|target| helpers.asserts(path, target, MAX_CHAIN));
            let enough = usize::try_from(open).unwrap_or(usize::MAX);
            if asserting.take(enough).count() == enough {
                answered.insert((file, index));
            }
        }
    }
    for (file, (_, judged)) in judged.iter_mut().enumerate() {
        let mut index = 0;
        judged.findings.retain(|_| {
            index += 1;
            !answered.contains(&(file, index - 1))
        });
    }
}

struct Helpers<'a> {
    judged: &'a [(PathBuf, Judged)],
    outside: &'a dyn Fn(&Path) -> Option<Vec<Helper>>,
    /// Files that were asked for beside the scan's.
    read: BTreeMap<PathBuf, Option<Vec<Helper>>>,
    /// How many more may be read.
    left: usize,
    known: BTreeMap<(PathBuf, String), bool>,
}

impl Helpers<'_> {
    /// What a file calls by this target asserts.
    fn asserts(&mut self, home: &Path, target: &str, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        if let Some(fixture) = target.strip_prefix(FIXTURE) {
            let above: Vec<PathBuf> =
                home.ancestors().skip(1).map(|folder| folder.join("conftest.py")).collect();
            let nearest = above.into_iter().find(|path| self.find(path, fixture).is_some());
            return nearest.is_some_and(|path| self.function(&path, fixture, steps));
        }
        match Language::of_path(home) {
            Some(Language::Python) => {
                let level = target.len() - target.trim_start_matches('.').len();
                let parts: Vec<&str> = target.get(level..).unwrap_or("").split('.').collect();
                // The longest path that is a module; what is left are names in it.
                (0..parts.len()).rev().any(|split| {
                    let (module, names) = parts.split_at(split);
                    let Some(file) = self.python(&module.join("."), level, home) else { return false };
                    self.function(&file, &names.join("."), steps)
                })
            }
            Some(Language::JavaScript) => {
                let Some((module, name)) = target.split_once('#') else { return false };
                let Some(file) = self.javascript(module, home) else { return false };
                self.function(&file, name, steps)
            }
            None => false,
        }
    }

    /// A function of a file, or a method of a class of it, asserts.
    fn function(&mut self, file: &Path, name: &str, steps: usize) -> bool {
        let key = (file.to_owned(), name.to_owned());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // A circle adds nothing.
        self.known.insert(key.clone(), false);
        let found = match (self.find(file, name), name.split_once('.')) {
            (Some(helper), _) => {
                helper.asserts || helper.calls.iter().any(|target| self.asserts(file, target, steps))
            }
            // A class hands on what its bases do; a name that is imported, what it stands for.
            (None, Some((class, method))) => self.find(file, class).is_some_and(|class| {
                class.calls.iter().any(|base| self.asserts(file, &format!("{base}.{method}"), steps))
            }),
            (None, None) => self.find(file, "*").is_some_and(|all| {
                all.calls.iter().any(|module| self.asserts(file, &format!("{module}{name}"), steps))
            }),
        };
        self.known.insert(key, found);
        found
    }

    fn find(&mut self, file: &Path, name: &str) -> Option<Helper> {
        self.of(file)?.iter().find(|helper| helper.name == name).cloned()
    }

    /// The helpers of a file; `None` when there is no such file.
    fn of(&mut self, file: &Path) -> Option<&[Helper]> {
        if let Ok(at) = self.judged.binary_search_by(|(known, _)| known.as_path().cmp(file)) {
            return self.judged.get(at).map(|(_, judged)| judged.helpers.as_slice());
        }
        if !self.read.contains_key(file) {
            let helpers =
                (self.read.len() < MAX_ASKED && self.left > 0).then(|| (self.outside)(file)).flatten();
            self.left -= usize::from(helpers.is_some());
            self.read.insert(file.to_owned(), helpers);
        }
        self.read.get(file).and_then(Option::as_deref)
    }

    fn python(&mut self, name: &str, level: usize, home: &Path) -> Option<PathBuf> {
        let this = std::cell::RefCell::new(self);
        module::python(name, level, home, &|path| this.borrow_mut().of(path).is_some())
    }

    fn javascript(&mut self, name: &str, home: &Path) -> Option<PathBuf> {
        let this = std::cell::RefCell::new(self);
        module::javascript(name, home, &|path| this.borrow_mut().of(path).is_some())
    }
}
