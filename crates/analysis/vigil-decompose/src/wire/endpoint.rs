//! What an endpoint of a provider is to the gate.

use vigil_core::wire::{Endpoint, ProviderFormat, WireFormat};

/// Tells an endpoint by method and request target. What is not surely without calls is not [`Endpoint::NoCalls`].
pub(crate) fn classify(format: ProviderFormat, method: &str, path: &str) -> Endpoint {
    let target = Target::read(path);
    if matches!(method, "HEAD" | "OPTIONS" | "DELETE") && target.sure {
        return Endpoint::NoCalls;
    }
    match format {
        ProviderFormat::Anthropic => anthropic(method, &target),
        ProviderFormat::Gemini => gemini(method, &target),
        ProviderFormat::OpenAi => openai(method, &target),
        ProviderFormat::OpenAiChat => or_gated(openai(method, &target), WireFormat::OpenAiChat),
        ProviderFormat::OpenAiResponses => or_gated(openai(method, &target), WireFormat::OpenAiResponses),
    }
}

fn or_gated(endpoint: Endpoint, format: WireFormat) -> Endpoint {
    if endpoint == Endpoint::NoCalls { endpoint } else { Endpoint::Gated(format) }
}

fn anthropic(method: &str, target: &Target) -> Endpoint {
    if let Some(endpoint) = published_model(target) {
        return endpoint;
    }
    match (method, target.resource().as_slice()) {
        ("POST", [.., "messages"]) => Endpoint::Gated(WireFormat::AnthropicMessages),
        _ if !target.sure => Endpoint::Unknown,
        (_, ["messages", "count_tokens"] | ["messages", "batches", ..]) => Endpoint::NoCalls,
        (_, ["models" | "files" | "complete", ..]) => Endpoint::NoCalls,
        _ => Endpoint::Unknown,
    }
}

/// Models of other makers that Vertex serves in the maker's own format.
fn published_model(target: &Target) -> Option<Endpoint> {
    let (model, verb) = target.segments.last()?.split_once(':')?;
    let at = target.segments.iter().position(|segment| segment == "publishers")?;
    let format = match target.segments.get(at + 1)?.as_str() {
        "anthropic" => WireFormat::AnthropicMessages,
        "mistralai" => WireFormat::OpenAiChat,
        _ => return None,
    };
    Some(match verb {
        "rawpredict" | "streamrawpredict" if model == "count-tokens" => Endpoint::NoCalls,
        "rawpredict" | "streamrawpredict" => Endpoint::Gated(format),
        _ => Endpoint::Unknown,
    })
}

fn gemini(method: &str, target: &Target) -> Endpoint {
    if let Some(endpoint) = published_model(target) {
        return endpoint;
    }
    let speaks_openai = target.segments.iter().any(|segment| segment == "openai" || segment == "openapi");
    if speaks_openai || target.ends_with(&["chat", "completions"]) {
        return openai(method, target);
    }
    let last = target.segments.last().map_or("", String::as_str);
    match last.rsplit_once(':') {
        Some((_, "generatecontent" | "streamgeneratecontent")) => Endpoint::Gated(WireFormat::Gemini),
        _ if !target.sure => Endpoint::Unknown,
        Some((
            _,
            "counttokens"
            | "computetokens"
            | "embedcontent"
            | "batchembedcontents"
            | "asyncbatchembedcontent"
            | "predict"
            | "predictlongrunning"
            | "fetchpredictoperation",
        )) => Endpoint::NoCalls,
        Some(_) => Endpoint::Unknown,
        None => match target.resource().as_slice() {
            ["models", ..] if method == "GET" => Endpoint::NoCalls,
            ["files" | "cachedcontents" | "filesearchstores" | "operations", ..] => Endpoint::NoCalls,
            ["upload", .., "files"] => Endpoint::NoCalls,
            ["projects", .., "cachedcontents"] | ["projects", .., "cachedcontents", _] => Endpoint::NoCalls,
            _ => Endpoint::Unknown,
        },
    }
}

