use std::path::{Path, PathBuf};

use super::*;
use crate::facts::Need;
use crate::source::Position;

/// A project on the disk, and what its code files import, one module for each line.
fn check(files: &[(&str, &str)], expect: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut project = Project { root: folder.path().to_owned(), ..Project::default() };
    for (path, text) in files {
        let whole = folder.path().join(path);
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        std::fs::write(whole, text).unwrap();
        project.files.push(PathBuf::from(path));
        if let Some(language) = Language::of_path(Path::new(path))
            .filter(|_| !path.ends_with("setup.py") && !path.contains(".config."))
        {
            let imports = text.lines().zip(1..).map(|(line, number)| PlacedImport {
                module: line.trim_start_matches(['?', '~']).to_owned(),
                need: match line.chars().next() {
                    Some('?') => Need::Tried,
                    Some('~') => Need::Late,
                    _ => Need::Firm,
                },
                start: Position { line: number, column: 1 },
                end: Position { line: number, column: 2 },
                line: line.to_owned(),
            });
            project.imports.push(FileImports {
                file: PathBuf::from(path),
                language,
                imports: imports.collect(),
            });
        }
    }
    project.files.sort();
    let manifests = crate::deps::load::manifests(&project, &mut Vec::new());
    let popular = Popular::of_names("flask requests pyyaml", "express lodash");
    let allowed = Allowed::new(&["corp*".to_owned()], &mut Vec::new());
    let found = undeclared(&project, &manifests, &popular, &allowed);
    let found: Vec<_> =
        found.iter().map(|one| (one.file.file.to_str().unwrap(), one.key.1.as_str())).collect();
    assert_eq!(found, expect);
}

#[test]
fn what_no_manifest_declares_is_found_with_the_name_of_its_package() {
    check(
        &[
            ("requirements.txt", "flask\n"),
            ("app.py", "os\nflask.views\nyaml\nmagic_orm.x\n.own\nrequests\nrequests.auth"),
        ],
        &[("app.py", "pyyaml"), ("app.py", "magic-orm"), ("app.py", "requests")],
    );
    check(
        &[
            ("package.json", "{\"dependencies\": {\"express\": \"1\", \"fork\": \"npm:@s/real@1\"}}"),
            ("a.ts", "express/lib\nfs\nnode:test\n./own\nghost/deep\n@s/p/x\nfork\n@s/real"),
        ],
        &[("a.ts", "ghost"), ("a.ts", "@s/p")],
    );
}

#[test]
fn distributions_with_other_names_provide_their_modules() {
    check(
        &[
            (
                "requirements.txt",
                "PyYAML\nopencv-contrib-python\nPillow\npython-foo\nbar-sdk\npybaz\nfastapi\ndjango-cors-headers\ngoogle-cloud-storage\nantlr4-python3-runtime",
            ),
            (
                "app.py",
                "yaml\ncv2\nPIL.Image\nfoo\nbar\nbaz\nstarlette.routing\ncorsheaders\ngoogle.cloud.storage\nantlr4",
            ),
        ],
        &[],
    );
}

#[test]
fn without_a_readable_manifest_nothing_is_said() {
    check(&[("app.py", "ghost")], &[]);
    check(&[("pyproject.toml", "[tool.ruff]\nline-length = 100\n"), ("app.py", "ghost")], &[]);
    check(&[("pyproject.toml", "[project\n"), ("requirements.txt", "flask\n"), ("app.py", "ghost")], &[]);
    check(&[("setup.py", "setup(install_requires=read('x'))"), ("app.py", "ghost")], &[]);
    check(&[("requirements.txt", "-r gone.txt\nflask\n"), ("app.py", "ghost")], &[]);
    check(&[("package.json", "{\"type\": \"module\"}"), ("a.js", "ghost")], &[]);
    check(&[("requirements.txt", "flask\n"), ("a.js", "ghost")], &[]);
}

#[test]
fn optional_allowed_and_installed_code_is_left_alone() {
    check(
        &[
            ("requirements.txt", "flask\n"),
            ("app.py", "?ghost\ncorp_tools\n_private\nx_pb2"),
            ("venv/lib/a.py", "ghost"),
        ],
        &[],
    );
}

