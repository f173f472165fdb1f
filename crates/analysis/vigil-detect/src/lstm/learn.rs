//! How the LSTM learns: back through time in pieces, with Adam, from a seed, one thread.

#![expect(clippy::needless_range_loop, reason = "several arrays are walked side by side")]
#![expect(
    clippy::indexing_slicing,
    reason = "runs on our own data when models are made, with lengths fixed by the types"
)]

use super::{CONTEXT, EMBEDDED, GATES, Gates, HIDDEN, INPUT, Lstm, Memory, READ, SYMBOLS, dot, with_one};
use crate::Random;
use crate::maths::{exp, tanh};
use crate::step::{Step, Token};

/// How long and how fast it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lessons {
    /// How often it sees each session.
    pub(crate) rounds: usize,
    /// How far a step of Adam goes at first; at last it goes a tenth of it.
    pub(crate) rate: f32,
    /// How much each weight is drawn to 0, of the rate.
    pub(crate) decay: f32,
    pub(crate) seed: u64,
}

/// How far back in time an error goes.
const PIECE: usize = 32;
/// How many pieces make one step of Adam.
const BATCH: usize = 8;
/// No gradient is longer.
const LONGEST: f32 = 5.0;

impl Lessons {
    /// The LSTM that these sessions teach.
    pub(crate) fn learn(&self, sessions: &[&[Step]]) -> Lstm {
        let mut random = Random::new(self.seed);
        let mut drawn = |count: usize, spread: f32| -> Vec<f32> {
            (0..count).map(|_| (random.unit() as f32 * 2.0 - 1.0) * spread).collect()
        };
        let mut lstm = Lstm {
            embedding: drawn(SYMBOLS * EMBEDDED, 0.3),
            gates: drawn(GATES * INPUT, 0.2),
            output: drawn(Token::EVENTS * READ, 0.1),
        };
        // Memories are kept until something speaks against it.
        for row in HIDDEN..2 * HIDDEN {
            lstm.gates[row * INPUT + INPUT - 1] = 1.0;
        }
        let mut adam = Adam::new();
        let mut order: Vec<usize> = (0..sessions.len()).collect();
        let pieces: usize = sessions.iter().map(|steps| steps.len().div_ceil(PIECE)).sum();
        let all = (pieces * self.rounds).div_ceil(BATCH).max(1);
        let mut sum = Slopes::new();
        let (mut seen, mut updates) = (0, 0);
        for _ in 0..self.rounds {
            let count = order.len();
            random.draw(&mut order, count);
            for at in &order {
                let mut memory = Memory::default();
                for piece in sessions[*at].chunks(PIECE) {
                    memory = back(&lstm, memory, piece, &mut sum);
                    seen += 1;
                    if seen % BATCH == 0 {
                        let left = 1.0 - updates as f32 / all as f32;
                        adam.step(&mut lstm, &mut sum, self.rate * (0.1 + 0.9 * left), self.decay);
                        updates += 1;
                    }
                }
            }
        }
        lstm
    }
}

/// Gradients, or what Adam keeps of them.
struct Slopes {
    embedding: Vec<f32>,
    gates: Vec<f32>,
    output: Vec<f32>,
    steps: usize,
}

impl Slopes {
    fn new() -> Self {
        Self {
            embedding: vec![0.0; SYMBOLS * EMBEDDED],
            gates: vec![0.0; GATES * INPUT],
            output: vec![0.0; Token::EVENTS * READ],
            steps: 0,
        }
    }

    fn parts(&mut self) -> [&mut Vec<f32>; 3] {
        [&mut self.embedding, &mut self.gates, &mut self.output]
    }
}

/// What one step computed, for the way back.
struct Trace {
    symbol: usize,
    input: [f32; INPUT],
    gates: Gates,
    cell_before: [f32; HIDDEN],
    cell: [f32; HIDDEN],
    read: [f32; READ],
    shares: Vec<f32>,
    event: usize,
}

