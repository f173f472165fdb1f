//! Which registry a package comes from, as pip, uv, Poetry, npm, Yarn, Cargo, Go and Maven and their settings files say.
//!
//! Names of packages from a private index are nobody else's business: they are asked of the public registry only when the
//! configuration names the registry to ask. Credentials in addresses are neither kept nor printed.

mod owned;
mod uv;

use std::collections::{BTreeMap, BTreeSet};

use self::owned::Owned;
pub(crate) use self::owned::{GO_SUM, owner};
use super::declared::{Declared, Ecosystem, IndexSetting, Manifest, Origin};
use crate::config::DepsConfig;

/// Where a package is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// In the registry of the configuration.
    Ask,
    /// There too, but it may come from this host as well: "not found" proves nothing.
    AskWithDoubt(String),
    /// It comes from this host, which is not asked.
    Private(String),
    /// From no registry.
    Nowhere,
}

/// All settings that hold for the whole scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    pypi: Vec<IndexSetting>,
    npm: Option<String>,
    scopes: BTreeMap<String, String>,
    configured: BTreeSet<Ecosystem>,
    /// Packages that a lock file says come from a private host.
    locked: BTreeMap<(Ecosystem, String), String>,
    /// What holds for Rust, Go and Java.
    owned: Owned,
}

/// Indexes that hold the same packages as PyPI.
const PYPI_MIRRORS: &[&str] = &[
    "pypi.org",
    "pypi.python.org",
    "files.pythonhosted.org",
    "mirrors.aliyun.com",
    "pypi.tuna.tsinghua.edu.cn",
    "pypi.mirrors.ustc.edu.cn",
    "mirrors.ustc.edu.cn",
    "mirrors.cloud.tencent.com",
    "mirrors.tencent.com",
    "repo.huaweicloud.com",
    "mirrors.huaweicloud.com",
    "pypi.doubanio.com",
    "pypi.douban.com",
    "mirror.sjtu.edu.cn",
    "mirrors.bfsu.edu.cn",
    "mirrors.tuna.tsinghua.edu.cn",
    "mirror.nju.edu.cn",
    "pypi-mirror.modal.local",
];
/// Public indexes with packages of their own beside those of PyPI.
const PYPI_BESIDE: &[&str] = &[
    "download.pytorch.org",
    "pypi.nvidia.com",
    "pypi.ngc.nvidia.com",
    "data.pyg.org",
    "storage.googleapis.com",
    "wheels.vllm.ai",
    "abetlen.github.io",
    "pypi.anaconda.org",
    "test.pypi.org",
    "www.piwheels.org",
    "data.dgl.ai",
    "flashinfer.ai",
    "wheels.scipy.org",
    "pip.repos.neuron.amazonaws.com",
    "download.openmmlab.com",
];
/// Registries that hold the same packages as npm's.
const NPM_MIRRORS: &[&str] = &[
    "registry.npmjs.org",
    "registry.npmjs.com",
    "registry.yarnpkg.com",
    "registry.npmmirror.com",
    "registry.npm.taobao.org",
    "mirrors.cloud.tencent.com",
    "mirrors.tencent.com",
    "repo.huaweicloud.com",
    "mirrors.huaweicloud.com",
];

