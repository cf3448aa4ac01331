//! From the provider's events (<https://docs.cohere.com/reference/chat-stream>), or its
//! whole answer, to ours.

use crate::content::{Parts, at, object, text};
use crate::{DIALECT, error, usage};
use hotcell_sdk::{Assemble, Event, Failure, FinishReason, Finished, Header, Started, json};
use serde_json::{Map, Value, json};

/// An answer so far.
#[derive(Default)]
pub struct Assembly {
    started: bool,
    ended: bool,
    parts: Parts,
    /// The plan for the use of tools, until it is told as one.
    plan: String,
}

impl Assemble for Assembly {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let data = data.trim();
        // The end of the answer came before the end of the stream.
        if matches!(data, "" | "[DONE]") {
            return Ok(());
        }
        let mut event: Map<String, Value> = serde_json::from_str(data)
            .map_err(|error| Failure::malformed(format!("an event of the stream: {error}")))?;
        let kind = text(&mut event, "type").unwrap_or_else(|| name.to_owned());
        let index = event.get("index").and_then(usage::count);
        let index = index.and_then(|index| index.try_into().ok()).unwrap_or(0);
        let mut delta = object(&mut event, "delta");
        let mut message = object(&mut delta, "message");
        match kind.as_str() {
            "content-delta" | "content-start" => {
                let piece = object(&mut message, "content");
                let begins = kind == "content-start";
                let rest = self.parts.content(index, piece, begins, events);
                if !rest.is_empty() {
                    message.insert("content".to_owned(), rest.into());
                }
                if let Some(logprobs) = given(event.shift_remove("logprobs")) {
                    self.logprobs(Some(index), logprobs, events);
                }
            }
            "content-end" => self.parts.close(Some(index), events),
            "tool-plan-delta" => {
                self.plan.push_str(&text(&mut message, "tool_plan").unwrap_or_default());
            }
            "tool-call-start" => {
                self.tell_plan(events);
                self.parts.call(index, object(&mut message, "tool_calls"), events)?;
            }
            "tool-call-delta" => {
                self.parts.arguments(index, object(&mut message, "tool_calls"), events)?;
            }
            "citation-start" => self.citations(message.shift_remove("citations"), events),
            "tool-call-end" | "citation-end" => {}
            "message-start" => {
                let id = text(&mut event, "id");
                self.start(id, std::mem::take(&mut event), events);
                return self.message(message, events);
            }
            "message-end" => {
                event.extend(delta);
                return self.finish(event, data, events);
            }
            "" | "error" => return Err(error::in_answer(data, DIALECT)),
            _ => {
                self.as_sent(&kind, data, events);
                return Ok(());
            }
        }
        self.rest(&kind, event, delta, message, events);
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mut answer: Map<String, Value> = serde_json::from_str(body)
            .map_err(|error| Failure::malformed(format!("the answer: {error}")))?;
        let Some(Value::Object(message)) = answer.shift_remove("message") else {
            let failure = error::of_body(body, None, &[], DIALECT);
            return Err(failure.unwrap_or_else(|| Failure::malformed("the answer has no message")));
        };
        let id = text(&mut answer, "id");
        let ending = ["finish_reason", "usage", "error", "logprobs"].iter();
        let ending = ending.filter_map(|name| Some((*name, answer.shift_remove(*name)?)));
        let mut ending: Map<String, Value> =
            ending.map(|(name, value)| (name.to_owned(), value)).collect();
        self.start(id, answer, events);
        self.message(message, events)?;
        self.parts.close(None, events);
        if let Some(logprobs) = given(ending.shift_remove("logprobs")) {
            self.logprobs(None, logprobs, events);
        }
        self.finish(ending, body, events)
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
        match self.ended {
            true => Ok(()),
            false => Err(Failure::malformed("the stream ended before `message-end`")),
        }
    }

    fn annotate(&self, failure: &mut Failure, headers: &[Header]) {
        error::complete(failure, headers);
    }
}

impl Assembly {
    fn start(&mut self, id: Option<String>, mut rest: Map<String, Value>, events: &mut Vec<Event>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        rest.retain(|_, value| !value.is_null());
        let extra = json::extra(rest, DIALECT);
        // It goes before what should not have come before it.
        let started = Event::Started(Started { id, model: None, created: None, extra });
        if self.parts.is_empty() {
            events.insert(0, started);
        }
    }

