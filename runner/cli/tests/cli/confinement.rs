//! The binary confines itself, and works all the same. What such a process cannot do is tried
//! by the red team.

use crate::context::Context;
use hotcell_mock::Mock;
use rexpect::session::spawn_command;
use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The word before which this machine lacks something is on standard error, and the test
/// passes: it says so.
fn lacks(context: &Context, measure: &str) -> bool {
    let document = context.run(&["doctor", "--json"]).json();
    let measures = document["confinement"]["measures"].as_array().unwrap().clone();
    let found = measures.iter().find(|found| found["measure"] == measure).unwrap();
    let lacks = found["outcome"] != "active";
    if lacks {
        eprintln!("SKIPPED: this machine does not have it: {found}");
    }
    lacks
}

/// What the kernel says of every thread of a process while it waits for its provider.
fn threads(context: &Context, mut command: Command) -> BTreeSet<(String, String)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while context.mock.requests().is_empty() {
        assert!(Instant::now() < deadline, "no request arrived");
        std::thread::sleep(Duration::from_millis(5));
    }
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let of = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    let states = tasks.filter_map(|task| {
        // A thread may have ended in between.
        let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        Some((of(&status, "NoNewPrivs:"), of(&status, "Seccomp:")))
    });
    let states: Vec<_> = states.collect();
    assert!(states.len() > 1, "the clock of cells has a thread of its own: {states:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    context.mock.take_requests();
    states.into_iter().collect()
}

#[test]
fn every_thread_of_a_chat_is_confined_while_it_waits() {
    let context = Context::new();
    if lacks(&context, "system-calls") {
        return;
    }
    let chat = || context.command(&["chat", "-m", "mock/silent", "hello"]);
    let confined = BTreeSet::from([("1".to_owned(), "2".to_owned())]);
    assert_eq!(threads(&context, chat()), confined);
    // And the ways out of it are ways out.
    let here = fs::read_to_string("/proc/self/status").unwrap();
    if here.contains("Seccomp:\t2") {
        eprintln!("SKIPPED: these tests are confined themselves");
        return;
    }
    let mut by_variable = chat();
    by_variable.env("HOTCELL_CONFINEMENT", "off");
    assert!(threads(&context, by_variable).is_disjoint(&confined));
    let mut by_flag = chat();
    by_flag.args(["--confinement", "off"]);
    assert!(threads(&context, by_flag).is_disjoint(&confined));
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    context.file("hotcell.toml", format!("{text}\n[confinement]\nmode = \"off\"\n"));
    assert!(threads(&context, chat()).is_disjoint(&confined));
}

#[test]
fn keys_that_a_program_gives_are_read_before_no_program_starts_any_more() {
    let context = Context::new();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let source = format!("cmd:echo asked >> asked && echo {}", Mock::KEY);
    context.file("hotcell.toml", text.replace("env:MOCK_KEY", &source));
    let file = context.project().join("asked");
    for arguments in [
        &["chat", "hello"][..],
        &["chat", "-m", "claude/x", "hello"],
        &["embed", "-m", "mock/text-embedding-3-small", "hello"],
        &["models", "mock"],
    ] {
        let required = [&["--confinement", "require"], arguments].concat();
        let mode = if lacks(&context, "signals") { arguments } else { &required[..] };
        context.run(mode).good();
        assert_eq!(fs::read_to_string(&file).unwrap(), "asked\n", "{arguments:?}");
        fs::remove_file(&file).unwrap();
    }
    // Of all providers that are listed, each is asked for its key once.
    context.run(&["models"]).good();
    assert_eq!(fs::read_to_string(&file).unwrap(), "asked\nasked\n");
}

