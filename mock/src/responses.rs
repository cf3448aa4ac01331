//! OpenAI's responses (<https://platform.openai.com/docs/api-reference/responses>).

use crate::answer::{Answer, Offer, Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{Calls, data_url, members, signature, text};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

const CREATED: u64 = 1_760_000_000;
/// Stands for the cipher of a thought, which goes back as it came.
pub(crate) const CIPHER: &str = "bW9jay1lbmNyeXB0ZWQtcmVhc29uaW5n";
const MEMBERS: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    if asked.path != "/v1/responses" {
        return asked.nowhere();
    }
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let question = read(asked)?;
    let answer = asked.answer(&question, script);
    let items = items(asked, &answer);
    if question.stream {
        return Ok(Reply::Events(stream(asked, &question, &answer, &items, script), script));
    }
    Ok(Reply::Json(200, response(asked, &question, &answer, &items, true)))
}

fn read(asked: &Asked<'_>) -> Result<Question, Refusal> {
    let body = &asked.body;
    members(body, "body", MEMBERS)?;
    let mut question = Question {
        model: asked.model.clone(),
        stream: body["stream"] == true,
        input_tokens: body["input"].to_string().split_whitespace().count() as u64,
        max_tokens: body["max_output_tokens"].as_u64(),
        thinking: body["reasoning"].is_object(),
        ..Question::default()
    };
    let mut calls = Calls::default();
    if let Some(words) = body["input"].as_str() {
        question.words = words.to_owned();
    }
    let items = body["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() && question.words.is_empty() {
        return Err(Refusal::invalid("input", "Missing required parameter: 'input'."));
    }
    for (position, item) in items.iter().enumerate() {
        read_item(item, &format!("input[{position}]"), &mut calls, &mut question)?;
    }
    calls.none_open("input")?;
    let choice = &body["tool_choice"];
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (position, tool) in tools.iter().enumerate().filter(|(_, tool)| tool["type"] == "function")
    {
        let known = ["description", "name", "parameters", "strict", "type"];
        members(tool, &format!("tools[{position}]"), &known)?;
        let name = text(&tool["name"], "tools.name")?.to_owned();
        let named = choice["name"].as_str().is_none_or(|named| named == name);
        if choice != "none" && named {
            question.tools.push(Offer { name, schema: tool["parameters"].clone() });
        }
    }
    question.schema = match body["text"]["format"]["type"].as_str() {
        Some("json_schema") => Some(body["text"]["format"]["schema"].clone()),
        Some("json_object") => Some(json!(true)),
        _ => None,
    };
    Ok(question)
}

fn read_item(
    item: &Value,
    at: &str,
    calls: &mut Calls,
    question: &mut Question,
) -> Result<(), Refusal> {
    match item["type"].as_str().unwrap_or("message") {
        "message" => read_message(item, at, question),
        "reasoning" => {
            if !item["summary"].is_array() {
                return Err(Refusal::invalid(at, format!("'{at}.summary' is missing")));
            }
            match &item["encrypted_content"] {
                Value::Null => Ok(()),
                cipher => signature(cipher, CIPHER, at),
            }
        }
        "function_call" => {
            text(&item["name"], at)?;
            text(&item["arguments"], at)?;
            question.results.clear();
            calls.called(&item["call_id"], at)
        }
        "function_call_output" => {
            calls.answered(&item["call_id"], at)?;
            question.results.push(match &item["output"] {
                Value::String(output) => output.clone(),
                parts => read_parts(parts, at)?.0,
            });
            Ok(())
        }
        "item_reference"
        | "computer_call"
        | "custom_tool_call"
        | "custom_tool_call_output"
        | "web_search_call"
        | "file_search_call"
        | "compaction" => Ok(()),
        other => Err(Refusal::invalid(at, format!("Invalid value: '{other}' for '{at}.type'."))),
    }
}

fn read_message(item: &Value, at: &str, question: &mut Question) -> Result<(), Refusal> {
    members(item, at, &["content", "id", "phase", "role", "status", "type"])?;
    let (words, media) = match &item["content"] {
        Value::String(words) => (words.clone(), Vec::new()),
        parts => read_parts(parts, at)?,
    };
    match item["role"].as_str() {
        Some("user") => {
            question.words = words;
            question.media = media;
            question.results.clear();
        }
        Some("assistant") => question.results.clear(),
        Some("system" | "developer") => {}
        _ => return Err(Refusal::invalid(at, format!("Invalid value for '{at}.role'."))),
    }
    Ok(())
}

fn read_parts(parts: &Value, at: &str) -> Result<(String, Vec<String>), Refusal> {
    let (mut words, mut media) = (Vec::new(), Vec::new());
    for part in parts.as_array().into_iter().flatten() {
        match part["type"].as_str() {
            Some("input_text" | "output_text") => words.push(text(&part["text"], at)?),
            Some("input_image") => {
                if !part["image_url"].is_null() {
                    data_url(&part["image_url"], at)?;
                }
                media.push("image".to_owned());
            }
            Some("input_file") => media.push("file".to_owned()),
            Some("refusal") => {}
            _ => return Err(Refusal::invalid(at, format!("Invalid value for '{at}.content'."))),
        }
    }
    Ok((words.join("\n"), media))
}

