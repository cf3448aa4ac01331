//! Texts that are gone on with: OpenAI's text completion
//! (<https://platform.openai.com/docs/api-reference/completions>), and Mistral's between two
//! texts, which is answered like a chat (<https://docs.mistral.ai/api/endpoint/fim>).

use crate::answer::{Answer, Question, pieces};
use crate::openai::{self, CREATED, event};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

const TEXT: &[&str] = &[
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];
const BETWEEN: &[&str] = &[
    "max_tokens",
    "metadata",
    "min_tokens",
    "model",
    "prompt",
    "random_seed",
    "stop",
    "stream",
    "suffix",
    "temperature",
    "top_p",
];

/// OpenAI's.
pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let question = read(asked, TEXT)?;
    let answer = asked.answer(&question, script);
    let id = format!("cmpl-mock{:06}", asked.number);
    let choices = asked.body["n"].as_u64().unwrap_or(1).clamp(1, 8);
    if question.stream {
        return Ok(Reply::Events(stream(asked, &question, &answer, script, &id, choices), script));
    }
    let choices = (0..choices).map(|index| choice(index, &answer.text, Some(&answer))).collect();
    let mut whole = frame(&question, &id, choices);
    whole["usage"] = openai::usage(&question, &answer);
    Ok(Reply::Json(200, whole))
}

/// Mistral's.
pub(crate) fn between(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let question = read(asked, BETWEEN)?;
    Ok(openai::told(asked, &question, script))
}

fn read(asked: &Asked<'_>, known: &[&str]) -> Result<Question, Refusal> {
    let body = &asked.body;
    members(body, "body", known)?;
    let prompt = text(&body["prompt"], "prompt")?.to_owned();
    let suffix = body["suffix"].as_str().filter(|suffix| !suffix.is_empty());
    Ok(Question {
        model: asked.model.clone(),
        stream: body["stream"] == true,
        input_tokens: prompt.split_whitespace().count() as u64,
        words: prompt,
        media: suffix.map(|suffix| format!("the suffix {suffix}")).into_iter().collect(),
        max_tokens: body["max_tokens"].as_u64(),
        ..Question::default()
    })
}

fn choice(index: u64, text: &str, ended: Option<&Answer>) -> Value {
    let reason = ended.map(|answer| if answer.cut_short { "length" } else { "stop" });
    json!({ "text": text, "index": index, "logprobs": null, "finish_reason": reason })
}

fn frame(question: &Question, id: &str, choices: Vec<Value>) -> Value {
    json!({
        "id": id,
        "object": "text_completion",
        "created": CREATED,
        "model": question.model,
        "choices": choices,
    })
}

fn stream(
    asked: &Asked<'_>,
    question: &Question,
    answer: &Answer,
    script: Script,
    id: &str,
    choices: u64,
) -> Vec<Bytes> {
    let piece = |choice: Value| event(&frame(question, id, vec![choice]));
    let mut events = Vec::new();
    for index in 0..choices {
        let pieces = pieces(&answer.text, asked.behaviour.chunks);
        events.extend(pieces.iter().map(|text| piece(choice(index, text, None))));
    }
    if let Some(most) = script.events() {
        events.truncate(most);
        if script == Script::MidstreamError {
            let error = Refusal::of_status(500);
            events.push(event(&(asked.provider.error)(&error, id)));
        }
        return events;
    }
    events.extend((0..choices).map(|index| piece(choice(index, "", Some(answer)))));
    if asked.body["stream_options"]["include_usage"] == true {
        let mut last = frame(question, id, Vec::new());
        last["usage"] = openai::usage(question, answer);
        events.push(event(&last));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}
