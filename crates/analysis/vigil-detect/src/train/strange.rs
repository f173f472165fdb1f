//! Ordinary sessions made strange, one way for each model: what recorded attacks do not show.
//!
//! All of it is synthetic: steps of recorded ordinary sessions, in another place, with another text before them or under another
//! user's name. Nothing of it was an attack, and no words of one are in it. They teach nothing: they show what each model is for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Trajectory;
use crate::feature::{CallFeatures, TextFeatures};
use crate::maths::log2;
use crate::model::Personal;
use crate::random::Random;
use crate::step::Step;
use crate::{CALLS, MODELS};

/// A way in which a session is strange, in the order of the models that are for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strange {
    /// Somewhere a text was read that hides or encodes what it says.
    Hidden,
    /// Each step is the session's own, in an order that nobody works in.
    Disordered,
    /// The session of another user, under the name of an agent that is known.
    Stranger,
    /// From its middle on a little more of each call is the word of other content, of none much.
    Leaning,
}

/// A session that was made strange, and what is known of its user.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its steps; those that are strange are marked as injected.
    pub session: Trajectory,
    /// What was learned of its agent. Empty when nobody knows it.
    pub personal: Personal,
}

/// The agent of all of them.
pub const AGENT: &str = "agent";
/// How many steps a session needs to have an order or a middle.
const LEAST_STEPS: usize = 6;
/// How many it needs for a small shift to show.
const LEAST_LEANING: usize = 12;
/// How many sessions a user is known by at most.
const MOST_KNOWN: usize = 60;

impl Strange {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hidden, Self::Disordered, Self::Stranger, Self::Leaning];

    /// The model that is for it, and what it is.
    pub const fn words(self) -> (&'static str, &'static str) {
        let [forest, lstm, bayes, cusum] = MODELS;
        match self {
            Self::Hidden => (forest, "hidden or encoded text"),
            Self::Disordered => (lstm, "own steps in another order"),
            Self::Stranger => (bayes, "another user's session"),
            Self::Leaning => (cusum, "a small lasting shift"),
        }
    }

    /// Makes sessions strange, at most `most` of them.
    pub fn make(self, sessions: &[&Trajectory], most: usize) -> Vec<Made> {
        let mut random = Random::new(17 + self as u64);
        let mut order: Vec<usize> = (0..sessions.len()).collect();
        random.draw(&mut order, sessions.len());
        let chosen = order.into_iter().filter_map(|at| sessions.get(at).copied());
        let made = chosen.filter_map(|session| match self {
            Self::Hidden => hidden(session, &mut random).map(of_nobody),
            Self::Disordered => disordered(session, &mut random).map(of_nobody),
            Self::Stranger => stranger(session, sessions, &mut random),
            Self::Leaning => lean(session).map(of_nobody),
        });
        made.take(most).collect()
    }

    /// The same kind of sessions as they were, in front of the same models: what is strange must be told from these.
    pub fn ordinary(self, sessions: &[&Trajectory], most: usize) -> Vec<Made> {
        let mut random = Random::new(91 + self as u64);
        let mut order: Vec<usize> = (0..sessions.len()).collect();
        random.draw(&mut order, sessions.len());
        let least = match self {
            Self::Hidden | Self::Stranger => 2,
            Self::Disordered => LEAST_STEPS,
            Self::Leaning => LEAST_LEANING,
        };
        let chosen = order.into_iter().filter_map(|at| sessions.get(at).copied());
        let made = chosen.filter(|session| session.steps.len() >= least).map(|session| match self {
            Self::Stranger => {
                Made { personal: known(&session.group, &session.task, sessions), session: plain(session) }
            }
            _ => of_nobody(plain(session)),
        });
        made.take(most).collect()
    }
}

fn of_nobody(session: Trajectory) -> Made {
    Made { session, personal: Personal::new() }
}

fn plain(session: &Trajectory) -> Trajectory {
    Trajectory { injected: vec![false; session.steps.len()], ..session.clone() }
}

/// A session of which steps from one place on are strange.
fn strange_from(session: &Trajectory, steps: Vec<Step>, first: usize) -> Trajectory {
    let steps: Vec<Step> = steps.into_iter().enumerate().map(|(at, step)| placed(step, at)).collect();
    let injected = (0..steps.len()).map(|at| at >= first).collect();
    Trajectory { ordinary: false, steps, injected, ..session.clone() }
}

/// A step at another place of its session.
fn placed(mut step: Step, before: usize) -> Step {
    let mut values = *step.call.values();
    for (value, feature) in values.iter_mut().zip(CALLS) {
        if feature.name == "position" {
            *value = log2((before + 1) as f64) as f32;
        }
    }
    step.call = CallFeatures::from_values(values);
    step
}

/// A text is read before one step, as if one more message had come.
fn hidden(session: &Trajectory, random: &mut Random) -> Option<Trajectory> {
    let last = session.steps.len().checked_sub(1).filter(|last| *last > 0)?;
    let place = 1 + random.below(last);
    let text = TextFeatures::of(&payload(random));
    let mut made = plain(session);
    made.ordinary = false;
    let step = made.steps.get_mut(place)?;
    step.text = step.text.worst(&text);
    *made.injected.get_mut(place)? = true;
    Some(made)
}

/// All steps but the first in another order.
fn disordered(session: &Trajectory, random: &mut Random) -> Option<Trajectory> {
    let (first, rest) = session.steps.split_first().filter(|(_, rest)| rest.len() + 1 >= LEAST_STEPS)?;
    let mut rest: Vec<Step> = rest.to_vec();
    let count = rest.len();
    random.draw(&mut rest, count);
    Some(strange_from(session, std::iter::once(first.clone()).chain(rest).collect(), 1))
}

