//! Where the names of Rust, Go and Java come from: Cargo's and Go's settings, Maven's mirrors, repositories of builds.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Route, host, kind};
use crate::deps::declared::IndexSetting;
use crate::deps::ecosystem::Ecosystem;
use crate::deps::xml::{self, Step};

/// Most patterns of `GOPRIVATE` and repositories of `settings.xml` that count.
const MAX_PATTERNS: usize = 200;

/// What vouches for a module that somebody has fetched.
pub(crate) const GO_SUM: &str = "go.sum";

/// Hosts whose second part is the owner.
const FORGES: &[&str] =
    &["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "git.sr.ht", "gopkg.in"];
/// Groups whose third part is the owner.
const SHARED_GROUPS: &[&str] = &["io.github", "com.github", "io.gitlab", "com.gitlab", "org.bitbucket"];

/// Who publishes below a name: `github.com/acme` of `github.com/acme/app`, `com.acme` of `com.acme.shop:core`.
pub(crate) fn owner(ecosystem: Ecosystem, name: &str) -> Option<String> {
    let (separator, path) = match ecosystem {
        Ecosystem::Go => ('/', name),
        Ecosystem::Maven => ('.', name.split(':').next().unwrap_or(name)),
        _ => return None,
    };
    let parts: Vec<&str> = path.split(separator).collect();
    let first_two = parts.get(..2).map(|two| two.join(&separator.to_string()));
    let count = match ecosystem {
        Ecosystem::Go if parts.first().is_some_and(|host| FORGES.contains(host)) => 2,
        Ecosystem::Go => 1,
        _ if first_two.is_some_and(|two| SHARED_GROUPS.contains(&two.as_str())) => 3,
        _ => 2,
    };
    let owner = parts.get(..count.min(parts.len()))?;
    (!owner.iter().any(|part| part.is_empty())).then(|| owner.join(&separator.to_string()))
}

/// Settings that hold for the whole scan.
#[derive(Clone, Debug, Default)]
pub(super) struct Owned {
    /// Where Go modules come from.
    go_proxy: Option<String>,
    /// Paths that Go asks no proxy for.
    go_private: Vec<String>,
    /// Cargo's registries by name; `crates-io` is what stands for the public one.
    cargo: BTreeMap<String, String>,
    /// A mirror of everything that Maven fetches.
    maven_mirror: Option<String>,
    /// Repositories that Maven asks for every project.
    maven_more: Vec<IndexSetting>,
    owners: BTreeSet<(Ecosystem, String)>,
    fetched: BTreeSet<(Ecosystem, String, String)>,
}

impl Owned {
    /// A setting of the environment or of Go's own file, its name in lower case.
    pub(super) fn setting(&mut self, name: &str, value: &str) {
        match name {
            "goproxy" => self.go_proxy = Some(value.to_owned()),
            "goprivate" | "gonoproxy" => {
                let free = MAX_PATTERNS.saturating_sub(self.go_private.len());
                let patterns = value.split(',').map(str::trim).filter(|pattern| !pattern.is_empty());
                self.go_private.extend(patterns.take(free).map(str::to_owned));
            }
            _ => {
                let registry =
                    name.strip_prefix("cargo_registries_").and_then(|rest| rest.strip_suffix("_index"));
                if let Some(registry) = registry {
                    self.cargo.insert(registry.replace('_', "-"), value.to_owned());
                }
            }
        }
    }

    /// Reads Go's `env` file.
    pub(super) fn go_env(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((name, value)) = line.split_once('=') {
                self.setting(&name.trim().to_ascii_lowercase(), value.trim());
            }
        }
    }

    /// Reads `.cargo/config.toml`: registries, and what replaces crates.io.
    pub(super) fn cargo_config(&mut self, text: &str) {
        let Ok(config) = text.parse::<::toml::Table>() else { return };
        let table = |name: &str| config.get(name).and_then(::toml::Value::as_table);
        for (name, registry) in table("registries").into_iter().flatten() {
            if let Some(index) = registry.get("index").and_then(::toml::Value::as_str) {
                self.cargo.insert(name.clone(), index.to_owned());
            }
        }
        let Some(sources) = table("source") else { return };
        let mut name = "crates-io";
        // A source may be replaced by one that is replaced.
        for _ in 0..8 {
            let Some(source) = sources.get(name) else { break };
            match source.get("replace-with").and_then(::toml::Value::as_str) {
                Some(next) => name = next,
                None => {
                    let address = ["registry", "directory", "local-registry"]
                        .iter()
                        .find_map(|key| source.get(*key).and_then(::toml::Value::as_str));
                    // A directory holds copies of what the public registry has.
                    let address = address.filter(|address| address.contains("://"));
                    if let Some(address) = address.filter(|_| name != "crates-io") {
                        self.cargo.insert("crates-io".to_owned(), address.to_owned());
                    }
                    break;
                }
            }
        }
    }

    /// Reads Maven's `settings.xml`: a mirror that stands for the central repository, and repositories of profiles.
    pub(super) fn maven_settings(&mut self, text: &str) {
        let (mut of, mut url) = (String::new(), String::new());
        // What stands before a mistake counts.
        let _ = xml::walk(text, 32, |path, step| {
            let place: Vec<&str> = path.iter().map(String::as_str).collect();
            match (place.as_slice(), step) {
                ([.., "mirror"], Step::Open) => (of, url) = (String::new(), String::new()),
                ([.., "mirror", "mirrorOf"], Step::Value(value, _)) => of = value.to_owned(),
                ([.., "mirror", "url"], Step::Value(value, _)) => url = value.to_owned(),
                ([.., "mirror"], Step::Close) => {
                    let central = of.split(',').any(|name| {
                        name == "central" || name.starts_with('*') || name.starts_with("external:*")
                    });
                    if central && !url.is_empty() {
                        self.maven_mirror = Some(std::mem::take(&mut url));
                    }
                }
                ([.., "repositories", "repository", "url"], Step::Value(value, _)) => {
                    let setting = IndexSetting::Extra(value.to_owned());
                    if self.maven_more.len() < MAX_PATTERNS && !self.maven_more.contains(&setting) {
                        self.maven_more.push(setting);
                    }
                }
                _ => {}
            }
        });
    }

    /// Reads `gradle.properties`: the group of the build is its owner's.
    pub(super) fn gradle_properties(&mut self, text: &str) {
        for line in text.lines() {
            let Some((name, value)) = line.split_once(['=', ':']) else { continue };
            if matches!(name.trim(), "group" | "GROUP" | "projectGroup" | "maven_group")
                && let Some(owner) = owner(Ecosystem::Maven, value.trim())
            {
                self.own(Ecosystem::Maven, &owner);
            }
        }
    }

    /// The project is one of this owner's.
    pub(super) fn own(&mut self, ecosystem: Ecosystem, owner: &str) {
        self.owners.insert((ecosystem, owner.to_owned()));
    }

    /// A digest of this version was written down.
    pub(super) fn fetched(&mut self, ecosystem: Ecosystem, name: &str, version: &str) {
        self.fetched.insert((ecosystem, name.to_owned(), version.to_owned()));
    }

    /// Where a crate comes from, in the registry of this name.
    pub(super) fn cargo(&self, registry: &str) -> Route {
        match self.cargo.get(registry) {
            None if registry == "crates-io" => Route::Ask,
            None => Route::Private(registry.to_owned()),
            Some(address) => match kind(Ecosystem::Cargo, address) {
                Kind::Mirror => Route::Ask,
                _ => Route::Private(host(address)),
            },
        }
    }

    pub(super) fn go(&self, name: &str, version: &str) -> Route {
        if self.go_private.iter().any(|pattern| is_below(name, pattern)) {
            return Route::Private(owner(Ecosystem::Go, name).unwrap_or_else(|| name.to_owned()));
        }
        let mut proxies = self.go_proxy.iter().flat_map(|list| list.split([',', '|']).map(str::trim));
        let mut proxies = proxies.by_ref().filter(|one| !one.is_empty());
        let is_mirror = |address: &str| kind(Ecosystem::Go, address) == Kind::Mirror;
        match proxies.next() {
            Some("off" | "direct") => return Route::Private("their repositories".to_owned()),
            Some(address) if !is_mirror(address) => return Route::Private(host(address)),
            _ => {}
        }
        if self.fetched.contains(&(Ecosystem::Go, name.to_owned(), version.to_owned())) {
            return Route::AskWithDoubt(GO_SUM.to_owned());
        }
        // What the first proxy does not have, Go asks of the next ones.
        let later = proxies.take_while(|one| *one != "off").find(|one| *one != "direct" && !is_mirror(one));
        match (self.of_owner(Ecosystem::Go, name), later) {
            (Route::Ask, Some(address)) => Route::AskWithDoubt(host(address)),
            (route, _) => route,
        }
    }

    pub(super) fn maven(&self, name: &str, repositories: &[IndexSetting]) -> Route {
        if let Some(mirror) =
            self.maven_mirror.as_ref().filter(|url| kind(Ecosystem::Maven, url) != Kind::Mirror)
        {
            return Route::Private(host(mirror));
        }
        let mut route = self.of_owner(Ecosystem::Maven, name);
        if matches!(route, Route::Private(_)) {
            return route;
        }
        for setting in repositories.iter().chain(&self.maven_more) {
            let (IndexSetting::Only(address) | IndexSetting::Extra(address)) = setting else {
                return Route::Private("local directories".to_owned());
            };
            let doubt = match kind(Ecosystem::Maven, address) {
                Kind::Mirror => false,
                Kind::Beside => serves(&host(address), name),
                Kind::Private => true,
            };
            if doubt {
                route = Route::AskWithDoubt(host(address));
            }
        }
        route
    }

    /// The owner of the project may have more that is not public, whose names are nobody else's business.
    fn of_owner(&self, ecosystem: Ecosystem, name: &str) -> Route {
        match owner(ecosystem, name) {
            Some(owner) if self.owners.contains(&(ecosystem, owner.clone())) => Route::Private(owner),
            _ => Route::Ask,
        }
    }
}

