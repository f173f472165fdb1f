//! What the environment says to a scan.

use std::path::PathBuf;

use vigil_scan::CachePlace;

use crate::Context;

/// The base addresses of registries that the environment names.
pub(crate) struct Addresses {
    pub(crate) pypi: Option<String>,
    pub(crate) npm: Option<String>,
    pub(crate) downloads: Option<String>,
}

impl Addresses {
    pub(crate) fn of(context: &Context) -> Self {
        let address = |name: &str| {
            let text = context.variable(name)?.to_str()?.trim_end_matches('/');
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            pypi: address("VIGIL_PYPI_URL"),
            npm: address("VIGIL_NPM_URL"),
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
