//! Roles, and the parts of messages.

use crate::provider::{
    DIALECT, body, bytes_sent, conversation, foreign, message, native, refused, sent,
};
use hotcell_sdk::{
    CacheHint, FailureKind, MediaKind, MediaPart, MediaSource, Message, Native, Part,
    ReasoningPart, Role, TextPart,
};
use serde_json::{Value, json};

#[test]
fn every_role_has_its_word_and_turns_stay_apart() {
    let request = conversation(vec![
        message(Role::System, "be brief"),
        message(Role::Developer, "be kind"),
        message(Role::User, "a"),
        message(Role::User, "b"),
        message(Role::Assistant, "c"),
        message(Role::System, "stop"),
    ]);
    let expected = json!([
        { "role": "system", "content": "be brief" },
        { "role": "system", "content": "be kind" },
        { "role": "user", "content": "a" },
        { "role": "user", "content": "b" },
        { "role": "assistant", "content": "c" },
        { "role": "system", "content": "stop" },
    ]);
    assert_eq!(body(request)["messages"], expected);
}

#[test]
fn a_client_of_this_dialect_has_its_developer_role() {
    let mut request = conversation(vec![message(Role::Developer, "be kind")]);
    request.extra = Some(native(&json!({})));
    assert_eq!(body(request)["messages"], json!([{ "role": "developer", "content": "be kind" }]));
}

#[test]
fn the_name_of_a_participant_goes_out() {
    let named = Message { name: Some("ann".to_owned()), ..message(Role::User, "hi") };
    let expected = json!([{ "role": "user", "content": "hi", "name": "ann" }]);
    assert_eq!(body(conversation(vec![named]))["messages"], expected);
}

#[test]
fn members_of_a_message_that_nobody_models_pass_and_win() {
    let extra = json!({ "prefix": true, "role": "critic", "name": null });
    let odd = Message {
        name: Some("ann".to_owned()),
        extra: Some(native(&extra)),
        ..message(Role::Assistant, "hi")
    };
    let expected = json!([{ "content": "hi", "prefix": true, "role": "critic", "name": null }]);
    assert_eq!(body(conversation(vec![odd]))["messages"], expected);
}

#[test]
fn members_of_a_message_of_another_dialect_are_warned_of() {
    let odd =
        Message { extra: Some(foreign(&json!({ "id": "msg" }))), ..message(Role::User, "hi") };
    let (body, warnings) = sent(conversation(vec![odd]));
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "hi" }]));
    let expected = "`id` of anthropic-messages was left out: openai-chat has no word for it";
    assert_eq!(warnings, [expected]);
}

#[test]
fn a_message_without_parts_is_an_empty_text() {
    let silent = Message::new(Role::Assistant, vec![]);
    let expected = json!([{ "role": "assistant", "content": "" }]);
    assert_eq!(body(conversation(vec![silent]))["messages"], expected);
    // What a client of this dialect wrote instead is in its extra.
    let extra = Some(native(&json!({ "content": null })));
    let silent = Message { extra, ..Message::new(Role::Assistant, vec![]) };
    assert_eq!(bytes_of_messages(silent), r#"[{"role":"assistant","content":null}]"#);
    let silent = Message { extra: Some(native(&json!({}))), ..Message::new(Role::User, vec![]) };
    assert_eq!(bytes_of_messages(silent), r#"[{"role":"user"}]"#);
}

fn bytes_of_messages(message: Message) -> String {
    let body = bytes_sent(conversation(vec![message]));
    let (_, rest) = body.split_once("\"messages\":").expect("messages");
    rest.split_once(",\"stream_options\"").expect("more").0.to_owned()
}

fn content(role: Role, parts: Vec<Part>) -> Value {
    let body = body(conversation(vec![Message::new(role, parts)]));
    body["messages"][0]["content"].clone()
}

#[test]
fn several_texts_stay_several_and_also_the_empty_one() {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let parts = vec![Part::plain("a"), Part::plain(""), Part::plain("b")];
    assert_eq!(content(Role::User, parts), json!([text("a"), text(""), text("b")]));
    assert_eq!(content(Role::User, vec![Part::plain("")]), "");
}

#[test]
fn a_text_that_was_written_as_a_part_stays_one() {
    let part = |extra: &Value| {
        let (text, cache) = ("x".to_owned(), None);
        vec![Part::Text(TextPart { text, cache, extra: Some(native(extra)) })]
    };
    let expected = json!([{ "type": "text", "text": "x" }]);
    assert_eq!(content(Role::User, part(&json!({}))), expected);
    let expected = json!([{ "type": "text", "text": "x", "mood": 1.5 }]);
    assert_eq!(content(Role::User, part(&json!({ "mood": 1.5 }))), expected);
}

#[test]
fn what_another_dialect_says_of_a_text_is_warned_of() {
    let extra = Some(foreign(&json!({ "citations": [] })));
    let part = Part::Text(TextPart { text: "x".to_owned(), cache: None, extra });
    let (body, warnings) = sent(conversation(vec![Message::new(Role::User, vec![part])]));
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "x" }]));
    let expected = "`citations` of anthropic-messages was left out: openai-chat has no word for it";
    assert_eq!(warnings, [expected]);
}

