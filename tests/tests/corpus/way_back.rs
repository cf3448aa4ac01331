//! The way back: a recorded answer as the gateway writes it to a client of the same dialect,
//! who must read in it what the provider said.

use crate::compare::chat;
use crate::dialect::{Asks, Dialect as Protocol};
use crate::exchange::{Body, Exchange};
use crate::replay::{Player, Told};
use hotcell::types::{ChatRequest, Event, Native};
use hotcell_dialects::{About, Dialect};
use serde_json::{Map, Value};

/// The dialects that answers are written in.
const WRITTEN: &[(&str, Dialect)] =
    &[("gemini", Dialect::Gemini), ("openai-responses", Dialect::OpenAiResponses)];

impl Player {
    /// Judges the way back of a chat answer; none where its dialect is not written.
    pub(crate) async fn way_back(
        &self,
        protocol: Protocol,
        exchange: &Exchange,
    ) -> Option<Result<(), String>> {
        let dialect = WRITTEN.iter().find(|(name, _)| *name == protocol.name)?.1;
        let Asks::Chat(read) = protocol.asks else { return None };
        let request = read(exchange).unwrap_or_else(|_| ChatRequest::user("x"));
        Some(self.there_and_back(protocol, dialect, request, exchange).await)
    }

    async fn there_and_back(
        &self,
        protocol: Protocol,
        dialect: Dialect,
        request: ChatRequest,
        exchange: &Exchange,
    ) -> Result<(), String> {
        let told = self.tell(protocol, exchange, &exchange.response.body.0).await;
        let known = chat::compare(protocol, exchange, &told)?;
        if let Some(error) = told.error.as_ref().filter(|_| told.events.is_empty()) {
            let refusal = dialect.refusal(&error.failure);
            let (status, body) = (exchange.response.status, exchange.response.body.json());
            let written: Value = serde_json::from_slice(&refusal.body).unwrap_or_default();
            return match refusal.status == status && written == body {
                true => Ok(()),
                // It is written by chat completions' own, which are judged with them.
                false if dialect == Dialect::OpenAiResponses => Ok(()),
                false => Err(format!("the refusal: {} {written}", refusal.status)),
            };
        }
        let about = || About { id: "0-0".to_owned(), model: request.model.clone(), created: 1 };

        let mut writer = dialect.stream(&request, about());
        let mut written = Vec::new();
        told.events.iter().for_each(|event| writer.event(event.clone(), &mut written));
        match &told.error {
            None => writer.end(&mut written),
            Some(error) => writer.fail(&error.failure, &mut written),
        }
        let streamed = Exchange { stream: true, ..exchange.clone() };
        let again = self.tell(protocol, &streamed, &written).await;
        let read = chat::compare(protocol, &streamed, &again);
        let differs = |how: &str, written: &[u8], why: &str| {
            format!("{how}: {why}\n--- written\n{}", String::from_utf8_lossy(written))
        };
        let read = read.map_err(|why| differs("streamed", &written, &why))?;
        same(&known, &read).map_err(|why| differs("streamed", &written, &why))?;
        if told.error.is_some() {
            return Ok(());
        }

        let written = dialect.whole(&request, about(), told.events.clone());
        let whole = Exchange { stream: false, ..exchange.clone() };
        let again = self.tell(protocol, &whole, &written).await;
        // What the corpus expects of a stream adds up otherwise.
        let judged = Exchange { stream: exchange.stream, ..whole };
        let read = chat::compare(protocol, &judged, &again);
        let read = read.map_err(|why| differs("whole", &written, &why))?;
        if exchange.stream {
            return Ok(());
        }
        same(&known, &read).map_err(|why| differs("whole", &written, &why))?;
        let mut recorded = exchange.response.body.json();
        let mut written: Value = serde_json::from_slice(&written).unwrap_or_default();
        for value in [&mut recorded, &mut written] {
            usual(dialect, value);
        }
        match first_difference("", &recorded, &written) {
            None => Ok(()),
            Some(why) => {
                Err(format!("whole: {why}\n--- recorded\n{recorded}\n--- written\n{written}"))
            }
        }
    }

    async fn tell(&self, protocol: Protocol, exchange: &Exchange, body: &[u8]) -> Told {
        let body = Body(body.to_vec());
        let mut played = exchange.clone();
        played.response.body = body;
        let mut told = self.play_back(protocol, &played).await;
        told.events.iter_mut().flat_map(natives).for_each(compact);
        told
    }
}

