//! The program as its user meets it: arguments, streams, exit codes.

use serde_json::{Value, json};

use crate::support::{attested, program};

fn fixture() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/attested.voaf.json").to_owned()
}

#[test]
fn the_report_of_a_good_document_fits_a_terminal_and_says_what_is_not_proven() {
    let (code, stdout, stderr) = program(&["-"], &attested());
    assert_eq!((code, stderr.as_str()), (0, ""));
    for line in [
        "  verified: every record recomputes and links from the genesis on",
        "       signed: all",
        "  checkpoints: consistent up to 7 of 7",
        "     evidence: ok 3, missing 0, bad 0",
        "        trust: unpinned",
        "    vk1-a3b1b896fc2d398b488e7fb41c5af007",
    ] {
        assert!(stdout.lines().any(|got| got == line), "`{line}` is not in\n{stdout}");
    }
    assert!(stdout.contains("signatures show consistency only"), "{stdout}");
    assert!(stdout.lines().all(|line| line.len() <= 80), "{stdout}");
}

#[test]
fn standard_input_and_a_file_give_the_same_report() {
    let from_file = program(&[&fixture(), "--json"], b"");
    let from_stdin = program(&["--json", "-"], &attested());
    assert_eq!(from_file, from_stdin);
    let report: Value = serde_json::from_str(&from_file.1).unwrap();
    assert_eq!(report["exit_code"], json!(0));
}

#[test]
fn a_broken_document_names_the_place_and_not_a_culprit() {
    let document = String::from_utf8(attested()).unwrap().replacen("\"startup\"", "\"startUp\"", 1);
    let (code, stdout, _) = program(&["-"], document.as_bytes());
    assert_eq!(code, 1);
    assert!(stdout.contains("break at or before index 1\n"), "{stdout}");
    assert!(stdout.contains("  index 1          hash_mismatch          \"hash\"\n"), "{stdout}");
    assert!(!stdout.contains("forged"));
}

#[test]
fn strings_from_the_document_cannot_write_to_the_terminal() {
    let document = String::from_utf8(attested()).unwrap();
    let document = document.replacen("\"seq\":1,", "\"seq\":1,\"\\u001b[2J\u{202e}\":0,", 1);
    let (code, stdout, _) = program(&["-"], document.as_bytes());
    assert_eq!(code, 1);
    assert!(stdout.is_ascii() && !stdout.contains('\u{1b}'));
    assert!(stdout.contains(r#""\u001b[2J\u202e""#), "{stdout}");
}

#[test]
fn a_1_0_document_is_never_called_verified() {
    let (code, stdout, _) = program(&["-"], b"[]");
    assert_eq!(code, 9);
    assert!(stdout.contains("1.0-empty: there are no entries; content is not covered"), "{stdout}");
    assert!(!stdout.contains("verified:"));
}

#[test]
fn what_cannot_be_done_is_told_on_standard_error() {
    for (args, code, message) in [
        (vec!["/no/such/file"], 10, "vigil-verify: `/no/such/file`: cannot read the document"),
        (vec![], 10, "vigil-verify: no document and no store named; see `vigil-verify --help`"),
        (vec!["-", "--witness", "w"], 10, "vigil-verify: `w` is not a witness key"),
        (vec!["/"], 10, "vigil-verify: `/`: cannot read the document"),
    ] {
        let (got, stdout, stderr) = program(&args, b"");
        assert_eq!((got, stdout.as_str()), (code, ""), "{args:?}");
        assert!(stderr.starts_with(message), "{stderr}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_exit_11() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let args = ["-"].map(std::ffi::OsString::from).into_iter();
    let code = vigil_verify::run(
        "vigil-verify",
        args,
        &mut &attested()[..],
        &mut Full,
        &mut std::io::sink(),
        vigil_verify::Style::Plain,
    );
    assert_eq!(code, 11);
}

#[test]
fn help_and_version_are_results() {
    let (code, help, _) = program(&["--help"], b"");
    assert_eq!(code, 0);
    assert!(help.contains("Exit codes:") && help.lines().all(|line| line.len() <= 80));
    assert_eq!(program(&["-V"], b"").1, format!("vigil-verify {}\n", env!("CARGO_PKG_VERSION")));
}