/// Groups that public repositories beside Central have for themselves.
const SERVED: &[(&str, &[&str])] = &[
    ("maven.google.com", &["androidx.", "com.android", "com.google.", "org.chromium."]),
    ("dl.google.com", &["androidx.", "com.android", "com.google.", "org.chromium."]),
    ("jitpack.io", &["com.github.", "com.gitlab.", "org.bitbucket.", "io.jitpack.", "com.jitpack."]),
    ("repo.spring.io", &["org.springframework", "io.spring"]),
    ("packages.confluent.io", &["io.confluent"]),
    ("repo.jenkins-ci.org", &["org.jenkins", "org.kohsuke", "io.jenkins"]),
    ("maven.pkg.jetbrains.space", &["org.jetbrains", "com.jetbrains"]),
    ("packages.jetbrains.team", &["org.jetbrains", "com.jetbrains"]),
    ("cache-redirector.jetbrains.com", &["org.jetbrains", "com.jetbrains"]),
];

fn serves(host: &str, name: &str) -> bool {
    match SERVED.iter().find(|(known, _)| *known == host) {
        Some((_, groups)) => groups.iter().any(|group| name.starts_with(group)),
        None => true,
    }
}

/// Go's patterns name the first parts of a path.
fn is_below(name: &str, pattern: &str) -> bool {
    let parts = pattern.trim_end_matches('/').split('/').count();
    let start: Vec<&str> = name.split('/').take(parts).collect();
    start.len() == parts
        && globset::GlobBuilder::new(pattern.trim_end_matches('/'))
            .literal_separator(true)
            .build()
            .is_ok_and(|glob| glob.compile_matcher().is_match(start.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(host: &str) -> Route {
        Route::Private(host.to_owned())
    }

    #[test]
    fn an_owner_is_told_by_the_name() {
        for (ecosystem, name, expect) in [
            (Ecosystem::Go, "github.com/acme/app/v2", Some("github.com/acme")),
            (Ecosystem::Go, "k8s.io/client-go", Some("k8s.io")),
            (Ecosystem::Maven, "com.acme.shop:core", Some("com.acme")),
            (Ecosystem::Maven, "io.github.anna:core", Some("io.github.anna")),
            (Ecosystem::Maven, "junit:junit", Some("junit")),
            (Ecosystem::Maven, ".a:b", None),
            (Ecosystem::Npm, "@a/b", None),
        ] {
            assert_eq!(owner(ecosystem, name).as_deref(), expect, "{name}");
        }
    }

    #[test]
    fn what_go_asks_no_proxy_for_is_not_asked() {
        let mut owned = Owned::default();
        owned.go_env("GOPRIVATE=github.com/acme, *.corp.invalid\nGOFLAGS=-x\n");
        owned.fetched(Ecosystem::Go, "github.com/b/c", "v1.0.0");
        owned.own(Ecosystem::Go, "github.com/own");
        assert_eq!(owned.go("github.com/acme/app", "v1"), private("github.com/acme"));
        assert_eq!(owned.go("github.com/acmeno/app", "v1"), Route::Ask);
        assert_eq!(owned.go("git.corp.invalid/x", "v1"), private("git.corp.invalid"));
        assert_eq!(owned.go("github.com/b/c", "v1.0.0"), Route::AskWithDoubt("go.sum".to_owned()));
        assert_eq!(owned.go("github.com/b/c", "v2.0.0"), Route::Ask);
        assert_eq!(owned.go("github.com/own/lib", "v2"), private("github.com/own"));
        for (proxy, expect) in [
            ("https://proxy.golang.org,direct", Route::Ask),
            ("https://goproxy.cn|direct", Route::Ask),
            ("https://u:p@go.corp.invalid/x,direct", private("go.corp.invalid")),
            (
                "https://proxy.golang.org,https://u:p@go.corp.invalid,direct",
                Route::AskWithDoubt("go.corp.invalid".to_owned()),
            ),
            ("https://proxy.golang.org,direct,https://goproxy.cn", Route::Ask),
            ("https://proxy.golang.org,off,https://go.corp.invalid", Route::Ask),
            ("off", private("their repositories")),
        ] {
            owned.setting("goproxy", proxy);
            assert_eq!(owned.go("github.com/b/d", "v1"), expect, "{proxy}");
        }
    }

    #[test]
    fn the_group_in_the_properties_of_a_build_is_its_owner() {
        let mut owned = Owned::default();
        owned.gradle_properties("# group=com.comment\norg.gradle.jvmargs=-Xmx2g\ngroup = com.acme.shop\n=\n");
        assert_eq!(owned.maven("com.acme.ledger:core", &[]), private("com.acme"));
        assert_eq!(owned.maven("com.comment:core", &[]), Route::Ask);
    }

    #[test]
    fn cargo_replaces_its_registry() {
        let mut owned = Owned::default();
        assert_eq!(owned.cargo("crates-io"), Route::Ask);
        assert_eq!(owned.cargo("corp"), private("corp"));
        owned.cargo_config("[registries.corp]\nindex='sparse+https://u:p@cargo.corp.invalid/index/'\n[source.crates-io]\nreplace-with='m'\n[source.m]\nregistry='sparse+https://rsproxy.cn/index/'\n");
        assert_eq!(
            (owned.cargo("crates-io"), owned.cargo("corp")),
            (Route::Ask, private("cargo.corp.invalid"))
        );
        owned.cargo_config("[source.crates-io]\nreplace-with='a'\n[source.a]\nreplace-with='b'\n[source.b]\nregistry='https://b.invalid/i'\n");
        assert_eq!(owned.cargo("crates-io"), private("b.invalid"));
        for text in ["[", "[source]\ncrates-io=1", "[source.crates-io]\nreplace-with='crates-io'"] {
            Owned::default().cargo_config(text);
        }
        let mut vendored = Owned::default();
        vendored.cargo_config("[source.crates-io]\nreplace-with='v'\n[source.v]\ndirectory='vendor'");
        assert_eq!(vendored.cargo("crates-io"), Route::Ask);
    }

    #[test]
    fn repositories_beside_central_serve_their_own_groups() {
        let mut owned = Owned::default();
        let extra = |url: &str| [IndexSetting::Extra(url.to_owned())];
        let google = extra("https://dl.google.com/dl/android/maven2");
        assert_eq!(owned.maven("org.slf4j:slf4j-api", &google), Route::Ask);
        assert!(matches!(owned.maven("androidx.core:core", &google), Route::AskWithDoubt(_)));
        assert_eq!(owned.maven("a.b:c", &extra("https://repo1.maven.org/maven2")), Route::Ask);
        assert!(matches!(
            owned.maven("a.b:c", &extra("https://nexus.corp.invalid/x")),
            Route::AskWithDoubt(_)
        ));
        owned.maven_settings("<settings><mirrors><mirror><id>m</id><mirrorOf>*,!x</mirrorOf><url>https://nexus.corp.invalid</url></mirror></mirrors></settings>");
        assert_eq!(owned.maven("a.b:c", &[]), private("nexus.corp.invalid"));
        let mut profile = Owned::default();
        profile.maven_settings("<settings><profiles><profile><repositories><repository><url>https://nexus.corp.invalid/r</url></repository></repositories></profile></profiles></settings>");
        let doubt = Route::AskWithDoubt("nexus.corp.invalid".to_owned());
        assert_eq!(profile.maven("a.b:c", &[]), doubt);
        for text in ["<", "<a", "</mirror>", "<mirror><mirrorOf>*</mirrorOf></mirror>"] {
            Owned::default().maven_settings(text);
        }
    }
}
