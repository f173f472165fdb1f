//! What a path says about the code in it.

use std::path::Path;

use super::name::words;

/// Directories that hold tests and what only tests use.
const TEST_DIRECTORIES: &[&str] = &[
    "test",
    "tests",
    "testing",
    "__tests__",
    "spec",
    "specs",
    "__mocks__",
    "fixtures",
    "testdata",
    "test_data",
    "test_utils",
    "e2e",
    "cypress",
];

/// Directories and name beginnings of code that only runs on a developer's machine.
const DEVELOPMENT: &[&str] = &["dev", "test", "local", "example", "tests", "testing"];

/// A test file, or one that lies among tests.
pub(super) fn is_test(path: &Path) -> bool {
    let mut parts = path.components().rev().filter_map(|part| part.as_os_str().to_str());
    let Some(file) = parts.next() else { return false };
    parts.any(|part| TEST_DIRECTORIES.contains(&part.to_ascii_lowercase().as_str())) || is_test_name(file)
}

fn is_test_name(file: &str) -> bool {
    let file = file.to_ascii_lowercase();
    let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
    if file.ends_with(".py") {
        return stem.starts_with("test_")
            || stem.ends_with("_test")
            || matches!(stem, "tests" | "test" | "conftest");
    }
    let last = stem.rsplit(['.', '-', '_']).next().unwrap_or(stem);
    matches!(last, "test" | "tests" | "spec" | "specs")
}

/// The path names itself as code for development, tests or examples.
pub(super) fn is_development(path: &Path) -> bool {
    path.components().filter_map(|part| part.as_os_str().to_str()).any(|part| {
        let part = part.to_ascii_lowercase();
        DEVELOPMENT.contains(&part.as_str())
            || ["dev_", "test_", "local_", "example_"].iter().any(|start| part.starts_with(start))
    })
}

/// A route that shows or changes what belongs to somebody.
pub(super) fn is_sensitive_route(path: &str) -> bool {
    const STARTS: &[&str] = &[
        "admin",
        "user",
        "account",
        "profile",
        "settings",
        "billing",
        "payment",
        "order",
        "private",
        "internal",
        "dashboard",
    ];
    let path = path.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let versioned_api = segments.windows(2).any(|pair| {
        matches!(pair, [api, version] if *api == "api" && version.starts_with('v')
            && version.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
    });
    let literal = || segments.iter().filter(|segment| !segment.starts_with([':', '{', '<', '[']));
    versioned_api
        || literal().any(|segment| STARTS.iter().any(|start| segment.starts_with(start)))
        || (literal().any(|segment| is_credential_word(segment)) && !is_entrance(&segments))
}

fn is_credential_word(segment: &str) -> bool {
    words(segment).iter().any(|word| {
        matches!(
            word.as_str(),
            "session"
                | "sessions"
                | "password"
                | "passwords"
                | "token"
                | "tokens"
                | "auth"
                | "apikey"
                | "apikeys"
        )
    })
}

/// Where people without a login have to get in.
fn is_entrance(segments: &[&str]) -> bool {
    const ENTRANCES: &[&str] = &[
        "login",
        "signin",
        "logout",
        "signout",
        "signup",
        "register",
        "callback",
        "authorize",
        "forgot",
        "reset",
        "csrf",
        "health",
        "status",
        "refresh",
        "verify",
        "confirm",
        "providers",
        "jwks",
    ];
    segments.iter().flat_map(|segment| words(segment)).any(|word| ENTRANCES.contains(&word.as_str()))
        || segments.windows(2).any(|pair| matches!(pair, ["sign" | "log", "in" | "out"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_test_files_by_name_and_by_directory() {
        for path in [
            "tests/a.py",
            "a/test_b.py",
            "b_test.py",
            "polls/tests.py",
            "x/price.list.spec.ts",
            "__tests__/a.js",
        ] {
            assert!(is_test(Path::new(path)), "{path}");
        }
        for path in ["contest.py", "src/latest.js", "attest_b.py", "testimony.ts", "src/inspect.ts"] {
            assert!(!is_test(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn knows_sensitive_routes() {
        for path in [
            "/users/{id}",
            "/Internal/Queue",
            "/api/v1/reports",
            "/sessions/active",
            "/shop/orders/all",
            "admin/",
        ] {
            assert!(is_sensitive_route(path), "{path}");
        }
        for path in ["/", "/health", "/catalog/{user}", "/authors", "/auth/callback", "/api/docs", "/ping"] {
            assert!(!is_sensitive_route(path), "{path}");
        }
    }
}
