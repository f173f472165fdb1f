//! Tests whose assertions stand in another file: helpers, base classes, fixtures.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Judged, module, take_back};
use crate::facts::{FIXTURE, Helper};
use crate::rule::RuleId;
use crate::source::Language;

/// Longer chains of helpers that call each other across files are not followed.
const MAX_CHAIN: usize = 8;
/// Files beside the scan's that are read, and that are looked for.
const MAX_OUTSIDE: usize = 200;
const MAX_ASKED: usize = 20_000;
/// Most functions that are looked at for one call of a test, and for all.
const MAX_LOOKS: usize = 2_000;
const MAX_LOOKS_IN_ALL: usize = 1_000_000;

/// Takes back findings about tests that assert nothing in their own file, when what they call in another one does. `judged`
/// is sorted by path; `outside` reads the helpers of a file that is not among them.
pub(super) fn withdraw(judged: &mut [(PathBuf, Judged)], outside: &dyn Fn(&Path) -> Option<Vec<Helper>>) {
    let is_open = |judged: &Judged| {
        !judged.calls.is_empty() && judged.findings.iter().any(|finding| finding.rule == RuleId::Test001)
    };
    if !judged.iter().any(|(_, judged)| is_open(judged)) {
        return;
    }
    let mut helpers = Helpers {
        judged,
        outside,
        files: BTreeMap::new(),
        left: MAX_OUTSIDE,
        looks: 0,
        looks_in_all: MAX_LOOKS_IN_ALL,
        known: BTreeMap::new(),
        cut: false,
    };
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
            let asserting = targets.iter().filter(|target| helpers.answers(path, target));
            let enough = usize::try_from(open).unwrap_or(usize::MAX);
            if asserting.take(enough).count() == enough {
                answered.insert((file, index));
            }
        }
    }
    take_back(judged, &answered);
}

struct Helpers<'a> {
    judged: &'a [(PathBuf, Judged)],
    outside: &'a dyn Fn(&Path) -> Option<Vec<Helper>>,
    /// The helpers of files that were asked for, by their names; `None` for a file that is not there.
    files: BTreeMap<PathBuf, Option<Named>>,
    /// How many more may be read beside the scan's.
    left: usize,
    /// How many more functions may be looked at for the call that is asked for.
    looks: usize,
    /// How many more for all calls.
    looks_in_all: usize,
    /// What is known of a function; `None` while it is looked at.
    known: BTreeMap<(PathBuf, String), Option<bool>>,
    /// A circle or a limit was met: that nothing was found holds for the way that was gone, and not for every way.
    cut: bool,
}

type Named = HashMap<String, Rc<Helper>>;

impl Helpers<'_> {
    /// What a test calls by this target asserts.
    fn answers(&mut self, home: &Path, target: &str) -> bool {
        let given = MAX_LOOKS.min(self.looks_in_all);
        self.looks = given;
        let asserts = self.asserts(home, target, MAX_CHAIN);
        self.looks_in_all -= given - self.looks;
        asserts
    }

    /// What a file calls by this target asserts.
    fn asserts(&mut self, home: &Path, target: &str, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else {
            self.cut = true;
            return false;
        };
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
        match self.known.get(&key) {
            Some(Some(known)) => return *known,
            None if self.looks > 0 => self.looks -= 1,
            // A circle adds nothing.
            Some(None) | None => {
                self.cut = true;
                return false;
            }
        }
        self.known.insert(key.clone(), None);
        let cut = std::mem::take(&mut self.cut);
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
        if found || !self.cut {
            self.known.insert(key, Some(found));
        } else {
            self.known.remove(&key);
        }
        self.cut |= cut;
        found
    }

    fn find(&mut self, file: &Path, name: &str) -> Option<Rc<Helper>> {
        self.of(file)?.get(name).cloned()
    }

    /// The helpers of a file; `None` when there is no such file.
    fn of(&mut self, file: &Path) -> Option<&Named> {
        if !self.files.contains_key(file) {
            let helpers = match self.judged.binary_search_by(|(known, _)| known.as_path().cmp(file)) {
                Ok(at) => self.judged.get(at).map(|(_, judged)| judged.helpers.clone()),
                Err(_) if self.files.len() < MAX_ASKED && self.left > 0 => {
                    let helpers = (self.outside)(file);
                    self.left -= usize::from(helpers.is_some());
                    helpers
                }
                Err(_) => None,
            };
            self.files.insert(file.to_owned(), helpers.map(named));
        }
        self.files.get(file).and_then(Option::as_ref)
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

/// The first of a name counts.
fn named(helpers: Vec<Helper>) -> Named {
    let mut named = Named::new();
    for helper in helpers {
        named.entry(helper.name.clone()).or_insert_with(|| Rc::new(helper));
    }
    named
}
