use crate::context::{Context, assert_screen};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn an_answer_is_printed_and_nothing_else() {
    let context = Context::new();
    let screen = context.run(&["chat", "hello", "there"]).good();
    assert_eq!((screen.out.as_str(), screen.err.as_str()), ("You said: hello there\n", ""));
    let request = context.received();
    assert_eq!(request["model"], "gpt-4o-mini");
    assert_eq!(request["stream"], true);
    assert_eq!(request["messages"], json!([{ "role": "user", "content": "hello there" }]));
}

#[test]
fn both_adapters_answer_whole_and_streamed() {
    let context = Context::new();
    for model in ["mock/gpt-4o", "claude/claude-sonnet-4-5"] {
        for more in [&[][..], &["--no-stream"]] {
            let mut arguments = vec!["chat", "-m", model, "Grüße"];
            arguments.extend(more);
            let screen = context.run(&arguments).good();
            assert_eq!(screen.out, "You said: Grüße\n", "{model} {more:?}");
            assert_eq!(context.received()["stream"] == true, more.is_empty());
        }
    }
}

#[test]
fn a_streamed_answer_comes_piece_by_piece() {
    use std::io::Read;
    let context = Context::new();
    context.mock.change(|mock| mock.gap = Duration::from_millis(150));
    let mut command = context.command(&["chat", "one two three four five six"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stdin(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut first = [0; 4];
    out.read_exact(&mut first).unwrap();
    let started = Instant::now();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(
        format!("{}{rest}", String::from_utf8_lossy(&first)),
        "You said: one two three four five six\n"
    );
    // Seven more words and the end came after the first.
    assert!(started.elapsed() > Duration::from_millis(600), "{:?}", started.elapsed());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_pipe_and_files_go_with_the_prompt() {
    let context = Context::new();
    context.file("notes.txt", "buy milk\n");
    context.file("photo.bin", b"\x89PNG\r\n\x1a\n0000");
    let arguments = ["chat", "-f", "notes.txt", "-f", "photo.bin", "what is this?"];
    context.run_with(&arguments, b"from the pipe\n").good();
    let content = context.received()["messages"][0]["content"].clone();
    assert_eq!(content[0]["text"], "<file name=\"notes.txt\">\nbuy milk\n</file>");
    assert_eq!(content[1]["image_url"]["url"], "data:image/png;base64,iVBORw0KGgowMDAw");
    assert_eq!(content[2]["text"], "from the pipe\n\nwhat is this?");
}

#[test]
fn a_document_reaches_both_providers() {
    let context = Context::new();
    context.file("plan.pdf", b"%PDF-1.7 ...");
    for (model, kind) in [("mock/gpt-4o", "file plan.pdf"), ("claude/c", "document plan.pdf")] {
        let screen = context.run(&["chat", "-m", model, "-f", "plan.pdf", "read"]).good();
        assert_eq!(screen.out, format!("You said: read\n\nWith it came: {kind}.\n"));
    }
}

#[test]
fn a_schema_shapes_the_answer() {
    let context = Context::new();
    let schema = json!({
        "title": "person",
        "type": "object",
        "properties": { "name": { "type": "string" }, "age": { "type": "integer" } },
        "required": ["name", "age"],
        "additionalProperties": false,
    });
    context.file("person.json", schema.to_string());
    let screen = context.run(&["chat", "--schema", "person.json", "--json", "Ada"]).good();
    assert_eq!(screen.json()["json"], json!({ "name": "Ada", "age": 1 }));
    let format = &context.received()["response_format"]["json_schema"];
    assert_eq!((&format["name"], &format["schema"]), (&json!("person"), &schema));
}

#[test]
fn sampling_flags_reach_the_provider() {
    let context = Context::new();
    let flags = [
        "chat",
        "--temperature",
        "0.5",
        "--top-p",
        "0.9",
        "--max-tokens",
        "100",
        "--seed",
        "-7",
        "--stop",
        "END",
        "--stop",
        "FIN",
        "--presence-penalty",
        "-0.5",
        "--frequency-penalty",
        "1.5",
        "--reasoning-effort",
        "low",
        "--system",
        "Be brief",
        "x",
    ];
    context.run(&flags).good();
    let request = context.received();
    for (member, value) in [
        ("temperature", json!(0.5)),
        ("top_p", json!(0.9)),
        ("seed", json!(-7)),
        ("stop", json!(["END", "FIN"])),
        ("presence_penalty", json!(-0.5)),
        ("frequency_penalty", json!(1.5)),
        ("reasoning_effort", json!("low")),
    ] {
        assert_eq!(request[member], value, "{member}");
    }
    assert_eq!(request["messages"][0], json!({ "role": "system", "content": "Be brief" }));
}

#[test]
fn json_is_one_document() {
    let context = Context::new();
    let screen = context.run(&["chat", "--json", "hello"]).good();
    assert_screen!(context, "chat_json", screen.page());
}

#[test]
fn events_are_one_a_line() {
    let context = Context::new();
    let screen = context.run(&["chat", "--events", "-m", "claude/c", "hello"]).good();
    assert_screen!(context, "chat_events", screen.page());
}

#[test]
fn reasoning_is_shown_where_it_is_asked_for_and_not_mixed_in() {
    let context = Context::new();
    let arguments = ["chat", "-m", "mock/reasoner", "--show-reasoning", "hello"];
    let screen = context.run(&arguments).good();
    assert_eq!(screen.out, "You said: hello\n");
    assert_eq!(screen.err, "The user wants an answer. I repeat what they said.\n");
    let screen = context.run(&["chat", "-m", "mock/reasoner", "hello"]).good();
    assert_eq!(screen.err, "");
}

#[test]
fn usage_and_an_early_end_are_said_on_standard_error() {
    let context = Context::new();
    let arguments = ["chat", "--usage", "--max-tokens", "2", "a long story, please"];
    let screen = context.run(&arguments).good();
    assert_screen!(context, "chat_usage", screen.page());
}

#[test]
fn an_echoed_key_never_reaches_the_screen() {
    let context = Context::new();
    for form in ["--json", "--events", "--plain"] {
        let screen = context.run(&["chat", "-m", "mock/echo-key", form, "-vvv", "tell"]).good();
        assert!(!screen.page().contains(hotcell_mock::Mock::KEY), "{form}");
    }
}

#[test]
fn every_decision_is_audited_where_a_file_is_named() {
    let context = Context::new();
    context.run(&["chat", "--audit", "audit.jsonl", "hello"]).good();
    let text = std::fs::read_to_string(context.project().join("audit.jsonl")).unwrap();
    let decisions: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<_> = decisions.iter().map(|record| &record["decision"]).collect();
    assert_eq!(words, ["granted", "finished"]);
    assert_eq!(decisions[0]["path"], "/chat/completions");
}

#[test]
fn embeddings_come_one_a_line() {
    let context = Context::new();
    let arguments = ["embed", "-m", "mock/text-embedding-3-small", "-d", "3"];
    let piped = context.run_with(&arguments, b"one\n\ntwo\n").good();
    assert_eq!(piped.out.lines().count(), 2);
    let vector: Vec<f32> = serde_json::from_str(piped.out.lines().next().unwrap()).unwrap();
    assert_eq!(vector.len(), 3);
    context.mock.take_requests();
    let mut arguments = arguments.to_vec();
    arguments.extend(["--json", "one", "two"]);
    let json = context.run(&arguments).good().json();
    assert_eq!(json["vectors"].as_array().unwrap().len(), 2);
    assert_eq!(context.received()["input"], json!(["one", "two"]));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let context = Context::new();
    let binary = env!("CARGO_BIN_EXE_hotcell");
    let mut command = std::process::Command::new("sh");
    let script =
        format!("{{ '{binary}' chat -m mock/endless x; echo \"exit $?\" >&2; }} | head -c 10");
    let world = context.command(&[]);
    command.args(["-c", &script]).current_dir(context.project()).env_clear();
    command.envs(world.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let screen = context.run_command(command, b"");
    assert_eq!((screen.out.len(), screen.err.as_str()), (10, "exit 0\n"));
}
