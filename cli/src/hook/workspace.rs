//! The members of a workspace of npm's, pnpm's or Yarn's: they name each other as if they were published.

use std::io::Read as _;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;
use serde_json::Value;

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
    let Some((top, globs)) = within.filter_map(|above| Some((above, globs(above)?))).last() else {
        return Some(Vec::new());
    };
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
        if entry.file_name() != "package.json" {
            continue;
        }
        let is_member =
            entry.path().parent().is_some_and(|home| home == top || globs.matched(home, true).is_ignore());
        if is_member {
            names.extend(text_of(entry.path()).and_then(|text| name_of(&text)));
        }
    }
    names.sort();
    names.dedup();
    Some(names)
}

/// The patterns of a workspace's members, as its settings write them; `None` when this is no workspace.
fn globs(directory: &Path) -> Option<Gitignore> {
    let json = |name: &str| {
        let value: Value = serde_json::from_str(&text_of(&directory.join(name))?).ok()?;
        Some(value)
    };
    let npm = json("package.json").and_then(|manifest| {
        let said = manifest.get("workspaces")?;
        Some(texts(said.get("packages").unwrap_or(said)))
    });
    let pnpm = text_of(&directory.join("pnpm-workspace.yaml")).map(|text| {
        let read: Option<Pnpm> = serde_saphyr::from_str(&text).ok();
        read.map(|pnpm| pnpm.packages).unwrap_or_default()
    });
    let lerna = json("lerna.json").map(|settings| match settings.get("packages") {
        Some(said) => texts(said),
        None if npm.is_some() || pnpm.is_some() => Vec::new(),
        None => vec!["packages/*".to_owned()],
    });
    if npm.is_none() && pnpm.is_none() && lerna.is_none() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(directory);
    for glob in [npm, pnpm, lerna].into_iter().flatten().flatten() {
        // Each starts from the workspace, and a later one with `!` takes away.
        let (not, glob) = glob.strip_prefix('!').map_or(("", glob.as_str()), |glob| ("!", glob));
        let glob = glob.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
        // A pattern that cannot be read names no member.
        let _skipped = builder.add_line(None, &format!("{not}/{glob}"));
    }
    builder.build().ok()
}

/// `pnpm-workspace.yaml`.
#[derive(Deserialize)]
struct Pnpm {
    #[serde(default)]
    packages: Vec<String>,
}

fn texts(said: &Value) -> Vec<String> {
    let texts = said.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// The text of a file that is not too large.
fn text_of(path: &Path) -> Option<String> {
    let file = std::fs::File::open(path).ok()?;
    if !file.metadata().is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES) {
        return None;
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The name that a manifest gives its package, when it is one that can be installed.
fn name_of(manifest: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(manifest).ok()?;
    let name = manifest.get("name")?.as_str()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@/".contains(&byte);
    (!name.is_empty() && name.bytes().all(plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of a workspace with these settings.
    #[track_caller]
    fn check(settings: &[(&str, &str)], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let packages = [
            ("packages/a/package.json", "{\"name\": \"a\"}"),
            ("packages/b/package.json", "{\"name\": \"b\"}"),
            ("packages/b/test/fixtures/bad/package.json", "{\"name\": \"lodahs\"}"),
            ("examples/x/package.json", "{\"name\": \"reactt\"}"),
        ];
        for (path, text) in packages.iter().chain(settings) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let names = members(&folder.path().join("packages/a"), folder.path()).unwrap();
        assert_eq!(names, expected, "{settings:?}");
    }

    #[test]
    fn only_what_the_workspace_names_is_a_member() {
        check(&[("package.json", r#"{"name": "top", "workspaces": ["packages/*"]}"#)], &["a", "b", "top"]);
        check(&[("package.json", r#"{"workspaces": {"packages": ["./packages/b/"]}}"#)], &["b"]);
        check(&[("package.json", r#"{"workspaces": ["packages/*", "!packages/b"]}"#)], &["a"]);
        check(&[("package.json", r#"{"workspaces": ["packages/{a,c}"]}"#)], &["a"]);
        check(&[("package.json", r#"{"workspaces": "packages/*"}"#)], &[]);
        check(&[("package.json", r#"{"name": "top", "description": "\"workspaces\""}"#)], &[]);
        check(&[("pnpm-workspace.yaml", "packages:\n  - 'packages/*'\ncatalog:\n  a: 1\n")], &["a", "b"]);
        check(&[("pnpm-workspace.yaml", "packages:\n  - examples/**\n")], &["reactt"]);
        check(&[("lerna.json", r#"{"version": "1"}"#)], &["a", "b"]);
        check(&[("lerna.json", "{")], &[]);
        check(&[("package.json", &format!("{{\"workspaces\": [\"**\"]}}{}", " ".repeat(1 << 20)))], &[]);
    }
}
