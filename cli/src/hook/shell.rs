//! What a shell command installs and writes: `pip install X`, `cat > file <<EOF`.
//!
//! `vigil-decompose` reads the shell; here stands only what it does not say: the text of a here-document, since its
//! effects speak of files and not of contents. Texts in the words of a command are read by `spoken`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vigil_core::wire::{CallKind, WireCall};
use vigil_core::{Action, CallNumber, Resource, Verb};
use vigil_decompose::{Conversation, decompose};

use super::change::{Change, Write};
use super::deed::Deed;
use super::{install, spoken};

/// Longer commands are not read.
const MAX_COMMAND_BYTES: usize = 2 << 20;
/// Most here-documents of one command that are read.
const MAX_DOCUMENTS: usize = 50;

/// What the command does to files and packages.
pub(super) fn deeds(command: &Value, directory: &Path) -> Vec<Deed> {
    let text = match command {
        Value::String(text) => text.clone(),
        // Codex and others send words: `["bash", "-lc", "…"]`.
        Value::Array(words) => match words.last().and_then(Value::as_str) {
            Some(last) if words.len() > 2 => last.to_owned(),
            _ => String::new(),
        },
        _ => return Vec::new(),
    };
    if text.len() > MAX_COMMAND_BYTES {
        return Vec::new();
    }
    let (script, documents) = documents(&text);
    let mut deeds: Vec<Deed> =
        documents.iter().filter_map(|document| document.write(directory)).map(Deed::Write).collect();
    let whole = if documents.is_empty() { command.clone() } else { Value::String(script) };
    let action = action(&whole, directory);
    deeds.extend(spoken::deeds(&action, directory));
    deeds.extend(install::of(&action, &text, directory).map(Deed::Install));
    deeds
}

fn action(command: &Value, directory: &Path) -> Action {
    let call = WireCall {
        number: CallNumber(0),
        id: None,
        name: "Bash".to_owned(),
        arguments: json!({ "command": command }).to_string(),
        kind: CallKind::Client,
        duplicate_members: false,
    };
    let mut conversation = Conversation::new();
    conversation.set_working_directory(&directory.to_string_lossy());
    decompose(&call, &conversation)
}

/// A here-document and the command that reads it.
#[derive(Debug, PartialEq, Eq)]
struct Document {
    /// The command's line without the document, behind the lines that change the directory.
    command: String,
    /// The text.
    text: String,
}

impl Document {
    /// The file that gets the text, where the command does nothing but write it there.
    fn write(&self, directory: &Path) -> Option<Write> {
        if let Some(name) = interpreter(&self.command) {
            return Some(Write { path: directory.join(name), change: Change::Said(self.text.clone()) });
        }
        let action = action(&Value::String(self.command.clone()), directory);
        let effect = action.effects.iter().rev().find(|effect| effect.verb == Verb::Write)?;
        let Resource::Path(path) = &effect.resource else { return None };
        let program = effect.command.first().map(String::as_str)?;
        let appends = match program {
            "cat" => effect.command.iter().any(|word| word == ">>"),
            "tee" => effect.command.iter().any(|word| word == "-a" || word == "--append"),
            _ => return None,
        };
        if !spoken::is_known(path) {
            return None;
        }
        let change =
            if appends { Change::Append(self.text.clone()) } else { Change::Whole(self.text.clone()) };
        Some(Write { path: PathBuf::from(directory).join(path), change })
    }
}

/// The name under which a document is judged that an interpreter reads: `python - <<EOF`, `node <<EOF`.
fn interpreter(command: &str) -> Option<&'static str> {
    let last = command.lines().last()?.rsplit(['|', '&', ';']).next()?;
    let mut words = last.split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    // Whoever is given a file reads the document as data.
    if words.any(|word| {
        word != "-" && !(word.starts_with('-') && word.len() == 2 && word != "-c" && word != "-m")
    }) {
        return None;
    }
    match program {
        _ if program.starts_with("python") => Some("<command>.py"),
        "node" | "bun" => Some("<command>.js"),
        _ => None,
    }
}

