//! Everything of a request that is neither message nor tool.

use crate::provider::{CLAUDE, NOVA, body, native, provider, sent, sent_by, to};
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::{ChatRequest, JsonSchema, Native, OutputFormat, Sampling};
use serde_json::{Value, json};

fn sampling(model: &str, change: impl FnOnce(&mut Sampling)) -> ChatRequest {
    let mut request = to(model);
    change(&mut request.sampling);
    request
}

#[test]
fn a_model_is_one_segment_whatever_its_name_holds() {
    for (model, path) in [
        (CLAUDE, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"),
        ("converse/amazon.nova-lite-v1:0", "/model/amazon.nova-lite-v1%3A0/converse-stream"),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x-v1:0",
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x-v1%3A0\
             /converse-stream",
        ),
        ("../../files?x=1#y", "/model/..%2F..%2Ffiles%3Fx%3D1%23y/converse-stream"),
    ] {
        let mut script = provider();
        script.answer(404, "application/json", "{}");
        let run = script.chat::<Bedrock>(to(model));
        assert_eq!(run.requests[0].path, path);
        assert_eq!(run.requests[0].header("accept"), Some("application/vnd.amazon.eventstream"));
    }
}

#[test]
fn sampling_that_the_protocol_knows() {
    let request = sampling(CLAUDE, |sampling| {
        sampling.max_output_tokens = Some(5);
        sampling.temperature = Some(0.5);
        sampling.top_p = Some(0.25);
        sampling.stop = vec!["END".to_owned(), String::new()];
    });
    let config = json!({ "maxTokens": 5, "temperature": 0.5, "topP": 0.25,
        "stopSequences": ["END"] });
    assert_eq!(body(request)["inferenceConfig"], config);
    assert_eq!(body(to(CLAUDE)).get("inferenceConfig"), None);
    let (body, warnings) = sent(sampling(CLAUDE, |sampling| sampling.temperature = Some(1.5)));
    assert_eq!(body["inferenceConfig"], json!({ "temperature": 1.0 }));
    assert_eq!(warnings, ["the temperature was lowered to 1, the highest here"]);
}

#[test]
fn sampling_that_only_some_models_know() {
    for (model, fields) in [
        (CLAUDE, json!({ "top_k": 7 })),
        (NOVA, json!({ "inferenceConfig": { "topK": 7 } })),
        ("mistral.mistral-large-2402-v1:0", json!({ "top_k": 7 })),
        ("cohere.command-r-v1:0", json!({ "k": 7 })),
    ] {
        let request = sampling(model, |sampling| sampling.top_k = Some(7));
        assert_eq!(body(request)["additionalModelRequestFields"], fields, "{model}");
    }
    let everything = |sampling: &mut Sampling| {
        sampling.top_k = Some(7);
        sampling.seed = Some(1);
        sampling.presence_penalty = Some(0.5);
        sampling.frequency_penalty = Some(0.25);
        sampling.choices = Some(2);
        sampling.logprobs = Some(0);
    };
    let (found, warnings) = sent(sampling("cohere.command-r-v1:0", everything));
    let fields = json!({ "k": 7, "seed": 1, "presence_penalty": 0.5, "frequency_penalty": 0.25 });
    assert_eq!(found["additionalModelRequestFields"], fields);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let (found, warnings) = sent(sampling("us.meta.llama3-3-70b-instruct-v1:0", everything));
    assert_eq!(found.get("additionalModelRequestFields"), None);
    assert_eq!(warnings.len(), 6, "{warnings:?}");
}

#[test]
fn an_arn_tells_by_a_setting_whose_model_it_is() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    let request = || sampling(arn, |sampling| sampling.top_k = Some(7));
    assert_eq!(sent(request()).1.len(), 1);
    let (body, warnings) = sent_by(provider().setting("family", "nova"), request());
    assert_eq!(body["additionalModelRequestFields"], json!({ "inferenceConfig": { "topK": 7 } }));
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn the_form_of_the_answer() {
    let schema = JsonSchema {
        name: Some("person".to_owned()),
        description: None,
        schema: r#"{"type": "object"}"#.to_owned(),
        strict: Some(true),
    };
    let output = Some(OutputFormat::JsonSchema(schema));
    assert_eq!(
        body(ChatRequest { output, ..to(CLAUDE) })["outputConfig"],
        json!({ "textFormat": { "type": "json_schema", "structure": { "jsonSchema":
            { "name": "person", "schema": "{\"type\": \"object\"}" } } } })
    );
    let output = Some(OutputFormat::JsonObject);
    let (found, warnings) = sent(ChatRequest { output, ..to(CLAUDE) });
    let words = "Answer with a single JSON object and nothing else.";
    assert_eq!(found["system"], json!([{ "text": words }]));
    assert_eq!(warnings.len(), 1);
    let output = Some(OutputFormat::Text);
    assert_eq!(body(ChatRequest { output, ..to(CLAUDE) }).as_object().unwrap().len(), 1);
}

#[test]
fn the_operators_settings_are_for_every_request() {
    let mut script = provider();
    script.setting("guardrail-id", "gr1").setting("anthropic-beta", "one, two,,one");
    let (found, _) = sent_by(&mut script.clone(), to(CLAUDE));
    let guardrail = json!({ "guardrailIdentifier": "gr1", "guardrailVersion": "DRAFT" });
    assert_eq!(found["guardrailConfig"], guardrail);
    let fields = json!({ "anthropic_beta": ["one", "two"] });
    assert_eq!(found["additionalModelRequestFields"], fields);
    let (found, _) = sent_by(&mut script.clone(), to(NOVA));
    assert_eq!(found.get("additionalModelRequestFields"), None);
    let own = json!({ "guardrailConfig": { "guardrailIdentifier": "mine" } });
    let request = ChatRequest { extra: Some(native(&own)), ..to(CLAUDE) };
    let (found, _) = sent_by(&mut script, request);
    assert_eq!(found["guardrailConfig"], own["guardrailConfig"]);
    // A client of Claude's own protocol names some itself.
    let theirs = Native {
        dialect: "anthropic-messages".to_owned(),
        value: json!({ "betas": ["three"] }).to_string(),
    };
    let (found, _) = sent(ChatRequest { extra: Some(theirs), ..to(CLAUDE) });
    assert_eq!(found["additionalModelRequestFields"], json!({ "anthropic_beta": ["three"] }));
}

#[test]
fn members_of_this_dialect_pass_and_win() {
    let own: Value = json!({
        "inferenceConfig": { "maxTokens": 1, "other": 2 },
        "additionalModelRequestFields": { "top_k": 3 },
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "guardrailConfig": { "guardrailIdentifier": "g", "guardrailVersion": "1" },
        "performanceConfig": { "latency": "optimized" },
        "promptVariables": { "v": { "text": "x" } },
        "requestMetadata": { "k": "v" },
        "serviceTier": { "type": "flex" },
    });
    let mut request = sampling(CLAUDE, |sampling| {
        sampling.max_output_tokens = Some(9);
        sampling.top_k = Some(9);
    });
    request.extra = Some(native(&own));
    let mut found = body(request);
    found.as_object_mut().unwrap().remove("messages");
    assert_eq!(found, own);
}
