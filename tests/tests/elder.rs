//! A component that was built before the wall had more than three interfaces still runs, and
//! what came later is refused in words.
//!
//! It is built here as an author builds: from `tests/elder`, whose `wit/` is the package as it
//! was, without the SDK of today.

use hotcell::egress::SecretSource;
use hotcell::types::{
    Action, ChatRequest, EmbedRequest, FailureKind, FinishReason, ImageRequest, Input,
    ModerationRequest, RerankRequest, SpeechRequest, StoredRequest, TranscriptionRequest,
};
use hotcell::{Choice, Config, Error, ProviderConfig, Runner};
use hotcell_manifest::Build;
use hotcell_tests::loopback::{Loopback, Received, Step, whole};
use std::collections::BTreeMap;
use std::path::Path;

const MANIFEST: &str = include_str!("../elder/adapter.toml");

/// The component, in the way that first-party adapters are built.
fn component() -> Vec<u8> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let target_dir = target_dir.join("guests");
    let build = Build {
        cargo: env!("CARGO").into(),
        rustc: "rustc".into(),
        workspace,
        target_dir: &target_dir,
        profile: "guest",
        package: "hotcell-elder",
    };
    let output = build.command().and_then(|mut command| command.output()).expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let module = std::fs::read(build.module("hotcell-elder")).expect("cargo has built it");
    hotcell_manifest::pack(&module, MANIFEST).expect("it is an adapter")
}

/// A provider that is content with the key.
fn provider(received: &Received) -> Vec<Step> {
    let headers = [("x-request-id", "r-7")];
    if received.key() != "key-of-the-tests" {
        return whole("401 Unauthorized", &[], "");
    }
    match received.line() {
        "POST /v1/chat HTTP/1.1" if received.body == b"gone" => whole("404 Not Found", &[], ""),
        "POST /v1/chat HTTP/1.1" => whole("200 OK", &headers, ", hello."),
        "POST /v1/embed HTTP/1.1" => whole("200 OK", &headers, "12345"),
        "GET /v1/models HTTP/1.1" => whole("200 OK", &headers, "one\ntwo"),
        _ => whole("500 Oops", &[], ""),
    }
}

fn refused<T>(answer: Result<T, Error>, interface: &str) {
    let error = answer.err().expect("it was built without that");
    assert_eq!(error.failure.kind, FailureKind::Unsupported, "{interface}");
    assert_eq!(error.failure.message, format!("the adapter `elder` has no `{interface}`"));
}

#[tokio::test]
async fn a_component_that_was_built_before_still_runs() {
    let component = component();
    let inspection = hotcell::manifest::inspect(&component).unwrap();
    let exports =
        ["chat", "embeddings", "models"].map(|name| format!("hotcell:adapter/{name}@0.1.0"));
    assert_eq!(inspection.exports, exports);

    let server = Loopback::start(provider).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "key-of-the-tests").unwrap();
    let mut config = Config::default();
    let elder = ProviderConfig {
        adapter: Some("elder".to_owned()),
        endpoints: BTreeMap::from([("api".to_owned(), format!("{}/v1", server.url()))]),
        secrets: BTreeMap::from([("api-key".to_owned(), SecretSource::File(key))]),
        allow_private: Some(true),
        allow_plaintext: Some(true),
        ..ProviderConfig::default()
    };
    config.providers.insert("elder".to_owned(), elder);
    let runner =
        Runner::builder().config(config).cache(None).adapter("elder", component).build().unwrap();

    let answer = runner.chat("elder/m", ChatRequest::user("hi")).await.unwrap();
    let answer = answer.collect().await.unwrap();
    assert_eq!(answer.choices.first().map(Choice::text).as_deref(), Some("Well, hello."));
    assert_eq!(answer.warnings, ["it was long"]);
    let started = answer.started.unwrap();
    assert_eq!((started.id.as_deref(), started.model.as_deref()), (Some("r-7"), Some("m")));
    assert_eq!(started.extra.unwrap().value, "{\"a\":1}");
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.reasoning), (Some(3), Some(5), Some(1)));
    let finished = answer.choices[0].finished.as_ref().unwrap();
    assert_eq!(finished.reason, FinishReason::Length);
    assert_eq!(finished.raw.as_deref(), Some("enough"));

    let error = runner.chat("elder/m", ChatRequest::user("gone")).await.err().unwrap();
    let failure = error.failure;
    assert_eq!((failure.kind, failure.status), (FailureKind::NotFound, Some(404)));
    assert_eq!(failure.code.as_deref(), Some("gone"));
    assert_eq!(failure.retry_after_ms, Some(1500));
    assert_eq!(failure.raw.unwrap().value, "\"gone\"");

    let request = EmbedRequest {
        model: String::new(),
        inputs: vec![Input::Text("abc".to_owned()), Input::Tokens(vec![1, 2])],
        dimensions: None,
        task: None,
        extra: None,
    };
    let vectors = runner.embed("elder/m", request).await.unwrap().vectors;
    assert_eq!(vectors, [vec![3.0, 5.0], vec![2.0]]);

    let models = runner.models("elder").await.unwrap();
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);

    let before = server.received().len();
    let model = "elder/m";
    refused(runner.rerank(model, RerankRequest::texts("q", ["a"])).await, "rerank");
    refused(runner.count_tokens(model, ChatRequest::user("hi")).await, "tokens");
    refused(runner.generate_images(model, ImageRequest::prompt("a")).await, "images");
    refused(runner.speak(model, SpeechRequest::text("a")).await, "speech");
    refused(runner.transcribe(model, TranscriptionRequest::audio(vec![1])).await, "transcription");
    refused(runner.moderate(model, ModerationRequest::texts(["a"])).await, "moderation");
    let stored = || StoredRequest::new(Action::Retrieve, "r-7");
    refused(runner.stored(model, stored()).await, "stored");
    refused(runner.retell(model, stored()).await, "stored");
    assert_eq!(server.received().len(), before, "nobody was asked for what is not there");
}
