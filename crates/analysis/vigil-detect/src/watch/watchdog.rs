//! The watchdog: when a session without a history turns most unusual, have others seen the same?
//!
//! It remembers, for a bounded number of contents and of sequences of steps, in which sessions they stood before a call and in
//! how many of these the call was unusual. It looks there when for the first time in a session a call is `tier3` and most models
//! agree. What it finds goes into the reasons; when the same was unusual elsewhere, the next calls of the session are
//! held even where they are only noted. It never releases and never blocks.

use vigil_core::{Reason, SessionId, Tier};

use super::recent::Recent;
use super::session::Session;
use crate::{Assessment, Token};

/// What was seen, of all sessions.
#[derive(Debug)]
pub(super) struct Watchdog {
    sightings: Recent<u64, Sighting>,
    looked: u64,
}

/// In which sessions something stood before a call.
#[derive(Debug, Default)]
struct Sighting {
    /// Hashes of session and agent, and whether a call after it was unusual. The first ones: enough to say that there are some.
    seen: Vec<(u64, u64, bool)>,
}

/// What one session shows of itself to the watchdog.
#[derive(Debug, Default)]
pub(super) struct Trail {
    events: [u16; SEQUENCE],
    steps: usize,
    /// Whether a call was elevated with high agreement before. One that few models minded is none: it would blind the watchdog
    /// to all that comes after it.
    was_looked_at: bool,
    /// How many more calls are held when they are noted.
    alarm: u8,
}

/// How many contents and sequences are remembered.
const MOST_SIGHTINGS: usize = 4096;
/// In how many sessions each.
const MOST_SESSIONS: usize = 8;
/// How many steps make a sequence.
const SEQUENCE: usize = 4;
/// How many models must agree.
const AGREEMENT: u32 = 3;
/// How many calls an alarm lasts.
const ALARM: u8 = 8;

impl Watchdog {
    pub(super) fn new() -> Self {
        Self { sightings: Recent::new(MOST_SIGHTINGS), looked: 0 }
    }

    /// How often it looked since the start.
    pub(super) const fn looked(&self) -> u64 {
        self.looked
    }

    /// Takes in a call and says what it found. May raise the tier to `tier3`, never further.
    pub(super) fn see(
        &mut self,
        id: &SessionId,
        agent: &str,
        session: &mut Session,
        token: Token,
        assessment: &mut Assessment,
    ) -> Vec<Reason> {
        let (id, agent) = (hash(id.0.as_bytes()), hash(agent.as_bytes()));
        let trail = &mut session.trail;
        let is_first =
            assessment.tier >= Tier::Held && !trail.was_looked_at && assessment.agreement >= AGREEMENT;
        let is_unusual = assessment.tier >= Tier::Flagged;
        trail.was_looked_at |= is_first;
        let steps = trail.step(token);
        let mut found = Found::default();
        for (key, is_content) in
            session.sources.iter().map(|source| (*source, true)).chain(steps.map(|steps| (steps, false)))
        {
            let sighting = self.sightings.touch(&key, Sighting::default);
            if is_first {
                found.add(sighting, id, agent, is_content);
            }
            sighting.note(id, agent, is_unusual);
        }
        let trail = &mut session.trail;
        let mut reasons = Vec::new();
        if is_first {
            self.looked += 1;
            reasons = found.reasons();
            if found.is_alarming() {
                trail.alarm = ALARM;
            }
        } else if trail.alarm > 0 {
            trail.alarm -= 1;
            if assessment.tier >= Tier::Noted && assessment.tier < Tier::Held {
                assessment.tier = Tier::Held;
                reasons.push(Reason(
                    "watchdog: what came before in this session was unusual elsewhere too".to_owned(),
                ));
            }
        }
        reasons
    }
}

impl Trail {
    /// The sequence that ends with this step; none before there are enough.
    fn step(&mut self, token: Token) -> Option<u64> {
        self.events.rotate_left(1);
        if let Some(last) = self.events.last_mut() {
            *last = u16::try_from(token.event()).unwrap_or(u16::MAX);
        }
        self.steps = self.steps.saturating_add(1);
        let bytes: Vec<u8> = self.events.iter().flat_map(|event| event.to_le_bytes()).collect();
        (self.steps >= SEQUENCE).then(|| hash(&bytes))
    }
}

impl Sighting {
    fn note(&mut self, session: u64, agent: u64, is_unusual: bool) {
        if let Some((.., unusual)) = self.seen.iter_mut().find(|(known, ..)| *known == session) {
            *unusual |= is_unusual;
        } else if self.seen.len() < MOST_SESSIONS {
            self.seen.push((session, agent, is_unusual));
        }
    }
}

/// What other sessions have in common with one.
#[derive(Debug, Default)]
struct Found {
    content: Others,
    steps: Others,
}

#[derive(Debug, Default)]
struct Others {
    sessions: usize,
    unusual: usize,
    other_agents: usize,
}

impl Found {
    fn add(&mut self, sighting: &Sighting, session: u64, agent: u64, is_content: bool) {
        let others = if is_content { &mut self.content } else { &mut self.steps };
        let of_others = || sighting.seen.iter().filter(|(known, ..)| *known != session);
        // Of several contents the one that most sessions share tells most.
        others.sessions = others.sessions.max(of_others().count());
        others.unusual = others.unusual.max(of_others().filter(|(.., unusual)| *unusual).count());
        others.other_agents =
            others.other_agents.max(of_others().filter(|(_, known, _)| *known != agent).count());
    }

    /// Whether the same was unusual elsewhere: the same content, or the same steps in another agent.
    const fn is_alarming(&self) -> bool {
        self.content.unusual > 0 || self.steps.unusual > 0 && self.steps.other_agents > 0
    }

