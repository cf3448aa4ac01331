//! Messages, and the rules of their order.

use crate::provider::{body, foreign, message, own, provider, sent, sent_by};
use hotcell_sdk::{ChatRequest, Message, Part, ReasoningPart, Role, ToolCall};
use serde_json::{Value, json};

fn roles(body: &Value) -> Vec<(&str, &str)> {
    let messages = body["messages"].as_array().unwrap().iter();
    let texts =
        messages.map(|m| (m["role"].as_str().unwrap(), m["content"].as_str().unwrap_or("-")));
    texts.collect()
}

fn thought(text: &str, signature: Option<&str>, redacted: Option<&str>) -> Part {
    let [signature, redacted] = [signature, redacted].map(|text| text.map(str::to_owned));
    let text = text.to_owned();
    Part::Reasoning(ReasoningPart { id: None, text, signature, redacted, extra: None })
}

#[test]
fn a_developer_is_the_system() {
    let conversation = vec![message(Role::Developer, "a"), message(Role::User, "b")];
    for extra in [None, Some(own(&json!({})))] {
        let request = ChatRequest { extra, ..ChatRequest::new(conversation.clone()) };
        assert_eq!(roles(&body(request)), [("system", "a"), ("user", "b")]);
    }
}

#[test]
fn system_messages_after_answers_move_to_the_beginning() {
    let conversation = vec![
        message(Role::System, "1"),
        message(Role::User, "a"),
        // Here Mistral takes one.
        message(Role::System, "2"),
        message(Role::Assistant, "b"),
        message(Role::System, "3"),
        message(Role::System, "4"),
        message(Role::User, "c"),
    ];
    let (body, warnings) = sent(ChatRequest::new(conversation));
    let expected = [
        ("system", "1"),
        ("system", "3"),
        ("system", "4"),
        ("user", "a"),
        ("system", "2"),
        ("assistant", "b"),
        ("user", "c"),
    ];
    assert_eq!((roles(&body), warnings.len()), (expected.to_vec(), 1), "{warnings:?}");
}

#[test]
fn the_answer_goes_on_with_what_the_assistant_said_last() {
    let ask = |extra| {
        let mut last = message(Role::Assistant, "Once ");
        last.extra = extra;
        ChatRequest::new(vec![message(Role::User, "a"), last])
    };
    let expected = json!({ "role": "assistant", "content": "Once ", "prefix": true });
    assert_eq!(body(ask(None))["messages"][1], expected);
    assert_eq!(body(ask(Some(own(&json!({ "refusal": null })))))["messages"][1], expected);
    let explicit = body(ask(Some(own(&json!({ "prefix": false })))));
    assert_eq!(explicit["messages"][1]["prefix"], json!(false));
    let (body, warnings) = sent(ask(Some(foreign(&json!({ "x": 1 })))));
    assert_eq!((&body["messages"][1], warnings.len()), (&expected, 1), "{warnings:?}");
}

#[test]
fn a_call_at_the_end_is_no_beginning_of_an_answer() {
    let call = ToolCall {
        id: "abcdefghi".into(),
        name: "f".into(),
        arguments: "{}".into(),
        signature: None,
        extra: None,
    };
    let last = Message::new(Role::Assistant, vec![Part::ToolCall(call)]);
    let body = body(ChatRequest::new(vec![message(Role::User, "a"), last]));
    assert_eq!(body["messages"][1].get("prefix"), None);
}

#[test]
fn an_empty_answer_is_left_out() {
    let conversation = vec![
        message(Role::User, "a"),
        message(Role::Assistant, ""),
        Message::new(Role::Assistant, vec![]),
        message(Role::User, "b"),
    ];
    assert_eq!(roles(&body(ChatRequest::new(conversation))), [("user", "a"), ("user", "b")]);
}

#[test]
fn names_are_warned_of() {
    let mut named = message(Role::User, "a");
    named.name = Some("ann".to_owned());
    let (body, warnings) = sent(ChatRequest::new(vec![named]));
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "a" }]));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn what_openai_tells_in_answers_does_not_go_back() {
    let mut answer = Message::new(Role::Assistant, vec![Part::Refusal("no".into())]);
    answer.extra = Some(own(&json!({ "refusal": "no", "audio": null, "annotations": [],
        "reasoning_content": "hm", "function_call": null })));
    let mut cited = message(Role::Assistant, "b");
    cited.extra = Some(own(&json!({ "annotations": [{ "type": "url_citation" }] })));
    let conversation = vec![answer, message(Role::User, "a"), cited, message(Role::User, "c")];
    let request = ChatRequest { extra: Some(own(&json!({}))), ..ChatRequest::new(conversation) };
    let (body, warnings) = sent(request);
    assert_eq!(body["messages"][0], json!({ "role": "assistant", "content": "no" }));
    assert_eq!(body["messages"][2], json!({ "role": "assistant", "content": "b" }));
    assert_eq!(
        warnings,
        ["`annotations` of an earlier answer was left out: Mistral has no word for it"]
    );
}

#[test]
fn thoughts_go_back_as_parts_with_their_signature() {
    let ask = |parts: Vec<Part>| {
        ChatRequest::new(vec![Message::new(Role::Assistant, parts), message(Role::User, "b")])
    };
    let request = ask(vec![thought("hm", Some("s"), None), Part::plain("a")]);
    let expected = json!({ "role": "assistant", "content": [
        { "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }], "signature": "s" },
        { "type": "text", "text": "a" },
    ] });
    assert_eq!(body(request.clone())["messages"][0], expected);
    let (sent_by_other, warnings) = sent_by(provider().setting("reasoning-input", "none"), request);
    assert_eq!(sent_by_other.json()["messages"][0]["content"], json!("a"));
    assert_eq!(warnings.len(), 1);
    let (body, warnings) = sent(ask(vec![thought("", None, Some("x")), Part::plain("a")]));
    assert_eq!(body["messages"][0], json!({ "role": "assistant", "content": "a" }));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_signature_of_another_provider_stays_behind() {
    let Part::Reasoning(mut told) = thought("hm", Some("s"), None) else { panic!() };
    told.extra = Some(foreign(&json!({})));
    let answer = Message::new(Role::Assistant, vec![Part::Reasoning(told)]);
    let (body, warnings) = sent(ChatRequest::new(vec![answer, message(Role::User, "a")]));
    let part = json!({ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] });
    assert_eq!(body["messages"][0]["content"], json!([part]));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("another provider's signature"), "{warnings:?}");
}

#[test]
fn mistrals_own_thoughts_go_back_as_they_were() {
    let part = json!({ "type": "thinking", "closed": true,
        "thinking": [{ "type": "text", "text": "hm" }] });
    let Part::Reasoning(mut told) = thought("hm", None, None) else { panic!() };
    told.extra = Some(own(&part));
    let answer = Message::new(Role::Assistant, vec![Part::Reasoning(told)]);
    let request = ChatRequest::new(vec![answer, message(Role::User, "a")]);
    assert_eq!(body(request)["messages"][0]["content"], json!([part]));
}
