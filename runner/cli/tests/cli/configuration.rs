use crate::context::{Context, assert_screen};
use serde_json::Value;

#[test]
fn a_malformed_configuration_is_shown_where_it_is_wrong() {
    let context = Context::empty();
    let mut page = String::new();
    for (name, text) in [
        ("not TOML", "default-model = \"a/b\"\n[providers.x\n"),
        ("an unknown key", "[providers.x]\nadaptor = \"openai\"\n"),
        ("a wrong type", "[providers.x]\n\tallow-private = \"yes\"\n"),
        ("a literal key", "[providers.x]\nsecrets.api-key = \"sk-live-123456\"\n"),
        ("an unknown adapter", "[providers.x]\nadapter = \"opnai\"\n"),
        (
            "no endpoint",
            "[providers.x]\nadapter = \"openai\"\nendpoints.apo = \"https://a.example\"\n",
        ),
    ] {
        context.file("hotcell.toml", text);
        let screen = context.run(&["config", "check"]);
        assert_eq!(screen.code, Some(2), "{name}: {screen:?}");
        page.push_str(&format!("=== {name}\n{}\n", screen.page()));
    }
    assert!(!page.contains("sk-live"), "{page}");
    assert_screen!(context, "malformed_configuration", page);
}

#[test]
fn a_named_configuration_must_be_there_and_is_the_only_one() {
    let context = Context::new();
    let screen = context.run(&["--config", "nope.toml", "chat", "hi"]);
    assert_eq!(screen.code, Some(2));
    assert!(screen.err.contains("nope.toml"), "{screen:?}");
    context.file("other.toml", "default-model = \"x/y\"\n");
    let json = context.run(&["--config", "other.toml", "config", "show", "--json"]).good().json();
    assert_eq!(json["config"]["default-model"], "x/y");
    assert_eq!(json["config"].get("providers"), None);
}

#[test]
fn the_effective_configuration_names_its_sources() {
    let context = Context::new();
    let folder = context.home().join(".config/hotcell");
    std::fs::create_dir_all(&folder).unwrap();
    let text = "default-model = \"a/b\"\n[providers.groq]\nsecrets.api-key = \"env:MY_GROQ\"\n";
    std::fs::write(folder.join("config.toml"), text).unwrap();
    assert_screen!(context, "config_show", context.run(&["config", "show"]).good().page());
    assert_screen!(context, "config_path", context.run(&["config", "path"]).good().page());
    let check = context.run(&["config", "check"]).good();
    assert_eq!(check.err, "good: 3 providers configured\n");
}

#[test]
fn everything_that_is_wrong_is_told_and_what_is_good_is_listed() {
    let context = Context::empty();
    context.file(
        "hotcell.toml",
        "[providers.good]\nadapter = \"openai\"\nsecrets.api-key = \"env:MOCK_KEY\"\n\
         [providers.lost]\nadapter = \"opnai\"\n\
         [providers.plain]\nadapter = \"openai-compatible\"\n\
         endpoints.api = \"http://10.0.0.7:8000\"\n",
    );
    let check = context.run(&["config", "check"]);
    let listed = context.run(&["providers"]);
    assert_eq!((check.code, listed.code), (Some(2), Some(0)));
    let pages = format!("=== check\n{}\n=== providers\n{}", check.page(), listed.page());
    assert_screen!(context, "everything_wrong", pages);
    let json = context.run(&["providers", "--json"]).good().json();
    let problem = |name: &str| {
        let providers = json["providers"].as_array().unwrap();
        providers.iter().find(|provider| provider["name"] == name).unwrap()["problem"].clone()
    };
    assert_eq!(problem("good"), Value::Null);
    assert!(problem("plain").as_str().unwrap().contains("allow-plaintext"));
}

#[test]
fn a_provider_that_cannot_be_set_up_is_a_matter_of_configuration() {
    let context = Context::empty();
    let digest = format!("sha256:{}", "0".repeat(64));
    context.file("changed.wasm", hotcell::bundle::adapter("openai").unwrap().component());
    context.file(
        "hotcell.toml",
        format!(
            "[providers.lost]\nadapter = \"opnai\"\n\
             [providers.plain]\nadapter = \"openai\"\nendpoints.api = \"http://10.0.0.1\"\n\
             secrets.api-key = \"env:MOCK_KEY\"\n\
             [providers.changed]\nadapter = \"mine\"\n\
             [adapters.mine]\npath = \"changed.wasm\"\ndigest = \"{digest}\"\n"
        ),
    );
    // A component that is not the one that was agreed to is denied.
    let runs: String = [("lost", 2), ("plain", 2), ("changed", 5), ("unknown", 2)]
        .iter()
        .map(|(provider, code)| {
            let screen = context.run(&["chat", "-m", &format!("{provider}/x"), "hi"]);
            assert_eq!(screen.code, Some(*code), "{provider}");
            format!("=== {provider}\n{}\n", screen.page())
        })
        .collect();
    assert_screen!(context, "setup", runs);
}