fn openai(method: &str, target: &Target) -> Endpoint {
    let resource = target.resource();
    if target.ends_with(&["chat", "completions"]) || target.ends_with(&["agents", "completions"]) {
        return Endpoint::Gated(WireFormat::OpenAiChat);
    }
    if method == "POST" && target.ends_with(&["responses"]) {
        return Endpoint::Gated(WireFormat::OpenAiResponses);
    }
    match (method, resource.as_slice()) {
        _ if !target.sure => Endpoint::Unknown,
        (_, ["chat", "completions", _]) => Endpoint::Gated(WireFormat::OpenAiChat),
        (_, ["responses", "input_tokens", ..] | ["responses", _, "input_items", ..]) => Endpoint::NoCalls,
        (_, ["responses", ..]) => Endpoint::Gated(WireFormat::OpenAiResponses),
        (_, [first, ..]) if WITHOUT_CALLS.contains(first) => Endpoint::NoCalls,
        (_, ["fim", "completions"]) => Endpoint::NoCalls,
        _ => Endpoint::Unknown,
    }
}

/// First segments of resources whose replies ask for nothing.
const WITHOUT_CALLS: [&str; 26] = [
    "audio",
    "batches",
    "classify",
    "completions",
    "credits",
    "detokenize",
    "embeddings",
    "files",
    "fine_tuning",
    "generation",
    "images",
    "key",
    "language-models",
    "embedding-models",
    "image-generation-models",
    "models",
    "moderations",
    "ocr",
    "organization",
    "rerank",
    "score",
    "tokenize",
    "tokenize-text",
    "uploads",
    "vector_stores",
    "videos",
];

/// Segments that only lead to a resource.
const LEADING: [&str; 14] = [
    "api",
    "beta",
    "coding",
    "compatible-mode",
    "inference",
    "openai",
    "openapi",
    "paas",
    "v1",
    "v1alpha",
    "v1beta",
    "v2",
    "v3",
    "v4",
];

/// A request target as a list of segments in lower case, with percent-encoding undone.
struct Target {
    segments: Vec<String>,
    /// Whether every server takes it for the same path.
    sure: bool,
}

impl Target {
    fn read(path: &str) -> Self {
        let plain = path.split(['?', '#']).next().unwrap_or_default();
        let decoded = percent_decoded(plain);
        let segments: Vec<_> =
            decoded.split('/').filter(|segment| !segment.is_empty()).map(str::to_ascii_lowercase).collect();
        let odd = |segment: &String| segment == "." || segment == ".." || segment.contains(['%', '\\', ';']);
        let sure = decoded == plain && !plain.contains("//") && !segments.iter().any(odd);
        Self { segments, sure }
    }

    fn ends_with(&self, end: &[&str]) -> bool {
        let from = self.segments.len().saturating_sub(end.len());
        self.segments.get(from..).is_some_and(|tail| tail == end)
    }