/// The session, where its agent was known to do another group's work.
fn stranger(session: &Trajectory, sessions: &[&Trajectory], random: &mut Random) -> Option<Made> {
    let others: Vec<&&Trajectory> = sessions.iter().filter(|other| other.group != session.group).collect();
    let group = &others.get(random.below(others.len().max(1)))?.group;
    let made = Trajectory { ordinary: false, injected: vec![true; session.steps.len()], ..session.clone() };
    Some(Made { session: made, personal: known(group, &session.task, sessions) })
}

/// What is known of a group's user by the sessions of other tasks.
fn known(group: &str, task: &str, sessions: &[&Trajectory]) -> Personal {
    let mut personal = Personal::new();
    let apart = sessions.iter().filter(|session| session.group == group && session.task != task);
    apart.take(MOST_KNOWN).flat_map(|session| &session.steps).for_each(|step| personal.learn(AGENT, step));
    personal
}

/// From the middle on a part of what calls are made of is the word of other content. Order, tools and texts stay.
fn lean(session: &Trajectory) -> Option<Trajectory> {
    const MORE: [(&str, f32); 3] = [("of_untrusted", 0.25), ("content_words", 0.25), ("bid_words", 0.2)];
    let half = session.steps.len() / 2;
    if session.steps.len() < LEAST_LEANING {
        return None;
    }
    let mut made = strange_from(session, session.steps.clone(), half);
    for step in made.steps.iter_mut().skip(half) {
        let mut values = *step.call.values();
        for (value, feature) in values.iter_mut().zip(CALLS) {
            let more = MORE.iter().find(|(name, _)| *name == feature.name).map_or(0.0, |(_, more)| *more);
            *value = (*value + more).min(feature.most);
        }
        step.call = CallFeatures::from_values(values);
    }
    Some(made)
}

/// Sentences that tell nobody to do anything.
const PROSE: [&str; 8] = [
    "The library keeps its usual hours. ",
    "Visitors found the garden in good order. ",
    "The weather stayed mild until the end of the month. ",
    "Several readers wrote about the old bridge. ",
    "Its repair took longer than planned. ",
    "The figures were in line with what had been expected. ",
    "A new path leads along the river. ",
    "The museum shows paintings from the north. ",
];

/// Some hundred letters of harmless prose, encoded or hidden.
fn payload(random: &mut Random) -> String {
    let count = 4 + random.below(12);
    let text: String = (0..count).filter_map(|_| PROSE.get(random.below(PROSE.len()))).copied().collect();
    match random.below(8) {
        0 => STANDARD.encode(text),
        1 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        2 => text.chars().flat_map(|c| [c, '\u{200b}']).collect(),
        3 => format!("The page is empty. <!-- {text} -->"),
        4 => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        5 => text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect(),
        6 => text.chars().map(look_alike).collect(),
        _ => format!("data:text/plain;base64,{}", STANDARD.encode(STANDARD.encode(text))),
    }
}

/// The Cyrillic letter that looks like a Latin one.
const fn look_alike(c: char) -> char {
    match c {
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'o' => 'о',
        'p' => 'р',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hiding;
    use crate::step::Token;

    fn session(group: &str, task: usize, steps: usize) -> Trajectory {
        let step = |at: usize| {
            let mut numbers = vec![0.0; Step::NUMBERS];
            numbers[Step::NUMBERS - 5] = ((at * 7 + task) % Token::COUNT) as f64;
            Step::from_numbers(&numbers).unwrap()
        };
        Trajectory {
            task: format!("{group}/{task}"),
            group: group.to_owned(),
            ordinary: true,
            steps: (0..steps).map(step).collect(),
            injected: vec![false; steps],
        }
    }

    fn sessions() -> Vec<Trajectory> {
        (0..20).map(|task| session(["one", "two"][task % 2], task, 12)).collect()
    }

    #[test]
    fn the_same_sessions_are_made_strange_the_same_way() {
        let sessions = sessions();
        let all: Vec<&Trajectory> = sessions.iter().collect();
        for strange in Strange::ALL {
            let made = || strange.make(&all, 5).into_iter().map(|made| made.session).collect::<Vec<_>>();
            assert_eq!(made(), made(), "{strange:?}");
            assert_eq!(made().len(), 5, "{strange:?}");
            for session in made() {
                assert!(session.injected.iter().any(|injected| *injected) && !session.ordinary);
                assert_eq!(session.injected.len(), session.steps.len());
            }
            assert!(strange.ordinary(&all, 5).iter().all(|made| made.session.ordinary));
        }
    }

    #[test]
    fn another_order_has_the_same_steps() {
        let sessions = sessions();
        let made = Strange::Disordered.make(&[&sessions[0]], 1).remove(0).session;
        let tokens = |session: &Trajectory| {
            let mut tokens: Vec<Token> = session.steps.iter().map(|step| step.token).collect();
            tokens.sort();
            tokens
        };
        assert_eq!(tokens(&made), tokens(&sessions[0]));
        assert_ne!(made.steps, sessions[0].steps);
    }

    #[test]
    fn payloads_are_what_they_say() {
        assert_eq!(STANDARD.encode("Many hands make light work."), "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu");
        assert_eq!(STANDARD.encode("ab"), "YWI=");
        assert_eq!(TextFeatures::of(&PROSE.concat()).named("bids"), Some(0.0));
        let mut random = Random::new(1);
        let plain = TextFeatures::of(&PROSE.concat());
        for _ in 0..40 {
            let text = TextFeatures::of(&payload(&mut random));
            assert_ne!(hiding(&text), hiding(&plain));
        }
    }
}
