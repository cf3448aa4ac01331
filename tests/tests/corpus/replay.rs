//! Plays an exchange to a real adapter in a real cell.

use crate::compare::{chat, embeddings, models, request, rerank, tokens};
use crate::cut::cuts;
use crate::dialect::{self, Asks, Dialect};
use crate::exchange::Exchange;
use hotcell::types::{ChatRequest, EmbedRequest, Event};
use hotcell::{Allocation, Config, Error, ProviderConfig, Runner};
use hotcell_tests::stage::{Script, Stage};
use std::collections::BTreeMap;
use std::time::Duration;

/// Nothing of this takes long; what does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a chat adapter made of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) events: Vec<Event>,
    /// What ended it, if it failed.
    pub(crate) error: Option<Error>,
    /// In how many batches the events came.
    pub(crate) batches: usize,
}

/// A stage, and a runner whose providers all point at it.
pub(crate) struct Player {
    pub(crate) stage: Stage,
    runner: Runner,
}

impl Player {
    /// Sets up every provider that plays.
    pub(crate) async fn new(
        cast: impl IntoIterator<Item = (Dialect, &str)>,
    ) -> Result<Self, String> {
        let stage = Stage::open().await.map_err(|error| error.to_string())?;
        let mut config = Config::default();
        for (dialect, provider) in cast {
            let template = dialect.template(provider);
            let set_up = ProviderConfig {
                adapter: Some(template.to_owned()),
                // A token that is given, and not fetched of Google.
                auth: template.starts_with("vertex").then(|| "bearer".to_owned()),
                endpoints: BTreeMap::from([("api".to_owned(), format!("{}/", stage.url()))]),
                allow_private: Some(true),
                allow_plaintext: Some(true),
                settings: dialect.settings(),
                ..ProviderConfig::default()
            };
            config.providers.insert(name(dialect, provider), set_up);
        }
        let runner = Runner::builder().config(config).allocation(Allocation::Pooled(4)).build();
        Ok(Self { stage, runner: runner.map_err(|error| error.to_string())? })
    }

    /// Plays the recorded response, whole and cut. All cuts must give what is
    /// expected, and the same.
    pub(crate) async fn response(
        &self,
        dialect: Dialect,
        exchange: &Exchange,
    ) -> Result<(), String> {
        let mut whole = None;
        for (cut, pieces) in cuts(&exchange.response.body.0) {
            let judged = async {
                self.play(exchange, pieces);
                let told = self.told(dialect, exchange).await?;
                let whole = whole.get_or_insert_with(|| told.clone());
                if told == *whole { Ok(()) } else { Err("differs from the whole".to_owned()) }
            };
            patiently(judged).await.map_err(|why| format!("cut {cut}: {why}"))?;
        }
        Ok(())
    }

    /// What the adapter makes of the answer that is played, held against what is
    /// expected. The text that it gives back is for comparing cuts.
    async fn told(&self, dialect: Dialect, exchange: &Exchange) -> Result<String, String> {
        let name = name(dialect, &exchange.provider);
        let model = format!("{name}/x");
        match dialect.asks {
            Asks::Chat(_) => {
                let mut request = ChatRequest::user("x");
                request.stream = exchange.stream;
                // With some a request depends on whose model it is.
                let known = exchange.request.model();
                let model = if known.is_empty() { model } else { format!("{name}/{known}") };
                chat::compare(dialect, exchange, &self.chat(&model, request).await)
            }
            Asks::Embed(read) => {
                // The answer has one vector per input.
                let request = read(exchange).unwrap_or_else(|_| EmbedRequest::texts(["x"]));
                // With some the form of the answer depends on the model.
                let model = match request.model.as_str() {
                    "" => model,
                    known => format!("{name}/{known}"),
                };
                embeddings::compare(exchange, self.runner.embed(&model, request).await)
            }
            Asks::Rerank(read) => {
                // The answer has places of the request's documents.
                let request = read(exchange).map_err(|error| format!("not read: {error}"))?;
                rerank::compare(exchange, self.runner.rerank(&model, request).await)
            }
            Asks::Count(read) => {
                let request = read(exchange).map_err(|error| format!("not read: {error}"))?;
                tokens::compare(exchange, self.runner.count_tokens(&model, request).await)
            }
            Asks::Models => models::compare(exchange, self.runner.models(&name).await),
        }
    }

