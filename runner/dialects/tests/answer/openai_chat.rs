use super::*;
use hotcell::types::{MediaEvent, MediaKind, MediaPart, MediaSource, Model};
use hotcell_dialects::Dialect::OpenAiChat as CHAT;
use hotcell_dialects::openai_chat;
use serde_json::json;

fn choice(delta: Value) -> Value {
    json!([{ "index": 0, "delta": delta, "finish_reason": null }])
}

fn chunks(extra: &str, events: &[Event]) -> Vec<Value> {
    stream(CHAT, extra, events).into_iter().map(|(_, data)| data).collect()
}

fn deltas(events: &[Event]) -> Vec<Value> {
    let chunks = chunks("{}", events);
    chunks.iter().map(|chunk| chunk["choices"][0]["delta"].clone()).collect()
}

#[test]
fn a_stream_has_a_role_deltas_a_finish_and_done() {
    let events = [
        started(),
        Event::Text(delta(0, "a\"\n")),
        Event::Text(delta(0, "")),
        Event::Text(delta(0, "ü")),
        usage(),
        finished(FinishReason::Stop, "end_turn"),
    ];
    let chunks = chunks("{}", &events);
    let shell = |choices: Value| {
        json!({
            "id": "id-1", "object": "chat.completion.chunk", "created": 5, "model": "model-1",
            "choices": choices,
        })
    };
    let expected = [
        shell(choice(json!({ "role": "assistant", "content": "" }))),
        shell(choice(json!({ "content": "a\"\n" }))),
        shell(choice(json!({ "content": "ü" }))),
        shell(json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }])),
        json!("[DONE]"),
    ];
    assert_eq!(chunks, expected);
}