#[test]
fn a_hint_for_the_cache_needs_no_word_where_the_provider_caches_by_itself() {
    let text = TextPart { text: "x".to_owned(), cache: Some(CacheHint::Long), extra: None };
    assert_eq!(content(Role::User, vec![Part::Text(text)]), "x");
}

fn media(kind: MediaKind, mime: Option<&str>, source: MediaSource) -> MediaPart {
    let mime = mime.map(str::to_owned);
    MediaPart { kind, mime, source, name: None, cache: None, extra: None }
}

fn part(media: MediaPart) -> Value {
    content(Role::User, vec![Part::Media(media)])[0].clone()
}

fn url(url: &str) -> MediaSource {
    MediaSource::Url(url.to_owned())
}

fn bytes(bytes: &[u8]) -> MediaSource {
    MediaSource::Bytes(bytes.to_vec())
}

#[test]
fn images_and_films_are_addresses() {
    for (kind, word, usual) in
        [(MediaKind::Image, "image_url", "image/png"), (MediaKind::Video, "video_url", "video/mp4")]
    {
        let expected = |url: &str| {
            let mut part = json!({ "type": word });
            part[word] = json!({ "url": url });
            part
        };
        let address = "https://x/a?b=\"c\"";
        assert_eq!(part(media(kind, None, url(address))), expected(address));
        let own = part(media(kind, Some("image/webp"), bytes(&[1, 2, 3, 4])));
        assert_eq!(own, expected("data:image/webp;base64,AQIDBA=="));
        let data = format!("data:{usual};base64,AQID");
        assert_eq!(part(media(kind, None, bytes(&[1, 2, 3]))), expected(&data));
    }
}

#[test]
fn sound_is_base64_with_a_format() {
    for (mime, format) in [
        (None, "wav"),
        (Some("audio/wav"), "wav"),
        (Some("audio/x-wav"), "wav"),
        (Some("audio/mpeg"), "mp3"),
        (Some("audio/mp3"), "mp3"),
        (Some("audio/flac"), "flac"),
        (Some("pcm16"), "pcm16"),
    ] {
        let expected = json!({ "type": "input_audio",
            "input_audio": { "data": "AQID", "format": format } });
        assert_eq!(part(media(MediaKind::Audio, mime, bytes(&[1, 2, 3]))), expected);
    }
}

#[test]
fn documents_are_files_with_bytes_or_an_id() {
    let pdf = media(MediaKind::Document, None, bytes(b"%PDF-"));
    let expected = json!({ "type": "file", "file": { "filename": "document.pdf",
        "file_data": "data:application/pdf;base64,JVBERi0=" } });
    assert_eq!(part(pdf), expected);
    let named = MediaPart {
        name: Some("a.txt".to_owned()),
        ..media(MediaKind::Document, Some("text/plain"), bytes(b"hi"))
    };
    // The provider's files are pages.
    let asked =
        |media: MediaPart| conversation(vec![Message::new(Role::User, vec![Part::Media(media)])]);
    assert_eq!(body(asked(named.clone()))["messages"][0]["content"], "a.txt\n\nhi");
    // A client of this dialect gets what it wrote.
    let expected = json!({ "type": "file", "file": { "filename": "a.txt",
        "file_data": "data:text/plain;base64,aGk=" } });
    let mut own = asked(named);
    own.extra = Some(native(&json!({})));
    assert_eq!(body(own)["messages"][0]["content"][0], expected);
    let held = media(MediaKind::Document, None, MediaSource::FileId("file-1".to_owned()));
    assert_eq!(part(held), json!({ "type": "file", "file": { "file_id": "file-1" } }));
}

