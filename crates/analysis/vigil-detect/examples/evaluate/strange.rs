//! Ordinary sessions of tasks nobody has seen, made strange in the way each model is for: which model finds them?

use vigil_core::Tier;
use vigil_detect::train::{AGENT, Made, Plan, Strange, Trajectory};
use vigil_detect::{Assessment, MODELS, Population, Track};

use crate::data::Session;
use crate::fold::{Split, each_fold, is_apart};
use crate::measure::{Scored, figures, interval};

/// How many sessions of a fold are made strange in each way.
const MOST: usize = 60;

/// A session's task, whether it is strange, its combined p-value by each plan, whether a call was shown, and its lowest p-value by
/// each model.
struct Told {
    strange: Strange,
    task: String,
    is_strange: bool,
    risks: Vec<f64>,
    shown: Vec<bool>,
    rarest: [f64; 4],
}

pub(crate) fn table(sessions: &[Session]) {
    let plan = Plan::default();
    let mut plans = vec![("all".to_owned(), plan)];
    for (at, model) in MODELS.iter().enumerate() {
        let mut without = [false; 4];
        without[at] = true;
        plans.push((format!("without {model}"), Plan { without, ..plan }));
    }
    plans.push(("signs alone".to_owned(), Plan { without: [true; 4], ..plan }));
    let told: Vec<Told> = each_fold(sessions, Split::Tasks, &plan, |population, name, inside| {
        let known: Vec<Trajectory> = sessions
            .iter()
            .filter(|session| is_apart(session, Split::Tasks, name))
            .map(|session| session.trajectory.clone())
            .collect();
        let plans: Vec<Plan> = plans.iter().map(|(_, plan)| *plan).collect();
        let populations = plan.recombine(population, &known, &plans);
        let ordinary: Vec<&Trajectory> =
            inside.iter().map(|at| &sessions[*at].trajectory).filter(|session| session.ordinary).collect();
        let mut told = Vec::new();
        for strange in Strange::ALL {
            for (is_strange, made) in
                [(true, strange.make(&ordinary, MOST)), (false, strange.ordinary(&ordinary, MOST))]
            {
                told.extend(made.iter().map(|made| judge(strange, is_strange, made, &populations)));
            }
        }
        told
    })
    .into_iter()
    .flatten()
    .collect();
    for strange in Strange::ALL {
        let (model, words) = strange.words();
        let of: Vec<&Told> = told.iter().filter(|told| told.strange == strange).collect();
        let count = of.iter().filter(|told| told.is_strange).count();
        println!("{words} (for {model}): {count} sessions, against {} ordinary ones", of.len() - count);
        for (at, (name, _)) in plans.iter().enumerate() {
            line(name, &of, |told| told.risks[at]);
            let shown = |is_strange: bool| {
                let of: Vec<&&Told> = of.iter().filter(|told| told.is_strange == is_strange).collect();
                100.0 * of.iter().filter(|told| told.shown[at]).count() as f64 / of.len().max(1) as f64
            };
            println!(
                "    a call shown: {:.1} % of the strange, {:.1} % of the ordinary",
                shown(true),
                shown(false)
            );
        }
        for (at, name) in MODELS.iter().enumerate() {
            line(&format!("{name} by itself"), &of, |told| -told.rarest[at]);
        }
    }
}

fn judge(strange: Strange, is_strange: bool, made: &Made, populations: &[Population]) -> Told {
    let assess = |population: &Population| -> Vec<Assessment> {
        let mut track = Track::default();
        let steps = made.session.steps.iter();
        steps.map(|step| population.assess(&made.personal, AGENT, &mut track, step)).collect()
    };
    let (mut rarest, mut shown) = ([1.0_f64; 4], Vec::new());
    let risks = populations
        .iter()
        .map(|population| {
            let found = assess(population);
            // A model that is not heard has the p-value 1.
            for one in &found {
                rarest.iter_mut().zip(one.p).for_each(|(least, (_, p))| *least = least.min(p));
            }
            shown.push(found.iter().any(|one| one.tier >= Tier::Flagged));
            found
                .iter()
                .map(|one| 1e-6 * one.risk - one.combined_p)
                .max_by(f64::total_cmp)
                .unwrap_or(f64::MIN)
        })
        .collect();
    Told { strange, task: made.session.task.clone(), is_strange, risks, shown, rarest }
}

fn line(name: &str, told: &[&Told], score: impl Fn(&Told) -> f64) {
    let label = |told: &Told| if told.is_strange { "hijacked" } else { "benign" };
    let scored: Vec<Scored<'_>> =
        told.iter().map(|told| Scored { task: &told.task, label: label(told), score: score(told) }).collect();
    let (auroc, found) = figures(&scored.iter().collect::<Vec<_>>(), "benign");
    let (low, high) = interval(&scored, "benign");
    println!(
        "  {name:<30} AUROC {auroc:.3} [{:.3}, {:.3}]  found at 1 % {:>5.1} % [{:.1}, {:.1}]",
        low.0,
        high.0,
        100.0 * found,
        100.0 * low.1,
        100.0 * high.1
    );
}
