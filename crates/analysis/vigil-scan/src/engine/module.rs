//! Where the module lies that another file imports.

use std::path::{Path, PathBuf};

use crate::deps::plain;

/// The file of a module of Python's, by its dotted path with the dots of a relative import in front. An empty path with dots
/// is the package itself.
pub(super) fn python(
    module: &str,
    level: usize,
    home: &Path,
    known: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let folder = home.parent().unwrap_or(Path::new(""));
    let within = |base: &Path| {
        let stem: PathBuf =
            module.split('.').filter(|part| !part.is_empty()).fold(base.to_owned(), |at, part| at.join(part));
        let named = !module.is_empty();
        let file = named.then(|| stem.with_extension("py"));
        let package = stem.join("__init__.py");
        let found = file.into_iter().chain([package]).map(|path| plain(&path));
        found.into_iter().find(|path| path != home && known(path))
    };
    match level {
        0 if module.is_empty() => None,
        // The nearest directory above that the path may start from.
        0 => folder.ancestors().find_map(|base| within(base).or_else(|| within(&base.join("src")))),
        level => within(folder.ancestors().nth(level - 1)?),
    }
}

/// Endings that an import of JavaScript's may leave out.
const ENDINGS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];

/// The file of a module of JavaScript's that is imported by a relative path.
pub(super) fn javascript(module: &str, home: &Path, known: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    if !module.starts_with('.') {
        return None;
    }
    let whole = plain(&home.parent().unwrap_or(Path::new("")).join(module));
    if known(&whole) {
        return Some(whole);
    }
    // TypeScript imports `x.js` where `x.ts` lies.
    let stem = match whole.extension().and_then(|end| end.to_str()) {
        Some(end) if ENDINGS.contains(&end) => whole.with_extension(""),
        _ => whole,
    };
    let with = |stem: &Path, end: &str| {
        let mut name = stem.as_os_str().to_owned();
        name.push(".");
        name.push(end);
        PathBuf::from(name)
    };
    let beside = ENDINGS.iter().map(|end| with(&stem, end));
    let index = ENDINGS.iter().map(|end| with(&stem.join("index"), end));
    beside.chain(index).find(|path| path != home && known(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Option<PathBuf>, expect: Option<&str>) {
        assert_eq!(found.as_deref(), expect.map(Path::new));
    }

    #[test]
    fn modules_of_python_are_files_and_packages() {
        let known = |path: &Path| {
            ["app/a.py", "app/b/__init__.py", "src/lib/c.py", "app/__init__.py"]
                .iter()
                .any(|known| path == Path::new(known))
        };
        let home = Path::new("app/x/y.py");
        check(python("a", 2, home, &known), Some("app/a.py"));
        check(python("app.b", 0, home, &known), Some("app/b/__init__.py"));
        check(python("lib.c", 0, home, &known), Some("src/lib/c.py"));
        check(python("", 2, home, &known), Some("app/__init__.py"));
        check(python("", 0, home, &known), None);
        check(python("a", 90, home, &known), None);
    }

    #[test]
    fn modules_of_javascript_are_files_with_or_without_their_ending() {
        let known =
            |path: &Path| ["test/util.ts", "test/all/index.js"].iter().any(|known| path == Path::new(known));
        let home = Path::new("test/x/y.test.ts");
        check(javascript("../util", home, &known), Some("test/util.ts"));
        check(javascript("../util.js", home, &known), Some("test/util.ts"));
        check(javascript("../all", home, &known), Some("test/all/index.js"));
        check(javascript("util", home, &known), None);
        check(javascript("../../../../util", home, &known), None);
    }
}
