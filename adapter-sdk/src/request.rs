//! Short forms of requests, mostly for tests.

use crate::{ChatRequest, Message, Part, Role, Sampling, TextPart};

impl ChatRequest {
    /// A request with one message of the user's, streamed.
    pub fn user(prompt: impl Into<String>) -> Self {
        Self::new(vec![Message::new(Role::User, vec![Part::plain(prompt)])])
    }

    /// A request with these messages, streamed.
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            model: "test-model".to_owned(),
            messages,
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            output: None,
            sampling: Sampling {
                max_output_tokens: None,
                temperature: None,
                top_p: None,
                top_k: None,
                seed: None,
                presence_penalty: None,
                frequency_penalty: None,
                stop: Vec::new(),
                choices: None,
                logprobs: None,
            },
            reasoning: None,
            stream: true,
            extra: None,
        }
    }
}

impl Message {
    /// A message of these parts.
    pub fn new(role: Role, parts: Vec<Part>) -> Self {
        Self { role, parts, name: None, extra: None }
    }
}

impl Part {
    /// Text and nothing else.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Text(TextPart { text: text.into(), cache: None, extra: None })
    }
}