#[test]
fn members_of_a_medium_that_nobody_models_pass() {
    let detailed = MediaPart {
        extra: Some(native(&json!({ "detail": "low" }))),
        ..media(MediaKind::Image, None, url("https://x/a.png"))
    };
    let expected = json!({ "type": "image_url",
        "image_url": { "url": "https://x/a.png", "detail": "low" } });
    assert_eq!(part(detailed), expected);
    // With its type it is the whole part in the client's own words.
    let whole = json!({ "type": "image_url", "image_url": "https://x/a.png" });
    let spelled = MediaPart {
        extra: Some(native(&whole)),
        ..media(MediaKind::Image, None, url("https://x/a.png"))
    };
    assert_eq!(part(spelled), whole);
}

#[test]
fn what_the_protocol_cannot_hold_is_refused_with_a_reason() {
    let id = || MediaSource::FileId("f".to_owned());
    for (kind, source, why) in [
        (MediaKind::Audio, url("https://x"), "audio cannot be given by its address here"),
        (MediaKind::Document, url("https://x"), "a document cannot be given by its address here"),
        (MediaKind::Image, id(), "only documents can be given by the id of a file here"),
        (MediaKind::Video, id(), "only documents can be given by the id of a file here"),
    ] {
        let parts = vec![Part::Media(media(kind, None, source))];
        let failure = refused(conversation(vec![Message::new(Role::User, parts)]));
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Unsupported, why));
    }
}

#[test]
fn words_and_media_keep_their_order() {
    let image = || Part::Media(media(MediaKind::Image, None, url("https://x")));
    let parts = vec![image(), Part::plain("between"), image()];
    let content = content(Role::User, parts);
    let types: Vec<&str> =
        content.as_array().into_iter().flatten().filter_map(|p| p["type"].as_str()).collect();
    assert_eq!(types, ["image_url", "text", "image_url"]);
}

#[test]
fn a_refusal_goes_back_as_one() {
    let parts = vec![Part::Refusal("no".to_owned())];
    let body = body(conversation(vec![Message::new(Role::Assistant, parts)]));
    let expected = json!([{ "role": "assistant", "content": "", "refusal": "no" }]);
    assert_eq!(body["messages"], expected);
}

#[test]
fn what_the_model_said_aloud_goes_back_by_its_id() {
    let spoken = |source, extra: Option<Value>| {
        let extra = extra.map(|extra| native(&extra));
        Part::Media(MediaPart { extra, ..media(MediaKind::Audio, None, source) })
    };
    let told = json!({ "id": "audio_1", "expires_at": 7, "transcript": "hey" });
    let sources = [
        spoken(bytes(&[1, 2, 3]), Some(told)),
        spoken(MediaSource::FileId("audio_1".to_owned()), None),
    ];
    for part in sources {
        let body = body(conversation(vec![Message::new(Role::Assistant, vec![part])]));
        let expected =
            json!([{ "role": "assistant", "content": "", "audio": { "id": "audio_1" } }]);
        assert_eq!(body["messages"], expected);
    }
    let parts = vec![Part::plain("hey"), spoken(bytes(&[1, 2, 3]), None)];
    let (body, warnings) = sent(conversation(vec![Message::new(Role::Assistant, parts)]));
    assert_eq!(body["messages"], json!([{ "role": "assistant", "content": "hey" }]));
    let expected = "what the model said aloud was left out: openai-chat has no word for it";
    assert_eq!(warnings, [expected]);
}

#[test]
fn thoughts_that_this_provider_does_not_take_back_are_warned_of() {
    let thought = ReasoningPart {
        id: None,
        text: "hm".to_owned(),
        signature: Some("Eq".to_owned()),
        redacted: None,
        extra: None,
    };
    let parts = vec![Part::Reasoning(thought), Part::plain("done")];
    let (body, warnings) = sent(conversation(vec![Message::new(Role::Assistant, parts)]));
    assert_eq!(body["messages"], json!([{ "role": "assistant", "content": "done" }]));
    let expected = "what the model thought before was left out: openai-chat has no word for it";
    assert_eq!(warnings, [expected]);
}

