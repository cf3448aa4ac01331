//! Calls of tools in answers: which piece belongs to which call, and what each holds.

use crate::provider::{
    answer, choice, content, delta, events, malformed, own, piece, run, run_whole, sse, text,
};
use hotcell_sdk::{Event, FinishReason};
use serde_json::{Value, json};

/// A call as it adds up: its part, id, name and arguments.
type Call = (u32, String, String, String);

fn call(index: u32, id: &str, name: &str, arguments: &str) -> Call {
    (index, id.to_owned(), name.to_owned(), arguments.to_owned())
}

/// The calls of one choice.
fn calls_of(number: u32, events: &[Event]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for event in events {
        match event {
            Event::ToolCallStarted(started) if started.choice == number => {
                assert_eq!(started.signature, None);
                calls.push(call(started.index, &started.id, &started.name, ""));
            }
            Event::ToolCallArguments(delta) if delta.choice == number => {
                assert_ne!(delta.text, "", "an event that says nothing");
                let call = calls.iter_mut().find(|call| call.0 == delta.index);
                call.expect("a call that has begun").3.push_str(&delta.text);
            }
            _ => {}
        }
    }
    calls
}

/// The calls in a stream of these pieces.
fn calls(pieces: &[Value]) -> Vec<Call> {
    let chunks: Vec<Value> = pieces.iter().cloned().map(piece).collect();
    calls_of(0, &events(&answer(&chunks, "tool_calls")))
}

/// What the first call says about itself beside that.
fn extra(chunks: &[Value]) -> Option<String> {
    let events = events(&answer(chunks, "tool_calls"));
    let started = events.iter().find_map(|event| match event {
        Event::ToolCallStarted(call) => Some(call),
        _ => None,
    });
    started.expect("a call").extra.as_ref().map(|extra| own(extra).to_owned())
}

/// The beginning of a call.
fn begin(index: u32, id: &str, name: &str) -> Value {
    json!({ "index": index, "id": id, "type": "function",
        "function": { "name": name, "arguments": "" } })
}

/// More of its arguments.
fn more(index: u32, arguments: &str) -> Value {
    json!({ "index": index, "function": { "arguments": arguments } })
}

/// The same without the provider's number.
fn bare(mut piece: Value) -> Value {
    piece.as_object_mut().expect("a piece").shift_remove("index");
    piece
}

#[test]
fn parallel_calls_keep_their_arguments_apart_and_byte_for_byte() {
    let odd = r#"{"b": 1.0, "a": 12345678901234567890123}"#;
    let (first, second) = odd.split_at(9);
    let pieces = [
        begin(0, "a", "look"),
        more(0, first),
        begin(1, "b", "find"),
        more(1, "{\"x\":"),
        more(0, second),
        more(1, "\"\u{e9}\"}"),
    ];
    let expected = [call(0, "a", "look", odd), call(1, "b", "find", "{\"x\":\"\u{e9}\"}")];
    assert_eq!(calls(&pieces), expected);
}

#[test]
fn parallel_calls_that_all_say_index_0_are_told_apart() {
    let pieces = [
        begin(0, "a", "look"),
        more(0, "{\"x\":"),
        more(0, "1}"),
        begin(0, "b", "look"),
        more(0, "{\"x\":2}"),
        begin(0, "c", "find"),
        more(0, "{}"),
    ];
    let expected = [
        call(0, "a", "look", "{\"x\":1}"),
        call(1, "b", "look", "{\"x\":2}"),
        call(2, "c", "find", "{}"),
    ];
    assert_eq!(calls(&pieces), expected);
}

#[test]
fn parallel_calls_without_an_index_are_told_apart() {
    let pieces = [
        begin(0, "a", "look"),
        more(0, "{\"x\":"),
        more(0, "1}"),
        begin(0, "b", "look"),
        more(0, "{\"x\":2}"),
    ];
    let expected = [call(0, "a", "look", "{\"x\":1}"), call(1, "b", "look", "{\"x\":2}")];
    assert_eq!(calls(&pieces.map(bare)), expected);
}

