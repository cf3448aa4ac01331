//! What a client is spared of its provider's troubles, and what it is told of them.

mod silence;

use crate::bed::{Answer, Bed};
use crate::upstream::{
    PATIENCE, Step, Upstream, begin_stream, chunk, end, find, refuse, respond, role, say, word,
};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

fn chat(model: &str, stream: bool) -> Value {
    json!({ "model": model, "stream": stream, "messages": [{ "role": "user", "content": "hi" }] })
}

async fn ask(bed: &Bed, model: &str) -> Answer {
    bed.post("/v1/chat/completions", chat(model, false)).await
}

fn request(model: &str, stream: bool) -> Request<Full<Bytes>> {
    let request = Request::post("/v1/chat/completions").header("content-type", "application/json");
    request.body(Full::from(chat(model, stream).to_string())).expect("a request")
}

/// A gateway before a provider that does as it is told.
async fn bed(more: &str) -> (Upstream, Bed) {
    let upstream = Upstream::new().await;
    let bed = Bed::new(&(upstream.provider("up") + more)).await;
    (upstream, bed)
}

fn told(answer: &Answer) -> String {
    answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

// ---- retries ---------------------------------------------------------------

#[tokio::test]
async fn what_may_pass_is_asked_again_and_not_before_the_provider_says() {
    let (upstream, bed) = bed("").await;
    let limited = refuse(429, "retry-after-ms: 300\r\n", "rate_limit_exceeded", "slower");
    let broken = refuse(500, "", "server_error", "sorry");
    upstream.script("m", [limited, broken, say("at last")]);
    let answer = ask(&bed, "up/m").await;
    assert_eq!((answer.status, told(&answer).as_str()), (200, "at last"), "{}", answer.text());
    let asked = upstream.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked[1].at - asked[0].at >= Duration::from_millis(300));
    assert!(asked.iter().all(|again| again.body == asked[0].body), "the same is asked");
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_told_and_not_waited_for() {
    let (upstream, bed) = bed("").await;
    upstream.script("m", [refuse(429, "retry-after: 120\r\n", "rate_limit_exceeded", "slower")]);
    let answer = ask(&bed, "up/m").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("120")));
    assert_eq!(upstream.asked().len(), 1);
}

#[tokio::test]
async fn what_would_be_said_again_is_not_asked_again() {
    let (upstream, bed) = bed("").await;
    for (model, status, code) in [
        ("bad", 400, "invalid_value"),
        ("who", 401, "invalid_api_key"),
        ("quota", 429, "insufficient_quota"),
    ] {
        upstream.script(model, [refuse(status, "", code, "no")]);
        let answer = ask(&bed, &format!("up/{model}")).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(upstream.models(), ["bad", "who", "quota"]);
}

#[tokio::test]
async fn nobody_is_asked_again_once_the_client_has_read_something() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\nfallbacks = [\"up/c\"]\n\
                hedge-ms = 60000\n";
    for broken in [Step::Reset, Step::Close, Step::Send(b"data: {]\n\n".to_vec())] {
        let (upstream, bed) = bed(more).await;
        let read = Arc::new(Notify::new());
        let wait = Step::Until(read.clone());
        let started = vec![begin_stream(), role(), word("one "), word("two "), wait, broken];
        upstream.script("a", [started]);
        for other in ["b", "c"] {
            upstream.script(other, [say("another")]);
        }
        let mut client = begin(&bed, "m", true).await;
        let head = read_until(&mut client, "two ").await;
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("one "), "{head}");
        read.notify_one();
        let rest = read_until(&mut client, "\r\n0\r\n").await;
        assert!(rest.contains("\"error\""), "{rest}");
        assert!(!rest.contains("[DONE]") && !rest.contains("another"), "{rest}");
        assert_eq!(upstream.models(), ["a"]);
    }
}

