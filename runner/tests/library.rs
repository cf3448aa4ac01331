//! The library as a Rust program uses it, against a provider on loopback.

use futures_core::Stream;
use hotcell::types::{ChatRequest, EmbedRequest, Event, FailureKind};
use hotcell::{Config, Heard, Runner};
use hotcell_mock::Mock;
use std::path::Path;
use std::pin::Pin;

/// A mock, and a runner whose providers `openai` and `anthropic` are the mock.
async fn world() -> (Mock, Runner, tempfile::TempDir) {
    let mock = Mock::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), Mock::KEY).unwrap();
    let text: String = ["openai", "anthropic"]
        .map(|name| {
            format!(
                "[providers.{name}]\nendpoints.api = '{}'\nsecrets.api-key = 'file:{}'\n\
                 allow-private = true\nallow-plaintext = true\n",
                mock.url(),
                folder.path().join("key").display(),
            )
        })
        .concat();
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let cache = Some(folder.path().join("cache"));
    let runner = Runner::builder().config(config).cache(cache).build().unwrap();
    (mock, runner, folder)
}

#[tokio::test]
async fn a_chat_is_collected_from_both_adapters() {
    let (mock, runner, _folder) = world().await;
    for model in ["openai/gpt-test", "anthropic/claude-test"] {
        for stream in [true, false] {
            let mut request = ChatRequest::user("hello");
            request.stream = stream;
            let answer = runner.chat(model, request).await.unwrap().collect().await.unwrap();
            assert!(!answer.choices[0].text().is_empty(), "{model}, stream: {stream}");
            assert!(answer.choices[0].finished.is_some(), "{model}, stream: {stream}");
            assert!(answer.usage.unwrap().input.is_some(), "{model}, stream: {stream}");
        }
    }
    assert_eq!(mock.requests().len(), 4);
}

#[tokio::test]
async fn events_come_as_a_stream() {
    let (_mock, runner, _folder) = world().await;
    let answer = runner.chat("openai/gpt-test", ChatRequest::user("hello")).await.unwrap();
    let mut stream = answer.into_stream();
    let mut events = Vec::new();
    while let Some(event) =
        std::future::poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await
    {
        events.push(event.unwrap());
    }
    assert!(matches!(events.first(), Some(Event::Started(_))), "{events:?}");
    assert!(events.iter().any(|event| matches!(event, Event::Finished(_))), "{events:?}");
}

#[tokio::test]
async fn texts_become_vectors_and_models_are_listed() {
    let (_mock, runner, _folder) = world().await;
    let request = EmbedRequest::texts(["one", "two"]);
    let answer = runner.embed("openai/text-embedding-test", request).await.unwrap();
    assert_eq!(answer.vectors.len(), 2);
    for provider in ["openai", "anthropic"] {
        assert!(!runner.models(provider).await.unwrap().is_empty(), "{provider}");
    }
    let error = runner.embed("anthropic/x", EmbedRequest::texts(["one"])).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unsupported);
}

#[tokio::test]
async fn what_a_provider_tells_beside_its_answers_is_heard() {
    let (_mock, runner, _folder) = world().await;
    let value = |headers: &[(String, String)], name: &str| {
        headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone())
    };
    let left = "x-ratelimit-remaining-requests";
    let answer = runner.chat("openai/gpt-test", ChatRequest::user("hello")).await.unwrap();
    let first = answer.headers();
    assert_eq!(value(&first, left).as_deref(), Some("9999"), "{first:?}");

    let heard = Heard::default();
    let hearing = runner.hearing(&heard);
    let embed = async || {
        let request = EmbedRequest::texts(["one"]);
        hearing.embed("openai/text-embedding-test", request).await.unwrap();
        heard.headers()
    };
    let before = embed().await;
    let second = embed().await;
    assert_eq!(second.len(), before.len(), "what was heard last takes the place of the rest");
    assert_ne!(second, before);
    assert_eq!(value(&second, left).as_deref(), Some("9999"), "{second:?}");
    assert_ne!(value(&second, "x-request-id"), value(&first, "x-request-id"));
    assert_eq!(answer.headers(), first, "each request has its own");

    // A failure has them with it, for whoever asks.
    let error = runner.chat("openai/error-429", ChatRequest::user("hello")).await.unwrap_err();
    assert_eq!(value(&error.headers, "retry-after").as_deref(), Some("7"), "{error:?}");
    assert_eq!(heard.take(), second);
    // Nobody was asked, and nothing heard.
    let error = hearing.chat("opanai/x", ChatRequest::user("hello")).await.unwrap_err();
    assert_eq!((error.headers, heard.headers()), (vec![], vec![]));
}

