//! Token counts: where they stand, how they add up, and in which spellings they come.

use crate::provider::{DONE, answer, chunk, delta, end, events, own, run, run_whole, sse, text};
use hotcell_sdk::{Event, Usage};
use serde_json::{Value, json};

fn with(mut chunk: Value, member: &str, value: Value) -> Value {
    chunk[member] = value;
    chunk
}

fn counts(prompt: u64, completion: u64) -> Value {
    json!({ "prompt_tokens": prompt, "completion_tokens": completion,
        "total_tokens": prompt + completion })
}

/// Every report: input and output.
fn reports(body: &str) -> Vec<(Option<u64>, Option<u64>)> {
    let events = events(body);
    let reports = events.iter().filter_map(|event| match event {
        Event::Usage(usage) => Some((usage.input, usage.output)),
        _ => None,
    });
    reports.collect()
}

/// What is read of one `usage` object.
fn read(usage: &str) -> Usage {
    let body = format!("data: {{\"choices\":[],\"usage\":{usage}}}\n\n");
    run(&(sse(&[text("x"), end("stop")]) + &body + DONE)).usage().expect("usage").clone()
}

#[test]
fn usage_in_the_last_chunk_is_told() {
    let last = with(chunk(json!([])), "usage", counts(10, 7));
    let body = sse(&[with(text("x"), "usage", Value::Null), end("stop"), last]) + DONE;
    assert_eq!(reports(&body), [(Some(10), Some(7))]);
}

#[test]
fn usage_on_the_chunk_with_the_finish_reason_is_told() {
    let body = sse(&[text("x"), with(end("stop"), "usage", counts(10, 7))]);
    assert_eq!(reports(&body), [(Some(10), Some(7))]);
    assert_eq!(reports(&(body + DONE)), [(Some(10), Some(7))]);
}

#[test]
fn usage_after_the_finish_reason_beside_an_empty_delta_is_told() {
    let late = with(delta(json!({ "role": "assistant", "content": "" })), "usage", counts(10, 7));
    let body = sse(&[text("x"), end("stop"), late]) + DONE;
    assert_eq!(reports(&body), [(Some(10), Some(7))]);
}

#[test]
fn usage_in_a_choice_is_told() {
    let of = |index: u32, completion: u64| {
        json!({ "index": index, "delta": {}, "finish_reason": "stop",
            "usage": counts(10, completion) })
    };
    let last = chunk(json!([of(0, 7)]));
    assert_eq!(reports(&(sse(&[text("x"), last]) + DONE)), [(Some(10), Some(7))]);
    // Of several, the last one has counted the most.
    let last = chunk(json!([of(0, 7), of(1, 9)]));
    assert_eq!(reports(&(sse(&[text("x"), last]) + DONE)), [(Some(10), Some(9))]);
}

#[test]
fn usage_in_a_member_of_the_providers_own_is_told() {
    let begin = with(text("x"), "x_groq", json!({ "id": "req_1" }));
    let last = with(end("stop"), "x_groq", json!({ "id": "req_1", "usage": counts(10, 7) }));
    assert_eq!(reports(&(sse(&[begin, last]) + DONE)), [(Some(10), Some(7))]);
}

#[test]
fn cumulative_usage_replaces_itself_and_is_not_added_up() {
    let chunks = [
        with(text("a"), "usage", counts(10, 1)),
        with(text("b"), "usage", counts(10, 2)),
        with(text("c"), "usage", counts(10, 2)),
        with(end("stop"), "usage", counts(10, 3)),
        with(chunk(json!([])), "usage", counts(10, 3)),
    ];
    let body = sse(&chunks) + DONE;
    let expected = [(Some(10), Some(1)), (Some(10), Some(2)), (Some(10), Some(3))];
    assert_eq!(reports(&body), expected);
    assert_eq!(run(&body).usage().and_then(|usage| usage.output), Some(3));
}

#[test]
fn usage_after_done_is_no_part_of_the_answer() {
    let late = with(chunk(json!([])), "usage", counts(10, 7));
    assert_eq!(reports(&(answer(&[text("x")], "stop") + &sse(&[late]))), []);
}

#[test]
fn cached_and_reasoning_tokens_are_told_and_the_providers_own_words_kept() {
    let raw = concat!(
        r#"{"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17, "cost": 0.0050, "#,
        r#""prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2}, "#,
        r#""completion_tokens_details": {"reasoning_tokens": 3}}"#,
    );
    let usage = read(raw);
    assert_eq!((usage.input, usage.output), (Some(10), Some(7)));
    let cached = (usage.cache_read, usage.cache_write, usage.reasoning);
    assert_eq!(cached, (Some(4), Some(2), Some(3)));
    assert_eq!(usage.raw.as_ref().map(own), Some(raw));
}

#[test]
fn cached_tokens_are_read_in_every_spelling() {
    for usage in [
        r#"{"prompt_tokens_details":{"cached_tokens":4}}"#,
        r#"{"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6}"#,
        r#"{"cached_tokens":4}"#,
        r#"{"cache_read_input_tokens":4}"#,
    ] {
        let usage = read(usage);
        assert_eq!((usage.cache_read, usage.input, usage.output), (Some(4), None, None));
    }
    assert_eq!(read(r#"{"cache_creation_input_tokens":5}"#).cache_write, Some(5));
}

#[test]
fn reasoning_that_is_counted_beside_the_answer_is_added_to_it() {
    let usage = |total: u64| {
        let usage = json!({ "prompt_tokens": 10, "completion_tokens": 7, "total_tokens": total,
            "completion_tokens_details": { "reasoning_tokens": 5 } });
        let usage = read(&usage.to_string());
        (usage.input, usage.output, usage.reasoning)
    };
    assert_eq!(usage(22), (Some(10), Some(12), Some(5)));
    assert_eq!(usage(17), (Some(10), Some(7), Some(5)), "the total says that it is inside");
}

#[test]
fn counts_may_be_spelled_as_text_or_with_a_point() {
    let usage = read(r#"{"prompt_tokens":"10","completion_tokens":7.0,"reasoning_tokens":2}"#);
    assert_eq!((usage.input, usage.output, usage.reasoning), (Some(10), Some(7), Some(2)));
    let usage = read(r#"{"input_tokens":10,"output_tokens":7}"#);
    assert_eq!((usage.input, usage.output), (Some(10), Some(7)));
}

#[test]
fn what_is_no_count_is_not_made_one() {
    let usage = read(r#"{"prompt_tokens":-1,"completion_tokens":"many","total_tokens":1.5e3}"#);
    assert_eq!((usage.input, usage.output), (None, None));
}

#[test]
fn where_nothing_is_counted_nothing_is_told() {
    for usage in [json!(null), json!({}), json!(7), json!("x"), json!([])] {
        let last = with(chunk(json!([])), "usage", usage);
        assert_eq!(reports(&(sse(&[text("x"), end("stop"), last]) + DONE)), []);
    }
}

#[test]
fn usage_of_a_whole_answer_is_told() {
    let message = json!({ "role": "assistant", "content": "x" });
    let run = run_whole(&json!({ "usage": counts(10, 7),
        "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] }));
    let usage = run.usage().expect("usage");
    assert_eq!((usage.input, usage.output), (Some(10), Some(7)));
    let raw = r#"{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17}"#;
    assert_eq!(usage.raw.as_ref().map(own), Some(raw));
}
