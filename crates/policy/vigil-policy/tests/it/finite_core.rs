//! The whole finite core of the gate as a table that a reviewer can read: `tests/finite_core.txt`.

use std::fmt::Write as _;
use std::path::Path;

use vigil_core::{Action, Outcome, Provenance, Resource, Tier, Verb};
use vigil_policy::{Authority, Capability, Profile, Question, decide};

use crate::world::{action, compiled, effect, read};

#[test]
fn decides_as_the_table_says() {
    let found = table();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/finite_core.txt");
    let listed = std::fs::read_to_string(&path).unwrap_or_default();
    if found != listed {
        let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finite_core.txt");
        std::fs::write(&fresh, &found).unwrap();
        panic!("the gate and {} differ; what the gate does is in {}", path.display(), fresh.display());
    }
}

const RULES: [Option<Outcome>; 4] = [None, Some(Outcome::Allow), Some(Outcome::Hold), Some(Outcome::Block)];

fn table() -> String {
    let mut out = String::from(
        "The finite core of the gate: profile × rule × default × capability × revocation × tier.\n\
         `(hold)` is what would happen: the profile stops nothing. Defaults: `read` flows in every profile; `install` of a\n\
         package named by untrusted content is held in balanced and blocked in strict.\n",
    );
    for profile in Profile::ALL {
        for rule in RULES {
            for (name, action) in [("read", read()), ("install", install_untrusted())] {
                let rule_name = rule.map_or("no rule", Outcome::token);
                let _ = writeln!(out, "\n{profile}, {rule_name}, {name}");
                let _ = writeln!(
                    out,
                    "  {:12}{}",
                    "",
                    Tier::ALL.map(|tier| format!("{:8}", tier.token())).concat().trim_end()
                );
                for (label, authority) in authorities() {
                    let row =
                        Tier::ALL.map(|tier| format!("{:8}", word(profile, rule, &action, tier, authority)));
                    let _ = writeln!(out, "  {label:12}{}", row.concat().trim_end());
                }
            }
        }
    }
    out
}

fn word(
    profile: Profile,
    rule: Option<Outcome>,
    action: &Action,
    tier: Tier,
    authority: Authority,
) -> String {
    let rule =
        rule.map_or(String::new(), |effect| format!("[[rule]]\nid = 'r'\neffect = '{effect}'\nwhen = {{}}"));
    let policy = compiled(&format!("profile = '{profile}'\n{rule}"));
    let question = Question { action, tier, provider: "p", agent: "a", authority, credential_read: false };
    let verdict = decide(&policy, &question);
    match verdict.stops || verdict.outcome == Outcome::Allow {
        true => verdict.outcome.to_string(),
        false => format!("({})", verdict.outcome),
    }
}

fn authorities() -> Vec<(&'static str, Authority)> {
    let mut all = Vec::new();
    for (name, capability) in
        [("unstated", Capability::Unstated), ("inside", Capability::Inside), ("outside", Capability::Outside)]
    {
        all.push((name, Authority { capability, revoked: false }));
    }
    for (name, capability) in [
        ("revoked", Capability::Unstated),
        ("… inside", Capability::Inside),
        ("… outside", Capability::Outside),
    ] {
        all.push((name, Authority { capability, revoked: true }));
    }
    all
}

fn install_untrusted() -> Action {
    let package = Resource::Package { ecosystem: "npm".into(), name: "x".into() };
    action(vec![effect(Verb::Install, package, Provenance::Untrusted)])
}