    /// The segments after version and deployment.
    fn resource(&self) -> Vec<&str> {
        let mut rest: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        loop {
            rest = match rest.as_slice() {
                [lead, after @ ..] if LEADING.contains(lead) => after.to_vec(),
                ["deployments" | "engines", _, after @ ..] => after.to_vec(),
                _ => return rest,
            };
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|pair| core::str::from_utf8(pair).ok());
        match hex.filter(|_| byte == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) => {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Endpoint::{Gated, NoCalls, Unknown};
    use ProviderFormat as P;
    use WireFormat as W;

    #[track_caller]
    fn check(format: P, method: &str, path: &str, expect: Endpoint) {
        assert_eq!(classify(format, method, path), expect, "{method} {path} at {format:?}");
    }

    #[test]
    fn knows_anthropic() {
        check(P::Anthropic, "POST", "/v1/messages", Gated(W::AnthropicMessages));
        check(P::Anthropic, "POST", "/v1/messages?beta=true", Gated(W::AnthropicMessages));
        check(P::Anthropic, "POST", "/v1/m%65ssages/", Gated(W::AnthropicMessages));
        check(P::Anthropic, "POST", "/anthropic/v1/messages", Gated(W::AnthropicMessages));
        check(P::Anthropic, "POST", "/v1/messages/count_tokens?beta=true", NoCalls);
        check(P::Anthropic, "GET", "/v1/messages/batches/b/results", NoCalls);
        check(P::Anthropic, "GET", "/v1/models", NoCalls);
        check(P::Anthropic, "GET", "/v1/x/../models", Unknown);
        check(P::Anthropic, "POST", "/v1/sessions", Unknown);
        check(
            P::Anthropic,
            "POST",
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict",
            Gated(W::AnthropicMessages),
        );
    }

    #[test]
    fn knows_openai() {
        for path in [
            "/v1/chat/completions",
            "/api/v1/chat/completions",
            "/v1/chat%2Fcompletions",
            "/V1/Chat/Completions",
            "//v1/chat/completions",
            "/openai/deployments/X/chat/completions?api-version=2024-10-21",
            "/models/meta/v1/chat/completions",
            "/v1/agents/completions",
        ] {
            check(P::OpenAi, "POST", path, Gated(W::OpenAiChat));
        }
        check(P::OpenAi, "GET", "/v1/chat/completions/chatcmpl-1", Gated(W::OpenAiChat));
        for path in [
            "/v1/responses",
            "/openai/v1/responses?x=1",
            "/v1/responses/resp_1/cancel",
            "/v1/responses/compact",
        ] {
            check(P::OpenAi, "POST", path, Gated(W::OpenAiResponses));
        }
        check(P::OpenAi, "GET", "/v1/responses/resp_1?stream=true", Gated(W::OpenAiResponses));
        for path in [
            "/v1/responses/resp_1/input_items",
            "/v1/responses/input_tokens",
            "/v1/embeddings",
            "/v1/models",
            "/v1/files/f/content",
            "/v1/completions",
            "/openai/deployments/X/embeddings?api-version=1",
            "/v1/audio/transcriptions",
        ] {
            check(P::OpenAi, "POST", path, NoCalls);
            check(P::OpenAiChat, "POST", path, NoCalls);
        }
        check(P::OpenAi, "DELETE", "/v1/responses/resp_1", NoCalls);
        for path in [
            "/v1/assistants",
            "/v1/threads/t/runs",
            "/v1/realtime",
            "/v1/mod%65ls",
            "/v1/a/../models",
            "/",
            "",
        ] {
            check(P::OpenAi, "POST", path, Unknown);
            check(P::OpenAiChat, "POST", path, Gated(W::OpenAiChat));
        }
        check(P::OpenAiChat, "POST", "/api/v2/cortex/inference:complete", Gated(W::OpenAiChat));
    }

    #[test]
    fn knows_gemini() {
        for path in [
            "/v1beta/models/gemini-2.5-pro:generateContent",
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            "/v1beta/models/gemini-2.5-pro%3AstreamGenerateContent",
            "/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent?alt=sse",
            "/v1internal:streamGenerateContent?alt=sse",
        ] {
            check(P::Gemini, "POST", path, Gated(W::Gemini));
        }
        check(P::Gemini, "POST", "/v1beta/openai/chat/completions", Gated(W::OpenAiChat));
        check(
            P::Gemini,
            "POST",
            "/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict",
            Gated(W::AnthropicMessages),
        );
        for path in [
            "/v1beta/models/g:countTokens",
            "/v1beta/models/g:embedContent",
            "/v1beta/cachedContents",
            "/upload/v1beta/files",
        ] {
            check(P::Gemini, "POST", path, NoCalls);
        }
        check(P::Gemini, "GET", "/v1beta/models", NoCalls);
        for path in ["/v1beta/interactions", "/v1beta/models/g:bidiGenerateContent", "/v1beta/models"] {
            check(P::Gemini, "POST", path, Unknown);
        }
    }
}
