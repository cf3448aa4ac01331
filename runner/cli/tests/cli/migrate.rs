use crate::context::{Context, assert_screen};
use crate::served::Served;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const FILE: &str = r#"
model_list:
  - model_name: fast
    litellm_params:
      model: openai/llama
      api_base: http://10.0.0.7:8000/v1
      api_key: os.environ/MY_KEY
  - model_name: fast
    litellm_params:
      model: groq/llama-3.3-70b
      api_key: sk-hunter-literal
      temperature: 0.2
  - model_name: "anthropic/*"
    litellm_params: { model: "anthropic/*" }
litellm_settings:
  callbacks: [my_module.handler]
  fallbacks: [{ fast: [anthropic/claude-sonnet-4-5] }]
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
"#;

#[test]
fn a_configuration_of_litellms_becomes_one_of_hotcells() {
    let context = Context::empty();
    context.file("config.yaml", FILE);
    let screen = context.run(&["migrate", "litellm", "config.yaml"]).good();
    assert!(!screen.page().contains("hunter"), "{screen:?}");
    assert_screen!(context, "migrate_litellm", screen.page());

    // What came out is what is served.
    context.file("hotcell.toml", &screen.out);
    context.run(&["config", "check"]).good();

    let json = context.run(&["migrate", "litellm", "config.yaml", "--json"]).good().json();
    assert_eq!(json["toml"], screen.out);
    assert_eq!(json["grants"], serde_json::json!([]));
    assert_eq!(json["left-out"], 2);
    assert_eq!(json["notes"][0]["kind"], "differs");
    assert!(!json.to_string().contains("hunter"));
}

/// To look at a configuration opens no state, at a gateway's folder or anywhere else.
#[test]
fn whoever_migrates_leaves_nothing_behind() {
    let context = Context::empty();
    context.file("config.yaml", FILE);
    let home = || walk(&context.home());
    let before = home();
    let mut command = context.command(&["migrate", "litellm", "config.yaml"]);
    command.env("LITELLM_MASTER_KEY", "0123456789abcdef");
    context.run_command(command, b"").good();
    assert_eq!(home(), before);
}

/// Every file below a folder, but for those of the project itself.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(walk(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[test]
fn a_file_is_written_once_and_strictness_is_an_exit_code() {
    let context = Context::empty();
    context.file("config.yaml", FILE);
    let arguments = ["migrate", "litellm", "config.yaml", "--output", "out.toml"];
    let screen = context.run(&arguments).good();
    assert_eq!(screen.out, "");
    let written = std::fs::read_to_string(context.project().join("out.toml")).unwrap();
    assert!(written.contains("[gateway.models.fast]"), "{written}");
    let again = context.run(&arguments);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("out.toml is there already"), "{again:?}");
    let after = std::fs::read_to_string(context.project().join("out.toml")).unwrap();
    assert_eq!(written, after);

    let strict = context.run(&["migrate", "litellm", "config.yaml", "--strict"]);
    assert_eq!(strict.code, Some(1), "{strict:?}");
    assert!(strict.err.contains("2 settings left out"), "{strict:?}");
    context
        .file("small.yaml", "model_list: [{ model_name: a, litellm_params: { model: openai/a } }]");
    context.run(&["migrate", "litellm", "small.yaml", "--strict"]).good();
}

#[test]
fn a_file_that_is_not_accepted_is_shown_where_it_is_wrong() {
    let context = Context::empty();
    let mut page = String::new();
    for (name, text) in [
        ("not YAML", "model_list: [\n"),
        ("a key twice", "model_list: []\nmodel_list: []\n"),
        ("a wrong type", "model_list:\n- model_name: a\n  litellm_params: hunter\n"),
        ("a tag", "a: !!python/object:hunter {}\n"),
        (
            "no reference",
            "model_list:\n- model_name: a\n  litellm_params:\n    model: openai/a\n    api_key: os.environ/sk-hunter\n",
        ),
    ] {
        context.file("config.yaml", text);
        for command in [
            &["migrate", "litellm", "config.yaml"][..],
            &["serve", "--litellm-config", "config.yaml"],
        ] {
            let screen = context.run(command);
            assert_eq!(screen.code, Some(2), "{name}: {screen:?}");
            assert!(!screen.err.contains("sk-hunter"), "{screen:?}");
            if command[0] == "migrate" {
                page.push_str(&format!("=== {name}\n{}\n", screen.page()));
            }
        }
    }
    let absent = context.run(&["migrate", "litellm", "nope.yaml"]);
    assert_eq!(absent.code, Some(2));
    assert_screen!(context, "migrate_malformed", page);
}