#[tokio::test]
async fn a_stream_that_breaks_before_its_first_word_is_asked_again() {
    let (upstream, bed) = bed("").await;
    let cut = vec![begin_stream(), role(), Step::Reset];
    let whole = vec![begin_stream(), role(), word("whole"), end(), Step::Close];
    upstream.script("m", [cut, whole]);
    let text = bed.post("/v1/chat/completions", chat("up/m", true)).await.text();
    assert_eq!(upstream.asked().len(), 2);
    assert_eq!(text.matches("whole").count(), 1, "{text}");
    assert_eq!(text.matches("\"role\":\"assistant\"").count(), 1, "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

// ---- several deployments ---------------------------------------------------

#[tokio::test]
async fn the_next_deployment_is_asked_and_a_bad_one_is_left_alone() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [refuse(401, "", "invalid_api_key", "who are you?")]);
    upstream.script("b", [say("b")]);
    for _ in 0..4 {
        let answer = ask(&bed, "m").await;
        assert_eq!((answer.status, answer.header("x-hotcell-model")), (200, Some("up/b")));
    }
    assert_eq!(upstream.models(), ["a", "b", "b", "b", "b"]);
}

#[tokio::test]
async fn a_deployment_that_recovers_is_asked_again() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\ncool-down-ms = 1\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [refuse(429, "", "rate_limit_exceeded", "slower"), say("a")]);
    upstream.script("b", [say("b")]);
    let mut from = Vec::new();
    for _ in 0..4 {
        from.push(told(&ask(&bed, "m").await));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(from[0], "b");
    assert!(from.contains(&"a".to_owned()), "{from:?}");
}

#[tokio::test]
async fn deployments_get_their_share_by_weight() {
    let more = "[gateway.models.m]\n\
                deployments = [{ model = \"up/a\", weight = 3 }, \"up/b\"]\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [say("a")]);
    upstream.script("b", [say("b")]);
    for _ in 0..8 {
        assert_eq!(ask(&bed, "m").await.status, 200);
    }
    assert_eq!(upstream.models().iter().filter(|model| *model == "a").count(), 6);
}

// ---- fallbacks -------------------------------------------------------------

#[tokio::test]
async fn each_reason_has_its_own_fallback() {
    let more = "[gateway.models.m]\ndeployments = [\"up/m\"]\nretries = 0\n\
                fallbacks = [\"plain\"]\ncontext-fallbacks = [\"up/long\"]\n\
                content-fallbacks = [\"up/lenient\"]\n\
                [gateway.models.plain]\ndeployments = [\"up/plain\"]\nfallbacks = [\"up/never\"]\n";
    let (upstream, bed) = bed(more).await;
    let too_long = "This model's maximum context length is 8192 tokens.";
    upstream.script(
        "m",
        [
            refuse(503, "", "overloaded", "busy"),
            refuse(400, "", "context_length_exceeded", too_long),
            refuse(400, "", "content_policy_violation", "not that"),
            refuse(400, "", "invalid_value", "wrong"),
        ],
    );
    for other in ["plain", "long", "lenient"] {
        upstream.script(other, [say(other)]);
    }
    for other in ["plain", "long", "lenient"] {
        let answer = ask(&bed, "m").await;
        assert_eq!((answer.status, told(&answer).as_str()), (200, other), "{}", answer.text());
    }
    assert_eq!(ask(&bed, "m").await.status, 400, "another model would say the same");
    assert_eq!(upstream.models(), ["m", "plain", "m", "long", "m", "lenient", "m"]);
}

