//! Adapter for models on Amazon Bedrock that go on with a text, by InvokeModel and
//! InvokeModelWithResponseStream
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>): those of
//! Titan, Llama, Mistral, DeepSeek and Command, and models of an account's own, which Converse
//! may not take.
//!
//! A body is in the words of the model's [maker](maker::Maker), told by its id or by the
//! setting `family`. Who writes one himself, with an `extra` tagged `bedrock-invoke`, gets
//! what he wrote.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | the only message, of a user | the text itself |
//! | a conversation | for Command R `message`, `chat_history` and `preamble`; for the others plain text, warned: see [`hotcell_openai_chat::prompt`] |
//! | tools, media, a form of the answer | refused as `unsupported`: Converse has them |
//! | limit on output, temperature, top-p, top-k, stop, seed, penalties | the maker's word for it; what has none is warned |
//! | several choices, log probabilities, reasoning options | warned |
//! | `extra` of this dialect | merged into the body; wins over what the adapter would write |
//! | `extra` of another dialect | warned, by the name of each member |
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | the text, whole or in pieces | `text` |
//! | the reason of the end, by each maker's own word | `finished` |
//! | counts of tokens, of the answer, its metrics or its headers | `usage` |
//! | other members | `finished.extra` |
//! | an end without a reason | `malformed-response` |

#![deny(unsafe_code)]

mod answer;
mod maker;
mod request;

use answer::Words;
use hotcell_bedrock::{Answer, Chunks, invoke};
use hotcell_sdk::{Chat, ChatRequest, Failure, export};

/// The adapter.
pub struct BedrockText;

/// The dialect of requests and answers: bodies of InvokeModel.
const DIALECT: &str = "bedrock-invoke";

impl Chat for BedrockText {
    type Completion = Answer<Chunks<Words>>;

    fn complete(request: ChatRequest) -> Result<Answer<Chunks<Words>>, Failure> {
        let body = request::write(&request)?;
        Failure::where_strict(&body.warnings)?;
        let response = invoke(&request.model, request.stream, body.json, DIALECT)?;
        let words = Chunks::of(Words::new(&response.headers()));
        Answer::begin(response, words, DIALECT, body.warnings)
    }
}

export!(BedrockText: chat);
