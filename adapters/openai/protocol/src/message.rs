//! The conversation so far.

use crate::json::{Members, value};
use crate::request::{Writer, Written, is_own, own};
use crate::thought::{Inline, THOUGHTS, Thought};
use crate::tool::is_only;
use hotcell_sdk::{
    MediaKind, MediaPart, MediaSource, Message, Part, Role, ToolCall, ToolResult, ToolResultPart,
    setting,
};

/// A medium of a tool's result, for which the protocol has no place.
struct Moved<'a> {
    call: &'a str,
    media: &'a MediaPart,
}

/// What a message is made of, sorted by where it goes.
#[derive(Default)]
struct Pieces<'a> {
    content: Vec<&'a Part>,
    /// The client wrote a list where a string would have done.
    listed: bool,
    calls: Vec<&'a ToolCall>,
    only_call: Option<&'a ToolCall>,
    spoken: Option<&'a MediaPart>,
    refusal: Option<&'a str>,
    /// Members that an earlier answer had, and that go back with it.
    told: Members<'a>,
    thoughts: Vec<Thought<'a>>,
}

impl Writer {
    pub(crate) fn messages(&mut self, messages: &[Message]) -> Written {
        let mut moved = Vec::new();
        self.json.open(b'[');
        for message in messages {
            let results = message.parts.iter().filter_map(|part| match part {
                Part::ToolResult(result) => Some(result),
                _ => None,
            });
            let results: Vec<&ToolResult> = results.collect();
            let alone = !results.is_empty() && results.len() == message.parts.len();
            if results.is_empty() && message.role != Role::User {
                self.media_of_results(&mut moved)?;
            }
            for result in results {
                self.result(result, message, alone, &mut moved)?;
            }
            if !alone {
                let before =
                    if message.role == Role::User { std::mem::take(&mut moved) } else { vec![] };
                self.message(message, &before)?;
            }
        }
        self.media_of_results(&mut moved)?;
        self.json.close(b']');
        Ok(())
    }