    fn reasons(&self) -> Vec<Reason> {
        let told = |what: &str, others: &Others| {
            let Others { sessions, unusual, other_agents } = others;
            (*sessions > 0).then(|| {
                format!("watchdog: {what} in {sessions} other sessions, {other_agents} of other agents, unusual in {unusual}")
            })
        };
        let both = [told("the same content", &self.content), told("the same steps", &self.steps)];
        let mut reasons: Vec<String> = both.into_iter().flatten().collect();
        if reasons.is_empty() {
            reasons.push("watchdog: nothing like it in other sessions".to_owned());
        }
        // Who may do this for whom is the Identity plane's to say, and it does not speak yet (bus.md §4).
        reasons.push("watchdog: capabilities and authority could not be asked for".to_owned());
        reasons.into_iter().map(Reason).collect()
    }
}

/// FNV-1a: the keys of a bounded map, nothing more.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assessment(tier: Tier, agreement: u32) -> Assessment {
        let none = [("forest", 0.0), ("lstm", 0.0), ("bayes", 0.0), ("cusum", 0.0)];
        Assessment { tier, scores: none, p: none, combined_p: 1.0, risk: 0.0, agreement, reasons: Vec::new() }
    }

    /// One call of a session that read `source`: the tier that comes out, and the reasons.
    fn see(
        dog: &mut Watchdog,
        id: &str,
        session: &mut Session,
        source: u64,
        tier: Tier,
    ) -> (Tier, Vec<String>) {
        session.sources = vec![source];
        let mut assessment = assessment(tier, 3);
        let token = Token::numbered(1).unwrap();
        let reasons = dog.see(&SessionId(id.to_owned()), id, session, token, &mut assessment);
        (assessment.tier, reasons.into_iter().map(|reason| reason.0).collect())
    }

    #[test]
    fn says_that_it_found_nothing_and_whom_it_could_not_ask() {
        let (mut dog, mut session) = (Watchdog::new(), Session::default());
        let (tier, reasons) = see(&mut dog, "a", &mut session, 1, Tier::Held);
        assert_eq!(tier, Tier::Held);
        assert_eq!(reasons.len(), 2);
        assert!(
            reasons[0].contains("nothing like it") && reasons[1].contains("could not be asked"),
            "{reasons:?}"
        );
        assert!(see(&mut dog, "a", &mut session, 1, Tier::Held).1.is_empty(), "only the first time");
        assert_eq!(dog.looked(), 1);
    }

    #[test]
    fn knows_a_content_that_was_unusual_elsewhere_and_holds_what_follows() {
        let mut dog = Watchdog::new();
        see(&mut dog, "a", &mut Session::default(), 1, Tier::Held);
        see(&mut dog, "b", &mut Session::default(), 1, Tier::Routine);
        let mut session = Session::default();
        let (_, reasons) = see(&mut dog, "c", &mut session, 1, Tier::Held);
        assert_eq!(
            reasons[0],
            "watchdog: the same content in 2 other sessions, 2 of other agents, unusual in 1"
        );
        assert_eq!(see(&mut dog, "c", &mut session, 2, Tier::Noted).0, Tier::Held);
        assert_eq!(see(&mut dog, "c", &mut session, 2, Tier::Routine).0, Tier::Routine);
        for _ in 0..ALARM {
            see(&mut dog, "c", &mut session, 2, Tier::Routine);
        }
        assert_eq!(see(&mut dog, "c", &mut session, 2, Tier::Noted).0, Tier::Noted, "an alarm ends");
    }

    #[test]
    fn a_content_that_all_read_without_harm_alarms_nobody() {
        let mut dog = Watchdog::new();
        for id in ["a", "b", "c"] {
            see(&mut dog, id, &mut Session::default(), 1, Tier::Routine);
        }
        let mut session = Session::default();
        let (_, reasons) = see(&mut dog, "d", &mut session, 1, Tier::Held);
        assert!(reasons[0].ends_with("in 3 other sessions, 3 of other agents, unusual in 0"), "{reasons:?}");
        assert_eq!(see(&mut dog, "d", &mut session, 2, Tier::Noted).0, Tier::Noted);
    }

    #[test]
    fn never_blocks_and_never_makes_milder() {
        for tier in Tier::ALL {
            let (mut dog, mut session) = (Watchdog::new(), Session::default());
            session.trail.alarm = 1;
            let (found, _) = see(&mut dog, "a", &mut session, 1, tier);
            assert!(found >= tier && (found == tier || found == Tier::Held), "{tier} {found}");
        }
    }

    #[test]
    fn few_models_do_not_call_it() {
        let (mut dog, mut session) = (Watchdog::new(), Session::default());
        let mut two = assessment(Tier::Held, 2);
        let token = Token::numbered(1).unwrap();
        assert!(dog.see(&SessionId("a".to_owned()), "a", &mut session, token, &mut two).is_empty());
        assert_eq!(dog.looked(), 0);
        let mut three = assessment(Tier::Held, 3);
        assert!(!dog.see(&SessionId("a".to_owned()), "a", &mut session, token, &mut three).is_empty());
        assert_eq!(dog.looked(), 1, "a call that few minded blinds it to none");
    }

    #[test]
    fn remembers_no_more_than_its_limit() {
        let mut dog = Watchdog::new();
        for number in 0..2 * MOST_SIGHTINGS as u64 {
            see(&mut dog, &number.to_string(), &mut Session::default(), number, Tier::Routine);
        }
        assert!(dog.sightings.len() <= MOST_SIGHTINGS);
    }
}
