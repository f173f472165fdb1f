//! The hold state machine: a list of messages in, a list of messages out.

use vigil_core::message::{Decision, Ending, ExchangeDecided, GoneHow, PolicyInput, PolicyOutput, Said};
use vigil_core::{Plane as _, Tier};
use vigil_policy::{CompiledPolicy, Policy, PolicySettings, Profile};

use crate::world::*;

/// What was said, one word each.
fn words(said: &[PolicyOutput]) -> Vec<String> {
    said.iter()
        .map(|output| match output {
            PolicyOutput::Decision(d) => format!("{}/{}", d.ruling.verdict(), d.ruling.decision()),
            PolicyOutput::Exchange(e) => format!("exchange:{}", e.policy_action),
            PolicyOutput::HoldOpened(_) => "opened".into(),
            PolicyOutput::HoldClosed(_) => "closed".into(),
            PolicyOutput::Granted(_) => "granted".into(),
            PolicyOutput::InForce(p) => format!("in_force:{}", p.generation.policy),
        })
        .collect()
}

#[track_caller]
fn check(policy: &str, inputs: Vec<PolicyInput>, expect: &str) -> Vec<PolicyOutput> {
    let said = hear(&mut plane(policy), inputs);
    assert_eq!(words(&said).join(" "), expect);
    said
}

fn decision(said: &[PolicyOutput]) -> &Decision {
    let found =
        said.iter().find_map(|output| if let PolicyOutput::Decision(d) = output { Some(d) } else { None });
    found.expect("no decision")
}

fn told_exchange(said: &[PolicyOutput]) -> &ExchangeDecided {
    let found =
        said.iter().find_map(|output| if let PolicyOutput::Exchange(e) = output { Some(e) } else { None });
    found.expect("no exchange")
}

fn routine(n: u64, number: u32, action: vigil_core::Action) -> PolicyInput {
    decomposed(n, number, action, Tier::Routine)
}

const BLOCK_ALL: &str = "[[rule]]\nid = 'no'\neffect = 'block'\nreason = 'because'\nwhen = {}";
const ALLOW_ALL: &str = "[[rule]]\nid = 'yes'\neffect = 'allow'\nwhen = {}";

#[test]
fn an_allowed_call_is_decided_at_once_in_either_order() {
    check("", vec![call(1, 0, 0), routine(1, 0, read())], "allow/allow");
    check("", vec![routine(1, 0, read()), call(1, 0, 0)], "allow/allow");
}

#[test]
fn a_blocked_call_is_told_why_without_its_name_or_arguments() {
    let said = check(BLOCK_ALL, vec![call(1, 0, 0), routine(1, 0, read())], "hold/policy_deny");
    let decision = decision(&said);
    let told = decision.told.as_deref().unwrap();
    assert!(told.contains("Rule: no. Reason: because."), "{told}");
    assert!(!told.contains("some_tool") && !told.contains("ARGUMENT"), "{told}");
    assert_eq!(
        (decision.rule_ids.as_slice(), decision.held.0),
        (&["no".to_owned(), "profile:balanced/read".to_owned()][..], 0)
    );
}

#[test]
fn a_held_call_ends_as_the_user_says() {
    let held = || vec![call(1, 0, 0), routine(1, 0, install())];
    let with = |said| [held(), vec![answer(1, 0, said, 700)]].concat();
    check("", held(), "opened");
    let said = check("", with(Said::Approve), "opened hold/user_approve closed");
    assert_eq!(decision(&said).held.0, 700);
    let said = check("", with(Said::Deny), "opened hold/user_deny closed");
    assert!(decision(&said).told.is_some());
    check("", with(Said::AlwaysAllow), "opened hold/always_allow closed granted in_force:1");
}

#[test]
fn a_hold_is_for_at_least_a_millisecond() {
    let said = check(
        "",
        vec![call(1, 0, 50), routine(1, 0, install()), answer(1, 0, Said::Deny, 50)],
        "opened hold/user_deny closed",
    );
    assert_eq!(decision(&said).held.0, 1);
}

#[test]
fn a_hold_that_nobody_answers_ends_with_a_denial() {
    let held = || vec![call(1, 0, 0), routine(1, 0, install())];
    check("", [held(), vec![tick(29_999)]].concat(), "opened");
    check("", [held(), vec![tick(30_000), tick(60_000)]].concat(), "opened hold/timeout_deny closed");
    check(
        "",
        [held(), vec![answer(1, 0, Said::Approve, 30_000)]].concat(),
        "opened hold/timeout_deny closed",
    );
}

#[test]
fn answers_to_nothing_are_ignored() {
    check("", vec![answer(1, 0, Said::Approve, 0)], "");
    check("", vec![call(1, 0, 0), answer(1, 0, Said::Approve, 0)], "");
    check(
        "",
        vec![
            call(1, 0, 0),
            routine(1, 0, install()),
            answer(1, 0, Said::Deny, 1),
            answer(1, 0, Said::Approve, 2),
        ],
        "opened hold/user_deny closed",
    );
}

