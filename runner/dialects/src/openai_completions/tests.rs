use super::read_request;
use hotcell::types::Part;
use serde_json::{Value, json};

fn read(body: Value) -> hotcell::types::ChatRequest {
    read_request(body.to_string().as_bytes()).expect("a request")
}

fn extra(request: &hotcell::types::ChatRequest) -> Value {
    let extra = request.extra.as_ref().expect("an extra");
    assert_eq!(extra.dialect, "openai-completions");
    serde_json::from_str(&extra.value).expect("JSON")
}

#[test]
fn a_text_is_a_message_of_the_user() {
    let request = read(json!({
        "model": "m", "prompt": "Once", "max_tokens": 7, "temperature": 0.5, "n": 2,
        "stream": true, "echo": true, "suffix": ".", "best_of": 3, "logprobs": 2, "stop": "x",
    }));
    assert_eq!(request.messages, [hotcell::types::Message::user("Once")]);
    assert!(request.stream);
    let sampling = &request.sampling;
    assert_eq!((sampling.max_output_tokens, sampling.choices), (Some(7), Some(2)));
    assert_eq!((&sampling.stop[..], sampling.logprobs), (&["x".to_owned()][..], Some(2)));
    let own = json!({ "echo": true, "suffix": ".", "best_of": 3 });
    assert_eq!(extra(&request), own);
}

#[test]
fn a_prompt_that_is_no_text_is_for_providers_of_the_dialect_alone() {
    for prompt in [json!(["a", "b"]), json!([1, 2]), json!([[1], [2]])] {
        let request = read(json!({ "model": "m", "prompt": prompt }));
        assert!(matches!(request.messages[0].parts[..], [Part::Native(_)]), "{prompt}");
        assert_eq!(extra(&request), json!({ "prompt": prompt }));
    }
    let request = read(json!({ "model": "m", "prompt": ["a"] }));
    assert_eq!(request.messages, [hotcell::types::Message::user("a")]);
    assert_eq!(extra(&request), json!({}));
}

#[test]
fn what_has_no_prompt_is_refused() {
    for body in [json!({ "model": "m" }), json!({ "model": "m", "prompt": 1 }), json!([])] {
        assert!(read_request(body.to_string().as_bytes()).is_err(), "{body}");
    }
}
