//! One message that is being put together.

use crate::object::put;
use hotcell_sdk::Role;
use serde_json::{Map, Value};

pub(crate) struct Piece {
    pub(crate) role: Role,
    content: Option<String>,
    pub(crate) thinking: String,
    pub(crate) images: Vec<Value>,
    pub(crate) calls: Vec<Value>,
    /// Members that stand beside these.
    pub(crate) told: Map<String, Value>,
}

impl Piece {
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            content: None,
            thinking: String::new(),
            images: Vec::new(),
            calls: Vec::new(),
            told: Map::new(),
        }
    }

    pub(crate) fn has_text(&self) -> bool {
        self.content.as_ref().is_some_and(|content| !content.is_empty())
    }

    /// Adds text. Texts of one message are kept apart as Ollama keeps neighbouring messages
    /// apart; what the model said was one text before.
    pub(crate) fn say(&mut self, text: &str) {
        let apart = self.has_text() && !text.is_empty() && self.role != Role::Assistant;
        let content = self.content.get_or_insert_default();
        if apart {
            content.push_str("\n\n");
        }
        content.push_str(text);
    }

    /// The message, with the client's own members over it. Where the client wrote in this
    /// dialect, what it left out stays out.
    pub(crate) fn finish(self, exact: bool, extra: Map<String, Value>) -> Value {
        let mut message = Map::new();
        put(&mut message, "role", role(self.role).into());
        if self.content.is_some() || !exact {
            put(&mut message, "content", self.content.unwrap_or_default().into());
        }
        if !self.thinking.is_empty() {
            put(&mut message, "thinking", self.thinking.into());
        }
        if !self.images.is_empty() {
            put(&mut message, "images", self.images.into());
        }
        if !self.calls.is_empty() {
            put(&mut message, "tool_calls", self.calls.into());
        }
        message.extend(self.told);
        message.extend(extra);
        message.into()
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}
