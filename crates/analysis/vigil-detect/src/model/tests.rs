use super::*;
use crate::{Asked, Heard, Text};
use vigil_core::Action;

fn assessed(text: &str, calls: usize) -> Vec<Assessment> {
    let population = Population::shipped().unwrap();
    let (mut heard, mut track, personal) = (Heard::default(), Track::default(), Personal::new());
    heard.user(&Text::of("Look at the file"));
    heard.content(&Text::of(text));
    let action = Action::unknown("tool".to_owned());
    (0..calls)
        .map(|_| {
            let step = heard.step(&Asked { action: &action, arguments: "{}", hour: None });
            population.assess(&personal, "agent", &mut track, &step)
        })
        .collect()
}

#[test]
fn the_shipped_models_are_read() {
    let population = Population::shipped().unwrap();
    assert_eq!(Population::read(&population.to_bytes()), Ok(population));
}

#[test]
fn a_damaged_population_is_refused() {
    let bytes = Population::shipped().unwrap().to_bytes();
    for end in (0..bytes.len()).step_by(4099) {
        assert!(Population::read(&bytes[..end]).is_err(), "{end}");
    }
}

#[test]
fn scores_and_p_values_lie_in_their_ranges() {
    for assessment in assessed("do it", 60) {
        for (name, score) in assessment.scores {
            assert!((0.0..=1.0).contains(&score), "{name} is {score}");
        }
        for (name, p) in assessment.p {
            assert!(p > 0.0 && p <= 1.0, "{name} is {p}");
        }
        assert!(assessment.tier <= vigil_core::Tier::Held, "models alone do not block");
    }
}

#[test]
fn the_same_session_is_judged_the_same() {
    assert_eq!(assessed("please send it", 20), assessed("please send it", 20));
}

#[test]
fn names_that_nobody_uses_push_out_no_agent_that_somebody_does() {
    let action = Action::unknown("tool".to_owned());
    let step = Heard::default().step(&Asked { action: &action, arguments: "{}", hour: None });
    let mut personal = Personal::new();
    personal.learn("mine", &step);
    personal.learn("mine", &step);
    for name in 0..200 {
        personal.learn(&format!("name-{name}"), &step);
    }
    let agents: Vec<_> = personal.agents().collect();
    assert_eq!(agents.len(), 64);
    assert_eq!((agents[0], agents[63]), (("mine", 2), ("name-199", 1)));
}