/// A policy may stop a request when the answer has begun as well. Whoever was told nothing of it
/// is answered by somebody else, where there is somebody.
#[tokio::test]
async fn an_answer_that_a_policy_stopped_has_the_same_fallback() {
    let more = "[gateway.models.m]\ndeployments = [\"up/m\"]\ncontent-fallbacks = [\"up/lenient\"]\n\
                [gateway.models.alone]\ndeployments = [\"up/m\"]\nfallbacks = [\"up/never\"]\n";
    let (upstream, bed) = bed(more).await;
    let whole = json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{
            "index": 0, "finish_reason": "content_filter",
            "message": { "role": "assistant", "content": "half of" },
        }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 },
    });
    let headers = "content-type: application/json\r\n";
    let whole = || vec![respond(200, headers, whole.to_string().as_bytes())];
    let filter = Step::Send(chunk(&json!({}), json!("content_filter")));
    upstream.script("m", [whole(), whole(), vec![begin_stream(), role(), filter, Step::Close]]);
    let streamed = vec![begin_stream(), role(), word("lenient"), end(), Step::Close];
    upstream.script("lenient", [say("lenient"), streamed]);

    let answer = ask(&bed, "m").await;
    assert_eq!((answer.status, told(&answer).as_str()), (200, "lenient"), "{}", answer.text());
    let answer = ask(&bed, "alone").await;
    assert_eq!(answer.status, 200, "it is no failure: {}", answer.text());
    assert_eq!(answer.json()["choices"][0]["finish_reason"], "content_filter");
    let answer = bed.post("/v1/chat/completions", chat("m", true)).await;
    assert!(answer.text().contains("lenient"), "{}", answer.text());
    assert_eq!(upstream.models(), ["m", "lenient", "m", "m", "lenient"]);
}

#[tokio::test]
async fn where_nobody_can_answer_the_last_reason_is_told() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\"]\nretries = 0\n\
                fallbacks = [\"up/b\", \"up/c\"]\n[gateway.models.\"up/c\"]\n\
                deployments = [\"up/c\"]\nretries = 0\n[gateway.models.\"up/b\"]\n\
                deployments = [\"up/b\"]\nretries = 0\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [refuse(503, "", "overloaded", "a is busy")]);
    upstream.script("b", [refuse(500, "", "server_error", "b is broken")]);
    upstream.script("c", [refuse(503, "retry-after: 60\r\n", "overloaded", "c is busy")]);
    let answer = ask(&bed, "m").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
    assert!(answer.text().contains("c is busy"), "{}", answer.text());
    assert_eq!(upstream.models(), ["a", "b", "c"]);
}

// ---- hedges and beginnings -------------------------------------------------

#[tokio::test]
async fn who_answers_first_is_taken_and_the_other_one_is_left() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\nhedge-ms = 20\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [vec![Step::Hold]]);
    upstream.script("b", [vec![begin_stream(), role(), word("b"), end(), Step::Close]]);
    let answer = bed.post("/v1/chat/completions", chat("m", true)).await;
    assert_eq!(answer.header("x-hotcell-model"), Some("up/b"));
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    upstream.was_left(1).await;
}

#[tokio::test]
async fn a_hedge_that_fails_leaves_it_to_the_first() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\nhedge-ms = 20\n";
    let (upstream, bed) = bed(more).await;
    let go = Arc::new(Notify::new());
    let mut late = vec![Step::Until(go.clone())];
    late.extend(say("a"));
    upstream.script("a", [late]);
    upstream.script("b", [refuse(500, "", "server_error", "sorry")]);
    let (answer, ()) = tokio::join!(ask(&bed, "m"), async {
        upstream.was_asked(2).await;
        go.notify_one();
    });
    assert_eq!((answer.status, told(&answer).as_str()), (200, "a"), "{}", answer.text());
    assert_eq!(answer.header("x-hotcell-model"), Some("up/a"));
}

#[tokio::test]
async fn who_does_not_begin_in_time_is_left_for_the_next() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\nstart-ms = 500\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [vec![begin_stream(), role(), Step::Hold]]);
    upstream.script("b", [vec![begin_stream(), role(), word("b"), end(), Step::Close]]);
    let answer = bed.post("/v1/chat/completions", chat("m", true)).await;
    assert_eq!(answer.header("x-hotcell-model"), Some("up/b"), "{}", answer.text());
    upstream.was_left(1).await;
}

// ---- limits ----------------------------------------------------------------

