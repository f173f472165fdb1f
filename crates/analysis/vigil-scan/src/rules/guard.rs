//! Names of what stands before a handler and lets only some people through.

use super::name::{any, glob, words};
use crate::facts::Endpoint;

/// Switches a guard off, or guards against something else than strangers.
const NO_GUARD: &[&str] = &[
    "optional",
    "anonymous",
    "public",
    "skip",
    "no",
    "not",
    "exempt",
    "without",
    "unauthenticated",
    "csrf",
    "xsrf",
    "cors",
    "throttle",
    "throttler",
    "throttling",
    "ratelimit",
    "limiter",
    "disable",
    "disabled",
];

/// Words that only guards carry.
const STRONG: &[&str] = &[
    "login",
    "logged",
    "loggedin",
    "signin",
    "jwt",
    "permission",
    "permissions",
    "perm",
    "perms",
    "role",
    "roles",
    "admin",
    "admins",
    "staff",
    "superuser",
    "superadmin",
    "guard",
    "guards",
    "guarded",
    "protect",
    "protected",
    "acl",
    "rbac",
    "abac",
    "bearer",
    "oauth",
    "oauth2",
    "oidc",
    "saml",
    "sso",
    "passport",
    "apikey",
    "hmac",
    "privilege",
    "privileges",
    "scope",
    "scopes",
    "security",
    "keycloak",
    "clerk",
    "cognito",
    "ability",
    "abilities",
    "owner",
    "ownership",
];

/// Words that guards share with other code.
const WEAK: &[&str] = &[
    "user",
    "users",
    "member",
    "principal",
    "identity",
    "account",
    "token",
    "tokens",
    "credential",
    "credentials",
    "access",
    "tenant",
    "current",
    "secret",
    "claims",
    "subject",
    "signature",
    "signed",
    "verified",
    "private",
    "restricted",
    "policy",
    "policies",
    "firebase",
    "supabase",
    "viewer",
    "caller",
    "actor",
    "session",
    "logon",
];

/// Last words of things that serve or hold data.
const HOLDERS: &[&str] = &[
    "service",
    "services",
    "repo",
    "repository",
    "schema",
    "dto",
    "model",
    "models",
    "db",
    "database",
    "store",
    "storage",
    "crud",
    "client",
    "form",
    "config",
    "settings",
    "manager",
    "factory",
    "params",
    "body",
    "payload",
    "query",
    "dao",
    "uow",
    "id",
    "ids",
    "data",
    "input",
    "filter",
    "filters",
    "engine",
    "connection",
    "conn",
    "cache",
    "redis",
    "url",
    "list",
];

/// What handlers do with things; no guard does.
const ACTIONS: &[&str] = &[
    "create",
    "update",
    "delete",
    "remove",
    "register",
    "reset",
    "upload",
    "parse",
    "list",
    "count",
    "rate",
    "limit",
    "log",
    "logger",
    "logging",
    "agent",
    "save",
    "send",
    "generate",
    "issue",
    "find",
    "fetch",
    "load",
    "paginate",
    "serialize",
];

/// Something stands before the handler that lets only some people through.
pub(super) fn is_guarded(endpoint: &Endpoint, more: &[String]) -> bool {
    stand_guard(&endpoint.guards, &endpoint.method, more)
}

