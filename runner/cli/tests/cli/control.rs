//! Keys, budgets and accounts: made and seen on the command line, kept by a gateway that is
//! a process of its own.

use crate::context::Context;
use crate::served::{ADMIN_KEY, Served};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// The price of a million tokens of the prompt, and of the answer, in dollars.
const PRICES: (f64, f64) = (1000.0, 10000.0);

fn context() -> Context {
    let context = Context::new();
    let project = context.project();
    let text = std::fs::read_to_string(project.join("hotcell.toml")).unwrap();
    let (input, output) = PRICES;
    let gateway = format!(
        "[gateway]\nadmin-key = \"env:ADMIN_KEY\"\n\n[gateway.state]\nfolder = \"state\"\n\n\
         [gateway.models.fast]\ndeployments = [\"mock/gpt-4o-mini\"]\n\n\
         [gateway.prices.\"mock/gpt-4o-mini\"]\ninput = {input}\noutput = {output}\n"
    );
    context.file("hotcell.toml", text + &gateway);
    context
}

fn chat(stream: bool) -> String {
    let mut body = serde_json::json!({
        "model": "fast", "messages": [{ "role": "user", "content": "one two three" }],
    });
    if stream {
        body["stream"] = true.into();
        body["stream_options"] = serde_json::json!({ "include_usage": true });
    }
    body.to_string()
}

