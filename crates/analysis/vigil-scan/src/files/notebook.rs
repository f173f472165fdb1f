//! Code cells of Jupyter notebooks, as one Python text whose lines know where they stand in the file.

/// The code of a notebook.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notebook {
    /// The code cells, one below the other.
    pub(crate) text: String,
    /// For each line of the text, its line in the `.ipynb` file.
    pub(crate) lines: Vec<u32>,
}

/// How deep the JSON may be nested.
const MAX_DEPTH: usize = 64;

impl Notebook {
    /// Reads a notebook. `None` for one that is not written in Python.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        let mut reader = Reader { bytes: text.as_bytes(), text, at: 0, line: 1 };
        let value = reader.value(0)?;
        reader.blank();
        if reader.at != text.len() {
            return Err(format!("line {}: something follows the end of the JSON", reader.line));
        }
        let language = value
            .entry("metadata")
            .and_then(|metadata| {
                let kernel = metadata.entry("kernelspec").and_then(|kernel| kernel.entry("language"));
                kernel.or_else(|| metadata.entry("language_info").and_then(|info| info.entry("name")))
            })
            .and_then(Value::text);
        if language.is_some_and(|language| !language.eq_ignore_ascii_case("python")) {
            return Ok(None);
        }
        let mut notebook = Self { text: String::new(), lines: Vec::new() };
        let Some(Value::List(cells)) = value.entry("cells") else {
            return Err("it has no list of `cells`".to_owned());
        };
        for cell in cells {
            if cell.entry("cell_type").and_then(Value::text) == Some("code") {
                notebook.add(cell);
            }
        }
        Ok(Some(notebook))
    }

    fn add(&mut self, cell: &Value) {
        let parts: Vec<(u32, &str)> = match cell.entry("source") {
            Some(Value::Text(line, text)) => vec![(*line, text)],
            Some(Value::List(parts)) => parts
                .iter()
                .filter_map(|part| match part {
                    Value::Text(line, text) => Some((*line, text.as_str())),
                    _ => None,
                })
                .collect(),
            _ => return,
        };
        // A cell in another language (`%%bash`) is no Python.
        let magic = parts.iter().find(|(_, text)| !text.trim().is_empty());
        if magic.is_some_and(|(_, text)| text.trim_start().starts_with("%%")) {
            return;
        }
        for (line, text) in parts {
            for code in text.split_inclusive('\n') {
                let starts = self.text.is_empty() || self.text.ends_with('\n');
                if starts {
                    self.lines.push(line);
                    // Shell and magic lines become comments.
                    if matches!(code.trim_start().chars().next(), Some('%' | '!' | '?')) {
                        self.text.push('#');
                    }
                }
                self.text.push_str(code);
            }
        }
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// The line of the file for a line (from 1) of the text.
    pub(crate) fn line(&self, line: u32) -> u32 {
        let index = (line as usize).saturating_sub(1);
        self.lines.get(index).or(self.lines.last()).copied().unwrap_or(1)
    }
}

/// As much of JSON as is needed, with the line of each text.
#[derive(Debug)]
enum Value {
    Text(u32, String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Other,
}

impl Value {
    fn entry(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(_, text) => Some(text),
            _ => None,
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    fn fail<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("line {}: {what}", self.line))
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return self.fail("the JSON is nested too deeply");
        }
        self.blank();
        match self.peek() {
            Some(b'"') => {
                let line = self.line;
                Ok(Value::Text(line, self.string()?))
            }
            Some(b'[') => {
                let mut list = Vec::new();
                self.members(b']', |reader| {
                    list.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Value::List(list))
            }
            Some(b'{') => {
                let mut entries = Vec::new();
                self.members(b'}', |reader| {
                    let key = reader.string()?;
                    reader.blank();
                    if reader.peek() != Some(b':') {
                        return reader.fail("a `:` is missing");
                    }
                    reader.at += 1;
                    entries.push((key, reader.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Value::Map(entries))
            }
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E')) {
                    self.at += 1;
                }
                Ok(Value::Other)
            }
            _ => self.fail("it is no valid JSON"),
        }
    }

    fn members(
        &mut self,
        end: u8,
        mut member: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        self.at += 1;
        self.blank();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blank();
            member(self)?;
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == end => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a `,` is missing"),
            }
        }
    }

    /// A quoted text; serde_json knows the escapes.
    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return self.fail("a text is missing");
        }
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(b'\n') | None => return self.fail("a text does not end"),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        match serde_json::from_str(quoted) {
            Ok(text) => Ok(text),
            Err(_) => self.fail("a text is malformed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTEBOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["# title\n"]},
  {
   "cell_type": "code",
   "source": [
    "%pip install x\n",
    "key = 1\n",
    "print(key)"
   ]
  },
  {"cell_type": "code", "source": "%%bash\nls"},
  {"cell_type": "code", "source": "a = 2\nb = 3"}
 ],
 "metadata": {"kernelspec": {"language": "python"}}
}"##;

    #[test]
    fn a_line_of_code_knows_its_line_in_the_file() {
        let notebook = Notebook::parse(NOTEBOOK).unwrap().unwrap();
        assert_eq!(notebook.text, "#%pip install x\nkey = 1\nprint(key)\na = 2\nb = 3\n");
        assert_eq!(notebook.lines, [7, 8, 9, 13, 13]);
        assert_eq!((notebook.line(2), notebook.line(99)), (8, 13));
    }

    #[test]
    fn other_languages_are_left_alone() {
        let text = NOTEBOOK.replace("\"python\"", "\"R\"");
        assert_eq!(Notebook::parse(&text), Ok(None));
    }

    #[test]
    fn a_broken_notebook_is_an_error_with_its_line() {
        assert_eq!(Notebook::parse("{\n\"cells\": [\n"), Err("line 3: it is no valid JSON".to_owned()));
        assert_eq!(Notebook::parse("{\"a\\"), Err("line 1: a text does not end".to_owned()));
        assert_eq!(Notebook::parse("{}"), Err("it has no list of `cells`".to_owned()));
        assert!(Notebook::parse(&"[".repeat(100_000)).unwrap_err().contains("nested too deeply"));
    }
}
