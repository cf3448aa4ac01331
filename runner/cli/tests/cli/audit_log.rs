use crate::context::{Context, assert_screen};

#[test]
fn a_log_is_verified_and_what_was_edited_is_found() {
    let context = Context::new();
    let log = context.project().join("audit.jsonl");
    for _ in 0..2 {
        context.run(&["--audit", "audit.jsonl", "chat", "hi"]).good();
    }
    let good = context.run(&["audit", "log", "verify", "audit.jsonl"]).good();
    let json = context.run(&["audit", "log", "verify", "audit.jsonl", "--json"]).good().json();
    assert_eq!((&json["records"], &json["continues"]), (&4.into(), &serde_json::Value::Null));
    let noted = json["link"].as_str().unwrap();
    context.run(&["audit", "log", "verify", "audit.jsonl", "--noted", noted]).good();

    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replacen("\"granted\"", "\"denied\"", 1)).unwrap();
    let edited = context.run(&["audit", "log", "verify", "audit.jsonl"]);
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&log, format!("{}\n", lines[..3].join("\n"))).unwrap();
    let short = context.run(&["audit", "log", "verify", "audit.jsonl", "--noted", noted]);
    assert_eq!((edited.code, short.code), (Some(1), Some(1)));
    let none = context.run(&["audit", "log", "verify"]);
    assert_eq!(none.code, Some(2));
    let pages = [("good", good), ("edited", edited), ("cut off", short), ("none", none)]
        .map(|(title, screen)| format!("=== {title}\n{}\n", screen.page()));
    assert_screen!(context, "audit_log", pages.concat());
}

#[test]
fn a_log_that_is_put_aside_is_verified_as_one() {
    let context = Context::new();
    let text = std::fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let audit = "[audit]\nfile = \"audit.jsonl\"\nrotate-bytes = 600\nkeep = 9\n";
    context.file("hotcell.toml", format!("{text}{audit}"));
    for _ in 0..4 {
        context.run(&["chat", "hi"]).good();
    }
    let json = context.run(&["audit", "log", "verify", "--json"]).good().json();
    assert_eq!(json["records"], 8);
    assert!(json["files"].as_array().unwrap().len() > 2, "{json}");
}

#[test]
fn a_log_that_cannot_be_written_stops_requests_unless_it_was_decided_otherwise() {
    let context = Context::new();
    let text = std::fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    context.file("audit.jsonl", "somebody's notes\n");
    for (policy, code) in [("refuse", 70), ("continue", 0)] {
        let audit = format!("[audit]\nfile = \"audit.jsonl\"\non-failure = \"{policy}\"\n");
        context.file("hotcell.toml", format!("{text}{audit}"));
        let screen = context.run(&["chat", "hi"]);
        assert_eq!(screen.code, Some(code), "{screen:?}");
        assert_eq!(context.mock.take_requests().len(), usize::from(code == 0));
        assert!(screen.err.contains("no audit log: name another one"), "{screen:?}");
    }
}
