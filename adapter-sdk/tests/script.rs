//! The script that adapters are tested with keeps what it promises.

use hotcell_sdk::testing::Script;
use hotcell_sdk::{
    Assemble, Chat, ChatRequest, Completion, Endpoint, Event, Failure, FailureKind, Reply,
    finished, log, setting, text,
};

/// Tells every event of the stream as text.
struct Reader;

struct Answer;

impl Chat for Reader {
    type Completion = Reply<Answer>;

    fn complete(request: ChatRequest) -> Result<Reply<Answer>, Failure> {
        log(hotcell_sdk::LogLevel::Info, "about to ask");
        let name = setting("endpoint").unwrap_or_else(|| "api".to_owned());
        let endpoint = Endpoint::named(&name)?;
        let body = serde_json::json!({ "model": request.model });
        let response = endpoint.post("/chat").query("v", "1 2").json(&body)?.send()?;
        Reply::begin(response.checked()?, Answer, Vec::new())
    }
}

impl Assemble for Answer {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        events.push(match name {
            "end" => finished(0, data),
            _ => text(0, 0, data),
        });
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.event("", body, events)
    }

    fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
        Ok(())
    }
}

const STREAM: &str = "data: a\u{e9}\r\n\r\ndata: b\r\n\r\nevent: end\r\ndata: stop\r\n\r\n";

fn script() -> Script {
    let mut script = Script::new();
    script.answer(200, "text/event-stream", STREAM);
    script
}

#[test]
fn requests_and_log_lines_are_recorded() {
    let run = script().chat::<Reader>(ChatRequest::user("hi"));
    assert_eq!(run.requests[0].path, "/chat?v=1%202");
    assert_eq!(run.requests[0].endpoint, "api");
    assert_eq!(run.requests[0].header("Content-Type"), Some("application/json"));
    assert_eq!(run.requests[0].json()["model"], "test-model");
    assert_eq!(run.log, ["about to ask"]);
    assert_eq!(run.text(), "a\u{e9}b");
    assert!(run.finished().is_some());
}

#[test]
fn every_cut_adds_up_to_the_same() {
    let run = script().chat_at_every_cut::<Reader>(&ChatRequest::user("hi"));
    assert_eq!(run.joined().len(), 2);
}

#[test]
#[should_panic(expected = "differs from one piece")]
fn an_answer_that_depends_on_the_cut_is_found() {
    struct Chunks;
    struct Chunk(hotcell_sdk::Response);
    impl Chat for Chunks {
        type Completion = Chunk;
        fn complete(_: ChatRequest) -> Result<Chunk, Failure> {
            Ok(Chunk(Endpoint::named("api")?.get("/").send()?))
        }
    }
    impl Completion for Chunk {
        fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
            let chunk = self.0.read()?;
            Ok(chunk.map(|chunk| vec![text(0, 0, String::from_utf8_lossy(&chunk))]))
        }
    }
    script().chat_at_every_cut::<Chunks>(&ChatRequest::user("hi"));
}

#[test]
fn an_endpoint_that_was_not_granted_is_denied() {
    let denied = |script: &Script| {
        let run = script.chat::<Reader>(ChatRequest::user("hi"));
        run.failure.map(|failure| failure.kind)
    };
    assert_eq!(denied(script().setting("endpoint", "files")), Some(FailureKind::Denied));
    assert_eq!(denied(script().setting("endpoint", "files").endpoint("files")), None);
    assert_eq!(denied(script().endpoint("files")), Some(FailureKind::Denied));
}

#[test]
fn a_broken_connection_fails_after_what_came_before_it() {
    let mut script = script();
    let (events, failure) =
        script.broken_after(20).collect::<Reader>(ChatRequest::user("hi")).unwrap_err();
    assert_eq!(events, [text(0, 0, "a\u{e9}")]);
    assert_eq!(failure.kind, FailureKind::Unreachable);
}

#[test]
fn answers_come_in_order_and_run_out() {
    let mut script = Script::new();
    script
        .failing(FailureKind::TimedOut)
        .answer(429, "text/plain", "later")
        .header("retry-after", "3");
    let (first, _) = script.call(|| Endpoint::named("api")?.get("/").send());
    assert_eq!(first.unwrap_err().kind, FailureKind::TimedOut);
    let (rest, requests) = script.call(|| {
        let endpoint = Endpoint::named("api")?;
        let _ = endpoint.get("/1").send();
        let limited = endpoint.get("/2").send()?.checked().unwrap_err();
        let empty = endpoint.get("/3").send().unwrap_err();
        Ok((limited, empty))
    });
    let (limited, empty) = rest.unwrap();
    assert_eq!((limited.kind, limited.retry_after_ms), (FailureKind::RateLimited, Some(3000)));
    assert_eq!(empty.kind, FailureKind::Unreachable);
    assert_eq!(requests.len(), 3);
}

#[cfg(feature = "manifest")]
mod manifest {
    use super::*;

    const MANIFEST: &str = r#"
        [adapter]
        name = "reader"
        version = "0.1.0"
        dialect = "test"
        [endpoints.main]
        origin = "https://api.example.com"
        allow = ["POST /chat"]
        query = ["v"]
        request-headers = ["content-type"]
        response-headers = ["x-request-id"]
        [settings.endpoint]
        description = "Where to ask"
        default = "main"
    "#;

    fn failure(manifest: &str) -> Option<Failure> {
        script().manifest(manifest).chat::<Reader>(ChatRequest::user("hi")).failure
    }

    #[test]
    fn an_adapter_is_held_to_its_manifest() {
        assert_eq!(failure(MANIFEST), None, "the default of `endpoint` is `main`");
        for (line, replaced) in [
            ("POST /chat", "GET /chat"),
            ("POST /chat", "POST /chats"),
            (r#"["v"]"#, "[]"),
            (r#"["content-type"]"#, "[]"),
            ("[endpoints.main]", "[endpoints.api]"),
        ] {
            let failure = failure(&MANIFEST.replace(line, replaced));
            assert_eq!(
                failure.map(|failure| failure.kind),
                Some(FailureKind::Denied),
                "{replaced}"
            );
        }
    }

    #[test]
    fn response_headers_that_the_manifest_does_not_list_are_hidden() {
        let mut script = script();
        script.header("x-request-id", "7").header("x-other", "8").manifest(MANIFEST);
        let (headers, _) =
            script.call(|| Ok(Endpoint::named("main")?.post("/chat").send()?.headers()));
        let names: Vec<String> = headers.unwrap().into_iter().map(|header| header.name).collect();
        assert_eq!(names, ["x-request-id"]);
    }
}