#[test]
fn a_provider_that_lacks_something_is_told() {
    let context = Context::empty();
    let text = "model_list: [{ model_name: a, litellm_params: { model: vertex_ai/gemini-2.5-pro, vertex_location: us-east5 } }]";
    context.file("config.yaml", text);
    let screen = context.run(&["migrate", "litellm", "config.yaml"]).good();
    assert!(screen.err.contains("to do: hotcell.toml: "), "{screen:?}");
    assert!(screen.err.contains("project"), "{screen:?}");
}

/// A gateway that ends with its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn litellms_own_file_is_served_in_place() {
    let context = Context::empty();
    let base = context.mock.url();
    context.file(
        "config.yaml",
        format!(
            "model_list:\n\
             - model_name: fast\n  litellm_params: {{ model: openai/gpt-4o-mini, api_base: \"{base}/v1\", api_key: os.environ/MOCK_KEY }}\n\
             - model_name: \"mine/*\"\n  litellm_params: {{ model: \"openai/*\", api_base: \"{base}/v1\", api_key: os.environ/MOCK_KEY }}\n\
             litellm_settings: {{ callbacks: [langfuse] }}\n"
        ),
    );
    let mut command =
        context.command(&["serve", "--litellm-config", "config.yaml", "--listen", "127.0.0.1:0"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut serving = Serving(child.unwrap());
    let mut lines = BufReader::new(serving.0.stderr.take().unwrap()).lines();
    let mut said = String::new();
    let address = loop {
        let line = lines.next().unwrap_or_else(|| panic!("it ended: {said}")).unwrap();
        if let Some(address) = line.strip_prefix("listening on http://") {
            break address.to_owned();
        }
        said.push_str(&line);
    };
    assert!(said.contains("config.yaml:6: left out: litellm_settings.callbacks"), "{said}");
    for (model, asked) in [("fast", "gpt-4o-mini"), ("mine/gpt-4o", "gpt-4o")] {
        let body =
            format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}]}}"#);
        let answer = post(&address, &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(context.received()["model"], asked);
    }
    let refused =
        post(&address, r#"{"model":"groq/x","messages":[{"role":"user","content":"hello"}]}"#);
    assert!(refused.starts_with("HTTP/1.1 404"), "only what is in the file: {refused}");
}

fn post(address: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// It is served all the same: the key may come, and others are there.
#[test]
fn a_key_that_is_not_there_is_told_of_when_it_is_served() {
    let context = Context::empty();
    context.file(
        "config.yaml",
        "model_list: [{ model_name: a, litellm_params: { model: groq/a, api_key: os.environ/NOT_SET_HERE } }]",
    );
    let arguments = ["serve", "--litellm-config", "config.yaml", "--listen", "127.0.0.1:0"];
    let said = Served::of(context.command(&arguments)).end();
    let told = "provider `groq` cannot be asked yet, as it has no `api-key`: the environment \
                variable NOT_SET_HERE is not set\n";
    assert_eq!(said.matches("cannot be asked").count(), 1, "{said}");
    assert!(said.contains(told), "{said}");
}

#[test]
fn a_key_in_the_file_is_not_served_with() {
    let context = Context::empty();
    context.file(
        "config.yaml",
        "model_list:\n- model_name: a\n  litellm_params:\n    model: openai/a\n    api_key: sk-hunter\n",
    );
    let arguments = ["serve", "--litellm-config", "config.yaml", "--listen", "127.0.0.1:0"];
    let screen = context.run(&arguments);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(
        screen.err.contains("config.yaml:5: model_list[0].litellm_params.api_key"),
        "{screen:?}"
    );
    assert!(screen.err.contains("env:OPENAI_API_KEY"), "{screen:?}");
    assert!(!screen.err.contains("hunter"), "{screen:?}");
    let both = context.run(&["--config", "x.toml", "serve", "--litellm-config", "config.yaml"]);
    assert_eq!(both.code, Some(2));
    assert!(both.err.contains("beside"), "{both:?}");
}
