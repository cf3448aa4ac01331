//! Answers abroad: what an adapter made of a recorded answer is written for clients of other
//! dialects, who must be able to read it: JSON in every frame, one end, and all its words.

use crate::dialect::{Asks, Dialect};
use crate::exchange::Exchange;
use crate::replay::{Player, name, patiently};
use hotcell::types::{ChatRequest, Event};
use hotcell_dialects::{About, Dialect as Client};
use serde_json::Value;

const CLIENTS: [Client; 3] =
    [Client::OpenAiChat, Client::OpenAiCompletions, Client::AnthropicMessages];

impl Player {
    /// Writes the recorded answer for clients of other dialects; none where it failed.
    pub(crate) async fn abroad(
        &self,
        dialect: Dialect,
        exchange: &Exchange,
    ) -> Option<Result<(), String>> {
        let Asks::Chat(_) = dialect.asks else { return None };
        self.play(exchange, vec![exchange.response.body.0.clone()]);
        let request = ChatRequest { stream: exchange.stream, ..ChatRequest::user("x") };
        let model = format!("{}/x", name(dialect, &exchange.provider));
        let mut events = Vec::new();
        let told = async {
            let told = self.chat(&model, request.clone()).await;
            events = told.events;
            told.error.map_or(Ok(()), |error| Err(error.to_string()))
        };
        patiently(told).await.ok()?;
        let clients = CLIENTS.iter().filter(|client| client.name() != dialect.name);
        let mut judged = clients.map(|client| {
            readable(*client, &request, &events)
                .map_err(|why| format!("abroad, {}: {why}", client.name()))
        });
        Some(judged.try_for_each(|judged| judged))
    }
}

fn readable(client: Client, request: &ChatRequest, events: &[Event]) -> Result<(), String> {
    let about = || About { id: "a-1".to_owned(), model: "m".to_owned(), created: 1 };
    let json = |text: &[u8]| -> Result<Value, String> {
        let shown = || String::from_utf8_lossy(text).into_owned();
        serde_json::from_slice(text).map_err(|error| format!("{error}: {}", shown()))
    };
    let of_first = |event: &Event| match event {
        Event::Text(delta) if delta.choice == 0 => Some(delta.text.clone()),
        _ => None,
    };
    let words: String = events.iter().filter_map(of_first).collect();
    let whole = json(&client.whole(request, about(), events.to_vec()))?;
    let mut writer = client.stream(request, about());
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.event(event.clone(), &mut out));
    writer.end(&mut out);
    let (mut ends, mut streamed) = (0, String::new());
    let text = String::from_utf8(out).map_err(|error| error.to_string())?;
    for line in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if line == "[DONE]" {
            continue;
        }
        let frame = json(line.as_bytes())?;
        let choice = &frame["choices"][0];
        let first = choice["index"] == 0;
        let places = [&choice["delta"]["content"], &choice["text"]];
        let told = places.into_iter().find_map(Value::as_str).filter(|_| first);
        streamed.push_str(told.or(frame["delta"]["text"].as_str()).unwrap_or_default());
        ends += usize::from(first && choice["finish_reason"].is_string());
        ends += usize::from(frame["delta"]["stop_reason"].is_string());
    }
    if ends != 1 {
        return Err(format!("{ends} ends"));
    }
    let blocks = whole["content"].as_array().into_iter().flatten();
    let blocks: String = blocks.filter_map(|block| block["text"].as_str()).collect();
    let choice = &whole["choices"][0];
    let told = [&choice["message"]["content"], &choice["text"]].into_iter().find_map(Value::as_str);
    let told = told.unwrap_or(&blocks);
    // Words for declining are text where there is no other place for them.
    let declined = events.iter().any(|event| matches!(event, Event::Refusal(_)));
    match declined || (streamed == words && told == words) {
        true => Ok(()),
        false => Err(format!("expected {words:?}, found {streamed:?} and {told:?}")),
    }
}
