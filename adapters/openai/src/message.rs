//! The conversation so far.

use crate::DIALECT;
use crate::request::{Writer, is_own};
use crate::tool::own;
use hotcell_sdk::json::{members, parse};
use hotcell_sdk::{
    Failure, MediaKind, MediaSource, Message, Native, Part, ReasoningPart, Role, ToolResult,
    ToolResultPart, setting,
};
use serde_json::{Map, Value, json};

/// Members of a message that tell what the model thought.
const THOUGHTS: [&str; 3] = ["reasoning_content", "reasoning", "reasoning_details"];

/// What a message is made of, sorted by where it goes.
#[derive(Default)]
struct Pieces {
    content: Vec<Value>,
    /// The client wrote a list where a string would have done.
    listed: bool,
    calls: Vec<Value>,
    members: Map<String, Value>,
    thoughts: Vec<Thought>,
}

/// A piece of what the model thought before.
enum Thought {
    Part(ReasoningPart),
    /// One of OpenRouter's `reasoning_details`, mostly without its text: what an answer
    /// told about the part that follows it.
    Detail(Map<String, Value>),
}

impl Writer {
    pub(crate) fn messages(&mut self, messages: Vec<Message>) -> Result<Vec<Value>, Failure> {
        let mut written = Vec::new();
        // Media of tool results, which the protocol has no place for.
        let mut media = Vec::new();
        for mut message in messages {
            let (results, parts): (Vec<Part>, Vec<Part>) =
                message.parts.into_iter().partition(|part| matches!(part, Part::ToolResult(_)));
            let alone = parts.is_empty() && !results.is_empty();
            let told = if alone { message.extra.take() } else { None };
            let name = if alone { message.name.take() } else { None };
            if results.is_empty() && message.role != Role::User {
                written.extend(told_by_user(&mut media));
            }
            for part in results {
                if let Part::ToolResult(result) = part {
                    let mut object = self.result(result, &mut media)?;
                    // What the client wrote beside the result stands on the message.
                    if let Some(name) = &name {
                        object.insert("name".into(), name.clone().into());
                    }
                    object.extend(members(told.as_ref(), DIALECT, &mut self.lost)?);
                    if object.get("role").is_some_and(|role| role == "function") {
                        // Before there were tools, the name was enough.
                        object.remove("tool_call_id");
                    }
                    written.push(object.into());
                }
            }
            if !alone {
                message.parts = parts;
                let before =
                    if message.role == Role::User { std::mem::take(&mut media) } else { vec![] };
                written.push(self.message(message, before)?);
            }
        }
        written.extend(told_by_user(&mut media));
        Ok(written)
    }

    fn message(&mut self, message: Message, before: Vec<Value>) -> Result<Value, Failure> {
        let Message { role, parts, name, extra } = message;
        let mut extra_members = members(extra.as_ref(), DIALECT, &mut self.lost)?;
        let mut pieces = Pieces { content: before, ..Pieces::default() };
        for part in parts {
            self.part(role, part, &mut pieces)?;
        }
        let mut object = Map::new();
        object.insert("role".into(), self.role(role).into());
        if !THOUGHTS.iter().any(|name| extra_members.contains_key(*name)) {
            self.thoughts(&mut pieces);
        }
        let Pieces { mut content, listed, calls, members, .. } = pieces;
        let content = match content.len() {
            0 if is_own(extra.as_ref()) || self.same_dialect => None,
            0 if calls.is_empty() => Some("".into()),
            0 => Some(Value::Null),
            1 if !listed && is_bare_text(&content[0]) => Some(content[0]["text"].take()),
            _ => Some(content.into()),
        };
        if let Some(content) = content {
            object.insert("content".into(), content);
        }
        object.extend(members);
        if !calls.is_empty() {
            object.insert("tool_calls".into(), calls.into());
        }
        if let Some(name) = name {
            object.insert("name".into(), name.into());
        }
        object.append(&mut extra_members);
        Ok(object.into())
    }

