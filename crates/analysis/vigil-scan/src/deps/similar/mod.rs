//! DEP-003: names that look like a well-known package and are not it.

mod distance;
mod owned;
mod popular;

use self::distance::{edits, letters};
pub(crate) use self::popular::Popular;
use self::popular::{Names, latin, squash};
use super::ecosystem::Ecosystem;

/// Names of four to six letters are compared with so many of the most popular ones.
const SHORT_TARGETS: usize = 400;
/// Affixes are looked for around so many of the most popular names.
const AFFIX_TARGETS: usize = 200;
/// From this length one edit in a name reaches the default threshold.
const LONG: usize = 7;

/// What a name looks like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LookAlike {
    /// The well-known name.
    pub(crate) name: String,
    /// 1 − edits / length of the longer name.
    pub(crate) similarity: f64,
    /// How the two differ.
    pub(crate) way: Way,
}

/// How a name differs from the one it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Letters are missing, added, swapped or replaced.
    Letters,
    /// Only separators differ, or letters that look the same.
    Looks,
    /// The scope is written as part of the name, or the other way round.
    Scope,
    /// The owner's name differs a little, and what it owns has the same name.
    Owner,
    /// Words such as `python-` or `-js` are added.
    Words,
}

impl Popular {
    /// The well-known name that this one could be mistaken for. Well-known names are never mistaken for others.
    pub(crate) fn look_alike(&self, ecosystem: Ecosystem, name: &str, threshold: f64) -> Option<LookAlike> {
        let names = self.of(ecosystem);
        let name = ecosystem.family(name);
        if name.len() > 214 || names.rank(&name).is_some() || has_known_scope(names, &name) {
            return None;
        }
        if ecosystem.is_owned() {
            return owned::look_alike(ecosystem, names, &name, threshold);
        }
        let plain: Vec<u8> = name.chars().map(|letter| u8::try_from(latin(letter)).unwrap_or(b'?')).collect();
        // One edit in seven letters must be near enough for the looser comparisons, too.
        let loose = threshold <= 1.0 - 1.0 / LONG as f64;
        let found = closest(names, &plain, threshold)
            .or_else(|| same_looks(names, &name))
            .or_else(|| loose.then(|| short(names, &plain)).flatten())
            .or_else(|| loose.then(|| scope(ecosystem, names, &name)).flatten())
            .or_else(|| loose.then(|| affix(ecosystem, names, &name)).flatten())?;
        Some(found)
    }

    /// The well-known name that was probably meant by one that does not exist.
    pub(crate) fn intended(&self, ecosystem: Ecosystem, name: &str) -> Option<String> {
        let names = self.of(ecosystem);
        let normal = ecosystem.family(name);
        if normal.len() > 214 {
            return None;
        }
        if ecosystem.is_owned() {
            return owned::intended(ecosystem, names, &normal);
        }
        self.look_alike(ecosystem, name, 0.85)
            .or_else(|| closest(names, normal.as_bytes(), 0.75).filter(|_| normal.len() >= 5))
            .map(|found| found.name)
    }

    /// The name is on the list.
    pub(crate) fn knows(&self, ecosystem: Ecosystem, name: &str) -> bool {
        self.of(ecosystem).rank(&ecosystem.family(name)).is_some()
    }
}

/// The most similar name from the threshold on; of equals the more popular one.
fn closest(names: &Names, plain: &[u8], threshold: f64) -> Option<LookAlike> {
    let mask = letters(plain);
    let longest = (plain.len() as f64 / threshold.max(0.05)).floor() as usize;
    let shortest = (plain.len() as f64 * threshold).ceil() as usize;
    let mut best: Option<(f64, std::cmp::Reverse<usize>)> = None;
    for (length, same) in names.by_length.iter().enumerate().take(longest + 1).skip(shortest.max(1)) {
        let longer = length.max(plain.len());
        // Rounding must not lose the exact border: 0.85 of 20 letters are 3 edits.
        let limit = ((1.0 - threshold) * longer as f64 + 1e-9).floor() as usize;
        if limit == 0 {
            continue;
        }
        for index in same {
            let Some((name, others)) = names.all.get(*index) else { continue };
            // `rollup-plugin-alias` was the name of `@rollup/plugin-alias`; for scopes that are imitated, see `scope`.
            if name.starts_with('@') && plain.first() != Some(&b'@') {
                continue;
            }
            if (mask ^ others).count_ones() as usize > 2 * limit {
                continue;
            }
            let Some(cost) = edits(plain, name.as_bytes(), limit).filter(|cost| *cost > 0) else { continue };
            if is_sibling(plain, name.as_bytes()) {
                continue;
            }
            let similarity = 1.0 - cost as f64 / longer as f64;
            let candidate = (similarity, std::cmp::Reverse(*index));
            if best.is_none_or(|best| candidate > best) {
                best = Some(candidate);
            }
        }
    }
    let (similarity, index) = best?;
    Some(LookAlike { name: names.name(index.0).to_owned(), similarity, way: Way::Letters })
}

/// Two that differ only in a digit are versions or members of one family.
fn is_sibling(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .filter(|(a, b)| a != b)
            .all(|(a, b)| a.is_ascii_digit() && b.is_ascii_digit())
}

