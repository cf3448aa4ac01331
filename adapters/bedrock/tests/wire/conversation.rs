//! Messages, in the order and form that the provider takes.

use crate::provider::{CLAUDE, NOVA, body, conversation, foreign, message, native, refused, sent};
use hotcell_sdk::{CacheHint, ChatRequest, FailureKind, Message, Part, Role, TextPart};
use serde_json::json;

fn text(text: &str, cache: Option<CacheHint>) -> Part {
    Part::Text(TextPart { text: text.to_owned(), cache, extra: None })
}

#[test]
fn instructions_stand_apart_and_neighbours_are_merged() {
    let body = body(conversation(vec![
        message(Role::System, "one"),
        message(Role::Developer, "two"),
        message(Role::User, "a"),
        message(Role::User, "b"),
        message(Role::Assistant, "c"),
        message(Role::Assistant, ""),
        message(Role::Assistant, "d"),
        message(Role::User, "e"),
    ]));
    assert_eq!(
        body,
        json!({
            "system": [{ "text": "one" }, { "text": "two" }],
            "messages": [
                { "role": "user", "content": [{ "text": "a" }, { "text": "b" }] },
                { "role": "assistant", "content": [{ "text": "c" }, { "text": "d" }] },
                { "role": "user", "content": [{ "text": "e" }] },
            ],
        })
    );
}

#[test]
fn blank_text_is_no_turn_and_no_block() {
    let body = body(conversation(vec![
        message(Role::System, " "),
        message(Role::User, "a"),
        message(Role::Assistant, " \n"),
        message(Role::User, "\t"),
        message(Role::User, "b"),
    ]));
    let turn = json!({ "role": "user", "content": [{ "text": "a" }, { "text": "b" }] });
    assert_eq!(body, json!({ "messages": [turn] }));
}

#[test]
fn what_has_to_change_is_warned_of() {
    let (body, warnings) = sent(conversation(vec![
        message(Role::Assistant, "hello"),
        message(Role::User, "hi"),
        message(Role::System, "late"),
        Message { name: Some("bob".to_owned()), ..message(Role::User, "there") },
        message(Role::Assistant, "it is \n"),
    ]));
    assert_eq!(
        body["messages"],
        json!([
            { "role": "user", "content": [{ "text": "." }] },
            { "role": "assistant", "content": [{ "text": "hello" }] },
            { "role": "user", "content": [{ "text": "hi" }, { "text": "there" }] },
            { "role": "assistant", "content": [{ "text": "it is" }] },
        ])
    );
    assert_eq!(body["system"], json!([{ "text": "late" }]));
    for word in ["moved to its beginning", "name of a participant", "put before", "white space"] {
        assert!(warnings.iter().any(|warning| warning.contains(word)), "{word}: {warnings:?}");
    }
    assert_eq!(warnings.len(), 4, "{warnings:?}");
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote() {
    let mut request = conversation(vec![
        Message::new(Role::System, vec![]),
        message(Role::Assistant, " "),
        message(Role::User, "a"),
        message(Role::User, ""),
        Message {
            extra: Some(native(&json!({ "role": "system", "note": 1 }))),
            ..message(Role::System, "in its place")
        },
        message(Role::Assistant, "b "),
    ]);
    request.extra = Some(native(&json!({ "requestMetadata": { "team": "x" } })));
    assert_eq!(
        body(request),
        json!({
            "system": [],
            "messages": [
                { "role": "assistant", "content": [{ "text": " " }] },
                { "role": "user", "content": [{ "text": "a" }] },
                { "role": "user", "content": [{ "text": "" }] },
                { "role": "system", "note": 1, "content": [{ "text": "in its place" }] },
                { "role": "assistant", "content": [{ "text": "b " }] },
            ],
            "requestMetadata": { "team": "x" },
        })
    );
}

#[test]
fn cache_hints_become_points_where_the_model_has_some() {
    let messages = vec![
        Message::new(Role::System, vec![text("s", Some(CacheHint::Long))]),
        Message::new(Role::User, vec![text("a", Some(CacheHint::Short)), text("b", None)]),
    ];
    let point = json!({ "cachePoint": { "type": "default" } });
    let long = json!({ "cachePoint": { "type": "default", "ttl": "1h" } });
    let to =
        |model: &str| ChatRequest { model: model.to_owned(), ..ChatRequest::new(messages.clone()) };
    let found = body(to(CLAUDE));
    assert_eq!(found["system"], json!([{ "text": "s" }, long]));
    assert_eq!(found["messages"][0]["content"], json!([{ "text": "a" }, point, { "text": "b" }]));
    let (found, warnings) = sent(to(NOVA));
    assert_eq!(found["system"], json!([{ "text": "s" }, point]));
    assert!(warnings[0].contains("for minutes"), "{warnings:?}");
    let (found, warnings) = sent(to("us.meta.llama3-1-70b-instruct-v1:0"));
    assert_eq!(found["system"], json!([{ "text": "s" }]));
    assert_eq!(warnings, ["a cache point was left out for this model: it does not take it"]);
    let (_, warnings) = sent(to("arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/a1b2"));
    assert!(warnings[0].contains("the setting `family`"), "{warnings:?}");
}

#[test]
fn what_another_provider_said_in_its_own_words_is_left_out_and_warned_of() {
    let parts = vec![Part::Native(foreign(&json!({ "type": "x" }))), Part::plain("a")];
    let (found, warnings) = sent(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, parts),
        message(Role::User, "on"),
    ]));
    assert_eq!(found["messages"][1]["content"], json!([{ "text": "a" }]));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("an earlier answer in openai-chat"), "{warnings:?}");
}

#[test]
fn parts_of_another_dialect_are_refused_and_its_members_named() {
    let part = Part::Native(foreign(&json!({ "type": "x" })));
    let failure = refused(conversation(vec![Message::new(Role::User, vec![part])]));
    assert_eq!(failure.kind, FailureKind::Unsupported);
    let call = Part::ToolCall(hotcell_sdk::ToolCall {
        id: "a".to_owned(),
        name: "f".to_owned(),
        arguments: String::new(),
        signature: None,
        extra: None,
    });
    let failure = refused(conversation(vec![Message::new(Role::System, vec![call])]));
    assert_eq!(failure.message, "a tool call cannot stand among the instructions");
    let mut request = conversation(vec![message(Role::User, "a")]);
    request.extra = Some(foreign(&json!({ "user": "u", "max_tokens": 1, "store": null })));
    let (_, warnings) = sent(request);
    assert_eq!(
        warnings,
        ["`user` of openai-chat was left out: bedrock-converse has no word for it"]
    );
}
