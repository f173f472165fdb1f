//! # Excessive token lifetime (AUTH-003)
//!
//! ## What it does
//! Reports a token that stays valid for longer than `auth.max_token_lifetime_hours`: `expiresIn` of a token library, a
//! `timedelta` in a token's claims, a constant that names the lifetime of tokens. Other durations are left alone.
//!
//! ## Why is this bad
//! A stolen token works until it expires, and most services cannot take one back before that.
//!
//! ## Example
//! ```javascript
//! jwt.sign({ sub: user.id }, key, { expiresIn: '30d' });
//! ```
//!
//! Use instead:
//! ```javascript
//! jwt.sign({ sub: user.id }, key, { expiresIn: '15m' });
//! ```
//!
//! ## Options
//! - `auth.max_token_lifetime_hours`: the longest lifetime that is fine, 24 unless said otherwise.
//!
//! ## References
//! - [OWASP JSON Web Token cheat sheet](https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html)
//! - [RFC 8725: JSON Web Token best current practices](https://www.rfc-editor.org/rfc/rfc8725)

use serde_json::Value;

use super::File;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    let threshold = file.config.auth.max_token_lifetime_hours;
    for lifetime in &file.facts.lifetimes {
        let hours = lifetime.seconds / 3600.0;
        if hours > f64::from(threshold) {
            found
                .add(
                    RuleId::Auth003,
                    lifetime.span,
                    format!("The token stays valid for {}; at most {} is asked for.", span(hours), span(threshold.into())),
                    "Let access tokens expire within minutes, and renew them with a refresh token that can be taken back.",
                )
                .with("lifetime_hours", number(hours))
                .with("threshold_hours", threshold);
        }
    }
}

/// Hours as people say them.
fn span(hours: f64) -> String {
    let (amount, unit) = if hours >= 48.0 { (hours / 24.0, "days") } else { (hours, "hours") };
    let amount = (amount * 10.0).round() / 10.0;
    let unit = if (amount - 1.0).abs() < f64::EPSILON { unit.trim_end_matches('s') } else { unit };
    format!("{amount} {unit}")
}

/// A whole number stays one.
fn number(hours: f64) -> Value {
    let rounded = (hours * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small, as tested above")]
        return Value::from(rounded as i64);
    }
    Value::from(rounded)
}
