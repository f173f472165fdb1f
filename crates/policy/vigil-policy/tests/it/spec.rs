//! `docs/spec/policy.md` and its vectors against the crate.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vigil_core::{Action, Argument, Effect, Magnitude, Provenance, Resource, Reversibility, Tier, Verb};
use vigil_policy::{Authority, Capability, PolicySource, Profile, Question, decide};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/spec")
}

#[test]
fn the_matrix_of_the_spec_is_the_one_in_force() {
    let spec = fs::read_to_string(root().join("policy.md")).unwrap();
    assert!(spec.contains(&Profile::matrix()), "put this into policy.md §7:\n{}", Profile::matrix());
}

#[test]
fn the_examples_of_the_spec_are_accepted() {
    let spec = fs::read_to_string(root().join("policy.md")).unwrap();
    let blocks: Vec<&str> =
        spec.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let (grants, policies): (Vec<&str>, Vec<&str>) =
        blocks.into_iter().partition(|block| block.contains("[[grant]]"));
    assert_eq!((policies.len(), grants.len()), (1, 1));
    let (policy, warnings) = PolicySource::parse(policies[0], "policy.md").unwrap();
    assert_eq!((policy.rule_count(), warnings.len()), (3, 0));
    assert_eq!(vigil_policy::parse_grants(grants[0]).unwrap().len(), 1);
}

#[test]
fn decides_all_vectors() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("vectors/policy")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "json")) {
        let vector: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for case in vector["cases"].as_array().unwrap() {
            let place = format!("{}: {}", file.display(), case["name"]);
            let policy = case["policy"].as_str().or(vector["policy"].as_str()).unwrap();
            check(policy, case, &place);
            cases += 1;
        }
    }
    assert!(cases >= 60, "only {cases} cases");
}

fn check(policy: &str, case: &Value, place: &str) {
    let expect = &case["expect"];
    let parsed = PolicySource::parse(policy, "policy.toml");
    if let Some(error) = expect["error"].as_str() {
        assert_eq!(parsed.map(|_| ()).map_err(|e| e.to_string()), Err(error.to_owned()), "{place}");
        return;
    }
    let (policy, warnings) = parsed.unwrap_or_else(|error| panic!("{place}: {error}"));
    let warned: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warned, strings(&expect["warnings"]), "{place}");
    if case["action"].is_null() {
        return;
    }
    let action = action(&case["action"]);
    let text = |key: &str, default: &str| case[key].as_str().unwrap_or(default).to_owned();
    let (provider, agent) = (text("provider", "anthropic"), text("agent", "claude-cli"));
    let capability = match text("capability", "unstated").as_str() {
        "inside" => Capability::Inside,
        "outside" => Capability::Outside,
        _ => Capability::Unstated,
    };
    let question = Question {
        action: &action,
        tier: Tier::parse(&text("tier", "tier0")).unwrap(),
        provider: &provider,
        agent: &agent,
        authority: Authority { capability, revoked: case["revoked"] == true },
        credential_read: case["credential_read"] == true,
    };
    let verdict = decide(&policy, &question);
    assert_eq!(verdict.outcome.token(), expect["outcome"], "{place}");
    if let Some(stops) = expect["stops"].as_bool() {
        assert_eq!(verdict.stops, stops, "{place}");
    }
    if let Some(class) = expect["class"].as_str() {
        assert_eq!(verdict.class.token(), class, "{place}");
    }
    if expect["path"].is_array() {
        let path: Vec<String> = verdict.path.steps().map(|(_, step)| policy.name_of(step)).collect();
        assert_eq!(path, strings(&expect["path"]), "{place}");
    }
}

fn action(value: &Value) -> Action {
    let provenance = |value: &Value| Provenance::parse(value.as_str().unwrap_or("model")).unwrap();
    let effects = value["effects"].as_array().unwrap().iter().map(|effect| Effect {
        verb: Verb::parse(effect["verb"].as_str().unwrap()).unwrap(),
        resource: resource(effect),
        reversibility: Reversibility::parse(effect["reversibility"].as_str().unwrap_or("partial")).unwrap(),
        magnitude: Magnitude {
            count: 1,
            recursive: effect["recursive"] == true,
            outward: effect["outward"] == true,
        },
        provenance: provenance(&effect["provenance"]),
        command: strings(&effect["by"]),
    });
    let arguments = strings(&value["arguments"]).into_iter().enumerate().map(|(at, token)| Argument {
        pointer: format!("/{at}"),
        provenance: Provenance::parse(&token).unwrap(),
    });
    let remark = value["remarks"].as_array().is_some_and(|all| all.iter().any(|r| r == "shell_not_parsed"));
    Action {
        tool: value["tool"].as_str().unwrap_or("tool").to_owned(),
        effects: effects.collect(),
        arguments: arguments.collect(),
        remarks: if remark { vec!["shell_not_parsed"] } else { Vec::new() },
    }
}

/// Exactly one of the keys says what the resource is.
fn resource(effect: &Value) -> Resource {
    let text = |key: &str| effect[key].as_str().map(str::to_owned);
    None.or_else(|| text("path").map(Resource::Path))
        .or_else(|| effect["command"].is_array().then(|| Resource::Command(strings(&effect["command"]))))
        .or_else(|| text("host").map(Resource::Host))
        .or_else(|| text("url").map(Resource::Url))
        .or_else(|| {
            let (ecosystem, name) = effect["package"].as_str()?.split_once(' ')?;
            Some(Resource::Package { ecosystem: ecosystem.into(), name: name.into() })
        })
        .or_else(|| {
            effect["recipients"]
                .is_array()
                .then(|| Resource::Message { recipients: strings(&effect["recipients"]) })
        })
        .or_else(|| {
            let payee = text("payee")?;
            Some(Resource::Money { amount: "1".into(), currency: "EUR".into(), payee })
        })
        .or_else(|| text("credential").map(Resource::Credential))
        .or_else(|| text("data_store").map(Resource::DataStore))
        .or_else(|| text("memory").map(Resource::Memory))
        .unwrap_or(Resource::Unknown)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}