/// A handler of this method changes nothing; guards are told apart by this alone.
pub(crate) fn reads(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Some of these let only some people through to a handler of this method.
pub(crate) fn stand_guard(guards: &[String], method: &str, more: &[String]) -> bool {
    let reads = reads(method);
    guards.iter().any(|name| {
        more.iter().any(|pattern| glob(pattern, name) || glob(pattern, last_part(name)))
            || (is_guard(name) && !(reads && lets_readers_through(name)))
    })
}

/// The name is one of a guard.
fn is_guard(name: &str) -> bool {
    let whole = words(name);
    if any(&whole, NO_GUARD) || allows_all(&whole) {
        return false;
    }
    let last = words(last_part(name));
    judges(&last)
        || (last.len() < whole.len() && judges(&whole) && !any(&last, HOLDERS) && !any(&last, ACTIONS))
}

fn judges(words: &[String]) -> bool {
    let Some(last) = words.last() else { return false };
    if HOLDERS.contains(&last.as_str()) {
        return false;
    }
    let verbs = &[
        "require", "required", "requires", "verify", "check", "validate", "ensure", "assert", "need",
        "needs", "is", "has", "must", "with", "enforce", "get",
    ];
    let key = any(words, &["key"])
        && any(words, &["api", "verify", "check", "require", "required", "service", "secret", "access"]);
    let strong = words.iter().any(|word| is_auth_word(word)) || any(words, STRONG) || key;
    if strong && !(words.len() > 1 && words.first().is_some_and(|first| ACTIONS.contains(&first.as_str()))) {
        return true;
    }
    if any(words, ACTIONS) {
        return false;
    }
    let validates_a_body = any(words, &["validate", "validator"])
        && any(words, &["user", "users", "account", "member", "identity"]);
    let session = any(words, &["session"]);
    let session_alone = session
        && !any(
            words,
            &[
                "require", "required", "requires", "verify", "check", "validate", "ensure", "valid",
                "server", "user", "current",
            ],
        );
    let weak = any(words, WEAK) && !validates_a_body && !session_alone;
    weak || (any(words, verbs) && any(words, &["webhook"]))
}

/// `auth`, `authenticate`, `isAuthorized`, `auth0`; not `author`.
fn is_auth_word(word: &str) -> bool {
    word.starts_with("auth") && !matches!(word, "author" | "authors" | "authored" | "authoring")
}

/// `AllowAny`, `permitAll`.
fn allows_all(words: &[String]) -> bool {
    any(words, &["allow", "permit", "allowany"]) && any(words, &["any", "all", "everyone", "allowany"])
}

/// `IsAuthenticatedOrReadOnly` guards what changes data.
fn lets_readers_through(name: &str) -> bool {
    let words = words(name);
    any(&words, &["readonly"]) || (any(&words, &["read"]) && any(&words, &["only"]))
}

fn last_part(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn guards(names: &[&str], expect: bool) {
        for name in names {
            assert_eq!(is_guard(name), expect, "{name}");
        }
    }

    #[test]
    fn knows_the_usual_guards() {
        guards(
            &[
                "get_current_user",
                "verify_token",
                "require_auth",
                "auth_required",
                "get_user",
                "check_auth",
                "authenticate",
                "verify_api_key",
                "get_api_key",
                "api_key_auth",
                "oauth2_scheme",
                "security",
                "HTTPBearer",
                "APIKeyHeader",
                "Security",
                "login_required",
                "jwt_required",
                "token_required",
                "permission_required",
                "roles_required",
                "admin_required",
                "api_key_required",
                "fresh_jwt_required",
                "isAuthenticated",
                "authMiddleware",
                "checkAuth",
                "ensureAuth",
                "passport.authenticate",
                "requireLogin",
                "isLoggedIn",
                "verifyJWT",
                "authGuard",
                "protect",
                "requireRole",
                "isAdmin",
                "apiKeyAuth",
                "auth",
                "checkToken",
                "validateToken",
                "current_active_member",
                "RolesGuard",
                "IsAuthenticated",
                "user_passes_test",
                "auth.required",
                "requireSession",
                "LoginRequiredMixin",
                "require_delete_permission",
                "@login_required",
                "getServerSession",
                "ClerkExpressRequireAuth",
                "ensureLoggedIn",
            ],
            true,
        );
    }

    #[test]
    fn knows_what_only_looks_like_one() {
        guards(
            &[
                "get_db",
                "get_session",
                "session",
                "csrf_protect",
                "csrf_exempt",
                "AllowAny",
                "ThrottlerGuard",
                "rate_limit",
                "get_auth_service",
                "get_user_repository",
                "get_user_manager",
                "UserCreate",
                "createUser",
                "validateUser",
                "express.json",
                "cors",
                "validate",
                "pagination",
                "author",
                "optionalAuth",
                "jwt_optional",
                "Public",
                "upload",
                "users.list",
                "get_user_db",
                "limiter.limit",
                "cache_page",
                "login_not_required",
            ],
            false,
        );
    }

    #[test]
    fn a_guard_that_lets_readers_through_guards_writers() {
        let endpoint = |method: &str| Endpoint {
            span: crate::source::Span::new(0, 1),
            method: method.to_owned(),
            path: "/users".to_owned(),
            framework: "drf",
            guards: vec!["IsAuthenticatedOrReadOnly".to_owned()],
            router: None,
        };
        assert!(is_guarded(&endpoint("POST"), &[]));
        assert!(!is_guarded(&endpoint("GET"), &[]));
        assert!(is_guarded(&endpoint("GET"), &["*readonly".to_owned()]));
    }
}
