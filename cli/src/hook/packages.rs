//! Names of packages: compared with well-known ones, and asked for at their registry when that may be done.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use vigil_scan::{
    Checked, Config, NoteKind, Project, Registries, RuleId, SETTINGS_FILES, check_dependencies,
};

use super::install::Install;
use super::placed::Placed;
use super::workspace::members;
use crate::Context;
use crate::scan::{Addresses, Way};

/// An agent waits for the answer: what is not known by then is not checked.
const DEADLINE: Duration = Duration::from_secs(2);

/// What can be said about a name before it is installed; the rest is for `vigil deps`.
const RULES: [RuleId; 3] = [RuleId::Dep001, RuleId::Dep003, RuleId::Dep007];

/// The network, as the hook may use it.
pub(crate) struct Online {
    offline: bool,
    addresses: Addresses,
    way: Way,
}

impl Online {
    /// As the command line and the environment say.
    pub(crate) fn of(context: &Context, offline: bool) -> Self {
        Self { offline, addresses: Addresses::of(context), way: Way::of(context, DEADLINE) }
    }

    /// Checks one manifest as if its text stood in its place, with what a command says of where packages come from.
    pub(super) fn check(
        &self,
        placed: &Placed,
        text: &str,
        said: &BTreeMap<String, String>,
        config: &Config,
    ) -> Checked {
        let mut config = config.clone();
        config.deps.offline |= self.offline;
        self.addresses.over(&mut config.deps);
        let hurried = self.way.hurried(true);
        let mut registries = self.way.registries(&hurried);
        for (name, value) in said {
            hear(&mut registries.settings, name, value);
        }
        check(placed, text, config, registries)
    }
}