#[tokio::test]
async fn an_answer_is_the_same_every_time() {
    let (_mock, runner, _folder) = world().await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer =
            runner.chat("anthropic/claude-test", ChatRequest::user("hello")).await.unwrap();
        let collected = answer.collect().await.unwrap();
        answers.push((collected.choices, collected.usage));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn unknown_names_are_answered_with_what_was_probably_meant() {
    let (_mock, runner, _folder) = world().await;
    let error = runner.chat("opanai/gpt-test", ChatRequest::user("x")).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::NotFound);
    assert_eq!(error.help.as_deref(), Some("did you mean `openai`?"));
    let error = runner.chat("gpt-test", ChatRequest::user("x")).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::InvalidRequest);
}

#[tokio::test]
async fn a_key_is_not_taken_along_to_another_endpoint() {
    // A conventional variable belongs to the provider that it is named after.
    let text = "[providers.openai]\nendpoints.api = 'https://elsewhere.example/v1'\n";
    let config = Config::parse(text, Path::new("hotcell.toml")).unwrap();
    let runner = Runner::builder().config(config).cache(None).build().unwrap();
    let providers = runner.providers();
    let openai = providers.iter().find(|provider| provider.name == "openai").unwrap();
    assert_eq!(openai.secrets[0].source, None);
    let error = runner.chat("openai/x", ChatRequest::user("x")).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Authentication);
    assert!(error.to_string().contains("secrets.api-key"), "{error}");
}

#[tokio::test]
async fn a_component_that_changed_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut component = hotcell::bundle::ADAPTERS[0].component().to_vec();
    let agreed = hotcell::manifest::Digest::of(&component);
    // A custom section at the end changes nothing but the digest.
    component.extend([0, 2, 1, b'x']);
    std::fs::write(folder.path().join("a.wasm"), component).unwrap();
    let text = format!(
        "[adapters.mine]\npath = 'a.wasm'\ndigest = '{agreed}'\n[providers.mine]\nadapter = 'mine'\n"
    );
    let config = Config::parse(&text, &folder.path().join("hotcell.toml")).unwrap();
    let runner = Runner::builder().config(config).cache(None).build().unwrap();
    let error = runner.chat("mine/x", ChatRequest::user("x")).await.unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
    assert!(error.to_string().contains(&agreed.to_string()), "{error}");
}

#[tokio::test]
async fn a_spoilt_artifact_is_not_run() {
    let (_mock, runner, folder) = world().await;
    let ask = |runner: Runner| async move {
        let answer = runner.chat("openai/gpt-test", ChatRequest::user("hello")).await.unwrap();
        answer.collect().await.unwrap().choices[0].text()
    };
    let text = ask(runner.clone()).await;
    let cache = folder.path().join("cache");
    let artifacts: Vec<_> = std::fs::read_dir(&cache).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(artifacts.len(), 1);
    let mut bytes = std::fs::read(&artifacts[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&artifacts[0], bytes).unwrap();
    let again =
        Runner::builder().config(runner.config().clone()).cache(Some(cache)).build().unwrap();
    assert_eq!(ask(again).await, text);
}

#[cfg(unix)]
#[tokio::test]
async fn a_cache_that_others_can_write_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let (_mock, runner, folder) = world().await;
    let cache = folder.path().join("open");
    std::fs::create_dir(&cache).unwrap();
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o777)).unwrap();
    let config = runner.config().clone();
    let runner = Runner::builder().config(config).cache(Some(cache.clone())).build().unwrap();
    runner.warm("openai").unwrap();
    assert_eq!(std::fs::read_dir(cache).unwrap().count(), 0);
}

#[tokio::test]
async fn artifacts_of_versions_that_are_gone_do_not_pile_up() {
    let (_mock, runner, folder) = world().await;
    let cache = folder.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for number in 0..100 {
        let file = std::fs::File::create(cache.join(format!("old-{number}.cwasm"))).unwrap();
        file.set_modified(past).unwrap();
    }
    runner.warm_for("openai", hotcell::Interface::Chat).unwrap();
    let names = std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name());
    let (old, new): (Vec<_>, Vec<_>) =
        names.partition(|name| name.to_string_lossy().starts_with("old-"));
    assert_eq!((old.len(), new.len()), (63, 1));
}

