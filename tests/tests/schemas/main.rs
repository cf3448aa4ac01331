//! The bodies of the requests that adapters write, through the real wall, against the schemas
//! that the providers publish (`tests/schemas`): each feature with each adapter, what is asked
//! for besides a chat, and each request that a client of OpenAI's protocol really sent.
//!
//! The last needs the recordings; see `tests/tests/corpus`.

mod difference;
mod published;

use hotcell::types::{
    ChatRequest, EmbedRequest, ImageRequest, ModerationRequest, RerankRequest, SpeechRequest,
};
use hotcell::{Allocation, Interface, Runner};
use hotcell_dialects::openai_chat;
use hotcell_tests::stage::{Script, Stage};
use hotcell_tests::{adapters, feature};
use published::Schemas;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Adapters that speak OpenAI's protocol.
const SPEAKERS: &[&str] = &["azure", "mistral", "openai", "vertex-openai"];
const CHAT: published::Place = ("openai", "CreateChatCompletionRequest");

struct Trial {
    stage: Stage,
    runner: Runner,
    schemas: Schemas,
    /// How many bodies of each adapter were held against a schema.
    judged: BTreeMap<&'static str, usize>,
    /// Each fault: how often, and the first body that has it.
    wrong: BTreeMap<String, (usize, String)>,
    _folder: tempfile::TempDir,
}

impl Trial {
    async fn new() -> Self {
        let stage = Stage::open().await.expect("loopback has a free port");
        // A good answer of a token server, and of nobody else.
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_owned();
        let token =
            br#"{"access_token":"a-token-for-a-trial","token_type":"Bearer","expires_in":3600}"#;
        stage.play(Script { head, pieces: vec![token.to_vec()] });
        let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
        let runner = Runner::builder()
            .config(adapters::configured(&stage.url(), folder.path()))
            .allocation(Allocation::Pooled(2))
            .cache(Some(folder.path().join("cache")))
            .build()
            .expect("the configuration holds");
        let (schemas, judged, wrong) = Default::default();
        Self { stage, runner, schemas, judged, wrong, _folder: folder }
    }

    /// Sends a request for a chat; where it went to and its body. What is not sent, and why, is
    /// judged elsewhere.
    async fn chat(&self, adapter: &str, request: ChatRequest) -> Option<(String, Value)> {
        if let Ok(answer) = self.runner.chat(&model(adapter), request).await {
            // The answer is none, which is not what is looked at.
            _ = answer.collect().await;
        }
        self.sent()
    }

    /// What arrived, after the runner has answered.
    fn sent(&self) -> Option<(String, Value)> {
        let sent = self.stage.received().into_iter().next_back()?;
        let path = sent.line.split(' ').nth(1).expect("a request line has a target");
        Some((path.to_owned(), serde_json::from_slice(&sent.body).unwrap_or_default()))
    }

    /// Holds a body against its schema, where there is one.
    fn judge(&mut self, adapter: &'static str, of: &str, sent: Option<(String, Value)>) {
        self.judge_but(adapter, of, sent, &[]);
    }

    /// The same, but for what is wrong in the same places as in these.
    fn judge_but(
        &mut self,
        adapter: &'static str,
        of: &str,
        sent: Option<(String, Value)>,
        own: &[(String, String)],
    ) {
        let Some((path, mut body)) = sent else { return };
        let Some(place) = published::place(adapter, &path) else { return };
        *self.judged.entry(adapter).or_default() += 1;
        let place = published::whole(adapter, place, &mut body);
        for (at, fault) in self.schemas.faults(place, &body) {
            if own.iter().any(|(known, _)| is_about(known, &at)) {
                continue;
            }
            let seen = self.wrong.entry(format!("{adapter}, at {at:?}: {fault}")).or_default();
            seen.0 += 1;
            if seen.0 == 1 {
                seen.1 = format!("{of}: {:.6000}", body.to_string());
            }
        }
    }

