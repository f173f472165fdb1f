//! Random operations against a small model.

use std::sync::Arc;

use proptest::prelude::*;
use vigil_core::Ruling;
use vigil_core::message::VaultInput;

use crate::fixture::*;

#[derive(Clone, Debug)]
enum Step {
    Decide(usize),
    Exchange,
    Lifecycle,
    Tick,
    Seal,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..Ruling::ALL.len()).prop_map(Step::Decide),
        3 => Just(Step::Exchange),
        1 => Just(Step::Lifecycle),
        1 => Just(Step::Tick),
        1 => Just(Step::Seal),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_chain_is_what_was_said_in_the_order_it_was_said(steps in proptest::collection::vec(step(), 1..60)) {
        let state = State::new();
        let (mut vault, _) = state.open();
        let mut model = vec!["chain_upgrade".to_owned()];
        for (number, step) in steps.into_iter().enumerate() {
            let number = number as u128;
            match step {
                Step::Decide(at) => {
                    let seq = record(&mut vault, Arc::new(decision(number, Ruling::ALL[at])));
                    prop_assert_eq!(seq, model.len() as u64);
                    model.push(format!("gate_decision {}", Ruling::ALL[at].decision()));
                }
                Step::Exchange => {
                    hear(&mut vault, VaultInput::Exchanges(vec![Arc::new(exchange(number))]));
                    model.push("interaction".to_owned());
                }
                Step::Lifecycle => {
                    hear(&mut vault, lifecycle("protection_on"));
                    model.push("lifecycle".to_owned());
                }
                Step::Tick => drop(hear(&mut vault, VaultInput::Tick(clock()))),
                Step::Seal => drop(hear(&mut vault, VaultInput::Seal)),
                Step::Reopen => {
                    drop(vault);
                    let (opened, found) = state.open();
                    prop_assert_eq!((found.state, found.records), ("verified", model.len() as u64));
                    vault = opened;
                }
            }
        }
        hear(&mut vault, VaultInput::Seal);
        let document = state.document();
        let found: Vec<String> = document["records"].as_array().unwrap().iter().map(|record| {
            let kind = record["event_kind"].as_str().unwrap();
            match record["decision"].as_str() {
                Some(decision) => format!("{kind} {decision}"),
                None => kind.to_owned(),
            }
        }).collect();
        prop_assert_eq!(found, model);
    }
}