    fn part(&mut self, role: Role, part: Part, pieces: &mut Pieces) -> Result<(), Failure> {
        match part {
            Part::Text(text) => {
                pieces.listed |= is_own(text.extra.as_ref());
                let text = self.text(text)?;
                pieces.content.push(text);
            }
            Part::Media(media) if role == Role::Assistant && media.kind == MediaKind::Audio => {
                // What the model said goes back by its id.
                let told = members(media.extra.as_ref(), DIALECT, &mut self.lost)?;
                let id = match media.source {
                    MediaSource::FileId(id) => Some(id.into()),
                    _ => told.get("id").cloned(),
                };
                match id {
                    Some(id) => _ = pieces.members.insert("audio".into(), json!({ "id": id })),
                    None => self.lost.push("what the model said aloud".to_owned()),
                }
            }
            Part::Media(media) => {
                let media = self.media(media)?;
                pieces.content.push(media);
            }
            Part::Reasoning(part) => {
                let own = members(part.extra.as_ref(), DIALECT, &mut self.lost)?;
                match own.contains_key("type") {
                    true => pieces.content.push(own.into()),
                    false => pieces.thoughts.push(Thought::Part(part)),
                }
            }
            Part::ToolCall(call) => {
                let mut call = self.call(call)?;
                match call.remove("function_call") {
                    Some(call) => _ = pieces.members.insert("function_call".into(), call),
                    None => pieces.calls.push(call.into()),
                }
            }
            Part::Refusal(text) => _ = pieces.members.insert("refusal".into(), text.into()),
            Part::Native(native) => self.native(role, &native, pieces)?,
            Part::ToolResult(_) => {}
        }
        Ok(())
    }

    /// A value of the client's or of an earlier answer: see `delta` for its forms.
    fn native(&mut self, role: Role, native: &Native, pieces: &mut Pieces) -> Result<(), Failure> {
        if native.dialect != DIALECT && role == Role::Assistant {
            // What another provider said in words of its own, beside what it said.
            self.lost.push(format!("a part of an earlier answer in {}", native.dialect));
            return Ok(());
        }
        own(native, "a part of a message", "cannot be said")?;
        match parse(&native.value, "a native part")? {
            // It only told something.
            Value::Object(members) if members.contains_key("object") => {}
            Value::Object(mut members) if !members.contains_key("type") => {
                if let Some(Value::Array(details)) = members.remove("reasoning_details") {
                    let details = details.into_iter().filter_map(|detail| match detail {
                        Value::Object(detail) => Some(Thought::Detail(detail)),
                        _ => None,
                    });
                    pieces.thoughts.extend(details);
                }
                pieces.members.append(&mut members);
            }
            value => {
                pieces.listed = true;
                pieces.content.push(value);
            }
        }
        Ok(())
    }

    /// What the model thought before, in the form in which the provider takes it back.
    fn thoughts(&mut self, pieces: &mut Pieces) {
        if pieces.thoughts.is_empty() {
            return;
        }
        let thoughts = std::mem::take(&mut pieces.thoughts);
        let spelling = setting("reasoning-input");
        let spelling = spelling.as_deref().unwrap_or("none");
        let texts = thoughts.iter().map(|thought| match thought {
            Thought::Part(part) => part.text.as_str(),
            Thought::Detail(_) => "",
        });
        let text: String = texts.collect();
        match spelling {
            "reasoning_details" => {
                pieces.members.insert("reasoning_details".into(), details(thoughts).into());
            }
            "thinking" if !text.is_empty() => {
                let thought = json!({ "type": "text", "text": text });
                let part = json!({ "type": "thinking", "thinking": [thought] });
                pieces.content.insert(0, part);
            }
            "reasoning" | "reasoning_content" if !text.is_empty() => {
                pieces.members.insert(spelling.to_owned(), text.into());
            }
            _ => self.lost.push("what the model thought before".to_owned()),
        }
    }

    fn role(&self, role: Role) -> &'static str {
        let known = self.same_dialect || setting("developer-role").as_deref() == Some("yes");
        match role {
            Role::System => "system",
            Role::Developer if known => "developer",
            Role::Developer => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }

