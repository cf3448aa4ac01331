//! The bodies of Amazon Bedrock's InvokeModel
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>), in the
//! words of each model's maker.

use crate::object::Object;
use crate::{DialectError, anthropic_messages, bedrock_converse};
use hotcell::types::{ChatRequest, EmbedRequest, Input, Message, Part, Role, Sampling, TextPart};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "bedrock-invoke";

/// Reads a client's request for a chat. `model` is what its path names, percent-decoded, and
/// `stream` whether its path ends in `invoke-with-response-stream`.
///
/// Its members tell whose words they are, and so what dialect it is of: Claude's are
/// [`anthropic_messages`], Nova's [`bedrock_converse`] but for a few members, and those of the
/// makers whose models go on with a text are of this one.
///
/// # Errors
/// Where the request cannot be one of a dialect, with the place and what is expected there.
pub fn read_request(body: &[u8], model: &str, stream: bool) -> Result<ChatRequest, DialectError> {
    let object = Object::parse(body, DIALECT)?;
    if ["inputText", "message", "prompt"].iter().any(|text| object.has(text)) {
        return read_text(object, model, stream);
    }
    match object.has("anthropic_version") {
        true => anthropic_messages::read_invoked(body, model, stream),
        false => bedrock_converse::read_request(body, model, stream),
    }
}

/// One text, and in what way to go on with it. All of it stays as it is spelled, but for the
/// text: what of it says what the types say is read besides.
fn read_text(mut object: Object, model: &str, stream: bool) -> Result<ChatRequest, DialectError> {
    let mut messages = Vec::new();
    let mut say = |role, text: String| {
        let part = Part::Text(TextPart { text, cache: None, extra: None });
        messages.push(Message { role, parts: vec![part], name: None, extra: None });
    };
    let word = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
    if let Some(text) = object.read("preamble", |value| value.as_str().map(str::to_owned)) {
        say(Role::System, text);
    }
    let history = object.read("chat_history", |value| value.as_array().cloned());
    for turn in history.unwrap_or_default() {
        let role = if turn["role"] == "CHATBOT" { Role::Assistant } else { Role::User };
        word(&turn, "message").into_iter().for_each(|text| say(role, text));
    }
    let name = ["inputText", "message", "prompt"].into_iter().find(|name| object.has(name));
    let text = object.required(name.unwrap_or_default())?;
    say(Role::User, text);

    let config = object.read("textGenerationConfig", |value| Some(value.clone()));
    let config = config.unwrap_or_default();
    let find = |names: &[&str]| {
        let own = |name: &&str| object.read(name, |value| Some(value.clone()));
        names.iter().find_map(|name| own(name).or_else(|| config.get(*name).cloned()))
    };
    let count = |names: &[&str]| find(names)?.as_u64()?.try_into().ok();
    let number = |names: &[&str]| find(names)?.as_f64();
    let stop = find(&["stop", "stop_sequences", "stopSequences"]);
    let stop = stop.iter().filter_map(Value::as_array).flatten();
    let sampling = Sampling {
        max_output_tokens: count(&["max_tokens", "max_gen_len", "maxTokenCount"]),
        temperature: number(&["temperature"]),
        top_p: number(&["top_p", "p", "topP"]),
        top_k: count(&["top_k", "k"]),
        seed: find(&["seed"]).and_then(|seed| seed.as_i64()),
        presence_penalty: number(&["presence_penalty"]),
        frequency_penalty: number(&["frequency_penalty"]),
        stop: stop.filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        choices: count(&["num_generations"]),
        logprobs: None,
    };
    Ok(ChatRequest {
        model: model.to_owned(),
        messages,
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        output: None,
        sampling,
        reasoning: None,
        stream,
        extra: Some(object.always_extra()),
    })
}

