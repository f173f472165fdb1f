//! What the integration tests share.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use vigil_verify::{Options, Source, verify};

/// The shared audit chain material, when it lies beside the workspace.
pub(crate) fn shared() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/voaf");
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: {} is not there", dir.display());
    None
}

/// A fully attested document of seven records under two keys: that of the shared attestation vectors.
pub(crate) fn attested() -> Vec<u8> {
    include_bytes!("../fixtures/attested.voaf.json").to_vec()
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Verifies with the options of an `expected.json` run: exit code and report.
pub(crate) fn report(document: &[u8], options: &Value) -> (u8, Value) {
    let mut given = Options::default();
    let list = |name: &str| options[name].as_array().cloned().unwrap_or_default();
    list("trust").iter().for_each(|key| given.trust_key(key.as_str().unwrap()).unwrap());
    list("witness").iter().for_each(|key| given.witness(key.as_str().unwrap()).unwrap());
    if options["require_signed"] == true {
        given.require_signed();
    }
    if let Some(genesis) = options["expect_genesis"].as_str() {
        given.expect_genesis(genesis).unwrap();
    }
    let report = verify(&Source::bytes(document), &given).unwrap();
    (report.exit_code(), serde_json::from_str(&report.to_json()).unwrap())
}

/// Runs the program: exit code, standard output, standard error.
pub(crate) fn program(args: &[&str], stdin: &[u8]) -> (u8, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = args.iter().map(OsString::from);
    let code = vigil_verify::run(
        "vigil-verify",
        args,
        &mut &*stdin,
        &mut stdout,
        &mut stderr,
        vigil_verify::Style::Plain,
    );
    (code, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

pub(crate) fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}
