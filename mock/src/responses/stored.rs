//! Responses that it keeps (<https://platform.openai.com/docs/api-reference/responses/get>).

use super::Told;
use crate::script::Refusal;
use crate::server::{Asked, Reply};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

/// A response that is asked for again.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(super) id: String,
    /// Whose it is: nobody else has one of this id.
    pub(super) account: String,
    /// As it is when it is over.
    pub(super) over: Value,
    /// What it is an answer to.
    pub(super) input: Vec<Value>,
    /// As it is streamed.
    pub(super) events: Vec<Bytes>,
    /// How often it was asked for, where it is made in the background.
    pub(super) asked: Option<u32>,
    pub(super) endless: bool,
    pub(super) cancelled: bool,
}

/// Whatever is below `/v1/responses`.
pub(super) fn reply(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let path = asked.path.strip_prefix("/v1/responses/").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let mut state = asked.state.lock();
    let all = &mut state.responses;
    let found = |id: &str| {
        let mine = |it: &Stored| it.id == id && it.account == asked.credential;
        all.iter().position(mine).ok_or_else(|| Refusal {
            message: format!("Response with id '{id}' not found."),
            ..Refusal::of_status(404)
        })
    };
    match segments[..] {
        [id] if asked.method == Method::DELETE => {
            all.remove(found(id)?);
            Ok(Reply::Json(200, json!({ "id": id, "object": "response", "deleted": true })))
        }
        [id] => {
            asked.only(&Method::GET)?;
            let place = found(id)?;
            let Some(kept) = all.get_mut(place) else { return asked.nowhere() };
            if asked.query.split('&').any(|pair| pair == "stream=true") {
                kept.asked = kept.asked.map(|_| u32::MAX);
                let script = crate::script::Script::Ordinary;
                return Ok(Reply::Events(kept.events.clone(), script));
            }
            kept.asked = kept.asked.map(|times| times.saturating_add(1));
            Ok(Reply::Json(200, kept.now()))
        }
        [id, "cancel"] => {
            asked.only(&Method::POST)?;
            let place = found(id)?;
            let Some(kept) = all.get_mut(place) else { return asked.nowhere() };
            if kept.asked.is_none() {
                let message = "Cannot cancel a synchronous response.";
                return Err(Refusal { message: message.to_owned(), ..Refusal::of_status(400) });
            }
            kept.cancelled |= kept.now()["status"] != "completed";
            Ok(Reply::Json(200, kept.now()))
        }
        [id, "input_items"] => {
            asked.only(&Method::GET)?;
            let place = found(id)?;
            let Some(kept) = all.get(place) else { return asked.nowhere() };
            page(&kept.input, asked.query)
        }
        _ => asked.nowhere(),
    }
}

impl Stored {
    /// As it is now: it waits, is at work, and then it is over.
    pub(super) fn now(&self) -> Value {
        let status = match self.asked {
            _ if self.cancelled => "cancelled",
            None => return self.over.clone(),
            Some(0) => "queued",
            Some(1) => "in_progress",
            Some(_) if self.endless => "in_progress",
            Some(_) => return self.over.clone(),
        };
        let mut now = self.over.clone();
        now["status"] = json!(status);
        now["output"] = json!([]);
        now["usage"] = Value::Null;
        now
    }
}

/// A page of what a response is an answer to, the last first unless that is asked for.
fn page(input: &[Value], query: &str) -> Result<Reply, Refusal> {
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next_back()
    };
    let limit = value("limit").map_or(Some(20), |limit| limit.parse().ok());
    let Some(limit) = limit.filter(|limit| (1..=100).contains(limit)) else {
        return Err(Refusal::invalid("limit", "Invalid 'limit': integer between 1 and 100."));
    };
    let mut items: Vec<&Value> = input.iter().collect();
    if value("order") != Some("asc") {
        items.reverse();
    }
    if let Some(after) = value("after") {
        let place = items.iter().position(|item| item["id"] == after);
        items.drain(..place.map_or(items.len(), |place| place + 1));
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let id = |item: Option<&&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    let (first, last) = (id(items.first()), id(items.last()));
    Ok(Reply::Json(
        200,
        json!({ "object": "list", "data": items, "first_id": first, "last_id": last,
            "has_more": has_more }),
    ))
}

/// What a request asks, as items with ids of their own.
pub(super) fn items(asked: &Asked<'_>) -> Vec<Value> {
    let words = &asked.body["input"];
    let one = |text: &Value| {
        json!({ "type": "message", "role": "user",
            "content": [{ "type": "input_text", "text": text }] })
    };
    let mut items = match words.as_array() {
        Some(items) => items.clone(),
        None => vec![one(words)],
    };
    for (place, item) in items.iter_mut().enumerate() {
        if item["type"].is_null() {
            item["type"] = json!("message");
        }
        if item["content"].is_string() {
            item["content"] = json!([{ "type": "input_text", "text": item["content"] }]);
        }
        if item["id"].is_null() {
            item["id"] = json!(format!("msg_in{:06}{place:02}", asked.number));
        }
    }
    items
}

/// The events of an answer that waits first.
pub(super) fn queued(response: Value) -> Told {
    let mut told = Told::default();
    told.tell("response.queued", json!({ "response": response }));
    told
}

impl Asked<'_> {
    /// Whether this account has a response of this id.
    pub(super) fn has_response(&self, id: &str) -> bool {
        let state = self.state.lock();
        state.responses.iter().any(|it| it.id == id && it.account == self.credential)
    }
}