#[test]
fn a_grant_lifts_later_holds_and_never_a_block() {
    let twice = |tier| {
        vec![
            call(1, 0, 0),
            routine(1, 0, install()),
            answer(1, 0, Said::AlwaysAllow, 5),
            call(2, 0, 10),
            decomposed(2, 0, install(), tier),
        ]
    };
    let first = "opened hold/always_allow closed granted in_force:1 ";
    let said = check("", twice(Tier::Routine), &format!("{first}hold/always_allow"));
    let Some(PolicyOutput::Decision(second)) = said.last() else { panic!("no decision") };
    assert_eq!((second.held.0, second.policy.generation.policy), (0, 1));
    check("", twice(Tier::Blocked), &format!("{first}hold/policy_deny"));
}

#[test]
fn what_analysis_does_not_answer_is_unknown_and_asked() {
    let said = check("", vec![call(1, 0, 0), tick(249), tick(250), routine(1, 0, read())], "opened");
    let PolicyOutput::HoldOpened(hold) = &said[0] else { panic!("not held") };
    assert_eq!(hold.classification.tier, Tier::Flagged);
    assert_eq!(hold.classification.reasons[0].0, "analysis_unavailable");
    assert_eq!(hold.expires_at, at(30_250));
    check(ALLOW_ALL, vec![call(1, 0, 0), tick(250)], "allow/allow");
}

#[test]
fn an_observing_policy_stops_nothing() {
    let inputs = || vec![call(1, 0, 0), decomposed(1, 0, install(), Tier::Blocked)];
    let said = check(&format!("profile = 'observe'\n{BLOCK_ALL}"), inputs(), "hold/allow");
    assert_eq!((decision(&said).held.0, decision(&said).told.as_deref()), (0, None));
}

#[test]
fn nobody_is_asked_for_a_client_that_is_gone() {
    let held = || vec![call(1, 0, 0), routine(1, 0, install())];
    let with = |how| [held(), vec![gone(1, 300, how)]].concat();
    check("", with(GoneHow::Disconnected), "opened hold/client_disconnected closed");
    check("", with(GoneHow::Panicked), "opened hold/connection_panicked closed");
    check("", with(GoneHow::ReplyFailed), "opened hold/fault_deny closed");
    check(
        "",
        vec![call(1, 0, 0), gone(1, 1, GoneHow::Disconnected), routine(1, 0, read())],
        "hold/client_disconnected",
    );
    check(
        "",
        vec![gone(1, 1, GoneHow::ReplyFailed), call(1, 0, 0), routine(1, 0, read())],
        "hold/fault_deny",
    );
    check(
        "",
        vec![routine(1, 0, read()), gone(1, 1, GoneHow::Disconnected), call(1, 0, 0)],
        "hold/client_disconnected",
    );
}

#[test]
fn a_shutdown_ends_all_holds_and_lets_no_new_one_begin() {
    check(
        "",
        vec![
            call(1, 0, 0),
            routine(1, 0, install()),
            call(2, 0, 0),
            shutdown(10),
            routine(2, 0, install()),
            call(3, 0, 11),
            routine(3, 0, read()),
        ],
        "opened hold/shutdown_deny closed hold/shutdown_deny allow/allow",
    );
}

#[test]
fn a_call_said_twice_is_one_call() {
    check(
        "",
        vec![call(1, 0, 0), routine(1, 0, read()), call(1, 0, 1), routine(1, 0, install())],
        "allow/allow",
    );
    check("", vec![call(1, 0, 0), call(1, 0, 1), routine(1, 0, read())], "allow/allow");
}

#[test]
fn an_exchange_is_told_once_when_all_is_known() {
    let call_and = |rest: Vec<PolicyInput>| [vec![call(1, 0, 0), routine(1, 0, read())], rest].concat();
    let end = || finished(1, 100, Ending::Complete);
    check("", call_and(vec![end(), classified(1, Tier::Routine)]), "allow/allow exchange:allow");
    check("", call_and(vec![classified(1, Tier::Routine), end()]), "allow/allow exchange:allow");
    check(
        "",
        call_and(vec![end(), classified(1, Tier::Noted), end(), tick(9000)]),
        "allow/allow exchange:allow",
    );
    let said = check(
        "",
        call_and(vec![end(), tick(349), tick(350), classified(1, Tier::Routine)]),
        "allow/allow exchange:flag",
    );
    assert_eq!(told_exchange(&said).classification.reasons[0].0, "analysis_unavailable");
    check("", vec![classified(1, Tier::Flagged), end()], "exchange:flag");
}

