//! From the text of a shell call to the answer of the gate: rules about commands hold what people write them for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use vigil_core::wire::{CallKind, WireCall};
use vigil_core::{CallNumber, Outcome, Tier};
use vigil_decompose::{Conversation, decompose};
use vigil_policy::{Authority, PolicySource, Question, decide};

/// What a policy of one rule answers to a shell text.
fn answer(effect: &str, when: &str, shell: &str) -> Outcome {
    let text = format!("[[rule]]\nid = \"r\"\neffect = \"{effect}\"\nwhen = {{ {when} }}\n");
    let (policy, _) = PolicySource::parse(&text, "policy.toml").unwrap();
    let call = WireCall {
        number: CallNumber(0),
        id: None,
        name: "Bash".to_owned(),
        arguments: serde_json::json!({ "command": shell }).to_string(),
        kind: CallKind::Client,
        duplicate_members: false,
    };
    let mut conversation = Conversation::new();
    conversation.set_working_directory("/home/u/p");
    let action = decompose(&call, &conversation);
    let question = Question {
        action: &action,
        tier: Tier::Routine,
        provider: "anthropic",
        agent: "claude-cli",
        authority: Authority::default(),
        credential_read: false,
    };
    decide(&policy, &question).outcome
}

#[test]
fn a_rule_blocks_its_command_wherever_it_stands() {
    for (command, texts) in [
        (
            "git push",
            &[
                "git push origin main",
                "git push",
                "git -C sub push",
                "/usr/bin/git push",
                "cd sub && git push",
                "git add . && git commit -m x && git push",
                "bash -c 'git push'",
                "env A=1 timeout 5 git push",
                "echo $(git push)",
                "git push > log 2>&1",
                "git $(echo push)",
            ][..],
        ),
        ("ls", &["ls", "ls -la src", "cat x | ls", "ls; true"][..]),
        (
            "npm install",
            &["npm install x", "npm install", "npm --silent install x", "cd web && npm install"][..],
        ),
        (
            "rm",
            &["rm x", "sudo rm x", "/bin/rm -f x", "find . -name y -exec rm {} +", "cat x | xargs rm"][..],
        ),
        ("sudo", &["sudo rm x", "sudo -u root ls"][..]),
        ("head", &["cat x | head -5", "cat x | head -5 | sort"][..]),
        ("bash", &["bash -c ls", "bash x.sh", "echo ls | bash"][..]),
        (
            "{xargs,timeout,cd,env,export}",
            &["ls | xargs cat", "timeout 5 ls", "cd x", "env ls", "export A=1"][..],
        ),
        ("echo", &["echo x > a", "echo x"][..]),
    ] {
        for text in texts {
            assert_eq!(
                answer("block", &format!("command = \"{command}\""), text),
                Outcome::Block,
                "{command}: {text}"
            );
        }
    }
}

#[test]
fn a_rule_leaves_other_commands_alone() {
    for (command, texts) in [
        ("git push", &["git status", "git log --grep push", "echo git push", "cat push"][..]),
        ("rm", &["ls rm", "echo rm x", "cat rm"][..]),
        ("npm install", &["npm test", "npm run install"][..]),
    ] {
        for text in texts {
            assert_eq!(
                answer("block", &format!("command = \"{command}\""), text),
                Outcome::Allow,
                "{command}: {text}"
            );
        }
    }
}

#[test]
fn command_and_path_of_a_rule_speak_of_one_effect() {
    let when = "command = \"rm\", path = \"/home/u/p/keep/**\"";
    assert_eq!(answer("block", when, "rm /home/u/p/keep/x"), Outcome::Block);
    assert_eq!(answer("block", when, "cat /home/u/p/keep/x; rm y"), Outcome::Allow);
    let when = "command = \"echo\", path = \"/etc/**\"";
    assert_eq!(answer("block", when, "echo x > /etc/hosts"), Outcome::Block);
}

#[test]
fn an_allow_rule_goes_no_further_than_its_words() {
    let when = "command = \"npm install\"";
    assert_eq!(answer("hold", when, "npm install x"), Outcome::Hold);
    assert_eq!(answer("allow", when, "npm install x"), Outcome::Allow);
    for text in ["sudo npm install x", "npm install x > ~/.ssh/authorized_keys", "npm install x && sudo ls"] {
        assert_eq!(answer("allow", when, text), Outcome::Hold, "{text}");
    }
}
