//! The routes; `docs/spec/local-api.json` describes each of them, and a test compares the two.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use vigil_core::HoldId;
use vigil_core::message::{AnalysisInput, ModelsState, PolicyInput, Said, UserAnswer, VaultInput};

use super::guard::{Guard, check};
use super::view::{Models, View};
use super::{Surface, stream};

/// Method and path of each route, as the OpenAPI file names them.
#[cfg(test)]
pub(crate) const ROUTES: [(&str, &str); 8] = [
    ("get", "/v1/status"),
    ("get", "/v1/holds"),
    ("post", "/v1/holds/{id}"),
    ("get", "/v1/actions"),
    ("get", "/v1/events"),
    ("post", "/v1/seal"),
    ("get", "/v1/models"),
    ("post", "/v1/models/reset"),
];

const LARGEST_BODY: usize = 16 << 10;
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
const SEAL_PATIENCE: Duration = Duration::from_secs(15);

pub(crate) fn router(surface: Arc<Surface>, guard: Guard) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/holds", get(holds))
        .route("/v1/holds/{id}", post(answer))
        .route("/v1/actions", get(actions))
        .route("/v1/events", get(events).layer(Extension(stream::room())))
        .route("/v1/seal", post(seal))
        .route("/v1/models", get(models))
        .route("/v1/models/reset", post(reset_models))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "no_such_route") })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::new(guard), check))
        .with_state(surface)
}

