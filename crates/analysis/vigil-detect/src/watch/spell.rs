//! An assessment in the words of a record.

use std::sync::Arc;

use vigil_core::{Classification, Reason};

use crate::model::{Reading, UNUSUAL};
use crate::{Assessment, CALL_FEATURES, FEATURE_VERSION, MODELS, Step, TextFeatures};

/// What the record says about a step: numbers as scaled integers (`voaf.md` §8).
pub(super) fn classification(assessment: &Assessment, step: &Step, models: &Arc<str>) -> Classification {
    let named = |(name, value): (&'static str, f64)| Some((name, scaled(value)?));
    let together = |value| (Classification::COMBINED, value);
    Classification {
        tier: assessment.tier,
        reasons: assessment.reasons.iter().map(|reason| Reason(reason.clone())).collect(),
        scores: assessment.scores.into_iter().chain([together(assessment.risk)]).filter_map(named).collect(),
        p: assessment.p.into_iter().chain([together(assessment.combined_p)]).filter_map(named).collect(),
        agreement: u8::try_from(assessment.agreement).unwrap_or(u8::MAX),
        models: Arc::clone(models),
        feature_version: FEATURE_VERSION,
        features: features(step).map(|value| scaled(f64::from(value)).unwrap_or(0)).collect(),
    }
}

/// What the record says about the texts of a request: one model has read them, and there is no call whose features were known.
pub(super) fn reading(reading: &Reading, text: &TextFeatures, models: &Arc<str>) -> Classification {
    let [forest, ..] = MODELS;
    let named = |name, value| Some((name, scaled(value)?));
    let features = text.values().iter().map(|value| scaled(f64::from(*value)).unwrap_or(0));
    Classification {
        tier: reading.tier,
        reasons: reading.reasons.iter().map(|reason| Reason((*reason).to_owned())).collect(),
        scores: named(forest, reading.score).into_iter().collect(),
        p: [forest, Classification::COMBINED].into_iter().filter_map(|name| named(name, reading.p)).collect(),
        agreement: u8::from(reading.p <= UNUSUAL),
        models: Arc::clone(models),
        feature_version: FEATURE_VERSION,
        features: std::iter::repeat_n(0, CALL_FEATURES).chain(features).collect(),
    }
}

/// The statistical vector of a step: of the call, then of the texts before it.
fn features(step: &Step) -> impl Iterator<Item = f32> + '_ {
    step.call.values().iter().chain(step.text.values()).copied()
}

/// Times 1,000,000, half to even. A score that is no number is left out.
fn scaled(value: f64) -> Option<i64> {
    value.is_finite().then(|| (value * 1e6).round_ties_even() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_to_even_and_leaves_out_what_is_no_number() {
        assert_eq!(
            [scaled(0.000_000_5), scaled(0.000_001_5), scaled(-1.0)],
            [Some(0), Some(2), Some(-1_000_000)]
        );
        assert_eq!((scaled(f64::NAN), scaled(f64::INFINITY)), (None, None));
    }
}
