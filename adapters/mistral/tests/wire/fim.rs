//! A text that is completed, as the setting `mode` wants it.

use crate::provider::{answer, message, own, provider, refused, sent_by};
use hotcell_adapter_mistral::Mistral;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{ChatRequest, OutputFormat, Role, ToolChoice};
use serde_json::json;

fn fim() -> Script {
    let mut script = provider();
    script.setting("mode", "fim");
    script
}

#[test]
fn texts_are_the_prompt_and_the_suffix_follows() {
    let mut request = ChatRequest::new(vec![
        message(Role::User, "fn main() {\n"),
        message(Role::User, "    let x = "),
    ]);
    request.sampling.max_output_tokens = Some(9);
    request.sampling.seed = Some(1);
    let (plain, warnings) = sent_by(&mut fim(), request.clone());
    assert_eq!((plain.path.as_str(), warnings.len()), ("/fim/completions", 0));
    let mut expected = json!({ "model": "test-model", "prompt": "fn main() {\n    let x = ",
        "max_tokens": 9, "random_seed": 1, "stream": true });
    assert_eq!(plain.json(), expected);
    request.extra = Some(own(&json!({ "suffix": "\n}", "min_tokens": 1 })));
    let (between, _) = sent_by(&mut fim(), request);
    expected["suffix"] = json!("\n}");
    expected["min_tokens"] = json!(1);
    assert_eq!(between.json(), expected);
}

#[test]
fn a_completion_is_an_answer_like_others() {
    let mut script = fim();
    script.answer(200, "text/event-stream", answer(&[json!({ "content": "1;" })], "stop"));
    let run = script.chat_at_every_cut::<Mistral>(&ChatRequest::user("x = "));
    assert_eq!((run.text().as_str(), run.failure), ("1;", None));
}

#[test]
fn what_a_completion_cannot_have_is_refused() {
    let user = || ChatRequest::user("x");
    for request in [
        ChatRequest::new(vec![message(Role::System, "s"), message(Role::User, "x")]),
        ChatRequest { tool_choice: Some(ToolChoice::Required), ..user() },
        ChatRequest { output: Some(OutputFormat::JsonObject), ..user() },
    ] {
        refused(&fim(), request);
    }
}
