//! Providers with a protocol of their own.

use super::{WORDS, stream, text, whole, words};
use crate::provider::Answer;
use serde_json::{Value, json};

/// Content that Gemini generates.
pub(crate) fn gemini(chunks: Option<usize>) -> Answer {
    let chunk = |text: &str, end: bool| {
        let parts = json!([{ "text": text }]);
        let mut candidate = json!({ "content": { "parts": parts, "role": "model" }, "index": 0 });
        if end {
            candidate["finishReason"] = json!("STOP");
        }
        json!({ "candidates": [candidate], "usageMetadata": { "promptTokenCount": 21,
            "candidatesTokenCount": 34, "totalTokenCount": 55 },
            "modelVersion": "test-model", "responseId": "kQ2Xa8mYB7ySkdUPm4Cj8Ac" })
    };
    let Some(chunks) = chunks else { return whole(chunk(&text(), true).to_string()) };
    let events = words(chunks).map(|word| chunk(word, false)).chain([chunk("", true)]);
    stream(events.map(|event| format!("data: {event}\r\n\r\n")))
}

/// A chat of Cohere's.
pub(crate) fn cohere(chunks: Option<usize>) -> Answer {
    let tokens = json!({ "input_tokens": 21, "output_tokens": 34 });
    let usage = json!({ "billed_units": tokens, "tokens": tokens });
    let id = "29f14a5a-11de-4cae-9800-25e4747408ea";
    let Some(chunks) = chunks else {
        let content = json!([{ "type": "text", "text": text() }]);
        let message = json!({ "role": "assistant", "content": content });
        let answer =
            json!({ "id": id, "finish_reason": "COMPLETE", "message": message, "usage": usage });
        return whole(answer.to_string());
    };
    let of = |kind: &str, message: Value| json!({ "type": kind, "index": 0, "delta": { "message": message } });
    let begun = json!({ "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [],
        "citations": [] });
    let first = [
        json!({ "id": id, "type": "message-start", "delta": { "message": begun } }),
        of("content-start", json!({ "content": { "type": "text", "text": "" } })),
    ];
    let word = |word: &str| of("content-delta", json!({ "content": { "text": word } }));
    let delta = json!({ "finish_reason": "COMPLETE", "usage": usage });
    let last = [
        json!({ "type": "content-end", "index": 0 }),
        json!({ "type": "message-end", "delta": delta }),
    ];
    let events = first.into_iter().chain(words(chunks).map(word)).chain(last);
    let name = |event: &Value| event["type"].as_str().unwrap_or_default().to_owned();
    let events = events.map(move |event| format!("event: {}\ndata: {event}\n\n", name(&event)));
    stream(events.chain(["data: [DONE]\n\n".to_owned()]))
}

/// A chat of Ollama's, line by line.
pub(crate) fn ollama(chunks: Option<usize>) -> Answer {
    let line = |text: &str, end: bool| {
        let message = json!({ "role": "assistant", "content": text });
        let mut line = json!({ "model": "test-model", "created_at": "2025-10-09T08:53:20.123456Z",
            "message": message, "done": end });
        if end {
            line["done_reason"] = json!("stop");
            for (name, value) in [
                ("total_duration", 1_201_000_000),
                ("load_duration", 97_000_000),
                ("prompt_eval_count", 21),
                ("prompt_eval_duration", 42_000_000),
                ("eval_count", 34),
                ("eval_duration", 934_000_000),
            ] {
                line[name] = json!(value);
            }
        }
        format!("{line}\n")
    };
    let Some(chunks) = chunks else { return whole(line(&text(), true)) };
    let lines = words(chunks).map(|word| line(word, false)).chain([line("", true)]);
    let pieces = lines.map(String::into_bytes).collect();
    Answer { content_type: "application/x-ndjson", pieces }
}

/// A prediction of Replicate's, which comes at once.
pub(crate) fn replicate(_: Option<usize>) -> Answer {
    let answer = json!({
        "id": "q7w0rh4vqsrme0cs9g5b6mg1hc", "model": "maker/test-model", "version": "test",
        "input": { "prompt": WORDS.concat() }, "logs": "", "status": "succeeded", "error": null,
        "output": words(32).collect::<Vec<_>>(), "created_at": "2025-10-09T08:53:20.123Z",
        "metrics": { "predict_time": 0.4, "input_token_count": 21, "output_token_count": 34 },
    });
    whole(answer.to_string())
}

/// A response of OpenAI's.
pub(crate) fn responses(chunks: Option<usize>) -> Answer {
    let item_id = "msg_68e7a1f0c1a08190b4e0d2f3a5b6c7d8";
    let part = |text: &str| json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text });
    let item = |status: &str, content: Value| {
        json!({ "id": item_id, "type": "message", "status": status, "role": "assistant",
            "content": content })
    };
    let response = |status: &str, output: Value, usage: Value| {
        json!({
            "id": "resp_68e7a1f0b2d48190a3c1e2f3a4b5c6d7", "object": "response",
            "created_at": 1_760_000_000, "status": status, "error": null,
            "incomplete_details": null, "model": "test-model", "output": output,
            "parallel_tool_calls": true, "previous_response_id": null, "store": false,
            "usage": usage,
        })
    };
    let usage = json!({ "input_tokens": 21, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 34, "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": 55 });
    let done = |text: &str| {
        let output = json!([item("completed", json!([part(text)]))]);
        response("completed", output, usage.clone())
    };
    let Some(chunks) = chunks else { return whole(done(&text()).to_string()) };
    let told: String = words(chunks).collect();
    let at = |kind: &str, name: &str, value: Value| {
        let mut event =
            json!({ "type": kind, "item_id": item_id, "output_index": 0, "content_index": 0 });
        event[name] = value;
        event
    };
    let begun = response("in_progress", json!([]), Value::Null);
    let of_item =
        |kind: &str, item: Value| json!({ "type": kind, "output_index": 0, "item": item });
    let first = [
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.in_progress", "response": begun }),
        of_item("response.output_item.added", item("in_progress", json!([]))),
        at("response.content_part.added", "part", part("")),
    ];
    let word = |word: &str| at("response.output_text.delta", "delta", json!(word));
    let last = [
        at("response.output_text.done", "text", json!(told)),
        at("response.content_part.done", "part", part(&told)),
        of_item("response.output_item.done", item("completed", json!([part(&told)]))),
        json!({ "type": "response.completed", "response": done(&told) }),
    ];
    let events = first.into_iter().chain(words(chunks).map(word)).chain(last).enumerate();
    stream(events.map(|(number, mut event)| {
        event["sequence_number"] = json!(number);
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
    }))
}

/// Two vectors of 256 numbers, as Jina tells them.
pub(crate) fn vectors(_: Option<usize>) -> Answer {
    let vector: Vec<f64> = (0..256).map(|at| f64::from(at) / 1024.0 - 0.123).collect();
    let one = |index: usize| json!({ "object": "embedding", "index": index, "embedding": vector });
    let answer = json!({ "model": "test-model", "object": "list", "data": [one(0), one(1)],
        "usage": { "total_tokens": 21, "prompt_tokens": 21 } });
    whole(answer.to_string())
}
