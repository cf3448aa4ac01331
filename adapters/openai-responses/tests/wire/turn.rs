//! What an answer told goes back with the next request as it came.

use crate::provider::{
    answer, completed, created, done, message, native, response, run, run_whole, said, sent, sse,
    turn,
};
use hotcell_sdk::{ChatRequest, Role};
use serde_json::{Value, json};

/// An answer with something of everything.
fn output() -> Vec<Value> {
    vec![
        json!({ "id": "rs_1", "type": "reasoning", "encrypted_content": "c1ph\u{e9}\"\\",
            "summary": [{ "type": "summary_text", "text": "One." },
                { "type": "summary_text", "text": "Two." }] }),
        json!({ "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
            "phase": "commentary", "content": [{ "type": "output_text", "text": "I look." }] }),
        json!({ "id": "ws_1", "type": "web_search_call", "status": "completed",
            "action": { "type": "search", "query": "q" } }),
        json!({ "id": "rs_2", "type": "reasoning", "summary": [],
            "content": [{ "type": "reasoning_text", "text": "Hm." }] }),
        json!({ "id": "rs_3", "type": "reasoning", "encrypted_content": "c2ph", "summary": [] }),
        json!({ "id": "ig_1", "type": "image_generation_call", "status": "completed",
            "result": "AAEC" }),
        json!({ "id": "msg_2", "type": "message", "status": "incomplete", "role": "assistant",
            "content": [{ "type": "output_text", "text": "a" },
                { "type": "refusal", "refusal": "b" }, { "type": "hologram", "x": 1 }] }),
        json!({ "id": "msg_3", "type": "message", "status": "completed", "role": "assistant",
            "content": [{ "type": "output_text", "text": "c" }] }),
        json!({ "id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look",
            "arguments": "{\"a\": 1}" }),
        json!({ "id": "ct_1", "type": "custom_tool_call", "call_id": "call_2", "name": "say",
            "input": "x" }),
    ]
}

#[test]
fn an_answer_goes_back_as_it_came() {
    let items: Vec<Value> = (0..).zip(output()).map(|(number, item)| done(number, item)).collect();
    for run in [
        run(&answer(&items)),
        run(&sse(&[created(), completed(json!(output()))])),
        run_whole(&response("completed", json!(output()))),
    ] {
        assert_eq!(run.failure, None);
        let messages = vec![turn(&run.events), said(Role::User, "go on")];
        let (body, warnings) = sent(ChatRequest::new(messages.clone()));
        assert_eq!(warnings, Vec::<String>::new());
        let mut items = body["input"].as_array().expect("a list").clone();
        assert_eq!(items.pop(), Some(json!({ "role": "user", "content": "go on" })));
        assert_eq!(items, output());
        // Also for a client of this dialect, who does not get what it did not write.
        let mut request = ChatRequest::new(messages);
        request.extra = Some(native(json!({})));
        let items = sent(request).0["input"].as_array().expect("a list").clone();
        assert_eq!(items[0], output()[0]);
    }
}

#[test]
fn what_comes_late_about_an_item_belongs_to_it() {
    let begin = json!({ "id": "msg_1", "type": "message", "status": "in_progress",
        "role": "assistant", "content": [] });
    let mut end = message(json!([{ "type": "output_text", "text": "x" }]));
    end["phase"] = json!("final_answer");
    let events =
        [crate::provider::added(0, begin), crate::provider::delta(0, "x"), done(0, end.clone())];
    let run = run(&answer(&events));
    let (body, _) = sent(ChatRequest::new(vec![turn(&run.events), said(Role::User, "y")]));
    assert_eq!(body["input"][0], end);
}
