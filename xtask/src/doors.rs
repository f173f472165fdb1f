//! Ways around the planes that no manifest shows: another crate's source by path, the standard library in a crate that
//! does without.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context as _, Result};

use crate::workspace::{Workspace, root};

/// Every open door, in words.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let root = root();
    let mut faults = Vec::new();
    for package in workspace.metadata.workspace_packages() {
        let Some(folder) = package.manifest_path.parent() else { continue };
        for part in ["src", "tests", "benches", "examples"] {
            scan(&root, folder.as_std_path(), folder.join(part).as_std_path(), &package.name, &mut faults)?;
        }
        if folder.join("build.rs").exists() {
            faults.push(format!("{} has a build script; what it would do belongs in xtask", package.name));
        }
    }
    Ok(faults)
}

fn scan(
    root: &Path,
    package_root: &Path,
    folder: &Path,
    package: &str,
    faults: &mut Vec<String>,
) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            scan(root, package_root, &path, package, faults)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
            let is_product = !path.components().any(|part| part.as_os_str() == "tests");
            for (number, line) in text.lines().enumerate() {
                if let Some(why) = open_door(line, package, is_product, &|to| leaves(package_root, &path, to))
                {
                    let place = path.strip_prefix(root).unwrap_or(&path).display();
                    faults.push(format!("{place}:{}: {why}", number + 1));
                }
            }
        }
    }
    Ok(())
}

/// Whether a path written in a file leads out of the package.
fn leaves(package_root: &Path, file: &Path, to: &str) -> bool {
    let mut place = file.parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(to).components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            Component::CurDir => {}
            part => place.push(part),
        }
    }
    !place.starts_with(package_root)
}

/// Why a line opens a door, if it does. `leaves` tells of a path written in it.
fn open_door(
    line: &str,
    package: &str,
    is_product: bool,
    leaves: &dyn Fn(&str) -> bool,
) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or_default().trim();
    if code.is_empty() {
        return None;
    }
    // Spelled in two parts, so that this file does not find itself.
    let written = code.split('"').nth(1).unwrap_or_default();
    if code.contains(concat!("#[", "path")) && leaves(written) {
        return Some("a module by path borrows another crate's file");
    }
    if code.contains(concat!("include", "!(")) {
        return Some("an included source is an import that no manifest shows");
    }
    let climbs = code.contains(concat!("include_", "str!(")) || code.contains(concat!("include_", "bytes!("));
    if is_product && climbs && leaves(written) {
        return Some("an included file of another crate is an import that no manifest shows");
    }
    if package == "vigil-policy" && is_product && code == concat!("extern crate ", "std;") {
        return Some("policy does without the standard library");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doors_are_shut() {
        let faults = check(&Workspace::read().unwrap()).unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[track_caller]
    fn check_line(line: &str, package: &str, is_product: bool, is_open: bool) {
        let leaves = |to: &str| leaves(Path::new("/w/a"), Path::new("/w/a/src/lib.rs"), to);
        assert_eq!(open_door(line, package, is_product, &leaves).is_some(), is_open, "{line}");
    }

    #[test]
    fn an_open_door_is_seen() {
        check_line(concat!("#[", "path = \"../../b/src/x.rs\"]"), "vigil-proxy", true, true);
        check_line(concat!("#[", "path = \"../tests/x.rs\"]"), "vigil-proxy", true, false);
        check_line(concat!("include", "!(\"../x.rs\");"), "vigil-proxy", true, true);
        check_line(concat!("extern crate ", "std;"), "vigil-policy", true, true);
        check_line(concat!("extern crate ", "std;"), "vigil-policy", false, false);
        check_line(concat!("// ", "include", "!(\"x\")"), "vigil-proxy", true, false);
    }
}
