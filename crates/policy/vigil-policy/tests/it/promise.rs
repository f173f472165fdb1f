//! What must hold for every policy and every input.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use vigil_core::message::{Ending, GoneHow, PolicyInput, PolicyOutput, Said};
use vigil_core::{
    Action, Argument, Effect, ExchangeId, Magnitude, Outcome, Provenance, Resource, Reversibility, Tier, Verb,
};
use vigil_policy::{Authority, Capability, CompiledPolicy, Question, Verdict, decide};

use crate::world::*;

#[derive(Clone, Debug)]
struct Asked {
    action: Action,
    tier: Tier,
    capability: Capability,
    revoked: bool,
    credential_read: bool,
}

impl Asked {
    fn of(&self, policy: &CompiledPolicy) -> Verdict {
        let authority = Authority { capability: self.capability, revoked: self.revoked };
        let Self { action, tier, credential_read, .. } = self;
        decide(
            policy,
            &Question {
                action,
                tier: *tier,
                provider: "anthropic",
                agent: "claude-cli",
                authority,
                credential_read: *credential_read,
            },
        )
    }
}

fn rule_text(id: usize, effect: &str, when: &[String]) -> String {
    format!("[[rule]]\nid = 'r{id}'\neffect = '{effect}'\nwhen = {{ {} }}\n", when.join(", "))
}

fn condition() -> impl Strategy<Value = String> {
    select(vec![
        "verb = ['delete', 'send']",
        "verb = 'execute'",
        "resource = 'path'",
        "resource = ['unknown', 'host']",
        "path = '/etc/**'",
        "path = ['**/a', 'x?']",
        "path = '/'",
        "command = 'git push'",
        "command = ['rm', 'git *']",
        "host = '*.example.com'",
        "package = ['npm:l*', 'x']",
        "tool = 'some_*'",
        "tool = ['other', '{b,c}*']",
        "provider = 'anthropic'",
        "agent = 'claude-*'",
        "provenance = 'model'",
        "provenance = ['user', 'untrusted']",
        "reversibility = 'partial'",
    ])
    .prop_map(str::to_owned)
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    let rule = (
        select(vec!["allow", "hold", "block"]),
        vec(condition(), 0..3),
        select(Tier::ALL.to_vec()),
        any::<bool>(),
    );
    vec(rule, 0..8).prop_map(|rules| {
        let text = |(at, (effect, mut when, tier, with_tier)): (usize, (&str, Vec<String>, Tier, bool))| {
            if with_tier && effect != "allow" {
                when.push(format!("tier_at_least = '{tier}'"));
            }
            when.sort_by_key(|one| one.split(' ').next().map(str::to_owned));
            when.dedup_by_key(|one| one.split(' ').next().map(str::to_owned));
            rule_text(at, effect, &when)
        };
        rules.into_iter().enumerate().map(text).collect()
    })
}

fn resource() -> impl Strategy<Value = Resource> {
    let words = || {
        select(vec![
            "/",
            "/etc",
            "/etc/passwd",
            "/etc/",
            "b/a",
            "xy",
            "a.example.com",
            "git",
            "push",
            "-C",
            "rm",
        ])
    };
    prop_oneof![
        words().prop_map(|w| Resource::Path(w.into())),
        vec(words(), 0..4).prop_map(|argv| Resource::Command(argv.into_iter().map(Into::into).collect())),
        words().prop_map(|w| Resource::Host(w.into())),
        words().prop_map(|w| Resource::Url(format!("https://{w}/x"))),
        words().prop_map(|w| Resource::Package { ecosystem: "npm".into(), name: w.into() }),
        words().prop_map(|w| Resource::Credential(w.into())),
        words().prop_map(|w| Resource::DataStore(w.into())),
        Just(Resource::Unknown),
    ]
}

fn command() -> impl Strategy<Value = Vec<String>> {
    let words = ["git", "push", "status", "rm", "-C", ">", "$X"];
    vec(select(words.to_vec()).prop_map(Into::into), 0..4)
}

fn effects() -> impl Strategy<Value = Vec<Effect>> {
    let effect = (
        select(Verb::ALL.to_vec()),
        resource(),
        select(Reversibility::ALL.to_vec()),
        select(Provenance::ALL.to_vec()),
        any::<(bool, bool)>(),
        command(),
    );
    let effect =
        effect.prop_map(|(verb, resource, reversibility, provenance, (recursive, outward), command)| {
            Effect {
                verb,
                resource,
                reversibility,
                magnitude: Magnitude { count: 1, recursive, outward },
                provenance,
                command,
            }
        });
    vec(effect, 0..4)
}

