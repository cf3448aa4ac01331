use crate::context::Context;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Interrupts a run as soon as its request has arrived; gives its exit code, what it
/// said, and how long it took to end.
fn interrupted(context: &Context, model: &str) -> (Option<i32>, String, Duration) {
    let mut command = context.command(&["chat", "-m", model, "hello"]);
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while context.mock.requests().is_empty() {
        assert!(Instant::now() < deadline, "no request arrived");
        std::thread::sleep(Duration::from_millis(5));
    }
    let started = Instant::now();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    context.mock.take_requests();
    (output.status.code(), said, started.elapsed())
}

#[test]
fn ctrl_c_ends_at_once_with_130_whatever_is_waited_for() {
    let context = Context::new();
    for model in ["mock/silent", "mock/slow", "claude/slow"] {
        let (code, said, took) = interrupted(&context, model);
        assert_eq!(code, Some(130), "{model}: {said}");
        assert!(took < Duration::from_secs(2), "{model}: {took:?}");
        assert!(!said.contains("error"), "{model}: {said}");
    }
}

#[test]
fn what_came_before_ctrl_c_stays() {
    let context = Context::new();
    let mut command = context.command(&["chat", "-m", "mock/endless", "hello"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    // The last line is closed, so that the shell's prompt stands on its own.
    assert_eq!(output.stdout.last(), Some(&b'\n'));
}