/// Registries that hold the same packages as crates.io.
const CARGO_MIRRORS: &[&str] = &[
    "index.crates.io",
    "static.crates.io",
    "crates.io",
    "rsproxy.cn",
    "mirrors.tuna.tsinghua.edu.cn",
    "mirrors.ustc.edu.cn",
    "mirrors.sjtug.sjtu.edu.cn",
    "mirrors.aliyun.com",
    "mirrors.bfsu.edu.cn",
];
/// Proxies that hold the same modules as Go's own.
const GO_MIRRORS: &[&str] = &[
    "proxy.golang.org",
    "goproxy.io",
    "goproxy.cn",
    "mirrors.aliyun.com",
    "goproxy.baidu.com",
    "mirrors.cloud.tencent.com",
    "mirrors.huaweicloud.com",
    "gocenter.io",
];
/// Repositories that hold the same packages as Central.
const MAVEN_MIRRORS: &[&str] = &[
    "repo.maven.apache.org",
    "repo1.maven.org",
    "repo.maven.org",
    "central.sonatype.com",
    "maven-central.storage.googleapis.com",
    "maven-central.storage-download.googleapis.com",
    "maven-central-eu.storage-download.googleapis.com",
    "maven.aliyun.com",
    "mirrors.cloud.tencent.com",
    "repo.huaweicloud.com",
    "mirrors.huaweicloud.com",
    "jcenter.bintray.com",
    "plugins.gradle.org",
];
/// Public repositories with packages of their own beside those of Central.
const MAVEN_BESIDE: &[&str] = &[
    "maven.google.com",
    "dl.google.com",
    "jitpack.io",
    "repo.spring.io",
    "packages.confluent.io",
    "repo.jenkins-ci.org",
    "maven.pkg.jetbrains.space",
    "packages.jetbrains.team",
    "cache-redirector.jetbrains.com",
    "oss.sonatype.org",
    "s01.oss.sonatype.org",
    "central.sonatype.org",
    "repository.apache.org",
    "repository.jboss.org",
    "repo.clojars.org",
    "maven.fabricmc.net",
    "maven.minecraftforge.net",
    "hub.spigotmc.org",
    "repo.papermc.io",
];

impl Routes {
    /// Begins with the configuration and the settings of the environment (`PIP_INDEX_URL`, `npm_config_registry`, …).
    pub(crate) fn new(config: &DepsConfig, settings: &BTreeMap<String, String>) -> Self {
        let configured = Ecosystem::ALL.into_iter().filter(|one| !one.is_public(config)).collect();
        let mut routes = Self { configured, ..Self::default() };
        for (name, value) in settings {
            routes.environment(&name.to_ascii_lowercase(), value.trim());
        }
        routes
    }

    fn environment(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let extra = value.split_whitespace().map(|url| IndexSetting::Extra(strip_label(url).to_owned()));
        match name {
            "pip_index_url" | "pip_pypi_url" | "uv_index_url" | "uv_default_index" => {
                self.pypi.push(IndexSetting::Only(strip_label(value).to_owned()));
            }
            "pip_extra_index_url" | "uv_extra_index_url" | "uv_index" => self.pypi.extend(extra),
            "pip_no_index" | "uv_no_index" if !matches!(value, "0" | "false" | "no" | "off") => {
                self.pypi.push(IndexSetting::NoIndex);
            }
            "npm_config_registry" | "yarn_npm_registry_server" | "yarn_registry" => {
                self.npm = Some(value.to_owned())
            }
            "goproxy" | "goprivate" | "gonoproxy" => self.owned.setting(name, value),
            _ if name.starts_with("cargo_") => self.owned.setting(name, value),
            _ => {
                let scope = name.strip_prefix("npm_config_").and_then(|rest| rest.strip_suffix(":registry"));
                if let Some(scope) = scope.filter(|scope| scope.starts_with('@')) {
                    self.scopes.insert(scope.to_owned(), value.to_owned());
                }
            }
        }
    }