    /// A message with the result of a call.
    fn result(
        &mut self,
        result: ToolResult,
        media: &mut Vec<Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let ToolResult { call_id, name, content, is_error, cache, extra } = result;
        let own_words = is_own(extra.as_ref());
        let mut object = Map::new();
        object.insert("role".into(), "tool".into());
        if !call_id.is_empty() {
            object.insert("tool_call_id".into(), call_id.clone().into());
        }
        if let Some(name) = name {
            object.insert("name".into(), name.into());
        }
        if is_error {
            self.lost.push("the mark that a call failed".to_owned());
        }
        let mut parts = Vec::new();
        let mut moved = Vec::new();
        for part in content {
            match part {
                ToolResultPart::Text(text) => parts.push(json!({ "type": "text", "text": text })),
                ToolResultPart::Media(part) if own_words => parts.push(self.media(part)?),
                ToolResultPart::Media(part) => moved.push(self.media(part)?),
                ToolResultPart::Native(native) => {
                    own(&native, "a part of a tool's result", "cannot be said")?;
                    parts.push(parse(&native.value, "a part of a tool's result")?);
                }
            }
        }
        if !moved.is_empty() {
            self.changed.push(format!(
                "{DIALECT} has no media in the results of tools: they were given as the user's"
            ));
            media.push(
                json!({ "type": "text", "text": format!("Belongs to the result of {call_id}:") }),
            );
            media.append(&mut moved);
            if parts.is_empty() {
                parts.push(json!({ "type": "text", "text": "The result follows." }));
            }
        }
        if let Some(Value::Object(last)) = parts.last_mut() {
            self.cache(last, cache, own_words);
        }
        let content = match &mut parts[..] {
            [] if self.same_dialect => None,
            [] => Some("".into()),
            [one] if !own_words && is_bare_text(one) => Some(one["text"].take()),
            _ => Some(parts.into()),
        };
        if let Some(content) = content {
            object.insert("content".into(), content);
        }
        object.extend(members(extra.as_ref(), DIALECT, &mut self.lost)?);
        Ok(object)
    }
}

/// A message of the user's with the media of the results before it.
fn told_by_user(media: &mut Vec<Value>) -> Option<Value> {
    let media = std::mem::take(media);
    (!media.is_empty()).then(|| json!({ "role": "user", "content": media }))
}

/// Whether a part says no more than a string would.
fn is_bare_text(part: &Value) -> bool {
    part.as_object().is_some_and(|part| part.len() == 2) && part["text"].is_string()
}

/// Puts OpenRouter's `reasoning_details` together again: what an answer told about each
/// of them, and its text, signature or cipher.
fn details(thoughts: Vec<Thought>) -> Vec<Value> {
    let is_whole = |thought: &Thought| match thought {
        Thought::Detail(detail) => THOUGHT_TEXTS.iter().any(|name| detail.contains_key(*name)),
        Thought::Part(_) => false,
    };
    // An answer that could not be taken apart has them whole already.
    let whole = thoughts.iter().any(is_whole);
    let mut details: Vec<Map<String, Value>> = Vec::new();
    let mut open = false;
    for thought in thoughts {
        match thought {
            Thought::Detail(about) => {
                let same = |known: &Map<String, Value>| {
                    ["type", "index"].iter().all(|name| known.get(*name) == about.get(*name))
                };
                // What came late about a part is told after it.
                match details.iter_mut().rfind(|known| !whole && same(known)) {
                    Some(known) => known.extend(about),
                    None => {
                        details.push(about);
                        open = true;
                    }
                }
            }
            Thought::Part(_) if whole => {}
            Thought::Part(part) => {
                let about = if open { details.pop() } else { None };
                open = false;
                details.push(detail(about.unwrap_or_default(), part));
            }
        }
    }
    details.into_iter().map(Value::Object).collect()
}

const THOUGHT_TEXTS: [&str; 3] = ["text", "summary", "data"];

/// One of the `reasoning_details`.
fn detail(mut about: Map<String, Value>, part: ReasoningPart) -> Map<String, Value> {
    let kind = if part.redacted.is_some() { "reasoning.encrypted" } else { "reasoning.text" };
    let kind = about.entry("type").or_insert_with(|| kind.into());
    let text = if kind == "reasoning.summary" { "summary" } else { "text" };
    let members = [
        (text, Some(part.text).filter(|text| !text.is_empty())),
        ("signature", part.signature),
        ("data", part.redacted),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            about.insert(name.into(), value.into());
        }
    }
    about
}
