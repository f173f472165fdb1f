//! The provider table: which hosts are AI providers, what they speak, and the token they have on record.
//!
//! The built-in part is data. A host that is in no row is tunnelled blind.

use vigil_core::wire::ProviderFormat;

/// One provider host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Which hosts it is about.
    pub host: HostPattern,
    /// The port.
    pub port: u16,
    /// Its token on record (`voaf.md` §5).
    pub token: String,
    /// What it speaks.
    pub format: ProviderFormat,
    /// Whether it is spoken to without TLS: a model server on this machine.
    pub plain: bool,
}

impl Provider {
    /// A provider that the user names. Its token is that of the built-in table where that knows the host, else it is
    /// made from the host's name.
    pub fn named(host: &str, port: u16, format: ProviderFormat) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let token = BUILT_IN
            .iter()
            .find(|row| HostPattern::parse(row.host).covers(&host))
            .map_or_else(|| token_of(&host), |row| row.token.to_owned());
        Self { host: HostPattern::parse(&host), port, token, format, plain: false }
    }
}

/// A host name, or all names below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// This host.
    Exact(String),
    /// `*.name`: every host below `name`, not `name` itself.
    Below(String),
}

impl HostPattern {
    /// Reads `host` or `*.name`.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("*.") {
            Some(name) => Self::Below(name.to_ascii_lowercase()),
            None => Self::Exact(text.trim_matches(['[', ']']).to_ascii_lowercase()),
        }
    }

    /// Whether `host`, in lower case, is meant.
    pub fn covers(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => name == host,
            Self::Below(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
        }
    }

    /// The name that a name constraint of the local CA permits for it.
    pub fn constraint(&self) -> &str {
        match self {
            Self::Exact(name) | Self::Below(name) => name,
        }
    }
}

/// The whole table. The user's rows come before the built-in ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// The built-in rows.
    pub fn built_in() -> Self {
        let rows = BUILT_IN.iter().map(|row| Provider {
            host: HostPattern::parse(row.host),
            port: row.port,
            token: row.token.to_owned(),
            format: row.format,
            plain: row.port != 443,
        });
        let vertex = VERTEX_REGIONS.iter().map(|region| Provider {
            host: HostPattern::Exact(format!("{region}-aiplatform.googleapis.com")),
            port: 443,
            token: "google".to_owned(),
            format: ProviderFormat::Gemini,
            plain: false,
        });
        Self(rows.chain(vertex).collect())
    }

    /// No rows: for tests and for tables that are the user's alone.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Puts a row of the user's before all others.
    pub fn add(&mut self, provider: Provider) {
        self.0.insert(0, provider);
    }

    /// The row for a host, in lower case, and a port.
    pub fn find(&self, host: &str, port: u16) -> Option<&Provider> {
        self.0.iter().find(|row| row.port == port && row.host.covers(host))
    }

    /// The row of a model server on this machine, whatever its port.
    pub fn find_plain(&self, host: &str) -> Option<&Provider> {
        self.0.iter().find(|row| row.plain && row.host.covers(host))
    }

    /// Whether the host is a provider's on any port. Plain HTTP to such a host is refused.
    pub fn knows_host(&self, host: &str) -> bool {
        self.0.iter().any(|row| row.host.covers(host) && !row.plain)
    }

    /// All rows.
    pub fn rows(&self) -> &[Provider] {
        &self.0
    }
}

/// The second-level label as a token: `api.example-ai.com` becomes `example-ai`.
fn token_of(host: &str) -> String {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return "unknown".to_owned();
    }
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let label = labels.iter().rev().nth(1).or(labels.first()).copied().unwrap_or_default();
    let token: String = label
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
        .take(32)
        .collect();
    let token = token.trim_start_matches('-');
    if token.is_empty() { "unknown".to_owned() } else { token.to_owned() }
}

struct Row {
    host: &'static str,
    port: u16,
    token: &'static str,
    format: ProviderFormat,
}

const fn row(host: &'static str, token: &'static str, format: ProviderFormat) -> Row {
    Row { host, port: 443, token, format }
}

use ProviderFormat::{Anthropic, Gemini, OpenAi};