#[tokio::test]
async fn one_more_than_may_wait_is_told_to_come_again() {
    let more = "[gateway.limits]\nrequests = 1\nwaiting = 1\nwaiting-ms = 60000\n";
    let (upstream, bed) = bed(more).await;
    let go = Arc::new(Notify::new());
    let mut late = vec![Step::Until(go.clone())];
    late.extend(say("late"));
    upstream.script("m", [late, say("soon")]);
    let first = ask(&bed, "up/m");
    let others = async {
        upstream.was_asked(1).await;
        // Of these one waits, and whichever comes later is refused; then the first may go on.
        let ask = || async {
            let answer = ask(&bed, "up/m").await;
            if answer.status == 503 {
                go.notify_one();
            }
            answer
        };
        tokio::join!(ask(), ask())
    };
    let (first, (one, other)) = tokio::join!(first, others);
    assert_eq!(told(&first), "late");
    let (waited, refused) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!(told(&waited), "soon", "{}", waited.text());
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(upstream.asked().len(), 2, "who is refused reaches no provider");
}

#[tokio::test]
async fn a_deployment_that_has_enough_says_so_and_another_one_is_asked() {
    let more = "[gateway.models.m]\ndeployments = [{ model = \"up/a\", concurrency = 1 }]\n\
                [gateway.models.n]\ndeployments = [{ model = \"up/a\", concurrency = 1 }]\n\
                fallbacks = [\"up/b\"]\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [vec![begin_stream(), role(), word("a"), Step::Hold]]);
    upstream.script("b", [say("b")]);
    for (model, status) in [("m", 429), ("n", 200)] {
        let held = bed.open(request(model, true)).await;
        assert_eq!(held.status(), 200);
        let answer = ask(&bed, model).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("1"));
    }
}

#[tokio::test]
async fn however_many_come_at_once_a_deployment_gets_no_more_than_it_takes() {
    let more = "[gateway.models.m]\nretries = 0\n\
                deployments = [{ model = \"up/a\", concurrency = 3 }]\n";
    let (upstream, bed) = bed(more).await;
    upstream.script("a", [vec![Step::Hold]]);
    let bed = Arc::new(bed);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let bed = bed.clone();
        asking.spawn(async move { ask(&bed, "m").await.status });
    }
    for _ in 0..17 {
        assert_eq!(asking.join_next().await.unwrap().unwrap(), 429);
    }
    upstream.was_asked(3).await;
    asking.shutdown().await;
    upstream.was_left(3).await;
    assert_eq!(upstream.asked().len(), 3);
}

// ---- clients that leave, and slow ones --------------------------------------

/// Sends a request on a plain socket.
async fn begin(bed: &Bed, model: &str, stream: bool) -> TcpStream {
    let body = chat(model, stream).to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut client = TcpStream::connect(bed.addr).await.expect("a connection");
    client.write_all((head + &body).as_bytes()).await.expect("a socket");
    client
}

