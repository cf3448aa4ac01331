//! Plays an exchange to a real adapter in a real cell.

use crate::compare::{self, Told};
use crate::exchange::Exchange;
use hotcell::types::{ChatRequest, EmbedRequest, Event};
use hotcell::{Allocation, Config, Error, ProviderConfig, Runner};
use hotcell_tests::stage::{Script, Stage};
use serde_json::Value;
use std::collections::BTreeMap;

/// One stage and one runner, whose providers all point at the stage.
pub(crate) struct Player {
    kind: &'static str,
    stage: Stage,
    runner: Runner,
}

impl Player {
    pub(crate) async fn new(kind: &'static str, providers: &[String]) -> Result<Self, String> {
        let stage = Stage::open().await.map_err(|error| error.to_string())?;
        let mut config = Config::default();
        for name in providers {
            // A provider that the catalogue does not know speaks the usual protocol.
            let template = match (kind, hotcell::catalogue::provider(name)) {
                ("anthropic-messages", _) => "anthropic",
                (_, Some(definition)) => &definition.name,
                (_, None) => "openai-compatible",
            };
            let provider = ProviderConfig {
                adapter: Some(template.to_owned()),
                endpoints: BTreeMap::from([("api".to_owned(), format!("{}/", stage.url()))]),
                allow_private: Some(true),
                allow_plaintext: Some(true),
                ..ProviderConfig::default()
            };
            config.providers.insert(name.clone(), provider);
        }
        let runner = Runner::builder().config(config).allocation(Allocation::Pooled(16)).build();
        Ok(Self { kind, stage, runner: runner.map_err(|error| error.to_string())? })
    }

    /// Whether the exchange is of a dialect that the adapters of today speak.
    pub(crate) fn speaks(&self, exchange: &Exchange) -> bool {
        let path = exchange.request.url.split('?').next().unwrap_or_default();
        let adapter = hotcell::catalogue::provider(&exchange.provider);
        let adapter = adapter.map_or("openai", |definition| definition.adapter.as_str());
        match self.kind {
            "embeddings" => path.ends_with("/embeddings"),
            "models" => adapter == "anthropic" || !path.contains("/v1beta/"),
            _ => true,
        }
    }

    /// Plays the recorded response, whole and cut.
    pub(crate) async fn response(&self, exchange: &Exchange) -> Result<(), String> {
        let body = exchange.response.body();
        for (name, pieces) in cuts(&body) {
            self.play(exchange, pieces);
            self.judge(exchange).await.map_err(|why| format!("cut {name}: {why}"))?;
        }
        self.stage.received();
        Ok(())
    }

    async fn judge(&self, exchange: &Exchange) -> Result<(), String> {
        let model = format!("{}/test", exchange.provider);
        match self.kind {
            "embeddings" => {
                let sent: Value =
                    serde_json::from_slice(&exchange.request.body()).unwrap_or_default();
                let inputs = sent["input"].as_array().map_or(1, Vec::len);
                let request = EmbedRequest::texts(vec!["x"; inputs]);
                compare::embeddings(exchange, self.runner.embed(&model, request).await)
            }
            "models" => compare::models(exchange, self.runner.models(&exchange.provider).await),
            _ => {
                let mut request = ChatRequest::user("x");
                request.stream = exchange.stream;
                compare::chat(exchange, self.collect(&model, request).await)
            }
        }
    }

    async fn collect(&self, model: &str, request: ChatRequest) -> Result<Told, (Told, Error)> {
        let mut told = Told::default();
        let mut answer = match self.runner.chat(model, request).await {
            Ok(answer) => answer,
            Err(error) => return Err((told, error)),
        };
        let end = loop {
            match answer.next().await {
                Ok(Some(event)) => {
                    if let Event::Text(delta) = &event {
                        told.text.push_str(&delta.text);
                    }
                    told.collected.push(event);
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        told.collected.finish();
        match end {
            None => Ok(told),
            Some(error) => Err((told, error)),
        }
    }

    /// Sends the recorded request, read in its own dialect, and compares what
    /// arrives; none where there is nothing to read.
    pub(crate) async fn request(&self, exchange: &Exchange) -> Option<Result<(), String>> {
        let recorded = exchange.request.body();
        if recorded.is_empty() {
            return None;
        }
        Some(self.round_trip(exchange, &recorded).await)
    }

    async fn round_trip(&self, exchange: &Exchange, recorded: &[u8]) -> Result<(), String> {
        // What a failed response left behind is none of this.
        self.stage.received();
        self.play(exchange, vec![exchange.response.body()]);
        let (model, error) = match self.kind {
            "embeddings" => {
                let request = hotcell_dialects::openai_embeddings::read_request(recorded)
                    .map_err(|error| error.to_string())?;
                let model = format!("{}/{}", exchange.provider, request.model);
                let error = self.runner.embed(&model, request).await.err();
                (model, error)
            }
            kind => {
                let read = match kind {
                    "anthropic-messages" => {
                        hotcell_dialects::anthropic_messages::read_request(recorded)
                    }
                    _ => hotcell_dialects::openai_chat::read_request(recorded),
                };
                let request = read.map_err(|error| error.to_string())?;
                let model = format!("{}/{}", exchange.provider, request.model);
                let error = self.collect(&model, request).await.err().map(|(_, error)| error);
                (model, error)
            }
        };
        let received = self.stage.received();
        let Some(sent) = received.first() else {
            let why = error.map_or_else(|| "nothing".to_owned(), |error| error.to_string());
            return Err(format!("{model}: no request arrived: {why}"));
        };
        compare::request(self.kind, exchange, recorded, &sent.body)
    }

    fn play(&self, exchange: &Exchange, pieces: Vec<Vec<u8>>) {
        let mut head = format!("HTTP/1.1 {} Recorded\r\n", exchange.response.status);
        // How the recording was framed and compressed is no part of it.
        let framing = ["content-length", "content-encoding", "transfer-encoding", "connection"];
        for (name, value) in &exchange.response.headers {
            let value = value.as_str().or_else(|| value.get(0)?.as_str()).unwrap_or_default();
            let plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if plain && !framing.contains(&name.to_ascii_lowercase().as_str()) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        self.stage.play(Script { head, pieces });
    }
}

/// Bodies up to this size are played byte by byte; of longer ones this much of the
/// beginning and the end.
const SINGLE_BYTES: usize = 3000;

/// A body in five ways.
fn cuts(body: &[u8]) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let at = |cut: &dyn Fn(usize) -> bool| {
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        for (place, byte) in body.iter().enumerate() {
            match pieces.last_mut() {
                Some(piece) if !cut(place) => piece.push(*byte),
                _ => pieces.push(vec![*byte]),
            }
        }
        pieces
    };
    let single = |place: usize| place < SINGLE_BYTES || place + SINGLE_BYTES > body.len();
    // Pieces of 1 to 97 bytes, the same in every run.
    let random = |place: usize| (place.wrapping_mul(2_654_435_761) >> 7).is_multiple_of(49);
    let in_text = |place: usize| body[place] & 0xc0 == 0x80;
    let in_line_end = |place: usize| body[place] == b'\n';
    vec![
        ("whole", vec![body.to_vec()]),
        ("every byte", at(&single)),
        ("random", at(&random)),
        ("inside UTF-8", at(&in_text)),
        ("inside line ends", at(&in_line_end)),
    ]
}
