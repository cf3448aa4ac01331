//! Responses that a provider keeps.

use crate::bed::{Answer, Bed};
use crate::upstream::{PATIENCE, Step, Upstream, respond};
use bytes::Bytes;
use hotcell::Config;
use hotcell_mock::Mock;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MODEL: &str = "openai/gpt-4.1";

async fn ask(bed: &Bed, more: Value) -> Answer {
    let mut body = json!({ "model": MODEL, "input": "hello there, all of you" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bed.post("/v1/responses", body).await
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn send(bed: &Bed, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).body(Full::<Bytes>::default());
    bed.send(request.unwrap()).await
}

/// The data of a stream's events.
fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn a_response_is_retrieved_as_it_was_told_and_is_gone_when_it_is_deleted() {
    let bed = Bed::new("").await;
    let told = ask(&bed, json!({ "metadata": { "a": "b" } })).await;
    let id = id(&told);
    let path = format!("/v1/responses/{id}");
    let again = bed.get(&path).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(again.json(), told.json());
    assert_eq!(again.header("x-hotcell-model"), Some(MODEL));
    assert_eq!(again.header("content-type"), Some("application/json"));
    let items = bed.get(&format!("{path}/input_items")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "hello there, all of you");
    let deleted = send(&bed, "DELETE", &path).await;
    assert_eq!(deleted.json(), json!({ "id": id, "object": "response", "deleted": true }));
    // What the provider says of it, it says itself.
    let gone = bed.get(&path).await;
    assert_eq!(gone.status, 404);
    assert_eq!(gone.json()["error"]["message"], format!("Response with id '{id}' not found."));
    bed.stop().await;
}

#[tokio::test]
async fn what_a_response_is_an_answer_to_comes_in_pages() {
    let bed = Bed::new("").await;
    let input: Vec<Value> =
        (0..5).map(|n| json!({ "role": "user", "content": format!("number {n}") })).collect();
    let id = id(&ask(&bed, json!({ "input": input })).await);
    let (mut texts, mut after) = (Vec::new(), String::new());
    loop {
        let query = format!("limit=2&order=asc{after}&include%5B%5D=a.b&include%5B%5D=c");
        let page = bed.get(&format!("/v1/responses/{id}/input_items?{query}")).await.json();
        let data = page["data"].as_array().unwrap();
        texts.extend(data.iter().map(|item| item["content"][0]["text"].clone()));
        if page["has_more"] == false {
            break;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(texts, ["number 0", "number 1", "number 2", "number 3", "number 4"]);
    let requests = bed.mock.requests();
    let last = &requests.last().unwrap().path;
    assert!(last.ends_with("&include%5B%5D=a.b&include%5B%5D=c"), "{last}");
    let wrong = bed.get(&format!("/v1/responses/{id}/input_items?limit=1000")).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["param"]), (400, &json!("limit")));
    let unknown = bed.get(&format!("/v1/responses/{id}/input_items?lim=1")).await;
    assert_eq!((unknown.status, &unknown.json()["error"]["param"]), (400, &json!("lim")));
    bed.stop().await;
}

#[tokio::test]
async fn a_stream_is_told_again_with_the_numbers_that_it_had() {
    let bed = Bed::new("").await;
    for background in [false, true] {
        let told = events(&ask(&bed, json!({ "stream": true, "background": background })).await);
        let id = told[0]["response"]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/responses/{id}?stream=true");
        let again = bed.get(&path).await;
        assert_eq!(again.header("content-type"), Some("text/event-stream; charset=utf-8"));
        assert_eq!(events(&again), told);
        assert_eq!(told.last().unwrap()["type"], "response.completed");
        for after in [0, 3, told.len() - 2] {
            let rest = events(&bed.get(&format!("{path}&starting_after={after}")).await);
            assert_eq!(rest, told[after + 1..], "{after}");
            assert_eq!(rest[0]["sequence_number"], after + 1);
        }
        let none = bed.get(&format!("{path}&starting_after={}", told.len())).await;
        assert_eq!(events(&none), Vec::<Value>::new());
    }
    let wrong = bed.get("/v1/responses/resp_1?starting_after=2").await;
    assert_eq!((wrong.status, &wrong.json()["error"]["param"]), (400, &json!("starting_after")));
    bed.stop().await;
}

#[tokio::test]
async fn a_response_in_the_background_is_fetched_when_it_is_ready_or_cancelled() {
    let bed = Bed::new("").await;
    let taken = ask(&bed, json!({ "background": true })).await;
    let path = format!("/v1/responses/{}", id(&taken));
    let taken = taken.json();
    assert_eq!((&taken["status"], &taken["output"]), (&json!("queued"), &json!([])));
    assert_eq!((&taken["usage"], &taken["background"]), (&Value::Null, &json!(true)));
    assert_eq!(bed.get(&path).await.json()["status"], "in_progress");
    let ready = bed.get(&path).await.json();
    assert_eq!(ready["status"], "completed");
    assert_eq!(ready["output"][0]["content"][0]["text"], "You said: hello there, all of you");

    let endless = ask(&bed, json!({ "background": true, "model": "openai/endless" })).await;
    let path = format!("/v1/responses/{}", id(&endless));
    let cancelled = send(&bed, "POST", &format!("{path}/cancel")).await;
    assert_eq!(cancelled.json()["status"], "cancelled");
    assert_eq!(bed.get(&path).await.json()["status"], "cancelled");

    // One that was waited for is not cancelled, and the provider says so.
    let whole = id(&ask(&bed, json!({})).await);
    let refused = send(&bed, "POST", &format!("/v1/responses/{whole}/cancel")).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["message"], "Cannot cancel a synchronous response.");
    bed.stop().await;
}

#[tokio::test]
async fn an_id_that_nobody_has_or_that_is_none_is_answered_here() {
    let bed = Bed::new("").await;
    let kept = id(&ask(&bed, json!({})).await);
    let unkept = id(&ask(&bed, json!({ "store": false })).await);
    let foreign = id(&ask(&bed, json!({ "model": "anthropic/claude-sonnet-4-5" })).await);
    bed.mock.take_requests();
    let long = "a".repeat(8000);
    for hostile in [
        "resp_nobody",
        &unkept,
        &foreign,
        "..%2fmodels",
        "%2e%2e",
        "..",
        "a%2f..%2f..%2ffiles",
        "resp_1%3fx=1",
        "resp_1%00",
        "resp_1%0d%0ahost:%20evil",
        "resp_1%23",
        "resp_1;x",
        "resp_1%5c..",
        "%c3%a4",
        &format!("{kept}%20"),
        &format!("{kept}."),
        &long,
    ] {
        for (method, below) in
            [("GET", ""), ("GET", "/input_items"), ("POST", "/cancel"), ("DELETE", "")]
        {
            let path = format!("/v1/responses/{hostile}{below}");
            let answer = send(&bed, method, &path).await;
            assert_eq!(answer.status, 404, "{method} {path:.80} {}", answer.text());
            let error = answer.json()["error"].clone();
            assert_eq!(error["type"], "invalid_request_error", "{error}");
            assert!(error["message"].as_str().unwrap().len() < 400, "{error}");
        }
    }
    // Paths beside it are none, and more than a head may have is not read.
    for path in ["/v1/responses/../models", "/v1/responses//", "/v1/responses/r/files"] {
        assert_eq!(bed.get(path).await.status, 404, "{path}");
    }
    let mut client = tokio::net::TcpStream::connect(bed.addr).await.unwrap();
    let huge = format!("GET /v1/responses/{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100_000));
    // It may have been closed before all was sent.
    let _ = client.write_all(huge.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    assert!(bed.mock.requests().is_empty(), "{:?}", bed.mock.requests());
    assert_eq!(bed.get(&format!("/v1/responses/{kept}")).await.status, 200);
    bed.stop().await;
}

/// Two providers that have the same model, of which each is asked in its turn.
fn two(mock: &Mock) -> Config {
    let url = mock.endpoint("openai-responses").unwrap();
    let provider = |name: &str| {
        format!(
            "[providers.{name}]\nadapter = \"openai-responses\"\nendpoints.api = \"{url}\"\n\
             secrets.api-key = \"cmd:printf %s {}\"\nallow-private = true\n\
             allow-plaintext = true\n\n",
            Mock::KEY
        )
    };
    let text = format!(
        "{}{}[gateway.models.both]\ndeployments = [\"one/gpt-4.1\", \"two/gpt-4.1\"]\n\
         fallbacks = [\"other\"]\n\n[gateway.models.other]\ndeployments = [\"two/gpt-5\"]\n",
        provider("one"),
        provider("two")
    );
    Config::parse(&text, Path::new("hotcell.toml")).unwrap()
}

#[tokio::test]
async fn what_goes_on_with_a_response_goes_where_that_one_is() {
    let mock = Mock::start().await.unwrap();
    let config = two(&mock);
    let bed = Bed::with(mock, config).await;
    let place = |answer: &Answer| answer.header("x-hotcell-model").unwrap().to_owned();
    let mut places = Vec::new();
    for _ in 0..2 {
        let first = ask(&bed, json!({ "model": "both" })).await;
        let (mut last, at) = (id(&first), place(&first));
        for _ in 0..3 {
            let next = ask(&bed, json!({ "model": "both", "previous_response_id": last })).await;
            last = id(&next);
            assert_eq!(place(&next), at);
            assert_eq!(place(&bed.get(&format!("/v1/responses/{last}")).await), at);
        }
        places.push((last, at));
    }
    assert_ne!(places[0].1, places[1].1, "each had its turn");
    // Nor does it go anywhere else where that place fails, or does not have the model.
    let (last, _) = places.iter().find(|(_, at)| at == "one/gpt-4.1").unwrap();
    let refused = ask(&bed, json!({ "model": "other", "previous_response_id": last })).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let error = refused.json()["error"].clone();
    assert_eq!(error["code"], "previous_response_not_found");
    assert_eq!(error["param"], "previous_response_id");
    bed.mock.expire_responses();
    let before = bed.mock.requests().len();
    let gone = ask(&bed, json!({ "model": "both", "previous_response_id": last })).await;
    assert_eq!((gone.status, bed.mock.requests().len()), (400, before + 1), "{}", gone.text());
    bed.stop().await;
}

#[tokio::test]
async fn what_says_which_response_is_meant_says_it_in_one_way() {
    let bed = Bed::new("").await;
    let kept = id(&ask(&bed, json!({})).await);
    bed.mock.take_requests();
    for odd in [json!([kept]), json!({ "id": kept }), json!(1), json!(true)] {
        let answer = ask(&bed, json!({ "previous_response_id": odd })).await;
        assert_eq!(answer.status, 400, "{odd}");
    }
    let twice = format!(
        "{{\"model\":\"{MODEL}\",\"input\":\"hi\",\"previous_response_id\":\"{kept}\",\
         \"previous_response_id\":\"resp_other\"}}"
    );
    let request = Request::post("/v1/responses").header("content-type", "application/json");
    let answer = bed.send(request.body(Full::from(twice)).unwrap()).await;
    // Of two it is the last, wherever it is read; or it is refused.
    let asked = bed.mock.requests();
    let seen: Vec<Value> =
        asked.iter().map(|it| it.json()["previous_response_id"].clone()).collect();
    assert!(answer.status == 400 && seen.iter().all(|id| *id != json!(kept)), "{seen:?}");
    bed.stop().await;
}

/// A response as a provider writes it.
fn response(id: &str, status: &str) -> Value {
    json!({ "id": id, "object": "response", "created_at": 1, "status": status, "error": null,
        "incomplete_details": null, "model": "m", "output": [], "usage": null })
}

fn whole(body: &Value) -> Vec<Step> {
    let head = "content-type: application/json\r\n";
    vec![respond(200, head, body.to_string().as_bytes())]
}

#[tokio::test]
async fn a_provider_that_answers_with_something_else_is_not_believed() {
    let upstream = Upstream::new().await;
    let more = upstream.provider_of("evil", "openai-responses")
        + "[gateway.models.m]\ndeployments = [\"evil/m\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    upstream.script("m", [whole(&response("resp_mine", "completed"))]);
    let kept = id(&ask(&bed, json!({ "model": "m" })).await);
    assert_eq!(kept, "resp_mine");
    let path = format!("/v1/responses/{kept}");
    let secret = response("resp_secret", "completed");
    let event =
        format!("data: {}\n\n", json!({ "type": "response.completed", "response": secret }));
    let stream = respond(200, "content-type: text/event-stream\r\n", event.as_bytes());
    let moved = "location: http://169.254.169.254/latest\r\ncontent-type: application/json\r\n";
    for (script, query) in [
        (whole(&secret), ""),
        (vec![stream], "?stream=true"),
        (vec![respond(302, moved, response("resp_mine", "completed").to_string().as_bytes())], ""),
        (vec![respond(200, "content-type: text/html\r\n", b"<html>")], ""),
        (vec![respond(200, "content-type: application/json\r\n", b"{\"id\":\"resp_mine\"")], ""),
        (vec![Step::Close], ""),
    ] {
        upstream.script("", [script]);
        let answer = bed.get(&format!("{path}{query}")).await;
        assert!(answer.status >= 500, "{} {}", answer.status, answer.text());
        assert!(!answer.text().contains("resp_secret"), "{}", answer.text());
    }
    // Nobody followed it anywhere: all that was asked for is what the client asked for.
    let heads: Vec<String> = upstream.asked().iter().map(|asked| asked.head.clone()).collect();
    let wanted = |head: &&String| head.starts_with("GET /v1/responses/resp_mine");
    assert_eq!(heads.iter().filter(wanted).count(), heads.len() - 1, "{heads:?}");

    // One that never ends is given up.
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    let bomb = vec![Step::Send(head.into()), Step::Flood(vec![b' '; 64 * 1024])];
    upstream.script("", [bomb]);
    let answer = tokio::time::timeout(PATIENCE, bed.get(&path)).await.unwrap();
    assert!(answer.status >= 500, "{}", answer.status);
    upstream.was_left(1).await;
    // An id that is none is known to nobody.
    upstream.script("m", [whole(&response("../files", "completed"))]);
    ask(&bed, json!({ "model": "m" })).await;
    assert_eq!(bed.get("/v1/responses/..%2ffiles").await.status, 404);
    bed.stop().await;
}
