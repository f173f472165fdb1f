//! Recorded sessions with what the models were told of them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Command;

use serde_json::Value;
use vigil_detect::train::Trajectory;
use vigil_detect::{CALLS, FEATURES, Step, Token};

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) suite: String,
    pub(crate) model: String,
    /// `benign`, `resisted` (planted, not attempted), `tried`, `hijacked`.
    pub(crate) label: String,
    pub(crate) trajectory: Trajectory,
    /// Whether the rules held a call from the step where the injected text was seen up to the first injected call.
    pub(crate) stopped: bool,
    exposed: u64,
    goals: Vec<(u64, u64)>,
}

pub(crate) fn read(replay: &str, files: impl Iterator<Item = String>) -> Vec<Session> {
    let mut sessions: BTreeMap<String, Session> = BTreeMap::new();
    for file in files {
        for line in lines(&file) {
            let value: Value = serde_json::from_str(&line).unwrap();
            let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            // An agent that obeyed and failed is in neither class.
            let label = match (text("label").as_str(), value["attempted"] == true) {
                ("attacked_resisted", true) => "tried".to_owned(),
                ("attacked_resisted", false) => "resisted".to_owned(),
                (label, _) => label.to_owned(),
            };
            let goals = value["injected_goal_actions"].as_array().cloned().unwrap_or_default();
            let goals =
                goals.iter().map(|goal| (goal["step"].as_u64().unwrap(), goal["call"].as_u64().unwrap()));
            let trajectory = Trajectory {
                task: format!("{}/{}", text("suite"), text("user_task")),
                group: text("suite"),
                ordinary: label == "benign",
                ..Trajectory::default()
            };
            let session = Session {
                suite: text("suite"),
                model: text("model"),
                label,
                trajectory,
                stopped: false,
                exposed: value["exposed_step"].as_u64().unwrap_or(0),
                goals: goals.collect(),
            };
            sessions.insert(text("session_id"), session);
        }
    }
    for line in BufReader::new(std::fs::File::open(replay).unwrap()).lines() {
        let value: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(features) = value["features"].as_array() else { continue };
        let numbers: Vec<f64> = features.iter().map(|number| number.as_f64().unwrap()).collect();
        let step = Step::from_numbers(&numbers).expect("features of this version");
        let session = sessions.get_mut(value["session_id"].as_str().unwrap()).unwrap();
        let place = (value["step"].as_u64().unwrap(), value["call"].as_u64().unwrap());
        session.trajectory.steps.push(step);
        session.trajectory.injected.push(session.goals.contains(&place));
        let first = session.goals.iter().min();
        let between = place.0 >= session.exposed && first.is_some_and(|first| place <= *first);
        session.stopped |= between && value["verdict"] != "allow";
    }
    sessions.into_values().collect()
}

fn lines(file: &str) -> Vec<String> {
    let text = match file.ends_with(".zst") {
        true => {
            let unpacked = Command::new("zstd").args(["-dc", file]).output().unwrap();
            assert!(unpacked.status.success(), "`zstd -dc {file}` failed");
            String::from_utf8(unpacked.stdout).unwrap()
        }
        false => std::fs::read_to_string(file).unwrap(),
    };
    text.lines().map(str::to_owned).collect()
}

/// The same sessions as if these features, and the provenance of tokens, were not known.
pub(crate) fn mask(sessions: &[Session], features: &[&str], tokens: bool) -> Vec<Session> {
    let hidden: Vec<usize> = CALLS
        .iter()
        .chain(FEATURES)
        .enumerate()
        .filter(|(_, feature)| features.contains(&feature.name))
        .map(|(at, _)| at)
        .collect();
    let masked = |step: &Step| {
        let mut numbers = step.numbers();
        hidden.iter().for_each(|at| numbers[*at] = 0.0);
        let mut step = Step::from_numbers(&numbers).unwrap();
        if tokens {
            let number = step.token.number() as usize - step.token.provenance() * 3;
            step.token = Token::numbered(number as u16).unwrap();
        }
        step
    };
    let mut sessions = sessions.to_vec();
    for session in &mut sessions {
        session.trajectory.steps = session.trajectory.steps.iter().map(masked).collect();
    }
    sessions
}
