//! A client, which adds a stream up and sends back what came.

use crate::openai_responses::read_request;
use hotcell::types::ChatRequest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The events of a stream, each under its name, and numbered one by one.
pub(super) fn frames(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    let frames = text.strip_suffix("\n\n").unwrap().split("\n\n");
    let read = |(number, frame): (usize, &str)| {
        let (name, data) = frame.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name.strip_prefix("event: ").unwrap(), data["type"]);
        assert_eq!(data["sequence_number"], number);
        data
    };
    frames.enumerate().map(read).collect()
}

pub(super) fn names(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}

/// Adds a stream up as the provider's own clients do, and checks it on the way.
pub(super) fn added_up(frames: &[Value]) -> Value {
    assert_eq!(names(frames)[..2], ["response.created", "response.in_progress"]);
    let mut items: BTreeMap<u64, Value> = BTreeMap::new();
    let mut done: BTreeMap<u64, Value> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for frame in &frames[2..frames.len() - 1] {
        let place = frame["output_index"].as_u64().unwrap();
        let kind = frame["type"].as_str().unwrap();
        if kind == "response.output_item.added" {
            assert_eq!(place, items.len() as u64);
            assert!(ids.insert(frame["item"]["id"].to_string()), "{frame}");
            items.insert(place, frame["item"].clone());
            continue;
        }
        assert!(!done.contains_key(&place), "a closed item goes on: {frame}");
        let item = items.get_mut(&place).expect("an item that began");
        if kind == "response.output_item.done" {
            assert_eq!(item["id"], frame["item"]["id"]);
            if frame["item"]["type"] != "image_generation_call" {
                for name in ["content", "summary", "arguments"] {
                    let raw = |item: &Value| item.get(name).cloned().unwrap_or(json!([]));
                    if raw(&frame["item"]) != json!("{}") {
                        assert_eq!(raw(item), raw(&frame["item"]), "{frame}");
                    }
                }
            }
            done.insert(place, frame["item"].clone());
            continue;
        }
        if kind != "response.output_item.done" {
            assert_eq!(frame["item_id"], item["id"]);
        }
        let (list, number) = match frame.get("summary_index") {
            Some(number) => ("summary", number),
            None => ("content", &frame["content_index"]),
        };
        match kind {
            "response.content_part.added" | "response.reasoning_summary_part.added" => {
                if item.get(list).is_none() {
                    item[list] = json!([]);
                }
                let list = item[list].as_array_mut().unwrap();
                assert_eq!(*number, list.len());
                list.push(frame["part"].clone());
            }
            "response.function_call_arguments.delta" => {
                let text = format!(
                    "{}{}",
                    item["arguments"].as_str().unwrap(),
                    frame["delta"].as_str().unwrap()
                );
                item["arguments"] = text.into();
            }
            "response.output_text.annotation.added" => {
                let part = &mut item["content"][number.as_u64().unwrap() as usize];
                part["annotations"].as_array_mut().unwrap().push(frame["annotation"].clone());
            }
            kind if kind.ends_with(".delta") => {
                let part = &mut item[list][number.as_u64().unwrap() as usize];
                let name = if kind == "response.refusal.delta" { "refusal" } else { "text" };
                let text = part[name].as_str().unwrap().to_owned();
                part[name] = format!("{text}{}", frame["delta"].as_str().unwrap()).into();
                if kind == "response.output_text.delta" {
                    let told = frame["logprobs"].as_array().unwrap().clone();
                    part["logprobs"].as_array_mut().unwrap().extend(told);
                }
            }
            "response.content_part.done" | "response.reasoning_summary_part.done" => {
                let part = &mut item[list][number.as_u64().unwrap() as usize];
                // Those of another dialect come behind their pieces.
                if let Some(logprobs) = frame["part"].get("logprobs") {
                    part["logprobs"] = logprobs.clone();
                }
                assert_eq!(part, &frame["part"]);
            }
            _ => {}
        }
    }
    assert_eq!(items.len(), done.len(), "every item is done");
    let last = frames.last().unwrap();
    let output: Vec<Value> = done.into_values().collect();
    assert_eq!(last["response"]["output"], json!(output));
    last["response"].clone()
}

/// What a client sends back, read again.
pub(super) fn sent_back(response: &Value) -> ChatRequest {
    let body = json!({ "model": "m", "input": response["output"] });
    read_request(body.to_string().as_bytes()).unwrap()
}