#[test]
fn manifests_above_count_and_those_beside_do_not() {
    check(
        &[
            ("requirements/base.txt", "flask\n"),
            ("api/requirements.txt", "requests\n"),
            ("api/app.py", "flask\nrequests\nghost"),
            ("web/app.py", "flask\nrequests"),
        ],
        &[("api/app.py", "ghost"), ("web/app.py", "requests")],
    );
    check(
        &[
            ("package.json", "{\"name\": \"root\", \"devDependencies\": {\"jest\": \"1\"}}"),
            ("packages/a/package.json", "{\"name\": \"@r/a\", \"dependencies\": {\"lodash\": \"1\"}}"),
            ("packages/a/index.js", "lodash\njest\n@jest/globals\n@r/b\n@r/a"),
            ("packages/b/package.json", "{\"name\": \"@r/b\"}"),
            ("packages/b/index.js", "lodash"),
        ],
        &[("packages/b/index.js", "lodash")],
    );
}

#[test]
fn locked_packages_and_own_modules_are_known() {
    check(
        &[
            ("pyproject.toml", "[project]\nname='harvest'\ndependencies=['flask']\n"),
            ("uv.lock", "[[package]]\nname='werkzeug'\n[[package]]\nname='humans'\n"),
            ("src/harvest/__init__.py", ""),
            ("src/harvest/app.py", "harvest.db\nhumans\nhelpers"),
            ("helpers/x.py", ""),
        ],
        &[],
    );
}

#[test]
fn what_the_tests_install_is_known_to_the_project() {
    check(
        &[
            ("pyproject.toml", "[project]\nname='x'\n"),
            ("tests/requirements.txt", "pyyaml\n"),
            ("x/a.py", "yaml\nghost"),
            ("x/vendor/b.js", "ghost"),
        ],
        &[("x/a.py", "ghost")],
    );
}

#[test]
fn what_is_imported_when_it_is_called_is_left_to_the_registry() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = vec![manifest(folder.path())];
    let popular = Popular::of_names("flask", "");
    let allowed = Allowed::new(&[], &mut Vec::new());
    let mut project = Project { root: folder.path().to_owned(), ..Project::default() };
    let import = |module: &str, need| PlacedImport {
        module: module.to_owned(),
        need,
        start: Position { line: 1, column: 1 },
        end: Position { line: 1, column: 2 },
        line: format!("import {module}"),
    };
    project.imports = vec![FileImports {
        file: PathBuf::from("app.py"),
        language: Language::Python,
        imports: vec![
            import("firm_ghost", Need::Firm),
            import("late_ghost", Need::Late),
            import("types_ghost", Need::Types),
            import("tried_ghost", Need::Tried),
        ],
    }];
    let found = undeclared(&project, &manifests, &popular, &allowed);
    let told = |exists| -> Vec<&str> {
        let findings = found.iter().filter(|one| one.finding(&Config::default(), &popular, exists).is_some());
        findings.map(|one| one.module).collect()
    };
    assert_eq!(told(None), ["firm_ghost"]);
    assert_eq!(told(Some(true)), ["firm_ghost"]);
    assert_eq!(told(Some(false)), ["firm_ghost", "late_ghost"]);
}

fn manifest(root: &Path) -> Manifest {
    std::fs::write(root.join("requirements.txt"), "flask\n").unwrap();
    let project = Project {
        root: root.to_owned(),
        files: vec![PathBuf::from("requirements.txt")],
        ..Project::default()
    };
    crate::deps::load::manifests(&project, &mut Vec::new()).remove(0)
}

#[test]
fn trees_that_a_package_manager_filled_are_left_alone() {
    check(
        &[
            ("package.json", "{\"dependencies\": {\"express\": \"1\"}}"),
            ("copy/.package-lock.json", "{}"),
            ("copy/next/package.json", "{\"name\": \"next\", \"dependencies\": {\"a\": \"1\"}}"),
            ("copy/next/a.js", "ghost"),
            ("a.js", "ghost"),
        ],
        &[("a.js", "ghost")],
    );
}

#[test]
fn names_that_settings_of_bundlers_map_are_the_projects_own() {
    check(
        &[
            (
                "package.json",
                "{\"dependencies\": {\"express\": \"1\"}, \"browser\": {\"shimmed\": \"./shim.js\", \"./a\": \"./b\"}}",
            ),
            ("webpack.config.js", "module.exports = {resolve: {alias: {'private-pages': '/x'}}}"),
            ("src/a.js", "private-pages/_app\nshimmed\nghost"),
        ],
        &[("src/a.js", "ghost")],
    );
}