#[test]
fn parallel_calls_that_come_whole_in_one_chunk_are_told_apart() {
    let whole = |index: Option<u32>, id: &str| {
        let mut call =
            json!({ "id": id, "function": { "name": "look", "arguments": "{\"x\":1}" } });
        if let Some(index) = index {
            call["index"] = json!(index);
        }
        call
    };
    let expected = [call(0, "a", "look", "{\"x\":1}"), call(1, "b", "look", "{\"x\":1}")];
    for (first, second) in [(Some(0), Some(1)), (Some(0), Some(0)), (None, None)] {
        let list = json!({ "tool_calls": [whole(first, "a"), whole(second, "b")] });
        assert_eq!(calls_of(0, &events(&answer(&[delta(list)], "tool_calls"))), expected);
    }
}

#[test]
fn pieces_without_an_index_find_their_call_by_its_id() {
    let with_id =
        |id: &str, arguments: &str| json!({ "id": id, "function": { "arguments": arguments } });
    let pieces = [
        bare(begin(0, "a", "look")),
        bare(begin(1, "b", "look")),
        with_id("a", "{\"x\":"),
        with_id("b", "{\"y\":"),
        with_id("a", "1}"),
        with_id("b", "2}"),
    ];
    let expected = [call(0, "a", "look", "{\"x\":1}"), call(1, "b", "look", "{\"y\":2}")];
    assert_eq!(calls(&pieces), expected);
}

#[test]
fn pieces_that_repeat_id_and_name_go_on_with_their_call() {
    let piece = |arguments: &str| {
        json!({ "index": 0, "id": "a", "type": "function",
            "function": { "name": "look", "arguments": arguments } })
    };
    let pieces = [piece(""), piece("{\"x\":"), piece("1}")];
    assert_eq!(calls(&pieces), [call(0, "a", "look", "{\"x\":1}")]);
    assert_eq!(calls(&pieces.map(bare)), [call(0, "a", "look", "{\"x\":1}")]);
}

#[test]
fn an_id_that_changes_with_every_piece_opens_no_call() {
    let with_id = |id: &str, arguments: &str| json!({ "index": 0, "id": id, "function": { "name": null, "arguments": arguments } });
    let pieces = [begin(0, "a", "look"), with_id("b", "{\"x\":"), with_id("c", "1}")];
    assert_eq!(calls(&pieces), [call(0, "a", "look", "{\"x\":1}")]);
}

#[test]
fn calls_without_an_id_get_one_that_names_their_place() {
    let nameless = |index: u32, name: &str| json!({ "index": index, "function": { "name": name, "arguments": "{}" } });
    let chunks = [
        text("let me see"),
        piece(nameless(0, "look")),
        piece(nameless(1, "look")),
        choice(1, json!({ "tool_calls": [nameless(0, "find")] }), Some("tool_calls")),
    ];
    let events = events(&answer(&chunks, "tool_calls"));
    let expected = [call(1, "call_0_1", "look", "{}"), call(2, "call_0_2", "look", "{}")];
    assert_eq!(calls_of(0, &events), expected);
    assert_eq!(calls_of(1, &events), [call(0, "call_1_0", "find", "{}")]);
}

#[test]
fn calls_without_id_and_index_are_told_apart_by_name_and_by_what_is_whole() {
    let named = |name: &str, arguments: &str| json!({ "function": { "name": name, "arguments": arguments } });
    let pieces = [
        named("look", "{\"x\":1}"),
        named("look", "{\"x\":2}"),
        named("find", "{\"y\":"),
        named("find", "3}"),
        named("stop", ""),
        named("stop", ""),
    ];
    let expected = [
        call(0, "call_0_0", "look", "{\"x\":1}"),
        call(1, "call_0_1", "look", "{\"x\":2}"),
        call(2, "call_0_2", "find", "{\"y\":3}"),
        call(3, "call_0_3", "stop", ""),
        call(4, "call_0_4", "stop", ""),
    ];
    assert_eq!(calls(&pieces), expected);
}

#[test]
fn id_name_and_arguments_may_come_one_after_another() {
    let pieces = [
        json!({ "index": 0, "id": "a" }),
        json!({ "index": 0, "type": "function" }),
        json!({ "index": 0, "function": { "name": "look" } }),
        json!({ "index": 0, "function": { "arguments": "{}" } }),
    ];
    assert_eq!(calls(&pieces), [call(0, "a", "look", "{}")]);
    for (id, expected) in [("a", "a"), ("", "call_0_0")] {
        let late = [more(0, "{\"x\":"), begin(0, id, "look"), more(0, "1}")];
        assert_eq!(calls(&late), [call(0, expected, "look", "{\"x\":1}")]);
    }
    // Before its name has come a call has hardly begun.
    let changed = [begin(0, "a", ""), begin(0, "b", "look"), more(0, "{}")];
    assert_eq!(calls(&changed), [call(0, "a", "look", "{}")]);
}