/// What an event holds in the provider's words.
fn natives(event: &mut Event) -> Vec<&mut Native> {
    match event {
        Event::Started(started) => started.extra.iter_mut().collect(),
        Event::ToolCallStarted(call) => call.extra.iter_mut().collect(),
        Event::Media(media) => media.part.extra.iter_mut().collect(),
        Event::Citation(at) | Event::Logprobs(at) | Event::Native(at) => vec![&mut at.value],
        Event::Usage(usage) => usage.raw.iter_mut().collect(),
        Event::Finished(finished) => finished.extra.iter_mut().collect(),
        _ => Vec::new(),
    }
}

/// The white space of JSON says nothing.
fn compact(native: &mut Native) {
    if let Ok(value) = serde_json::from_str::<Value>(&native.value) {
        native.value = value.to_string();
    }
}

fn same(known: &str, read: &str) -> Result<(), String> {
    if known == read {
        return Ok(());
    }
    let at = known.bytes().zip(read.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| -> String {
        let bytes = text.as_bytes();
        let piece = &bytes[at.saturating_sub(200)..(at + 300).min(bytes.len())];
        String::from_utf8_lossy(piece).into_owned()
    };
    Err(format!("adds up to something else:\n{}\n--- instead of\n{}", around(read), around(known)))
}

/// Where two values differ first.
fn first_difference(path: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a {
                let path = format!("{path}.{name}");
                match b.get(name) {
                    None => return Some(format!("{path} is missing: {value}")),
                    Some(found) => {
                        if let Some(why) = first_difference(&path, value, found) {
                            return Some(why);
                        }
                    }
                }
            }
            let more = b.iter().find(|(name, _)| !a.contains_key(*name));
            more.map(|(name, value)| format!("{path}.{name} is new: {value}"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (a, b))| first_difference(&format!("{path}[{at}]"), a, b))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        _ if one == other => None,
        _ => Some(format!("{path}: {other} instead of {one}")),
    }
}

/// Brings an answer to the one form of all that say the same.
fn usual(dialect: Dialect, answer: &mut Value) {
    let Value::Object(answer) = answer else { return };
    match dialect {
        Dialect::OpenAiResponses => usual_response(answer),
        Dialect::Gemini => usual_content(answer),
        _ => {}
    }
}

/// | member | why |
/// | --- | --- |
/// | `error`, `incomplete_details`, `usage` that are null | they are always there; not every provider writes them |
/// | members of an item that are null | absent members say the same |
/// | `content` of reasoning that is empty | likewise |
/// | `logprobs`, `annotations` of a text that are empty or null | likewise |
/// | `completed`, the status of an item | likewise |
fn usual_response(answer: &mut Map<String, Value>) {
    let always = ["error", "incomplete_details", "usage"];
    answer.retain(|name, value| !(value.is_null() && always.contains(&name.as_str())));
    for item in answer.get_mut("output").and_then(Value::as_array_mut).into_iter().flatten() {
        let Value::Object(item) = item else { continue };
        item.retain(|name, value| {
            let empty = value.as_array().is_some_and(Vec::is_empty);
            let done = name == "status" && value == "completed";
            !(value.is_null() || done || (empty && name == "content"))
        });
        for part in item.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
            let Value::Object(part) = part else { continue };
            part.retain(|name, value| {
                let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                !(empty && matches!(name.as_str(), "logprobs" | "annotations"))
            });
        }
    }
}

/// | member | why |
/// | --- | --- |
/// | `index` that is 0 | the protocol's own default |
/// | `args` that are empty | an absent member says the same |
/// | pieces of one text, one behind the other | they are one text |
fn usual_content(answer: &mut Map<String, Value>) {
    for candidate in
        answer.get_mut("candidates").and_then(Value::as_array_mut).into_iter().flatten()
    {
        let Value::Object(candidate) = candidate else { continue };
        candidate.retain(|name, value| !(name == "index" && *value == 0));
        let parts = candidate.get_mut("content").and_then(|content| content.get_mut("parts"));
        let Some(Value::Array(parts)) = parts else { continue };
        for part in parts.iter_mut() {
            if let Some(Value::Object(call)) = part.get_mut("functionCall") {
                call.retain(|name, value| {
                    !(name == "args" && value.as_object().is_some_and(Map::is_empty))
                });
            }
        }
        parts.dedup_by(|next, last| {
            let plain = |part: &Value| {
                part.as_object().is_some_and(|part| {
                    part.keys().all(|name| {
                        matches!(name.as_str(), "text" | "thought" | "thoughtSignature")
                    })
                })
            };
            let joins = plain(next)
                && plain(last)
                && next["thought"] == last["thought"]
                && last.get("thoughtSignature").is_none();
            if joins {
                let text = format!(
                    "{}{}",
                    last["text"].as_str().unwrap_or_default(),
                    next["text"].as_str().unwrap_or_default()
                );
                last["text"] = text.into();
                if let Some(signature) = next.get("thoughtSignature") {
                    last["thoughtSignature"] = signature.clone();
                }
            }
            joins
        });
    }
}