    /// All that is wrong is told at once.
    fn conclude(self) {
        println!("schemas: {:?}", self.judged);
        let faults = self.wrong.into_iter();
        let faults: Vec<String> = faults
            .map(|(fault, (times, first))| format!("{times} times: {fault}\n    {first}"))
            .collect();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}

/// Whether what is wrong in one place can be what is wrong in the other, in or around it.
fn is_about(one: &str, other: &str) -> bool {
    match one.is_empty() || other.is_empty() {
        true => one == other,
        false => one.starts_with(other) || other.starts_with(one),
    }
}

/// Known to nobody, so that nothing is known against it.
fn model(adapter: &str) -> String {
    format!("{adapter}/test-model")
}

/// Otherwise the rest says nothing.
#[test]
fn a_misspelt_member_is_found_at_the_top_and_further_down() {
    let plain = || json!([{ "role": "user", "content": "hi" }]);
    let google = || json!([{ "role": "user", "parts": [{ "text": "hi" }] }]);
    let parts = json!([{ "role": "user", "content": [{ "text": "hi" }] }]);
    let mut schemas = Schemas::default();
    for (file, name, list, messages) in [
        ("anthropic", "MessagesNonStreaming", "messages", plain()),
        ("bedrock", "ConverseRequest", "messages", parts),
        ("cohere", "ChatRequest", "messages", plain()),
        ("gemini", "GenerateContentRequest", "contents", google()),
        ("mistral", "ChatRequest", "messages", plain()),
        ("openai", "CreateChatCompletionRequest", "messages", plain()),
        ("openai", "CreateResponse", "input", plain()),
        ("vertex", "GenerateContentRequest", "contents", google()),
    ] {
        let mut body = json!({ "model": "m", "max_tokens": 9 });
        body[list] = messages;
        let members = body.as_object_mut().expect("it is an object");
        // Where the path names the model, and where there is another word for the limit.
        if file != "anthropic" {
            members.remove("max_tokens");
        }
        if matches!(file, "bedrock" | "vertex") {
            members.remove("model");
        }
        assert_eq!(schemas.faults((file, name), &body), Vec::new(), "{file}");
        body["mesages"] = json!([]);
        assert_eq!(schemas.faults((file, name), &body).len(), 1, "{file}");
        body.as_object_mut().expect("it is an object").remove("mesages");
        body[list][0]["rolle"] = json!("user");
        assert!(!schemas.faults((file, name), &body).is_empty(), "{file}, further down");
    }
}

#[tokio::test]
async fn each_feature_leaves_in_the_shape_that_its_provider_publishes() {
    let mut trial = Trial::new().await;
    for adapter in adapters::with(Interface::Chat) {
        for feature in feature::all() {
            for stream in [false, true] {
                let mut request = feature.request();
                request.stream |= stream;
                let sent = trial.chat(adapter, request).await;
                trial.judge(adapter, feature.name, sent);
            }
        }
    }
    let all = published::ADAPTERS.iter().filter(|it| **it != "openai-media");
    let missed: Vec<_> = all.filter(|it| !trial.judged.contains_key(*it)).collect();
    assert!(missed.is_empty(), "nothing of {missed:?} was held against its schema");
    trial.conclude();
}

#[tokio::test]
async fn what_else_is_asked_for_leaves_in_the_shape_that_its_provider_publishes() {
    let mut trial = Trial::new().await;
    let runner = trial.runner.clone();
    for adapter in adapters::with(Interface::Tokens) {
        for feature in feature::all() {
            _ = runner.count_tokens(&model(adapter), feature.request()).await;
            let sent = trial.sent();
            trial.judge(adapter, &format!("tokens of {}", feature.name), sent);
        }
    }
    for adapter in adapters::with(Interface::Embeddings) {
        let one = EmbedRequest::texts(["hot"]);
        let mut two = EmbedRequest::texts(["hot", "cell"]);
        two.dimensions = Some(256);
        // Each provider has its own words for what vectors are for.
        let mut tasks = vec![one, two];
        for task in ["search_query", "RETRIEVAL_QUERY"] {
            let mut request = EmbedRequest::texts(["hot"]);
            request.task = Some(task.to_owned());
            tasks.push(request);
        }
        for request in tasks {
            let of = format!("{request:?}");
            _ = runner.embed(&model(adapter), request).await;
            let sent = trial.sent();
            trial.judge(adapter, &of, sent);
        }
    }
    for adapter in adapters::with(Interface::Rerank) {
        let mut request = RerankRequest::texts("hot", ["a cell", "a room"]);
        request.top = Some(1);
        _ = runner.rerank(&model(adapter), request).await;
        let sent = trial.sent();
        trial.judge(adapter, "rerank", sent);
    }
    for adapter in adapters::with(Interface::Images) {
        let mut request = ImageRequest::prompt("A hot cell");
        for full in [false, true] {
            if full {
                request.count = Some(2);
                request.size = Some("1024x1024".to_owned());
                request.quality = Some("high".to_owned());
                request.format = Some("webp".to_owned());
            }
            _ = runner.generate_images(&model(adapter), request.clone()).await;
            let sent = trial.sent();
            trial.judge(adapter, "images", sent);
        }
    }
    for adapter in adapters::with(Interface::Speech) {
        let mut request = SpeechRequest::text("A hot cell");
        request.voice = Some("alloy".to_owned());
        request.instructions = Some("Calmly.".to_owned());
        request.format = Some("wav".to_owned());
        request.speed = Some(1.5);
        if let Ok(mut sound) = runner.speak(&model(adapter), request).await {
            while let Ok(Some(_)) = sound.next().await {}
        }
        let sent = trial.sent();
        trial.judge(adapter, "speech", sent);
    }
    for adapter in adapters::with(Interface::Moderation) {
        let request = ModerationRequest::texts(["hot", "cell"]);
        _ = runner.moderate(&model(adapter), request).await;
        let sent = trial.sent();
        trial.judge(adapter, "moderation", sent);
    }
    let all = ["anthropic", "azure", "cohere", "gemini", "mistral", "openai", "openai-media"];
    let all = all.iter().chain(&["vertex", "vertex-anthropic"]);
    let missed: Vec<_> = all.filter(|it| !trial.judged.contains_key(*it)).collect();
    assert!(missed.is_empty(), "nothing of {missed:?} was held against its schema");
    trial.conclude();
}

#[tokio::test]
async fn each_recorded_request_leaves_in_the_shape_that_its_provider_publishes() {
    let Some(bodies) = recorded() else {
        println!("schemas: SKIPPED: there are no recordings; HOTCELL_CORPUS names their folder");
        return;
    };
    let mut trial = Trial::new().await;
    for adapter in published::ADAPTERS.iter().copied().filter(|it| *it != "openai-media") {
        for body in &bodies {
            let Ok(request) = openai_chat::read_request(body.as_bytes()) else { continue };
            let Some((path, sent)) = trial.chat(adapter, request).await else { continue };
            // What a client adds to OpenAI's protocol goes out to that protocol as it came: it
            // is the client's to know what its provider takes.
            let came = serde_json::from_str(body).expect("it was read");
            let own = match SPEAKERS.contains(&adapter) {
                true => trial.schemas.faults(CHAT, &came),
                false => Vec::new(),
            };
            trial.judge_but(adapter, "recorded", Some((path, sent)), &own);
        }
    }
    trial.conclude();
}

/// The bodies of all requests of the kind `openai-chat` that were answered; none where there is no corpus.
fn recorded() -> Option<Vec<String>> {
    let folder = std::env::var_os("HOTCELL_CORPUS").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"));
    let files = std::fs::read_dir(folder.join("openai-chat")).ok()?;
    let mut bodies = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file.expect("the folder can be read").path());
        let text = text.expect("the file can be read");
        for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
            let exchange: Value = serde_json::from_str(line).expect("it is JSON");
            // A request that its provider refused says nothing of what is right.
            if exchange["response"]["status"] != 200 {
                continue;
            }
            bodies.extend(exchange["request"]["body"].as_str().map(str::to_owned));
        }
    }
    Some(bodies)
}