#[test]
fn usage_comes_to_who_asked_for_it() {
    let events = [Event::Text(delta(0, "a")), usage(), finished(FinishReason::Length, "max")];
    let chunks = chunks(r#"{"stream_options":{"include_usage":true}}"#, &events);
    let last = &chunks[chunks.len() - 2];
    assert_eq!(last["choices"], json!([]));
    let expected = json!({
        "prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 39,
        "prompt_tokens_details": { "cached_tokens": 10, "cache_write_tokens": 5 },
        "completion_tokens_details": { "reasoning_tokens": 4 },
    });
    assert_eq!(last["usage"], expected);
    let finish = &chunks[chunks.len() - 3]["choices"][0];
    assert_eq!(finish["finish_reason"], "length");
}

#[test]
fn calls_are_numbered_by_their_order_among_calls() {
    let events = [
        Event::Text(delta(0, "t")),
        call(1, "c1", "f"),
        Event::ToolCallArguments(delta(1, "{\"a\"")),
        Event::ToolCallArguments(delta(1, ":1}")),
        call(4, "c2", "g"),
        finished(FinishReason::ToolCalls, "tool_use"),
    ];
    let deltas = deltas(&events);
    let function = |name: &str| json!({ "name": name, "arguments": "" });
    let started = |index: u32, id: &str, name: &str| {
        let function = function(name);
        json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": function }] })
    };
    let more = |index: u32, text: &str| json!({ "tool_calls": [{ "index": index, "function": { "arguments": text } }] });
    let expected = [
        started(0, "c1", "f"),
        more(0, "{\"a\""),
        more(0, ":1}"),
        started(1, "c2", "g"),
        more(1, "{}"),
        json!({}),
    ];
    assert_eq!(deltas[2..8], expected);
    let whole = whole(CHAT, &events);
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "t");
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{\"a\":1}");
    assert_eq!(message["tool_calls"][1]["function"], json!({ "name": "g", "arguments": "{}" }));
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn what_another_provider_signed_goes_to_the_client_and_comes_back() {
    let events = [
        Event::Reasoning(delta(0, "let me ")),
        Event::Reasoning(delta(0, "see")),
        Event::Signature(delta(0, "sig==")),
        Event::RedactedReasoning(delta(1, "cipher")),
        Event::Text(delta(2, "done")),
        finished(FinishReason::Stop, "end_turn"),
    ];
    let blocks = json!([
        { "type": "thinking", "thinking": "let me see", "signature": "sig==" },
        { "type": "redacted_thinking", "data": "cipher" },
    ]);
    let whole = whole(CHAT, &events);
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["thinking_blocks"], blocks);
    assert_eq!(message["reasoning_content"], "let me see");
    // A client's accumulation adds lists up by `index`.
    let streamed: Vec<Value> = deltas(&events)
        .iter()
        .filter_map(|delta| Some(delta.get("thinking_blocks")?[0].clone()))
        .collect();
    assert_eq!(streamed.iter().map(|block| &block["index"]).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(streamed[0]["thinking"], "let me see");
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "q" }, message] });
    let request = openai_chat::read_request(body.to_string().as_bytes()).expect("a request");
    let thoughts: Vec<_> = request.messages[1]
        .parts
        .iter()
        .filter_map(|part| match part {
            hotcell::types::Part::Reasoning(part) => {
                Some((part.text.as_str(), part.signature.as_deref(), part.redacted.as_deref()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(thoughts, [("let me see", Some("sig=="), None), ("", None, Some("cipher"))]);
}

#[test]
fn a_signature_of_a_call_comes_back() {
    let mut signed = call(0, "c", "f");
    if let Event::ToolCallStarted(call) = &mut signed {
        call.signature = Some("s+/=".to_owned());
    }
    let events = [signed, finished(FinishReason::ToolCalls, "STOP")];
    let message = whole(CHAT, &events)["choices"][0]["message"].clone();
    let google = json!({ "google": { "thought_signature": "s+/=" } });
    assert_eq!(message["tool_calls"][0]["extra_content"], google);
    let body = json!({ "model": "m", "messages": [message] });
    let request = openai_chat::read_request(body.to_string().as_bytes()).expect("a request");
    let signature = request.messages[0].parts.iter().find_map(|part| match part {
        hotcell::types::Part::ToolCall(call) => call.signature.as_deref(),
        _ => None,
    });
    assert_eq!(signature, Some("s+/="));
}

#[test]
fn thoughts_are_spelled_as_the_provider_spells_them() {
    let mark =
        r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning":""}}]}"#;
    let events = [
        Event::Native(at(0, "openai-chat", mark)),
        Event::Reasoning(delta(0, "hm")),
        finished(FinishReason::Stop, "stop"),
    ];
    let message = whole(CHAT, &events)["choices"][0]["message"].clone();
    assert_eq!((&message["reasoning"], message.get("reasoning_content")), (&json!("hm"), None));
    assert_eq!(deltas(&events)[1], json!({ "reasoning": "hm" }));
    let plain = [Event::Reasoning(delta(0, "hm")), finished(FinishReason::Stop, "stop")];
    let message = whole(CHAT, &plain)["choices"][0]["message"].clone();
    assert_eq!(message["reasoning_content"], "hm");
}

#[test]
fn sources_sound_and_pictures_have_their_places() {
    let source = r#"{"type":"url_citation","url_citation":{"url":"https://a","title":"A","start_index":0,"end_index":1}}"#;
    let of_anthropic = r#"{"type":"web_search_result_location","url":"https://b","title":"B"}"#;
    let media = |kind, mime: &str, source| {
        let (name, cache, extra, mime) = (None, None, None, Some(mime.to_owned()));
        let part = MediaPart { kind, mime, source, name, cache, extra };
        Event::Media(MediaEvent { choice: 0, index: 1, part })
    };
    let events = [
        Event::Text(delta(0, "hé")),
        Event::Citation(at(0, "openai-chat", source)),
        Event::Citation(at(0, "anthropic-messages", of_anthropic)),
        media(MediaKind::Image, "image/png", MediaSource::Bytes(vec![0, 1])),
        media(MediaKind::Audio, "audio/wav", MediaSource::Bytes(vec![2])),
        finished(FinishReason::Stop, "stop"),
    ];
    let message = whole(CHAT, &events)["choices"][0]["message"].clone();
    let annotations = &message["annotations"];
    assert_eq!(annotations[0], serde_json::from_str::<Value>(source).expect("JSON"));
    assert_eq!(annotations[1]["url_citation"]["url"], "https://b");
    assert_eq!(message["images"][0]["image_url"]["url"], "data:image/png;base64,AAE=");
    assert_eq!(message["audio"]["data"], "Ag==");
    let together = deltas(&events).into_iter().filter(|delta| !delta["annotations"].is_null());
    assert_eq!(together.count(), 1, "lists without numbers add up once");
}

#[test]
fn models_are_listed() {
    let model = |id: &str, raw: Option<&str>| Model {
        id: id.to_owned(),
        name: None,
        created: None,
        owned_by: None,
        raw: raw.map(str::to_owned),
    };
    let own = r#"{"id":"x","object":"model","created":1,"owned_by":"y","context_window":8}"#;
    let models = [model("a/b", Some(own)), model("c", Some(r#"{"type":"model","k":1}"#))];
    let list: Value = serde_json::from_slice(&openai_chat::write_models(&models)).expect("JSON");
    let plain = json!({ "id": "c", "object": "model", "created": 0, "owned_by": "system" });
    assert_eq!(list["object"], "list");
    assert_eq!(list["data"][0]["id"], "a/b");
    assert_eq!(list["data"][0]["context_window"], 8);
    assert_eq!(list["data"][1], plain);
    let one: Value = serde_json::from_slice(&openai_chat::write_model(&models[1])).expect("JSON");
    assert_eq!(one, plain);
}

#[test]
fn probabilities_of_another_provider_are_told_as_this_dialects() {
    let result = |chosen: Value, top: Value| {
        let own = json!({ "logprobsResult": { "chosenCandidates": chosen, "topCandidates": top,
            "logProbabilitySum": -1.5 } });
        Event::Logprobs(at(0, "gemini", &own.to_string()))
    };
    let token = |token: &str, probability: f64| json!({ "token": token, "tokenId": 7, "logProbability": probability });
    let events = [
        started(),
        Event::Text(delta(0, "é")),
        result(
            json!([token("é", -0.5)]),
            json!([{ "candidates": [token("é", -0.5), token("b", -1.0)] }]),
        ),
        Event::Text(delta(0, "c")),
        // What is certain has a logarithm of nought, which is not written.
        result(json!([{ "token": "c" }]), json!(null)),
        finished(FinishReason::Stop, "STOP"),
    ];
    let told = |token: &str, probability: f64| json!({ "token": token, "logprob": probability, "bytes": token.as_bytes() });
    let mut first = told("é", -0.5);
    first["top_logprobs"] = json!([told("é", -0.5), told("b", -1.0)]);
    let mut second = told("c", 0.0);
    second["top_logprobs"] = json!([]);
    let all = whole(CHAT, &events)["choices"][0]["logprobs"].clone();
    assert_eq!(all, json!({ "content": [first, second], "refusal": null }));
    let pieces: Vec<Value> = stream(CHAT, "{}", &events)
        .into_iter()
        .map(|(_, data)| data["choices"][0]["logprobs"].clone())
        .filter(|logprobs| !logprobs.is_null())
        .collect();
    let expected = [first, second].map(|token| json!({ "content": [token], "refusal": null }));
    assert_eq!(pieces, expected);
    let responses = whole(Dialect::OpenAiResponses, &events);
    assert_eq!(responses["output"][0]["content"][0]["logprobs"], all["content"]);

    for odd in
        ["1", "{}", r#"{"logprobsResult":[]}"#, r#"{"logprobsResult":{"chosenCandidates":7}}"#]
    {
        let events = [
            started(),
            Event::Logprobs(at(0, "gemini", odd)),
            finished(FinishReason::Stop, "STOP"),
        ];
        assert_eq!(whole(CHAT, &events)["choices"][0]["logprobs"], Value::Null, "{odd}");
    }
}

const CHUNK: &str = r#"{"object":"chat.completion.chunk","#;

#[test]
fn an_empty_text_stays_one() {
    let empty = format!(r#"{CHUNK}"choices":[{{"index":0,"delta":{{"content":""}}}}]}}"#);
    let events = [
        started(),
        Event::Native(at(0, "openai-chat", &empty)),
        finished(FinishReason::Length, "length"),
    ];
    assert_eq!(whole(CHAT, &events)["choices"][0]["message"]["content"], "");
    let told: Vec<Value> = deltas(&events).iter().map(|delta| delta["content"].clone()).collect();
    assert_eq!(told[..2], [Value::Null, json!("")]);
    let nothing = [started(), finished(FinishReason::Length, "length")];
    let message = whole(CHAT, &nothing)["choices"][0]["message"].clone();
    assert_eq!(message, json!({ "role": "assistant", "content": null, "refusal": null }));
    // To clients of other dialects it is nothing.
    for dialect in [
        Dialect::OpenAiCompletions,
        Dialect::OpenAiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
    ] {
        assert_eq!(whole(dialect, &events), whole(dialect, &nothing), "{}", dialect.name());
        let (one, other) = (written(dialect, "{}", &events), written(dialect, "{}", &nothing));
        assert_eq!(one, other, "{}", dialect.name());
    }
}

#[test]
fn which_version_answered_is_said_in_every_chunk() {
    let own = r#"{"system_fingerprint":"fp_1","service_tier":"default","mood":"good"}"#;
    let late = format!(r#"{CHUNK}"service_tier":"flex","mood":"bad"}}"#);
    let events = [
        started_with("openai-chat", own),
        Event::Text(delta(0, "a")),
        Event::Text(delta(0, "b")),
        Event::Native(at(0, "openai-chat", &late)),
        Event::Text(delta(0, "c")),
        usage(),
        finished(FinishReason::Stop, "stop"),
    ];
    let frames = raw_frames(CHAT, r#"{"stream_options":{"include_usage":true}}"#, &events);
    let count = |word: &str| -> Vec<usize> {
        frames.iter().map(|frame| frame.matches(word).count()).collect()
    };
    assert_eq!(count(r#""system_fingerprint":"fp_1""#), [1, 1, 1, 1, 1, 1, 1, 0]);
    assert_eq!(count(r#""service_tier":"default""#), [1, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(count(r#""service_tier":"flex""#), [0, 0, 0, 1, 1, 1, 1, 0]);
    assert_eq!(count(r#""mood":"good""#), [1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(count(r#""mood":"bad""#).iter().sum::<usize>(), 1);
    // Another dialect's words are not this one's.
    let foreign = [started_with("gemini", own), Event::Text(delta(0, "a"))];
    let frames = raw_frames(CHAT, "{}", &foreign);
    assert!(!frames.concat().contains("fp_1"));
}

#[test]
fn usage_may_be_asked_for_as_routers_have_it() {
    let events = [Event::Text(delta(0, "a")), usage(), finished(FinishReason::Stop, "stop")];
    let told = |extra: &str| {
        chunks(extra, &events).iter().filter(|chunk| chunk.get("usage").is_some()).count()
    };
    assert_eq!(told(r#"{"usage":{"include":true}}"#), 1);
    for extra in [
        "{}",
        r#"{"usage":{"include":false}}"#,
        r#"{"usage":true}"#,
        r#"{"stream_options":{"include_usage":false}}"#,
    ] {
        assert_eq!(told(extra), 0, "{extra}");
    }
}

#[test]
fn a_call_of_an_unknown_kind_comes_out_as_it_was_and_goes_back() {
    let mut unknown = call(1, "c2", "new");
    if let Event::ToolCallStarted(call) = &mut unknown {
        call.extra = Some(native("openai-chat", r#"{"type":"new","new":{"a":1.0}}"#));
    }
    let events = [
        started(),
        call(0, "c1", "f"),
        unknown,
        call(2, "c3", "g"),
        finished(FinishReason::ToolCalls, "tool_calls"),
    ];
    let message = whole(CHAT, &events)["choices"][0]["message"].clone();
    let new = json!({ "id": "c2", "type": "new", "new": { "a": 1.0 } });
    let function = |id: &str, name: &str| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": "{}" } });
    assert_eq!(message["tool_calls"], json!([function("c1", "f"), new, function("c3", "g")]));

    let pieces: Vec<Value> = deltas(&events)
        .iter()
        .filter_map(|delta| Some(delta.get("tool_calls")?[0].clone()))
        .collect();
    let numbers: Vec<_> = pieces.iter().map(|piece| piece["index"].clone()).collect();
    assert_eq!(numbers, [0, 1, 2, 0, 2]);
    let mut numbered = new.clone();
    numbered["index"] = json!(1);
    assert_eq!(pieces[1], numbered);

    let body = json!({ "model": "m", "messages": [message] });
    let request = openai_chat::read_request(body.to_string().as_bytes()).expect("a request");
    let calls: Vec<_> = request.messages[0]
        .parts
        .iter()
        .filter_map(|part| match part {
            hotcell::types::Part::ToolCall(call) => Some((call.id.as_str(), call.name.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(calls, [("c1", "f"), ("c2", "new"), ("c3", "g")]);
    let kept = request.messages[0].extra.as_ref().expect("the client's own words");
    let kept: Value = serde_json::from_str(&kept.value).expect("JSON");
    assert_eq!(kept["tool_calls"], message["tool_calls"]);
}

#[test]
fn sound_goes_on_as_it_comes() {
    let piece = |audio: &str| {
        let value = format!(r#"{CHUNK}"choices":[{{"index":0,"delta":{{"audio":{audio}}}}}]}}"#);
        Event::Native(at(0, "openai-chat", &value))
    };
    let pieces =
        [r#"{"id":"audio_1","transcript":"hi"}"#, r#"{"data":"AAE="}"#, r#"{"expires_at":7}"#];
    let whole_of = |native: Option<&str>| {
        let extra = native.map(|members| super::native("openai-chat", members));
        let source = MediaSource::Bytes(vec![0, 1]);
        let kind = MediaKind::Audio;
        let part = MediaPart { kind, mime: None, source, name: None, cache: None, extra };
        Event::Media(MediaEvent { choice: 0, index: 0, part })
    };
    let mut events: Vec<Event> = pieces.iter().map(|audio| piece(audio)).collect();
    events.push(whole_of(Some(r#"{"id":"audio_1","expires_at":7,"transcript":"hi"}"#)));
    events.push(finished(FinishReason::Stop, "stop"));
    let mut writer = CHAT.stream(&request(CHAT, "{}"), about());
    let mut told = Vec::new();
    for event in events.clone() {
        let mut out = Vec::new();
        writer.event(event, &mut out);
        let deltas =
            frames(&out).into_iter().map(|(_, chunk)| chunk["choices"][0]["delta"].clone());
        told.push(deltas.filter_map(|delta| delta.get("audio").cloned()).collect::<Vec<_>>());
    }
    let expected: Vec<Vec<Value>> =
        pieces.iter().map(|audio| vec![serde_json::from_str(audio).expect("JSON")]).collect();
    assert_eq!(told[..3], expected);
    // Nothing is said twice.
    assert_eq!(told[3..], [vec![], vec![]] as [Vec<Value>; 2]);

    let message = whole(CHAT, &events)["choices"][0]["message"].clone();
    let audio = json!({ "id": "audio_1", "expires_at": 7, "transcript": "hi", "data": "AAE=" });
    let expected = json!({ "role": "assistant", "content": null, "refusal": null, "audio": audio });
    assert_eq!(message, expected);
    let body = CHAT.whole(&request(CHAT, "{}"), about(), events);
    assert_eq!(String::from_utf8_lossy(&body).matches("\"audio\":").count(), 1);
}
