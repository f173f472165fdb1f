//! One observed call of a session and everything the models need to judge it.

mod heard;
mod text;
mod token;
mod words;

use crate::feature::{CALL_FEATURES, CALLS, CallFeatures, FEATURES, TEXT_FEATURES, TextFeatures};

pub use heard::{Asked, Heard};
pub use text::Text;
pub use token::{Outcome, Token};
pub(crate) use words::Words;

/// One observed call: what it would do, what was read before it, and where it goes. Made by [`Heard::step`], there alone:
/// training, replay and the daemon look at the same numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The features of the call.
    pub call: CallFeatures,
    /// The worst, feature by feature, of the texts that were new since the call before.
    pub text: TextFeatures,
    /// The letter of the call in the models' alphabet.
    pub token: Token,
    /// The tool, by the hash of its name.
    pub tool: u32,
    /// The host that the call names first, by hash.
    pub host: Option<u32>,
    /// The hour of the user's day, when somebody knows it.
    pub hour: Option<u8>,
    /// How many bytes of arguments the call has.
    pub bytes: u32,
}

impl Step {
    /// How many numbers [`Self::numbers`] gives.
    pub const NUMBERS: usize = CALL_FEATURES + TEXT_FEATURES + 5;

    /// The step as plain numbers, for training and for records: the features of the call, those of the text, then token,
    /// tool, host, hour and bytes; -1 for what is not known.
    pub fn numbers(&self) -> Vec<f64> {
        let features = self.call.values().iter().chain(self.text.values()).map(|value| f64::from(*value));
        let rest = [
            f64::from(self.token.number()),
            f64::from(self.tool),
            self.host.map_or(-1.0, f64::from),
            self.hour.map_or(-1.0, f64::from),
            f64::from(self.bytes),
        ];
        features.chain(rest).collect()
    }

    /// The step that these numbers stand for. None when they are no step of this version.
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let (call, rest) = numbers.split_at_checked(CALL_FEATURES)?;
        let (text, rest) = rest.split_at_checked(TEXT_FEATURES)?;
        let [token, tool, host, hour, bytes] = rest else { return None };
        let whole =
            |value: f64, end: f64| (value.trunc() == value && (0.0..=end).contains(&value)).then_some(value);
        let known =
            |value: f64, end: f64| if value == -1.0 { Some(None) } else { whole(value, end).map(Some) };
        let inside = |values: &[f64], list: &[crate::Feature]| {
            values.iter().zip(list).all(|(value, feature)| (0.0..=f64::from(feature.most)).contains(value))
        };
        if !inside(call, CALLS) || !inside(text, FEATURES) {
            return None;
        }
        let most = f64::from(u32::MAX);
        Some(Self {
            call: CallFeatures::from_values(core::array::from_fn(|at| {
                call.get(at).map_or(0.0, |v| *v as f32)
            })),
            text: TextFeatures::from_values(core::array::from_fn(|at| {
                text.get(at).map_or(0.0, |v| *v as f32)
            })),
            token: Token::numbered(whole(*token, f64::from(u16::MAX))? as u16)?,
            tool: whole(*tool, most)? as u32,
            host: known(*host, most)?.map(|host| host as u32),
            hour: known(*hour, 23.0)?.map(|hour| hour as u8),
            bytes: whole(*bytes, most)? as u32,
        })
    }
}
