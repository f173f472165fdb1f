//! DEP-007: pins, and whether a pinned version was ever published.

use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionPattern};

use super::ecosystem::Ecosystem;

/// Longer version texts are not read.
const MAX_BYTES: usize = 512;

/// The pinned version that is not among those of the registry, as written. `None` when nothing is pinned, when the pin
/// exists, or when it cannot be told.
pub(crate) fn missing<'a>(
    ecosystem: Ecosystem,
    requirement: &'a str,
    versions: &[String],
) -> Option<&'a str> {
    if versions.is_empty() || requirement.len() > MAX_BYTES {
        return None;
    }
    match ecosystem {
        Ecosystem::PyPi => requirement.split(',').find_map(|clause| pypi(clause.trim(), versions)),
        Ecosystem::Npm => npm(requirement.trim(), versions),
        Ecosystem::Cargo => cargo(requirement.trim(), versions),
        Ecosystem::Go => go(requirement.trim(), versions),
        Ecosystem::Maven => maven(requirement.trim(), versions),
    }
}

/// Cargo takes no version that its requirement does not match: `9` is as missing as `=9.0.0` when there is none.
fn cargo<'a>(requirement: &'a str, versions: &[String]) -> Option<&'a str> {
    let wanted =
        semver::VersionReq::parse(requirement).ok().filter(|wanted| !wanted.comparators.is_empty())?;
    let read = versions.iter().filter_map(|version| semver::Version::parse(version).ok());
    // A version before a release matches only a requirement that names one; it still is published.
    let fits = |version: semver::Version| {
        wanted.matches(&version)
            || wanted.matches(&semver::Version { pre: semver::Prerelease::EMPTY, ..version })
    };
    let any = read.map(fits).fold(None, |any: Option<bool>, fits| Some(any.unwrap_or(false) || fits))?;
    (!any).then_some(requirement)
}

/// Go names one version; what stands behind `+` is a mark and no part of it.
fn go<'a>(requirement: &'a str, versions: &[String]) -> Option<&'a str> {
    let plain = |version: &str| version.split('+').next().unwrap_or(version).to_owned();
    let number = requirement.strip_prefix('v')?;
    semver::Version::parse(number).ok()?;
    (!versions.iter().any(|version| plain(version) == plain(requirement))).then_some(requirement)
}

/// A version without a range, a wildcard or a name that stands for another one.
fn maven<'a>(requirement: &'a str, versions: &[String]) -> Option<&'a str> {
    let exact = requirement.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(requirement);
    let exact = exact.strip_suffix("!!").unwrap_or(exact);
    let plain = exact.starts_with(|first: char| first.is_ascii_alphanumeric())
        && exact.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_'))
        && exact.contains(|sign: char| sign.is_ascii_digit());
    let moving = exact.ends_with("-SNAPSHOT") || exact.ends_with(".+") || exact.contains("latest");
    (plain && !moving && !versions.iter().any(|version| version == exact)).then_some(exact)
}

/// One clause: `==1.2`, `==1.*`, `===1.2`. Other operators pin nothing.
fn pypi<'a>(clause: &'a str, versions: &[String]) -> Option<&'a str> {
    if let Some(text) = clause.strip_prefix("===") {
        let text = text.trim();
        return (!versions.iter().any(|version| version.eq_ignore_ascii_case(text))
            && !is_known(text, versions))
        .then_some(text);
    }
    let text = clause.strip_prefix("==")?.trim();
    // What is no version (`==${VERSION}`) is not told to be missing.
    let pattern = VersionPattern::from_str(text).ok()?;
    if pattern.is_wildcard() {
        let specifier = pep440_rs::VersionSpecifier::from_pattern(Operator::Equal, pattern).ok()?;
        let any = versions
            .iter()
            .filter_map(|version| Version::from_str(version).ok())
            .any(|v| specifier.contains(&v));
        return (!any).then_some(text);
    }
    (!is_known(text, versions)).then_some(text)
}

fn is_known(text: &str, versions: &[String]) -> bool {
    let Ok(wanted) = Version::from_str(text) else { return true };
    // PEP 440: a pin without a local part matches versions with any.
    versions.iter().any(|version| {
        Version::from_str(version).is_ok_and(|version| {
            version == wanted || (wanted.local().is_empty() && version.without_local() == wanted)
        })
    })
}

fn npm<'a>(requirement: &'a str, versions: &[String]) -> Option<&'a str> {
    let wanted = exact(requirement)?;
    let plain = |version: &str| version.split('+').next().unwrap_or(version).to_owned();
    let known = versions.iter().any(|version| plain(version) == plain(wanted));
    (!known).then_some(wanted)
}