/// The items of the answer.
fn items(asked: &Asked<'_>, answer: &Answer) -> Vec<Value> {
    let number = asked.number;
    let mut items = Vec::new();
    if let Some(reasoning) = &answer.reasoning {
        let summary = match asked.body["reasoning"]["summary"].is_string() {
            true => json!([{ "type": "summary_text", "text": reasoning }]),
            false => json!([]),
        };
        let mut item =
            json!({ "id": format!("rs_mock{number:06}"), "type": "reasoning", "summary": summary });
        let wanted = asked.body["include"].as_array();
        if wanted.is_some_and(|list| list.contains(&json!("reasoning.encrypted_content"))) {
            item["encrypted_content"] = json!(CIPHER);
        }
        items.push(item);
    }
    if !answer.text.is_empty() {
        let part = json!({ "type": "output_text", "text": answer.text, "annotations": [], "logprobs": [] });
        items.push(json!({
            "id": format!("msg_mock{number:06}"), "type": "message", "status": "completed",
            "role": "assistant", "content": [part],
        }));
    }
    for (position, (name, arguments)) in answer.calls.iter().enumerate() {
        items.push(json!({
            "id": format!("fc_mock{number:06}{position:02}"), "type": "function_call",
            "status": "completed", "call_id": format!("call_mock{number:06}{position:02}"),
            "name": name, "arguments": arguments,
        }));
    }
    items
}

fn response(
    asked: &Asked<'_>,
    question: &Question,
    answer: &Answer,
    items: &[Value],
    done: bool,
) -> Value {
    let status = match (done, answer.cut_short) {
        (false, _) => "in_progress",
        (true, true) => "incomplete",
        (true, false) => "completed",
    };
    let reasoning = answer.reasoning.as_ref().map_or(0, |text| text.split(' ').count() as u64);
    let output = answer.output_tokens + reasoning;
    let usage = json!({
        "input_tokens": question.input_tokens,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": reasoning },
        "total_tokens": question.input_tokens + output,
    });
    let incomplete = json!({ "reason": "max_output_tokens" });
    json!({
        "id": format!("resp_mock{:06}", asked.number), "object": "response",
        "created_at": CREATED, "status": status, "error": null,
        "incomplete_details": if status == "incomplete" { incomplete } else { Value::Null },
        "model": question.model,
        "output": if done { json!(items) } else { json!([]) },
        "parallel_tool_calls": true, "previous_response_id": null, "store": false,
        "usage": if done { usage } else { Value::Null },
    })
}

fn stream(
    asked: &Asked<'_>,
    question: &Question,
    answer: &Answer,
    items: &[Value],
    script: Script,
) -> Vec<Bytes> {
    let mut told = Told::default();
    for kind in ["response.created", "response.in_progress"] {
        let response = response(asked, question, answer, items, false);
        told.tell(kind, json!({ "response": response }));
    }
    for (index, item) in items.iter().enumerate() {
        let mut empty = item.clone();
        match item["type"].as_str() {
            Some("message") => empty["content"] = json!([]),
            Some("reasoning") => empty["summary"] = json!([]),
            _ => empty["arguments"] = json!(""),
        }
        empty["status"] = json!("in_progress");
        told.tell("response.output_item.added", json!({ "output_index": index, "item": empty }));
        told.item(index, item, asked.behaviour.chunks);
        told.tell("response.output_item.done", json!({ "output_index": index, "item": item }));
    }
    if let Some(most) = script.events() {
        // The response twice, the item and the part come first.
        told.events.truncate(4 + most);
        if script == Script::MidstreamError {
            let refusal = Refusal::of_status(500);
            let error =
                json!({ "code": "server_error", "message": refusal.message, "param": null });
            told.tell("error", error);
        }
        return told.events;
    }
    let kind = if answer.cut_short { "response.incomplete" } else { "response.completed" };
    told.tell(kind, json!({ "response": response(asked, question, answer, items, true) }));
    told.events
}

/// The events so far, which are numbered.
#[derive(Default)]
struct Told {
    events: Vec<Bytes>,
}

impl Told {
    fn tell(&mut self, kind: &str, mut members: Value) {
        members["type"] = json!(kind);
        members["sequence_number"] = json!(self.events.len());
        self.events.push(Bytes::from(format!("event: {kind}\ndata: {members}\n\n")));
    }

    /// What an item is made of.
    fn item(&mut self, index: usize, item: &Value, chunks: Option<usize>) {
        let id = &item["id"];
        let at = |name: &str, value: Value| {
            let mut members = json!({ "item_id": id, "output_index": index });
            members[name] = value;
            members
        };
        if item["type"] == "function_call" {
            let arguments = item["arguments"].as_str().unwrap_or_default();
            for piece in pieces(arguments, Some(3)) {
                self.tell("response.function_call_arguments.delta", at("delta", json!(piece)));
            }
            let whole = at("arguments", json!(arguments));
            return self.tell("response.function_call_arguments.done", whole);
        }
        let is_message = item["type"] == "message";
        let (part, delta, place) = match is_message {
            true => ("content_part", "output_text", "content_index"),
            false => ("reasoning_summary_part", "reasoning_summary_text", "summary_index"),
        };
        let Some(whole) = item[if is_message { "content" } else { "summary" }].get(0) else {
            return;
        };
        let with = |mut members: Value| {
            members[place] = json!(0);
            members
        };
        let mut empty = whole.clone();
        empty["text"] = json!("");
        self.tell(&format!("response.{part}.added"), with(at("part", empty)));
        let text = whole["text"].as_str().unwrap_or_default();
        for piece in pieces(text, chunks.filter(|_| is_message)) {
            self.tell(&format!("response.{delta}.delta"), with(at("delta", json!(piece))));
        }
        self.tell(&format!("response.{delta}.done"), with(at("text", json!(text))));
        self.tell(&format!("response.{part}.done"), with(at("part", whole.clone())));
    }
}
