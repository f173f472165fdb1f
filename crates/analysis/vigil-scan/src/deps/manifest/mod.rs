//! Manifests: one file for each format, all with the place of every name.

mod cargo;
mod catalogue;
mod conda;
mod go;
mod gradle;
mod ini;
pub(crate) mod json;
mod lock;
mod package_json;
mod pipfile;
mod pnpm_workspace;
mod pom;
mod pyproject;
mod requirement;
mod requirements;
mod setup_cfg;
mod setup_py;
mod toml;
mod yaml;

use std::path::Path;

use super::declared::Contents;
use super::ecosystem::Ecosystem;
use crate::source::{Source, Span};

/// A format of manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Requirements,
    Pyproject,
    SetupCfg,
    SetupPy,
    Pipfile,
    Conda,
    PackageJson,
    PnpmWorkspace,
    /// `poetry.lock`, `uv.lock`, `pdm.lock`.
    TomlLock,
    PipfileLock,
    PackageLock,
    YarnLock,
    PnpmLock,
    CargoToml,
    CargoLock,
    /// `go.mod`, `go.work`.
    GoMod,
    GoSum,
    Pom,
    /// `build.gradle`, `build.gradle.kts` and the settings beside them.
    Gradle,
    /// `libs.versions.toml`.
    VersionCatalogue,
}

impl Format {
    /// The format that a path tells.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        match name {
            "pyproject.toml" => return Some(Self::Pyproject),
            "setup.cfg" => return Some(Self::SetupCfg),
            "setup.py" => return Some(Self::SetupPy),
            "Pipfile" => return Some(Self::Pipfile),
            "environment.yml" | "environment.yaml" | "conda.yml" | "conda.yaml" => return Some(Self::Conda),
            "package.json" => return Some(Self::PackageJson),
            "pnpm-workspace.yaml" => return Some(Self::PnpmWorkspace),
            "poetry.lock" | "uv.lock" | "pdm.lock" => return Some(Self::TomlLock),
            "Pipfile.lock" => return Some(Self::PipfileLock),
            "package-lock.json" | "npm-shrinkwrap.json" => return Some(Self::PackageLock),
            "yarn.lock" => return Some(Self::YarnLock),
            "pnpm-lock.yaml" => return Some(Self::PnpmLock),
            "Cargo.toml" => return Some(Self::CargoToml),
            "Cargo.lock" => return Some(Self::CargoLock),
            "go.mod" | "go.work" => return Some(Self::GoMod),
            "go.sum" | "go.work.sum" => return Some(Self::GoSum),
            "pom.xml" => return Some(Self::Pom),
            _ if name.ends_with(".gradle") || name.ends_with(".gradle.kts") => return Some(Self::Gradle),
            _ if name.ends_with(".versions.toml") => return Some(Self::VersionCatalogue),
            _ => {}
        }
        let text = name.ends_with(".txt") || name.ends_with(".in");
        let folder = path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str());
        let listed = name.starts_with("requirements")
            || name.ends_with("requirements.txt")
            || name.ends_with("requirements.in")
            || (matches!(folder, Some("requirements" | "reqs")) && !name.starts_with("constraints"));
        (text && listed).then_some(Self::Requirements)
    }

    /// Whose packages it declares.
    pub(crate) fn ecosystem(self) -> Ecosystem {
        match self {
            Self::PackageJson | Self::PnpmWorkspace | Self::PackageLock | Self::YarnLock | Self::PnpmLock => {
                Ecosystem::Npm
            }
            Self::CargoToml | Self::CargoLock => Ecosystem::Cargo,
            Self::GoMod | Self::GoSum => Ecosystem::Go,
            Self::Pom | Self::Gradle | Self::VersionCatalogue => Ecosystem::Maven,
            _ => Ecosystem::PyPi,
        }
    }

    /// Tools write it; it tells what is known and is not reported.
    pub(crate) fn is_lock(self) -> bool {
        matches!(
            self,
            Self::TomlLock
                | Self::PipfileLock
                | Self::PackageLock
                | Self::YarnLock
                | Self::PnpmLock
                | Self::CargoLock
                | Self::GoSum
        )
    }

    /// Reads a file of this format. Broken ones give a note in the contents.
    pub(crate) fn parse(self, source: &Source) -> Contents {
        match self {
            Self::Requirements => requirements::parse(source),
            Self::Pyproject => pyproject::parse(source),
            Self::SetupCfg => setup_cfg::parse(source),
            Self::SetupPy => setup_py::parse(source),
            Self::Pipfile => pipfile::parse(source),
            Self::Conda => conda::parse(source),
            Self::PackageJson => package_json::parse(source),
            Self::PnpmWorkspace => pnpm_workspace::parse(source),
            Self::TomlLock => lock::toml(source),
            Self::PipfileLock => lock::pipfile(source),
            Self::PackageLock => lock::package(source),
            Self::YarnLock => lock::yarn(source),
            Self::PnpmLock => lock::pnpm(source),
            Self::CargoToml => cargo::manifest(source),
            Self::CargoLock => cargo::lock(source),
            Self::GoMod => go::module(source),
            Self::GoSum => go::sum(source),
            Self::Pom => pom::parse(source),
            Self::Gradle => gradle::parse(source),
            Self::VersionCatalogue => catalogue::parse(source),
        }
    }

    /// Every format, for those who try them all.
    pub(crate) const ALL: [Self; 20] = [
        Self::Requirements,
        Self::Pyproject,
        Self::SetupCfg,
        Self::SetupPy,
        Self::Pipfile,
        Self::Conda,
        Self::PackageJson,
        Self::PnpmWorkspace,
        Self::TomlLock,
        Self::PipfileLock,
        Self::PackageLock,
        Self::YarnLock,
        Self::PnpmLock,
        Self::CargoToml,
        Self::CargoLock,
        Self::GoMod,
        Self::GoSum,
        Self::Pom,
        Self::Gradle,
        Self::VersionCatalogue,
    ];
}

/// The span of `len` bytes from `start`.
fn span_of(start: u32, len: usize) -> Span {
    Span::new(start, start.saturating_add(u32::try_from(len).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        for name in [
            "requirements.txt",
            "requirements-dev.txt",
            "a/requirements/base.txt",
            "dev-requirements.txt",
            "requirements.in",
        ] {
            assert_eq!(Format::of_path(Path::new(name)), Some(Format::Requirements), "{name}");
        }
        for name in [
            "constraints.txt",
            "notes.txt",
            "requirements.md",
            "requirements/constraints.txt",
            "requirements.py",
        ] {
            assert_eq!(Format::of_path(Path::new(name)), None, "{name}");
        }
    }
}
