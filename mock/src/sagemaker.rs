//! SageMaker: endpoints whose containers speak OpenAI's chat, streamed inside of frames
//! (<https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::{bedrock, frame, openai, vector};

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let streams = asked.body["stream"] == true;
    match (method(asked), streams) {
        (Some("invocations"), false) if !asked.body["input"].is_null() => {
            vector::embeddings(asked, script)
        }
        (Some("invocations"), false) | (Some("invocations-response-stream"), true) => {
            openai::chat(asked, script).map(in_frames)
        }
        (Some(_), _) => Err(Refusal::invalid("stream", "the path and `stream` do not agree")),
        (None, _) => asked.nowhere(),
    }
}

/// What is asked of an endpoint.
pub(crate) fn method<'a>(asked: &Asked<'a>) -> Option<&'a str> {
    let (_, method) = asked.path.strip_prefix("/endpoints/")?.split_once('/')?;
    matches!(method, "invocations" | "invocations-response-stream").then_some(method)
}

/// A stream of events becomes one of frames.
pub(crate) fn in_frames(reply: Reply) -> Reply {
    match reply {
        Reply::Events(events, script) => {
            Reply::Stream(frame::KIND, bedrock::payload_parts(&events), script)
        }
        other => other,
    }
}