#[test]
fn a_header_that_holds_a_key_is_not_shown() {
    let context = Context::empty();
    context
        .file("hotcell.toml", "[providers.x.headers]\nX-Team-Token = \"t0p\"\nx-team = \"blue\"\n");
    for arguments in [&["config", "show"][..], &["config", "show", "--json"]] {
        let page = context.run(arguments).good().page();
        assert!(page.contains("blue") && !page.contains("t0p"), "{page}");
    }
}

/// Every member of an object schema, with the path that leads to it.
fn members(schema: &Value, root: &Value) -> Vec<(String, Value)> {
    let properties = schema["properties"].as_object().unwrap();
    let resolve = |value: &Value| match value["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => value.clone(),
    };
    properties.iter().map(|(name, value)| (name.clone(), resolve(value))).collect()
}

/// A TOML value that the schema allows.
fn sample(schema: &Value, root: &Value) -> String {
    let digest = format!("sha256:{}", "0".repeat(64));
    // Where members exclude each other.
    if let Some(example) = schema["examples"].get(0) {
        return toml::Value::try_from(example).unwrap().to_string();
    }
    match schema["type"].as_str().unwrap() {
        "boolean" => "true".to_owned(),
        "integer" => "1".to_owned(),
        "array" => "[\"GET /a\"]".to_owned(),
        "string" if schema["enum"].is_array() => schema["enum"][0].to_string(),
        "string" => match schema["pattern"].as_str() {
            Some(pattern) if pattern.starts_with("^sha256") => format!("\"{digest}\""),
            _ => "\"env:A\"".to_owned(),
        },
        _ if schema.get("properties").is_some() => {
            let all = members(schema, root);
            let pairs = all.iter().map(|(name, value)| format!("{name} = {}", sample(value, root)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let inner = &schema["additionalProperties"];
            let inner = match inner["$ref"].as_str() {
                Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
                None => inner,
            };
            format!("{{ x = {} }}", sample(inner, root))
        }
    }
}

#[test]
fn the_schema_has_what_the_library_reads_and_nothing_else() {
    let context = Context::empty();
    let schema = context.run(&["config", "schema"]).good().json();
    // Everything that the schema has is read …
    let text: String = members(&schema, &schema)
        .iter()
        .map(|(name, value)| format!("{name} = {}\n", sample(value, &schema)))
        .collect();
    let config = hotcell::Config::parse(&text, "hotcell.toml".as_ref()).unwrap();
    // … and what the library can say of a full configuration, the schema has too.
    fn compare(value: &Value, schema: &Value, root: &Value, at: &str) {
        let Some(object) = value.as_object() else { return };
        for (name, value) in object {
            let declared = match schema.get("properties") {
                Some(properties) => properties.get(name),
                None => schema.get("additionalProperties"),
            };
            let declared = declared.unwrap_or_else(|| panic!("{at}.{name} is not in the schema"));
            let declared = match declared["$ref"].as_str() {
                Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
                None => declared,
            };
            compare(value, declared, root, &format!("{at}.{name}"));
        }
    }
    compare(&serde_json::to_value(config).unwrap(), &schema, &schema, "");
    // An unknown member's error lists what would be known: all of it is in the schema.
    for (table, part) in [
        ("", &schema),
        ("[providers.x]\n", &schema["$defs"]["provider"]),
        ("[adapters.x]\n", &schema["$defs"]["adapter"]),
        ("[providers.x.limits]\n", &schema["$defs"]["limits"]),
        ("[providers.x.egress]\n", &schema["$defs"]["egress"]),
        ("[audit]\n", &schema["properties"]["audit"]),
        ("[gateway]\n", &schema["properties"]["gateway"]),
        ("[gateway.limits]\n", &schema["$defs"]["gateway-limits"]),
        ("[gateway.models.x]\n", &schema["$defs"]["gateway-model"]),
        ("[gateway.state]\n", &schema["properties"]["gateway"]["properties"]["state"]),
        ("[gateway.cache]\n", &schema["$defs"]["gateway-cache"]),
        ("[gateway.jwt]\n", &schema["$defs"]["gateway-jwt"]),
        ("[gateway.log]\n", &schema["properties"]["gateway"]["properties"]["log"]),
        ("[gateway.metrics]\n", &schema["properties"]["gateway"]["properties"]["metrics"]),
        ("[gateway.status]\n", &schema["properties"]["gateway"]["properties"]["status"]),
        ("[gateway.traces]\n", &schema["properties"]["gateway"]["properties"]["traces"]),
        ("[gateway.prices.x]\n", &schema["$defs"]["gateway-price"]),
        ("[signatures]\n", &schema["properties"]["signatures"]),
        ("[signatures.publishers.x]\n", &schema["$defs"]["publisher"]),
    ] {
        let text = format!("{table}no-such-member = 1\n");
        let error = hotcell::Config::parse(&text, "x".as_ref()).unwrap_err().to_string();
        let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert!(!known.is_empty(), "{error}");
        for name in known {
            assert!(part["properties"].get(name).is_some(), "{table}{name}: {error}");
        }
    }
}

#[test]
fn a_proxy_that_the_environment_names_is_not_used() {
    let context = Context::new();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let mut command = context.command(&["chat", "-m", "mock/gpt-4o-mini", "hi"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, &proxy).env(name.to_lowercase(), &proxy);
    }
    context.run_command(command, b"").good();
    listener.set_nonblocking(true).unwrap();
    let error = listener.accept().expect_err("nobody connects to the proxy");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_proxy_that_cannot_be_one_is_a_matter_of_configuration() {
    let context = Context::empty();
    context.file("hotcell.toml", "[proxy]\nurl = \"http://me:hunter2@proxy:3128\"\n");
    let screen = context.run(&["chat", "-m", "openai/x", "hi"]);
    assert_eq!(screen.code, Some(2));
    assert!(screen.err.contains("proxy.credential"), "{}", screen.err);
    assert!(!screen.err.contains("hunter2"), "{}", screen.err);
}

#[cfg(unix)]
#[test]
fn a_file_that_anybody_can_write_is_only_read_when_it_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let context = Context::new();
    let file = context.project().join("hotcell.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let screen = context.run(&["chat", "-m", "mock/gpt-4o-mini", "hi"]);
    assert_eq!(screen.code, Some(2));
    assert!(screen.err.contains("--config"), "{}", screen.err);
    context.run(&["--config", "hotcell.toml", "chat", "-m", "mock/gpt-4o-mini", "hi"]).good();
}

/// What would keep a gateway from being started is told by whoever only looks at its
/// configuration, in the same words, and with its line.
#[test]
fn a_gateway_that_cannot_be_is_told_of_before_it_is_started() {
    let context = Context::empty();
    let mut page = String::new();
    for (name, models) in [
        ("no such provider", "[gateway.models.a]\ndeployments = [\"opnai/x\"]\n"),
        ("a provider that lacks something", "[gateway.models.a]\ndeployments = [\"vertex/x\"]\n"),
        ("no deployments", "\n[gateway.models.a]\ndeployments = []\n"),
        ("no weight", "[gateway.models.a]\ndeployments = [{ model = \"openai/x\", weight = 0 }]\n"),
        (
            "no such fallback",
            "[gateway.models.\"a.b\"]\ndeployments = [\"openai/x\"]\nfallbacks = [\"b\"]\n",
        ),
        ("no seal", "[gateway]\ncache.seconds = 1\ncache.server = \"redis://127.0.0.1:1\"\n"),
        ("no database", "[gateway]\n\n[gateway.state]\ncounters = \"redis://127.0.0.1:1\"\n"),
        ("no origin", "[gateway]\norigins = [\"app.example.com/x\"]\n"),
        ("a page without a key", "[gateway]\naccess = \"open\"\norigins = [\"*\"]\n"),
        ("no price", "[gateway.prices.\"a/b\"]\ninput = -1\noutput = 0\n"),
        (
            "an unknown word",
            "[gateway.models.a]\ndeployments = [\n  { model = \"openai/x\", wieght = 2 },\n]\n",
        ),
        ("a wrong type", "[gateway.models.a]\ndeployments = [3]\n"),
    ] {
        context.file("hotcell.toml", models);
        let check = context.run(&["config", "check"]);
        assert_eq!(check.code, Some(2), "{name}: {check:?}");
        let serve = context.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!((serve.code, &serve.err), (Some(2), &check.err), "{name}");
        page.push_str(&format!("=== {name}\n{}\n", check.page()));
    }
    assert_screen!(context, "gateway_that_cannot_be", page);
    context.file("hotcell.toml", "[gateway.models.a]\ndeployments = [\"openai/x\"]\n");
    let check = context.run(&["config", "check"]).good();
    assert_eq!(check.err, "good: 0 providers and 1 model configured\n");
}
