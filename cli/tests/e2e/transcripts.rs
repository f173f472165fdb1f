//! What the command says, word for word; times, ids and ports are taken out.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use vigil_e2e::{Ask, Home, Settings, Told};

use super::{Stage, id_of, vigil};

/// The transcript of one command.
fn transcript(home: &Home, arguments: &[&str], told: &Told) -> String {
    let text = format!("$ vigil {}\n{}{}exit {}\n", arguments.join(" "), told.out, told.err, told.code);
    let state = home.state.display().to_string();
    let place = home.path().display().to_string();
    let vigil = home.vigil.display().to_string();
    stripped(&text.replace(&state, "STATE").replace(&place, "HOME").replace(&vigil, "VIGIL"))
}

fn said(home: &Home, arguments: &[&str]) -> String {
    transcript(home, arguments, &home.run(arguments).unwrap())
}

/// Replaces what differs from run to run, keeping its width where columns depend on it.
fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        if word.is_empty() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        rest = &rest[word.len()..];
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) && !digits;
        let ulid = word.len() == 26 && word.starts_with('0');
        let port = out.ends_with("127.0.0.1:") && digits;
        let process = out.ends_with("pid ") && digits;
        let clock = digits && word.len() == 2 && (rest.starts_with(':') || out.ends_with(':'));
        let date = digits && word.len() == 2 && (day_follows(rest) || out.ends_with("nn-"));
        match (hex, ulid, port || process, clock || date) {
            (true, ..) => out.push_str(&"x".repeat(word.len())),
            (_, true, ..) => out.push_str(&"0".repeat(26)),
            (_, _, true, _) => out.push('N'),
            (_, _, _, true) => out.push_str("nn"),
            _ => out.push_str(&word),
        }
    }
    let lines = out.lines().filter(|line| !is_of_models(line));
    lines.map(|line| counted(line.trim_end())).collect::<Vec<_>>().join("\n")
}

/// Whether a line tells what the models make of a call: another population says something else. Or how fast it was.
fn is_of_models(line: &str) -> bool {
    let id = "0".repeat(26);
    line.starts_with("  tiers ") || line.contains("µs") || line.starts_with(&id) && line.contains("  tier")
}

/// Whether a text goes on as `-20 10:11:12` does.
fn day_follows(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes.first() == Some(&b'-') && bytes.get(3) == Some(&b' ') && bytes.get(6) == Some(&b':')
}

/// Takes the numbers out of a line that counts records: how many there are just now depends on the moment.
fn counted(line: &str) -> String {
    let counts = ["record", "checkpoint", "evidence:"].iter().any(|word| line.contains(word))
        && !line.starts_with('$');
    if !counts {
        return line.to_owned();
    }
    let mut out = String::new();
    for c in line.chars() {
        match (c.is_ascii_digit(), out.ends_with('N')) {
            (true, true) => {}
            (true, false) => out.push('N'),
            (false, _) => out.push(c),
        }
    }
    out
}

