//! What strangers send, for the fuzz targets.

use vigil_core::Action;

use crate::model::sealed;
use crate::{Asked, FEATURES, Forest, Heard, Personal, Population, Step, Text, TextFeatures, Track};

/// The features of any text are finite and in their ranges.
pub fn text_features(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (value, feature) in TextFeatures::of(&text).values().iter().zip(FEATURES) {
        assert!((0.0..=feature.most).contains(value), "{} is {value}", feature.name);
    }
}

/// A model file is refused or read, and what is read scores and writes the same bytes.
pub fn forest_file(bytes: &[u8]) {
    if let Ok(forest) = Forest::from_bytes(bytes) {
        let score = forest.score(&[0.5; 8]);
        assert!(!score.is_nan());
        assert_eq!(forest.to_bytes(), bytes);
    }
}

/// The shipped population with some of its bytes changed is refused or read, and what is read assesses and writes the same
/// bytes. Each four bytes say where and what; the digest is made right, so that the change is met.
pub fn population_file(changes: &[u8]) {
    let Ok(shipped) = Population::shipped() else { return };
    let file = changed(false, shipped.to_bytes(), changes);
    if let Ok(population) = Population::read(&file) {
        assert_eq!(population.to_bytes(), file);
        assess(&population, &Personal::new(), "agent", "text", "{}");
    }
}

/// A personal model is refused or read, and what is read learns and assesses. The first byte says whether the rest is a model
/// or changes to one.
pub fn personal_file(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let file = match first & 1 {
        0 => sealed(true, rest),
        _ => {
            let mut learned = Personal::new();
            (0..20).for_each(|at| {
                learned.learn(["a", "b"].get(at % 2).unwrap_or(&""), &step("text", "{\"a\":1}"))
            });
            changed(true, learned.to_bytes(), rest)
        }
    };
    let Ok(mut personal) = Personal::read(&file) else { return };
    assert_eq!(Personal::read(&personal.to_bytes()), Ok(personal.clone()));
    let names: Vec<String> = personal.agents().map(|(name, _)| name.to_owned()).take(2).collect();
    let Ok(population) = Population::shipped() else { return };
    for name in names {
        personal.learn(&name, &step("text", "{}"));
        assess(&population, &personal, &name, "text", "{}");
    }
}

fn changed(personal: bool, file: Vec<u8>, changes: &[u8]) -> Vec<u8> {
    let mut model = file.get(20..file.len().saturating_sub(32)).unwrap_or_default().to_vec();
    for change in changes.chunks_exact(4) {
        let [a, b, c, with] = change else { continue };
        let at = u32::from_le_bytes([*a, *b, *c, 0]) as usize % model.len().max(1);
        if let Some(byte) = model.get_mut(at) {
            *byte ^= with;
        }
    }
    sealed(personal, &model)
}

/// Whatever a text and arguments are, the step they make is assessed within its ranges.
pub fn step_of(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (content, arguments) = text.split_once('\0').unwrap_or((&text, &text));
    let made = step(content, arguments);
    assert_eq!(Step::from_numbers(&made.numbers()), Some(made));
    if let Ok(population) = Population::shipped() {
        assess(&population, &Personal::new(), "agent", content, arguments);
    }
}

fn step(content: &str, arguments: &str) -> Step {
    let mut heard = Heard::default();
    heard.user(&Text::of(arguments));
    heard.content(&Text::of(content));
    heard.step(&Asked { action: &Action::unknown(arguments.to_owned()), arguments, hour: None })
}

fn assess(population: &Population, personal: &Personal, agent: &str, content: &str, arguments: &str) {
    let mut track = Track::default();
    for _ in 0..3 {
        let assessment = population.assess(personal, agent, &mut track, &step(content, arguments));
        let inside = |(name, value): &(&str, f64)| assert!((0.0..=1.0).contains(value), "{name} is {value}");
        assessment.scores.iter().chain(&assessment.p).for_each(inside);
        assert!((0.0..=1.0).contains(&assessment.combined_p) && !assessment.risk.is_nan());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn changed_models_and_strange_texts_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            population_file(&bytes);
            personal_file(&bytes);
            step_of(&bytes);
        }
    }
}
