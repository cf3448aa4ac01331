//! The provider's answers as they stand on the wire: only what every chunk needs is
//! read into fields; what varies in form between providers stays raw until asked
//! for.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A chunk of a stream, or a whole answer.
#[derive(Deserialize)]
pub(crate) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) model: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) created: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow, default)]
    pub(crate) usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) x_groq: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Choice<'a> {
    #[serde(default)]
    pub(crate) index: Option<u32>,
    #[serde(borrow, default)]
    pub(crate) delta: Option<Delta<'a>>,
    /// Of a whole answer. Some streams repeat the message so far beside each delta.
    #[serde(borrow, default)]
    pub(crate) message: Option<Delta<'a>>,
    #[serde(borrow, default)]
    pub(crate) finish_reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) logprobs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Delta<'a> {
    /// Text, or a list of parts.
    #[serde(borrow, default)]
    pub(crate) content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) reasoning: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) reasoning_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) reasoning_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) refusal: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) tool_calls: Option<Vec<ToolCall<'a>>>,
    /// What tools were called before there was a list of them.
    #[serde(borrow, default)]
    pub(crate) function_call: Option<Function<'a>>,
    #[serde(borrow, default)]
    pub(crate) annotations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) audio: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) images: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct ToolCall<'a> {
    #[serde(default)]
    pub(crate) index: Option<u32>,
    #[serde(borrow, default)]
    pub(crate) id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) function: Option<Function<'a>>,
    /// A tool with free text instead of arguments.
    #[serde(borrow, default)]
    pub(crate) custom: Option<&'a RawValue>,
    /// Google's signature of the thought behind a call.
    #[serde(borrow, default)]
    pub(crate) extra_content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Function<'a> {
    #[serde(borrow, default)]
    pub(crate) name: Option<Cow<'a, str>>,
    /// JSON text; some providers give the object itself.
    #[serde(borrow, default)]
    pub(crate) arguments: Option<&'a RawValue>,
}

/// The text of a raw value that is a string; none of null and everything else.
pub(crate) fn text<'a>(raw: Option<&'a RawValue>) -> Option<Cow<'a, str>> {
    let raw = raw?.get();
    if !raw.starts_with('"') {
        return None;
    }
    // Most strings have nothing to unescape.
    let inner = raw.get(1..raw.len() - 1)?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// Arguments as JSON text, whichever way the provider gives them.
pub(crate) fn arguments<'a>(raw: Option<&'a RawValue>) -> Cow<'a, str> {
    match raw.map(RawValue::get) {
        None | Some("null") => Cow::Borrowed(""),
        Some(other) if other.starts_with('"') => text(raw).unwrap_or_default(),
        Some(object) => Cow::Borrowed(object),
    }
}

/// Whether there is something: not absent, null, or an empty list.
pub(crate) fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| !matches!(raw.get(), "null" | "[]" | "\"\"" | "{}"))
}