    /// Sends a chat request and takes every event.
    pub(crate) async fn chat(&self, model: &str, request: ChatRequest) -> Told {
        let mut told = Told::default();
        let mut answer = match self.runner.chat(model, request).await {
            Ok(answer) => answer,
            Err(error) => return Told { error: Some(error), ..told },
        };
        loop {
            match answer.next_batch().await {
                Ok(Some(events)) => {
                    told.batches += 1;
                    told.events.extend(events);
                }
                Ok(None) => return told,
                Err(error) => return Told { error: Some(error), ..told },
            }
        }
    }

    /// Sends the recorded request, read in its own dialect, and compares what
    /// arrives; none where a request has no body to compare.
    pub(crate) async fn request(
        &self,
        dialect: Dialect,
        exchange: &Exchange,
    ) -> Option<Result<(), String>> {
        if exchange.request.body.0.is_empty() {
            return None;
        }
        // Vectors of Cohere's first version have the same form; what asks for them has not.
        if dialect.name == "cohere-embed" && exchange.request.path() == "/v1/embed" {
            return None;
        }
        Some(patiently(self.round_trip(dialect, exchange)).await)
    }

    async fn round_trip(&self, dialect: Dialect, exchange: &Exchange) -> Result<(), String> {
        self.play(exchange, vec![exchange.response.body.0.clone()]);
        let name = name(dialect, &exchange.provider);
        let not_read = |error| format!("not read: {error}");
        let error = match dialect.asks {
            Asks::Chat(read) => {
                let request = read(exchange).map_err(not_read)?;
                self.chat(&format!("{name}/{}", request.model), request).await.error
            }
            Asks::Embed(read) => {
                let request = read(exchange).map_err(not_read)?;
                self.runner.embed(&format!("{name}/{}", request.model), request).await.err()
            }
            Asks::Rerank(read) => {
                let request = read(exchange).map_err(not_read)?;
                self.runner.rerank(&format!("{name}/{}", request.model), request).await.err()
            }
            Asks::Count(read) => {
                let request = read(exchange).map_err(not_read)?;
                let model = format!("{name}/{}", request.model);
                self.runner.count_tokens(&model, request).await.err()
            }
            Asks::Models => return Ok(()),
        };
        // Whether the answer was good is the other half's matter.
        match &self.stage.received()[..] {
            [sent] => request::compare(dialect, exchange, sent),
            [] => {
                let why = error.map_or_else(|| "no error".to_owned(), |error| error.to_string());
                Err(format!("nothing was sent: {why}"))
            }
            several => Err(format!("{} requests were sent", several.len())),
        }
    }

    /// Sets the stage: this answer next, and no request yet.
    pub(crate) fn play(&self, exchange: &Exchange, pieces: Vec<Vec<u8>>) {
        let mut head = format!("HTTP/1.1 {} Recorded\r\n", exchange.response.status);
        for (name, value) in exchange.response.headers() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.stage.play(Script { head, pieces });
        self.stage.received();
    }

    /// Whether pieces reach the adapter one by one: otherwise the cuts would say
    /// nothing.
    pub(crate) async fn keeps_pieces_apart(&self, provider: &str) -> Result<(), String> {
        const EVENTS: usize = 50;
        let event = br#"data: {"choices":[{"index":0,"delta":{"content":"x"}}]}"#;
        let end = br#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
        let mut pieces = vec![[&event[..], b"\n\n"].concat(); EVENTS];
        pieces.push([&end[..], b"\n\ndata: [DONE]\n\n"].concat());
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n".to_owned();
        self.stage.play(Script { head, pieces });
        let name = name(dialect::named("openai-chat"), provider);
        let told = self.chat(&format!("{name}/x"), ChatRequest::user("x")).await;
        if told.batches >= EVENTS {
            return Ok(());
        }
        let error = told.error.map(|error| format!("; {error}")).unwrap_or_default();
        Err(format!("{EVENTS} pieces arrived in {} batches{error}", told.batches))
    }
}

/// A provider that plays in two dialects is two providers.
pub(crate) fn name(dialect: Dialect, provider: &str) -> String {
    format!("{}.{}", dialect.name, provider.replace('/', "."))
}

pub(crate) async fn patiently(
    judged: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    let late = |_| Err(format!("no end after {} seconds", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, judged).await.unwrap_or_else(late)
}
