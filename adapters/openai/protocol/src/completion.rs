//! Text completion, which was there before chat
//! (<https://platform.openai.com/docs/api-reference/completions>), for models that only go on
//! with a text.

use crate::json::{Json, Members};
use crate::prompt::{Prompt, prompt};
use crate::request::{Body, Writer, is_own};
use hotcell_sdk::{ChatRequest, Failure, FailureKind, setting};

/// Members of a chat request that a field holds as well, so that nothing of them is lost.
const HELD: &[&str] = &[
    "frequency_penalty",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "n",
    "presence_penalty",
    "seed",
    "stop",
    "stream",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
];

/// Members of a chat request that text completion has no word for. All others go through:
/// `suffix`, `echo` and `best_of` are its own, and servers have many more.
const OF_CHAT: &[&str] = &[
    "audio",
    "function_call",
    "functions",
    "metadata",
    "modalities",
    "parallel_tool_calls",
    "prediction",
    "reasoning_effort",
    "response_format",
    "store",
    "verbosity",
    "web_search_options",
];

/// The dialect of clients that ask for a text.
const TEXTS: &str = "openai-completions";

/// Whether the client asked for a text, and gets exactly what it asked for.
pub fn is_completion(request: &ChatRequest) -> bool {
    request.extra.as_ref().is_some_and(|extra| extra.dialect == TEXTS)
}

/// Writes the body of a request for a text to go on with the conversation, which becomes one
/// text: see [`prompt`]. `named` are the members that say which model is meant, as in
/// [`write`](fn@crate::write).
///
/// # Errors
/// As [`prompt`], and `invalid-request` for an `extra` that is no object.
pub fn write_completion(request: &ChatRequest, named: &[(&str, &str)]) -> Result<Body, Failure> {
    let mut warnings = Vec::new();
    let extra = extra(request, &mut warnings)?;
    let text = match extra.has("prompt") {
        // Several texts, or tokens, which only the client's own words can say.
        true => String::new(),
        false => {
            let Prompt { text, warnings: more } = prompt(request)?;
            warnings.splice(..0, more);
            text
        }
    };
    let same_dialect = is_own(request.extra.as_ref()) || is_completion(request);
    let mut writer = Writer { json: Json::default(), same_dialect, text: true, warnings };
    writer.json.open(b'{');
    for (name, text) in named.iter().chain([&("prompt", text.as_str())]) {
        if !extra.has(name) {
            writer.json.name(name).text(text);
        }
    }
    writer.sampling(&request.sampling, &extra);
    let usage = setting("stream-usage").as_deref() != Some("never");
    if request.stream && usage && !is_completion(request) {
        writer.member("stream_options", "{\"include_usage\":true}", &extra);
    }
    writer.flag("stream", request.stream.then_some(true), &extra);
    writer.rest(&extra);
    writer.json.close(b'}');
    Ok(Body { json: writer.json.0, warnings: writer.warnings })
}

/// The members of an `extra` that mean the same here.
fn extra<'a>(request: &'a ChatRequest, warnings: &mut Vec<String>) -> Result<Members<'a>, Failure> {
    let Some(native) = &request.extra else { return Ok(Members::default()) };
    let mut members = Members::checked(&native.value).ok_or_else(|| {
        let why = format!("`extra` of {} is not a JSON object", native.dialect);
        Failure::new(FailureKind::InvalidRequest, why)
    })?;
    if is_completion(request) {
        return Ok(members);
    }
    let own = is_own(Some(native));
    members.0.retain(|(name, value)| {
        let name = name.as_ref();
        if own && HELD.contains(&name) {
            return false;
        }
        let said = own && !OF_CHAT.contains(&name);
        if !said && *value != "null" {
            let dialect = &native.dialect;
            let why = format!("`{name}` of {dialect} was left out: this is a completion of text");
            warnings.push(why);
        }
        said
    });
    Ok(members)
}
