//! The tests. Each is a function that says why it failed, or that it was skipped.

use crate::attempts::{ATTEMPTS, NEEDS};
use crate::child::CHILD;
use hotcell_mock::Mock;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, Stdio};

/// `Err` is why it failed, `Ok(Some)` why it was skipped.
type Verdict = Result<Option<String>, String>;

type Test = (&'static str, fn() -> Verdict);

const TESTS: &[Test] = &[
    ("what_a_confined_process_tries_is_refused", what_a_confined_process_tries_is_refused),
    ("what_the_runner_needs_is_left", what_the_runner_needs_is_left),
    (
        "a_request_goes_out_with_a_key_that_was_read_before",
        a_request_goes_out_with_a_key_that_was_read_before,
    ),
    (
        "a_token_is_fetched_by_what_a_file_says_after_it_was_confined",
        a_token_is_fetched_by_what_a_file_says_after_it_was_confined,
    ),
    ("other_processes_of_the_user_cannot_look_in", other_processes_of_the_user_cannot_look_in),
    ("a_crash_leaves_no_memory_behind", a_crash_leaves_no_memory_behind),
    (
        "a_process_that_has_threads_is_not_confined_by_halves",
        a_process_that_has_threads_is_not_confined_by_halves,
    ),
    ("what_a_kernel_lacks_is_told_and_not_hidden", what_a_kernel_lacks_is_told_and_not_hidden),
];

/// Runs those whose name holds the text.
pub(crate) fn run(wanted: Option<&str>) -> ExitCode {
    let wanted = wanted.filter(|wanted| !wanted.starts_with('-')).unwrap_or_default();
    let mut failed = 0;
    for (name, test) in
        TESTS.iter().filter(|(name, _)| format!("confinement::{name}").contains(wanted))
    {
        match test() {
            Ok(None) => println!("test confinement::{name} ... ok"),
            Ok(Some(why)) => println!("test confinement::{name} ... SKIPPED: {why}"),
            Err(why) => {
                failed += 1;
                println!("test confinement::{name} ... FAILED\n{why}");
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn what_a_confined_process_tries_is_refused() -> Verdict {
    let worlds = [World::new(), World::new()];
    let (free, confined) = (worlds[0].told("free", "try"), worlds[1].told("confined", "try"));
    let mut wrong = String::new();
    let mut skipped = Vec::new();
    let mut natural = 0;
    let mut judge = |name: &str, measure: &str, errno: i32| {
        if confined.get(measure).is_some_and(|outcome| outcome != "active") {
            skipped.push(format!("{name} ({measure})"));
            return;
        }
        let (was, is) = (free.get(name), confined.get(name));
        if is != Some(&errno.to_string()) {
            wrong +=
                &format!("    {name}: expected {errno}, got {is:?}; unconfined it is {was:?}\n");
        }
        // An ordinary user is refused some of it anyway, which says nothing of ours.
        natural += usize::from(was == is);
    };
    for attempt in ATTEMPTS {
        judge(attempt.name, &attempt.measure.to_string(), attempt.errno);
    }
    if cfg!(target_arch = "x86_64") {
        judge("call by another number", "system calls", libc::EPERM);
    }
    if natural * 4 > ATTEMPTS.len() {
        wrong +=
            &format!("    {natural} attempts fail unconfined as well: the test shows nothing\n");
    }
    // A refusal that left something behind would be none.
    for (name, is_there_before) in [
        ("made", false),
        ("folder", false),
        ("link", false),
        ("cache/x.cwasm", false),
        ("doomed", true),
    ] {
        let is_there = |world: &World| world.folder.path().join(name).symlink_metadata().is_ok();
        if is_there(&worlds[0]) == is_there_before || is_there(&worlds[1]) != is_there_before {
            wrong +=
                &format!("    {name} was changed by the confined process, or not by the other\n");
        }
    }
    match (wrong.is_empty(), skipped.is_empty()) {
        (false, _) => Err(wrong),
        (true, true) => Ok(None),
        (true, false) => Ok(Some(format!("this machine does not have it: {}", skipped.join(", ")))),
    }
}

fn what_the_runner_needs_is_left() -> Verdict {
    let told = World::new().told("confined", "try");
    let lost: Vec<_> =
        NEEDS.iter().filter(|(name, _)| told.get(*name).is_none_or(|it| it != "done")).collect();
    match lost.is_empty() {
        true => Ok(None),
        false => Err(lost
            .iter()
            .map(|(name, _)| format!("    {name}: {:?}\n", told.get(*name)))
            .collect()),
    }
}

fn a_request_goes_out_with_a_key_that_was_read_before() -> Verdict {
    let world = World::new();
    let told = world.told("confined", "ask");
    let requests = world.mock.take_requests();
    let key = requests.first().and_then(|request| request.header("authorization"));
    match (told.get("answer").map(String::as_str), key) {
        (Some("You said: hello"), Some(key)) if key.ends_with(Mock::KEY) => Ok(None),
        got => Err(format!("    {got:?}\n")),
    }
}

/// The token that vouches for a workload is another one every hour, in the place of the file
/// before.
fn a_token_is_fetched_by_what_a_file_says_after_it_was_confined() -> Verdict {
    let world = World::new();
    let tokens = world.folder.path().join("tokens");
    fs::create_dir(&tokens).expect("a folder");
    fs::write(tokens.join("token"), "assertion-before").expect("a file");
    let mut child = world
        .command("confined", "ask-with-identity")
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    let stdout = child.stdout.take().expect("it is a pipe");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let is_waiting = lines.any(|line| line.starts_with("waiting\t"));
    fs::write(tokens.join("new"), "assertion-after").expect("a file");
    fs::rename(tokens.join("new"), tokens.join("token")).expect("it is in its place");
    let identity = world.elsewhere.try_clone().expect("it is the same port");
    let fetched = std::thread::spawn(move || give_a_token(&identity));
    drop(child.stdin.take());
    let answer = lines.find_map(|line| line.strip_prefix("answer\t").map(str::to_owned));
    end(child);
    let requests = world.mock.take_requests();
    let key = requests.first().and_then(|request| request.header("authorization"));
    if !is_waiting || answer.as_deref() != Some("You said: hello") || key.is_none() {
        return Err(format!("    {answer:?}, with {key:?}\n"));
    }
    let asked = fetched.join().expect("it was asked").expect("it answered");
    match asked.ends_with("client_assertion=assertion-after") {
        true => Ok(None),
        false => Err(format!("    {asked}\n")),
    }
}

/// An identity endpoint that is asked once, and what it was asked.
fn give_a_token(listener: &TcpListener) -> std::io::Result<String> {
    let (mut stream, _) = listener.accept()?;
    let mut asked = Vec::new();
    // Its proof stands at the end.
    while !asked.ends_with(b"assertion-after") && !asked.ends_with(b"assertion-before") {
        let mut piece = [0; 4096];
        match stream.read(&mut piece)? {
            0 => break,
            length => asked.extend_from_slice(&piece[..length]),
        }
    }
    let body = format!("{{\"access_token\":\"{}\",\"expires_in\":3600}}", Mock::KEY);
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")?;
    Ok(String::from_utf8_lossy(&asked).into_owned())
}

/// `/proc/PID/environ` has the keys that the environment held, and is to be read by whoever
/// may look into the process.
fn other_processes_of_the_user_cannot_look_in() -> Verdict {
    let world = World::new();
    let look = |how: &str| {
        let mut child =
            as_somebody(world.command(how, "wait")).stdin(Stdio::piped()).spawn().ok()?;
        let mut memory_is_kept = None;
        let lines = BufReader::new(child.stdout.take()?).lines();
        for line in lines.map_while(Result::ok) {
            match line.split_once('\t') {
                Some(("memory", outcome)) => memory_is_kept = Some(outcome == "active"),
                Some(("waiting", _)) => break,
                _ => {}
            }
        }
        let environ = format!("/proc/{}/environ", child.id());
        let seen = as_somebody(Command::new("cat")).arg(environ).output().ok()?;
        end(child);
        Some((seen.status.success() && !seen.stdout.is_empty(), memory_is_kept))
    };
    match (look("free"), look("confined")) {
        (Some((true, _)), Some((false, Some(true)))) => Ok(None),
        (_, Some((_, Some(false)))) => Ok(Some("this machine does not have it".into())),
        (None | Some((false, _)), _) => {
            Ok(Some("no process can look into another one of the same user here".into()))
        }
        seen => Err(format!("    {seen:?}\n")),
    }
}

fn a_crash_leaves_no_memory_behind() -> Verdict {
    let world = World::new();
    let dumped = |how: &str| {
        let script = "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\"";
        let command = world.command(how, "crash");
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(command.get_program()).args(command.get_args());
        let status =
            shell.current_dir(world.folder.path()).stderr(Stdio::null()).stdout(Stdio::null());
        let status = status.status().expect("there is a shell");
        assert_eq!(status.signal(), Some(libc::SIGABRT), "{how}");
        status.core_dumped()
    };
    match (dumped("free"), dumped("confined")) {
        (true, false) => Ok(None),
        (false, false) => Ok(Some("no process leaves its memory behind here".into())),
        (_, true) => Err("    it did\n".into()),
    }
}

fn a_process_that_has_threads_is_not_confined_by_halves() -> Verdict {
    let told = World::new().told("confined", "with-a-thread");
    let required = told.get("required").cloned().unwrap_or_default();
    let names_the_way_out =
        required.contains("2 threads") && required.contains("--confinement attempt");
    match told.get("refused").is_some_and(|it| it == "done") && names_the_way_out {
        true => Ok(None),
        false => Err(format!("    {told:?}\n")),
    }
}

fn what_a_kernel_lacks_is_told_and_not_hidden() -> Verdict {
    for mode in ["required", "attempted"] {
        let told = World::new().told(mode, "on-an-old-kernel");
        let of = |name: &str| told.get(name).map(String::as_str).unwrap_or_default();
        let is_told = of("files").starts_with("missing: this kernel has no Landlock")
            && of("signals").starts_with("missing: ")
            && of("system calls").starts_with("failed: seccomp: ")
            && of("whole") == "false";
        // The rest of it holds all the same.
        let holds = ["privileges", "memory", "core dumps"].iter().all(|name| of(name) == "active");
        if !is_told || !holds {
            return Err(format!("    {mode}: {told:?}\n"));
        }
    }
    Ok(None)
}

/// What there is to be reached: files, a local service, another port, and a provider.
struct World {
    folder: tempfile::TempDir,
    mock: Mock,
    elsewhere: TcpListener,
    _service: UnixListener,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at(".ssh")).expect("a folder");
        fs::create_dir(at("cache")).expect("a folder");
        for name in ["file", "doomed", ".ssh/id_ed25519"] {
            fs::write(at(name), "nobody else's business").expect("a file");
        }
        // Some tests run as another user, who has to come this far.
        let everybody = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), everybody).expect("it is ours");
        let service = UnixListener::bind(at("service")).expect("a socket");
        let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mock = Mock::spawn().expect("a provider");
        Self { folder, mock, elsewhere, _service: service }
    }

    fn command(&self, how: &str, what: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        let port = self.elsewhere.local_addr().expect("it has one").port().to_string();
        command.args([CHILD, how, what, &self.mock.url()]).arg(self.folder.path()).arg(port);
        command.stdout(Stdio::piped());
        command
    }

    /// What a process told, by name.
    fn told(&self, how: &str, what: &str) -> BTreeMap<String, String> {
        let output = self.command(how, what).stdin(Stdio::null()).output().expect("it starts");
        assert!(output.status.success(), "{how} {what}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("it is text");
        let pairs = text.lines().filter_map(|line| line.split_once('\t'));
        pairs.map(|(name, outcome)| (name.to_owned(), outcome.to_owned())).collect()
    }
}

/// The administrator looks into every process: then it is two of another user's.
fn as_somebody(mut command: Command) -> Command {
    const NOBODY: u32 = 65534;
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Closes its standard input, which it waits for, and takes it away.
fn end(mut child: Child) {
    drop(child.stdin.take());
    let _ = child.wait();
}