/// The script without the texts of its here-documents, and the documents.
fn documents(script: &str) -> (String, Vec<Document>) {
    let (mut rest, mut documents, mut moves) = (String::new(), Vec::new(), String::new());
    let mut lines = script.lines();
    while let Some(line) = lines.next() {
        let Some(opening) = Opening::find(line).filter(|_| documents.len() < MAX_DOCUMENTS) else {
            if line.trim_start().starts_with("cd ") {
                moves.push_str(line);
                moves.push('\n');
            }
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut text = String::new();
        for line in lines.by_ref() {
            let line = if opening.indented { line.trim_start_matches('\t') } else { line };
            if line == opening.word {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        rest.push_str(&opening.command);
        rest.push('\n');
        documents.push(Document { command: format!("{moves}{}", opening.command), text });
    }
    (rest, documents)
}

/// `<<EOF` on a line.
struct Opening<'l> {
    /// The line without it.
    command: String,
    /// The word that ends the document.
    word: &'l str,
    /// `<<-`: tabs before a line do not count.
    indented: bool,
}

impl<'l> Opening<'l> {
    fn find(line: &'l str) -> Option<Self> {
        if line.trim_start().starts_with('#') {
            return None;
        }
        let (before, after) = line.split_once("<<")?;
        // `<<<` is a text of one word, and `$((1 << 2))` a number.
        if after.starts_with('<') || before.contains("$((") {
            return None;
        }
        let (indented, after) = match after.strip_prefix('-') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let after = after.trim_start().trim_start_matches('\\');
        let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let start = after.get(quote.map_or(0, char::len_utf8)..)?;
        let end = match quote {
            Some(quote) => start.find(quote)?,
            None => {
                start.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(start.len())
            }
        };
        let word = start.get(..end).filter(|word| !word.is_empty())?;
        let behind = start.get(end + quote.map_or(0, char::len_utf8)..)?;
        Some(Self { command: format!("{before} {behind}"), word, indented })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, path: &str, change: Change) {
        let found = deeds(&Value::String(command.to_owned()), Path::new("/p"));
        assert_eq!(found, [Deed::Write(Write { path: path.into(), change })], "{command}");
    }

    #[test]
    fn a_document_that_goes_into_a_file_is_a_write() {
        let whole = || Change::Whole("x = 1\n".to_owned());
        check("cat > a.py <<'EOF'\nx = 1\nEOF", "/p/a.py", whole());
        check("cat <<EOF > a.py\nx = 1\nEOF\n", "/p/a.py", whole());
        check("cat <<\"END OF\" >a.py\nx = 1\nEND OF\n", "/p/a.py", whole());
        check("cat <<-EOF > a.py\n\tx = 1\n\tEOF\n", "/p/a.py", whole());
        check("tee a.py <<EOF\nx = 1\nEOF", "/p/a.py", whole());
        check("cd web && cat > a.py <<EOF\nx = 1\nEOF", "/p/web/a.py", whole());
        check("cd web\ncat > a.py <<EOF\nx = 1\nEOF", "/p/web/a.py", whole());
        check("mkdir -p src && cat > src/a.py <<EOF\nx = 1\nEOF\nls", "/p/src/a.py", whole());
        check("cat >> a.py <<EOF\nx = 1\nEOF", "/p/a.py", Change::Append("x = 1\n".to_owned()));
        check("tee -a a.py <<EOF\nx = 1\nEOF", "/p/a.py", Change::Append("x = 1\n".to_owned()));
    }

    #[test]
    fn a_document_that_is_run_is_read_as_a_program() {
        let said = || Change::Said("x = 1\n".to_owned());
        check("python - <<'EOF'\nx = 1\nEOF", "/p/<command>.py", said());
        check("cd a && python3 <<EOF\nx = 1\nEOF", "/p/<command>.py", said());
        check("cat <<EOF | python\nx = 1\nEOF", "/p/<command>.py", said());
        check("node <<EOF\nx = 1\nEOF", "/p/<command>.js", said());
    }

    #[test]
    fn other_documents_are_not() {
        for command in [
            "python manage.py load <<EOF\nx = 1\nEOF",
            "cat > $HOME/a.py <<EOF\nx = 1\nEOF",
            "cat <<< text > a.py",
            "x=$((1 << 2))",
            "# cat > a.py <<EOF",
            "cat > a.py",
            "cat <<",
            "cat <<'",
        ] {
            assert_eq!(deeds(&Value::String(command.to_owned()), Path::new("/p")), [], "{command}");
        }
    }

    #[test]
    fn an_open_document_ends_with_the_command() {
        check("cat > a.py <<EOF\nx = 1", "/p/a.py", Change::Whole("x = 1\n".to_owned()));
    }

    #[test]
    fn a_text_in_a_document_installs_nothing() {
        let command = "cat > README.md <<EOF\npip install nothing-of-the-kind\nEOF";
        let found = deeds(&Value::String(command.to_owned()), Path::new("/p"));
        assert!(matches!(found.as_slice(), [Deed::Write(_)]), "{found:?}");
    }
}