fn asked() -> impl Strategy<Value = Asked> {
    let capability = select(vec![Capability::Unstated, Capability::Inside, Capability::Outside]);
    let surroundings = (
        select(Tier::ALL.to_vec()),
        capability,
        any::<bool>(),
        any::<bool>(),
        select(Provenance::ALL.to_vec()),
        proptest::sample::subsequence(vec!["asked_for", "found_as_data", "told_by_content"], 0..3),
    );
    (effects(), surroundings).prop_map(
        |(effects, (tier, capability, revoked, credential_read, provenance, remarks))| Asked {
            action: Action {
                arguments: vec![Argument { pointer: "/a".into(), provenance }],
                remarks,
                ..action(effects)
            },
            tier,
            capability,
            revoked,
            credential_read,
        },
    )
}

/// The same question with one of its inputs made worse.
fn worse(asked: &Asked, which: usize, at: usize) -> Asked {
    let mut worse = asked.clone();
    let count = worse.action.effects.len().max(1);
    let effect = worse.action.effects.get_mut(at % count);
    match (which, effect) {
        (0, _) => worse.tier = Tier::ALL.into_iter().find(|t| *t > asked.tier).unwrap_or(asked.tier),
        (1, _) => worse.capability = Capability::Outside,
        (2, _) => worse.revoked = true,
        (3, _) => worse.credential_read = true,
        (4, Some(effect)) => effect.provenance = Provenance::Untrusted,
        (5, Some(effect)) => effect.reversibility = Reversibility::Irreversible,
        (6, Some(effect)) => effect.magnitude.recursive = true,
        (7, Some(effect)) => effect.magnitude.outward = true,
        (8, _) => worse.action.arguments[0].provenance = Provenance::Untrusted,
        (9, _) => worse.action.remarks.push("shell_not_parsed"),
        (10, _) => worse.action.remarks.push("told_by_content"),
        (11, _) => worse.action.remarks.retain(|remark| !matches!(*remark, "asked_for" | "found_as_data")),
        (_, Some(effect)) => {
            let again = Effect { provenance: Provenance::Untrusted, ..effect.clone() };
            worse.action.effects.push(again);
        }
        (_, None) => {}
    }
    worse
}

fn profile_text() -> impl Strategy<Value = &'static str> {
    select(vec!["profile = 'observe'\n", "profile = 'balanced'\n", "profile = 'strict'\n"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_same_question_has_the_same_answer(profile in profile_text(), rules in rules(), asked in asked()) {
        let text = [profile, &rules.concat()].concat();
        let (one, other) = (compiled(&text), compiled(&text));
        prop_assert_eq!(asked.of(&one), asked.of(&other));
    }

    #[test]
    fn the_order_of_the_rules_does_not_matter(rules in rules(), shuffled in Just(()), asked in asked(), turn in 0usize..8) {
        let () = shuffled;
        let mut other = rules.clone();
        let by = turn % other.len().max(1);
        other.rotate_left(by);
        if turn > 3 { other.reverse(); }
        prop_assert_eq!(asked.of(&compiled(&rules.concat())), asked.of(&compiled(&other.concat())));
    }

    #[test]
    fn nothing_worse_is_treated_more_mildly(profile in profile_text(), rules in rules(), asked in asked(), which in 0usize..13, at in 0usize..4) {
        let policy = compiled(&[profile, &rules.concat()].concat());
        let worse = worse(&asked, which, at);
        prop_assert!(asked.of(&policy).outcome <= worse.of(&policy).outcome, "{:?}\n{:?}", asked, worse);
    }

    #[test]
    fn a_stricter_rule_or_one_more_that_stops_never_lets_more_pass(rules in rules(), more in rules(), asked in asked(), at in 0usize..8) {
        let before = asked.of(&compiled(&rules.concat())).outcome;
        let stricter: String = rules.iter().enumerate().map(|(n, rule)| {
            let effect = if n == at { "effect = 'block'" } else { "effect = 'hold'" };
            if n == at || rule.contains("effect = 'hold'") { rule.replace("effect = 'allow'", effect).replace("effect = 'hold'", effect) } else { rule.clone() }
        }).collect();
        prop_assert!(before <= asked.of(&compiled(&stricter)).outcome);
        let added: String = more.iter().filter(|r| !r.contains("'allow'")).map(|r| r.replace("id = 'r", "id = 'm")).collect();
        prop_assert!(before <= asked.of(&compiled(&[rules.concat(), added].concat())).outcome);
    }

    #[test]
    fn the_outcome_is_the_worst_of_the_path(rules in rules(), asked in asked()) {
        let verdict = asked.of(&compiled(&rules.concat()));
        let steps: Vec<_> = verdict.path.steps().collect();
        prop_assert_eq!(steps.iter().map(|(outcome, _)| *outcome).max(), Some(verdict.outcome));
        prop_assert_eq!(steps[0].0, verdict.outcome);
        prop_assert_eq!(steps.iter().map(|(_, step)| *step).collect::<BTreeSet<_>>().len(), steps.len());
        if asked.revoked || asked.tier == Tier::Blocked { prop_assert_eq!(verdict.outcome, Outcome::Block); }
    }
}

fn some_action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(read()), Just(install()), Just(read_credential()), Just(send())]
}

