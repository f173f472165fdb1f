//! The forest against scikit-learn's on the same data: `tests/reference/make.py` made the reference.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use serde_json::Value;
use vigil_detect::Growth;

fn number(value: &Value) -> f32 {
    value.as_i64().unwrap() as f32 / 1000.0
}

/// How often an odd row scores higher than a usual one; ties count half.
fn auroc(usual: &[f32], odd: &[f32]) -> f64 {
    let wins: f64 = odd
        .iter()
        .flat_map(|high| {
            usual.iter().map(move |low| {
                if high > low {
                    1.0
                } else if high == low {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    wins / (usual.len() * odd.len()) as f64
}

#[test]
fn tells_outliers_as_well_as_scikit_learn() {
    let reference: Value = serde_json::from_str(include_str!("reference/forest.json")).unwrap();
    for set in reference["sets"].as_array().unwrap() {
        let rows: Vec<Vec<f32>> = set["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row.as_array().unwrap().iter().map(number).collect())
            .collect();
        let usual = rows.len() - set["odd"].as_u64().unwrap() as usize;
        let reached = (0..10).map(|seed| {
            let forest = Growth { seed, ..Growth::default() }.grow(&rows).unwrap();
            let scores: Vec<f32> = rows.iter().map(|row| forest.score(row)).collect();
            auroc(&scores[..usual], &scores[usual..])
        });
        let mean = reached.sum::<f64>() / 10.0;
        let expected = set["auroc"].as_f64().unwrap();
        assert!((mean - expected).abs() <= 0.01, "{}: {mean:.4}, scikit-learn {expected}", set["name"]);
    }
}