/// Goes through a piece and back, and adds its gradient. The memory at its end.
fn back(lstm: &Lstm, mut memory: Memory, piece: &[Step], sum: &mut Slopes) -> Memory {
    let mut traces = Vec::with_capacity(piece.len());
    for step in piece {
        let input = lstm.input(&memory, step);
        let gates = lstm.gates(&input);
        let (cell_before, symbol) = (memory.cell, usize::from(memory.last));
        memory = gates.remember(&memory, step.token.event());
        let read = with_one(&memory.hidden);
        let logits: Vec<f32> = lstm.output.chunks_exact(READ).map(|row| dot(row, &read)).collect();
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        let mut shares: Vec<f32> = logits.iter().map(|logit| exp(f64::from(logit - most)) as f32).collect();
        let all: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= all);
        traces.push(Trace {
            symbol,
            input,
            gates,
            cell_before,
            cell: memory.cell,
            read,
            shares,
            event: step.token.event(),
        });
    }
    let (mut of_hidden, mut of_cell) = ([0.0_f32; HIDDEN], [0.0_f32; HIDDEN]);
    for trace in traces.iter().rev() {
        for (event, share) in trace.shares.iter().enumerate() {
            let slope = share - if event == trace.event { 1.0 } else { 0.0 };
            let (row, weights) =
                (&mut sum.output[event * READ..][..READ], &lstm.output[event * READ..][..READ]);
            for at in 0..READ {
                row[at] += slope * trace.read[at];
            }
            for at in 0..HIDDEN {
                of_hidden[at] += slope * weights[at];
            }
        }
        let gates = &trace.gates;
        let mut of_sums = [0.0_f32; GATES];
        for at in 0..HIDDEN {
            let bent = tanh(f64::from(trace.cell[at])) as f32;
            let cell = of_cell[at] + of_hidden[at] * gates.tell[at] * (1.0 - bent * bent);
            let (enter, keep, tell, news) = (gates.enter[at], gates.keep[at], gates.tell[at], gates.news[at]);
            of_sums[at] = cell * news * enter * (1.0 - enter);
            of_sums[HIDDEN + at] = cell * trace.cell_before[at] * keep * (1.0 - keep);
            of_sums[2 * HIDDEN + at] = of_hidden[at] * bent * tell * (1.0 - tell);
            of_sums[3 * HIDDEN + at] = cell * enter * (1.0 - news * news);
            of_cell[at] = cell * keep;
        }
        let mut of_input = [0.0_f32; INPUT];
        for (gate, slope) in of_sums.iter().enumerate() {
            let (row, weights) =
                (&mut sum.gates[gate * INPUT..][..INPUT], &lstm.gates[gate * INPUT..][..INPUT]);
            for at in 0..INPUT {
                row[at] += slope * trace.input[at];
                of_input[at] += slope * weights[at];
            }
        }
        let row = &mut sum.embedding[trace.symbol * EMBEDDED..][..EMBEDDED];
        for at in 0..EMBEDDED {
            row[at] += of_input[at];
        }
        of_hidden.copy_from_slice(&of_input[EMBEDDED + CONTEXT..INPUT - 1]);
        sum.steps += 1;
    }
    memory
}

/// Adam (Kingma, Ba 2014) with decoupled decay.
struct Adam {
    mean: Slopes,
    square: Slopes,
    steps: i32,
}

impl Adam {
    fn new() -> Self {
        Self { mean: Slopes::new(), square: Slopes::new(), steps: 0 }
    }

    /// One step down the gradient, which is forgotten then.
    fn step(&mut self, lstm: &mut Lstm, sum: &mut Slopes, rate: f32, decay: f32) {
        const KEEP: (f32, f32) = (0.9, 0.999);
        self.steps += 1;
        let steps = core::mem::take(&mut sum.steps).max(1) as f32;
        let mut length = 0.0_f32;
        for part in sum.parts() {
            part.iter_mut().for_each(|slope| *slope /= steps);
            length += part.iter().map(|slope| slope * slope).sum::<f32>();
        }
        let shorter = (LONGEST / length.sqrt().max(1e-12)).min(1.0);
        let (grown, grown_square) = (1.0 - power(KEEP.0, self.steps), 1.0 - power(KEEP.1, self.steps));
        let weights = [&mut lstm.embedding, &mut lstm.gates, &mut lstm.output];
        let kept = self.mean.parts().into_iter().zip(self.square.parts());
        for ((weights, slopes), (mean, square)) in weights.into_iter().zip(sum.parts()).zip(kept) {
            for at in 0..weights.len() {
                let slope = core::mem::take(&mut slopes[at]) * shorter;
                mean[at] = KEEP.0 * mean[at] + (1.0 - KEEP.0) * slope;
                square[at] = KEEP.1 * square[at] + (1.0 - KEEP.1) * slope * slope;
                let bent = (mean[at] / grown) / ((square[at] / grown_square).sqrt() + 1e-8);
                weights[at] -= rate * (bent + decay * weights[at]);
            }
        }
    }
}

