//! The parts of a turn (<https://ai.google.dev/api/caching#Part>).

use crate::json::{self, Members, Value, object};
use crate::media;
use crate::request::generation;
use crate::translation::{Translation, has_ours, is_ours, own, put, spells};
use hotcell_sdk::{Failure, Part, ReasoningPart, ToolCall, ToolResult, ToolResultPart};

/// What stands in the place of a signature that a model wants and nobody has, because
/// another model called (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The first model that wants signatures, and takes media in results.
const SIGNED: u32 = 30;

/// The place of what is no result of a call.
const LAST: usize = usize::MAX;

/// The calls of the conversation so far: a result has the call's name here, and not
/// always an id.
#[derive(Default)]
pub(crate) struct Calls {
    /// Of the model.
    generation: u32,
    calls: Vec<Call>,
    /// The model's present turn has no call yet.
    first: bool,
}

struct Call {
    id: String,
    name: String,
    /// The provider's own id, where it gave one.
    own: Option<Value>,
}

impl Calls {
    pub(crate) fn of(model: &str) -> Self {
        Self { generation: generation(model).unwrap_or(0), ..Self::default() }
    }

    /// A turn of the model's begins.
    pub(crate) fn turn(&mut self) {
        self.first = true;
    }

    fn find(&self, id: &str) -> Option<(usize, &Call)> {
        // An id may come again: the last call is meant.
        self.calls.iter().enumerate().rev().find(|(_, call)| call.id == id)
    }
}

type Parts = Vec<(usize, Value)>;

/// Adds a part to those of its turn.
pub(crate) fn write(
    part: &Part,
    parts: &mut Parts,
    calls: &mut Calls,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let written = match part {
        Part::Text(text) if text.text.is_empty() && !translation.exact => return Ok(()),
        Part::Text(text) => {
            let extra = translation.members(text.extra.as_ref())?;
            let mut part = Members::default();
            put(&mut part, &extra, "text", text.text.clone());
            part.extend(extra);
            part.into()
        }
        // The model's own words, which it is shown as words.
        Part::Refusal(text) if text.is_empty() => return Ok(()),
        Part::Refusal(text) => object("text", text.as_str()).into(),
        Part::Media(part) => media::write(part, translation)?,
        Part::Reasoning(part) => match write_reasoning(part, parts, translation)? {
            Some(part) => part,
            None => return Ok(()),
        },
        Part::ToolCall(call) => write_call(call, calls, translation)?,
        Part::ToolResult(result) => return write_result(result, parts, calls, translation),
        Part::Native(native) => match own(native, "a part")? {
            // A piece of an answer that is no content.
            Value::Object(part) if part.len() == 1 && part.has("event") => return Ok(()),
            part => part,
        },
    };
    parts.push((LAST, written));
    Ok(())
}

fn write_reasoning(
    part: &ReasoningPart,
    parts: &mut Parts,
    translation: &mut Translation,
) -> Result<Option<Value>, Failure> {
    let foreign = part.extra.as_ref().is_some_and(|extra| !is_ours(extra));
    // Its own thoughts are mostly without a signature, which stands at what follows them. The
    // provider's SDKs send them back as they came.
    let own = has_ours(part.extra.as_ref());
    let unsigned = part.signature.is_none() && !own && !translation.exact;
    if foreign || unsigned || part.redacted.is_some() {
        translation
            .warn("earlier reasoning was left out: it does not have this provider's signature");
        return Ok(None);
    }
    if !translation.exact
        && part.text.is_empty()
        && let Some(signature) = &part.signature
    {
        // A signature without a thought is that of the words before it.
        if let Some((_, Value::Object(last))) = parts.last_mut()
            && last.has("text")
            && !last.has("thoughtSignature")
        {
            last.insert("thoughtSignature", signature.as_str());
            return Ok(None);
        }
        let mut part = object("text", "");
        part.insert("thoughtSignature", signature.as_str());
        return Ok(Some(part.into()));
    }
    let extra = translation.members(part.extra.as_ref())?;
    let mut thought = Members::default();
    if !part.text.is_empty() {
        put(&mut thought, &extra, "text", part.text.clone());
    }
    put(&mut thought, &extra, "thought", true);
    if let Some(signature) = &part.signature {
        put(&mut thought, &extra, "thoughtSignature", signature.clone());
    }
    thought.extend(extra);
    Ok(Some(thought.into()))
}

