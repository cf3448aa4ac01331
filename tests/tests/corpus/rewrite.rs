//! Writes an answer again: what an adapter made of a recorded answer is written as a
//! client of the same dialect reads it, streamed and whole, and that is played to the same
//! adapter. Its events must add up to the same, and a whole answer must be the recorded one.

use crate::compare::{answer, chat};
use crate::dialect::{Asks, Dialect};
use crate::exchange::Exchange;
use crate::replay::{Player, Told, name, patiently};
use hotcell::types::{ChatRequest, Native};
use hotcell_dialects::{About, Dialect as Client};
use hotcell_tests::stage::Script;

/// The dialects in which answers are written, by the names of their protocols.
const CLIENTS: [(&str, Client); 4] = [
    ("anthropic-messages", Client::AnthropicMessages),
    ("gemini", Client::Gemini),
    ("openai-chat", Client::OpenAiChat),
    ("openai-responses", Client::OpenAiResponses),
];

/// The dialect of a protocol's clients, where answers are written in it.
fn client(dialect: Dialect) -> Option<Client> {
    CLIENTS.iter().find(|(name, _)| *name == dialect.name).map(|(_, client)| *client)
}

impl Player {
    /// Writes the recorded answer again; none where nobody writes the dialect.
    pub(crate) async fn answer(
        &self,
        dialect: Dialect,
        exchange: &Exchange,
    ) -> Option<Result<(), String>> {
        let client = client(dialect)?;
        let Asks::Chat(_) = dialect.asks else { return None };
        Some(patiently(self.rewrite(client, dialect, exchange)).await)
    }

    async fn rewrite(
        &self,
        client: Client,
        dialect: Dialect,
        exchange: &Exchange,
    ) -> Result<(), String> {
        let model = format!("{}/x", name(dialect, &exchange.provider));
        self.play(exchange, vec![exchange.response.body.0.clone()]);
        let told = self.chat(&model, request(exchange.stream)).await;
        if let (Some(error), true) = (&told.error, told.events.is_empty()) {
            let refusal = client.refusal(&error.failure);
            answer::refusal(exchange, &refusal)?;
            self.put(refusal.status, "application/json", refusal.body);
            let again = self.chat(&model, request(exchange.stream)).await;
            return answer::same_failure(&told, &again);
        }
        let mut stream = Vec::new();
        let mut writer = client.stream(&request(true), about());
        for event in told.events.clone() {
            writer.event(event, &mut stream);
        }
        match &told.error {
            Some(error) => writer.fail(&error.failure, &mut stream),
            None => writer.end(&mut stream),
        }
        self.put(200, client.stream_type(), stream.clone());
        let again = self.chat(&model, request(true)).await;
        let judged = judge(dialect, exchange, &told, &again);
        judged.map_err(|why| format!("streamed: {why}"))?;
        if told.error.is_some() {
            return Ok(());
        }
        let body = client.whole(&request(false), about(), told.events.clone());
        if !exchange.stream {
            answer::whole(dialect, exchange, &body).map_err(|why| format!("whole: {why}"))?;
        }
        self.put(200, "application/json", body);
        let again = self.chat(&model, request(false)).await;
        // What a stream tells of a member twice, a whole answer has once.
        let judged = match exchange.stream {
            true => answer::same_sum(&told, &again),
            false => judge(dialect, exchange, &told, &again),
        };
        judged.map_err(|why| format!("whole, read: {why}"))
    }

    /// Sets the stage for an answer that was written here.
    fn put(&self, status: u16, media: &str, body: Vec<u8>) {
        let head = format!("HTTP/1.1 {status} Written\r\ncontent-type: {media}\r\n");
        self.stage.play(Script { head, pieces: vec![body] });
        self.stage.received();
    }
}

fn judge(dialect: Dialect, exchange: &Exchange, told: &Told, again: &Told) -> Result<(), String> {
    if told.error.is_none() {
        chat::compare(dialect, exchange, again)?;
    }
    answer::same(told, again)
}

/// A request of a client that wants to know the usage.
fn request(stream: bool) -> ChatRequest {
    let value = r#"{"stream_options":{"include_usage":true}}"#.to_owned();
    let extra = stream.then(|| Native { dialect: "openai-chat".to_owned(), value });
    ChatRequest { stream, extra, ..ChatRequest::user("x") }
}

/// What the answer says of itself: all of it, so nothing of this is to be seen.
fn about() -> About {
    About { id: "unseen".to_owned(), model: "unseen".to_owned(), created: 1 }
}