#[test]
fn a_call_whose_name_never_comes_is_still_told() {
    assert_eq!(calls(&[begin(0, "a", ""), more(0, "{}")]), [call(0, "a", "", "{}")]);
}

#[test]
fn a_call_without_arguments_tells_none() {
    let without = |arguments: Value| json!({ "index": 0, "id": "a", "function": { "name": "look", "arguments": arguments } });
    let absent = json!({ "index": 0, "id": "a", "function": { "name": "look" } });
    for pieces in [vec![without(json!(""))], vec![without(Value::Null)], vec![absent]] {
        assert_eq!(calls(&pieces), [call(0, "a", "look", "")]);
        let more = [&pieces[..], &[more(0, "")]].concat();
        assert_eq!(calls(&more), [call(0, "a", "look", "")]);
    }
    assert_eq!(calls(&[without(json!("{}"))]), [call(0, "a", "look", "{}")]);
}

#[test]
fn arguments_that_are_an_object_are_told_as_its_text() {
    let body = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","#,
        r#""function":{"name":"look","arguments":{"x": 1.0, "y": "\u00e9"}}}]}}]}"#,
        "\n\n",
    );
    let events = events(&(body.to_owned() + &answer(&[], "tool_calls")));
    let arguments = r#"{"x": 1.0, "y": "\u00e9"}"#;
    assert_eq!(calls_of(0, &events), [call(0, "a", "look", arguments)]);
}

#[test]
fn members_of_a_call_that_nobody_models_pass() {
    let extra_content = json!({ "google": { "thought_signature": "Eq/+==" } });
    let mut signed = begin(0, "a", "look");
    signed["extra_content"] = extra_content.clone();
    let expected = r#"{"extra_content":{"google":{"thought_signature":"Eq/+=="}}}"#;
    assert_eq!(extra(&[piece(signed)]).as_deref(), Some(expected));

    // After the call has been told of, they are told by themselves.
    let mut late = more(0, "{}");
    late["extra_content"] = extra_content;
    let told = concat!(
        r#"0.0 native {"object":"chat.completion.chunk","choices":[{"index":0,"delta":"#,
        r#"{"tool_calls":[{"index":0,"extra_content":{"google":{"thought_signature":"Eq/+=="}}}]}}]}"#,
    );
    let chunks = [piece(begin(0, "a", "look")), piece(late)];
    assert_eq!(content(&chunks), ["0.0 call a look", "0.0 arguments {}", told]);
}