fn refusal(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

async fn status(State(surface): State<Arc<Surface>>) -> Json<Value> {
    Json(surface.view.status((surface.clock)()))
}

async fn holds(State(surface): State<Arc<Surface>>) -> Json<Value> {
    Json(json!({ "holds": surface.view.holds() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    answer: String,
}

/// Passes the answer to Policy and waits until the hold is over, so that the caller knows what became of it.
async fn answer(
    State(surface): State<Arc<Surface>>,
    Path(id): Path<String>,
    body: Result<Json<AnswerBody>, axum::extract::rejection::JsonRejection>,
) -> Response {
    let Ok(id) = HoldId::parse(&id) else {
        return refusal(StatusCode::NOT_FOUND, "no_such_hold");
    };
    let Ok(Json(body)) = body else {
        return refusal(StatusCode::BAD_REQUEST, "malformed_body");
    };
    let Some(said) = Said::parse(&body.answer) else {
        return refusal(StatusCode::BAD_REQUEST, "unknown_answer");
    };
    let events = surface.view.subscribe();
    if !surface.view.has_hold(id) {
        return refusal(StatusCode::NOT_FOUND, "no_such_hold");
    }
    let at = (surface.clock)();
    if surface.policy.say_async(PolicyInput::UserAnswer(UserAnswer { id, said, at })).await.is_err() {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "policy_gone");
    }
    let wanted = id.to_string();
    let closed = View::wait_for(events, ANSWER_PATIENCE, |event| {
        let event = event.filter(|event| event.kind == "hold_closed")?;
        let data: Value = serde_json::from_str(&event.data).ok()?;
        (data.get("id").and_then(Value::as_str) == Some(&wanted)).then_some(data)
    });
    match closed.await {
        Some(data) => Json(data).into_response(),
        // The answer was taken; only its echo did not come.
        None => (StatusCode::ACCEPTED, Json(json!({ "id": wanted }))).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionsQuery {
    limit: Option<u32>,
    before: Option<u64>,
    tool: Option<String>,
    decision: Option<String>,
}

async fn actions(
    State(surface): State<Arc<Surface>>,
    query: Result<Query<ActionsQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else {
        return refusal(StatusCode::BAD_REQUEST, "malformed_query");
    };
    let wanted = crate::archive::Wanted {
        limit: query.limit.unwrap_or(100).clamp(1, 1000),
        before: query.before,
        tool: query.tool,
        decision: query.decision,
    };
    let state_dir = surface.state_dir.clone();
    match tokio::task::spawn_blocking(move || crate::archive::actions(&state_dir, &wanted)).await {
        Ok(Ok(actions)) => Json(json!({ "actions": actions })).into_response(),
        Ok(Err(error)) => {
            tracing::warn!("reading the record for the local API: {error:#}");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "store_unreadable")
        }
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "store_unreadable"),
    }
}

async fn events(State(surface): State<Arc<Surface>>, Extension(room): Extension<Arc<Semaphore>>) -> Response {
    match stream::events(surface.view.subscribe(), room) {
        Some(events) => events.into_response(),
        None => refusal(StatusCode::SERVICE_UNAVAILABLE, "too_many_watchers"),
    }
}

/// Answers when everything that is recorded now is sealed. Calls are decided and recorded meanwhile.
async fn seal(State(surface): State<Arc<Surface>>) -> Response {
    let events = surface.view.subscribe();
    // Given before it is said: whoever has the lower number asked first (bus.md §3).
    let number = surface.seals_wanted.fetch_add(1, Ordering::Relaxed) + 1;
    if surface.vault.say_async(VaultInput::SealWanted(number)).await.is_err() {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "vault_gone");
    }
    let sealed = || surface.view.store().filter(|store| store.sealed_for >= number);
    match View::wait_for(events, SEAL_PATIENCE, |_| sealed()).await {
        Some(store) => {
            Json(json!({ "records": store.records, "checkpoint": store.checkpoint })).into_response()
        }
        None => refusal(StatusCode::SERVICE_UNAVAILABLE, "not_sealed"),
    }
}

/// How the models are now, not a minute ago. What they learned is kept when it answers, or it says why not.
async fn models(State(surface): State<Arc<Surface>>) -> Response {
    match told_by_models(&surface, AnalysisInput::Models, |_| true).await {
        Ok(models) => Json(models.json()).into_response(),
        Err(refused) => refused,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    #[serde(default)]
    agent: Option<String>,
}

async fn reset_models(
    State(surface): State<Arc<Surface>>,
    body: Result<Json<ResetBody>, axum::extract::rejection::JsonRejection>,
) -> Response {
    let Ok(Json(body)) = body else {
        return refusal(StatusCode::BAD_REQUEST, "malformed_body");
    };
    let agent = body.agent.clone();
    let is_forgotten = move |models: &ModelsState| {
        models.agents.iter().all(|known| agent.as_ref().is_some_and(|agent| known.agent != *agent))
    };
    match told_by_models(&surface, AnalysisInput::Forget(body.agent), is_forgotten).await {
        Ok(Models { unkept: Some(why), .. }) => {
            let told = format!(
                "it is forgotten until Vigil ends, but the file could not be replaced and still has it ({why}); mend that and \
                 reset again"
            );
            let body = Json(json!({ "error": "not_kept", "told": told }));
            (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
        }
        Ok(models) => Json(models.json()).into_response(),
        Err(refused) => refused,
    }
}

/// Says this to Analysis and waits until it tells that the models are so. What they learned is kept before that is told.
async fn told_by_models(
    surface: &Surface,
    input: AnalysisInput,
    is_so: impl Fn(&ModelsState) -> bool,
) -> Result<Models, Response> {
    let events = surface.view.subscribe();
    let before = surface.view.models();
    if surface.analysis.say_async(input).await.is_err() {
        return Err(refusal(StatusCode::SERVICE_UNAVAILABLE, "analysis_gone"));
    }
    let told = || surface.view.models_since(before.as_ref()).filter(|models| is_so(&models.state));
    View::wait_for(events, ANSWER_PATIENCE, |_| told())
        .await
        .ok_or_else(|| refusal(StatusCode::SERVICE_UNAVAILABLE, "analysis_silent"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_names_the_routes_and_no_others() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/local-api.json");
        let description: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let described: BTreeSet<(String, String)> = description["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(|m| (m.clone(), path.clone()))
            })
            .collect();
        let routes: BTreeSet<(String, String)> =
            ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
        assert_eq!(described, routes);
    }
}
