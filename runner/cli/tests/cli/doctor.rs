//! `hotcell doctor`, in worlds that are as they should be and in broken ones.

use crate::context::{Context, Screen, assert_screen};
use hotcell_mock::Mock;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// `hotcell doctor` in a world whose folders are its own, all of them, whatever the umask is.
fn examine(context: &Context, arguments: &[&str]) -> Screen {
    let mut command = context.command(&[&["doctor"], arguments].concat());
    command.env("XDG_CACHE_HOME", context.home().join(".cache"));
    context.run_command(command, b"")
}

/// Everything that was found, as `severity area: what`.
fn found(screen: &Screen) -> Vec<String> {
    let document = screen.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    let findings = findings.map(|finding| {
        assert_ne!(text(&finding["remedy"]), "", "{finding}");
        let (severity, area) = (text(&finding["severity"]), text(&finding["area"]));
        format!("{severity} {area}: {}", text(&finding["what"]))
    });
    // What this machine's kernel lacks is no matter of the world.
    findings.filter(|finding| !finding.contains(" confinement: ")).collect()
}

#[cfg(unix)]
fn mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// One in which only this user can write.
fn world() -> Context {
    let context = Context::new();
    #[cfg(unix)]
    {
        mode(&context.project(), 0o700);
        mode(&context.project().join("hotcell.toml"), 0o600);
    }
    context
}

/// A key of its own for each kind of source.
fn broken() -> Context {
    let context = world();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let more = "[providers.away]\nadapter = \"openai\"\nsecrets.api-key = \"env:NOT_SET\"\n\
                [providers.vault]\nadapter = \"openai\"\nsecrets.api-key = \"cmd:touch ran; exit 7\"\n\
                [providers.open]\nadapter = \"openai\"\nsecrets.api-key = \"file:key.txt\"\n\
                [providers.lost]\nadapter = \"opnai\"\n\
                [audit]\nfile = \"nowhere/audit.jsonl\"\n\
                [transcripts]\ndirectory = \"transcripts\"\n";
    context.file("hotcell.toml", format!("tls-roots = \"roots.pem\"\n{text}{more}"));
    context.file("key.txt", "sk-in-the-open-0123456789");
    context.file("roots.pem", "not a certificate");
    context
}

#[test]
fn a_world_that_is_as_it_should_be_has_no_finding() {
    let context = world();
    let screen = examine(&context, &["--json"]).good();
    assert_eq!(found(&screen), Vec::<String>::new());
    let areas = screen.json()["examined"].as_array().unwrap().len();
    assert!(areas >= 8, "{screen:?}");
    // With the first request, the cache is made.
    let mut chat = context.command(&["chat", "hello"]);
    chat.env("XDG_CACHE_HOME", context.home().join(".cache"));
    context.run_command(chat, b"").good();
    let page = examine(&context, &[]).good().page();
    assert!(page.contains("1 compiled adapter"), "{page}");
}