/// Messages about four exchanges with three calls each, in any order, by a clock that mostly goes forward.
fn story() -> impl Strategy<Value = Vec<PolicyInput>> {
    let said = select(vec![Said::Approve, Said::Deny, Said::AlwaysAllow]);
    let how = select(vec![GoneHow::Disconnected, GoneHow::Panicked, GoneHow::ReplyFailed]);
    let ending =
        select(vec![Ending::Complete, Ending::UpstreamCut, Ending::ClientGone, Ending::Refused("no".into())]);
    let step = (
        0u64..4,
        0u32..3,
        0i64..20_000,
        some_action(),
        select(Tier::ALL.to_vec()),
        (said, how, ending),
        0u8..20,
    );
    vec(step, 0..60).prop_map(|steps| {
        let mut clock = 0;
        let mut story = Vec::new();
        for (n, number, ahead, action, tier, (said, how, ending), what) in steps {
            clock += if ahead % 3 == 0 { ahead } else { ahead % 100 };
            story.push(match what {
                0..=5 => call(n, number, clock),
                6..=10 => decomposed(n, number, action, tier),
                11..=12 => answer(n, number, said, clock),
                13 => gone(n, clock, how),
                14..=15 => finished(n, clock, ending),
                16 => classified(n, tier),
                17 => tick(clock),
                18 if ahead % 5 == 0 => shutdown(clock),
                _ => tick(clock - 10_000),
            });
        }
        story
    })
}

const RULES: &str =
    "[[rule]]\nid = 'b'\neffect = 'block'\nwhen = { verb = 'send', provider = 'anthropic' }\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_call_has_one_decision_and_every_exchange_one_end(story in story(), profile in profile_text()) {
        let mut plane = plane(&[profile, RULES].concat());
        let mut calls = BTreeSet::new();
        let mut ended = BTreeSet::new();
        let mut gone_at: BTreeSet<ExchangeId> = BTreeSet::new();
        let mut said = Vec::new();
        let far = 100_000_000;
        for input in story.into_iter().chain([tick(far), shutdown(far), tick(far + 1_000)]) {
            match &input {
                PolicyInput::Call(c) => { calls.insert((c.head.exchange, c.call.number)); }
                PolicyInput::Finished(f) => { ended.insert(f.head.exchange); }
                _ => {}
            }
            let gone_now = if let PolicyInput::ClientGone(g) = &input { Some(g.exchange) } else { None };
            let fresh = hear(&mut plane, [input]);
            gone_at.extend(gone_now);
            for output in &fresh {
                if let PolicyOutput::Decision(d) = output {
                    let id = d.captured.head.exchange;
                    prop_assert!(!(d.ruling.delivers() && gone_at.contains(&id)), "delivered to nobody");
                    prop_assert_eq!(d.told.is_some(), !d.ruling.delivers() && !matches!(d.ruling.decision(), "client_disconnected" | "connection_panicked"));
                }
            }
            said.extend(fresh);
        }
        let mut decided: BTreeMap<_, usize> = BTreeMap::new();
        let mut exchanges: BTreeMap<_, usize> = BTreeMap::new();
        let mut open = BTreeSet::new();
        for output in &said {
            match output {
                PolicyOutput::Decision(d) => *decided.entry((d.captured.head.exchange, d.captured.call.number)).or_default() += 1,
                PolicyOutput::Exchange(e) => *exchanges.entry(e.finished.head.exchange).or_default() += 1,
                PolicyOutput::HoldOpened(h) => prop_assert!(open.insert(h.id)),
                PolicyOutput::HoldClosed(h) => {
                    let id = vigil_core::HoldId { exchange: h.exchange, call: h.call };
                    prop_assert!(open.remove(&id));
                }
                _ => {}
            }
        }
        prop_assert!(open.is_empty(), "open holds: {:?}", open);
        let late = |id: &ExchangeId| ended.contains(id);
        for call in &calls {
            let times = decided.get(call).copied().unwrap_or(0);
            // A repeated call of an exchange that is over cannot be told from a new one.
            prop_assert!(times == 1 || times > 1 && late(&call.0), "{:?} decided {} times", call, times);
        }
        prop_assert_eq!(exchanges.keys().copied().collect::<BTreeSet<_>>(), ended);
        prop_assert!(exchanges.values().all(|times| *times == 1));
        prop_assert_eq!(vigil_core::Plane::next_deadline(&plane), None);
    }

    #[test]
    fn two_threads_say_the_same_bytes(story in story()) {
        let run = |story: Vec<PolicyInput>| std::thread::spawn(move || format!("{:?}", hear(&mut plane(RULES), story)));
        let (one, other) = (run(story.clone()), run(story));
        prop_assert_eq!(one.join().unwrap(), other.join().unwrap());
    }
}

