use std::sync::LazyLock;

use super::*;

/// Lists of the tests' own: what a name is mistaken for must not change with the lists that ship.
static POPULAR: LazyLock<Popular> = LazyLock::new(|| {
    Popular::of_names(
        "requests numpy pandas django flask fastapi sqlalchemy scikit-learn python-dateutil tensorflow langchain \
         pytest-asyncio cryptography colorama httpx typing-extensions flake8 black psycopg psycopg2 x-transformers fastai \
         pydantic-core charset-normalizer google-auth hypothesis tqdm boto3 botocore attrs black",
        "express react lodash axios typescript chalk cross-env @types/node @types/react @babel/core preact vue vite \
         vitest lodash-es redux ws fs-extra",
    )
});

fn found(ecosystem: Ecosystem, name: &str) -> Option<String> {
    POPULAR.look_alike(ecosystem, name, 0.85).map(|found| found.name)
}

#[track_caller]
fn pypi(name: &str, expect: &str) {
    assert_eq!(found(Ecosystem::PyPi, name).as_deref().unwrap_or(""), expect, "{name}");
}

#[track_caller]
fn npm(name: &str, expect: &str) {
    assert_eq!(found(Ecosystem::Npm, name).as_deref().unwrap_or(""), expect, "{name}");
}

#[test]
fn slips_in_long_names_are_found() {
    pypi("reqeusts", "requests");
    pypi("requets", "requests");
    pypi("cryptograpy", "cryptography");
    pypi("SQLAlchemyy", "sqlalchemy");
    pypi("scikit.lern", "scikit-learn");
    pypi("python_dateutils", "python-dateutil");
    pypi("tensorflwo", "tensorflow");
    pypi("langchian", "langchain");
    pypi("pytest-asynico", "pytest-asyncio");
    npm("expresss", "express");
    npm("expres", "express");
    npm("typscript", "typescript");
}

#[test]
fn slips_in_short_names_are_found() {
    pypi("numppy", "numpy");
    pypi("pandsa", "pandas");
    pypi("djagno", "django");
    pypi("falsk", "flask");
    npm("loadsh", "lodash");
    npm("raect", "react");
    npm("axois", "axios");
}

#[test]
fn known_names_and_their_neighbours_are_fine() {
    for name in [
        "psycopg",
        "psycopg2",
        "x-transformers",
        "fastai",
        "fastapi",
        "httpx",
        "typing_extensions",
        "flake8",
        "black",
    ] {
        pypi(name, "");
    }
    for name in [
        "preact",
        "react",
        "vue",
        "vite",
        "vitest",
        "lodash-es",
        "redux",
        "@babel/anything",
        "ws",
        "@types/anything",
    ] {
        npm(name, "");
    }
    for name in ["orchard-core", "harvest-moon-toolkit", "zz-top-2", "rekwests", "orchard-jwt-helpers"] {
        pypi(name, "");
    }
    for name in ["lantern-ui", "express-lantern-session", "@lantern/kit", "tensorflwo"] {
        npm(name, "");
    }
}

#[test]
fn separators_and_lookalike_letters_are_found() {
    npm("crossenv", "cross-env");
    npm("lоdash", "lodash");
    pypi("c0lorama", "colorama");
    pypi("pythondateutil", "python-dateutil");
}

#[test]
fn scopes_and_words_are_found() {
    npm("types-node", "@types/node");
    npm("@types-node", "@types/node");
    npm("@bable/core", "@babel/core");
    pypi("requests-python", "requests");
    npm("lodashjs", "lodash");
}

#[test]
fn a_raised_threshold_hides_what_is_farther_away() {
    assert_eq!(POPULAR.look_alike(Ecosystem::PyPi, "reqeusts", 0.95), None);
    assert_eq!(POPULAR.look_alike(Ecosystem::PyPi, "numppy", 0.95), None);
    assert!(POPULAR.look_alike(Ecosystem::PyPi, "rekwests", 0.75).is_some());
    assert_eq!(POPULAR.look_alike(Ecosystem::PyPi, "reqeusts", 1.0), None);
}

#[test]
fn no_well_known_name_is_mistaken_for_another() {
    for ecosystem in [Ecosystem::PyPi, Ecosystem::Npm] {
        for (name, _) in &POPULAR.of(ecosystem).all {
            assert_eq!(POPULAR.look_alike(ecosystem, name, 0.85), None, "{name}");
        }
    }
}

#[test]
fn the_similarity_is_the_share_of_letters_that_stay() {
    let found = POPULAR.look_alike(Ecosystem::PyPi, "reqeusts", 0.85).unwrap();
    assert_eq!((found.similarity, found.way), (0.875, Way::Letters));
}

#[test]
fn hostile_names_are_no_trouble() {
    for name in ["", "-", "@", "@/", "é", "\u{0}", &"a".repeat(5_000), "@/@/"] {
        let _ = POPULAR.look_alike(Ecosystem::Npm, name, 0.01);
        let _ = POPULAR.intended(Ecosystem::PyPi, name);
    }
}
