//! The registries that packages come from, and how each spells names and addresses.

use crate::config::DepsConfig;

/// Whose names these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ecosystem {
    /// Python packages.
    PyPi,
    /// JavaScript packages.
    Npm,
    /// Rust crates.
    Cargo,
    /// Go modules.
    Go,
    /// Java packages: `group:artifact`.
    Maven,
}

impl Ecosystem {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::PyPi, Self::Npm, Self::Cargo, Self::Go, Self::Maven];

    /// The word in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PyPi => "pypi",
            Self::Npm => "npm",
            Self::Cargo => "cargo",
            Self::Go => "go",
            Self::Maven => "maven",
        }
    }

    /// How people call the registry.
    pub(crate) fn registry(self) -> &'static str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "the npm registry",
            Self::Cargo => "crates.io",
            Self::Go => "the Go module proxy",
            Self::Maven => "Maven Central",
        }
    }

    /// How people call one package of it.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::PyPi | Self::Npm | Self::Maven => "package",
            Self::Cargo => "crate",
            Self::Go => "module",
        }
    }

    /// The one spelling under which the registry compares names.
    pub(crate) fn normalise(self, name: &str) -> String {
        match self {
            Self::PyPi => normalise_pypi(name),
            Self::Npm | Self::Cargo => name.to_lowercase(),
            // Both tell upper case from lower.
            Self::Go | Self::Maven => name.to_owned(),
        }
    }

    /// The name that all major versions of a package share: `github.com/a/b` of `github.com/a/b/v2`.
    pub(crate) fn family(self, name: &str) -> String {
        let normal = self.normalise(name);
        if self != Self::Go {
            return normal;
        }
        let is_major = |text: &str| {
            text.strip_prefix('v')
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let cut = match normal.starts_with("gopkg.in/") {
            true => normal.rsplit_once('.'),
            false => normal.rsplit_once('/'),
        };
        match cut {
            Some((family, last)) if is_major(last) => family.to_owned(),
            _ => normal,
        }
    }

    /// A name is an owner's, who alone can publish below it: the path of a repository, the domain of a group.
    pub(crate) fn is_owned(self) -> bool {
        matches!(self, Self::Go | Self::Maven)
    }

    /// The base address of the registry.
    pub(crate) fn url(self, config: &DepsConfig) -> &str {
        let url = match self {
            Self::PyPi => &config.pypi_url,
            Self::Npm => &config.npm_url,
            Self::Cargo => &config.crates_url,
            Self::Go => &config.go_url,
            Self::Maven => &config.maven_url,
        };
        url.trim_end_matches('/')
    }

    /// The key of the configuration that names another one.
    pub(crate) fn url_key(self) -> &'static str {
        match self {
            Self::PyPi => "deps.pypi_url",
            Self::Npm => "deps.npm_url",
            Self::Cargo => "deps.crates_url",
            Self::Go => "deps.go_url",
            Self::Maven => "deps.maven_url",
        }
    }

    /// The public registry is the one that is asked.
    pub(crate) fn is_public(self, config: &DepsConfig) -> bool {
        self.url(config) == self.url(&DepsConfig::default())
    }
}

/// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
fn normalise_pypi(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.extend(character.to_lowercase());
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_have_one_spelling() {
        for name in ["Foo-Bar", "foo_bar", "FOO.bar", "foo-_.bar"] {
            assert_eq!(Ecosystem::PyPi.normalise(name), "foo-bar");
        }
    }

    #[test]
    fn major_versions_of_a_module_are_one_family() {
        for (name, family) in [
            ("github.com/a/b/v2", "github.com/a/b"),
            ("github.com/a/b", "github.com/a/b"),
            ("gopkg.in/yaml.v3", "gopkg.in/yaml"),
            ("github.com/a/v", "github.com/a/v"),
            ("v2", "v2"),
        ] {
            assert_eq!(Ecosystem::Go.family(name), family);
        }
        assert_eq!(Ecosystem::Cargo.family("a/v2"), "a/v2");
    }
}
