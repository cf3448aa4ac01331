//! What every provider may do, as an auditor reads it and as a pipeline gates on it.

use crate::context::Context;
use crate::difference::GREEDY;
use crate::grants::{add, stored, world};
use serde_json::Value;

const FORMATS: [&str; 6] = ["text", "json", "markdown", "html", "sarif", "csv"];

fn audit(context: &Context) -> Value {
    context.run(&["audit", "--json"]).good().json()
}

/// The severity of a finding of this code, and what it is about.
fn found(report: &Value, code: &str) -> Option<(String, String)> {
    let finding = report["findings"].as_array().unwrap().iter().find(|it| it["code"] == code)?;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert!(!text(&finding["message"]).is_empty() && !text(&finding["remedy"]).is_empty());
    Some((text(&finding["severity"]), text(&finding["subject"]["name"])))
}

fn append(context: &Context, text: &str) {
    let file = context.project().join("hotcell.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{config}\n{text}\n")).unwrap();
}

#[test]
fn the_page_says_everything_that_an_auditor_signs() {
    let context = world();
    add(&context).good();
    let mut settings = context.settings();
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]");
    settings.add_filter(r"by \S+ at \[TIME\]", "by [PERSON] at [TIME]");
    for format in ["text", "markdown", "html", "sarif", "csv"] {
        let screen = context.run(&["audit", "--format", format]).good();
        let name = format!("audit_{format}");
        settings.bind(|| insta::assert_snapshot!(name, screen.out));
    }
    // Looking changes nothing.
    assert!(context.mock.take_requests().is_empty());
}

