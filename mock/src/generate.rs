//! Hugging Face's generate, in a container behind SageMaker
//! (<https://huggingface.github.io/text-generation-inference/>).

use crate::answer::{Question, pieces};
use crate::sagemaker::{in_frames, method};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text, texts};
use crate::vector::vectors;
use bytes::Bytes;
use serde_json::{Value, json};

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let Some(method) = method(asked) else { return asked.nowhere() };
    asked.only(&http::Method::POST)?;
    asked.refuse(script)?;
    let body = &asked.body;
    members(body, "body", &["inputs", "parameters", "stream"])?;
    let streams = body["stream"] == true;
    if streams != (method == "invocations-response-stream") {
        return Err(Refusal::invalid("stream", "the path and `stream` do not agree"));
    }
    if body["inputs"].is_array() {
        let texts = texts(&body["inputs"], "inputs")?;
        return Ok(Reply::Json(200, json!(vectors(&texts, &Value::Null))));
    }
    let question = Question {
        model: asked.model.clone(),
        stream: streams,
        words: text(&body["inputs"], "inputs")?.to_owned(),
        max_tokens: body["parameters"]["max_new_tokens"].as_u64(),
        ..Question::default()
    };
    let answer = asked.answer(&question, script);
    let reason = if answer.cut_short { "length" } else { "eos_token" };
    let details = json!({ "finish_reason": reason, "generated_tokens": answer.output_tokens });
    if !streams {
        let whole = json!([{ "generated_text": answer.text, "details": details }]);
        return Ok(Reply::Json(200, whole));
    }
    let pieces = pieces(&answer.text, asked.behaviour.chunks);
    let last = pieces.len().saturating_sub(1);
    let event = |(number, piece): (usize, &String)| {
        let token = json!({ "id": number, "text": piece, "logprob": -0.5, "special": false });
        let mut event =
            json!({ "index": number + 1, "token": token, "generated_text": null, "details": null });
        if number == last {
            event["generated_text"] = json!(answer.text);
            event["details"] = details.clone();
        }
        Bytes::from(format!("data:{event}\n\n"))
    };
    let mut events: Vec<Bytes> = pieces.iter().enumerate().map(event).collect();
    if let Some(most) = script.events() {
        events.truncate(most);
    }
    Ok(in_frames(Reply::Events(events, script)))
}
