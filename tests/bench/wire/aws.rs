//! What AWS sends: streams are frames of `application/vnd.amazon.eventstream`.

use super::{openai, text, whole, words};
use crate::provider::Answer;
use serde_json::{Value, json};

/// A conversation of Amazon Bedrock's.
pub(crate) fn bedrock(chunks: Option<usize>) -> Answer {
    let usage = json!({ "inputTokens": 21, "outputTokens": 34, "totalTokens": 55 });
    let metrics = json!({ "latencyMs": 412 });
    let Some(chunks) = chunks else {
        let message = json!({ "role": "assistant", "content": [{ "text": text() }] });
        let answer = json!({ "metrics": metrics, "output": { "message": message },
            "stopReason": "end_turn", "usage": usage });
        return whole(answer.to_string());
    };
    let event = |name: &str, payload: Value| frame(name, payload.to_string().as_bytes());
    let word = |word: &str| {
        let delta = json!({ "contentBlockIndex": 0, "delta": { "text": word },
            "p": "abcdefghijklmnopqrstuvwxyz" });
        event("contentBlockDelta", delta)
    };
    let first = event("messageStart", json!({ "p": "abcd", "role": "assistant" }));
    let last = [
        event("contentBlockStop", json!({ "contentBlockIndex": 0, "p": "abcdefgh" })),
        event("messageStop", json!({ "p": "abcdefghijk", "stopReason": "end_turn" })),
        event("metadata", json!({ "metrics": metrics, "p": "abcd", "usage": usage })),
    ];
    stream([first].into_iter().chain(words(chunks).map(word)).chain(last))
}

/// What a container says that speaks like OpenAI, behind an endpoint of SageMaker's.
pub(crate) fn sagemaker_chat(chunks: Option<usize>) -> Answer {
    let answer = openai(chunks);
    match chunks {
        None => answer,
        Some(_) => stream(answer.pieces.iter().map(|piece| frame("PayloadPart", piece))),
    }
}

/// The same of one that has Hugging Face's generate.
pub(crate) fn sagemaker_generate(chunks: Option<usize>) -> Answer {
    let details = json!({ "finish_reason": "eos_token", "generated_tokens": 34 });
    let Some(chunks) = chunks else {
        return whole(json!([{ "generated_text": text(), "details": details }]).to_string());
    };
    let part = |index: usize, word: &str, generated: Value, details: Value| {
        let token = json!({ "id": 1317, "text": word, "logprob": -0.5, "special": false });
        let event = json!({ "index": index, "token": token, "generated_text": generated,
            "details": details });
        frame("PayloadPart", format!("data:{event}\n\n").as_bytes())
    };
    let all = words(chunks).enumerate();
    let parts = all.map(|(index, word)| part(index + 1, word, Value::Null, Value::Null));
    let last = part(chunks + 1, ".", json!(words(chunks).collect::<String>() + "."), details);
    stream(parts.chain([last]))
}

fn stream(frames: impl Iterator<Item = Vec<u8>>) -> Answer {
    Answer { content_type: "application/vnd.amazon.eventstream", pieces: frames.collect() }
}

/// Both lengths, their check sum, the headers, the payload, and the check sum of all.
fn frame(event: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in
        [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")]
    {
        headers.push(name.len() as u8);
        headers.extend(name.as_bytes());
        headers.push(7);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend(value.as_bytes());
    }
    let mut frame = Vec::new();
    frame.extend((headers.len() as u32 + payload.len() as u32 + 16).to_be_bytes());
    frame.extend((headers.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}