/// What the environment holds private stays so.
fn hear(settings: &mut BTreeMap<String, String>, name: &str, value: &str) {
    match settings.get_mut(name).filter(|_| name == "GOPRIVATE") {
        Some(known) => *known = format!("{known},{value}"),
        None => {
            settings.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn check(placed: &Placed, text: &str, mut config: Config, mut registries: Registries<'_>) -> Checked {
    if placed.file.file_name().is_some_and(|name| name == "package.json") {
        let whole = placed.root.join(&placed.file);
        let Some(members) = members(whole.parent().unwrap_or(&placed.root), &placed.root) else {
            let message = format!(
                "the workspace around `{}` is too large for a look at its members; what it names was not checked",
                placed.file.display()
            );
            return Checked { errors: vec![message], ..Checked::default() };
        };
        config.deps.allow.extend(members);
    }
    for (rule, setting) in &mut config.rules {
        setting.enabled &= RULES.contains(rule);
    }
    // What is nearer is read later, and holds.
    let above: Vec<&Path> = placed.root.ancestors().skip(1).collect();
    let inherited = || SETTINGS_FILES.iter().filter(|file| file.inherited);
    let inherited =
        above.iter().rev().flat_map(|above| inherited().map(|file| (file.kind, above.join(file.name))));
    registries.settings_files.extend(inherited.filter(|(_, path)| path.is_file()));
    // Manifests, lock files and settings beside it and above tell what is private; the rest of the project is not read.
    let project = Project {
        root: placed.root.clone(),
        files: vec![placed.file.clone()],
        contents: BTreeMap::from([(placed.file.clone(), text.as_bytes().to_vec())]),
        ..Project::default()
    };
    let mut checked = check_dependencies(&project, &config, &registries, jiff::Timestamp::now());
    // What it includes is not what is about to be written.
    checked.findings.retain(|finding| finding.file == placed.file);
    checked
}

/// The manifests that would declare what a command installs.
pub(super) fn manifests(install: &Install) -> Vec<(&'static str, String)> {
    let mut manifests = Vec::new();
    if !install.pypi.is_empty() {
        manifests.push(("requirements.txt", install.pypi.join("\n") + "\n"));
    }
    // These read the indexes of the project's own manifest, and what stands below it shares them.
    if !install.pyproject.is_empty() {
        let project = serde_json::json!(install.pyproject);
        manifests.push(("pyproject.toml", format!("[project]\ndependencies = {project}\n")));
    }
    if !install.pipfile.is_empty() {
        let lines = install.pipfile.iter().map(|line| {
            let (name, version) = line.split_once("==").unwrap_or((line, ""));
            let version = if version.is_empty() { "*".to_owned() } else { format!("=={version}") };
            format!("\"{name}\" = \"{version}\"\n")
        });
        manifests.push(("Pipfile", format!("[packages]\n{}", lines.collect::<String>())));
    }
    if !install.npm.is_empty() {
        let dependencies: serde_json::Map<String, serde_json::Value> = install
            .npm
            .iter()
            .map(|(name, version)| (name.clone(), version.as_deref().unwrap_or("*").into()))
            .collect();
        manifests.push(("package.json", serde_json::json!({ "dependencies": dependencies }).to_string()));
    }
    if !install.cargo.is_empty() {
        let lines = install.cargo.iter().map(|(name, version)| {
            let version = version.as_deref().map_or_else(|| "*".to_owned(), |version| format!("={version}"));
            format!("{name} = \"{version}\"\n")
        });
        manifests.push(("Cargo.toml", format!("[dependencies]\n{}", lines.collect::<String>())));
    }
    if !install.go.is_empty() {
        let lines = install
            .go
            .iter()
            .map(|(name, version)| format!("require {name} {}\n", version.as_deref().unwrap_or("latest")));
        manifests.push(("go.mod", lines.collect()));
    }
    manifests
}

/// Whether a file declares packages.
pub(super) fn is_manifest(path: &Path) -> bool {
    vigil_scan::is_manifest(path)
}

/// Registries that did not answer: for the log.
pub(super) fn silent(checked: &Checked) -> impl Iterator<Item = String> {
    let notes = checked.notes.iter().filter(|note| note.kind == NoteKind::Registry);
    notes.map(|note| note.message.clone()).chain(checked.errors.iter().cloned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;

    use serde_json::Value;
    use vigil_scan::{Fetch, FetchError, FetchRequest, FetchResponse};

    use super::super::deed::Deed;
    use super::super::shell::deeds;
    use super::*;

    /// Public registries that have nothing, and what they were asked.
    #[derive(Default)]
    struct Empty(Mutex<Vec<String>>);

    impl Fetch for Empty {
        fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
            self.0.lock().unwrap().push(request.url.clone());
            Ok(FetchResponse { status: 404, ..FetchResponse::default() })
        }

        fn pause(&self, _: Duration) {}
    }

    /// A repository with these files.
    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files.iter().chain(&[(".git/HEAD", "ref: refs/heads/main\n")]) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// The findings about a text, and the questions.
    fn told(
        placed: &Placed,
        text: &str,
        settings: &BTreeMap<String, String>,
    ) -> (Vec<&'static str>, Vec<String>) {
        let empty = Empty::default();
        let registries =
            Registries { fetch: Some(&empty), settings: settings.clone(), ..Registries::default() };
        let checked = check(placed, text, Config::default(), registries);
        let found = checked.findings.iter().map(|finding| finding.rule.code()).collect();
        (found, empty.0.into_inner().unwrap())
    }

    #[track_caller]
    fn writes(folder: &tempfile::TempDir, file: &str, text: &str, expect: &[&str]) -> Vec<String> {
        let path = folder.path().join(file);
        assert!(is_manifest(&path), "{file}");
        let (found, asked) = told(&Placed::of(&path, folder.path()), text, &BTreeMap::new());
        assert_eq!(found, expect, "{file}: {asked:?}");
        asked
    }

    #[track_caller]
    fn runs(directory: &Path, command: &str, expect: &[&str]) -> Vec<String> {
        let deeds = deeds(&Value::String(command.to_owned()), directory);
        let [Deed::Install(install)] = deeds.as_slice() else { panic!("{command}: {deeds:?}") };
        let (mut all, mut questions) = (Vec::new(), Vec::new());
        for (name, text) in manifests(install) {
            let placed = Placed::unwritten(&install.directory, name);
            let (found, asked) = told(&placed, &text, &install.settings);
            all.extend(found);
            questions.extend(asked);
        }
        assert_eq!(all, expect, "{command}: {questions:?}");
        questions
    }

    #[test]
    fn a_member_of_an_android_build_sees_the_repositories_of_its_settings() {
        let settings =
            "dependencyResolutionManagement {\n  repositories {\n    google()\n    mavenCentral()\n  }\n}\n";
        let member = "dependencies {\n    implementation(\"androidx.core:core-ktx:1.13.1\")\n}\n";
        let catalogue = "[libraries]\ncore = { module = \"androidx.core:core-ktx\", version = \"1.13.1\" }\n";
        let app = repository(&[("settings.gradle.kts", settings)]);
        writes(&app, "app/build.gradle.kts", member, &[]);
        writes(&app, "gradle/libs.versions.toml", catalogue, &[]);
        let unknown = repository(&[("settings.gradle.kts", "rootProject.name = \"x\"\n")]);
        writes(&unknown, "app/build.gradle.kts", member, &["DEP-001"]);
    }

    #[test]
    fn a_member_of_a_cargo_workspace_keeps_private_names_to_itself() {
        let config = "[source.crates-io]\nreplace-with = \"corp\"\n[source.corp]\nregistry = \"sparse+https://cargo.corp.invalid/index/\"\n";
        let member = "[package]\nname = \"m\"\n[dependencies]\nacme-inner-ledger = \"1\"\n";
        let corp =
            repository(&[(".cargo/config.toml", config), ("Cargo.toml", "[workspace]\nmembers = [\"m\"]\n")]);
        assert_eq!(writes(&corp, "m/Cargo.toml", member, &[]), [""; 0]);
        assert_eq!(runs(&corp.path().join("m"), "cargo add acme-inner-ledger", &[]), [""; 0]);
        // Cargo reads the settings above a project, too.
        let above = tempfile::tempdir_in(corp.path()).unwrap();
        std::fs::create_dir_all(above.path().join(".git")).unwrap();
        assert_eq!(writes(&above, "Cargo.toml", member, &[]), [""; 0]);
        let public = repository(&[]);
        assert!(!writes(&public, "m/Cargo.toml", member, &["DEP-001"]).is_empty());
    }

    #[test]
    fn modules_of_the_own_organisation_are_installed() {
        let own = repository(&[("go.mod", "module github.com/acme-inner/shop\n\ngo 1.22\n")]);
        runs(own.path(), "go get github.com/acme-inner/ledger", &[]);
        runs(&own.path().join("cmd/shop"), "go get github.com/acme-inner/ledger@v1.2.3", &[]);
        runs(own.path(), "go get github.com/somebody-else/ledger", &["DEP-001"]);
    }

    #[test]
    fn what_the_command_says_is_private_is_not_asked() {
        let other = repository(&[("go.mod", "module example.org/shop\n")]);
        for said in
            ["GOPRIVATE=github.com/acme-inner", "GONOSUMDB='github.com/acme-inner/*'", "GOPROXY=direct"]
        {
            let command = format!("{said} go get github.com/acme-inner/ledger");
            assert_eq!(runs(other.path(), &command, &[]), [""; 0]);
        }
        let asked = runs(
            other.path(),
            "GOPRIVATE=github.com/acme-inner go get github.com/a/invented github.com/acme-inner/b",
            &["DEP-001"],
        );
        assert!(asked.iter().all(|url| url.contains("github.com/a/invented")), "{asked:?}");
        let mut settings = BTreeMap::from([("GOPRIVATE".to_owned(), "a.b".to_owned())]);
        hear(&mut settings, "GOPRIVATE", "c.d");
        hear(&mut settings, "GOPROXY", "off");
        assert_eq!(settings.into_values().collect::<Vec<_>>(), ["a.b,c.d", "off"]);
    }

    #[test]
    fn every_manifest_of_the_scanner_is_one() {
        for name in
            ["setup.py", "requirements.in", "requirements/base.txt", "environment.yml", "go.work", "go.mod"]
        {
            assert!(is_manifest(&PathBuf::from("/p").join(name)), "{name}");
        }
        assert!(!is_manifest(Path::new("/p/notes.txt")));
    }
    #[test]
    fn members_of_a_workspace_name_each_other() {
        let workspace = repository(&[
            ("package.json", "{\"workspaces\": [\"apps/*\", \"packages/*\"]}"),
            ("packages/ledger/package.json", "{\"name\": \"@acme-inner/ledger\"}"),
            ("packages/broken/package.json", "{"),
            ("apps/web/package.json", "{\"name\": \"web\"}"),
        ]);
        let web = workspace.path().join("apps/web");
        assert_eq!(runs(&web, "npm install @acme-inner/ledger", &[]), [""; 0]);
        let asked = runs(&web, "pnpm add @acme-inner/ledger invented-by-a-model", &["DEP-001"]);
        assert!(asked.iter().all(|url| url.contains("invented-by-a-model")), "{asked:?}");
        let text = "{\"dependencies\": {\n\"@acme-inner/ledger\": \"1\",\n\"invented-by-a-model\": \"1\"}}";
        writes(&workspace, "apps/web/package.json", text, &["DEP-001"]);
        let alone = repository(&[("package.json", "{\"name\": \"alone\"}")]);
        runs(alone.path(), "npm install @acme-inner/ledger", &["DEP-001"]);
    }

    #[test]
    fn tools_that_read_the_indexes_of_the_project_keep_private_names_to_themselves() {
        let poetry = "[tool.poetry]\nname = \"shop\"\n[[tool.poetry.source]]\nname = \"corp\"\nurl = \"https://pypi.corp.invalid/simple\"\n";
        let uv =
            "[project]\nname = \"shop\"\n[[tool.uv.index]]\nurl = \"https://pypi.corp.invalid/simple\"\n";
        for (manifest, command) in [
            (poetry, "poetry add acme-inner-ledger"),
            (uv, "uv add acme-inner-ledger"),
            (uv, "cd src && uv pip install acme-inner-ledger"),
            (uv, "pdm add acme-inner-ledger"),
        ] {
            let shop = repository(&[("pyproject.toml", manifest), ("src/a.py", "")]);
            assert_eq!(runs(shop.path(), command, &[]), [""; 0]);
            let public = repository(&[("pyproject.toml", "[project]\nname = \"shop\"\n"), ("src/a.py", "")]);
            runs(public.path(), command, &["DEP-001"]);
        }
        let pipfile =
            "[[source]]\nurl = \"https://pypi.corp.invalid/simple\"\nverify_ssl = true\nname = \"corp\"\n";
        let shop = repository(&[("Pipfile", pipfile)]);
        assert_eq!(runs(shop.path(), "pipenv install acme-inner-ledger", &[]), [""; 0]);
        // pip reads none of it.
        let shop = repository(&[("pyproject.toml", uv)]);
        runs(shop.path(), "pip install acme-inner-ledger", &["DEP-001"]);
    }
}
