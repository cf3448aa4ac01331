//! A provider on loopback behind a real adapter in a real cell, and a client before it.

use hotcell::types::ChatRequest;
use hotcell::{Config, ProviderConfig, Runner};
use hotcell_dialects::{About, Dialect};
use hotcell_tests::stage::{Script, Stage};
use serde_json::Value;
use std::collections::BTreeMap;

/// A provider, and a runner that asks it.
pub(crate) struct World {
    stage: Stage,
    runner: Runner,
    dialect: Dialect,
}

/// What came of a request.
pub(crate) struct Outcome {
    /// The body that the provider got.
    pub(crate) arrived: String,
    /// What the client got.
    pub(crate) answer: String,
    /// What was left out on the way.
    pub(crate) warnings: Vec<String>,
}

impl World {
    /// A provider with this adapter and these settings, and a client of this dialect.
    pub(crate) async fn open(adapter: &str, settings: &[(&str, &str)], dialect: Dialect) -> Self {
        let stage = Stage::open().await.expect("a stage");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let provider = ProviderConfig {
            adapter: Some(adapter.to_owned()),
            endpoints: BTreeMap::from([("api".to_owned(), format!("{}/", stage.url()))]),
            allow_private: Some(true),
            allow_plaintext: Some(true),
            settings: settings.collect(),
            ..ProviderConfig::default()
        };
        let mut config = Config::default();
        config.providers.insert("here".to_owned(), provider);
        let runner = Runner::builder().config(config).build().expect("a runner");
        Self { stage, runner, dialect }
    }

    /// Asks for a whole answer, which is this one.
    pub(crate) async fn whole(&self, request: ChatRequest, answer: &str) -> Outcome {
        self.ask(ChatRequest { stream: false, ..request }, "application/json", answer).await
    }

    /// Asks for a stream, which has these events.
    pub(crate) async fn stream(&self, request: ChatRequest, events: &[Value]) -> Outcome {
        let frames = events.iter().map(|event| format!("data: {event}\n\n"));
        let body: String = frames.collect();
        self.ask(ChatRequest { stream: true, ..request }, "text/event-stream", &body).await
    }

    async fn ask(&self, request: ChatRequest, kind: &str, answer: &str) -> Outcome {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n");
        self.stage.play(Script { head, pieces: vec![answer.as_bytes().to_vec()] });
        let model = format!("here/{}", request.model);
        let mut told = self.runner.chat(&model, request.clone()).await.expect("an answer");
        let (mut events, mut warnings) = (Vec::new(), Vec::new());
        while let Some(event) = told.next().await.expect("an event") {
            match event {
                hotcell::types::Event::Warning(warning) => warnings.push(warning),
                event => events.push(event),
            }
        }
        let about = About { id: "1".to_owned(), model: request.model.clone(), created: 1 };
        let answer = match request.stream {
            false => self.dialect.whole(&request, about, events),
            true => {
                let mut writer = self.dialect.stream(&request, about);
                let mut out = Vec::new();
                events.into_iter().for_each(|event| writer.event(event, &mut out));
                writer.end(&mut out);
                out
            }
        };
        let received = self.stage.received();
        let arrived = received.first().map(|received| received.body.clone()).unwrap_or_default();
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Outcome { arrived: text(arrived), answer: text(answer), warnings }
    }
}

impl Outcome {
    /// The body that the provider got.
    pub(crate) fn arrived(&self) -> Value {
        serde_json::from_str(&self.arrived).expect("JSON")
    }

    /// A whole answer.
    pub(crate) fn answer(&self) -> Value {
        serde_json::from_str(&self.answer).expect("JSON")
    }

    /// What the frames of a stream hold; its end without JSON is left out.
    pub(crate) fn frames(&self) -> Vec<Value> {
        let data = self.answer.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }
}
