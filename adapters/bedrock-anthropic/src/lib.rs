//! Adapter for Claude on Amazon Bedrock by InvokeModel and InvokeModelWithResponseStream
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html>).
//!
//! The words are those of Anthropic's messages: what becomes of a request and of an answer is
//! told in [`hotcell_anthropic_messages`]. So a client of them loses nothing here, which it
//! would by Converse. The way is Bedrock's:
//!
//! | of a request | is |
//! | --- | --- |
//! | the model | in the path: an id, an inference profile, or an ARN. `invoke/` before it is taken away |
//! | whether to stream | told by the path |
//! | the version of the protocol, beta features | in the body: `anthropic_version`, `anthropic_beta` |
//! | settings `guardrail-id`, `guardrail-version` | headers |
//! | images and documents by their address or the id of a file | refused as `unsupported`, unless a client of Anthropic's words wrote them so |
//!
//! | of an answer | is |
//! | --- | --- |
//! | an event of a stream | in base64 within a frame, in a member `bytes` |
//! | what Bedrock measured (`amazon-bedrock-invocationMetrics`) | `native`, with the event that it came in |
//! | a guardrail that stepped in | the reason `content-filter` |
//! | an exception, in a stream or in the place of an answer | a failure by the exception's name |

#![deny(unsafe_code)]

use hotcell_anthropic_messages::{Assembly, DIALECT, Platform, write};
use hotcell_bedrock::{Answer, Chunks, invoke};
use hotcell_sdk::{Chat, ChatRequest, Failure, export};

/// The adapter.
pub struct BedrockAnthropic;

impl Chat for BedrockAnthropic {
    type Completion = Answer<Chunks<Assembly>>;

    fn complete(request: ChatRequest) -> Result<Answer<Chunks<Assembly>>, Failure> {
        let outgoing = write(&request, Platform::Bedrock, false)?;
        Failure::where_strict(&outgoing.warnings)?;
        let response = invoke(&request.model, request.stream, outgoing.body, DIALECT)?;
        Answer::begin(response, Chunks::of(Assembly::default()), DIALECT, outgoing.warnings)
    }
}

export!(BedrockAnthropic: chat);
