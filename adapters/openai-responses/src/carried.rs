//! What an `extra` of another dialect says that this one can say as well.

use crate::writer::{Writer, is_own};
use hotcell_openai_chat::json::Members;
use hotcell_sdk::{ChatRequest, Failure};

/// Members that mean here what they mean in chat completions of the same provider.
const ALIKE: &[&str] = &[
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "user",
];

/// Members that the types hold as well, or whose meaning is what happens here anyway.
const HELD: &[&str] = &[
    "max_completion_tokens",
    "max_tokens",
    "reasoning",
    "reasoning_effort",
    "stream",
    "stream_options",
    "top_logprobs",
];

/// What is carried over from the request's `extra`.
#[derive(Default)]
pub(crate) struct Carried<'a> {
    pub(crate) members: Members<'a>,
    pub(crate) verbosity: Option<&'a str>,
    /// Whether the client lets the provider keep its answer.
    pub(crate) store: Option<bool>,
}

impl<'a> Carried<'a> {
    /// Takes from the `extra` of another dialect what can be said; the rest is lost.
    pub(crate) fn of(request: &'a ChatRequest, writer: &mut Writer) -> Result<Self, Box<Failure>> {
        let mut carried = Self::default();
        let extra = request.extra.as_ref().filter(|extra| !is_own(Some(extra)));
        let Some(native) = extra else { return Ok(carried) };
        if native.dialect != "openai-chat" {
            writer.extra(Some(native), &[])?;
            return Ok(carried);
        }
        let alike: Vec<&str> = [ALIKE, HELD, &["store", "verbosity"]].concat();
        writer.extra(Some(native), &alike)?;
        for (name, value) in Members::checked(&native.value).unwrap_or_default().0 {
            match name.as_ref() {
                _ if value == "null" => {}
                "store" => carried.store = Some(value == "true"),
                "verbosity" => carried.verbosity = Some(value),
                name if ALIKE.contains(&name) => {
                    carried.members.0.push((name.to_owned().into(), value));
                }
                _ => {}
            }
        }
        Ok(carried)
    }
}
