//! Ways around the planes that no manifest shows: another crate's source by path, the standard library in a crate that
//! does without.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::workspace::{Workspace, root};

/// Every open door, in words.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let root = root();
    let mut faults = Vec::new();
    for package in workspace.metadata.workspace_packages() {
        let Some(folder) = package.manifest_path.parent() else { continue };
        for part in ["src", "tests", "benches", "examples"] {
            scan(&root, folder.join(part).as_std_path(), &package.name, &mut faults)?;
        }
        if folder.join("build.rs").exists() {
            faults.push(format!("{} has a build script; what it would do belongs in xtask", package.name));
        }
    }
    Ok(faults)
}

fn scan(root: &Path, folder: &Path, package: &str, faults: &mut Vec<String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            scan(root, &path, package, faults)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
            let is_product = !path.components().any(|part| part.as_os_str() == "tests");
            for (number, line) in text.lines().enumerate() {
                if let Some(why) = open_door(line, package, is_product) {
                    let place = path.strip_prefix(root).unwrap_or(&path).display();
                    faults.push(format!("{place}:{}: {why}", number + 1));
                }
            }
        }
    }
    Ok(())
}

/// Why a line opens a door, if it does.
fn open_door(line: &str, package: &str, is_product: bool) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or_default().trim();
    if code.is_empty() {
        return None;
    }
    // Spelled in two parts, so that this file does not find itself.
    if code.contains(concat!("#[", "path")) {
        return Some("a module by path borrows another file");
    }
    if code.contains(concat!("include", "!(")) {
        return Some("an included source is an import that no manifest shows");
    }
    let climbs = code.contains(concat!("include_", "str!(")) || code.contains(concat!("include_", "bytes!("));
    if is_product && climbs && code.contains("\"../../") {
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

    #[test]
    fn an_open_door_is_seen() {
        assert!(open_door(concat!("#[", "path = \"../../x.rs\"]"), "vigil-proxy", true).is_some());
        assert!(open_door(concat!("include", "!(\"../x.rs\");"), "vigil-proxy", true).is_some());
        assert!(open_door(concat!("extern crate ", "std;"), "vigil-policy", true).is_some());
        assert!(open_door(concat!("extern crate ", "std;"), "vigil-policy", false).is_none());
        assert!(open_door(concat!("// ", "include", "!(\"x\")"), "vigil-proxy", true).is_none());
    }
}