/// Other separators, or letters that look the same.
fn same_looks(names: &Names, name: &str) -> Option<LookAlike> {
    let squashed = squash(name);
    if squashed.chars().count() < 5 || name.starts_with('@') {
        return None;
    }
    let index = *names.squashed.get(&squashed)?;
    let target = names.name(index);
    if target == name || target.starts_with('@') {
        return None;
    }
    let longer = name.chars().count().max(target.len());
    let plain: Vec<u8> = name.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
    let cost = edits(&plain, target.as_bytes(), longer)?;
    Some(LookAlike {
        name: target.to_owned(),
        similarity: 1.0 - cost as f64 / longer as f64,
        way: Way::Looks,
    })
}

/// Names of four to six letters that are one slip of the finger away from a very popular one.
fn short(names: &Names, plain: &[u8]) -> Option<LookAlike> {
    if !(4..=LONG).contains(&plain.len()) {
        return None;
    }
    let index = (0..names.all.len().min(SHORT_TARGETS)).find(|index| {
        let target = names.name(*index).as_bytes();
        (4..LONG).contains(&target.len()) && is_slip(plain, target)
    })?;
    let target = names.name(index);
    let longer = plain.len().max(target.len());
    Some(LookAlike { name: target.to_owned(), similarity: 1.0 - 1.0 / longer as f64, way: Way::Letters })
}

/// `typed` is `meant` with two letters swapped, one doubled, one missing from five or more, or one hit beside its key.
fn is_slip(typed: &[u8], meant: &[u8]) -> bool {
    let same = typed.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let rest = |name: &[u8], skip: usize| name.get(same + skip..).map(<[u8]>::to_vec);
    match typed.len() as isize - meant.len() as isize {
        0 => {
            let swapped = typed.get(same) == meant.get(same + 1)
                && typed.get(same + 1) == meant.get(same)
                && typed.get(same).is_some()
                && rest(typed, 2) == rest(meant, 2);
            let beside = meant.len() >= 5
                && same > 0
                && rest(typed, 1) == rest(meant, 1)
                && typed.get(same).zip(meant.get(same)).is_some_and(|(a, b)| are_neighbours(*a, *b));
            swapped || beside
        }
        1 => {
            let doubled = same > 0 && typed.get(same) == typed.get(same - 1);
            doubled && rest(typed, 1) == rest(meant, 0)
        }
        -1 => meant.len() >= 5 && same > 0 && rest(typed, 0) == rest(meant, 1),
        _ => false,
    }
}

/// Keys that touch on the usual keyboard, within one row.
fn are_neighbours(a: u8, b: u8) -> bool {
    ["qwertyuiop", "asdfghjkl", "zxcvbnm"].iter().any(|row| {
        let at = |key: u8| row.bytes().position(|other| other == key);
        at(a).zip(at(b)).is_some_and(|(a, b)| a.abs_diff(b) == 1)
    })
}

/// Scopes whose packages are often named without their scope.
const SCOPES: &[&str] =
    &["types", "aws-sdk", "prisma", "supabase", "azure", "modelcontextprotocol", "anthropic-ai"];

/// `types-node` for `@types/node`.
fn scope(ecosystem: Ecosystem, names: &Names, name: &str) -> Option<LookAlike> {
    if ecosystem != Ecosystem::Npm || name.contains('/') {
        return None;
    }
    let bare = name.trim_start_matches('@');
    SCOPES.iter().find_map(|scope| {
        let rest = bare.strip_prefix(scope)?.strip_prefix(['-', '_', '.'])?;
        let target = format!("@{scope}/{rest}");
        names.rank(&target)?;
        let longer = target.len().max(name.len());
        let cost = edits(name.as_bytes(), target.as_bytes(), longer)?;
        Some(LookAlike { name: target, similarity: 1.0 - cost as f64 / longer as f64, way: Way::Scope })
    })
}

/// A scope that a well-known package has belongs to its owner.
fn has_known_scope(names: &Names, name: &str) -> bool {
    let Some((scope, _)) = name.split_once('/').filter(|(scope, _)| scope.starts_with('@')) else {
        return false;
    };
    names.all.iter().any(|(known, _)| known.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/')))
}

const PYPI_AFFIXES: (&[&str], &[&str]) =
    (&["python-", "pypi-", "pip-"], &["-python", "-pypi", "-pip", "-official", "-latest", "-lib"]);
const NPM_AFFIXES: (&[&str], &[&str]) =
    (&["npm-", "js-"], &["-js", "js", "-npm", "-nodejs", "-official", "-latest", "-lib"]);

const CARGO_AFFIXES: (&[&str], &[&str]) =
    (&["rust-", "rs-", "lib"], &["-rs", "_rs", "-rust", "_rust", "-official", "-latest", "-lib"]);

/// `requests-python`: a very popular name with a word that says nothing.
fn affix(ecosystem: Ecosystem, names: &Names, name: &str) -> Option<LookAlike> {
    let (heads, tails) = match ecosystem {
        Ecosystem::PyPi => PYPI_AFFIXES,
        Ecosystem::Npm => NPM_AFFIXES,
        Ecosystem::Cargo => CARGO_AFFIXES,
        Ecosystem::Go | Ecosystem::Maven => return None,
    };
    let heads = heads.iter().filter_map(|head| name.strip_prefix(head));
    let tails = tails.iter().filter_map(|tail| name.strip_suffix(tail));
    let target = heads
        .chain(tails)
        .find(|rest| rest.len() >= 5 && names.rank(rest).is_some_and(|rank| rank < AFFIX_TARGETS))?;
    let similarity = target.len() as f64 / name.len() as f64;
    Some(LookAlike { name: target.to_owned(), similarity, way: Way::Words })
}

#[cfg(test)]
mod tests;
