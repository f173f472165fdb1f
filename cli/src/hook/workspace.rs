//! The members of a workspace of npm's, pnpm's or Yarn's: they name each other as if they were published.

use std::path::Path;

/// More files and directories of a workspace are not looked at.
const MAX_ENTRIES: usize = 20_000;
/// Members lie no deeper.
const MAX_DEPTH: usize = 6;
/// Larger manifests are no members.
const MAX_BYTES: u64 = 1 << 20;

/// Names that the packages of the workspace around a directory have; none where there is no workspace. `None` when there
/// is one and not all of it could be seen.
pub(super) fn members(directory: &Path, root: &Path) -> Option<Vec<String>> {
    let within = directory.ancestors().take_while(|above| above.starts_with(root));
    let Some(top) = within.filter(|above| is_workspace(above)).last() else { return Some(Vec::new()) };
    let mut names = Vec::new();
    let walk = ignore::WalkBuilder::new(top)
        .hidden(true)
        .max_depth(Some(MAX_DEPTH))
        .filter_entry(|entry| entry.file_name() != "node_modules")
        .build();
    for (count, entry) in walk.enumerate() {
        if count >= MAX_ENTRIES {
            return None;
        }
        let Ok(entry) = entry else { continue };
        let is_small = || entry.metadata().is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        if entry.file_name() == "package.json" && is_small() {
            names.extend(name_of(entry.path()));
        }
    }
    names.sort();
    names.dedup();
    Some(names)
}

fn is_workspace(directory: &Path) -> bool {
    directory.join("pnpm-workspace.yaml").exists()
        || directory.join("lerna.json").exists()
        || std::fs::read_to_string(directory.join("package.json"))
            .is_ok_and(|text| text.contains("\"workspaces\""))
}

/// The name that a manifest gives its package, when it is one that can be installed.
fn name_of(manifest: &Path) -> Option<String> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let name = manifest.get("name")?.as_str()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@/".contains(&byte);
    (!name.is_empty() && name.bytes().all(plain)).then(|| name.to_owned())
}
