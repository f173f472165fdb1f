//! Routes whose guard stands in another file: where their router is mounted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Judged, module, take_back};
use crate::config::Config;
use crate::facts::{Mount, WHOLE_FILE};
use crate::finding::Finding;
use crate::rule::RuleId;
use crate::rules::{ROUTER, reads, stand_guard};

/// Longer chains of routers that are mounted into each other are not followed.
const MAX_CHAIN: usize = 8;

/// Takes back findings about routes that nothing guards in their own file, when every file that mounts their router guards it.
/// `judged` is sorted by path.
pub(super) fn withdraw(judged: &mut [(PathBuf, Judged)], config: &Config) {
    if judged.iter().all(|(_, judged)| judged.mounts.is_empty()) {
        return;
    }
    let mounted = Mounted::of(judged);
    let mut open: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut known = Known::new();
    for (file, (path, judged)) in judged.iter().enumerate() {
        for (index, finding) in judged.findings.iter().enumerate() {
            if let Some((router, method)) = routed(finding)
                && mounted.is_guarded(
                    (path, router, reads(method), MAX_CHAIN),
                    &config.auth.guards,
                    &mut known,
                )
            {
                open.insert((file, index));
            }
        }
    }
    take_back(judged, &open);
}

/// The router and the method of a finding about a route.
fn routed(finding: &Finding) -> Option<(&str, &str)> {
    if !matches!(finding.rule, RuleId::Auth001 | RuleId::Auth002) {
        return None;
    }
    Some((finding.metadata.get(ROUTER)?.as_str()?, finding.metadata.get("method")?.as_str()?))
}

/// Who mounts which router.
struct Mounted {
    /// By the file and the name of the router: the file that mounts it, and how.
    places: BTreeMap<(PathBuf, String), Vec<(PathBuf, Mount)>>,
}

impl Mounted {
    fn of(judged: &[(PathBuf, Judged)]) -> Self {
        let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (path, file) in judged {
            for mount in &file.mounts {
                if let Some(router) = router_of(&mount.target, path, judged) {
                    places.entry(router).or_default().push((path.clone(), mount.clone()));
                }
            }
        }
        Self { places }
    }

    /// The places that mount a router, by any of its names.
    fn mounting(&self, file: &Path, router: &str) -> impl Iterator<Item = &(PathBuf, Mount)> {
        router.split(',').flat_map(move |router| {
            let key = |name: &str| (file.to_owned(), name.to_owned());
            let (first, all) = (key(if router == WHOLE_FILE { "" } else { router }), router == WHOLE_FILE);
            let range = self.places.range(first.clone()..);
            let same = range.take_while(move |(place, _)| **place == first || (all && place.0 == first.0));
            same.flat_map(|(_, places)| places)
        })
    }

    /// The router is mounted, and guarded wherever it is.
    fn is_guarded<'a>(&'a self, what: Asked<'a>, more: &[String], known: &mut Known<'a>) -> bool {
        if let Some(guarded) = known.get(&what) {
            return *guarded;
        }
        let (file, router, reads, steps) = what;
        let Some(steps) = steps.checked_sub(1) else { return false };
        let method = if reads { "GET" } else { "POST" };
        let mut places = self.mounting(file, router).peekable();
        let guarded = places.peek().is_some()
            && places.all(|(home, mount)| {
                stand_guard(&mount.guards, method, more)
                    || self.is_guarded((home, &mount.into, reads, steps), more, known)
            });
        known.insert(what, guarded);
        guarded
    }
}

/// A router by its file and its name, whether it is asked for a reading method, and the steps that are left.
type Asked<'a> = (&'a Path, &'a str, bool, usize);
/// What was found before: a router that is mounted in many places is followed once.
type Known<'a> = BTreeMap<Asked<'a>, bool>;

