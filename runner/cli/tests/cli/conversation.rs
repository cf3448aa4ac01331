//! The interactive mode, through a terminal.

use crate::context::Context;
use rexpect::session::{PtySession, spawn_command};
use std::os::unix::fs::PermissionsExt;

fn talk(context: &Context, arguments: &[&str]) -> PtySession {
    let mut command = context.command(arguments);
    command.env("TERM", "xterm-256color");
    let mut session = spawn_command(command, Some(20_000)).unwrap();
    session.exp_string("/help says what you can type").unwrap();
    session
}

#[test]
fn a_conversation_remembers_what_was_said() {
    let context = Context::new();
    let mut session = talk(&context, &["chat", "--system", "Be brief"]);
    session.exp_string("> ").unwrap();
    session.send_line("hello").unwrap();
    session.exp_string("You said: hello").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("again").unwrap();
    session.exp_string("You said: again").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("/exit").unwrap();
    session.exp_eof().unwrap();
    let requests = context.mock.requests();
    let last = requests.last().unwrap().json();
    let said: Vec<String> = last["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| format!("{}: {}", message["role"], message["content"]))
        .collect();
    assert_eq!(
        said,
        [
            r#""system": "Be brief""#,
            r#""user": "hello""#,
            r#""assistant": "You said: hello""#,
            r#""user": "again""#
        ]
    );
}

#[test]
fn ctrl_c_stops_an_answer_and_not_the_conversation() {
    let context = Context::new();
    let mut session = talk(&context, &["chat", "-m", "mock/slow"]);
    session.exp_string("> ").unwrap();
    session.send_line("wait for it").unwrap();
    session.exp_string("mock/slow").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("this turn is forgotten").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("/model mock/gpt-4o").unwrap();
    session.exp_string("from here on mock/gpt-4o").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("hello").unwrap();
    session.exp_string("You said: hello").unwrap();
    session.exp_string("> ").unwrap();
    session.send_control('d').unwrap();
    session.exp_eof().unwrap();
    let last = context.mock.requests().last().unwrap().json();
    assert_eq!(last["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn an_error_is_shown_and_the_conversation_goes_on() {
    let context = Context::new();
    let mut session = talk(&context, &["chat", "-m", "mock/error-429"]);
    session.exp_string("> ").unwrap();
    session.send_line("hello").unwrap();
    session.exp_string("Rate limit reached").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("/modle x").unwrap();
    session.exp_string("is it /model?").unwrap();
    session.exp_string("> ").unwrap();
    session.send_control('d').unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn the_history_is_the_users_alone() {
    let context = Context::new();
    let mut session = talk(&context, &["chat"]);
    session.exp_string("> ").unwrap();
    session.send_line("hello").unwrap();
    session.exp_string("You said: hello").unwrap();
    session.exp_string("> ").unwrap();
    session.send_control('d').unwrap();
    session.exp_eof().unwrap();
    let file = context.home().join(".local/state/hotcell/history");
    assert!(std::fs::read_to_string(&file).unwrap().contains("hello"));
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn markdown_is_rendered_on_a_terminal_and_escape_sequences_are_not_obeyed() {
    let context = Context::new();
    let run = |model: &str| {
        let mut command = context.command(&["chat", "-m", model, "hi"]);
        command.env("TERM", "xterm-256color").env("NO_COLOR", "1");
        let mut session = spawn_command(command, Some(20_000)).unwrap();
        session.exp_eof().unwrap()
    };
    let page = run("mock/markdown");
    assert!(page.contains("  fn main() {") && page.contains("name  value"), "{page:?}");
    assert!(!page.contains("```") && !page.contains("---"), "{page:?}");
    context.mock.change(|mock| mock.answer = Some("\u{1b}]0;owned\u{7}hello".to_owned()));
    let page = run("mock/gpt-4o");
    assert!(page.contains("hello") && !page.contains("\u{1b}]0;"), "{page:?}");
}
