//! The names of the events of an entry.

use super::item::Sort;

/// The events of an entry.
pub(super) struct Names {
    pub(super) part_added: Option<&'static str>,
    pub(super) delta: &'static str,
    pub(super) done: &'static str,
    pub(super) part_done: Option<&'static str>,
}

/// What an entry of this sort is told with.
pub(super) const fn events(sort: Sort) -> Names {
    let (part_added, part_done) =
        (Some("response.content_part.added"), Some("response.content_part.done"));
    match sort {
        Sort::Text | Sort::Raw => Names {
            part_added,
            delta: "response.output_text.delta",
            done: "response.output_text.done",
            part_done,
        },
        Sort::Refusal => Names {
            part_added,
            delta: "response.refusal.delta",
            done: "response.refusal.done",
            part_done,
        },
        Sort::Thought => Names {
            part_added,
            delta: "response.reasoning_text.delta",
            done: "response.reasoning_text.done",
            part_done,
        },
        Sort::Summary => Names {
            part_added: Some("response.reasoning_summary_part.added"),
            delta: "response.reasoning_summary_text.delta",
            done: "response.reasoning_summary_text.done",
            part_done: Some("response.reasoning_summary_part.done"),
        },
        Sort::Arguments => Names {
            part_added: None,
            delta: "response.function_call_arguments.delta",
            done: "response.function_call_arguments.done",
            part_done: None,
        },
    }
}
