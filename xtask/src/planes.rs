//! The rule: a crate imports vigil-core, crates of its own plane, and approved third parties. Nothing else, in no table of
//! its manifest: normal, dev, build, per target, optional or renamed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use cargo_metadata::Package;

use crate::workspace::Workspace;

/// Every breach of the rule, in words.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let members: BTreeMap<&str, &Package> = workspace
        .metadata
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    let mut faults = Vec::new();
    for (name, package) in &members {
        let approved: BTreeSet<&str> =
            workspace.planes.third_party.get(*name).into_iter().flatten().map(String::as_str).collect();
        let mut used = BTreeSet::new();
        for dependency in &package.dependencies {
            // `name` is the package's own name, whatever the manifest calls it.
            let to = dependency.name.as_str();
            if members.contains_key(to) || dependency.path.is_some() {
                if let Some(why) = breach(workspace, name, to, &members) {
                    faults.push(format!("{name} imports {to}: {why}"));
                }
            } else if approved.contains(to) {
                used.insert(to);
            } else {
                faults.push(format!("{name} imports {to}, which planes.toml does not approve for it"));
            }
        }
        for idle in approved.difference(&used) {
            faults.push(format!("planes.toml approves {idle} for {name}, which does not import it"));
        }
    }
    for named in
        workspace.planes.third_party.keys().chain(&workspace.planes.islands).chain(&workspace.planes.surfaces)
    {
        if !members.contains_key(named.as_str()) {
            faults.push(format!("planes.toml names {named}, which is no crate of the workspace"));
        }
    }
    Ok(faults)
}

fn breach(
    workspace: &Workspace,
    from: &str,
    to: &str,
    members: &BTreeMap<&str, &Package>,
) -> Option<&'static str> {
    let planes = &workspace.planes;
    if planes.surfaces.iter().any(|surface| surface == from) {
        return None;
    }
    if planes.islands.iter().any(|island| island == from) {
        return Some("an island imports none of ours");
    }
    if to == planes.core {
        return None;
    }
    let plane = |name: &str| members.get(name).and_then(|package| plane_of(package));
    match (plane(from), plane(to)) {
        (Some(from), Some(to)) if from == to && from != "core" => None,
        _ => Some("it is of another plane; what is missing is a message, not an import"),
    }
}

/// The plane of a crate: the folder under `crates/`.
fn plane_of(package: &Package) -> Option<&str> {
    let path = package.manifest_path.as_str();
    path.split_once("/crates/").and_then(|(_, rest)| rest.split('/').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_its_walls() {
        let faults = check(&Workspace::read().unwrap()).unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_foreign_plane_is_a_breach_and_the_own_is_not() {
        let workspace = Workspace::read().unwrap();
        let members: BTreeMap<&str, &Package> = workspace
            .metadata
            .workspace_packages()
            .into_iter()
            .map(|package| (package.name.as_str(), package))
            .collect();
        let told = |from, to| breach(&workspace, from, to, &members).is_some();
        assert!(told("vigil-proxy", "vigil-policy"));
        assert!(told("vigil-proxy", "vigil-decompose"));
        assert!(told("vigil-verify", "vigil-core"));
        assert!(told("vigil-core", "vigil-policy"));
        assert!(!told("vigil-proxy", "vigil-core"));
        assert!(!told("vigil", "vigil-policy"));
    }
}
