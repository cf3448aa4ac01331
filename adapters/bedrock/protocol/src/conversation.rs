//! The conversation as the provider wants it: instructions apart, then turns of the user
//! and the assistant, of which the user has the first.

use crate::block::{self, FILLER};
use crate::json::{List, Members, Object};
use crate::translation::{Translation, has_ours};
use hotcell_sdk::{Failure, MediaKind, Message, Part, Role};

/// A conversation, put in order.
pub(crate) struct Conversation<'a> {
    /// None where nothing is said of instructions at all.
    system: Option<Vec<&'a Part>>,
    /// What has to be said in words, because the protocol has none for it.
    words: Vec<&'static str>,
    turns: Vec<Turn<'a>>,
}

struct Turn<'a> {
    role: &'static str,
    parts: Vec<&'a Part>,
    extra: Members<'a>,
    /// Written by a client of this dialect, which says where its turns end.
    own: bool,
    /// The provider demands words here, and there are none.
    wordless: bool,
}

impl<'a> Turn<'a> {
    fn of(role: &'static str, parts: Vec<&'a Part>) -> Self {
        Self { role, parts, extra: Members::default(), own: false, wordless: false }
    }
}

impl<'a> Conversation<'a> {
    pub(crate) fn of(
        messages: &'a [Message],
        words: Vec<&'static str>,
        translation: &mut Translation,
    ) -> Result<Self, Failure> {
        let mut system: Option<Vec<&Part>> = None;
        let mut turns: Vec<Turn<'a>> = Vec::new();
        for message in messages {
            let extra = translation.members(message.extra.as_ref())?;
            let own = translation.exact || has_ours(message.extra.as_ref());
            if message.name.is_some() {
                translation.left_out("the name of a participant");
            }
            let role = match message.role {
                Role::System | Role::Developer
                    if !extra.0.iter().any(|(name, _)| name == "role") =>
                {
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
                    let is_told = |part: &&Part| block::is_told(part, message.role, translation);
                    let told: Vec<&Part> = message.parts.iter().filter(is_told).collect();
                    if translation.exact || !told.is_empty() {
                        system.get_or_insert_default().extend(told);
                    }
                    continue;
                }
                // With `role` in its extra it keeps its place.
                Role::System | Role::Developer => "system",
                Role::User | Role::Tool => "user",
                Role::Assistant => "assistant",
            };
            let is_told = |part: &&Part| block::is_told(part, message.role, translation);
            let parts: Vec<&Part> = message.parts.iter().filter(is_told).collect();
            match turns.last_mut() {
                _ if own => turns.push(Turn { extra, own, ..Turn::of(role, parts) }),
                Some(last) if last.role == role && !last.own => last.parts.extend(parts),
                // What has nothing to say is no turn, and must not part two others.
                _ if parts.is_empty() => {}
                _ => turns.push(Turn::of(role, parts)),
            }
        }
        let mut conversation = Self { system, words, turns };
        if !translation.exact {
            conversation.complete(translation);
        }
        Ok(conversation)
    }

    /// Gives the provider what it demands.
    fn complete(&mut self, translation: &mut Translation) {
        let begins = self.turns.first().is_some_and(|turn| turn.role != "assistant");
        if !begins && (self.system.is_some() || !self.turns.is_empty()) {
            translation.warn(format!(
                "a turn of the user, `{FILLER}`, was put before the conversation: the provider \
                 demands one"
            ));
            self.turns.insert(0, Turn { wordless: true, ..Turn::of("user", vec![]) });
        }
        for turn in self.turns.iter_mut().filter(|turn| !turn.own && turn.role == "user") {
            // Results answer the calls of the turn before, and have to come first.
            let parts = std::mem::take(&mut turn.parts).into_iter();
            let (results, rest): (Vec<_>, Vec<_>) =
                parts.partition(|part| matches!(part, Part::ToolResult(_)));
            turn.parts = results;
            turn.parts.extend(rest);
            let document = |part: &&Part| matches!(part, Part::Media(media) if media.kind == MediaKind::Document);
            let words = |part: &&Part| matches!(part, Part::Text(_) | Part::Refusal(_));
            if turn.parts.iter().any(document) && !turn.parts.iter().any(words) {
                translation.warn(format!(
                    "the text `{FILLER}` was put beside a document: the provider demands some"
                ));
                turn.wordless = true;
            }
        }
    }

    pub(crate) fn write(
        self,
        object: &mut Object<'_, '_>,
        translation: &mut Translation,
    ) -> Result<(), Failure> {
        let turns = self.turns;
        write_system(self.system, &self.words, object, translation)?;
        if translation.exact && turns.is_empty() {
            return Ok(());
        }
        let last = turns.len().saturating_sub(1);
        let Some(out) = object.member("messages") else { return Ok(()) };
        let mut list = List::open(out);
        for (number, turn) in turns.into_iter().enumerate() {
            let mut object = Object::open(list.element(), turn.extra);
            object.text("role", turn.role);
            if let Some(out) = object.member("content") {
                let mut content = List::open(out);
                if turn.wordless {
                    block::write_text(FILLER, content.element());
                }
                let unfinished = number == last && turn.role == "assistant" && !turn.own;
                for (place, part) in turn.parts.iter().enumerate() {
                    let end = unfinished && place + 1 == turn.parts.len();
                    match part {
                        // What is to be continued must not end with white space.
                        Part::Text(text) if end && text.text.ends_with(char::is_whitespace) => {
                            translation.warn(
                                "white space at the end of the answer to be continued was left \
                                 out: the provider refuses it"
                                    .to_owned(),
                            );
                            block::write_text(text.text.trim_end(), content.element());
                        }
                        part => block::write(part, &mut content, translation)?,
                    }
                }
                content.close();
            }
            object.close();
        }
        list.close();
        Ok(())
    }
}

fn write_system(
    parts: Option<Vec<&Part>>,
    words: &[&'static str],
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    if parts.is_none() && words.is_empty() {
        return Ok(());
    }
    let parts = parts.unwrap_or_default();
    let fits = |part: &&&Part| matches!(part, Part::Text(_) | Part::Refusal(_) | Part::Native(_));
    if let Some(part) = parts.iter().find(|part| !fits(part)) {
        let what = block::name(part);
        return Err(Failure::unsupported(format!("{what} cannot stand among the instructions")));
    }
    if let Some(out) = object.member("system") {
        let mut list = List::open(out);
        for part in parts {
            block::write(part, &mut list, translation)?;
        }
        words.iter().for_each(|words| block::write_text(words, list.element()));
        list.close();
    }
    Ok(())
}