#[test]
fn the_document_is_as_its_schema_says() {
    let context = world();
    add(&context).good();
    append(&context, "[providers.broken]\nadapter = 'nothing'");
    let schema: Value = context.run(&["audit", "--schema"]).good().json();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for arguments in [&["audit", "--json"][..], &["audit", "--json", "--all"]] {
        let report = context.run(arguments).good().json();
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    // A schema that takes anything would be none.
    let mut report = audit(&context);
    report["providers"][0]["endpoints"]["api"]["allow"] = "everything".into();
    assert!(!validator.is_valid(&report));
}

#[test]
fn an_audit_of_all_works_without_a_configuration_or_a_key() {
    let context = Context::empty();
    let report = audit(&context);
    assert_eq!(report["providers"], Value::Array(Vec::new()));
    let all = context.run(&["audit", "--all", "--json"]).good().json();
    let names: Vec<&Value> =
        all["providers"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert!(names.contains(&&"openai".into()) && names.contains(&&"groq".into()), "{names:?}");
    assert_eq!(all["adapters"]["openai"]["signed"]["by"], "bundle");
    // A key that is there makes a provider one that is used.
    let mut command = context.command(&["audit", "--json"]);
    command.env("GROQ_API_KEY", "gsk-0123456789");
    let report = context.run_command(command, b"").good();
    assert_eq!(report.json()["providers"][0]["name"], "groq");
    assert!(!report.out.contains("gsk-"));
}

#[test]
fn what_should_not_be_so_is_found() {
    let context = world();
    add(&context).good();
    let quiet = audit(&context);
    let theirs = Some(("medium".to_owned(), "theirs".to_owned()));
    assert_eq!(found(&quiet, "unsigned"), theirs);
    let mock = |severity: &str| Some((severity.to_owned(), "claude".to_owned()));
    assert_eq!(found(&quiet, "private-network"), mock("medium"));
    assert_eq!(found(&quiet, "plaintext"), mock("low"));
    assert_eq!(found(&quiet, "no-audit-log").unwrap().0, "low");
    for code in ["stale-lock-entry", "limit-raised", "secret-missing", "component-changed"] {
        assert_eq!(found(&quiet, code), None, "{code}");
    }
    append(
        &context,
        "[providers.far]\nadapter = 'openai'\nendpoints.api = 'http://10.1.2.3'\n\
         allow-private = true\nallow-plaintext = true\nsecrets.api-key = 'file:far.key'\n\
         limits.events = 2000000\n\
         [providers.broken]\nadapter = 'nothing'\n\
         [audit]\nfile = 'log.jsonl'\non-failure = 'continue'\n\
         [transcripts]\ndirectory = 'kept'",
    );
    context.packed("unused.wasm", &[]);
    context.run(&["adapter", "add", "unused.wasm", "--name", "unused", "--yes"]).good();
    let report = audit(&context);
    let about = |code: &str| found(&report, code).unwrap_or_else(|| panic!("{code}: {report}"));
    let is = |severity: &str, name: &str| (severity.to_owned(), name.to_owned());
    assert_eq!(about("plaintext"), is("high", "far"));
    assert_eq!(about("limit-raised"), is("low", "far"));
    assert_eq!(about("secret-missing"), is("low", "far"));
    assert_eq!(about("unusable"), is("medium", "broken"));
    assert_eq!(about("stale-lock-entry"), is("low", "unused"));
    assert_eq!(about("audit-log-continues"), is("low", "audit log"));
    assert_eq!(about("transcripts-kept").0, "info");
    assert_eq!(found(&report, "no-audit-log"), None);
    for name in ["log.jsonl", "kept"] {
        assert!(!context.project().join(name).exists(), "{name} was made");
    }
    let severities = report["findings"].as_array().unwrap().iter().map(|it| {
        let order = ["critical", "high", "medium", "low", "info"];
        order.iter().position(|known| it["severity"] == *known).unwrap()
    });
    assert!(severities.is_sorted(), "the worst stands first");
}

#[test]
fn a_grant_of_every_path_is_found() {
    let context = world();
    context.packed("first.wasm", &[("\"POST /chat/completions\"", "\"POST /{any}/{thing}\"")]);
    add(&context).good();
    assert_eq!(found(&audit(&context), "wildcard-path").unwrap(), ("high".into(), "theirs".into()));
}

#[test]
fn an_update_that_wants_more_is_found_before_anybody_agrees_to_it() {
    let context = world();
    add(&context).good();
    context.packed("first.wasm", &[("version = \"0.1.0\"", "version = \"0.1.1\"")]);
    assert_eq!(found(&audit(&context), "update-waiting").unwrap().0, "info");
    context.packed("first.wasm", GREEDY);
    let report = audit(&context);
    assert_eq!(found(&report, "widened-since-lock").unwrap(), ("high".into(), "theirs".into()));
    assert!(report.to_string().contains("https://models-openai.com"), "{report}");
}

#[test]
fn a_tampered_store_and_a_missing_signature_are_critical() {
    let context = world();
    add(&context).good();
    append(&context, "[signatures]\nunsigned = 'refuse'");
    let report = audit(&context);
    assert_eq!(found(&report, "signature-refused").unwrap().0, "critical");
    assert_eq!(report["adapters"]["theirs"]["signed"]["by"], "refused");
    context.packed("greedy.wasm", GREEDY);
    std::fs::copy(context.project().join("greedy.wasm"), stored(&context)).unwrap();
    let report = audit(&context);
    assert_eq!(found(&report, "component-changed").unwrap(), ("critical".into(), "theirs".into()));
    // And a start with it ends before anything is compiled.
    let cache = context.project().join("cache");
    let mut command = context.command(&["chat", "-m", "mine/gpt-4o", "hi"]);
    command.env("XDG_CACHE_HOME", &cache);
    assert_eq!(context.run_command(command, b"").code, Some(5));
    let compiled = std::fs::read_dir(cache.join("hotcell")).into_iter().flatten().count();
    assert_eq!(compiled, 0);
}

#[test]
fn an_advisory_about_a_crate_is_found_where_it_is_built_in() {
    let context = world();
    let listed = context.run(&["adapter", "inspect", "openai", "--json"]).good().json();
    let crates = listed["dependencies"].to_string();
    assert!(crates.contains("serde_json"), "{crates}");
    let advisory = |name: &str| {
        format!(
            r#"{{"id": "RUSTSEC-2026-9999", "modified": "2026-01-01T00:00:00Z",
               "summary": "It reads <b>anything</b>",
               "affected": [{{"package": {{"ecosystem": "crates.io", "name": "{name}"}},
               "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "99.0.0"}}]}}]}}]}}"#
        )
    };
    context.file("osv.json", advisory("serde_json"));
    let screen = context.run(&["audit", "--json", "--advisories", "osv.json"]).good();
    let report = screen.json();
    let about: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["code"] == "advisory" && it["severity"] == "high")
        .map(|it| &it["subject"]["name"])
        .collect();
    for name in ["openai", "anthropic", "hotcell"] {
        assert!(about.contains(&&name.into()), "{name}: {about:?}");
    }
    assert_eq!(report["adapters"]["openai"]["advisories"][0]["fixed"][0], "99.0.0");
    let gate = ["audit", "--advisories", "osv.json", "--fail-on", "high"];
    assert_eq!(context.run(&gate).code, Some(1));
    context.file("osv.json", advisory("a-crate-that-nobody-uses"));
    let screen = context.run(&gate);
    assert_eq!(screen.code, Some(0), "{screen:?}");
    context.file("osv.json", "{");
    assert_eq!(context.run(&gate).code, Some(2));
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_or_write_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let context = Context::new();
    let key = context.file("far.key", "sk-0123456789abcdef");
    append(&context, "[providers.far]\nadapter = 'openai'\nsecrets.api-key = 'file:far.key'");
    let set = |file: &std::path::Path, mode| {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&key, 0o600);
    assert_eq!(found(&audit(&context), "secret-file-readable"), None);
    set(&key, 0o644);
    let screen = context.run(&["audit", "--json", "--config", "hotcell.toml"]).good();
    assert_eq!(found(&screen.json(), "secret-file-readable").unwrap().0, "high");
    assert!(!screen.out.contains("sk-0123"));
    set(&context.project().join("hotcell.toml"), 0o666);
    let report = context.run(&["audit", "--json", "--config", "hotcell.toml"]).good().json();
    assert_eq!(found(&report, "file-writable").unwrap().0, "high");
}

#[test]
fn a_pipeline_gates_on_the_severity() {
    let context = world();
    add(&context).good();
    for (fail_on, code) in [("critical", 0), ("high", 0), ("medium", 1), ("low", 1), ("info", 1)] {
        let screen = context.run(&["audit", "--fail-on", fail_on]);
        assert_eq!(screen.code, Some(code), "{fail_on}: {screen:?}");
        assert!(screen.out.contains("What adapters may do"));
    }
    let screen = context.run(&["audit", "-f", "sarif", "-o", "a.sarif", "--fail-on", "medium"]);
    assert_eq!((screen.code, screen.out.as_str()), (Some(1), ""));
    let written = std::fs::read_to_string(context.project().join("a.sarif")).unwrap();
    let sarif: Value = serde_json::from_str(&written).unwrap();
    let schema = include_str!("schema_of_sarif/sarif-2.1.0.schema.json");
    // A bracket too many in a pattern of the standard's own, for a member that is not written.
    let schema: Value = serde_json::from_str(&schema.replace("{2}]?$", "{2}$")).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&sarif).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|it| it["ruleId"] == "unsigned" && it["level"] == "warning"));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let unwritable = context.run(&["audit", "-o", "no/such/folder.html", "-f", "html"]);
    assert_eq!(unwritable.code, Some(2), "{unwritable:?}");
    assert_eq!(context.run(&["audit", "--fail-on", "dreadful"]).code, Some(2));
}

/// What a component says of itself is a stranger's text, and an auditor opens the page.
#[test]
fn a_hostile_manifest_cannot_write_the_page() {
    let context = world();
    let manifest = include_str!("../../../../adapters/openai/adapter.toml");
    let own = manifest.lines().find(|line| line.starts_with("description = ")).unwrap();
    let hostile = "description = \"=HYPERLINK() <script>alert(1)</script><img src=//evil.example> | \
                   \\u001b[2J\\u202e [x](https://evil.example)\"";
    let replaced = [(own, hostile)];
    context.packed("first.wasm", &replaced);
    add(&context).good();
    for format in FORMATS {
        let page = context.run(&["audit", "--format", format]).good().out;
        assert!(page.contains("evil.example") || ["sarif", "csv"].contains(&format), "{format}");
        let raw = ["<script", "<img", "\u{1b}", "\u{202e}", "](https://evil"];
        let harmless: &[&str] = match format {
            // Escapes of JSON, and text that no terminal reads.
            "json" => &["<script", "<img", "](https://evil", "\u{202e}"],
            "text" | "csv" | "sarif" => &["<script", "<img", "](https://evil"],
            "html" => &["](https://evil"],
            _ => &[],
        };
        for bad in raw.iter().filter(|bad| !harmless.contains(bad)) {
            assert!(!page.contains(bad), "{format} has {bad:?}");
        }
    }
    let page = context.run(&["audit", "--format", "html"]).good().out;
    assert!(page.contains("default-src 'none'"));
    for fetched in ["src=", "href=", "url(", "@import", "<script", "javascript:"] {
        let own = page.split("evil.example").next().unwrap();
        assert!(!own.contains(fetched) || fetched == "src=", "{fetched}");
    }
}