const BUILT_IN: &[Row] = &[
    row("api.anthropic.com", "anthropic", Anthropic),
    row("api.openai.com", "openai", OpenAi),
    row("eu.api.openai.com", "openai", OpenAi),
    row("us.api.openai.com", "openai", OpenAi),
    // Codex with a ChatGPT login speaks Responses below /backend-api/codex.
    row("chatgpt.com", "openai", OpenAi),
    row("generativelanguage.googleapis.com", "google", Gemini),
    row("cloudcode-pa.googleapis.com", "google", Gemini),
    row("aiplatform.googleapis.com", "google", Gemini),
    row("*.openai.azure.com", "azure", OpenAi),
    row("*.services.ai.azure.com", "azure", OpenAi),
    row("openrouter.ai", "openrouter", OpenAi),
    row("api.groq.com", "groq", OpenAi),
    row("api.deepseek.com", "deepseek", OpenAi),
    row("api.x.ai", "xai", OpenAi),
    row("api.mistral.ai", "mistral", OpenAi),
    row("codestral.mistral.ai", "mistral", OpenAi),
    row("api.together.xyz", "together", OpenAi),
    row("api.together.ai", "together", OpenAi),
    row("api.fireworks.ai", "fireworks", OpenAi),
    row("api.cerebras.ai", "cerebras", OpenAi),
    row("api.sambanova.ai", "sambanova", OpenAi),
    row("api.moonshot.ai", "moonshot", OpenAi),
    row("api.moonshot.cn", "moonshot", OpenAi),
    row("dashscope.aliyuncs.com", "alibaba", OpenAi),
    row("dashscope-intl.aliyuncs.com", "alibaba", OpenAi),
    row("dashscope-us.aliyuncs.com", "alibaba", OpenAi),
    row("api.perplexity.ai", "perplexity", OpenAi),
    row("api.z.ai", "zai", OpenAi),
    row("open.bigmodel.cn", "zai", OpenAi),
    row("api.minimax.io", "minimax", OpenAi),
    row("router.huggingface.co", "huggingface", OpenAi),
    row("integrate.api.nvidia.com", "nvidia", OpenAi),
    row("models.github.ai", "github", OpenAi),
    row("api.githubcopilot.com", "github", OpenAi),
    row("*.githubcopilot.com", "github", OpenAi),
    Row { host: "localhost", port: 11434, token: "ollama", format: OpenAi },
    Row { host: "127.0.0.1", port: 11434, token: "ollama", format: OpenAi },
    Row { host: "::1", port: 11434, token: "ollama", format: OpenAi },
];

/// Regions of Vertex AI. Named one by one: a pattern would let the local CA speak for every Google API.
const VERTEX_REGIONS: &[&str] = &[
    "africa-south1",
    "asia-east1",
    "asia-east2",
    "asia-northeast1",
    "asia-northeast2",
    "asia-northeast3",
    "asia-south1",
    "asia-south2",
    "asia-southeast1",
    "asia-southeast2",
    "australia-southeast1",
    "australia-southeast2",
    "europe-central2",
    "europe-north1",
    "europe-southwest1",
    "europe-west1",
    "europe-west2",
    "europe-west3",
    "europe-west4",
    "europe-west6",
    "europe-west8",
    "europe-west9",
    "europe-west12",
    "me-central1",
    "me-central2",
    "me-west1",
    "northamerica-northeast1",
    "northamerica-northeast2",
    "southamerica-east1",
    "southamerica-west1",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-east5",
    "us-south1",
    "us-west1",
    "us-west2",
    "us-west3",
    "us-west4",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_is_below_it_only() {
        let pattern = HostPattern::parse("*.openai.azure.com");
        assert!(pattern.covers("mine.openai.azure.com"));
        assert!(!pattern.covers("openai.azure.com"));
        assert!(!pattern.covers(".openai.azure.com"));
        assert!(!pattern.covers("evilopenai.azure.com"));
    }

    #[test]
    fn every_token_obeys_the_record() {
        for row in Providers::built_in().rows() {
            let token = &row.token;
            assert!((1..=32).contains(&token.len()) && !token.starts_with('-'), "{token}");
            assert!(
                token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{token}"
            );
        }
    }

    #[test]
    fn the_users_row_comes_first() {
        let mut table = Providers::built_in();
        table.add(Provider::named("api.anthropic.com", 443, ProviderFormat::OpenAiChat));
        let found = table.find("api.anthropic.com", 443).unwrap();
        assert_eq!((found.format, found.token.as_str()), (ProviderFormat::OpenAiChat, "anthropic"));
    }

    #[test]
    fn a_new_host_gets_a_token_from_its_name() {
        assert_eq!(Provider::named("API.Example-AI.com", 8443, OpenAi).token, "example-ai");
        assert_eq!(Provider::named("10.0.0.1", 80, OpenAi).token, "unknown");
        assert_eq!(Provider::named("llm", 80, OpenAi).token, "llm");
    }

    #[test]
    fn plain_http_is_known_for_local_servers_only() {
        let table = Providers::built_in();
        assert!(table.knows_host("api.openai.com"));
        assert!(!table.knows_host("localhost"));
        assert!(table.find("localhost", 11434).unwrap().plain);
    }
}