    /// Reads `pip.conf` or `pip.ini`.
    pub(crate) fn pip_conf(&mut self, text: &str) {
        let mut key = String::new();
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';', '[']) {
                continue;
            }
            // An indented line goes on with the value above it.
            let value = match trimmed.split_once(['=', ':']) {
                Some((name, value)) if !line.starts_with([' ', '\t']) => {
                    key = name.trim().to_ascii_lowercase().replace('_', "-");
                    value.trim()
                }
                _ => trimmed,
            };
            match key.as_str() {
                "index-url" if !value.is_empty() => self.pypi.push(IndexSetting::Only(value.to_owned())),
                "extra-index-url" => {
                    self.pypi.extend(value.split_whitespace().map(|url| IndexSetting::Extra(url.to_owned())));
                }
                "no-index" if matches!(value, "1" | "true" | "yes" | "on") => {
                    self.pypi.push(IndexSetting::NoIndex)
                }
                _ => {}
            }
        }
    }

    /// Reads `.npmrc` (`@scope:registry=…`) or Yarn 1's `.yarnrc` (`"@scope:registry" "…"`).
    pub(crate) fn npmrc(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with(['#', ';']) {
                continue;
            }
            let Some((name, value)) = line.split_once(['=', ' ']) else { continue };
            let quotes = |sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '=');
            let (name, value) = (name.trim_matches(quotes), value.trim_matches(quotes));
            if value.is_empty() {
                continue;
            }
            if name == "registry" {
                self.npm = Some(value.to_owned());
            } else if let Some(scope) = name.strip_suffix(":registry").filter(|scope| scope.starts_with('@'))
            {
                self.scopes.insert(scope.to_ascii_lowercase(), value.to_owned());
            }
        }
    }

    /// Reads Yarn's `.yarnrc.yml`, whose keys of interest stand on lines of their own.
    pub(crate) fn yarnrc_yml(&mut self, text: &str) {
        let mut scope = None;
        let mut within = false;
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            let trimmed = line.trim();
            let Some((name, value)) = trimmed.split_once(':') else { continue };
            let quotes = |sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'');
            let (name, value) = (name.trim_matches(quotes), value.trim_matches(quotes));
            if indent == 0 {
                within = name == "npmScopes";
                scope = None;
                if name == "npmRegistryServer" && !value.is_empty() {
                    self.npm = Some(value.to_owned());
                }
            } else if within && value.is_empty() {
                scope = Some(format!("@{}", name.trim_start_matches('@').to_ascii_lowercase()));
            } else if within && name == "npmRegistryServer" {
                self.scopes.extend(scope.clone().map(|scope| (scope, value.to_owned())));
            }
        }
    }

    /// Reads `uv.toml`.
    pub(crate) fn uv_toml(&mut self, text: &str) {
        self.pypi.extend(uv::settings(text));
    }

    /// Reads Go's `env` file.
    pub(crate) fn go_env(&mut self, text: &str) {
        self.owned.go_env(text);
    }

    /// Reads Cargo's `config.toml`.
    pub(crate) fn cargo_config(&mut self, text: &str) {
        self.owned.cargo_config(text);
    }

    /// Reads Maven's `settings.xml`.
    pub(crate) fn maven_settings(&mut self, text: &str) {
        self.owned.maven_settings(text);
    }

    /// Reads `gradle.properties`.
    pub(crate) fn gradle_properties(&mut self, text: &str) {
        self.owned.gradle_properties(text);
    }

    /// Takes what manifests and lock files say about where packages come from.
    pub(crate) fn manifest(&mut self, manifest: &Manifest) {
        let ecosystem = manifest.ecosystem;
        for locked in &manifest.contents.locked {
            self.locked(ecosystem, ecosystem.normalise(&locked.name), locked.address.as_deref());
        }
        for owner in &manifest.contents.owners {
            self.owned.own(ecosystem, owner);
        }
        for (name, version) in &manifest.contents.fetched {
            self.owned.fetched(ecosystem, &ecosystem.normalise(name), version);
        }
    }

    /// Says where a dependency of a manifest with these index settings is looked up.
    pub(crate) fn of(&self, declared: &Declared, indexes: &[IndexSetting]) -> Route {
        let ecosystem = declared.ecosystem;
        match &declared.origin {
            Origin::Local | Origin::Elsewhere => return Route::Nowhere,
            Origin::Index(registry) if ecosystem == Ecosystem::Cargo => return self.owned.cargo(registry),
            Origin::Index(address) => {
                return match kind(ecosystem, address) {
                    Kind::Mirror => Route::Ask,
                    Kind::Beside => Route::AskWithDoubt(host(address)),
                    Kind::Private => Route::Private(host(address)),
                };
            }
            Origin::Registry if self.configured.contains(&ecosystem) => return Route::Ask,
            Origin::Registry => {}
        }
        match ecosystem {
            Ecosystem::Go => self.owned.go(&declared.name, &declared.requirement),
            _ => self.of_name(ecosystem, &declared.name, indexes),
        }
    }

    /// Says where a name is looked up of which nothing else is known.
    pub(crate) fn of_name(&self, ecosystem: Ecosystem, name: &str, indexes: &[IndexSetting]) -> Route {
        if self.configured.contains(&ecosystem) {
            return Route::Ask;
        }
        if let Some(host) = self.locked.get(&(ecosystem, ecosystem.normalise(name))) {
            return Route::Private(host.clone());
        }
        match ecosystem {
            Ecosystem::PyPi => self.pypi(indexes),
            Ecosystem::Npm => self.npm(name),
            Ecosystem::Cargo => self.owned.cargo("crates-io"),
            Ecosystem::Go => self.owned.go(name, ""),
            Ecosystem::Maven => self.owned.maven(name, indexes),
        }
    }

    /// Takes what a lock file says about a package.
    fn locked(&mut self, ecosystem: Ecosystem, name: String, address: Option<&str>) {
        if let Some(address) = address.filter(|address| kind(ecosystem, address) == Kind::Private) {
            self.locked.insert((ecosystem, name), host(address));
        }
    }

    fn pypi(&self, indexes: &[IndexSetting]) -> Route {
        let mut doubt = None;
        for setting in self.pypi.iter().chain(indexes) {
            let address = match setting {
                IndexSetting::Only(address) | IndexSetting::Extra(address) => address,
                IndexSetting::NoIndex => return Route::Private("local directories".to_owned()),
            };
            match kind(Ecosystem::PyPi, address) {
                Kind::Mirror => {}
                Kind::Beside => doubt = Some(host(address)),
                Kind::Private => return Route::Private(host(address)),
            }
        }
        doubt.map_or(Route::Ask, Route::AskWithDoubt)
    }

    fn npm(&self, name: &str) -> Route {
        let scope = name.split_once('/').map(|(scope, _)| scope.to_ascii_lowercase());
        // JSR's packages are installed through a registry of their own.
        if scope.as_deref() == Some("@jsr") {
            return Route::Private("npm.jsr.io".to_owned());
        }
        let address = scope.and_then(|scope| self.scopes.get(&scope)).or(self.npm.as_ref());
        match address {
            Some(address) if kind(Ecosystem::Npm, address) != Kind::Mirror => Route::Private(host(address)),
            _ => Route::Ask,
        }
    }
}

