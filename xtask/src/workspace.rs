//! The workspace as cargo and `planes.toml` describe it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;

/// The root of this workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// What cargo says and what `planes.toml` allows.
pub(crate) struct Workspace {
    pub(crate) metadata: Metadata,
    pub(crate) planes: PlanesFile,
}

/// `planes.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanesFile {
    /// The crate that every plane may import.
    pub(crate) core: String,
    /// Crates that import none of ours at all.
    pub(crate) islands: Vec<String>,
    /// Crates outside the planes, which may import several.
    pub(crate) surfaces: Vec<String>,
    /// What each crate may import from others' workspaces, by crate.
    pub(crate) third_party: BTreeMap<String, Vec<String>>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let root = root();
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .other_options(["--offline".to_owned()])
            .exec()
            .context("asking cargo for the workspace")?;
        let path = root.join("planes.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
        let planes = toml::from_str(&text).with_context(|| format!("reading `{}`", path.display()))?;
        Ok(Self { metadata, planes })
    }
}