    fn message(&mut self, message: &Message, before: &[Moved<'_>]) -> Written {
        let extra = self.extra(message.extra.as_ref())?;
        let mut pieces = Pieces { listed: !before.is_empty(), ..Pieces::default() };
        let is_call = |part: &Part| matches!(part, Part::ToolCall(_));
        let calls = !self.same_dialect && message.parts.iter().any(is_call);
        for part in &message.parts {
            // Beside a call it says nothing, and some models refuse it.
            let silent = matches!(part, Part::Text(text) if text.text.is_empty());
            if !(silent && calls) {
                self.sort(message.role, part, &mut pieces)?;
            }
        }
        self.json.open(b'{');
        if !extra.has("role") {
            let role = self.role(message.role);
            self.json.name("role").text(role);
        }
        let thoughts = std::mem::take(&mut pieces.thoughts);
        let thinking = match THOUGHTS.iter().any(|name| extra.has(name)) {
            true => None,
            false => self.thoughts(thoughts),
        };
        if !extra.has("content") {
            let exact = self.same_dialect
                || message.extra.as_ref().is_some_and(|extra| is_own(Some(extra)));
            self.content(&pieces, thinking.as_ref(), before, exact)?;
        }
        self.members_of_answer(&pieces, &extra)?;
        if let Some(name) = message.name.as_ref().filter(|_| !extra.has("name")) {
            self.json.name("name").text(name);
        }
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    /// Puts a part where it goes.
    fn sort<'a>(&mut self, role: Role, part: &'a Part, pieces: &mut Pieces<'a>) -> Written {
        match part {
            Part::Text(text) => {
                let own_words = is_own(text.extra.as_ref());
                pieces.listed |= own_words || self.takes(text.cache, own_words);
                pieces.content.push(part);
            }
            Part::Media(media) if role == Role::Assistant && media.kind == MediaKind::Audio => {
                pieces.spoken = Some(media);
            }
            Part::Media(_) => {
                pieces.listed = true;
                pieces.content.push(part);
            }
            Part::Reasoning(thought) => {
                let whole =
                    |extra: &str| Members::checked(extra).is_some_and(|extra| extra.has("type"));
                let extra = thought.extra.as_ref().filter(|extra| is_own(Some(extra)));
                match extra.is_some_and(|extra| whole(&extra.value)) {
                    true => {
                        pieces.listed = true;
                        pieces.content.push(part);
                    }
                    false => {
                        let foreign = thought.extra.as_ref().filter(|it| !is_own(Some(it)));
                        self.extra(foreign)?;
                        pieces.thoughts.push(Thought::Part(thought));
                    }
                }
            }
            Part::ToolCall(call) if is_only(call) => pieces.only_call = Some(call),
            Part::ToolCall(call) => pieces.calls.push(call),
            Part::Refusal(text) => pieces.refusal = Some(text),
            Part::Native(native) if !is_own(Some(native)) && role == Role::Assistant => {
                // What another provider said in words of its own, beside what it said.
                self.lost(&format!("a part of an earlier answer in {}", native.dialect));
            }
            Part::Native(native) => {
                own(native, "a part of a message")?;
                let members = Members::of(value(&native.value, "a native part")?);
                match members {
                    // It only told something: see `delta` for the forms.
                    Some(members) if members.has("object") => {}
                    Some(members) if !members.has("type") => pieces.told(members),
                    _ => {
                        pieces.listed = true;
                        pieces.content.push(part);
                    }
                }
            }
            Part::ToolResult(_) => {}
        }
        Ok(())
    }

    fn content(
        &mut self,
        pieces: &Pieces<'_>,
        thinking: Option<&Inline<'_>>,
        before: &[Moved<'_>],
        exact: bool,
    ) -> Written {
        match (&pieces.content[..], thinking) {
            // What a client of this dialect wrote instead of content is in its extra.
            ([], None) if exact && before.is_empty() => {}
            ([], None) if before.is_empty() && pieces.calls.is_empty() => {
                self.json.name("content").text("");
            }
            ([], None) if before.is_empty() => self.json.name("content").raw("null"),
            ([Part::Text(text)], None) if !pieces.listed => {
                self.json.name("content").text(&text.text);
                // What another dialect said about it is lost all the same.
                self.extra(text.extra.as_ref())?;
            }
            (parts, thinking) => {
                self.json.name("content").open(b'[');
                for moved in before {
                    self.moved(moved)?;
                }
                if let Some(thinking) = thinking {
                    self.inline(thinking);
                }
                for part in parts {
                    match part {
                        Part::Text(text) => self.text(text)?,
                        Part::Media(media) => self.media(media)?,
                        Part::Native(native) => self.json.raw(native.value.trim()),
                        Part::Reasoning(thought) => {
                            let own = thought.extra.as_ref().map_or("null", |extra| &extra.value);
                            self.json.raw(own.trim());
                        }
                        _ => {}
                    }
                }
                self.json.close(b']');
            }
        }
        Ok(())
    }

    /// What an answer has beside its content.
    fn members_of_answer(&mut self, pieces: &Pieces<'_>, extra: &Members<'_>) -> Written {
        for (name, value) in pieces.told.pairs().filter(|(name, _)| !extra.has(name)) {
            self.json.name(name).raw(value);
        }
        if let Some(refusal) = pieces.refusal.filter(|_| !extra.has("refusal")) {
            self.json.name("refusal").text(refusal);
        }
        if let Some(spoken) = pieces.spoken.filter(|_| !extra.has("audio")) {
            self.spoken(spoken)?;
        }
        if let Some(call) = pieces.only_call.filter(|_| !extra.has("function_call")) {
            let extra = self.extra(call.extra.as_ref())?;
            self.json.name("function_call");
            let inner = extra.inner("function").unwrap_or_default();
            self.function_of(call, "arguments", &inner);
        }
        if !pieces.calls.is_empty() && !extra.has("tool_calls") {
            self.json.name("tool_calls").open(b'[');
            for call in &pieces.calls {
                self.call(call)?;
            }
            self.json.close(b']');
        }
        Ok(())
    }

    /// What the model said aloud goes back by its id.
    fn spoken(&mut self, media: &MediaPart) -> Written {
        let told = self.extra(media.extra.as_ref())?;
        let id = match &media.source {
            MediaSource::FileId(id) => Some(id.as_str().into()),
            _ => told.text("id"),
        };
        match id {
            Some(id) => {
                self.json.name("audio").open(b'{').name("id").text(&id);
                self.json.close(b'}');
            }
            None => self.lost("what the model said aloud"),
        }
        Ok(())
    }

    fn role(&self, role: Role) -> &'static str {
        let known = || self.same_dialect || setting("developer-role").as_deref() == Some("yes");
        match role {
            Role::System => "system",
            Role::Developer if known() => "developer",
            Role::Developer => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }

    /// A message with the result of a call. What the client wrote beside the result
    /// stands on the message, if there is nothing else in it.
    fn result<'a>(
        &mut self,
        result: &'a ToolResult,
        message: &Message,
        alone: bool,
        moved: &mut Vec<Moved<'a>>,
    ) -> Written {
        let own_words = is_own(result.extra.as_ref());
        let extra = self.extra(result.extra.as_ref())?;
        let beside = self.extra(message.extra.as_ref().filter(|_| alone))?;
        let spelled = |name: &str| extra.has(name) || beside.has(name);
        self.json.open(b'{');
        if !spelled("role") {
            self.json.name("role").text("tool");
        }
        // Before there were tools, the name of the function was enough.
        let function = beside.text("role").as_deref() == Some("function");
        if !result.call_id.is_empty() && !function && !spelled("tool_call_id") {
            self.json.name("tool_call_id").text(&result.call_id);
        }
        let name = result.name.as_ref().or(message.name.as_ref().filter(|_| alone));
        if let Some(name) = name.filter(|_| !spelled("name")) {
            self.json.name("name").text(name);
        }
        if result.is_error {
            self.lost("the mark that a call failed");
        }
        if !spelled("content") {
            self.result_content(result, own_words, moved)?;
        }
        self.rest(&extra);
        let rest = beside.pairs().filter(|(name, _)| !extra.has(name));
        rest.for_each(|(name, value)| self.json.name(name).raw(value));
        self.json.close(b'}');
        Ok(())
    }

    fn result_content<'a>(
        &mut self,
        result: &'a ToolResult,
        own_words: bool,
        moved: &mut Vec<Moved<'a>>,
    ) -> Written {
        let is_moved =
            |part: &ToolResultPart| matches!(part, ToolResultPart::Media(_)) && !own_words;
        let told = result.content.iter().filter(|part| !is_moved(part));
        let told: Vec<&ToolResultPart> = told.collect();
        for part in &result.content {
            if let ToolResultPart::Media(media) = part
                && !own_words
            {
                moved.push(Moved { call: &result.call_id, media });
            }
        }
        let cached = self.takes(result.cache, own_words);
        match &told[..] {
            [] if told.len() < result.content.len() => {
                self.json.name("content").text("The result follows.");
            }
            [] if self.same_dialect => {}
            [] => self.json.name("content").text(""),
            [ToolResultPart::Text(text)] if !own_words && !cached => {
                self.json.name("content").text(text);
            }
            parts => {
                self.json.name("content").open(b'[');
                for (index, part) in parts.iter().enumerate() {
                    match part {
                        ToolResultPart::Text(text) => {
                            self.json.open(b'{').name("type").text("text");
                            self.json.name("text").text(text);
                            let last = index + 1 == parts.len();
                            self.cache(result.cache.filter(|_| last), own_words);
                            self.json.close(b'}');
                        }
                        ToolResultPart::Media(media) => self.media(media)?,
                        ToolResultPart::Native(native) => {
                            own(native, "a part of a tool's result")?;
                            let part = value(&native.value, "a part of a tool's result")?;
                            self.json.raw(part);
                        }
                    }
                }
                self.json.close(b']');
            }
        }
        Ok(())
    }

