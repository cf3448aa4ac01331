//! OpenAI's responses (<https://platform.openai.com/docs/api-reference/responses>).

mod question;
mod stored;

pub(crate) use stored::Stored;

use crate::answer::{Answer, Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use bytes::Bytes;
use http::Method;
use question::read;
use serde_json::{Value, json};

const CREATED: u64 = 1_760_000_000;
/// Stands for the cipher of a thought, which goes back as it came.
pub(crate) const CIPHER: &str = "bW9jay1lbmNyeXB0ZWQtcmVhc29uaW5n";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    if asked.path != "/v1/responses" {
        return stored::reply(asked);
    }
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let question = read(asked)?;
    if let Some(id) = asked.body["previous_response_id"].as_str()
        && !asked.has_response(id)
    {
        let message = format!("Previous response with id '{id}' not found.");
        let code = Some("previous_response_not_found");
        return Err(Refusal { code, ..Refusal::invalid("previous_response_id", message) });
    }
    let answer = asked.answer(&question, script);
    let items = items(asked, &answer);
    let background = asked.body["background"] == true;
    let stored = Stored {
        id: id(asked),
        account: asked.credential.clone(),
        over: response(asked, &question, &answer, &items, true),
        input: stored::items(asked),
        events: stream(asked, &question, &answer, &items, script),
        asked: background.then_some(0),
        endless: script == Script::Endless,
        cancelled: false,
    };
    let (now, events) = (stored.now(), stored.events.clone());
    if is_stored(asked) {
        asked.state.keep(stored);
    } else if background {
        let message = "Background mode requires 'store' to be true.";
        return Err(Refusal::invalid("background", message));
    }
    match question.stream {
        true => Ok(Reply::Events(events, script)),
        false => Ok(Reply::Json(200, now)),
    }
}

fn id(asked: &Asked<'_>) -> String {
    format!("resp_mock{:06}", asked.number)
}

fn is_stored(asked: &Asked<'_>) -> bool {
    asked.body["store"] != false
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
        "id": id(asked), "object": "response", "background": asked.body["background"] == true,
        "created_at": CREATED, "status": status, "error": null,
        "incomplete_details": if status == "incomplete" { incomplete } else { Value::Null },
        "model": question.model,
        "output": if done { json!(items) } else { json!([]) },
        "parallel_tool_calls": true, "previous_response_id": asked.body["previous_response_id"], "store": is_stored(asked),
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
    let mut told = match asked.body["background"] == true {
        true => stored::queued(response(asked, question, answer, items, false)),
        false => Told::default(),
    };
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
        let before = usize::from(asked.body["background"] == true);
        told.events.truncate(4 + before + most);
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