#[tokio::test]
async fn an_answer_that_its_caller_leaves_is_recorded_as_far_as_it_came() {
    let (mock, _, folder) = world().await;
    let text = format!(
        "[providers.openai]\nendpoints.api = '{}'\nsecrets.api-key = 'file:{}'\n\
         allow-private = true\nallow-plaintext = true\n[transcripts]\ndirectory = '{}'\n",
        mock.url(),
        folder.path().join("key").display(),
        folder.path().join("transcripts").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let cache = Some(folder.path().join("cache"));
    let runner = Runner::builder().config(config).cache(cache).build().unwrap();
    let mut answer = runner.chat("openai/gpt-test", ChatRequest::user("one two")).await.unwrap();
    let first = answer.next_batch().await.unwrap().unwrap();
    drop(answer);
    let files = std::fs::read_dir(folder.path().join("transcripts")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let transcript = hotcell::Transcript::read(file).unwrap();
    assert!(!transcript.answer.ended);
    assert_eq!(transcript.answer.events, first);
    let replayed = runner.replay(&transcript, None).await.unwrap();
    assert!(replayed.is_verified(), "{replayed:?}");
    // Replaying is not recorded.
    assert_eq!(std::fs::read_dir(folder.path().join("transcripts")).unwrap().count(), 1);
}

/// A stranger's transcript, played to a stranger's component: it asks to compute for
/// ever, and gets what any cell of that provider gets.
#[tokio::test]
async fn a_transcript_raises_no_limit() {
    let (mock, _, folder) = world().await;
    let text = format!(
        "[providers.mine]\nadapter = 'openai'\nendpoints.api = '{}'\n\
         secrets.api-key = 'file:{}'\nallow-private = true\nallow-plaintext = true\n\
         limits.cpu-ms = 50\n[transcripts]\ndirectory = '{}'\n",
        mock.url(),
        folder.path().join("key").display(),
        folder.path().join("transcripts").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let cache = Some(folder.path().join("cache"));
    let runner = Runner::builder().config(config).cache(cache).build().unwrap();
    let answer = runner.chat("mine/gpt-test", ChatRequest::user("one")).await.unwrap();
    answer.collect().await.unwrap();
    let mut files = std::fs::read_dir(folder.path().join("transcripts")).unwrap();
    let mut transcript = hotcell::Transcript::read(&files.next().unwrap().unwrap().path()).unwrap();
    // So that what differs is the end.
    transcript.answer.events.clear();
    transcript.limits.cpu_ms = u64::MAX;
    transcript.limits.memory_bytes = usize::MAX;
    let hostile = hotcell::bundle::HOSTILE.component();
    let hotcell::transcript::Call::Chat(request) = &mut transcript.call else {
        panic!("it is a chat")
    };
    request.model = "loop-forever".to_owned();
    let replayed = runner.replay(&transcript, Some(hostile)).await.unwrap();
    let end = replayed.yielded.unwrap().replayed;
    assert!(format!("{end:?}").contains("computed for longer than its limit"), "{end:?}");
}

/// A provider `openai` that is the mock, with this besides.
async fn routed(more: &str) -> (Mock, Runner, tempfile::TempDir) {
    let mock = Mock::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), Mock::KEY).unwrap();
    let text = format!(
        "[providers.openai]\nendpoints.api = '{}'\nsecrets.api-key = 'file:{}'\n\
         allow-private = true\nallow-plaintext = true\n{more}",
        mock.url(),
        folder.path().join("key").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let cache = Some(folder.path().join("cache"));
    let runner = Runner::builder().config(config).cache(cache).build().unwrap();
    (mock, runner, folder)
}

#[tokio::test]
async fn requests_of_one_provider_take_the_way_of_their_protocol() {
    let (mock, runner, _folder) = routed("").await;
    for (model, path) in
        [("openai/gpt-4o", "/v1/chat/completions"), ("openai/gpt-5-pro", "/v1/responses")]
    {
        // Whether the mock has the model is no matter here.
        if let Ok(answer) = runner.chat(model, ChatRequest::user("hello")).await {
            _ = answer.collect().await;
        }
        assert_eq!(mock.requests().last().unwrap().path, path, "{model}");
    }
}

#[tokio::test]
async fn a_provider_that_is_narrowed_is_so_on_every_way() {
    let (mock, runner, _folder) = routed("allow.api = ['POST /chat/completions']\n").await;
    let error = runner.chat("openai/gpt-5-pro", ChatRequest::user("hello")).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Denied, "{error}");
    assert!(mock.requests().is_empty());
    runner.chat("openai/gpt-4o", ChatRequest::user("hello")).await.unwrap();
    assert_eq!(mock.requests().len(), 1);
}