/// The file and the name of a router that another file imports.
fn router_of(target: &str, home: &Path, judged: &[(PathBuf, Judged)]) -> Option<(PathBuf, String)> {
    let known = |path: &Path| judged.binary_search_by(|(known, _)| known.as_path().cmp(path)).is_ok();
    if let Some((module, router)) = target.split_once('#') {
        return Some((module::javascript(module, home, &known)?, router.to_owned()));
    }
    let level = target.len() - target.trim_start_matches('.').len();
    let path = target.get(level..)?;
    let (module, router) = path.rsplit_once('.').unwrap_or(("", path));
    Some((module::python(module, level, home, &known)?, router.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Mount;

    /// Routes of `file` are reported when nothing guards them; mounts are `FILE: TARGET <- GUARD into ROUTER`.
    #[track_caller]
    fn check(file: &str, mounts: &[(&str, &str, &str, &str)], guarded: bool) {
        let mut judged: BTreeMap<PathBuf, Judged> = BTreeMap::new();
        let source = crate::source::Source::new(
            file,
            "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get(\"/users\")\ndef f(): ...\n"
                .to_owned(),
        );
        let (facts, _) = crate::python::read(&source);
        let config = Config::default();
        let env_examples = crate::rules::EnvExamples::default();
        let context = crate::rules::Context { config: &config, env_examples: &env_examples };
        let findings = crate::rules::judge(&source, &facts, &context);
        assert_eq!(findings.len(), 1);
        judged.insert(PathBuf::from(file), Judged { findings, ..Judged::default() });
        for (home, target, guard, into) in mounts {
            let guards = if guard.is_empty() { Vec::new() } else { vec![(*guard).to_owned()] };
            let mount = Mount { target: (*target).to_owned(), guards, into: (*into).to_owned() };
            judged.entry(PathBuf::from(home)).or_default().mounts.push(mount);
        }
        let mut judged: Vec<_> = judged.into_iter().collect();
        withdraw(&mut judged, &config);
        let left: usize = judged.iter().map(|(_, judged)| judged.findings.len()).sum();
        assert_eq!(left == 0, guarded, "{mounts:?}");
    }

    const FILE: &str = "app/routers/users.py";

    #[test]
    fn a_guard_where_the_router_is_mounted_counts() {
        check(FILE, &[("app/main.py", ".routers.users.router", "get_current_user", "app")], true);
        check(FILE, &[("app/main.py", "app.routers.users.router", "get_current_user", "app")], true);
        check(FILE, &[("app/api/v1/api.py", "...routers.users.router", "verify_token", "app")], true);
        check(
            "src/app/routers/users.py",
            &[("main.py", "app.routers.users.router", "verify_token", "app")],
            true,
        );
        check("app/users/__init__.py", &[("app/main.py", "app.users.router", "verify_token", "app")], true);
    }

    #[test]
    fn a_mount_without_a_guard_or_of_another_router_does_not() {
        check(FILE, &[], false);
        check(FILE, &[("app/main.py", ".routers.users.router", "", "app")], false);
        check(FILE, &[("app/main.py", ".routers.users.router", "get_db", "app")], false);
        check(FILE, &[("app/main.py", ".routers.items.router", "verify_token", "app")], false);
        check(FILE, &[("app/main.py", ".routers.users.other", "verify_token", "app")], false);
        check(
            FILE,
            &[
                ("app/main.py", ".routers.users.router", "verify_token", "app"),
                ("app/public.py", ".routers.users.router", "", "app"),
            ],
            false,
        );
    }

    #[test]
    fn a_chain_whose_links_are_many_is_followed_once() {
        let name = |link: usize| format!("r{link}");
        let mut mounts = Vec::new();
        for link in 0..7 {
            let (home, target) = match link {
                0 => ("app/m0.py".to_owned(), ".routers.users.router".to_owned()),
                _ => (format!("app/m{link}.py"), format!(".m{}.{}", link - 1, name(link - 1))),
            };
            for guard in 0..100 {
                mounts.push((home.clone(), target.clone(), format!("get_db_{guard}"), name(link)));
            }
        }
        mounts.push(("app/top.py".to_owned(), ".m6.r6".to_owned(), "verify_token".to_owned(), name(7)));
        let mounts: Vec<_> = mounts
            .iter()
            .map(|(home, target, guard, into)| {
                (home.as_str(), target.as_str(), guard.as_str(), into.as_str())
            })
            .collect();
        check(FILE, &mounts, true);
    }

    #[test]
    fn chains_of_mounts_are_followed_to_their_end() {
        check(
            FILE,
            &[
                ("app/api.py", ".routers.users.router", "", "api_router"),
                ("app/main.py", ".api.api_router", "verify_token", "app"),
            ],
            true,
        );
        check(
            FILE,
            &[
                ("app/api.py", ".routers.users.router", "", "a"),
                ("app/routers/users.py", "..api.a", "", "router"),
            ],
            false,
        );
    }
}
