//! From text to a syntax tree, with what can be saved of a broken file.

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::SourceType;

use crate::source::Source;

/// How often a broken statement is blanked out and the rest is read again.
const ATTEMPTS: usize = 8;

/// A tree, and where the text first breaks the grammar.
pub(super) struct Parsed<'a> {
    pub(super) program: Program<'a>,
    pub(super) broken: Option<Broken>,
}

/// Where and how a text breaks the grammar.
pub(super) struct Broken {
    pub(super) offset: u32,
    pub(super) message: String,
    /// Nothing could be read.
    pub(super) lost: bool,
}

/// Parses a source as what its name says it is; a `.js` file may be a module, a script, hold JSX, or Flow's types.
pub(super) fn parse<'a>(arena: &'a Allocator, source: &'a Source) -> Parsed<'a> {
    let text = source.text.as_str();
    let name = source.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let kind = source_type(name);
    let first = run(arena, text, kind);
    if !first.panicked {
        let broken = first_error(&first, false);
        return Parsed { program: first.program, broken };
    }
    let broken = first_error(&first, true);
    if kind.is_javascript() {
        let typed = run(arena, text, SourceType::tsx().with_unambiguous(true));
        if !typed.panicked {
            let broken = if typed.diagnostics.is_empty() { None } else { broken };
            return Parsed {
                program: typed.program,
                broken: broken.map(|broken| Broken { lost: false, ..broken }),
            };
        }
    }
    salvage(arena, text, kind, first, broken)
}

/// Blanks out the statements that do not parse, one after the other, and reads what is left.
fn salvage<'a>(
    arena: &'a Allocator,
    text: &'a str,
    kind: SourceType,
    first: ParserReturn<'a>,
    broken: Option<Broken>,
) -> Parsed<'a> {
    let starts = statement_starts(text);
    let mut rest = text.to_owned();
    let mut offset = broken.as_ref().map_or(0, |broken| broken.offset);
    for _ in 0..ATTEMPTS {
        let index = starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let from = starts.get(index).copied().unwrap_or(0) as usize;
        let to = starts.get(index + 1).map_or(rest.len(), |next| *next as usize);
        let Some(chunk) = rest.get(from..to) else { break };
        if chunk.bytes().all(|byte| byte.is_ascii_whitespace()) {
            break;
        }
        let blank: String =
            chunk.bytes().map(|b| if b == b'\n' || b == b'\r' { b as char } else { ' ' }).collect();
        rest.replace_range(from..to, &blank);
        let again = run(arena, arena.alloc_str(&rest), kind);
        if !again.panicked {
            let broken = broken.map(|broken| Broken { lost: false, ..broken });
            return Parsed { program: again.program, broken };
        }
        offset = first_error(&again, true).map_or(0, |next| next.offset);
    }
    Parsed { program: first.program, broken }
}

/// Where lines begin that are not indented and do not begin with a closing bracket: where statements of the file begin.
fn statement_starts(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let begins = |at: usize| {
        !bytes.get(at).is_none_or(|byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'}' | b')' | b']' | b'.' | b'/' | b'*')
        })
    };
    std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).filter(|at| begins(*at)))
        .filter_map(|at| u32::try_from(at).ok())
        .collect()
}

fn run<'a>(arena: &'a Allocator, text: &'a str, kind: SourceType) -> ParserReturn<'a> {
    let options = ParseOptions {
        allow_return_outside_function: true,
        preserve_parens: false,
        allow_v8_intrinsics: true,
        enable_ident_hashes: false,
        ..ParseOptions::default()
    };
    Parser::new(arena, text, kind).with_options(options).parse()
}

fn source_type(name: &str) -> SourceType {
    let extension = name.rsplit('.').next().unwrap_or_default();
    match extension {
        "ts" | "mts" | "cts" if [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end)) => {
            SourceType::d_ts()
        }
        "ts" | "mts" => SourceType::ts(),
        "cts" => SourceType::ts().with_unambiguous(true),
        "tsx" => SourceType::tsx(),
        "mjs" => SourceType::mjs().with_jsx(true),
        "cjs" => SourceType::cjs().with_jsx(true),
        _ => SourceType::unambiguous().with_jsx(true),
    }
}

fn first_error(parsed: &ParserReturn<'_>, lost: bool) -> Option<Broken> {
    let error = parsed.diagnostics.errors().next()?;
    let offset = error.labels.first().map_or(0, |label| label.offset());
    Some(Broken { offset, message: error.message.to_string(), lost })
}
