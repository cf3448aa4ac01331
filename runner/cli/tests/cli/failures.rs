use crate::context::{Context, Screen, assert_screen};

/// Several runs on one page.
fn pages(runs: &[(&str, Screen)]) -> String {
    runs.iter().map(|(title, screen)| format!("=== {title}\n{}\n", screen.page())).collect()
}

#[test]
fn what_a_provider_says_is_shown_with_its_request_id() {
    let context = Context::new();
    let models = [
        "error-400",
        "error-401",
        "error-403",
        "error-404",
        "error-413",
        "error-429",
        "error-quota",
        "error-500",
        "error-503",
        "unknown-model",
        "error-midstream",
        "cut",
        "unterminated",
        "redirect",
    ];
    let runs: Vec<_> = models
        .iter()
        .map(|model| (*model, context.run(&["chat", "-m", &format!("mock/{model}"), "hi"])))
        .collect();
    assert_screen!(context, "failures_openai", pages(&runs));
    let models = ["error-401", "error-429", "error-529", "error-quota", "error-midstream", "cut"];
    let runs: Vec<_> = models
        .iter()
        .map(|model| (*model, context.run(&["chat", "-m", &format!("claude/{model}"), "hi"])))
        .collect();
    assert_screen!(context, "failures_anthropic", pages(&runs));
}

#[test]
fn exit_codes_are_those_of_the_table() {
    let context = Context::new();
    for (model, code) in [
        ("error-400", 3),
        ("error-404", 3),
        ("error-401", 4),
        ("error-403", 4),
        ("error-429", 6),
        ("error-quota", 6),
        ("error-500", 7),
        ("error-503", 7),
        ("cut", 7),
    ] {
        let screen = context.run(&["chat", "-m", &format!("mock/{model}"), "hi"]);
        assert_eq!(screen.code, Some(code), "{model}: {screen:?}");
    }
}

#[test]
fn wrong_usage_says_what_would_be_right() {
    let context = Context::new();
    context.file("broken.json", "{\n  \"type\": objekt\n}");
    context.file("data.bin", [0xff, 0x00, 0xfe]);
    let runs = [
        ("no prompt", context.run(&["chat"])),
        ("a model without a provider", context.run(&["chat", "-m", "gpt-4o", "hi"])),
        ("an unknown provider", context.run(&["chat", "-m", "opnai/gpt-4o", "hi"])),
        ("a missing attachment", context.run(&["chat", "-f", "nope.txt", "hi"])),
        ("a folder", context.run(&["chat", "-f", ".", "hi"])),
        ("a file of no kind", context.run(&["chat", "-f", "data.bin", "hi"])),
        ("a missing schema", context.run(&["chat", "--schema", "nope.json", "hi"])),
        ("a broken schema", context.run(&["chat", "--schema", "broken.json", "hi"])),
        ("an unknown flag", context.run(&["chat", "--temprature", "1", "hi"])),
        ("an unknown command", context.run(&["caht"])),
        ("an unknown adapter", context.run(&["adapter", "inspect", "opnai"])),
        ("no component", context.run(&["adapter", "inspect", "./data.bin"])),
        ("nothing to embed", context.run(&["embed", "-m", "mock/e"])),
    ];
    assert_screen!(context, "usage", pages(&runs));
    assert!(context.mock.requests().is_empty());
}

#[test]
fn a_missing_key_says_where_it_would_come_from() {
    let context = Context::empty();
    let runs = [
        ("no model", context.run(&["chat", "hi"])),
        ("no key", context.run(&["chat", "-m", "openai/gpt-4o", "hi"])),
        ("no key in the catalogue", context.run(&["chat", "-m", "groq/llama", "hi"])),
    ];
    assert_screen!(context, "missing_key", pages(&runs));
}

#[test]
fn an_unknown_model_suggests_the_nearest() {
    let context = Context::new();
    let screen = context.run(&["chat", "-m", "mock/gpt-4o-minitypo", "hi"]);
    assert_eq!(screen.code, Some(3));
    assert!(screen.err.contains("help:  did you mean mock/gpt-4o-mini?"), "{screen:?}");
    let asked: Vec<String> = context.mock.requests().into_iter().map(|r| r.path).collect();
    assert_eq!(asked, ["/v1/chat/completions", "/v1/models"]);
    // Where none is like it, the list is named.
    let screen = context.run(&["chat", "-m", "mock/unknown", "hi"]);
    assert!(screen.err.contains("`hotcell models mock` lists its models"), "{screen:?}");
}

#[test]
fn errors_are_json_where_output_is() {
    let context = Context::new();
    let screen = context.run(&["chat", "--json", "-m", "mock/error-429", "hi"]);
    let error: serde_json::Value = serde_json::from_str(&screen.err).unwrap();
    assert_eq!(screen.out, "");
    assert_eq!(error["error"]["kind"], "rate-limited");
    assert_eq!(error["error"]["retry-after-ms"], 7000);
    assert_eq!(error["error"]["exit-code"], 6);
    assert_eq!(screen.code, Some(6));
}

#[test]
fn what_a_provider_says_cannot_steer_the_terminal() {
    let context = Context::new();
    // The mock says the name of a model that it does not know.
    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}";
    let command = context.command(&["chat", "-m", &format!("mock/unknown{evil}"), "hi"]);
    let screen = context.run_command(command, b"");
    assert!(screen.err.contains("mock/unknown") || screen.err.contains("`unknown"), "{screen:?}");
    assert!(!screen.err.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{screen:?}");
}