#[test]
fn a_thousand_rules_are_decided_in_microseconds() {
    let rule = |n: usize| {
        let when = match n % 4 {
            0 => format!("path = '/srv/data/{n}/**'"),
            1 => format!("tool = 'mcp__server{n}__*'"),
            2 => format!("command = 'program{n} run'"),
            _ => format!("host = '*.host{n}.example.com'"),
        };
        rule_text(n, "hold", &[when])
    };
    let policy = compiled(&(0..1000).map(rule).collect::<String>());
    let argv = "/usr/bin/git push origin main --force=yes".split(' ').map(Into::into).collect();
    for resource in [
        Resource::Path("/srv/data/x/y".into()),
        Resource::Command(argv),
        Resource::Url("https://a.b/".into()),
    ] {
        let action = action(vec![effect(Verb::Execute, resource, Provenance::Model)]);
        let asked = Asked {
            action,
            tier: Tier::Routine,
            capability: Capability::Unstated,
            revoked: false,
            credential_read: false,
        };
        let rounds = 200;
        #[allow(clippy::disallowed_methods, reason = "a measurement")]
        let start = std::time::Instant::now();
        let allowed = (0..rounds).filter(|_| asked.of(&policy).outcome == Outcome::Allow).count();
        println!("{:?} per decision over 1000 rules", start.elapsed() / rounds);
        assert_eq!(allowed, rounds as usize);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_damaged_policy_is_read_or_refused_with_its_place(rules in rules(), cut in any::<prop::sample::Index>(), with in "[\\[\\]{}'\"=,.a1\\n\\\\*é]{0,3}", gone in 0usize..4) {
        let text: Vec<char> = rules.concat().chars().collect();
        let at = cut.index(text.len() + 1);
        let damaged: String = text[..at].iter().copied().chain(with.chars()).chain(text.iter().skip(at + gone).copied()).collect();
        vigil_policy::fuzzing::policy_text(damaged.as_bytes());
        vigil_policy::fuzzing::grants(damaged.as_bytes());
    }

    #[test]
    fn globs_keep_their_promises(pattern in "[ab/*?{},\\\\\\[]{0,12}", text in "\\PC{0,12}") {
        vigil_policy::fuzzing::glob(format!("{pattern}\n{text}").as_bytes());
    }
}

#[test]
fn the_limits_hold_and_a_policy_at_them_loads() {
    let rules = |count: usize| {
        (0..count).map(|n| rule_text(n, "hold", &[format!("path = '**/{n}/*'")])).collect::<String>()
    };
    assert_eq!(compiled(&rules(vigil_policy::MAX_RULES)).rule_count(), vigil_policy::MAX_RULES);
    let error =
        |text: &str| vigil_policy::PolicySource::parse(text, "p").map(|_| ()).unwrap_err().to_string();
    assert!(error(&rules(vigil_policy::MAX_RULES + 1)).contains("more than 10000 rules"));
    assert!(error(&" ".repeat(vigil_policy::MAX_TEXT + 1)).contains("4194304 bytes"));
    assert!(error(&"[".repeat(100_000)).starts_with("p:1:"));
    let braces = format!("'{{{}}}'", vec!["a*b"; 64].join(","));
    let many = rule_text(0, "hold", &[format!("tool = [{}]", vec![braces.as_str(); 1600].join(", "))]);
    assert!(error(&many).contains("more than 100000 patterns"));
}
