//! What the environment says to a scan.

use std::collections::BTreeMap;
use std::path::PathBuf;

use vigil_scan::{CachePlace, SettingsKind};

use crate::Context;

/// The base addresses of registries that the environment names.
pub(crate) struct Addresses {
    pub(crate) pypi: Option<String>,
    pub(crate) npm: Option<String>,
    pub(crate) crates: Option<String>,
    pub(crate) go: Option<String>,
    pub(crate) maven: Option<String>,
    pub(crate) downloads: Option<String>,
}

impl Addresses {
    /// Puts them where the configuration names others.
    pub(crate) fn over(&self, config: &mut vigil_scan::DepsConfig) {
        let named = [
            (&self.pypi, &mut config.pypi_url),
            (&self.npm, &mut config.npm_url),
            (&self.crates, &mut config.crates_url),
            (&self.go, &mut config.go_url),
            (&self.maven, &mut config.maven_url),
        ];
        for (address, url) in named {
            if let Some(address) = address {
                url.clone_from(address);
            }
        }
    }

    pub(crate) fn of(context: &Context) -> Self {
        let address = |name: &str| {
            let text = context.variable(name)?.to_str()?.trim_end_matches('/');
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            pypi: address("VIGIL_PYPI_URL"),
            npm: address("VIGIL_NPM_URL"),
            crates: address("VIGIL_CRATES_URL"),
            go: address("VIGIL_GO_URL"),
            maven: address("VIGIL_MAVEN_URL"),
            downloads: address("VIGIL_DOWNLOADS_URL"),
        }
    }
}

/// Where this user's caches of Vigil lie; `None` when there is no home.
pub(crate) fn cache_directory(context: &Context) -> Option<PathBuf> {
    let path = |name: &str| context.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = path("XDG_CACHE_HOME").or_else(|| {
        let home = path("HOME")?;
        Some(home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
    })?;
    Some(base.join("vigil"))
}

/// Where results of earlier scans lie, and the build that wrote them: this program's version, size and time.
pub(crate) fn cache_place(context: &Context) -> Option<CachePlace> {
    let program = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let modified = program.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let build = format!("{} {} {}", env!("CARGO_PKG_VERSION"), program.len(), modified.as_nanos());
    Some(CachePlace { directory: cache_directory(context)?.join("scan"), build })
}

/// Settings of the environment that say where packages come from: of pip, uv, Poetry, PDM, npm, Yarn, pnpm,
/// Bun, Go and Cargo.
pub(crate) fn registry_settings(context: &Context) -> BTreeMap<String, String> {
    const PREFIXES: [&str; 12] = [
        "PIP_",
        "UV_",
        "POETRY_",
        "PDM_",
        "npm_config_",
        "NPM_CONFIG_",
        "YARN_",
        "BUN_CONFIG_",
        "GOPROXY",
        "GOPRIVATE",
        "GONOPROXY",
        "CARGO_REGISTRIES_",
    ];
    let said = context.inherited.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
    said.filter(|(name, _)| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The user's and the machine's own settings files of pip, uv, npm, Yarn, Cargo, Go and Maven, where they are.
pub(crate) fn registry_files(context: &Context) -> Vec<(SettingsKind, PathBuf)> {
    let path = |name: &str| context.variable(name).map(PathBuf::from);
    let home = path("HOME");
    let below_home = |name: &str| home.as_ref().map(|home| home.join(name));
    let config = path("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).or_else(|| below_home(".config"));
    let below_config = |name: &str| config.as_ref().map(|config| config.join(name));
    let cargo = path("CARGO_HOME").map(|home| home.join("config.toml"));
    let go =
        below_config("go/env").into_iter().chain(below_home("Library/Application Support/go/env")).collect();
    let known: [(SettingsKind, Vec<PathBuf>); 11] = [
        (SettingsKind::Pip, vec![PathBuf::from("/etc/pip.conf")]),
        (SettingsKind::Pip, below_config("pip/pip.conf").into_iter().collect()),
        (SettingsKind::Pip, below_home(".pip/pip.conf").into_iter().collect()),
        (SettingsKind::Pip, below_home("Library/Application Support/pip/pip.conf").into_iter().collect()),
        (SettingsKind::Pip, path("PIP_CONFIG_FILE").into_iter().collect()),
        (SettingsKind::Uv, below_config("uv/uv.toml").into_iter().collect()),
        (
            SettingsKind::Npm,
            path("npm_config_userconfig").or_else(|| below_home(".npmrc")).into_iter().collect(),
        ),
        (SettingsKind::Yarn, below_home(".yarnrc.yml").into_iter().collect()),
        (SettingsKind::Cargo, cargo.or_else(|| below_home(".cargo/config.toml")).into_iter().collect()),
        (SettingsKind::Go, path("GOENV").map_or(go, |named| vec![named])),
        (SettingsKind::Maven, below_home(".m2/settings.xml").into_iter().collect()),
    ];
    let known = known.into_iter().flat_map(|(kind, paths)| paths.into_iter().map(move |path| (kind, path)));
    known.filter(|(_, path)| path.is_file()).collect()
}