    /// A message of the user's with the media of the results before it.
    fn media_of_results(&mut self, moved: &mut Vec<Moved<'_>>) -> Written {
        if moved.is_empty() {
            return Ok(());
        }
        self.json.open(b'{').name("role").text("user");
        self.json.name("content").open(b'[');
        for moved in std::mem::take(moved) {
            self.moved(&moved)?;
        }
        self.json.close(b']');
        self.json.close(b'}');
        Ok(())
    }

    fn moved(&mut self, moved: &Moved<'_>) -> Written {
        self.warn("media in the results of tools were given as the user's: the protocol has only text there".to_owned());
        self.words(&format!("Belongs to the result of {}:", moved.call));
        self.media(moved.media)
    }
}

impl<'a> Pieces<'a> {
    /// Members that an earlier answer had. Of one name the last counts, but details of
    /// reasoning come one by one.
    fn told(&mut self, members: Members<'a>) {
        for (name, value) in members.0 {
            if name == "reasoning_details" {
                let details = crate::json::list(value).unwrap_or_default();
                let details = details.into_iter().filter_map(Members::of);
                self.thoughts.extend(details.map(Thought::Detail));
            } else {
                self.told.0.retain(|(known, _)| *known != name);
                self.told.0.push((name, value));
            }
        }
    }
}