#[test]
fn thoughts_in_a_clients_own_spelling_are_not_said_twice() {
    let (signature, redacted, extra) = (None, None, None);
    let thought = ReasoningPart { id: None, text: "hm".to_owned(), signature, redacted, extra };
    let turn = Message {
        extra: Some(native(&json!({ "reasoning_content": "hm" }))),
        ..Message::new(Role::Assistant, vec![Part::Reasoning(thought), Part::plain("done")])
    };
    let expected = json!([{ "role": "assistant", "content": "done", "reasoning_content": "hm" }]);
    assert_eq!(body(conversation(vec![turn]))["messages"], expected);
}

#[test]
fn a_thought_that_stands_in_the_content_goes_back_byte_for_byte() {
    let whole = r#"{"type": "thinking", "thinking": [{"type":"text","text":"hm"}], "n": 1.0}"#;
    let extra = Some(Native { dialect: DIALECT.to_owned(), value: whole.to_owned() });
    let (signature, redacted) = (None, None);
    let thought = ReasoningPart { id: None, text: "hm".to_owned(), signature, redacted, extra };
    let turn = Message::new(Role::Assistant, vec![Part::Reasoning(thought), Part::plain("done")]);
    let expected =
        format!(r#"[{{"role":"assistant","content":[{whole},{{"type":"text","text":"done"}}]}}]"#);
    assert_eq!(bytes_of_messages(turn), expected);
}

#[test]
fn native_parts_pass_as_they_are_written() {
    let value = r#"{ "type": "tool_file", "weight": 1.0 }"#.to_owned();
    let part = Part::Native(Native { dialect: DIALECT.to_owned(), value });
    let expected = r#"[{"role":"user","content":[{ "type": "tool_file", "weight": 1.0 }]}]"#;
    assert_eq!(bytes_of_messages(Message::new(Role::User, vec![part])), expected);
}

#[test]
fn native_parts_of_others_are_refused_of_the_user_and_warned_of_in_answers() {
    let part = || Part::Native(foreign(&json!({ "type": "server_tool_use" })));
    let failure = refused(conversation(vec![Message::new(Role::User, vec![part()])]));
    assert_eq!(failure.kind, FailureKind::Unsupported);
    let expected = "a part of a message of anthropic-messages cannot be said in openai-chat";
    assert_eq!(failure.message, expected);

    let turn = Message::new(Role::Assistant, vec![part(), Part::plain("done")]);
    let (body, warnings) = sent(conversation(vec![turn]));
    assert_eq!(body["messages"], json!([{ "role": "assistant", "content": "done" }]));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("a part of an earlier answer in anthropic-messages was left"));
}

#[test]
fn a_piece_of_a_stream_does_not_go_back() {
    let piece = json!({ "object": "chat.completion.chunk", "citations": ["https://a"] });
    let turn = Message::new(Role::Assistant, vec![Part::Native(native(&piece)), Part::plain("x")]);
    let expected = json!([{ "role": "assistant", "content": "x" }]);
    assert_eq!(body(conversation(vec![turn]))["messages"], expected);
}

#[test]
fn members_that_an_answer_told_go_back_with_it() {
    let image = json!({ "images": [{ "b64": "AQID" }] });
    let again = json!({ "images": [{ "b64": "BAUG" }] });
    let parts = vec![Part::Native(native(&image)), Part::plain("x"), Part::Native(native(&again))];
    let expected = r#"[{"role":"assistant","content":"x","images":[{"b64":"BAUG"}]}]"#;
    assert_eq!(bytes_of_messages(Message::new(Role::Assistant, parts)), expected);
}

#[test]
fn a_native_part_that_is_no_json_is_refused() {
    let part = Part::Native(Native { dialect: DIALECT.to_owned(), value: "{".to_owned() });
    let failure = refused(conversation(vec![Message::new(Role::User, vec![part])]));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    assert!(failure.message.starts_with("a native part is not JSON"), "{}", failure.message);
}