fn write_call(
    call: &ToolCall,
    calls: &mut Calls,
    translation: &mut Translation,
) -> Result<Value, Failure> {
    let mut extra = translation.members(call.extra.as_ref())?;
    let first = std::mem::take(&mut calls.first);
    let mut function = Members::default();
    let own = extra.take_object("functionCall").unwrap_or_default();
    let id = own.get("id").cloned();
    calls.calls.push(Call { id: call.id.clone(), name: call.name.clone(), own: id });
    put(&mut function, &own, "name", call.name.clone());
    let arguments = call.arguments.trim();
    let absent = arguments.is_empty() && translation.exact;
    if !absent && !spells(&own, "args") {
        let arguments = match arguments {
            "" => Members::default(),
            text => json::members(text, "").unwrap_or_else(|_| {
                translation.warn(format!(
                    "the arguments of `{}` are not a JSON object and were wrapped in one",
                    call.name
                ));
                object("INVALID_JSON", text)
            }),
        };
        function.insert("args", arguments);
    }
    function.extend(own);
    let mut part = Members::default();
    if !extra.has("function_call") {
        part.insert("functionCall", function);
    }
    let missing = first && !translation.exact && calls.generation >= SIGNED;
    match &call.signature {
        Some(signature) => put(&mut part, &extra, "thoughtSignature", signature.clone()),
        None if missing && !spells(&extra, "thoughtSignature") => {
            translation.warn(
                "a call has no signature, as one that another model made: this one was asked not \
                 to look for it",
            );
            part.insert("thoughtSignature", NO_SIGNATURE);
        }
        None => {}
    }
    part.extend(extra);
    Ok(part.into())
}

fn write_result(
    result: &ToolResult,
    parts: &mut Parts,
    calls: &Calls,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let mut extra = translation.members(result.extra.as_ref())?;
    let found = calls.find(&result.call_id);
    let called = found.map(|(_, call)| &call.name);
    let name = match translation.exact {
        true => result.name.as_ref().or(called),
        false => called.or(result.name.as_ref()),
    };
    let name = name.ok_or_else(|| {
        let id = &result.call_id;
        Failure::unsupported(format!("the result `{id}`, which is of no call in the conversation"))
    })?;
    let place = found.map_or(LAST - 1, |(place, _)| place);
    let own = extra.take_object("functionResponse").unwrap_or_default();
    let mut response = Members::default();
    if !translation.exact
        && let Some(id) = found.and_then(|(_, call)| call.own.clone())
    {
        put(&mut response, &own, "id", id);
    }
    put(&mut response, &own, "name", name.clone());
    let mut media = Vec::new();
    let mut texts = Vec::new();
    for part in &result.content {
        match part {
            ToolResultPart::Text(text) => texts.push(text.as_str()),
            ToolResultPart::Media(part) => media.push(media::write(part, translation)?),
            ToolResultPart::Native(native) => {
                media.push(crate::translation::own(native, "a result")?)
            }
        }
    }
    put(&mut response, &own, "response", answer(&texts, result.is_error));
    // Later models see media in the result itself, others beside it.
    let inside = translation.exact || calls.generation >= SIGNED;
    let beside = match media.is_empty() || inside {
        true => Vec::new(),
        false => {
            translation
                .warn("the media of a result were put behind it: this model takes none in it");
            std::mem::take(&mut media)
        }
    };
    if !media.is_empty() {
        put(&mut response, &own, "parts", media);
    }
    response.extend(own);
    let mut part = Members::default();
    if !extra.has("function_response") {
        part.insert("functionResponse", response);
    }
    part.extend(extra);
    parts.push((place, part.into()));
    parts.extend(beside.into_iter().map(|part| (LAST, part)));
    Ok(())
}

/// What a function answered, as the object that it has to be: JSON objects as they are,
/// everything else under the names that the provider reads.
fn answer(texts: &[&str], is_error: bool) -> Value {
    let name = if is_error { "error" } else { "output" };
    match texts {
        [text] => match json::members(text, "") {
            Ok(object) if !is_error => object.into(),
            _ => object(name, *text).into(),
        },
        [] => object(name, "").into(),
        texts => {
            object(name, texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>()).into()
        }
    }
}