/// Reads a client's request for vectors, in Titan's words
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>)
/// or Cohere's
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>). `model`
/// is what its path names, percent-decoded.
/// `extra` is always there: it tells an adapter that a client of this dialect asked.
///
/// # Errors
/// Where the request asks for no vectors of texts.
pub fn read_embed_request(body: &[u8], model: &str) -> Result<EmbedRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let (model, mut dimensions, mut task) = (model.to_owned(), None, None);
    let inputs = if object.has("inputText") {
        dimensions = object.count("dimensions");
        vec![Input::Text(object.required("inputText")?)]
    } else {
        let texts = object.list("texts")?.unwrap_or_default();
        if texts.is_empty() {
            return Err(DialectError::new("", "expected `inputText` or a list of `texts`"));
        }
        dimensions = object.count("output_dimension").or(dimensions);
        task = object.text("input_type").or(task);
        let texts = texts.into_iter().enumerate().map(|(index, text)| match text {
            Value::String(text) => Ok(Input::Text(text)),
            _ => Err(DialectError::new(&format!("texts[{index}]"), "expected a string")),
        });
        texts.collect::<Result<_, _>>()?
    };
    Ok(EmbedRequest { model, inputs, dimensions, task, extra: Some(object.always_extra()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_tells_whose_words_it_is_in() {
        let read = |body: Value, stream| {
            let request = read_request(body.to_string().as_bytes(), "m", stream).unwrap();
            assert_eq!((request.model.as_str(), request.stream), ("m", stream));
            request
        };
        let said = |request: &ChatRequest| {
            request.extra.clone().map(|extra| (extra.dialect, extra.value)).unwrap()
        };
        let messages = json!([{ "role": "user", "content": "hi" }]);
        let claude = read(
            json!({ "anthropic_version": "bedrock-2023-05-31", "anthropic_beta": ["b"],
                "max_tokens": 3, "messages": messages }),
            true,
        );
        assert_eq!(claude.sampling.max_output_tokens, Some(3));
        let expected = r#"{"betas":["b"]}"#;
        assert_eq!(said(&claude), ("anthropic-messages".to_owned(), expected.to_owned()));
        let newer = read(json!({ "anthropic_version": "later", "messages": messages }), false);
        assert_eq!(said(&newer).1, r#"{"anthropic_version":"later"}"#);

        let messages = json!([{ "role": "user", "content": [{ "text": "hi" }] }]);
        let nova = read(json!({ "schemaVersion": "messages-v1", "messages": messages }), false);
        let expected = r#"{"schemaVersion":"messages-v1"}"#;
        assert_eq!(said(&nova), ("bedrock-converse".to_owned(), expected.to_owned()));
        for other in ["", "[]", r#"{"prompt":7}"#, r#"{"anthropic_version":"x"}"#] {
            assert!(read_request(other.as_bytes(), "m", false).is_err(), "{other}");
        }
    }

    #[test]
    fn a_text_stays_as_it_is_spelled_and_is_understood() {
        for (body, limit, top_p, stop) in [
            (
                json!({ "inputText": "hi", "textGenerationConfig": { "maxTokenCount": 10,
                    "topP": 0.5, "stopSequences": ["|"] } }),
                Some(10),
                Some(0.5),
                1,
            ),
            (json!({ "prompt": "hi", "max_gen_len": 9, "top_p": 1 }), Some(9), Some(1.0), 0),
            (json!({ "prompt": "hi", "max_tokens": 8, "stop": ["|"] }), Some(8), None, 1),
            (json!({ "message": "hi", "p": 0.5, "num_generations": 2 }), None, Some(0.5), 0),
        ] {
            let request = read_request(body.to_string().as_bytes(), "m", false).unwrap();
            let sampling = &request.sampling;
            assert_eq!((sampling.max_output_tokens, sampling.top_p), (limit, top_p), "{body}");
            assert_eq!(sampling.stop.len(), stop);
            assert_eq!(request.messages.len(), 1);
            let extra = request.extra.unwrap();
            let mut kept = body.as_object().unwrap().clone();
            kept.retain(|name, _| !["inputText", "message", "prompt"].contains(&name.as_str()));
            assert_eq!(extra.dialect, DIALECT);
            assert_eq!(serde_json::from_str::<Value>(&extra.value).unwrap(), Value::Object(kept));
        }
        let history = json!([{ "role": "USER", "message": "a" },
            { "role": "CHATBOT", "message": "b" }]);
        let body = json!({ "message": "c", "preamble": "p", "chat_history": history });
        let request = read_request(body.to_string().as_bytes(), "m", false).unwrap();
        let roles: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::User]);
    }

    #[test]
    fn both_makers_bodies_are_read() {
        let titan = read_embed_request(
            br#"{"inputText":"a","dimensions":256,"normalize":true}"#,
            "amazon.titan-embed-text-v2:0",
        )
        .unwrap();
        assert_eq!(titan.inputs, [Input::Text("a".to_owned())]);
        assert_eq!(titan.dimensions, Some(256));
        assert_eq!(titan.extra.unwrap().value, r#"{"normalize":true}"#);
        let cohere = read_embed_request(
            br#"{"texts":["a","b"],"input_type":"search_query","output_dimension":512}"#,
            "us.cohere.embed-v4:0",
        )
        .unwrap();
        assert_eq!(cohere.inputs.len(), 2);
        assert_eq!((cohere.task.as_deref(), cohere.dimensions), (Some("search_query"), Some(512)));
        assert_eq!(cohere.extra.unwrap().value, "{}");
        for other in ["{}", "[]", r#"{"texts":[]}"#, r#"{"texts":[1]}"#, r#"{"images":["x"]}"#] {
            assert!(read_embed_request(other.as_bytes(), "m").is_err(), "{other}");
        }
    }
}
