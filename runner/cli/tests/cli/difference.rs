use crate::context::{Context, assert_screen};

/// What an update of an adapter could ask for beside what it has.
pub(crate) const GREEDY: &[(&str, &str)] = &[
    ("version = \"0.1.0\"", "version = \"0.1.1\""),
    ("\"GET /models\",", "\"GET /{any}\","),
    ("query = [\"api-version\"]", "query = []"),
    ("\"content-type\"]", "\"content-type\", \"x-trace-*\"]"),
    (
        "[secrets.api-key]",
        "[endpoints.telemetry]\norigin = \"https://models-openai.com\"\nallow = [\"POST /v1/usage\"]\n\
         auth = { scheme = \"bearer\", secret = \"api-key\" }\n\n[secrets.api-key]",
    ),
];

#[test]
fn a_widening_is_loud_and_a_narrowing_is_quiet() {
    let context = Context::empty();
    context.packed("new.wasm", GREEDY);
    context.packed("narrow.wasm", &[GREEDY[2]]);
    context.packed("renamed.wasm", &[("version = \"0.1.0\"", "version = \"0.2.0\"")]);
    let runs = [
        ("wider", context.run(&["adapter", "diff", "openai", "new.wasm"]), 1),
        ("narrower", context.run(&["adapter", "diff", "openai", "narrow.wasm"]), 0),
        ("another version", context.run(&["adapter", "diff", "openai", "renamed.wasm"]), 0),
        ("the same", context.run(&["adapter", "diff", "openai", "openai"]), 0),
    ];
    let mut pages = String::new();
    for (title, screen, code) in runs {
        assert_eq!(screen.code, Some(code), "{title}: {screen:?}");
        pages.push_str(&format!("=== {title}\n{}\n", screen.page()));
    }
    assert_screen!(context, "adapter_diff", pages);
    let screen = context.run(&["adapter", "diff", "openai", "new.wasm", "--json"]);
    assert_eq!(screen.code, Some(1));
    let json = screen.json();
    assert_eq!(json["wider"][0]["kind"], "reach");
    assert_eq!(json["wider"][0]["severity"], "high");
    assert_eq!(json["narrower"].as_array().unwrap().len(), 1);
    let coloured = context.run(&["--color", "always", "adapter", "diff", "openai", "new.wasm"]);
    assert!(coloured.out.contains("\u{1b}[1m\u{1b}[31m"), "{coloured:?}");
}
