//! The conversation so far, as the provider's items: messages, reasoning, calls and
//! their results.
//!
//! What an answer tells natively comes back in five forms, which tell themselves apart: a
//! whole item has a `type`; `{"item": {…}}` is about the item whose parts are beside it,
//! `{"part": {…}}` about the part behind it; `{"content": […]}` is content of a message;
//! and `{"event": {…}}` and `{"beside": {…}}` only told something.

use crate::part::{CACHED, is_painted};
use crate::writer::{Writer, Written, invalid, is_own, own};
use hotcell_openai_chat::json::{Members, list as list_of};
use hotcell_sdk::{
    Failure, MediaPart, Message, Part, ReasoningPart, Role, TextPart, ToolCall, ToolResult,
};

/// One item of the provider's input.
enum Item<'a> {
    Message(Said<'a>),
    Reasoning(Thought<'a>),
    Call(&'a ToolCall),
    Result(&'a ToolResult),
    /// An image that an earlier answer painted.
    Painted(&'a MediaPart),
    Whole(&'a str),
}

/// A message, or what of one stands between other items.
#[derive(Default)]
struct Said<'a> {
    about: Members<'a>,
    /// Written with its type, as a client of this dialect may.
    typed: bool,
    parts: Vec<Piece<'a>>,
}

/// A piece of a message's content.
pub(crate) enum Piece<'a> {
    Part(&'a Part),
    Raw(&'a str),
}

#[derive(Default)]
struct Thought<'a> {
    about: Members<'a>,
    /// Each with whether it is the reasoning itself, and not a summary.
    parts: Vec<(bool, &'a ReasoningPart)>,
}

/// Members of messages of other dialects that their parts hold as well.
const HELD: &[&str] = &[
    "content",
    "function_call",
    "reasoning",
    "reasoning_content",
    "refusal",
    "role",
    "tool_calls",
];

/// The text of a message that a client of this dialect gave as `instructions`.
pub(crate) fn instructions(message: &Message) -> Option<&str> {
    let extra = message.extra.as_ref().filter(|extra| is_own(Some(extra)))?;
    match (&message.parts[..], message.role) {
        ([Part::Text(text)], Role::System) if extra.value == INSTRUCTIONS => Some(&text.text),
        _ => None,
    }
}

/// What the reader of this dialect marks them with. Null, for it says nothing to others.
const INSTRUCTIONS: &str = r#"{"instructions":null}"#;

impl Writer {
    pub(crate) fn input(&mut self, messages: &[Message]) -> Written {
        self.json.name("input").open(b'[');
        for message in messages.iter().filter(|message| instructions(message).is_none()) {
            if message.name.is_some() {
                self.lost("the name of a participant");
            }
            for item in self.items(message)? {
                match item {
                    Item::Message(said) => self.said(message.role, said)?,
                    Item::Reasoning(thought) => self.thought(thought)?,
                    Item::Call(call) => self.call(call)?,
                    Item::Result(result) => self.result(result)?,
                    Item::Painted(media) => self.painted(media)?,
                    Item::Whole(item) => self.json.raw(item),
                }
            }
        }
        self.json.close(b']');
        Ok(())
    }

    /// Takes a message apart into items.
    fn items<'a>(&mut self, message: &'a Message) -> Result<Vec<Item<'a>>, Box<Failure>> {
        let mut items: Vec<Item<'a>> = Vec::new();
        let mut plain = false;
        for part in &message.parts {
            match part {
                Part::ToolCall(call) => items.push(Item::Call(call)),
                Part::ToolResult(result) => items.push(Item::Result(result)),
                Part::Media(media) if is_painted(media) => items.push(Item::Painted(media)),
                Part::Reasoning(part) => {
                    let part = (std::mem::take(&mut plain), part);
                    match items.last_mut() {
                        Some(Item::Reasoning(thought)) if thought.goes_on(part.1) => {
                            thought.parts.push(part);
                        }
                        _ => items.push(Item::Reasoning(Thought {
                            parts: vec![part],
                            ..Thought::default()
                        })),
                    }
                }
                Part::Native(native)
                    if !is_own(Some(native)) && message.role == Role::Assistant =>
                {
                    // What another provider said in words of its own, beside what it said.
                    self.lost(&format!("a part of an earlier answer in {}", native.dialect));
                }
                Part::Native(native) => {
                    let value = own(native, "a part of a message")?;
                    let members = Members::of(value)
                        .ok_or_else(|| invalid("a native part is not a JSON object"))?;
                    if members.has("type") {
                        items.push(Item::Whole(value));
                    } else if let Some(about) = members.inner("item") {
                        add_about(&mut items, about);
                    } else if let Some(about) = members.inner("part") {
                        plain = about.text("type").as_deref() == Some("reasoning_text");
                    } else if let Some(list) = members.get("content") {
                        let pieces = list_of(list).unwrap_or_default();
                        add(&mut items, pieces.into_iter().map(Piece::Raw));
                    } else if !members.has("event") && !members.has("beside") {
                        return Err(invalid("a native part is no item of this dialect"));
                    }
                }
                Part::Text(_) | Part::Media(_) | Part::Refusal(_) => {
                    add(&mut items, [Piece::Part(part)]);
                }
            }
        }
        let typed = is_own(message.extra.as_ref());
        let extra = self.extra(message.extra.as_ref(), HELD)?;
        let first = items.iter_mut().find_map(|item| match item {
            Item::Message(said) => Some(said),
            _ => None,
        });
        match first {
            Some(said) => {
                said.typed = typed;
                said.about.0.extend(extra.0);
            }
            // A message without content, as its client wrote it.
            None if typed => {
                let parts = Vec::new();
                items.push(Item::Message(Said { about: extra, typed, parts }));
            }
            None => {}
        }
        Ok(items)
    }

    fn said(&mut self, role: Role, said: Said<'_>) -> Written {
        let Said { mut about, typed, mut parts } = said;
        if !self.exact && role == Role::Assistant {
            parts.retain(
                |piece| !matches!(piece, Piece::Part(Part::Text(text)) if text.text.is_empty()),
            );
        }
        if parts.is_empty() && !typed {
            return Ok(());
        }
        let word = match role {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => return Err(invalid("a message of a tool holds results of calls")),
        };
        self.without_ids(&mut about);
        let known = about.has("id");
        // An absent type is written as null by the reader.
        let typed = (typed || known) && !about.has("type");
        about.0.retain(|(name, value)| name != "type" || *value != "null");
        self.json.open(b'{');
        if typed {
            self.json.name("type").text("message");
        }
        self.text("role", word, &about);
        if !about.has("content") {
            self.json.name("content");
            match &parts[..] {
                [Piece::Part(Part::Text(text))] if self.is_plain(text, known) => {
                    // What another dialect said about it is lost all the same.
                    self.extra(text.extra.as_ref(), CACHED)?;
                    self.json.text(&text.text);
                }
                parts => {
                    self.json.open(b'[');
                    for part in parts {
                        self.piece(role, part)?;
                    }
                    self.json.close(b']');
                }
            }
        }
        // What has an id has a status as well; an answer that came to an end this one.
        if known && !self.exact {
            self.text("status", "completed", &about);
        }
        self.rest(&about);
        self.json.close(b'}');
        Ok(())
    }

    /// Whether a text that is alone in its message can be a string. Beside an id the
    /// provider takes lists only.
    fn is_plain(&self, text: &TextPart, known: bool) -> bool {
        match self.exact {
            true => text.extra.is_none(),
            false => !known && !is_own(text.extra.as_ref()),
        }
    }

    /// What the model thought before.
    fn thought(&mut self, thought: Thought<'_>) -> Written {
        let Thought { mut about, parts } = thought;
        // Of another provider it is nothing to this one, whoever sends it.
        if is_foreign(&parts) || !(self.exact || self.is_told(&about, &parts)) {
            self.ids = false;
            self.warn(
                "earlier reasoning was left out: this provider could not make anything of it"
                    .to_owned(),
            );
            return Ok(());
        }
        for (_, part) in &parts {
            about.0.extend(self.extra(part.extra.as_ref(), &[])?.0);
        }
        self.json.open(b'{');
        self.text("type", "reasoning", &about);
        if let Some(id) = parts.iter().find_map(|(_, part)| part.id.as_ref()) {
            self.text("id", id, &about);
        }
        let mut texts = |name: &str, kind: &str, wanted: bool, always: bool| {
            let texts =
                parts.iter().filter(|(plain, part)| *plain == wanted && !part.text.is_empty());
            let texts: Vec<&str> = texts.map(|(_, part)| part.text.as_str()).collect();
            if (always || !texts.is_empty()) && !about.has(name) {
                self.json.name(name).open(b'[');
                texts.iter().for_each(|text| self.words(kind, text));
                self.json.close(b']');
            }
        };
        texts("summary", "summary_text", false, true);
        texts("content", "reasoning_text", true, false);
        if let Some(cipher) = parts.iter().find_map(|(_, part)| part.signature.as_ref()) {
            self.text("encrypted_content", cipher, &about);
        }
        self.rest(&about);
        self.json.close(b'}');
        Ok(())
    }

    /// Whether the provider can make anything of earlier reasoning.
    fn is_told(&self, about: &Members<'_>, parts: &[(bool, &ReasoningPart)]) -> bool {
        let any = |of: fn(&ReasoningPart) -> bool| parts.iter().any(|(_, part)| of(part));
        let id = about.has("id") || any(|part| part.id.is_some());
        let plain = parts.iter().any(|(plain, part)| *plain && !part.text.is_empty());
        any(|part| part.signature.is_some()) || plain || (id && !self.stateless)
    }

    /// An image that an earlier answer painted: the item, with the image in it again.
    fn painted(&mut self, media: &MediaPart) -> Written {
        let extra = self.extra(media.extra.as_ref(), &[])?;
        self.json.open(b'{');
        self.rest(&extra);
        self.image_result(media);
        self.json.close(b'}');
        Ok(())
    }

    /// Takes the id away where what belongs to it was left out.
    pub(crate) fn without_ids(&self, about: &mut Members<'_>) {
        if !self.exact && !self.ids {
            about.0.retain(|(name, _)| name != "id" && name != "status");
        }
    }
}

/// Whether reasoning is another provider's.
fn is_foreign(parts: &[(bool, &ReasoningPart)]) -> bool {
    parts.iter().any(|(_, part)| {
        part.redacted.is_some() || part.extra.as_ref().is_some_and(|e| !is_own(Some(e)))
    })
}

impl Thought<'_> {
    /// Whether another part belongs to this item: it has not got its cipher, which comes
    /// last, and an id that holds all of it together.
    fn goes_on(&self, part: &ReasoningPart) -> bool {
        let spelled = |part: &ReasoningPart| {
            // An empty one only says whose it is.
            part.id.is_some() || part.extra.as_ref().is_some_and(|extra| extra.value != "{}")
        };
        let whole = |part: &ReasoningPart| part.signature.is_some() || spelled(part);
        let open = !self.parts.iter().any(|(_, part)| whole(part));
        let new = spelled(part);
        self.about.has("id") && open && !new
    }
}

/// Adds content to the message that is there, or to a new one.
fn add<'a>(items: &mut Vec<Item<'a>>, pieces: impl IntoIterator<Item = Piece<'a>>) {
    match items.last_mut() {
        Some(Item::Message(said)) => said.parts.extend(pieces),
        _ => {
            let parts = pieces.into_iter().collect();
            items.push(Item::Message(Said { parts, ..Said::default() }));
        }
    }
}

/// What an answer told about an item: of one that is there, or one that begins.
fn add_about<'a>(items: &mut Vec<Item<'a>>, about: Members<'a>) {
    let id = about.get("id");
    let same = |known: &Members<'a>| id.is_some() && known.get("id") == id;
    let known = items.iter_mut().rev().find_map(|item| match item {
        Item::Message(Said { about, .. }) | Item::Reasoning(Thought { about, .. }) => {
            same(about).then_some(about)
        }
        _ => None,
    });
    match known {
        Some(known) => {
            for (name, value) in about.0 {
                known.0.retain(|(known, _)| *known != name);
                known.0.push((name, value));
            }
        }
        None if about.text("type").as_deref() == Some("reasoning") => {
            items.push(Item::Reasoning(Thought { about, ..Thought::default() }));
        }
        None => items.push(Item::Message(Said { about, ..Said::default() })),
    }
}
