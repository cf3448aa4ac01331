//! The vocabulary of requests and answers, as `wit/types.wit` defines it, with
//! short forms for the usual cases.

pub use crate::bindings::exports::hotcell::adapter::embeddings::{
    EmbedRequest, EmbedResponse, Input,
};
pub use crate::bindings::exports::hotcell::adapter::images::{Image, ImageRequest, ImageResponse};
pub use crate::bindings::exports::hotcell::adapter::models::Model;
pub use crate::bindings::exports::hotcell::adapter::moderation::{
    Category, Content, ModerationRequest, ModerationResponse, Verdict,
};
pub use crate::bindings::exports::hotcell::adapter::rerank::{
    Document, Ranked, RerankRequest, RerankResponse,
};
pub use crate::bindings::exports::hotcell::adapter::speech::SpeechRequest;
pub use crate::bindings::exports::hotcell::adapter::stored::{
    Action, Parameter, StoredAnswer, StoredRequest,
};
pub use crate::bindings::exports::hotcell::adapter::tokens::TokenCount;
pub use crate::bindings::exports::hotcell::adapter::transcription::{
    Span, Timing, TranscriptionRequest, TranscriptionResponse,
};
pub use crate::bindings::hotcell::adapter::types::*;

impl ChatRequest {
    /// A request with one message of the user's, streamed. The runner fills in the
    /// model.
    pub fn user(prompt: impl Into<String>) -> Self {
        Self::new(vec![Message::user(prompt)])
    }

    /// A request with these messages, streamed.
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            model: String::new(),
            messages,
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            output: None,
            sampling: Sampling::default(),
            reasoning: None,
            stream: true,
            extra: None,
        }
    }
}

#[expect(clippy::derivable_impls, reason = "the record is generated and derives nothing")]
impl Default for Sampling {
    fn default() -> Self {
        Self {
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
        }
    }
}

impl Message {
    /// A message of these parts.
    pub fn new(role: Role, parts: Vec<Part>) -> Self {
        Self { role, parts, name: None, extra: None }
    }

    /// Instructions that stand above the conversation.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, vec![Part::plain(text)])
    }

    /// What the user says.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, vec![Part::plain(text)])
    }

    /// What the model said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, vec![Part::plain(text)])
    }

    /// What a function answered to the call with this id.
    pub fn tool_result(call_id: impl Into<String>, text: impl Into<String>) -> Self {
        let result = ToolResult {
            call_id: call_id.into(),
            name: None,
            content: vec![ToolResultPart::Text(text.into())],
            is_error: false,
            cache: None,
            extra: None,
        };
        Self::new(Role::Tool, vec![Part::ToolResult(result)])
    }
}

impl Part {
    /// Text and nothing else.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Text(TextPart { text: text.into(), cache: None, extra: None })
    }
}

impl EmbedRequest {
    /// A request for one vector per text. The runner fills in the model.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self {
            model: String::new(),
            inputs: texts.into_iter().map(|text| Input::Text(text.into())).collect(),
            dimensions: None,
            task: None,
            extra: None,
        }
    }
}

impl StoredRequest {
    /// Bytes of an id, at the most.
    pub const ID_BYTES: usize = 256;

    /// Does this to the answer of this id.
    pub fn new(action: Action, id: impl Into<String>) -> Self {
        Self { action, id: id.into(), query: Vec::new() }
    }

    /// Whether this can be the id of an answer: it becomes a segment of a path, and can be
    /// nothing else in it.
    pub fn is_id(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !text.is_empty() && text.len() <= Self::ID_BYTES && text.bytes().all(plain)
    }
}

impl RerankRequest {
    /// A request for the order of these texts. The runner fills in the model.
    pub fn texts<T: Into<String>>(
        query: impl Into<String>,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            model: String::new(),
            query: query.into(),
            documents: texts.into_iter().map(|text| Document::Text(text.into())).collect(),
            top: None,
            extra: None,
        }
    }
}

impl ImageRequest {
    /// A request for one image. The runner fills in the model.
    pub fn prompt(prompt: impl Into<String>) -> Self {
        Self {
            model: String::new(),
            prompt: prompt.into(),
            sources: Vec::new(),
            mask: None,
            count: None,
            size: None,
            quality: None,
            format: None,
            extra: None,
        }
    }
}

impl SpeechRequest {
    /// A request to speak this text. The runner fills in the model.
    pub fn text(input: impl Into<String>) -> Self {
        Self {
            model: String::new(),
            input: input.into(),
            voice: None,
            instructions: None,
            format: None,
            speed: None,
            extra: None,
        }
    }
}

impl TranscriptionRequest {
    /// A request for the text of this sound. The runner fills in the model.
    pub fn audio(audio: Vec<u8>) -> Self {
        Self {
            model: String::new(),
            audio,
            mime: None,
            name: None,
            language: None,
            translate: false,
            prompt: None,
            temperature: None,
            timings: Vec::new(),
            extra: None,
        }
    }
}

impl ModerationRequest {
    /// A request for verdicts on these texts. The runner fills in the model.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let inputs = texts.into_iter().map(|text| Content::Text(text.into())).collect();
        Self { model: String::new(), inputs, extra: None }
    }
}
