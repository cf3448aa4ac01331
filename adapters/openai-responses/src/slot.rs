//! Which entry of an item an event is about, and what it does to it.

use crate::item::Kind;
use crate::tell::OfText;
use hotcell_openai_chat::json::{Members, index};
use hotcell_sdk::Event;

/// An entry of an item's content, or of its summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Text(u32),
    Refusal(u32),
    Summary(u32),
    Thought(u32),
    Arguments,
}

/// What an event does to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Delta,
    /// All of it again.
    Done,
    Annotation,
}

impl Slot {
    /// What an event is about, and what it does, by its name without `response.`.
    pub(crate) fn of(kind: &str, event: &Members<'_>) -> Option<(Self, Step)> {
        let at = |name: &str| index(event.get(name)).unwrap_or(0);
        let (what, step) = kind.rsplit_once('.')?;
        let step = match step {
            "delta" => Step::Delta,
            "done" => Step::Done,
            "added" if what == "output_text.annotation" => Step::Annotation,
            _ => return None,
        };
        let slot = match what {
            "output_text" | "output_text.annotation" => Self::Text(at("content_index")),
            "refusal" => Self::Refusal(at("content_index")),
            "reasoning_summary_text" => Self::Summary(at("summary_index")),
            "reasoning_text" => Self::Thought(at("content_index")),
            "function_call_arguments" => Self::Arguments,
            _ => return None,
        };
        Some((slot, step))
    }

    /// The entry that a part is which begins or ends: by its own type.
    pub(crate) fn of_part(event: &Members<'_>, part: &Members<'_>) -> Option<Self> {
        let at = |name: &str| index(event.get(name)).unwrap_or(0);
        Some(match part.text("type").as_deref()? {
            "output_text" => Self::Text(at("content_index")),
            "refusal" => Self::Refusal(at("content_index")),
            "summary_text" => Self::Summary(at("summary_index")),
            "reasoning_text" => Self::Thought(at("content_index")),
            _ => return None,
        })
    }

    /// The type of the part that it is, as JSON.
    pub(crate) fn part_type(self) -> &'static str {
        match self {
            Self::Text(_) => "\"output_text\"",
            Self::Refusal(_) => "\"refusal\"",
            Self::Summary(_) => "\"summary_text\"",
            Self::Thought(_) => "\"reasoning_text\"",
            Self::Arguments => "null",
        }
    }

    /// The kind of item that has such an entry.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Text(_) | Self::Refusal(_) => Kind::Message,
            Self::Summary(_) | Self::Thought(_) => Kind::Reasoning,
            Self::Arguments => Kind::Function,
        }
    }

    pub(crate) fn is_refusal(self) -> bool {
        matches!(self, Self::Refusal(_))
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// What a piece of it is told as.
    pub(crate) fn event(self) -> OfText {
        match self {
            Self::Text(_) => Event::Text,
            Self::Refusal(_) => Event::Refusal,
            Self::Summary(_) | Self::Thought(_) => Event::Reasoning,
            Self::Arguments => Event::ToolCallArguments,
        }
    }
}