#[derive(Debug, PartialEq)]
enum Kind {
    Mirror,
    Beside,
    Private,
}

fn kind(ecosystem: Ecosystem, address: &str) -> Kind {
    // Cargo's first index lies in a repository.
    if ecosystem == Ecosystem::Cargo && address.contains("github.com/rust-lang/crates.io-index") {
        return Kind::Mirror;
    }
    let host = host(address);
    let (mirrors, beside) = match ecosystem {
        Ecosystem::PyPi => (PYPI_MIRRORS, PYPI_BESIDE),
        Ecosystem::Npm => (NPM_MIRRORS, &[] as &[&str]),
        Ecosystem::Cargo => (CARGO_MIRRORS, &[] as &[&str]),
        Ecosystem::Go => (GO_MIRRORS, &[] as &[&str]),
        Ecosystem::Maven => (MAVEN_MIRRORS, MAVEN_BESIDE),
    };
    if mirrors.contains(&host.as_str()) {
        Kind::Mirror
    } else if beside.contains(&host.as_str()) {
        Kind::Beside
    } else {
        Kind::Private
    }
}

/// The host of an address, without credentials and port; the text itself when it has no scheme.
pub(crate) fn host(address: &str) -> String {
    let Some((_, rest)) = address.split_once("://") else {
        return address.chars().filter(|sign| !sign.is_control()).take(60).collect();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host.to_ascii_lowercase()
}

/// uv writes `name=https://…`.
fn strip_label(url: &str) -> &str {
    match url.split_once('=') {
        Some((label, rest)) if !label.contains("://") && rest.contains("://") => rest,
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn declared(ecosystem: Ecosystem, name: &str) -> Declared {
        Declared {
            ecosystem,
            name: name.to_owned(),
            alias: None,
            requirement: String::new(),
            origin: Origin::Registry,
            span: Span::default(),
        }
    }

    #[track_caller]
    fn pypi(indexes: &[IndexSetting], expect: Route) {
        let routes = Routes::new(&DepsConfig::default(), &BTreeMap::new());
        assert_eq!(routes.of(&declared(Ecosystem::PyPi, "a"), indexes), expect);
    }

    #[test]
    fn a_private_index_is_not_betrayed_to_the_public_one() {
        let corp = "https://user:pass@pypi.corp.invalid:8443/simple".to_owned();
        pypi(&[], Route::Ask);
        pypi(&[IndexSetting::Only(corp.clone())], Route::Private("pypi.corp.invalid".to_owned()));
        pypi(&[IndexSetting::Extra(corp)], Route::Private("pypi.corp.invalid".to_owned()));
        pypi(&[IndexSetting::Only("https://mirrors.aliyun.com/pypi/simple/".to_owned())], Route::Ask);
        pypi(
            &[IndexSetting::Extra("https://download.pytorch.org/whl/cu118".to_owned())],
            Route::AskWithDoubt("download.pytorch.org".to_owned()),
        );
    }

    #[test]
    fn a_configured_registry_is_asked_whatever_the_manifest_says() {
        let config = DepsConfig { pypi_url: "https://pypi.corp.invalid".to_owned(), ..DepsConfig::default() };
        let routes = Routes::new(&config, &BTreeMap::new());
        let indexes = [IndexSetting::Only("https://pypi.corp.invalid/simple".to_owned())];
        assert_eq!(routes.of(&declared(Ecosystem::PyPi, "a"), &indexes), Route::Ask);
    }

    #[test]
    fn settings_files_map_scopes_to_registries() {
        let mut routes = Routes::default();
        routes
            .npmrc("; c\n@acme:registry=https://npm.acme.invalid/\n//npm.acme.invalid/:_authToken=SECRET\n");
        routes.npmrc("\"@old:registry\" \"https://old.invalid\"\n");
        routes.yarnrc_yml("npmScopes:\n  berry:\n    npmAuthToken: SECRET\n    npmRegistryServer: \"https://berry.invalid\"\n");
        for (name, expect) in [
            ("@acme/a", Route::Private("npm.acme.invalid".to_owned())),
            ("@old/a", Route::Private("old.invalid".to_owned())),
            ("@berry/a", Route::Private("berry.invalid".to_owned())),
            ("@other/a", Route::Ask),
            ("@jsr/std__path", Route::Private("npm.jsr.io".to_owned())),
            ("a", Route::Ask),
        ] {
            assert_eq!(routes.of(&declared(Ecosystem::Npm, name), &[]), expect, "{name}");
        }
        assert!(!format!("{routes:?}").contains("SECRET"));
        routes.npmrc("registry = https://all.invalid");
        assert_eq!(routes.of(&declared(Ecosystem::Npm, "a"), &[]), Route::Private("all.invalid".to_owned()));
    }

    #[test]
    fn pip_settings_come_from_files_and_the_environment() {
        let mut routes = Routes::default();
        routes.pip_conf("[global]\nextra-index-url =\n    https://a.invalid\n    https://b.invalid\n");
        assert_eq!(routes.pypi.len(), 2);
        let settings = [
            ("UV_INDEX", "corp=https://c.invalid"),
            ("PIP_NO_INDEX", "0"),
            ("npm_config_@x:registry", "https://x.invalid"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let routes = Routes::new(&DepsConfig::default(), &settings);
        assert_eq!(routes.pypi, [IndexSetting::Extra("https://c.invalid".to_owned())]);
        assert_eq!(routes.scopes.len(), 1);
    }
}