#[test]
fn an_exchange_tells_the_worst_of_its_calls() {
    let inputs = |said| {
        vec![
            call(1, 0, 0),
            routine(1, 0, read()),
            call(1, 1, 0),
            routine(1, 1, install()),
            answer(1, 1, said, 5),
            finished(1, 9, Ending::Complete),
            classified(1, Tier::Routine),
        ]
    };
    let said = check("", inputs(Said::Deny), "allow/allow opened hold/user_deny closed exchange:block");
    let told = told_exchange(&said);
    assert_eq!(told.matched_policy.as_deref(), Some("profile:balanced/install"));
    assert_eq!((told.blocked, told.block_reason.as_deref()), (true, Some("it installs a package")));
    let said =
        check("", inputs(Said::Approve), "allow/allow opened hold/user_approve closed exchange:escalate");
    assert!(!told_exchange(&said).blocked);
    let refused =
        vec![finished(1, 9, Ending::Refused("unknown format".into())), classified(1, Tier::Routine)];
    let said = check("profile = 'strict'", refused, "exchange:block");
    assert_eq!(told_exchange(&said).block_reason.as_deref(), Some("unknown format"));
}

#[test]
fn an_exchange_that_broke_off_leaves_no_call_open() {
    check(
        "",
        vec![
            call(1, 0, 0),
            routine(1, 0, install()),
            finished(1, 9, Ending::UpstreamCut),
            classified(1, Tier::Routine),
        ],
        "opened hold/fault_deny closed exchange:block",
    );
    check(
        "",
        vec![call(1, 0, 0), finished(1, 9, Ending::ClientGone), classified(1, Tier::Routine)],
        "hold/client_disconnected exchange:escalate",
    );
}

#[test]
fn a_call_of_a_told_exchange_still_gets_its_record() {
    check(
        "",
        vec![
            finished(1, 9, Ending::Complete),
            classified(1, Tier::Routine),
            call(1, 0, 10),
            routine(1, 0, read()),
        ],
        "exchange:allow hold/fault_deny",
    );
}

#[test]
fn a_send_after_a_credential_read_of_the_same_session_is_asked() {
    let read_then =
        |n| vec![call(1, 0, 0), routine(1, 0, read_credential()), call(n, 0, 9), routine(n, 0, send())];
    check("", read_then(4), "allow/allow opened");
    check("", read_then(2), "allow/allow allow/allow");
    let mut both = read_credential();
    both.effects.extend(send().effects);
    check("", vec![call(1, 0, 0), routine(1, 0, both)], "opened");
}

#[test]
fn a_credential_read_that_was_denied_is_none() {
    let policy = "[[rule]]\nid = 'no'\neffect = 'block'\nwhen = { resource = 'credential' }";
    let inputs = vec![call(1, 0, 0), routine(1, 0, read_credential()), call(4, 0, 9), routine(4, 0, send())];
    check(policy, inputs, "hold/policy_deny allow/allow");
}

#[test]
fn says_when_it_wants_to_know_the_time() {
    let settings = PolicySettings { hold_window: WINDOW, grants: Vec::new(), now: at(0) };
    let mut plane = Policy::new(CompiledPolicy::profile(Profile::Balanced), settings);
    assert_eq!(plane.next_deadline(), Some(at(0)), "it has something to say");
    assert_eq!(words(&hear(&mut plane, [tick(0)])).join(" "), "in_force:0");
    assert_eq!(plane.next_deadline(), None);
    hear(&mut plane, [call(1, 0, 10)]);
    assert_eq!(plane.next_deadline(), Some(at(260)));
    hear(&mut plane, [routine(1, 0, install())]);
    assert_eq!(plane.next_deadline(), Some(at(30_010)));
    hear(&mut plane, [answer(1, 0, Said::Deny, 20), finished(1, 30, Ending::Complete)]);
    assert_eq!(plane.next_deadline(), Some(at(280)));
    hear(&mut plane, [tick(280)]);
    assert_eq!(plane.next_deadline(), None);
}

#[test]
fn a_clock_set_back_does_not_prolong_a_hold() {
    let hour = 3_600_000;
    check(
        "",
        vec![call(1, 0, hour), routine(1, 0, install()), tick(0), tick(29_000), tick(30_000)],
        "opened hold/timeout_deny closed",
    );
}

#[test]
fn a_hold_ends_in_time_also_when_no_tick_comes() {
    let inputs = vec![call(1, 0, 0), routine(1, 0, install()), call(2, 0, 30_000)];
    check("", inputs, "opened hold/timeout_deny closed");
}

#[test]
fn a_hold_is_recorded_under_the_policy_that_held_it() {
    let mut plane = plane("[[rule]]\nid = 'ask'\neffect = 'hold'\nwhen = {}");
    hear(&mut plane, [call(1, 0, 0), routine(1, 0, read())]);
    let mut said = Vec::new();
    plane.replace(compiled("[[rule]]\nid = 'other'\neffect = 'allow'\nwhen = {}"), &mut |o| said.push(o));
    said.extend(hear(&mut plane, [answer(1, 0, Said::Deny, 3)]));
    assert_eq!(words(&said).join(" "), "in_force:1 hold/user_deny closed");
    assert_eq!((decision(&said).rule_ids[0].as_str(), decision(&said).policy.generation.policy), ("ask", 0));
}
