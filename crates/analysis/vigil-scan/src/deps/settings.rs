//! Settings files of package managers: which there are, where they are looked for, and who reads them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::declared::Manifest;
use super::route::Routes;
use super::{Project, Registries};
use crate::config::Config;

/// Who reads a settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsKind {
    /// `pip.conf`, `pip.ini`.
    Pip,
    /// `uv.toml`.
    Uv,
    /// `.npmrc`, and Yarn 1's `.yarnrc`.
    Npm,
    /// `.yarnrc.yml`.
    Yarn,
    /// Cargo's `config.toml`.
    Cargo,
    /// Go's `env`.
    Go,
    /// Maven's `settings.xml`.
    Maven,
    /// `gradle.properties`.
    Gradle,
}

/// A settings file by its place in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// Where it lies, from a directory of the project.
    pub name: &'static str,
    /// Who reads it.
    pub kind: SettingsKind,
    /// Its tool looks for it in the directories above the project, too.
    pub inherited: bool,
}

/// Settings files that projects have.
pub const SETTINGS_FILES: &[SettingsFile] = &[
    SettingsFile { name: "pip.conf", kind: SettingsKind::Pip, inherited: false },
    SettingsFile { name: "pip.ini", kind: SettingsKind::Pip, inherited: false },
    SettingsFile { name: ".npmrc", kind: SettingsKind::Npm, inherited: true },
    SettingsFile { name: ".yarnrc", kind: SettingsKind::Npm, inherited: true },
    SettingsFile { name: ".yarnrc.yml", kind: SettingsKind::Yarn, inherited: true },
    SettingsFile { name: "uv.toml", kind: SettingsKind::Uv, inherited: true },
    SettingsFile { name: ".cargo/config.toml", kind: SettingsKind::Cargo, inherited: true },
    SettingsFile { name: "gradle.properties", kind: SettingsKind::Gradle, inherited: false },
];

/// Larger files are not read.
const MAX_BYTES: u64 = 1 << 20;

/// Collects what settings files and manifests say about indexes and registries.
pub(super) fn routes(
    project: &Project,
    config: &Config,
    registries: &Registries<'_>,
    manifests: &[Manifest],
) -> Routes {
    let mut routes = Routes::new(&config.deps, &registries.settings);
    for manifest in manifests {
        routes.manifest(manifest);
    }
    let mut folders: BTreeSet<&Path> = BTreeSet::from([Path::new("")]);
    for manifest in manifests {
        folders.extend(manifest.source.path.ancestors().skip(1));
    }
    let mut files: Vec<(SettingsKind, PathBuf)> = registries.settings_files.clone();
    for folder in folders {
        let folder = project.root.join(folder);
        files.extend(SETTINGS_FILES.iter().map(|file| (file.kind, folder.join(file.name))));
    }
    for (kind, file) in files {
        let small = std::fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() < MAX_BYTES);
        if let Some(text) = small.then(|| std::fs::read(&file).ok()).flatten() {
            kind.tell(&mut routes, &String::from_utf8_lossy(&text));
        }
    }
    routes
}

impl SettingsKind {
    /// All kinds.
    pub(super) const ALL: [Self; 8] =
        [Self::Pip, Self::Uv, Self::Npm, Self::Yarn, Self::Cargo, Self::Go, Self::Maven, Self::Gradle];

    /// Reads a file of this kind.
    pub(super) fn tell(self, routes: &mut Routes, text: &str) {
        match self {
            Self::Pip => routes.pip_conf(text),
            Self::Uv => routes.uv_toml(text),
            Self::Npm => routes.npmrc(text),
            Self::Yarn => routes.yarnrc_yml(text),
            Self::Cargo => routes.cargo_config(text),
            Self::Go => routes.go_env(text),
            Self::Maven => routes.maven_settings(text),
            Self::Gradle => routes.gradle_properties(text),
        }
    }
}
