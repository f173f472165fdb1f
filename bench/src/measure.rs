//! Samples and what they say.

use std::time::Duration;

/// Durations of one measurement.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    sorted: Vec<Duration>,
    is_sorted: bool,
}

impl Samples {
    /// Adds one.
    pub fn add(&mut self, sample: Duration) {
        self.sorted.push(sample);
        self.is_sorted = false;
    }

    /// Adds those of another round.
    pub fn extend(&mut self, other: &Self) {
        self.sorted.extend_from_slice(&other.sorted);
        self.is_sorted = false;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The sample at a share of 0 to 1 of all, by nearest rank; zero when there is none.
    pub fn quantile(&mut self, share: f64) -> Duration {
        if !self.is_sorted {
            self.sorted.sort_unstable();
            self.is_sorted = true;
        }
        let last = self.sorted.len().saturating_sub(1);
        // The share of a count is a small number; the cast cannot lose anything that matters.
        let rank = ((self.sorted.len() as f64 * share).ceil() as usize).saturating_sub(1).min(last);
        self.sorted.get(rank).copied().unwrap_or_default()
    }
}

/// A duration as people read it: `23 µs`, `1.24 ms`.
pub fn shown(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        ..1e3 => format!("{micros:.0} µs"),
        ..1e5 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.0} ms", micros / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_sample_by_nearest_rank() {
        let mut samples = Samples::default();
        for micros in [5, 1, 4, 2, 3] {
            samples.add(Duration::from_micros(micros));
        }
        assert_eq!(samples.quantile(0.5), Duration::from_micros(3));
        assert_eq!(samples.quantile(0.99), Duration::from_micros(5));
        assert_eq!(samples.quantile(0.0), Duration::from_micros(1));
    }
}
