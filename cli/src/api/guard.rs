//! Who may speak to the local API: who knows the token, addresses it by its own name, and is no foreign web page.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The bearer token of the local API. It does not print.
#[derive(Clone)]
pub(crate) struct Token(Arc<Zeroizing<String>>);

impl Token {
    /// Makes a token and writes it to `DIR/api-token`, mode 0600. Each start makes a new one.
    pub(crate) fn create(state_dir: &Path) -> anyhow::Result<Self> {
        let mut random = Zeroizing::new([0u8; 32]);
        getrandom::fill(random.as_mut_slice()).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice()));
        crate::paths::write_private(&state_dir.join("api-token"), text.as_bytes())?;
        Ok(Self(Arc::new(text)))
    }

    fn is(&self, said: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(said).into()
    }
}

/// The three checks.
pub(crate) struct Guard {
    token: Token,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Guard {
    pub(crate) fn new(token: Token, address: SocketAddr) -> Self {
        let hosts = vec![address.to_string(), format!("localhost:{}", address.port())];
        let origins = hosts.iter().map(|host| format!("http://{host}")).collect();
        Self { token, hosts, origins }
    }

    fn refusal(&self, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
        let only = |name: header::HeaderName| {
            let mut values = headers.get_all(name).iter();
            (values.next().map(|value| value.as_bytes()), values.next().is_some())
        };
        let (host, several) = only(header::HOST);
        if several || !host.is_some_and(|host| self.hosts.iter().any(|own| own.as_bytes() == host)) {
            return Some((StatusCode::MISDIRECTED_REQUEST, "wrong_host"));
        }
        let (origin, several) = only(header::ORIGIN);
        let foreign = |origin: &[u8]| !self.origins.iter().any(|own| own.as_bytes() == origin);
        if several || origin.is_some_and(foreign) {
            return Some((StatusCode::FORBIDDEN, "foreign_origin"));
        }
        let (said, several) = only(header::AUTHORIZATION);
        let known =
            said.and_then(|said| said.strip_prefix(b"Bearer ")).is_some_and(|said| self.token.is(said));
        (several || !known).then_some((StatusCode::UNAUTHORIZED, "wrong_token"))
    }
}

/// Whether the peer of a connection has shown the token. The connection puts it into each of its requests.
#[derive(Clone, Default)]
pub(super) struct Admitted(Arc<AtomicBool>);

impl Admitted {
    fn admit(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_admitted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lets a request pass, or answers it with a small code and ends its connection.
pub(crate) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.refusal(request.headers()) {
        None => {
            if let Some(admitted) = request.extensions().get::<Admitted>() {
                admitted.admit();
            }
            next.run(request).await
        }
        Some((status, code)) => {
            let mut response = (status, axum::Json(serde_json::json!({ "error": code }))).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            if status == StatusCode::UNAUTHORIZED {
                headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let token = Token(Arc::new(Zeroizing::new("right".to_owned())));
        Guard::new(token, "127.0.0.1:8791".parse().unwrap())
    }

    #[track_caller]
    fn check(headers: &[(header::HeaderName, &str)], expect: Option<&str>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        assert_eq!(guard().refusal(&map).map(|(_, code)| code), expect, "{headers:?}");
    }

    const HOST: (header::HeaderName, &str) = (header::HOST, "127.0.0.1:8791");
    const TOKEN: (header::HeaderName, &str) = (header::AUTHORIZATION, "Bearer right");

    #[test]
    fn lets_the_right_caller_pass() {
        check(&[HOST, TOKEN], None);
        check(&[(header::HOST, "localhost:8791"), TOKEN, (header::ORIGIN, "http://localhost:8791")], None);
    }

    #[test]
    fn refuses_everybody_else() {
        check(&[HOST], Some("wrong_token"));
        check(&[HOST, (header::AUTHORIZATION, "Bearer wrong")], Some("wrong_token"));
        check(&[HOST, TOKEN, TOKEN], Some("wrong_token"));
        check(&[TOKEN], Some("wrong_host"));
        check(&[(header::HOST, "evil.example"), TOKEN], Some("wrong_host"));
        check(&[(header::HOST, "127.0.0.1:80"), TOKEN], Some("wrong_host"));
        check(&[HOST, TOKEN, (header::ORIGIN, "https://evil.example")], Some("foreign_origin"));
        check(&[HOST, TOKEN, (header::ORIGIN, "null")], Some("foreign_origin"));
    }
}
