//! What the crate reaches is written down, so that a new name is seen in review.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
fn reaches_only_what_closure_txt_lists() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "-p",
            "vigil-policy",
            "-e",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let found: BTreeSet<&str> =
        tree.lines().filter_map(|line| line.split(' ').next()).filter(|l| !l.is_empty()).collect();
    let listed = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("closure.txt")).unwrap();
    let listed: Vec<&str> = listed.lines().collect();
    assert!(listed.is_sorted(), "closure.txt is not sorted");
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        listed,
        "closure.txt does not list what `cargo tree` finds"
    );
}
