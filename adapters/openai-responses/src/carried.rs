//! What an `extra` of another dialect says that this one can say as well.

use crate::writer::{Writer, is_own, unsupported};
use hotcell_openai_chat::json::{Json, Members, text};
use hotcell_sdk::{ChatRequest, Failure};

/// The dialect of chat completions, which are of the same provider.
const CHAT: &str = "openai-chat";

/// Members that mean here what they mean in chat completions.
const ALIKE: &[&str] = &[
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "user",
];

/// Members that the types hold as well, that become something else, or whose meaning is
/// what happens here anyway.
const HELD: &[(&str, &[&str])] = &[
    (
        CHAT,
        &[
            "max_completion_tokens",
            "max_tokens",
            "reasoning",
            "reasoning_effort",
            "response_format",
            "store",
            "stream",
            "stream_options",
            "top_logprobs",
            "verbosity",
        ],
    ),
    // The last is a wish to cache, which the provider does by itself.
    ("anthropic-messages", &["stream", "thinking", "cache_control"]),
];

/// What is carried over from the request's `extra`.
#[derive(Default)]
pub(crate) struct Carried<'a> {
    pub(crate) members: Members<'a>,
    pub(crate) verbosity: Option<&'a str>,
    /// The form of the answer, where its client wrote it in a way that the types do not
    /// hold.
    pub(crate) format: Option<String>,
    /// Whether the client lets the provider keep its answer.
    pub(crate) store: Option<bool>,
}

impl<'a> Carried<'a> {
    /// Takes from the `extra` of another dialect what can be said; the rest is lost.
    pub(crate) fn of(request: &'a ChatRequest, writer: &mut Writer) -> Result<Self, Box<Failure>> {
        let mut carried = Self::default();
        let extra = request.extra.as_ref().filter(|extra| !is_own(Some(extra)));
        let Some(native) = extra else { return Ok(carried) };
        let held = HELD.iter().find(|(dialect, _)| *dialect == native.dialect);
        let held = held.map_or(&[][..], |(_, held)| held);
        if native.dialect != CHAT {
            writer.extra(Some(native), held)?;
            return Ok(carried);
        }
        writer.extra(Some(native), &[ALIKE, held].concat())?;
        for (name, value) in Members::checked(&native.value).unwrap_or_default().0 {
            match name.as_ref() {
                _ if value == "null" => {}
                "store" => carried.store = Some(value == "true"),
                "verbosity" => carried.verbosity = Some(value),
                "response_format" if request.output.is_none() => {
                    carried.format = Some(format(value)?);
                }
                name if ALIKE.contains(&name) => {
                    carried.members.0.push((name.to_owned().into(), value));
                }
                _ => {}
            }
        }
        Ok(carried)
    }
}

/// The form of an answer, from the words of chat completions: what they have in
/// `json_schema` stands beside the type here.
fn format(value: &str) -> Result<String, Box<Failure>> {
    let mut members = Members::of(value).unwrap_or_default();
    let kind = members.text("type");
    let known = match kind.as_deref() {
        Some("json_schema") => members.inner("json_schema").filter(|inner| inner.has("schema")),
        Some("json_object" | "text") => Some(Members::default()),
        _ => None,
    };
    let inner = known.ok_or_else(|| {
        unsupported("the form that the answer should take cannot be said in this protocol")
    })?;
    members.0.retain(|(name, _)| name != "json_schema");
    let mut json = Json::default();
    json.open(b'{');
    members.pairs().for_each(|(name, value)| json.name(name).raw(value));
    if text(members.get("type")).as_deref() == Some("json_schema") && !inner.has("name") {
        json.name("name").text("answer");
    }
    inner.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    Ok(String::from_utf8(json.0).unwrap_or_default())
}
