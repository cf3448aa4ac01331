//! OpenAI's responses.

use crate::world::World;
use hotcell::types::ChatRequest;
use hotcell_dialects::{Dialect, openai_responses};
use serde_json::{Value, json};

fn asked() -> ChatRequest {
    openai_responses::read_request(br#"{"model":"m","input":"hi"}"#).expect("a request")
}

fn response(status: &str, output: &Value) -> Value {
    json!({ "id": "resp_1", "object": "response", "created_at": 1, "status": status,
        "model": "m", "output": output })
}

/// Entries of each sort, with members that nobody knows.
fn output() -> Value {
    json!([
        { "id": "rs_1", "type": "reasoning", "summary": [
            { "type": "summary_text", "text": "Hm.", "x_summary": 1 }], "content": [
            { "type": "reasoning_text", "text": "Well.", "x_thought": 1.0 }] },
        { "id": "msg_1", "type": "message", "status": "completed", "content": [
            { "type": "output_text", "annotations": [{ "type": "url_citation", "url": "u",
                "start_index": 0, "end_index": 1, "title": "t", "x_source": [1] }],
                "logprobs": [], "text": "hi", "x_text": { "a": 1 } },
            { "type": "refusal", "refusal": "no", "x_refusal": "r" }], "role": "assistant" },
    ])
}

#[tokio::test]
async fn unknown_members_of_entries_come_back() {
    let world = World::open("openai-responses-compatible", &[], Dialect::OpenAiResponses).await;
    let answer = response("completed", &output()).to_string();
    let outcome = world.whole(asked(), &answer).await;
    assert_eq!(outcome.answer()["output"], output());
}

/// The events of a stream that has the same output.
fn events(early: bool) -> Vec<Value> {
    let output = output();
    let mut events = vec![
        json!({ "type": "response.created", "response": response("in_progress", &json!([])) }),
    ];
    for (at, item) in output.as_array().expect("a list").iter().enumerate() {
        let mut begun = item.clone();
        for list in ["summary", "content"] {
            if let Some(list) = begun.get_mut(list) {
                *list = json!([]);
            }
        }
        begun["status"] = json!("in_progress");
        events.push(json!({ "type": "response.output_item.added", "output_index": at,
            "item": begun }));
        for (list, index) in [("summary", "summary_index"), ("content", "content_index")] {
            let entries = item.get(list).and_then(Value::as_array);
            for (place, entry) in entries.into_iter().flatten().enumerate() {
                events.extend(entry_events(at, (index, place), entry, early));
            }
        }
        events.push(json!({ "type": "response.output_item.done", "output_index": at,
            "item": item }));
    }
    events.push(json!({ "type": "response.completed",
        "response": response("completed", &output) }));
    events
}

fn entry_events(item: usize, at: (&str, usize), entry: &Value, early: bool) -> Vec<Value> {
    let kind = entry["type"].as_str().expect("a type");
    let (part, text, member) = match kind {
        "summary_text" => ("reasoning_summary_part", "reasoning_summary_text", "text"),
        "reasoning_text" => ("content_part", "reasoning_text", "text"),
        "refusal" => ("content_part", "refusal", "refusal"),
        _ => ("content_part", "output_text", "text"),
    };
    let event = |name: String, members: Value| {
        let mut event = json!({ "type": format!("response.{name}"), "output_index": item });
        event[at.0] = at.1.into();
        let members = members.as_object().expect("an object").clone();
        event.as_object_mut().expect("an object").extend(members);
        event
    };
    let mut begun = entry.clone();
    begun[member] = "".into();
    if !early {
        let members = begun.as_object_mut().expect("an object");
        members.retain(|name, _| !name.starts_with("x_"));
    }
    if begun.get("annotations").is_some() {
        begun["annotations"] = json!([]);
    }
    let mut events = vec![
        event(format!("{part}.added"), json!({ "part": begun })),
        event(
            format!("{text}.delta"),
            json!({ "delta": entry[member], "obfuscation": "a0",
            "x_delta": 1.50 }),
        ),
    ];
    for (place, annotation) in entry["annotations"].as_array().into_iter().flatten().enumerate() {
        let members = json!({ "annotation_index": place, "annotation": annotation,
            "x_added": true });
        events.push(event("output_text.annotation.added".to_owned(), members));
    }
    let mut done = json!({});
    done[member] = entry[member].clone();
    events.push(event(format!("{text}.done"), done));
    events.push(event(format!("{part}.done"), json!({ "part": entry })));
    events
}

#[tokio::test]
async fn unknown_members_of_entries_and_pieces_come_back_in_a_stream() {
    let world = World::open("openai-responses-compatible", &[], Dialect::OpenAiResponses).await;
    for early in [true, false] {
        let frames = world.stream(asked(), &events(early)).await.frames();
        let of =
            |kind: &str| frames.iter().filter(|frame| frame["type"] == kind).collect::<Vec<_>>();
        for sort in ["output_text", "refusal", "reasoning_text", "reasoning_summary_text"] {
            let deltas = of(&format!("response.{sort}.delta"));
            assert_eq!(deltas.len(), 1, "{sort}");
            assert_eq!(deltas[0]["obfuscation"], "a0", "{sort}");
            assert_eq!(deltas[0]["x_delta"].to_string(), "1.5", "{sort}");
        }
        let added = of("response.output_text.annotation.added");
        assert_eq!(added[0]["x_added"], true);
        assert_eq!(added[0]["annotation"]["x_source"], json!([1]));
        let part = |kind: &str, list: &str| {
            let part = frames.iter().filter(|frame| frame["type"] == kind);
            let part = part.map(|frame| &frame["part"]).find(|part| part["type"] == list);
            part.expect("there is one").clone()
        };
        for (place, entry) in output()[1]["content"].as_array().expect("a list").iter().enumerate()
        {
            let kind = entry["type"].as_str().expect("a type");
            assert_eq!(part("response.content_part.done", kind), *entry, "{place}");
        }
        if early {
            let begun = part("response.content_part.added", "output_text");
            assert_eq!(begun["x_text"], json!({ "a": 1 }));
        }
        let items = of("response.output_item.done");
        let items: Vec<_> = items.iter().map(|frame| frame["item"].clone()).collect();
        assert_eq!(Value::from(items), output());
        let last = frames.last().expect("an end");
        assert_eq!(last["response"]["output"], output());
    }
}

#[tokio::test]
async fn a_client_of_another_dialect_is_not_bothered_with_them() {
    let world = World::open("openai-responses-compatible", &[], Dialect::OpenAiChat).await;
    let outcome = world
        .stream(ChatRequest { model: "m".to_owned(), ..ChatRequest::user("hi") }, &events(true))
        .await;
    let words = ["obfuscation", "x_"];
    assert!(words.iter().all(|word| !outcome.answer.contains(word)), "{}", outcome.answer);
}

#[tokio::test]
async fn numbers_keep_their_digits_and_their_spelling() {
    let world = World::open("openai-responses-compatible", &[], Dialect::OpenAiResponses).await;
    let members = [r#""seed":99999999999999999999"#, r#""x_a":{"b":[1.0,1e3,0.10]}"#];
    let body = format!(r#"{{"model":"m","input":"hi",{}}}"#, members.join(","));
    let request = openai_responses::read_request(body.as_bytes()).expect("a request");
    let outcome = world.whole(request, &response("completed", &json!([])).to_string()).await;
    for member in members {
        assert!(outcome.arrived.contains(member), "{member}: {}", outcome.arrived);
    }
}
