use crate::context::{Context, assert_screen, module};
use hotcell_mock::Mock;

#[test]
fn the_help_is_a_manual() {
    let context = Context::empty();
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_chat", &["chat", "--help"]),
        ("help_embed", &["embed", "--help"]),
        ("help_adapter", &["adapter", "--help"]),
        ("help_sbom", &["sbom", "--help"]),
        ("help_config", &["config", "--help"]),
        ("help_demo", &["demo", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
    ] {
        let screen = context.run(arguments).good();
        context.settings().bind(|| insta::assert_snapshot!(name, screen.out));
    }
    let version = context.run(&["--version"]).good();
    assert_eq!(version.out, format!("hotcell {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_exit_codes_in_the_help_are_those_of_the_library() {
    use hotcell::consequence;
    use hotcell::types::FailureKind as Kind;
    let help = Context::empty().run(&["--help"]).good().out;
    for (kind, word) in [
        (Kind::InvalidRequest, "does not take this request"),
        (Kind::Unsupported, "does not take this request"),
        (Kind::NotFound, "does not take this request"),
        (Kind::TooLarge, "does not take this request"),
        (Kind::Authentication, "no credential"),
        (Kind::Permission, "without the permission"),
        (Kind::Denied, "denied"),
        (Kind::RateLimited, "rate limit"),
        (Kind::QuotaExhausted, "quota"),
        (Kind::ProviderError, "the provider failed"),
        (Kind::Overloaded, "overloaded"),
        (Kind::Unreachable, "cannot be reached"),
        (Kind::MalformedResponse, "the provider failed"),
        (Kind::ContentFiltered, "content filter"),
        (Kind::TimedOut, "timed out"),
        (Kind::Cancelled, "interrupted"),
        (Kind::Internal, "hotcell itself failed"),
    ] {
        let code = consequence(kind).exit_code.to_string();
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{code}  ")));
        assert!(line.is_some_and(|line| line.contains(word)), "{kind:?}: {line:?}");
    }
}

#[test]
fn providers_say_whether_a_key_is_there_and_never_which() {
    let context = Context::new();
    let screen = context.run(&["providers"]).good();
    assert_screen!(context, "providers", screen.page());
    for arguments in [&["providers"][..], &["providers", "--json"], &["providers", "--all", "-vvv"]]
    {
        let page = context.run(arguments).good().page();
        assert!(page.contains("MOCK_KEY") && !page.contains(Mock::KEY), "{arguments:?}");
    }
    let mut command = context.command(&["providers"]);
    command.env_remove("MOCK_KEY");
    let screen = context.run_command(command, b"").good();
    assert!(screen.out.contains("missing") && !screen.out.contains("there"), "{screen:?}");
}

#[test]
fn a_conventional_variable_is_enough() {
    let context = Context::empty();
    let screen = context.run(&["providers"]).good();
    assert_eq!(screen.out, "");
    assert!(screen.err.starts_with("Nothing is configured"), "{screen:?}");
    let mut command = context.command(&["providers"]);
    command.env("OPENAI_API_KEY", "sk-not-shown");
    let screen = context.run_command(command, b"").good();
    assert!(screen.out.contains("env:OPENAI_API_KEY  there"), "{screen:?}");
    assert!(!screen.page().contains("sk-not-shown"));
}

#[test]
fn the_variable_that_is_used_is_named() {
    let context = Context::empty();
    let listed = |variables: &[(&str, &str)]| {
        let mut command = context.command(&["providers", "--all"]);
        command.envs(variables.iter().copied());
        let screen = context.run_command(command, b"").good();
        assert!(!screen.page().contains("not-shown"));
        let line = screen.out.lines().find(|line| line.starts_with("gemini "));
        line.unwrap().split_whitespace().skip(2).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let (gemini, google) = (("GEMINI_API_KEY", "not-shown-1"), ("GOOGLE_API_KEY", "not-shown-2"));
    assert_eq!(listed(&[]), ["env:GEMINI_API_KEY|GOOGLE_API_KEY", "missing"]);
    assert_eq!(listed(&[google]), ["env:GOOGLE_API_KEY", "there"]);
    assert_eq!(listed(&[google, gemini]), ["env:GEMINI_API_KEY", "there"]);
    // One that says nothing does not count, whatever its place.
    assert_eq!(listed(&[google, ("GEMINI_API_KEY", "")]), ["env:GOOGLE_API_KEY", "there"]);
    let inspected = context.run(&["adapter", "inspect", "gemini"]).good().page();
    let words: Vec<&str> = inspected.split_whitespace().collect();
    let words = words.join(" ");
    assert!(words.contains("from GEMINI_API_KEY or GOOGLE_API_KEY unless"), "{inspected}");
    let failed = context.run(&["chat", "-m", "gemini/gemini-2.5-flash", "hello"]);
    let page = failed.page();
    assert!(page.contains("set GEMINI_API_KEY or GOOGLE_API_KEY, or name another"), "{page}");
}

#[test]
fn a_request_has_the_key_of_the_variable_that_is_set() {
    let context = Context::new();
    let file = context.project().join("hotcell.toml");
    let text = std::fs::read_to_string(file).unwrap();
    context.file("hotcell.toml", text.replace("env:MOCK_KEY", "env:OTHER_KEY|MOCK_KEY"));
    context.run(&["chat", "hello"]).good();
    // The first is sent, though it is not the right one.
    let mut command = context.command(&["chat", "hello"]);
    command.env("OTHER_KEY", "sk-not-the-one");
    let refused = context.run_command(command, b"");
    assert!(refused.code != Some(0) && refused.page().contains("401"), "{refused:?}");
    let mut command = context.command(&["chat", "hello"]);
    command.env_remove("MOCK_KEY");
    let missing = context.run_command(command, b"").page();
    assert!(missing.contains("OTHER_KEY, MOCK_KEY is set"), "{missing}");
    assert!(missing.contains("set OTHER_KEY or MOCK_KEY"), "{missing}");
}

/// An address that the environment has is one of the provider's own, or nothing goes there.
#[test]
fn a_place_that_the_environment_names_is_the_providers_own() {
    let context = Context::empty();
    let listed = |variables: &[(&str, &str)]| {
        let mut command = context.command(&["providers", "--all", "--json"]);
        command.envs(variables.iter().copied());
        context.run_command(command, b"").good().json()
    };
    let provider = |json: &serde_json::Value, name: &str| {
        let mut all = json["providers"].as_array().unwrap().iter();
        all.find(|provider| provider["name"] == name).cloned()
    };
    let keys = [("AZURE_API_KEY", "not-shown-1"), ("DATABRICKS_TOKEN", "not-shown-2")];
    let with = |name, url| listed(&[keys[0], keys[1], (name, url)]);
    let azure = provider(&with("AZURE_API_BASE", "https://mine.openai.azure.com/"), "azure");
    let azure = azure.unwrap();
    assert_eq!(azure["endpoints"]["api"], "https://mine.openai.azure.com/");
    assert_eq!(azure["secrets"][0]["source"], "env:AZURE_API_KEY");
    let elsewhere = with("AZURE_API_BASE", "https://mine.openai.azure.com.evil.example/");
    assert_eq!(provider(&elsewhere, "azure"), None);
    let own = with("DATABRICKS_HOST", "https://dbc-1.cloud.databricks.com");
    let own = provider(&own, "databricks").unwrap();
    assert_eq!(own["endpoints"]["api"], "https://dbc-1.cloud.databricks.com/");
    assert_eq!(own["secrets"][0]["source"], "env:DATABRICKS_TOKEN");
    // What has no key by convention is where it is said to be.
    let ollama = provider(&with("OLLAMA_API_BASE", "http://10.0.0.7:11434/"), "ollama").unwrap();
    assert_eq!(ollama["endpoints"]["api"], "http://10.0.0.7:11434/api");
    assert_eq!(ollama["secrets"][0]["source"], serde_json::Value::Null);
    let groq = provider(&with("GROQ_API_BASE", "https://evil.example"), "groq").unwrap();
    assert_eq!(groq["endpoints"]["api"], "https://api.groq.com/openai/v1");
    for host in ["evil.example", "https://cloud.databricks.com.evil.example", "databricks.com"] {
        let anybody = provider(&with("DATABRICKS_HOST", host), "databricks").unwrap();
        assert_eq!(anybody["secrets"][0]["source"], serde_json::Value::Null, "{host}");
        assert_eq!(anybody["secrets"][0]["present"], false, "{host}");
    }
}

#[test]
fn the_catalogue_is_listed_on_request() {
    let context = Context::empty();
    let json = context.run(&["providers", "--all", "--json"]).good().json();
    let names: Vec<&str> =
        json["providers"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    for name in ["openai", "anthropic", "groq", "deepseek", "openrouter", "ollama"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn models_are_listed_by_their_full_name() {
    let context = Context::new();
    assert_screen!(context, "models", context.run(&["models", "mock"]).good().page());
    let json = context.run(&["models", "claude", "--json"]).good().json();
    assert_eq!(json["models"][0]["model"], "claude/claude-sonnet-4-5");
    assert_eq!(json["models"][0]["raw"]["display_name"], "Claude Sonnet 4.5");
    // Without a name, those of every provider that has its key.
    let all = context.run(&["models"]).good();
    assert!(all.out.contains("mock/gpt-4o") && all.out.contains("claude/claude-haiku"), "{all:?}");
}

#[test]
fn an_adapter_is_explained_without_being_run() {
    let context = Context::empty();
    for name in hotcell::bundle::ADAPTERS.iter().map(|adapter| adapter.name) {
        let screen = context.run(&["adapter", "inspect", name]).good();
        let page = screen.out;
        assert!(page.contains("It may\n") && page.contains("It may not\n"), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= 84), "{page}");
        let json = context.run(&["adapter", "inspect", name, "--json"]).good().json();
        assert_eq!(json["manifest"]["adapter"]["name"], name);
        let imports: Vec<&str> =
            json["imports"].as_array().unwrap().iter().filter_map(|i| i.as_str()).collect();
        assert!(imports.iter().all(|import| import.starts_with("hotcell:adapter/")), "{imports:?}");
        assert_eq!(json["refused"], serde_json::Value::Null);
    }
    let list = context.run(&["adapter", "list", "--json"]).good().json();
    assert_eq!(list["adapters"].as_array().unwrap().len(), hotcell::bundle::ADAPTERS.len());
    assert_screen!(context, "adapter_list", context.run(&["adapter", "list"]).good().page());
    assert_screen!(
        context,
        "adapter_inspect",
        context.run(&["adapter", "inspect", "hostile"]).good().page()
    );
}

#[test]
fn a_component_file_is_inspected_like_a_bundled_one() {
    let context = Context::empty();
    let component = hotcell::bundle::adapter("openai").unwrap().component();
    context.file("mine.wasm", component);
    let json = context.run(&["adapter", "inspect", "mine.wasm", "--json"]).good().json();
    assert_eq!(json["digest"], hotcell::bundle::adapter("openai").unwrap().digest);
    context.file("cut.wasm", &component[..1000]);
    let screen = context.run(&["adapter", "inspect", "cut.wasm"]);
    assert_eq!(screen.code, Some(2));
    assert!(screen.err.contains("cut.wasm"), "{screen:?}");
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let context = Context::new();
    assert!(!context.run(&["adapter", "inspect", "openai"]).good().out.contains('\u{1b}'));
    let always = context.run(&["adapter", "inspect", "openai", "--color", "always"]).good();
    assert!(always.out.contains("\u{1b}[1m"));
}

#[test]
fn a_module_is_packed_into_the_component_that_is_bundled_but_for_its_crates() {
    let context = Context::empty();
    let module = module("openai").display().to_string();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../adapters/openai/adapter.toml");
    let screen = context.run(&["adapter", "pack", &module, "-m", manifest]).good();
    let packed = std::fs::read(context.project().join("openai.wasm")).unwrap();
    // A module does not tell what it was built from; whoever builds the source knows.
    assert_eq!(hotcell::manifest::inspect(&packed).unwrap().dependencies, None);
    let bundled = hotcell::bundle::adapter("openai").unwrap();
    let tree = hotcell::manifest::inspect(bundled.component()).unwrap().dependencies.unwrap();
    let component = hotcell::manifest::pack_with(
        &std::fs::read(&module).unwrap(),
        &std::fs::read_to_string(manifest).unwrap(),
        &tree,
    );
    assert!(component.unwrap() == bundled.component(), "it is not the same component");
    // What is printed is a configuration.
    let config = screen.out.split_once("hotcell.toml:\n").unwrap().1;
    context.file("hotcell.toml", config);
    let listed = context.run(&["adapter", "list", "--json"]).good().json();
    let mut adapters = listed["adapters"].as_array().unwrap().iter();
    let configured = adapters.find(|adapter| adapter["from"] == "configured").unwrap();
    assert_eq!(configured["digest"], hotcell::manifest::Digest::of(&packed).to_string());
    assert_eq!(configured["digest-agreed"], true);
}

#[test]
fn what_cannot_be_packed_is_said_with_the_way_out() {
    let context = Context::empty();
    context.file("not.wasm", "not wasm");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../adapters/openai/adapter.toml");
    context.file("broken.toml", "[adapter]\nname = \"x\"\nversoin = \"1\"\n");
    let runs: String = [
        &["adapter", "pack", "absent.wasm", "-m", manifest][..],
        &["adapter", "pack", "not.wasm"],
        &["adapter", "pack", "not.wasm", "-m", "broken.toml"],
        &["adapter", "pack", "not.wasm", "-m", manifest],
    ]
    .iter()
    .map(|arguments| {
        let screen = context.run(arguments);
        assert_eq!(screen.code, Some(2), "{arguments:?}");
        format!("=== {}\n{}\n", arguments[..3].join(" "), screen.page())
    })
    .collect();
    assert_screen!(context, "pack", runs);
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let screen = Context::empty().run(&["adapter", "inspect", "/dev/zero"]);
    assert_eq!(screen.code, Some(2));
    assert!(screen.err.contains("as no adapter has"), "{}", screen.err);
}

#[test]
fn identities_are_told_without_being_used() {
    let context = Context::empty();
    let module = module("openai").display().to_string();
    context.file(
        "cloud.toml",
        "[adapter]\nname = \"cloud\"\nversion = \"1.0.0\"\ndialect = \"openai-chat\"\n\
         [endpoints.api]\norigin = \"https://a.example\"\nallow = [\"POST /chat/completions\"]\n\
         auth = [{ scheme = \"bearer\", secret = \"api-key\" }, { scheme = \"google\" }, \
         { scheme = \"entra\", scope = \"https://a.example/.default\" }]\n\
         [secrets.api-key]\ndescription = \"API key\"\n",
    );
    context.run(&["adapter", "pack", &module, "-m", "cloud.toml", "-o", "cloud.wasm"]).good();
    let digest = std::fs::read(context.project().join("cloud.wasm")).unwrap();
    let digest = hotcell::manifest::Digest::of(&digest);
    context.file("account.json", "{\"type\":\"service_account\",\"private_key\":\"hunter22\"}");
    let account = context.project().join("account.json").display().to_string();
    context.file(
        "hotcell.toml",
        format!(
            "[adapters.cloud]\npath = \"cloud.wasm\"\ndigest = \"{digest}\"\n\
             [providers.file]\nadapter = \"cloud\"\nidentity = \"google-file:{account}\"\n\
             [providers.key]\nadapter = \"cloud\"\nsecrets.api-key = \"env:MOCK_KEY\"\n\
             [providers.machine]\nadapter = \"cloud\"\nidentity = \"entra-managed\"\n\
             [providers.stranger]\nadapter = \"cloud\"\nauth = \"google\"\n\
             [providers.missing]\nadapter = \"cloud\"\nidentity = \"google-file:/nowhere.json\"\n"
        ),
    );
    let json = context.run(&["providers", "--json"]).good().json();
    let identity = |name: &str| {
        let mut providers = json["providers"].as_array().unwrap().iter();
        let provider = providers.find(|provider| provider["name"] == name).unwrap();
        let identity = &provider["identity"];
        (identity["scheme"].as_str(), identity["presence"].as_str())
    };
    assert_eq!(identity("file"), (Some("google"), Some("there")));
    assert_eq!(identity("key"), (None, None));
    assert_eq!(identity("machine"), (Some("entra"), Some("unknown")));
    assert_eq!(identity("missing"), (Some("google"), Some("absent")));
    // Somebody else's adapter has no identity that nobody named.
    assert_eq!(identity("stranger"), (Some("google"), Some("absent")));
    for arguments in [
        &["providers"][..],
        &["audit"],
        &["doctor"],
        &["adapter", "inspect", "cloud"],
        &["providers", "-vvv"],
    ] {
        let page = context.run(arguments).page();
        assert!(!page.contains("hunter22"), "{page}");
    }
    let audit = context.run(&["audit"]).page();
    for line in
        ["https://oauth2.googleapis.com", "entra-managed; only the machine's cloud can tell"]
    {
        assert!(audit.contains(line), "{line}:\n{audit}");
    }
    let inspected = context.run(&["adapter", "inspect", "cloud"]).good().page();
    for line in ["a token from https://login.microsoftonline.com", "entra-client-secret"] {
        assert!(inspected.contains(line), "{line}:\n{inspected}");
    }
    // What is said of it is a capability like any other.
    let capability = "have a token fetched from https://oauth2.googleapis.com for `api`";
    let report = context.run(&["audit", "--json"]).json();
    let words = report["adapters"]["cloud"]["capabilities"].as_array().unwrap().iter();
    assert!(words.clone().any(|it| it["words"].as_str().unwrap().starts_with(capability)));
}
