//! Tables for people: fitted to the terminal, plain when piped.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a head line and no frames.
pub(crate) fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    table
}

/// Cuts a text for one line of a table and makes what a peer put into it harmless for the terminal.
pub(crate) fn short(text: &str, longest: usize) -> String {
    let mut clean: String =
        text.chars().map(|c| if c.is_control() { '·' } else { c }).take(longest + 1).collect();
    if clean.chars().count() > longest {
        clean.pop();
        clean.pop();
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_terminal_escape_does_not_reach_the_terminal() {
        assert_eq!(short("a\x1b[2Jb\nc", 20), "a·[2Jb·c");
    }

    #[test]
    fn a_long_text_is_cut_to_its_room() {
        assert_eq!(short("abcdefgh", 5), "abcd…");
        assert_eq!(short("abcde", 5), "abcde");
    }
}