/// A new key on the command line: its secret and its id.
fn new_key(context: &Context, arguments: &[&str]) -> (String, String) {
    let mut all = vec!["keys", "create", "--json"];
    all.extend(arguments);
    let made = context.run(&all).good().json();
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

#[test]
fn keys_are_made_listed_and_closed_while_a_gateway_serves() {
    let context = context();
    let screen = context.run(&["keys", "list"]).good();
    assert!(screen.out.contains("hotcell keys create"), "{screen:?}");
    context.run(&["teams", "create", "red", "--budget-day", "5"]).good();
    let (key, id) = new_key(
        &context,
        &["--alias", "ci", "--team", "red", "--model", "fast", "--requests-per-minute", "100"],
    );
    let served = Served::start(&context);
    let status =
        |key: &str| served.ask("POST", "/v1/chat/completions", key, &chat(false)).unwrap().0;
    assert_eq!(status(&key), 200);
    // Made while it serves.
    let (other, other_id) = new_key(&context, &["--budget-total", "0"]);
    assert_eq!(status(&other), 429);
    let listed = context.run(&["keys", "list"]).good().out;
    assert!(listed.contains("ci") && listed.contains("100 requests/minute"), "{listed}");
    assert!(!listed.contains("hck-"), "{listed}");
    let budgets = context.run(&["budget"]).good().out;
    assert!(budgets.contains("red") && budgets.contains("$5.00"), "{budgets}");
    let budgets = context.run(&["budget", "red", "--json"]).good().json();
    assert!(budgets["budgets"][0]["budgets"][0]["spent"].as_f64().unwrap() > 0.0, "{budgets}");
    context.run(&["budget", &other_id, "--budget-total", "none", "--budget-week", "1000"]).good();
    eventually(|| status(&other) == 200);
    context.run(&["keys", "block", &id]).good();
    eventually(|| status(&key) == 401);
    context.run(&["keys", "unblock", &id]).good();
    eventually(|| status(&key) == 200);
    let rotated = context.run(&["keys", "rotate", &id]).good();
    assert!(rotated.out.starts_with("hck-") && rotated.err.contains(&id), "{rotated:?}");
    eventually(|| status(&key) == 401);
    assert_eq!(status(rotated.out.trim()), 200);
    context.run(&["keys", "delete", &id]).good();
    context.run(&["keys", "delete", &other_id]).good();
    eventually(|| status(rotated.out.trim()) == 401);
    context.run(&["teams", "delete", "red"]).good();
    let by_model = context.run(&["usage", "--by", "model,team"]).good().out;
    assert!(by_model.contains("mock/gpt-4o-mini") && by_model.contains("red"), "{by_model}");
}

#[test]
fn a_gateway_elsewhere_is_asked_with_the_admin_key_alone() {
    let context = context();
    let served = Served::start(&context);
    let url = format!("http://{}", served.address);
    let empty = Context::empty();
    let run = |key: &str, arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--gateway", &url]);
        let mut command = empty.command(&all);
        command.env("HOTCELL_ADMIN_KEY", key);
        empty.run_command(command, b"")
    };
    let admin = "the-operators-own-key-0123456789";
    let made = run(admin, &["keys", "create", "--budget-day", "5", "--json"]).good().json();
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    assert_eq!(served.ask("POST", "/v1/chat/completions", key, &chat(false)).unwrap().0, 200);
    let usage = run(admin, &["usage", "--by", "key", "--json"]).good().json();
    assert_eq!(
        (&usage["usage"][0]["key"], &usage["usage"][0]["requests"]),
        (&id.into(), &1.into())
    );
    assert!(run(admin, &["budget", id]).good().out.contains("$5.00"));
    // A removed key opens nothing at once: the gateway removed it itself.
    run(admin, &["keys", "delete", id]).good();
    assert_eq!(served.ask("POST", "/v1/chat/completions", key, &chat(false)).unwrap().0, 401);
    for (key, said) in [(key, "needs the admin key"), ("", "HOTCELL_ADMIN_KEY is not set")] {
        let screen = run(key, &["keys", "list"]);
        assert_eq!(screen.code, Some(2), "{screen:?}");
        assert!(screen.err.contains(said), "{screen:?}");
    }
    drop(served);
    let screen = run(admin, &["keys", "list"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("cannot be reached") && !screen.err.contains(admin), "{screen:?}");
}

#[test]
fn the_admin_key_follows_no_redirect() {
    use std::net::TcpListener;
    let thief = TcpListener::bind("127.0.0.1:0").unwrap();
    thief.set_nonblocking(true).unwrap();
    let to = thief.local_addr().unwrap();
    let false_gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", false_gateway.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = false_gateway.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{to}/admin/keys\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let empty = Context::empty();
    let mut command = empty.command(&["keys", "list", "--gateway", &url]);
    command.env("HOTCELL_ADMIN_KEY", "the-operators-own-key-0123456789");
    let screen = empty.run_command(command, b"");
    assert!(asked.join().unwrap().contains("the-operators-own-key"));
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("307"), "{screen:?}");
    assert_eq!(thief.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// Until a gateway has seen what another process changed.
#[track_caller]
fn eventually(is: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < deadline, "it did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_text_of_a_key_is_in_no_log_and_no_file() {
    let context = context();
    let (key, _) = new_key(&context, &[]);
    let said = {
        let served = Served::start(&context);
        let admin = "the-operators-own-key-0123456789";
        assert_eq!(served.ask("GET", "/admin/keys", admin, "").unwrap().0, 200);
        assert_eq!(served.ask("GET", "/admin/keys", &key, "").unwrap().0, 403);
        let path = "/v1/chat/completions";
        assert_eq!(served.ask("POST", path, &key, &chat(false)).unwrap().0, 200);
        assert_eq!(served.ask("POST", path, &key, &chat(true)).unwrap().0, 200);
        assert_eq!(served.ask("POST", path, &format!("{key}x"), &chat(true)).unwrap().0, 401);
        assert_eq!(served.ask("POST", path, &key, "{").unwrap().0, 400);
        served.end()
    };
    assert!(said.matches("gateway: request").count() >= 4, "{said}");
    let mut files = vec![context.file("log", said)];
    let folder = context.project().join("state");
    files.extend(std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [&key[4..24], "the-operators-own-key", hotcell_mock::Mock::KEY] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {}", file.display());
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_the_way_out() {
    let context = context();
    let serve = |more: &[&str]| {
        let mut all = vec!["serve"];
        all.extend(more);
        context.run(&all)
    };
    // The admin key is not there.
    let screen = serve(&["--listen", "127.0.0.1:0"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("ADMIN_KEY"), "{screen:?}");
    for (arguments, said) in [
        (&["keys", "show", "key-0000000000000000"][..], "there is no key"),
        (&["keys", "show", "hck-whatever"], "known by its id"),
        (&["keys", "create", "--team", "nobody"], "make it first"),
        (&["keys", "create", "--expires-in", "soon"], "30d"),
        (&["keys", "create", "--budget-day", "much"], "expected US dollars"),
        (&["budget", "--budget-day", "5"], "nobody is named"),
        (&["budget", "nobody"], "there is no team"),
        (&["usage", "--since", "yesterday"], "2027-01-31"),
        (&["teams", "create", "a b"], "letters"),
    ] {
        let screen = context.run(arguments);
        assert_eq!(screen.code, Some(2), "{screen:?}");
        assert!(screen.err.contains(said), "{screen:?}");
    }
    // Nobody would be asked for a key.
    let open = Context::new();
    let screen = open.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("access = \"open\""), "{screen:?}");
    // Once there is a key, there is no such danger, and nobody gets in without.
    open.run(&["keys", "create"]).good();
    let served = Served::of(open.command(&["serve", "--listen", "127.0.0.1:0"]));
    let answer = served.ask("POST", "/v1/chat/completions", "none", &chat(false)).unwrap();
    assert_eq!(answer.0, 401);
}

#[test]
fn what_a_gateway_logs_is_written_as_it_comes() {
    let context = context();
    let (key, _) = new_key(&context, &[]);
    for is_told in [true, false] {
        let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(is_told.then_some("-vv")).env("ADMIN_KEY", ADMIN_KEY);
        let mut served = Served::of(command);
        assert_eq!(served.ask("POST", "/v1/chat/completions", &key, &chat(false)).unwrap().0, 200);
        if is_told {
            served.until_said("gateway: request");
        }
        assert_eq!(served.end().matches("gateway: request").count(), usize::from(is_told));
    }
}
