//! What is for nobody to see, and texts that would be something else.

use crate::bed::{Bed, chat, gateway, send};
use crate::servers::{PASSWORD, file};
use hotcell::Config;
use serde_json::json;
use std::path::Path;

#[test]
fn no_authorization_header_is_a_statement() {
    let Some(bed) = Bed::new() else { return };
    let node = bed.node();
    let (key, _) = node.key(json!({ "budget": { "total": 100 } }));
    for hostile in [
        "Bearer ' OR '1'='1",
        "Bearer x'; DROP TABLE hotcell.keys; --",
        "Bearer sk-\\x00'; DELETE FROM hotcell.usage; --",
        "Bearer $1",
        "Basic JyBPUiAxPTEgLS0=",
        "Bearer ') UNION SELECT record FROM hotcell.keys --",
    ] {
        let answer = send(node.address, "POST", "/v1/chat/completions", hostile, "{}");
        assert_eq!(answer.status, 401, "{hostile}: {answer:?}");
    }
    for id in ["'%20OR%20'1'='1", "x';%20DROP%20TABLE%20hotcell.teams;%20--", "%00"] {
        for path in ["keys", "teams", "budgets/keys"] {
            let answer = node.admin("GET", &format!("/admin/{path}/{id}"), &json!({}));
            assert_eq!(answer.status, 404, "{path} {id}: {answer:?}");
        }
        let usage = node.admin("GET", &format!("/admin/usage?key={id}"), &json!({}));
        assert_eq!(usage.status, 200, "{usage:?}");
    }
    assert_eq!(chat(node.address, &key, "mark 1").status, 200);
}

#[test]
fn the_password_is_in_nothing_that_anybody_sees() {
    let Some(mut bed) = Bed::new() else { return };
    // Not in a configuration, wherever that is shown.
    let config = format!("{:?}", bed.config());
    assert!(!config.contains(PASSWORD), "{config}");
    let pasted = "[gateway.state]\ndatabase = \"postgres://me:hunter2@localhost/x\"\n";
    let error = Config::parse(pasted, Path::new("hotcell.toml")).unwrap_err();
    let error = format!("{error} {error:?}");
    assert!(error.contains("env:") && !error.contains("hunter2@"), "{error}");
    // Not in what the operator is told of a server that is gone, or does not know the password.
    let node = bed.node();
    let (key, _) = node.key(json!({ "budget": { "total": 100 } }));
    bed.server.sql("ALTER USER hotcell PASSWORD 'another'");
    bed.server.kill();
    let mut answers = vec![node.admin("GET", "/admin/keys", &json!({}))];
    answers.push(chat(node.address, &key, "mark 1"));
    for answer in answers {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(!answer.text.contains("opens@everything"), "{answer:?}");
        assert!(!answer.text.contains("opens%40everything"), "{answer:?}");
    }
    let word = file(bed.folder.path(), "another", "postgres://%zz:hunter2@@/");
    let text = format!("[gateway.state]\ndatabase = \"file:{}\"\n", word.display());
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let error = gateway(config).unwrap_err().to_string();
    assert!(error.contains("[gateway.state] database") && !error.contains("hunter2"), "{error}");
}