/// Errors that come late are those that came without it: nothing is told of a missing key or
/// of TLS that is due to files out of reach.
#[test]
fn what_goes_wrong_goes_wrong_as_without() {
    let context = Context::new();
    let port = context.mock.addr().port();
    let authority = rcgen::generate_simple_self_signed(vec!["somebody.example".to_owned()]);
    context.file("roots.pem", authority.unwrap().cert.pem());
    let provider = |name: &str, more: &str| {
        format!(
            "[providers.{name}]\nadapter = \"openai\"\nallow-private = true\n\
             endpoints.api = \"https://127.0.0.1:{port}\"\n{more}\n"
        )
    };
    let key = "secrets.api-key = \"env:MOCK_KEY\"";
    let providers = provider("tls", key)
        + &provider("keyless", "secrets.api-key = \"env:NO_SUCH_VARIABLE\"")
        + &provider("fileless", "secrets.api-key = \"file:/no/such/file\"")
        + &provider("failing", "secrets.api-key = \"cmd:exit 7\"");
    for head in ["", "tls-roots = \"roots.pem\"\n", "tls-roots = \"nothing.pem\"\n"] {
        context.file("hotcell.toml", format!("{head}{providers}"));
        for provider in ["tls", "keyless", "fileless", "failing"] {
            let model = format!("{provider}/x");
            let run = |mode| {
                let screen = context.run(&["--confinement", mode, "chat", "-m", &model, "hello"]);
                assert_ne!(screen.code, Some(0), "{screen:?}");
                // Each process has a name of its own for its request.
                let id = screen.err.find("req-").map_or(screen.err.len(), |at| at);
                (screen.code, screen.out.clone(), screen.err[..id].to_owned())
            };
            assert_eq!(run("attempt"), run("off"), "{head}{provider}");
        }
    }
}

#[test]
fn records_are_kept_and_put_aside_all_the_same() {
    let context = Context::new();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let records = "[audit]\nfile = \"log/audit.jsonl\"\nrotate-bytes = 100\n\
                   [transcripts]\ndirectory = \"transcripts\"\n";
    context.file("hotcell.toml", format!("{text}{records}"));
    fs::create_dir(context.project().join("log")).unwrap();
    for _ in 0..3 {
        context.run(&["chat", "hello"]).good();
    }
    let verified = context.run(&["audit", "log", "verify", "--json"]).good().json();
    assert!(verified["files"].as_array().unwrap().len() > 3, "{verified}");
    assert_eq!(fs::read_dir(context.project().join("transcripts")).unwrap().count(), 3);
    context.run(&["replay", "transcripts"]).good();
}

#[test]
fn a_conversation_reads_files_of_its_folder_and_says_how_to_read_others() {
    let context = Context::new();
    if lacks(&context, "files") {
        return;
    }
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let vault = text.split("\n\n").nth(1).unwrap().replace("providers.mock", "providers.vault");
    let vault = vault.replace("env:MOCK_KEY", "cmd:echo key");
    context.file("hotcell.toml", format!("{text}\n{vault}\n"));
    context.file("inside.txt", "inside");
    fs::write(context.home().join("outside.txt"), "outside").unwrap();
    let mut command = context.command(&["chat"]);
    command.env("TERM", "xterm-256color");
    let mut session = spawn_command(command, Some(20_000)).unwrap();
    session.exp_string("/help says what you can type").unwrap();
    session.send_line("/file inside.txt").unwrap();
    session.exp_string("goes with the next prompt").unwrap();
    session.send_line("/file ../home/outside.txt").unwrap();
    session.exp_string("permission denied").unwrap();
    session.exp_string("--confinement").unwrap();
    session.send_line("/model vault/x").unwrap();
    session.exp_string("its key was not read").unwrap();
    session.send_line("/model claude/x").unwrap();
    session.exp_string("from here on claude/x").unwrap();
    session.send_line("hello").unwrap();
    session.exp_string("You said").unwrap();
    session.send_line("/exit").unwrap();
    session.exp_eof().unwrap();
    // What was typed is remembered for the next time.
    let history = context.home().join(".local/state/hotcell/history");
    assert!(fs::read_to_string(history).unwrap().contains("hello"));
    assert_eq!(context.mock.requests().len(), 1);
}