/// Reads until this has come.
async fn read_until(client: &mut TcpStream, what: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while find(&read, what.as_bytes()).is_none() {
            let mut piece = [0; 4096];
            let count = client.read(&mut piece).await.expect("a socket");
            assert!(count > 0, "ended: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&piece[..count]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time");
    String::from_utf8(read).expect("UTF-8")
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_provider_along() {
    let (upstream, bed) = bed("[gateway.limits]\nrequests = 1\nwaiting = 1\n").await;
    upstream.script("m", [vec![Step::Hold], vec![begin_stream(), word("a"), Step::Hold], say("b")]);
    upstream.script("w", [vec![Step::Hold]]);
    // Before the answer begins, while another one waits in vain and leaves as well.
    let client = begin(&bed, "up/m", false).await;
    upstream.was_asked(1).await;
    let waiting = begin(&bed, "up/w", false).await;
    drop((waiting, client));
    upstream.was_left(1).await;
    // In the middle of it.
    let mut client = begin(&bed, "up/m", true).await;
    read_until(&mut client, "\"a\"").await;
    drop(client);
    upstream.was_left(2).await;
    // And their places are free.
    assert_eq!(told(&ask(&bed, "up/m").await), "b");
}

/// Waits until a provider that floods gets rid of nothing any more.
async fn stalled(upstream: &Upstream) -> u64 {
    // More than all sockets in between can hold.
    const MOST: u64 = 256 * 1024 * 1024;
    loop {
        let before = upstream.flooded();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let after = upstream.flooded();
        assert!(after < MOST, "a client that reads nothing, and {after} bytes were taken");
        if after > 0 && before == after {
            return after;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_slows_its_provider_down() {
    let (upstream, bed) = bed("").await;
    let Step::Send(piece) = word(&"x".repeat(16 * 1024)) else { unreachable!() };
    upstream.script("m", [vec![begin_stream(), role(), Step::Flood(piece)]]);
    let mut client = begin(&bed, "up/m", true).await;
    let held = stalled(&upstream).await;
    // It goes on as the client does.
    let mut read = 0;
    let mut piece = vec![0; 64 * 1024];
    while upstream.flooded() < held + 1024 * 1024 {
        read += client.read(&mut piece).await.expect("a socket");
    }
    assert!(read as u64 > 1024 * 1024);
    drop(client);
    upstream.was_left(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_any_more_loses_its_connection() {
    let more = "[gateway.limits]\nhead-ms = 300\nstall-ms = 300\nrequests = 1\n";
    let (upstream, bed) = bed(more).await;
    let Step::Send(piece) = word(&"x".repeat(16 * 1024)) else { unreachable!() };
    let flood = vec![begin_stream(), role(), Step::Flood(piece)];
    // One that is only slow to answer is waited for.
    let slow = vec![begin_stream(), word("a"), Step::Until(Arc::default())];
    upstream.script("m", [flood, say("free")]);
    upstream.script("slow", [slow]);
    let _client = begin(&bed, "up/m", true).await;
    upstream.was_left(1).await;
    assert_eq!(told(&ask(&bed, "up/m").await), "free");
    let mut client = begin(&bed, "up/slow", true).await;
    read_until(&mut client, "\"a\"").await;
    let more = tokio::time::timeout(Duration::from_millis(1500), client.read(&mut [0; 64])).await;
    assert!(more.is_err(), "the provider is the one that is slow: {more:?}");
}

// ---- the end ---------------------------------------------------------------

#[tokio::test]
async fn at_the_end_streams_go_on_and_nobody_comes_in() {
    let (upstream, mut bed) = bed("").await;
    let go = Arc::new(Notify::new());
    let whole = vec![
        begin_stream(),
        role(),
        word("one "),
        Step::Until(go.clone()),
        word("two"),
        end(),
        Step::Close,
    ];
    upstream.script("m", [whole]);
    let mut idle = TcpStream::connect(bed.addr).await.expect("a connection");
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("a socket");
    read_until(&mut idle, "\"ok\"").await;
    let mut silent = TcpStream::connect(bed.addr).await.expect("a connection");
    // It is accepted before the next one, which is answered.
    let mut client = begin(&bed, "up/m", true).await;
    read_until(&mut client, "one ").await;
    bed.begin_stop();
    for (name, connection) in [("idle", &mut idle), ("silent", &mut silent)] {
        let read = tokio::time::timeout(PATIENCE, connection.read(&mut [0; 64])).await;
        assert!(matches!(read, Ok(Ok(0) | Err(_))), "{name}: {read:?}");
    }
    assert!(TcpStream::connect(bed.addr).await.is_err(), "nobody listens");
    go.notify_one();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.expect("a whole answer");
    assert!(rest.contains("two") && rest.contains("[DONE]"), "{rest}");
    tokio::time::timeout(PATIENCE, bed.stop()).await.expect("an end");
}

#[tokio::test]
async fn who_is_not_done_in_time_at_the_end_is_cut_off() {
    let (upstream, bed) = bed("[gateway.limits]\ndrain-ms = 50\n").await;
    upstream.script("m", [vec![begin_stream(), word("a"), Step::Hold]]);
    let mut response = bed.open(request("up/m", true)).await;
    assert!(response.body_mut().frame().await.is_some());
    tokio::time::timeout(PATIENCE, bed.stop()).await.expect("an end");
    upstream.was_left(1).await;
    let rest = response.into_body().collect().await;
    assert!(rest.is_err(), "a stream without its end is no whole answer");
}