/// npm's exact versions: three numbers, perhaps `v` or `=` before and `-beta.1` behind them. Without `v` and `=`.
fn exact(requirement: &str) -> Option<&str> {
    let text = requirement.trim_start_matches(['=', ' ']);
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (core, tail) = match text.find(['-', '+']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut numbers = core.split('.');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| {
            !part.is_empty() && part.len() <= 16 && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let three = number(numbers.next())
        && number(numbers.next())
        && number(numbers.next())
        && numbers.next().is_none();
    let tail_fine =
        tail.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+'));
    (three && tail_fine && tail.len() != 1).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(ecosystem: Ecosystem, requirement: &str, versions: &[&str], expect: Option<&str>) {
        let versions: Vec<String> = versions.iter().map(|version| (*version).to_owned()).collect();
        assert_eq!(missing(ecosystem, requirement, &versions), expect, "{requirement}");
    }

    #[test]
    fn python_versions_are_equal_as_pep_440_has_it() {
        for same in [
            "==2.1",
            "==2.1.0",
            "== 2.1.0.0",
            "===2.1.0",
            "==v2.1",
            "==2.*",
            "==2.1.0,<3",
            "==2.1.0-0",
            "==2!0,==2.1",
        ] {
            check(Ecosystem::PyPi, same, &["2.1.0", "2!0", "2.1.0.post0"], None);
        }
        check(Ecosystem::PyPi, "==1.0a1", &["1.0.alpha1"], None);
        check(Ecosystem::PyPi, "==99.0.0", &["2.1.0"], Some("99.0.0"));
        check(Ecosystem::PyPi, "==  3.9", &["2.1.0"], Some("3.9"));
        check(Ecosystem::PyPi, "<3,==2.2", &["2.1.0"], Some("2.2"));
        check(Ecosystem::PyPi, "==9.*", &["2.1.0"], Some("9.*"));
        check(Ecosystem::PyPi, "==2.0.0+cu118", &["2.0.0"], Some("2.0.0+cu118"));
    }

    #[test]
    fn ranges_and_riddles_are_not_checked() {
        for open in [">=90", "~=90.0", "!=1", "", "^2", "*", "==${VERSION}", "==", "=9", "latest"] {
            check(Ecosystem::PyPi, open, &["2.1.0"], None);
        }
        for open in [
            "^90.0.0",
            "~90.1.0",
            ">=90",
            "latest",
            "90.x",
            "90",
            "90.1",
            "",
            "*",
            "1.2.3 - 2",
            "1.2.3 || 2",
            "1.2.3-",
        ] {
            check(Ecosystem::Npm, open, &["3.1.0"], None);
        }
        check(Ecosystem::PyPi, "==1", &[], None);
        check(Ecosystem::Npm, "1.0.0", &[], None);
    }

    #[test]
    fn npm_versions_are_exact_with_prefix_and_prerelease() {
        check(Ecosystem::Npm, "7.0.0", &["3.1.0"], Some("7.0.0"));
        check(Ecosystem::Npm, "v9.0.0", &["3.1.0"], Some("9.0.0"));
        check(Ecosystem::Npm, "=9.0.0", &["9.0.0"], None);
        check(Ecosystem::Npm, "9.0.0-beta.1", &["9.0.0"], Some("9.0.0-beta.1"));
        check(Ecosystem::Npm, "9.0.0+build.1", &["9.0.0"], None);
    }

    #[test]
    fn a_crate_requirement_that_nothing_matches_is_missing() {
        let versions = ["0.9.1", "1.0.200", "2.0.0-rc.1"];
        for fine in
            ["1", "1.0", "=1.0.200", ">=0.9, <2", "^1.0.3", "*", "0.9", "2", "=2.0.0-rc.1", "", "x", "1.0.*"]
        {
            check(Ecosystem::Cargo, fine, &versions, None);
        }
        for gone in ["9", "=1.0.201", "1.1", "0.8", ">=3", "~0.9.2"] {
            check(Ecosystem::Cargo, gone, &versions, Some(gone));
        }
        check(Ecosystem::Cargo, "9", &["none"], None);
    }

    #[test]
    fn a_module_version_is_exact() {
        let versions = ["v1.2.3", "v2.0.0+incompatible"];
        for fine in ["v1.2.3", "v2.0.0", "v2.0.0+incompatible", "latest", "", "1.2.3", "master"] {
            check(Ecosystem::Go, fine, &versions, None);
        }
        for gone in ["v9.0.0", "v0.0.0-20200101000000-abcdefabcdef"] {
            check(Ecosystem::Go, gone, &versions, Some(gone));
        }
    }

    #[test]
    fn an_artifact_version_is_exact_or_open() {
        let versions = ["1.0", "31.1-jre", "2.0.0.RELEASE"];
        for fine in [
            "1.0",
            "[1.0]",
            "31.1-jre",
            "[1,2)",
            "1.+",
            "latest.release",
            "9-SNAPSHOT",
            "${v}",
            "",
            "RELEASE",
        ] {
            check(Ecosystem::Maven, fine, &versions, None);
        }
        check(Ecosystem::Maven, "9.9", &versions, Some("9.9"));
        check(Ecosystem::Maven, "9.9!!", &versions, Some("9.9"));
    }

    proptest! {
        #[test]
        fn a_published_version_is_never_missing(numbers in proptest::collection::vec(0_u32..40, 1..5), zeros in 0_usize..3) {
            let text: Vec<String> = numbers.iter().map(u32::to_string).collect();
            let published = text.join(".");
            let written = format!("=={published}{}", ".0".repeat(zeros));
            prop_assert_eq!(missing(Ecosystem::PyPi, &written, &[published]), None);
        }

        #[test]
        fn two_versions_are_equal_when_their_numbers_are(a in proptest::collection::vec(0_u32..3, 1..4), b in proptest::collection::vec(0_u32..3, 1..4)) {
            let text = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            let padded = |numbers: &[u32]| { let mut n = numbers.to_vec(); n.resize(4, 0); n };
            let requirement = format!("=={}", text(&a));
            let found = missing(Ecosystem::PyPi, &requirement, &[text(&b)]);
            prop_assert_eq!(found.is_none(), padded(&a) == padded(&b));
        }

        #[test]
        fn any_text_is_fine(text in ".{0,40}") {
            for ecosystem in Ecosystem::ALL {
                let _ = missing(ecosystem, &text, &["1.0.0".to_owned()]);
            }
        }
    }
}