    /// A whole message, or the shell of one at the beginning of a stream.
    fn message(
        &mut self,
        mut message: Map<String, Value>,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        message.shift_remove("role");
        let content = match message.shift_remove("content") {
            Some(Value::Array(list)) => list,
            Some(Value::String(text)) => vec![json!({ "type": "text", "text": text })],
            _ => Vec::new(),
        };
        for (index, piece) in (0..).zip(content) {
            match piece {
                Value::Object(piece) if matches!(kind(&piece), "text" | "thinking") => {
                    let word = kind(&piece).to_owned();
                    let mut rest = self.parts.content(index, piece, true, events);
                    rest.retain(|_, value| !value.is_null());
                    if !rest.is_empty() {
                        let event = json!({ "type": word, "index": index, "content": rest });
                        self.parts.native(&json!({ "event": event }), events);
                    }
                }
                piece => self.parts.native(&piece, events),
            }
        }
        self.plan.push_str(&text(&mut message, "tool_plan").unwrap_or_default());
        if let Some(Value::Array(calls)) = message.shift_remove("tool_calls") {
            self.tell_plan(events);
            for (index, call) in (0..).zip(calls) {
                let Value::Object(call) = call else {
                    return Err(Failure::malformed("a tool call is no object"));
                };
                self.parts.call(index, call, events)?;
            }
        }
        self.citations(message.shift_remove("citations"), events);
        message.retain(|_, value| !value.is_null());
        if !message.is_empty() {
            self.parts.native(&json!({ "event": { "message": message } }), events);
        }
        Ok(())
    }

    /// The plan goes back with the message as a member of it.
    fn tell_plan(&mut self, events: &mut Vec<Event>) {
        if !self.plan.is_empty() {
            let plan = std::mem::take(&mut self.plan);
            self.parts.native(&json!({ "tool_plan": plan }), events);
        }
    }

    /// One citation, or a list of them.
    fn citations(&mut self, citations: Option<Value>, events: &mut Vec<Event>) {
        let list = match given(citations) {
            None => return,
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
        };
        for citation in list {
            let content = usage::count(&citation["content_index"]);
            let part = self.parts.text_at(content.and_then(|index| index.try_into().ok()));
            events.push(Event::Citation(at(part, &citation)));
        }
    }

    fn logprobs(&self, index: Option<u32>, logprobs: Value, events: &mut Vec<Event>) {
        let part = self.parts.text_at(index);
        let list = match logprobs {
            Value::Array(list) => list,
            one => vec![one],
        };
        events.extend(list.iter().map(|item| Event::Logprobs(at(part, item))));
    }

    /// The answer is over. `ending` has why, what it took, and what else came with it.
    fn finish(
        &mut self,
        mut ending: Map<String, Value>,
        sent: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let word = text(&mut ending, "finish_reason");
        let error = text(&mut ending, "error");
        let usage = ending.shift_remove("usage").unwrap_or_default();
        events.extend(usage::read(&usage, DIALECT).map(Event::Usage));
        let failed = word.as_deref().filter(|word| error::is_error(word));
        let failed = failed.or_else(|| error.as_ref().map(|_| word.as_deref().unwrap_or("ERROR")));
        if let Some(word) = failed {
            return Err(error::of_end(word, error.as_deref(), sent.to_owned(), DIALECT));
        }
        self.ended = true;
        self.tell_plan(events);
        self.parts.close(None, events);
        let reason = match word.as_deref() {
            // Some say so where the model waits for its calls.
            Some("COMPLETE") if self.parts.any_call() => FinishReason::ToolCalls,
            Some("COMPLETE" | "STOP_SEQUENCE") => FinishReason::Stop,
            Some("MAX_TOKENS" | "ERROR_LIMIT") => FinishReason::Length,
            Some("TOOL_CALL") => FinishReason::ToolCalls,
            Some("ERROR_TOXIC") => FinishReason::ContentFilter,
            _ => FinishReason::Other,
        };
        ending.retain(|_, value| !value.is_null());
        let extra = json::extra(ending, DIALECT);
        events.push(Event::Finished(Finished { choice: 0, reason, raw: word, extra }));
        Ok(())
    }

    /// What of an event nothing else holds.
    fn rest(
        &mut self,
        kind: &str,
        mut event: Map<String, Value>,
        mut delta: Map<String, Value>,
        mut message: Map<String, Value>,
        events: &mut Vec<Event>,
    ) {
        message.retain(|_, value| !value.is_null());
        if !message.is_empty() {
            delta.insert("message".to_owned(), message.into());
        }
        delta.retain(|_, value| !value.is_null());
        if !delta.is_empty() {
            event.insert("delta".to_owned(), delta.into());
        }
        event.retain(|name, value| !value.is_null() && name != "index");
        if !event.is_empty() {
            event.insert("type".to_owned(), kind.into());
            self.parts.native(&json!({ "event": event }), events);
        }
    }

    /// An event that has no word here. The wrapping tells it from a part of a message.
    fn as_sent(&mut self, kind: &str, data: &str, events: &mut Vec<Event>) {
        let mut event: Map<String, Value> = serde_json::from_str(data).unwrap_or_default();
        event.entry("type").or_insert_with(|| kind.into());
        self.parts.native(&json!({ "event": event }), events);
    }
}

fn kind(piece: &Map<String, Value>) -> &str {
    piece.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// What is there and says something.
fn given(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_null() && *value != json!([]))
}
