//! The conversation as the provider wants it: an instruction, then turns of the user and
//! the model (<https://ai.google.dev/api/caching#Content>).

use crate::json::{Members, Value, object};
use crate::part::{self, Calls};
use crate::translation::{Translation, is_ours};
use hotcell_sdk::{ChatRequest, Failure, Message, Part, Role};

/// A conversation, put in order.
pub(crate) struct Conversation {
    pub(crate) instruction: Option<Value>,
    pub(crate) contents: Vec<Value>,
}

struct Turn {
    role: &'static str,
    /// Parts, each with the place that it has before others: results answer the calls of
    /// the turn before, come first, and in the order of the calls.
    parts: Vec<(usize, Value)>,
    extra: Members,
}

pub(crate) fn write(
    request: &ChatRequest,
    translation: &mut Translation,
) -> Result<Conversation, Failure> {
    let mut instruction = Instruction::default();
    let mut turns: Vec<Turn> = Vec::new();
    let mut calls = Calls::of(&request.model);
    for message in &request.messages {
        if message.name.is_some() {
            translation.left_out("the name of a participant");
        }
        let extra = translation.members(message.extra.as_ref())?;
        let role = match message.role {
            Role::System | Role::Developer => {
                if !turns.is_empty() {
                    translation.warn(
                        "an instruction from the middle of the conversation was moved to its \
                         beginning",
                    );
                }
                instruction.add(message, extra, translation)?;
                continue;
            }
            Role::User | Role::Tool => "user",
            Role::Assistant => "model",
        };
        let merged = !translation.exact && turns.last().is_some_and(|last| last.role == role);
        if !merged {
            if role == "model" {
                calls.turn();
            }
            turns.push(Turn { role, parts: Vec::new(), extra });
        }
        let Some(turn) = turns.last_mut() else { continue };
        for part in &message.parts {
            match part {
                // What another provider said in words of its own, beside what it said.
                Part::Native(native) if role == "model" && !is_ours(native) => {
                    let what = format!("a part of an earlier answer in {}", native.dialect);
                    translation.left_out(&what);
                }
                part => part::write(part, &mut turn.parts, &mut calls, translation)?,
            }
        }
        // What has nothing to say is no turn, and must not part two others.
        if turn.parts.is_empty() && !translation.exact {
            turns.pop();
        }
    }
    if !translation.exact {
        for turn in &mut turns {
            turn.sort();
        }
        begin(&mut turns, &mut instruction, translation);
    }
    let contents = turns.into_iter().map(Turn::write).collect();
    Ok(Conversation { instruction: instruction.write(), contents })
}

/// A conversation begins with the user.
fn begin(turns: &mut Vec<Turn>, instruction: &mut Instruction, translation: &mut Translation) {
    let parts = match turns.first() {
        Some(first) if first.role == "user" => return,
        Some(_) => {
            translation.warn("a turn of the user's was put before the model's, which came first");
            vec![object("text", ".").into()]
        }
        None if instruction.parts.is_empty() => return,
        None => {
            translation.warn("the instruction is all that there is, and was sent as the user's");
            std::mem::take(&mut instruction.parts)
        }
    };
    let parts = parts.into_iter().map(|part| (0, part)).collect();
    turns.insert(0, Turn { role: "user", parts, extra: Members::default() });
}

impl Turn {
    /// Puts the parts in the order of their places; those of one place stay as they are.
    /// Most turns are in order, and the library's sorting is larger than all of this file.
    fn sort(&mut self) {
        let mut sorted: Vec<(usize, Value)> = Vec::with_capacity(self.parts.len());
        for part in std::mem::take(&mut self.parts) {
            let at = sorted.iter().rposition(|(place, _)| *place <= part.0);
            sorted.insert(at.map_or(0, |at| at + 1), part);
        }
        self.parts = sorted;
    }

    fn write(self) -> Value {
        let mut content = Members::default();
        content.insert("role", self.role);
        let parts: Vec<Value> = self.parts.into_iter().map(|(_, part)| part).collect();
        content.insert("parts", parts);
        content.extend(self.extra);
        content.into()
    }
}

#[derive(Default)]
struct Instruction {
    parts: Vec<Value>,
    extra: Members,
    present: bool,
}

impl Instruction {
    fn add(
        &mut self,
        message: &Message,
        extra: Members,
        translation: &mut Translation,
    ) -> Result<(), Failure> {
        let mut parts = Vec::new();
        for part in &message.parts {
            if !matches!(part, Part::Text(_) | Part::Refusal(_) | Part::Native(_)) {
                return Err(Failure::unsupported("an instruction can only be made of text"));
            }
            part::write(part, &mut parts, &mut Calls::default(), translation)?;
        }
        self.parts.extend(parts.into_iter().map(|(_, part)| part));
        self.extra.extend(extra);
        self.present |= translation.exact;
        Ok(())
    }

    fn write(self) -> Option<Value> {
        if self.parts.is_empty() && !self.present {
            return None;
        }
        let mut content = Members::default();
        content.insert("parts", self.parts);
        content.extend(self.extra);
        // The client said that it is the user's, which is nothing to other dialects.
        if content.get("role").is_some_and(Value::is_null) {
            content.insert("role", "user");
        }
        Some(content.into())
    }
}
