//! Names below an owner's: `github.com/gorilla/mux`, `org.slf4j:slf4j-api`.
//!
//! Nobody else can publish below the path of a repository or a group of Central, so two names of one owner are never
//! mistaken for each other here; what imitates is the same package of an owner who is nearly the known one.

use super::distance::edits;
use super::popular::{Names, parts, squash};
use super::{LookAlike, Way, closest};
use crate::deps::ecosystem::Ecosystem;
use crate::deps::route::owner;

/// Words that imitations put around the name of an owner.
const WORDS: &[&str] =
    &["-go", "go-", "-org", "-dev", "-io", "-official", "-lang", "-java", "-team", "-project", "hq", "-hq"];

/// The well-known name of another owner.
pub(super) fn look_alike(
    ecosystem: Ecosystem,
    names: &Names,
    name: &str,
    threshold: f64,
) -> Option<LookAlike> {
    let own = owner(ecosystem, name)?;
    if names.has_owner(&own) {
        return None;
    }
    let (place, tail) = parts(ecosystem, name)?;
    let candidates = names.of_tail(tail).iter().map(|index| names.name(*index));
    let mut best: Option<LookAlike> = None;
    for target in candidates {
        let Some((known, _)) = parts(ecosystem, target) else { continue };
        let Some((one, other)) = differing(ecosystem, place, known) else { continue };
        let longer = one.len().max(other.len());
        let limit = ((1.0 - threshold) * place.len().max(known.len()) as f64 + 1e-9).floor() as usize;
        // Short owners' names are near to many others.
        let cost = edits(
            one.as_bytes(),
            other.as_bytes(),
            limit.min(match longer {
                0..5 => 0,
                5..7 => 1,
                _ => longer / 3,
            }),
        );
        let family = |text: &str| text.trim_end_matches(|sign: char| sign.is_ascii_digit()).to_owned();
        let worded = WORDS
            .iter()
            .any(|word| one.strip_prefix(word) == Some(other) || one.strip_suffix(word) == Some(other));
        let way = match cost {
            _ if family(one) == family(other) => continue,
            Some(_) => Way::Owner,
            None if squash(one) == squash(other) && one.len() >= 4 => Way::Owner,
            None if worded => Way::Words,
            None => continue,
        };
        let whole = name.len().max(target.len());
        let similarity =
            1.0 - edits(name.as_bytes(), target.as_bytes(), whole).unwrap_or(whole) as f64 / whole as f64;
        if best.as_ref().is_none_or(|best| similarity > best.similarity) {
            best = Some(LookAlike { name: target.to_owned(), similarity, way });
        }
    }
    best
}

/// What differs between two owners, where something may: the owner on the same forge, the whole group.
fn differing<'n>(ecosystem: Ecosystem, place: &'n str, known: &'n str) -> Option<(&'n str, &'n str)> {
    if ecosystem == Ecosystem::Maven {
        return Some((place, known));
    }
    let (host, own) = place.split_once('/').unwrap_or(("", place));
    let (known_host, other) = known.split_once('/').unwrap_or(("", known));
    if host == known_host { Some((own, other)) } else { (own == other).then_some((host, known_host)) }
}

/// The well-known name that was probably meant by one that does not exist.
pub(super) fn intended(ecosystem: Ecosystem, names: &Names, name: &str) -> Option<String> {
    if names.rank(name).is_some() {
        return None;
    }
    if let Some(near) = closest(names, name.as_bytes(), 0.85) {
        return Some(near.name);
    }
    let (_, tail) = parts(ecosystem, name)?;
    match names.of_tail(tail) {
        [only] if tail.len() >= 4 => Some(names.name(*only).to_owned()),
        _ => None,
    }
}
