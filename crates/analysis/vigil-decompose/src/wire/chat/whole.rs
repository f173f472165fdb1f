//! A completion as one JSON value.

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, CallKind, WireCall, WireFault};

use super::piece::pieces;
use super::rewrite::{Fate, forget_tokens, rewrite_holder, stop_without_calls};
use super::{FORMAT, choices, describe, describe_executed, each_text, holders};
use crate::json::{Node, Splice};
use crate::wire::body::Whole;
use crate::wire::draft::Draft;

pub(super) struct Completion {
    draft: Draft,
}

impl Completion {
    pub(super) fn new() -> Self {
        Self { draft: Draft::new("openai-chat") }
    }
}

impl Whole for Completion {
    const FORMAT: &'static str = FORMAT;

    fn read(&mut self, root: Node<'_>, calls: &mut Vec<WireCall>) -> Result<(), WireFault> {
        describe(root, &mut self.draft);
        let Some(choices) = choices(root)? else { return Ok(()) };
        for (place, choice) in (0..).zip(choices.items()) {
            if let Some(reason) = choice.get("finish_reason").and_then(|reason| reason.as_str()) {
                self.draft.stop(place, &reason);
            }
            for holder in holders(choice) {
                if let Some(content) = holder.get("content") {
                    each_text(content, |text| self.draft.text(text));
                }
                describe_executed(holder, &mut self.draft);
                let above = root.repeats_a_member() || choice.repeats_a_member() || holder.repeats_a_member();
                for piece in pieces(holder)? {
                    calls.push(WireCall {
                        number: CallNumber(0),
                        duplicate_members: above || piece.node.has_duplicates(),
                        id: piece.id.map(Into::into),
                        name: piece.name.or(piece.builtin).unwrap_or_default().into_owned(),
                        arguments: piece.arguments.into_owned(),
                        kind: CallKind::Client,
                    });
                }
            }
        }
        Ok(())
    }

    fn rewrite(&self, root: Node<'_>, answers: &[Answer], splice: &mut Splice) {
        let Ok(Some(choices)) = choices(root) else { return };
        let mut answers = answers.iter();
        for choice in choices.items() {
            let (mut kept, mut removed) = (0, 0);
            for holder in holders(choice) {
                let Ok(pieces) = pieces(holder) else { continue };
                let fates: Vec<_> = pieces
                    .iter()
                    .map(|_| match answers.next() {
                        Some(Answer::Release) => {
                            kept += 1;
                            Fate { index: (removed > 0).then_some(kept - 1), ..Fate::default() }
                        }
                        Some(Answer::Replace(text)) => {
                            removed += 1;
                            Fate { gone: true, text: Some(text.clone()), index: None }
                        }
                        None => Fate { gone: true, ..Fate::default() },
                    })
                    .collect();
                rewrite_holder(holder, &pieces, &fates, false, splice);
            }
            if removed > 0 {
                forget_tokens(choice, splice);
            }
            if removed > 0 && kept == 0 {
                stop_without_calls(choice, splice);
            }
        }
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }
}
