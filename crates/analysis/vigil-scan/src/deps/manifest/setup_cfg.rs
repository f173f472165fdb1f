//! `setup.cfg`: the lists of setuptools.

use std::path::PathBuf;

use super::{ini, requirement, span_of};
use crate::deps::declared::Contents;
use crate::source::Source;

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents::default();
    for line in ini::lines(&source.text) {
        let is_list = match line.section {
            "options" => matches!(line.key, "install_requires" | "setup_requires" | "tests_require"),
            "options.extras_require" => true,
            _ => false,
        };
        match (line.section, line.key) {
            ("metadata", "name") => contents.own_names.push(line.text.to_owned()),
            ("options", "py_modules") => {
                contents.own_names.extend(line.text.split([',', ' ']).map(str::to_owned))
            }
            _ => {}
        }
        contents.declares |= line.section == "options" || line.section == "options.extras_require";
        if !is_list {
            continue;
        }
        if let Some(file) = line.text.strip_prefix("file:") {
            for file in file.split(',').map(str::trim).filter(|file| !file.is_empty()) {
                let start = u32::try_from(line.at).unwrap_or(u32::MAX);
                contents.includes.push((PathBuf::from(file), span_of(start, line.text.len())));
            }
            continue;
        }
        // Several on one line are separated by semicolons, which begin markers, too; the first is enough then.
        contents.declared.extend(requirement::declared(line.text, line.at));
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lists_of_setuptools() {
        let text = "[metadata]\nname = harvest\n[options]\ninstall_requires =\n    a>=1\n    b[x]==2; os_name=='nt'\n[options.extras_require]\nt = c\n[flake8]\nd = e\n";
        let source = Source::new("setup.cfg", text.to_owned());
        let contents = parse(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                assert_eq!(source.slice(one.span), one.name);
                (one.name.as_str(), one.requirement.as_str(), source.position(one.span.start).line)
            })
            .collect();
        assert_eq!(found, [("a", ">=1", 5), ("b", "==2", 6), ("c", "", 8)]);
        assert_eq!(contents.own_names, ["harvest"]);
    }

    #[test]
    fn settings_of_tools_alone_are_no_manifest() {
        assert!(!parse(&Source::new("setup.cfg", "[flake8]\nmax-line-length = 100\n".to_owned())).declares);
    }
}
