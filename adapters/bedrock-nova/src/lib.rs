//! Adapter for Nova on Amazon Bedrock by InvokeModel and InvokeModelWithResponseStream
//! (<https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html>).
//!
//! Its words are those of Converse but for a few, so that what becomes of a request and of an
//! answer is told in [`hotcell_bedrock`]. What differs:
//!
//! | of a request | becomes |
//! | --- | --- |
//! | top-k, reasoning options | members of `inferenceConfig` |
//! | documents, a schema for the answer | refused as `unsupported`: Converse has them |
//! | settings `guardrail-id`, `guardrail-version` | headers |
//! | the form of all this | `schemaVersion` |

#![deny(unsafe_code)]

use hotcell_bedrock::{Invoked, invoke_nova};
use hotcell_sdk::{Chat, ChatRequest, Failure, export};

/// The adapter.
pub struct BedrockNova;

impl Chat for BedrockNova {
    type Completion = Invoked;

    fn complete(request: ChatRequest) -> Result<Invoked, Failure> {
        invoke_nova(&request)
    }
}

export!(BedrockNova: chat);