#[test]
fn an_address_that_nobody_follows_is_said() {
    let context = world();
    let named = |address: &str| {
        let mut command = context.command(&["doctor", "--json"]);
        command.env("XDG_CACHE_HOME", context.home().join(".cache"));
        command.env("GROQ_API_KEY", "gsk-0123456789").env("GROQ_API_BASE", address);
        let findings = found(&context.run_command(command, b""));
        findings.into_iter().filter(|finding| finding.contains("GROQ_API_BASE")).count()
    };
    assert_eq!(named("https://gateway.example/openai/v1"), 1);
    assert_eq!(named("https://api.groq.com/openai/v1/"), 0);
    assert_eq!(named(""), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn each_finding_comes_with_its_remedy() {
    let context = broken();
    mode(&context.project().join("key.txt"), 0o644);
    let screen = examine(&context, &[]);
    assert_eq!(screen.code, Some(1), "{screen:?}");
    let page = screen.page();
    assert!(!page.contains(Mock::KEY) && !page.contains("sk-in-the-open"), "{page}");
    // What the kernel has is another machine's business.
    let lines = page.lines().filter(|line| !line.starts_with("confinement"));
    let page: String = lines.map(|line| format!("{line}\n")).collect();
    assert_screen!(context, "doctor", page);
}

#[test]
fn no_program_runs_unless_it_is_asked_for_and_nothing_is_changed() {
    let context = broken();
    let names = |folder: PathBuf| -> Vec<_> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (names(context.project()), names(context.home()));
    let screen = examine(&context, &["--json"]);
    assert_eq!((names(context.project()), names(context.home())), before);
    let is_of_the_vault = |finding: &String| finding.contains("vault");
    let at_rest: Vec<String> = found(&screen).into_iter().filter(is_of_the_vault).collect();
    assert_eq!(
        at_rest,
        ["note keys: the `api-key` of vault comes from a program, which was not run"]
    );
    let screen = examine(&context, &["--json", "--run-programs"]);
    assert!(context.project().join("ran").exists());
    let run: Vec<String> = found(&screen).into_iter().filter(is_of_the_vault).collect();
    assert_eq!(run.len(), 1);
    assert!(run[0].starts_with("warning keys: vault has no `api-key`: "), "{run:?}");
}

#[cfg(unix)]
#[test]
fn what_others_can_read_or_write_is_found() {
    let context = Context::new();
    let project = context.project();
    let text = fs::read_to_string(project.join("hotcell.toml")).unwrap();
    let text = text.replace("env:MOCK_KEY", "file:key.txt");
    let records = "[audit]\nfile = \"log/audit.jsonl\"\nrotate-bytes = 1000\n\
                   [transcripts]\ndirectory = \"transcripts\"\n";
    context.file("hotcell.toml", format!("{text}{records}"));
    context.file("key.txt", Mock::KEY);
    for folder in ["log", "transcripts"] {
        fs::create_dir(project.join(folder)).unwrap();
    }
    context.file("log/audit.jsonl", "");
    let cache = context.home().join(".cache/hotcell");
    let store = context.home().join(".local/share/hotcell/adapters");
    for folder in [&cache, &store] {
        fs::create_dir_all(folder).unwrap();
    }
    let places = [
        (project.join("hotcell.toml"), 0o600, 0o666, "configuration: anybody can write"),
        (project.join("hotcell.lock"), 0o600, 0o666, "configuration: anybody can write"),
        (project.clone(), 0o700, 0o777, "configuration: anybody can write"),
        (project.join("key.txt"), 0o600, 0o604, "keys: anybody can read"),
        (project.join("key.txt"), 0o600, 0o602, "keys: anybody can write"),
        (project.join("log"), 0o700, 0o777, "records: anybody can write"),
        (project.join("log/audit.jsonl"), 0o600, 0o644, "records: anybody can read"),
        (project.join("transcripts"), 0o700, 0o755, "records: anybody can read"),
        (cache, 0o700, 0o777, "cache: "),
        (store, 0o700, 0o777, "adapters: anybody can write"),
    ];
    context.file("hotcell.lock", "version = 1\n");
    for (place, good, _, _) in &places {
        mode(place, *good);
    }
    assert_eq!(found(&examine(&context, &["--json"]).good()), Vec::<String>::new());
    for (place, good, bad, expected) in &places {
        mode(place, *bad);
        let screen = examine(&context, &["--json"]);
        assert_eq!(screen.code, Some(1), "{}: {screen:?}", place.display());
        let found = found(&screen);
        let name = place.to_str().unwrap().strip_prefix(project.to_str().unwrap());
        let name = name.unwrap_or(place.to_str().unwrap()).trim_start_matches('/');
        let is_it =
            |it: &&String| it.starts_with(&format!("error {expected}")) && it.contains(name);
        assert!(found.iter().any(|it| is_it(&it)), "{expected} {name}: {found:?}");
        mode(place, *good);
    }
}

#[test]
fn what_was_changed_behind_ones_back_is_found() {
    let context = world();
    let component = context.packed("theirs.wasm", &[("name = \"openai\"", "name = \"theirs\"")]);
    context.run(&["adapter", "add", component.to_str().unwrap(), "--yes"]).good();
    #[cfg(unix)]
    mode(&context.project().join("hotcell.lock"), 0o600);
    let cache = context.home().join(".cache/hotcell");
    let mut chat = context.command(&["chat", "hello"]);
    chat.env("XDG_CACHE_HOME", context.home().join(".cache"));
    context.run_command(chat, b"").good();
    assert_eq!(found(&examine(&context, &["--json"]).good()), Vec::<String>::new());
    let artifact = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&artifact).unwrap();
    bytes[100] ^= 1;
    fs::write(&artifact, bytes).unwrap();
    let spoilt = found(&examine(&context, &["--json"]).good());
    assert!(spoilt.len() == 1 && spoilt[0].contains("is not what was written"), "{spoilt:?}");
    fs::remove_file(&artifact).unwrap();
    let store = context.home().join(".local/share/hotcell/adapters");
    let stored = fs::read_dir(&store).unwrap().next().unwrap().unwrap().path();
    fs::write(&stored, "something else").unwrap();
    let screen = examine(&context, &["--json"]);
    assert_eq!(screen.code, Some(1));
    let changed = found(&screen);
    assert!(
        changed.iter().any(|it| it.starts_with("error adapters: adapter `theirs`")),
        "{changed:?}"
    );
    fs::remove_file(&stored).unwrap();
    let gone = found(&examine(&context, &["--json"]));
    assert!(gone.iter().any(|it| it.contains("the store has no component")), "{gone:?}");
}