/// By repeated multiplication, in one order on every machine.
fn power(base: f32, times: i32) -> f32 {
    (0..times.min(100_000)).fold(1.0, |product, _| product * base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Asked, Heard};
    use vigil_core::{Action, Verb};

    /// Sessions that read, read, send, again and again.
    fn sessions(count: usize) -> Vec<Vec<Step>> {
        let session = |from: usize| {
            let mut heard = Heard::default();
            let step = |at: usize| {
                let mut action = Action::unknown("t".to_owned());
                action.effects[0].verb = if at % 3 == 2 { Verb::Send } else { Verb::Read };
                heard.step(&Asked { action: &action, arguments: "{}", hour: None })
            };
            (from..from + 12).map(step).collect()
        };
        (0..count).map(session).collect()
    }

    fn learned(rounds: usize) -> Lstm {
        let sessions = sessions(12);
        let sessions: Vec<&[Step]> = sessions.iter().map(Vec::as_slice).collect();
        Lessons { rounds, rate: 0.01, decay: 0.0, seed: 1 }.learn(&sessions)
    }

    #[test]
    fn learns_what_follows_what() {
        let lstm = learned(400);
        let mut memory = Memory::default();
        let steps = &sessions(1)[0];
        let told: Vec<f64> = steps.iter().map(|step| lstm.surprisal(&mut memory, step)).collect();
        assert!(told[4..].iter().all(|surprisal| *surprisal < 0.3), "{told:?}");
        let mut memory = Memory::default();
        steps[..4].iter().for_each(|step| {
            lstm.surprisal(&mut memory, step);
        });
        let wrong = lstm.surprisal(&mut memory, &steps[5]);
        assert!(wrong > 2.0, "{wrong}");
    }

    #[test]
    fn the_same_lessons_give_the_same_bytes() {
        let bytes = |lstm: &Lstm| {
            let mut out = Vec::new();
            lstm.write(&mut out);
            out
        };
        let lstm = learned(2);
        assert_eq!(bytes(&lstm), bytes(&learned(2)));
        assert_eq!(Lstm::read(&mut crate::bytes::Bytes(&bytes(&lstm))), Some(lstm));
    }

    #[test]
    fn a_gradient_is_what_a_small_change_changes() {
        let steps = &sessions(1)[0];
        let lstm = learned(3);
        let loss = |lstm: &Lstm| -> f64 {
            let mut memory = Memory::default();
            let share = |step: &Step| {
                let gates = lstm.gates(&lstm.input(&memory, step));
                memory = gates.remember(&memory, step.token.event());
                let read = with_one(&memory.hidden);
                let logits: Vec<f64> =
                    lstm.output.chunks_exact(READ).map(|row| f64::from(dot(row, &read))).collect();
                let all: f64 = logits.iter().map(|logit| logit.exp()).sum();
                all.ln() - logits[step.token.event()]
            };
            steps.iter().map(share).sum()
        };
        let mut sum = Slopes::new();
        back(&lstm, Memory::default(), steps, &mut sum);
        for at in [3, 50, INPUT + 7, 30 * INPUT + 20, 60 * INPUT + INPUT - 1, 80 * INPUT + 2] {
            let (mut more, mut less) = (lstm.clone(), lstm.clone());
            more.gates[at] += 0.01;
            less.gates[at] -= 0.01;
            let slope = (loss(&more) - loss(&less)) / 0.02;
            assert!(
                (slope - f64::from(sum.gates[at])).abs() < 0.02 + 0.02 * slope.abs(),
                "{at}: {slope} {}",
                sum.gates[at]
            );
        }
    }
}