#[track_caller]
fn plain(text: &str) {
    assert!(!text.contains('\x1b'), "colour codes where there is no terminal: {text:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_running_daemon() {
    let stage = Stage::set(Settings::default()).await;
    let home = &stage.home;
    let mut all = String::new();
    for arguments in [["holds"].as_slice(), &["log"], &["log", "--json"]] {
        all.push_str(&said(home, arguments));
        all.push('\n');
    }
    stage.agent.ask(&Ask::shell(&["ls -la"])).await;
    stage.agent.ask(&Ask::shell(&["mkfs.ext4 /dev/sda"])).await;
    let agent = stage.agent.clone();
    let asking = tokio::spawn(async move { agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await });
    let id = id_of(&stage.api.wait_for_holds(1).unwrap()[0]);
    for arguments in [
        ["holds"].as_slice(),
        &["status"],
        &["deny", "--always", &id],
        &["approve", "0"],
        &["approve", "nobody"],
        &["log"],
    ] {
        all.push_str(&said(home, arguments));
        all.push('\n');
    }
    assert_eq!(asking.await.unwrap().calls().len(), 1);
    for arguments in [
        ["log"].as_slice(),
        &["log", "-n", "1", "--decision", "policy_deny"],
        &["export", "--out", "record.json"],
        &["verify", "record.json"],
    ] {
        all.push_str(&said(home, arguments));
        all.push('\n');
    }
    plain(&all);
    insta::assert_snapshot!("running", all);
}

#[test]
fn without_a_daemon() {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    let mut all = String::new();
    for arguments in [
        ["status"].as_slice(),
        &["holds"],
        &["approve", "01J"],
        &["log"],
        &["export"],
        &["ca", "path"],
        &["verify"],
        &["verify", "nowhere.json"],
        &["nonsense"],
        &["statsu"],
        &["run"],
    ] {
        all.push_str(&said(&home, arguments));
        all.push('\n');
    }
    plain(&all);
    insta::assert_snapshot!("no_daemon", all);
}

#[test]
fn of_configurations() {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("key.toml", "[proxy]\nlisten = \"127.0.0.1:0\"\n\n[hold]\nwindow_second = 3\n");
    write("syntax.toml", "[proxy]\nlisten = \n");
    write("value.toml", "[limits]\nheader_bytes = 1\n");
    write("open.toml", "[proxy]\nlisten = \"0.0.0.0:1\"\n");
    write("rules.toml", "profile = \"balanced\"\n[[rule]]\nid = \"x\"\nefect = \"block\"\nwhen = {}\n");
    write("policy-key.toml", "[policy]\nfile = \"rules.toml\"\n");
    write("glob.toml", "[[rule]]\nid = \"x\"\neffect = \"block\"\nwhen = { path = \"[a\" }\n");
    write("policy-glob.toml", "[policy]\nfile = \"glob.toml\"\n");
    write("policy-gone.toml", "[policy]\nfile = \"gone.toml\"\n");
    write("ca-gone.toml", "[upstream]\nextra_ca_files = [\"gone.pem\"]\n");
    let mut all = String::new();
    for name in [
        "vigil",
        "key",
        "syntax",
        "value",
        "open",
        "policy-key",
        "policy-glob",
        "policy-gone",
        "ca-gone",
        "missing",
    ] {
        let file = format!("{name}.toml");
        all.push_str(&said(&home, &["config", "check", "--config", &file]));
        all.push('\n');
        if name != "vigil" && name != "ca-gone" {
            // A daemon says the same and does not start.
            let told = home.run(["up", "--config", &file]).unwrap();
            assert_eq!((told.code, told.out.as_str()), (2, ""), "{name}: {told:?}");
        }
    }
    all.push_str(&said(&home, &["config", "show", "--config", "vigil.toml"]));
    plain(&all);
    insta::assert_snapshot!("configurations", all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_ca() {
    let stage = Stage::set(Settings::default()).await;
    let path = stage.home.run(["ca", "path"]).unwrap();
    assert_eq!((path.code, path.out), (0, format!("{}\n", stage.daemon.ca.display())));
    let check = stage.home.run(["ca", "check"]).unwrap();
    assert!(check.code == 0 && check.out.contains("platform     does not trust it"), "{check:?}");
    let bundle = stage.home.path().join("bundle.pem");
    std::fs::copy(&stage.daemon.ca, &bundle).unwrap();
    let output = stage.home.command(["ca", "check"]).env("NODE_EXTRA_CA_CERTS", &bundle).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains(&format!("NODE_EXTRA_CA_CERTS  {}: has it", bundle.display())), "{told}");
    let dry = stage.home.run(["ca", "install", "--dry-run"]).unwrap();
    if dry.code == 0 {
        assert!(
            dry.out.contains("vigil will run:") && dry.out.contains(stage.daemon.ca.to_str().unwrap()),
            "{dry:?}"
        );
        let asked = stage.home.run(["ca", "install"]).unwrap();
        assert!(asked.code == 1 && asked.err.contains("--dry-run"), "{asked:?}");
    } else {
        assert!(dry.err.contains("no trust store was found"), "{dry:?}");
    }
}

#[test]
fn completions_for_every_shell() {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let told = home.run(["completions", shell]).unwrap();
        assert!(
            told.code == 0 && told.out.contains("approve") && told.out.len() > 1000,
            "{shell}: {}",
            told.code
        );
    }
    assert_eq!(home.run(["completions", "tcsh"]).unwrap().code, 2);
}

#[test]
fn every_help_has_its_text_on_stdout_and_fits_a_terminal() {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    let commands = [
        "",
        "demo",
        "run",
        "up",
        "status",
        "holds",
        "approve",
        "deny",
        "log",
        "export",
        "ca",
        "config",
        "bench",
        "scan",
        "deps",
        "tests",
        "init",
        "rules",
        "hook",
        "lsp",
        "replay",
        "completions",
    ];
    for command in commands {
        let arguments: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let told = home.run(&arguments).unwrap();
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{command}");
        plain(&told.out);
        for line in told.out.lines() {
            assert!(line.chars().count() <= 120, "{command}: {line}");
        }
    }
    let told = home.run(["--version"]).unwrap();
    assert_eq!(told.out, format!("vigil {}\n", env!("CARGO_PKG_VERSION")));
    assert!(home.run(["verify", "--help"]).unwrap().out.contains("--require-signed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_leaves_is_no_failure() {
    let stage = Stage::set(Settings::default()).await;
    let long = "long ".repeat(1000);
    for number in 0..20 {
        let heard = stage.agent.ask(&Ask::shell(&[&format!("ls {number} {long}")])).await;
        assert_eq!(heard.calls().len(), 1, "{number}");
    }
    for arguments in [["log", "--json", "-n", "1000"].as_slice(), &["export"], &["config", "show"]] {
        let mut child =
            stage.home.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success() && !told.contains("vigil:"),
            "{arguments:?}: {:?} {told}",
            output.status
        );
    }
}
