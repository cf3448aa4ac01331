//! A person's yes: given, kept, compared, taken back.

use crate::context::{Context, Screen, assert_screen};
use crate::difference::GREEDY;
use std::path::PathBuf;

const VERSION: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.1.1\"");

/// A world with an adapter that somebody has written, and a provider on it.
pub(crate) fn world() -> Context {
    let context = Context::new();
    context.packed("first.wasm", &[]);
    let text = std::fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let provider = text.split("\n\n").find(|part| part.starts_with("[providers.mock]")).unwrap();
    let mine = provider.replace("providers.mock", "providers.mine");
    let mine = mine.replace("\"openai\"", "\"theirs\"");
    context.file("hotcell.toml", format!("{text}\n{mine}\n"));
    context
}

pub(crate) fn add(context: &Context) -> Screen {
    context.run(&["adapter", "add", "first.wasm", "--name", "theirs", "--yes"])
}

pub(crate) fn ask(context: &Context) -> Screen {
    context.run(&["--audit", "a.jsonl", "chat", "-m", "mine/gpt-4o", "hi"])
}

pub(crate) fn stored(context: &Context) -> PathBuf {
    let store = context.home().join(".local/share/hotcell/adapters");
    let files: Vec<_> =
        std::fs::read_dir(store).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn what_was_agreed_to_runs_and_is_written_down() {
    let context = world();
    let before = ask(&context);
    assert_eq!(before.code, Some(2), "{before:?}");
    add(&context).good();
    assert_eq!(ask(&context).good().out, "You said: hi\n");
    // The file that it came from does not matter any more.
    std::fs::remove_file(context.project().join("first.wasm")).unwrap();
    ask(&context).good();
    let lock = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    for words in ["[adapters.theirs]", "POST /chat/completions", "granted-by", "OPENAI_API_KEY"] {
        assert!(lock.contains(words), "{words}: {lock}");
    }
    let listed = context.run(&["adapter", "list", "--json"]).good().json();
    let theirs = listed["adapters"].as_array().unwrap().last().unwrap();
    assert_eq!((&theirs["name"], &theirs["from"]), (&"theirs".into(), &"granted".into()));
    context.run(&["adapter", "inspect", "theirs"]).good();
    context.run(&["adapter", "remove", "theirs"]).good();
    assert_eq!(ask(&context).code, Some(2));
}

#[test]
fn without_a_yes_nothing_is_granted() {
    let context = world();
    let theirs = ["adapter", "add", "first.wasm", "--name", "theirs"];
    let mut pages = String::new();
    for (title, screen, code) in [
        ("nobody to ask", context.run(&theirs), 2),
        ("locked", context.run(&[&theirs[..], &["--yes", "--locked"]].concat()), 1),
        ("its own name", context.run(&["adapter", "add", "first.wasm", "--yes"]), 2),
        ("no adapter", context.run(&["adapter", "add", "hotcell.toml", "--yes"]), 2),
        ("not a file", context.run(&["adapter", "add", "https://a.example/x.wasm"]), 2),
        ("no grant", context.run(&["adapter", "trust", "theirs", "first.wasm"]), 2),
    ] {
        assert_eq!(screen.code, Some(code), "{title}: {screen:?}");
        pages.push_str(&format!("=== {title}\n{}\n", screen.page()));
    }
    assert_screen!(context, "grants_refused", pages);
    let mut command = context.command(&[&theirs[..], &["--yes"]].concat());
    command.env("HOTCELL_LOCKED", "1");
    assert_eq!(context.run_command(command, b"").code, Some(1));
    assert!(!context.project().join("hotcell.lock").exists());
    assert!(!context.home().join(".local").exists());
}

#[test]
fn an_update_shows_only_what_is_new_and_runs_only_when_it_is_trusted() {
    let context = world();
    add(&context).good();
    let lock = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    context.packed("greedy.wasm", GREEDY);
    context.packed("next.wasm", &[VERSION]);
    let trust = |file: &str| context.run(&["adapter", "trust", "theirs", file]);
    let pages: String = [("wider", trust("greedy.wasm")), ("not wider", trust("next.wasm"))]
        .map(|(title, screen)| format!("=== {title}\n{}\n", screen.page()))
        .concat();
    assert_screen!(context, "grants_update", pages);
    let unchanged = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    assert_eq!(unchanged, lock);
    context.run(&["adapter", "trust", "theirs", "next.wasm", "--yes"]).good();
    let lock = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    assert!(lock.contains("version = \"0.1.1\""), "{lock}");
    ask(&context).good();
}

#[test]
fn an_update_shows_what_else_it_is_built_from() {
    let context = world();
    // The binary's own says what it is built from, and one that was packed of a module does not.
    context.file("own.wasm", hotcell::bundle::adapter("openai").unwrap().component());
    context.run(&["adapter", "add", "own.wasm", "--name", "theirs", "--yes"]).good();
    let trust = |file: &str| context.run(&["adapter", "trust", "theirs", file]).err;
    let shown = trust("first.wasm");
    assert!(shown.contains("Built from\n") && shown.contains(" → not stated"), "{shown}");
    // Another adapter's crates are the same but for their roots.
    context.file("other.wasm", hotcell::bundle::adapter("anthropic").unwrap().component());
    let shown = trust("other.wasm");
    assert!(!shown.contains("not stated"), "{shown}");
    assert!(!trust("own.wasm").contains("Built from"));
}

#[test]
fn a_lock_file_can_say_yes_for_a_machine() {
    let context = world();
    add(&context).good();
    let lock = context.project().join("hotcell.lock");
    let reviewed = context.file("reviewed.lock", std::fs::read(&lock).unwrap());
    std::fs::remove_file(&lock).unwrap();
    let reviewed = reviewed.display().to_string();
    let add = |file: &str, grant: &str| {
        context.run(&["adapter", "add", file, "--name", "theirs", "--grant", grant])
    };
    context.packed("other.wasm", &[VERSION]);
    assert_eq!(add("other.wasm", &reviewed).code, Some(1));
    assert!(!lock.exists());
    add("first.wasm", &reviewed).good();
    ask(&context).good();
}

#[test]
fn a_component_that_was_changed_in_the_store_does_not_run() {
    let context = world();
    add(&context).good();
    ask(&context).good();
    context.packed("greedy.wasm", GREEDY);
    let stored = stored(&context);
    std::fs::copy(context.project().join("greedy.wasm"), &stored).unwrap();
    let screen = ask(&context);
    assert_eq!(screen.code, Some(5), "{screen:?}");
    for words in ["was changed in the store", "https://models-openai.com", "but it is sha256:"] {
        assert!(screen.err.contains(words), "{words}: {screen:?}");
    }
    let log = std::fs::read_to_string(context.project().join("a.jsonl")).unwrap();
    let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((&last["decision"], &last["rule"]), (&"denied".into(), &"component".into()));
    assert_eq!(context.mock.take_requests().len(), 1);
    std::fs::remove_file(stored).unwrap();
    let screen = ask(&context);
    assert!(screen.err.contains("the store has no component"), "{screen:?}");
}

#[test]
fn the_grant_is_what_the_lock_says_and_no_more() {
    let context = world();
    add(&context).good();
    let file = context.project().join("hotcell.lock");
    let lock = std::fs::read_to_string(&file).unwrap();
    let with = |from: &str, to: &str| {
        assert!(lock.contains(from), "{from}: {lock}");
        std::fs::write(&file, lock.replacen(from, to, 1)).unwrap();
        ask(&context)
    };
    // Less than the component asks for is a grant …
    let narrower = with("\"POST /chat/completions\", ", "");
    assert_eq!(narrower.code, Some(5), "{narrower:?}");
    assert!(narrower.err.contains("the grant has no `POST /chat/completions`"), "{narrower:?}");
    // … and more is not.
    let wider = with("\"POST /chat/completions\"", "\"POST /{any}/{thing}\"");
    assert_eq!(wider.code, Some(5), "{wider:?}");
    assert!(wider.err.contains("which the component does not ask for"), "{wider:?}");
    let broken = with("granted-by", "granted-bye");
    assert_eq!(broken.code, Some(2), "{broken:?}");
    assert!(broken.err.contains("hotcell.lock:"), "{broken:?}");
}

#[test]
fn a_provider_narrows_a_grant_and_never_widens_it() {
    let context = world();
    add(&context).good();
    let file = context.project().join("hotcell.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    for (allow, code, words) in [
        ("POST /chat/completions", 0, ""),
        ("GET /models", 5, "the grant has no `POST /chat/completions`"),
        ("POST /files", 2, "a provider can only narrow it"),
    ] {
        let adapter = "adapter = \"theirs\"";
        let narrowed = format!("{adapter}\nallow.api = [\"{allow}\"]");
        std::fs::write(&file, text.replace(adapter, &narrowed)).unwrap();
        let screen = ask(&context);
        assert_eq!(screen.code, Some(code), "{allow}: {screen:?}");
        assert!(screen.err.contains(words), "{allow}: {screen:?}");
    }
}

#[test]
fn grants_that_are_given_at_once_are_all_kept() {
    let context = world();
    let names: Vec<String> = (0..12).map(|number| format!("theirs-{number}")).collect();
    let running: Vec<_> = names
        .iter()
        .map(|name| {
            let arguments = ["adapter", "add", "first.wasm", "--name", name, "--yes"];
            context.command(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let lock = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    for name in names {
        assert!(lock.contains(&format!("[adapters.{name}]")), "{name} was lost: {lock}");
    }
}
