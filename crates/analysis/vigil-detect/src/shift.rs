//! Regime shifts inside a session: a two-sided CUSUM over standardised residuals (Page 1954).

/// Watches a stream of residuals that have mean 0 and variance 1 while nothing changes.
///
/// Both sums forget what lies within the slack, so that noise does not add up; an alarm comes when one of them passes the
/// threshold. There are no weights and nothing is learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    slack: f64,
    threshold: f64,
    up: f64,
    down: f64,
}

/// Which way a stream moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shifted {
    /// Its mean went up.
    Up,
    /// Its mean went down.
    Down,
}

impl Shift {
    /// Half of the smallest shift that shall be found quickly: here one standard deviation.
    pub const SLACK: f64 = 0.5;
    /// At this threshold and slack an unchanged normal stream alarms once in 465 steps, and a shift by one standard
    /// deviation is found after 10.4 steps on average, by two after 4 (Montgomery, Introduction to Statistical Quality
    /// Control, table 9.3; measured in the tests below).
    pub const THRESHOLD: f64 = 5.0;

    /// A stream of which nothing was seen.
    pub const fn new() -> Self {
        Self { slack: Self::SLACK, threshold: Self::THRESHOLD, up: 0.0, down: 0.0 }
    }

    /// A stream of several that are watched together: the threshold is higher, so that all of them alarm as rarely as one.
    pub(crate) const fn one_of_many() -> Self {
        Self { threshold: Self::THRESHOLD_OF_MANY, ..Self::new() }
    }

    /// At this threshold five unchanged normal streams alarm once in 425 steps together, and a shift of one of them by one
    /// standard deviation is found after 13.4 steps on average, by two after 5 (measured in the tests below).
    pub const THRESHOLD_OF_MANY: f64 = 6.5;

    /// Sees one residual; says when the stream has moved, and starts afresh then. What is no number counts as 0, and no
    /// single residual as more than 4: one outlier is the other models' business.
    pub fn see(&mut self, residual: f64) -> Option<Shifted> {
        let residual = if residual.is_nan() { 0.0 } else { residual.clamp(-4.0, 4.0) };
        self.up = (self.up + residual - self.slack).max(0.0);
        self.down = (self.down - residual - self.slack).max(0.0);
        let shifted = match (self.up > self.threshold, self.down > self.threshold) {
            (true, _) => Some(Shifted::Up),
            (_, true) => Some(Shifted::Down),
            _ => None,
        };
        if shifted.is_some() {
            (self.up, self.down) = (0.0, 0.0);
        }
        shifted
    }

    /// How near an alarm is, from 0 to 1.
    pub fn level(&self) -> f64 {
        self.up.max(self.down) / self.threshold
    }
}

impl Default for Shift {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    /// A normal number with mean 0 and variance 1 (Box and Muller).
    fn normal(random: &mut Random) -> f64 {
        let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
        radius * (core::f64::consts::TAU * random.unit()).cos()
    }

    /// After how many steps an alarm comes, on average.
    fn run_length(mean: f64, runs: u32) -> f64 {
        run_length_of(&[Shift::new()], mean, runs)
    }

    /// The same of several streams, of which the first has that mean.
    fn run_length_of(shifts: &[Shift], mean: f64, runs: u32) -> f64 {
        let mut random = Random::new(42);
        let steps = |random: &mut Random| {
            let mut shifts = shifts.to_vec();
            let mut alarms = |_: &u32| {
                let mut means = std::iter::once(mean).chain(std::iter::repeat(0.0));
                shifts
                    .iter_mut()
                    .map(|shift| shift.see(means.next().unwrap() + normal(random)).is_some())
                    .filter(|alarm| *alarm)
                    .count()
                    > 0
            };
            (1_u32..).find(&mut alarms).unwrap()
        };
        (0..runs).map(|_| f64::from(steps(&mut random))).sum::<f64>() / f64::from(runs)
    }

    #[test]
    fn an_unchanged_stream_alarms_once_in_some_465_steps() {
        let length = run_length(0.0, 2000);
        assert!((430.0..500.0).contains(&length), "{length}");
    }

    #[test]
    fn a_shift_is_found_within_the_stated_steps() {
        let (one, two) = (run_length(1.0, 2000), run_length(-2.0, 2000));
        assert!((9.5..11.5).contains(&one), "{one}");
        assert!((3.5..4.5).contains(&two), "{two}");
    }

    #[test]
    fn five_streams_together_alarm_as_stated() {
        let many = [Shift::one_of_many(); 5];
        let (none, one, two) = (
            run_length_of(&many, 0.0, 1500),
            run_length_of(&many, 1.0, 1500),
            run_length_of(&many, 2.0, 1500),
        );
        assert!((390.0..470.0).contains(&none), "{none}");
        assert!((12.0..14.5).contains(&one), "{one}");
        assert!((4.3..5.6).contains(&two), "{two}");
    }

    #[test]
    fn tells_the_direction_and_starts_afresh() {
        let mut shift = Shift::new();
        assert_eq!(shift.see(f64::INFINITY), None);
        assert_eq!(shift.see(f64::INFINITY), Some(Shifted::Up));
        assert_eq!(shift.level(), 0.0);
        assert_eq!((0..3).filter_map(|_| shift.see(-3.0)).next(), Some(Shifted::Down));
        assert_eq!(shift.see(f64::NAN), None);
    }
}