#[test]
fn a_call_of_a_custom_tool_says_so_and_has_text_for_its_input() {
    let chunks = [
        piece(json!({ "index": 0, "id": "a", "type": "custom",
            "custom": { "name": "sql", "input": "" } })),
        piece(json!({ "index": 0, "custom": { "input": "SELECT" } })),
        piece(json!({ "index": 0, "custom": { "input": " 1" } })),
    ];
    let expected = ["0.0 call a sql", "0.0 arguments SELECT", "0.0 arguments  1"];
    assert_eq!(content(&chunks), expected);
    assert_eq!(extra(&chunks).as_deref(), Some(r#"{"type":"custom"}"#));
}

#[test]
fn a_call_of_an_unknown_kind_is_one_of_its_own() {
    let function = json!({ "id": "a", "type": "function",
        "function": { "name": "look", "arguments": "{}" } });
    let unknown = |id: &str| json!({ "id": id, "type": "new", "new": { "a": 1 } });
    let calls = json!([unknown("z"), function, unknown("b"), unknown("c")]);
    let run = run_whole(&json!({ "choices": [{ "index": 0, "finish_reason": "tool_calls",
        "message": { "role": "assistant", "content": null, "tool_calls": calls } }] }));
    let expected = [
        call(0, "z", "new", ""),
        call(1, "a", "look", "{}"),
        call(2, "b", "new", ""),
        call(3, "c", "new", ""),
    ];
    assert_eq!(calls_of(0, &run.events), expected);
    let extras: Vec<_> = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::ToolCallStarted(call) => Some(call.extra.as_ref().map(own)),
            _ => None,
        })
        .collect();
    let new = Some(r#"{"type":"new","new":{"a":1}}"#);
    assert_eq!(extras, [new, None, new, new]);

    // In a stream what comes later of it is told by itself.
    let mut first = unknown("b");
    first["index"] = json!(1);
    let chunks = [
        piece(begin(0, "a", "look")),
        piece(first),
        piece(json!({ "index": 1, "type": "new", "new": { "b": 2 } })),
        piece(json!({ "index": 1, "new": { "c": 3 } })),
    ];
    let late = |member: &str| {
        format!(
            "0.0 native {{\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\
             \"delta\":{{\"tool_calls\":[{{\"index\":1,\"new\":{member}}}]}}}}]}}"
        )
    };
    let expected = ["0.0 call a look", "0.1 call b new", &late("{\"b\":2}"), &late("{\"c\":3}")];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn a_function_call_is_the_only_call() {
    let of = |function: Value| delta(json!({ "content": null, "function_call": function }));
    let chunks = [
        of(json!({ "name": "look", "arguments": "" })),
        of(json!({ "arguments": "{\"x\":" })),
        of(json!({ "arguments": "1}" })),
    ];
    let run = run(&answer(&chunks, "function_call"));
    assert_eq!(calls_of(0, &run.events), [call(0, "call_0_0", "look", "{\"x\":1}")]);
    assert_eq!(run.finished().map(|end| end.reason), Some(FinishReason::ToolCalls));
    assert_eq!(extra(&chunks).as_deref(), Some(r#"{"type":"function_call"}"#));
}

#[test]
fn an_answer_that_stops_for_its_calls_says_so() {
    for word in ["stop", "tool_calls", "tool_use"] {
        let run = run(&answer(&[piece(begin(0, "a", "look"))], word));
        let finished = run.finished().expect("an end");
        let expected = (FinishReason::ToolCalls, Some(word));
        assert_eq!((finished.reason, finished.raw.as_deref()), expected);
    }
    // What was cut off was not called.
    let run = run(&answer(&[piece(begin(0, "a", "look"))], "length"));
    assert_eq!(run.finished().map(|end| end.reason), Some(FinishReason::Length));
}

#[test]
fn calls_of_several_choices_do_not_mix() {
    let of = |number, call| choice(number, json!({ "tool_calls": [call] }), None);
    let chunks = [
        of(0, begin(0, "a", "look")),
        of(1, begin(0, "b", "find")),
        of(1, more(0, "{\"y\":2}")),
        of(0, more(0, "{\"x\":1}")),
        choice(1, json!({}), Some("tool_calls")),
    ];
    let events = events(&answer(&chunks, "tool_calls"));
    assert_eq!(calls_of(0, &events), [call(0, "a", "look", "{\"x\":1}")]);
    assert_eq!(calls_of(1, &events), [call(0, "b", "find", "{\"y\":2}")]);
}

#[test]
fn parts_are_numbered_in_the_order_in_which_they_begin() {
    let chunks = [
        delta(json!({ "reasoning_content": "hm" })),
        text("let me "),
        piece(begin(0, "a", "look")),
        text("see"),
        piece(more(0, "{}")),
        piece(begin(1, "b", "look")),
    ];
    let expected = [
        "0.0 reasoning hm",
        "0.1 text let me ",
        "0.2 call a look",
        "0.1 text see",
        "0.2 arguments {}",
        "0.3 call b look",
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn calls_of_a_whole_answer_come_like_those_of_a_stream() {
    let call_of = |id: &str, arguments: &str| {
        json!({ "id": id, "type": "function",
            "function": { "name": "look", "arguments": arguments } })
    };
    let calls = json!([call_of("a", "{\"x\":1}"), call_of("b", "{}"), call_of("c", "")]);
    let run = run_whole(&json!({ "choices": [{ "index": 0, "finish_reason": "tool_calls",
        "message": { "role": "assistant", "content": null, "tool_calls": calls } }] }));
    let expected =
        [call(0, "a", "look", "{\"x\":1}"), call(1, "b", "look", "{}"), call(2, "c", "look", "")];
    assert_eq!(calls_of(0, &run.events), expected);
}

#[test]
fn a_call_that_is_cut_off_is_never_a_whole_one() {
    let chunks = [piece(begin(0, "a", "look")), piece(more(0, "{\"x\":"))];
    let run = malformed(&sse(&chunks));
    assert_eq!(calls_of(0, &run.events), [call(0, "a", "look", "{\"x\":")]);
}
