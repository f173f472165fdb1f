//! Endpoints and requests of the recorded exchanges.

use vigil_core::wire::{Endpoint, ProviderFormat, WireFormats};
use vigil_decompose::Formats;

use crate::corpus::{Recorded, load};

const FORMATS: Formats = Formats { limit_bytes: 1 << 20 };

/// What the provider table would say for the host.
fn provider(recorded: &Recorded) -> ProviderFormat {
    let path = recorded.path.split('?').next().unwrap();
    match recorded.api.split_once('.').unwrap() {
        ("anthropic", _) => ProviderFormat::Anthropic,
        ("gemini" | "vertex" | "google", _) => ProviderFormat::Gemini,
        (_, "chat") if !path.ends_with("/completions") => ProviderFormat::OpenAiChat,
        _ => ProviderFormat::OpenAi,
    }
}

#[test]
fn replies_with_calls_come_from_gated_endpoints() {
    for recorded in load() {
        let Some(format) = recorded.format().filter(|_| !recorded.path.is_empty()) else { continue };
        let endpoint = FORMATS.endpoint(provider(&recorded), &recorded.method, &recorded.path);
        assert_eq!(endpoint, Endpoint::Gated(format), "{} {}", recorded.file, recorded.path);
    }
}

#[test]
fn requests_whose_replies_hold_calls_may_carry_calls() {
    for recorded in load() {
        let Some(format) = recorded.format() else { continue };
        let mut scan = FORMATS.request_scan(format);
        recorded.request.chunks(1000).for_each(|piece| scan.push(piece));
        let may = scan.may_carry_calls();
        assert!(may || recorded.calls.is_empty(), "{}", recorded.file);
        let Ok(request) = serde_json::from_slice::<serde_json::Value>(&recorded.request) else { continue };
        let declares = ["tools", "functions", "mcp_servers", "previous_response_id", "cachedContent"]
            .iter()
            .any(|name| {
                request.get(*name).is_some_and(|v| !v.is_null() && v.as_array().is_none_or(|a| !a.is_empty()))
            });
        assert_eq!(may, declares, "{}", recorded.file);
    }
}
