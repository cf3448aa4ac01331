//! The conversation as the provider wants it: instructions at the top, then turns of
//! the user and the assistant.

use crate::message;
use crate::translation::{Translation, has_ours};
use crate::wire::Members;
use crate::writer::{Object, list};
use hotcell_sdk::{Failure, Message, Part, Role};

/// What is asked for where an answer has to be JSON of no particular schema: the
/// protocol has no word for it.
const JSON_ONLY: &str = "Answer with a single JSON object and nothing else.";

/// A conversation, put in order.
pub(crate) struct Conversation<'a> {
    system: System<'a>,
    turns: Vec<Turn<'a>>,
}

#[derive(Default)]
struct System<'a> {
    /// Whether there is a `system` at all: a client may have written an empty one.
    present: bool,
    parts: Vec<&'a Part>,
    json_only: bool,
}

struct Turn<'a> {
    role: &'static str,
    parts: Vec<&'a Part>,
    extra: Members<'a>,
    /// Written by a client of this dialect, which says where its turns end.
    own: bool,
}

impl<'a> Conversation<'a> {
    pub(crate) fn of(
        messages: &'a [Message],
        json_only: bool,
        translation: &mut Translation,
    ) -> Result<Self, Failure> {
        let mut system = System { json_only, ..System::default() };
        if json_only {
            translation.warn(
                "JSON without a schema is asked for in words: the protocol has no other way"
                    .to_owned(),
            );
        }
        let mut turns: Vec<Turn<'a>> = Vec::new();
        for message in messages {
            let extra = translation.members(message.extra.as_ref())?;
            let own = translation.exact || has_ours(message.extra.as_ref());
            if message.name.is_some() {
                translation.left_out("the name of a participant");
            }
            let in_place = extra.get("role").is_some();
            let role = match message.role {
                Role::System | Role::Developer if !in_place => {
                    if !turns.is_empty() {
                        translation.warn(
                            "an instruction from the middle of the conversation was moved to its \
                             beginning"
                                .to_owned(),
                        );
                    }
                    for (name, _) in &extra.0 {
                        translation.left_out(&format!("`{name}` of an instruction"));
                    }
                    system.add(message, translation.exact);
                    continue;
                }
                Role::System | Role::Developer => "system",
                Role::User | Role::Tool => "user",
                Role::Assistant => "assistant",
            };
            let is_told = |part: &&Part| message::is_told(part, message.role, translation);
            let parts: Vec<&Part> = message.parts.iter().filter(is_told).collect();
            if own {
                turns.push(Turn { role, parts, extra, own });
                continue;
            }
            match turns.last_mut() {
                Some(last) if last.role == role && !last.own => last.parts.extend(parts),
                // What has nothing to say is no turn, and must not part two others.
                _ if parts.is_empty() => {}
                _ => turns.push(Turn { role, parts, extra, own }),
            }
        }
        for turn in turns.iter_mut().filter(|turn| !turn.own && turn.role == "user") {
            // Results answer the calls of the turn before, and have to come first.
            let parts = std::mem::take(&mut turn.parts).into_iter();
            let (results, rest): (Vec<_>, Vec<_>) =
                parts.partition(|part| matches!(part, Part::ToolResult(_)));
            turn.parts = results;
            turn.parts.extend(rest);
        }
        Ok(Self { system, turns })
    }

    /// Whether results are given back for calls of which the thoughts before them are gone.
    pub(crate) fn lacks_thoughts(&self) -> bool {
        let [.., calls, results] = self.turns.as_slice() else { return false };
        let has =
            |turn: &Turn<'_>, what: fn(&Part) -> bool| turn.parts.iter().any(|part| what(part));
        has(results, |part| matches!(part, Part::ToolResult(_)))
            && has(calls, |part| matches!(part, Part::ToolCall(_)))
            && !has(calls, |part| matches!(part, Part::Reasoning(_)))
    }

    pub(crate) fn write(
        self,
        object: &mut Object<'_, '_>,
        translation: &mut Translation,
    ) -> Result<(), Failure> {
        self.system.write(object, translation)?;
        object.with("messages", |out| {
            list(out, self.turns, |out, turn| {
                let mut object = Object::open(out, turn.extra);
                object.put("role", turn.role);
                object
                    .with("content", |out| message::write_content(&turn.parts, out, translation))?;
                object.close();
                Ok(())
            })
        })
    }
}

impl<'a> System<'a> {
    fn add(&mut self, message: &'a Message, exact: bool) {
        self.present |= exact;
        let empty = |part: &Part| matches!(part, Part::Text(text) if text.text.is_empty());
        self.parts.extend(message.parts.iter().filter(|part| exact || !empty(part)));
    }

    fn write(
        self,
        object: &mut Object<'_, '_>,
        translation: &mut Translation,
    ) -> Result<(), Failure> {
        if self.parts.is_empty() && !self.present && !self.json_only {
            return Ok(());
        }
        let json_only = Part::plain(JSON_ONLY);
        let mut parts = self.parts;
        if self.json_only {
            parts.push(&json_only);
        }
        let fits =
            |part: &&&Part| matches!(part, Part::Text(_) | Part::Refusal(_) | Part::Native(_));
        if let Some(part) = parts.iter().find(|part| !fits(part)) {
            let what = message::name(part);
            return Err(Failure::unsupported(format!(
                "{what} cannot stand among the instructions"
            )));
        }
        object.with("system", |out| message::write_content(&parts, out, translation))
    }
}
