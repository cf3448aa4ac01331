use crate::context::{Context, assert_screen};
use serde_json::{Value, json};

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
fn another_dependency_is_shown_and_is_no_capability() {
    let context = Context::empty();
    let states = |file: &str, crates: &[(&str, &str, &str)]| {
        let root = json!({ "name": "a", "version": "1.0.0", "source": "local", "root": true });
        let crates = crates.iter().map(
            |(name, version, source)| json!({ "name": name, "version": version, "source": source }),
        );
        let packages: Vec<Value> = std::iter::once(root).chain(crates).collect();
        context.claiming(file, &json!(packages));
    };
    let usual = ("memchr", "2.8.3", "crates.io");
    states("old.wasm", &[usual, ("serde", "1.0.229", "crates.io"), ("itoa", "1.0.0", "crates.io")]);
    states(
        "new.wasm",
        &[
            ("memchr", "2.8.4", "git"),
            ("serde", "1.0.229", "crates.io"),
            ("telemetry", "0.1.0", "crates.io"),
        ],
    );
    context.packed(
        "silent.wasm",
        &[("license = \"Apache-2.0\"", "license = \"MIT\"\nrevision = \"0123abcd\"")],
    );
    let runs = [
        ("other crates", context.run(&["adapter", "diff", "old.wasm", "new.wasm"]).good()),
        ("no longer stated", context.run(&["adapter", "diff", "old.wasm", "silent.wasm"]).good()),
    ];
    let pages: String =
        runs.iter().map(|(title, screen)| format!("=== {title}\n{}\n", screen.page())).collect();
    // Whether the two sizes differ where they are rounded is chance.
    let lines = pages.lines().filter(|line| !line.starts_with("size "));
    let pages: String = lines.map(|line| format!("{line}\n")).collect();
    assert_screen!(context, "adapter_diff_dependencies", pages);
    let json = context.run(&["adapter", "diff", "old.wasm", "new.wasm", "--json"]).good().json();
    assert_eq!(
        json["dependencies"],
        json!([
            { "kind": "added", "name": "telemetry", "version": "0.1.0", "source": "crates.io" },
            { "kind": "changed", "name": "memchr", "old": "2.8.3", "new": "2.8.4",
              "old-source": "crates.io", "new-source": "git" },
            { "kind": "removed", "name": "itoa", "version": "1.0.0", "source": "crates.io" },
        ])
    );
}

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
