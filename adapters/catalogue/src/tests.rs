use super::*;
use hotcell_manifest::Manifest;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_entry_parses_and_stands_in_order() {
    let file: File = toml::from_str(include_str!("../providers.toml")).unwrap();
    assert_eq!(file.providers.len(), providers().len());
    let names: Vec<&str> = providers().iter().map(|entry| entry.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn an_unknown_key_is_an_error() {
    let entry = "[[providers]]\nname = \"a\"\nadapter = \"openai\"\nallow-anything = true\n";
    assert!(toml::from_str::<File>(entry).is_err());
}

#[test]
fn names_and_aliases_are_unique() {
    let mut seen = BTreeSet::new();
    for provider in providers() {
        for name in provider.aliases.iter().chain([&provider.name]) {
            assert!(seen.insert(name), "{name} stands twice");
        }
    }
}

#[test]
fn only_local_providers_are_plain_http() {
    for provider in providers() {
        for url in provider.endpoints.values() {
            let local =
                url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
            assert_eq!(provider.local, local, "{}: {url}", provider.name);
            assert!(local || url.starts_with("https://"), "{}: {url}", provider.name);
            // A slash stands at the end only where there is no base path.
            let path = url.split_once("://").unwrap().1.split_once('/').unwrap().1;
            assert!(path.is_empty() || !path.ends_with('/'), "{}: {url}", provider.name);
        }
        assert!(!provider.secrets.is_empty() || provider.secret_optional, "{}", provider.name);
    }
}

/// What is set for a cloud of the same name must not go there, where it would travel
/// without TLS.
#[test]
fn no_variable_is_read_for_what_runs_on_the_users_own_machine() {
    for provider in providers() {
        assert!(provider.local || provider.places.is_empty(), "{}", provider.name);
        if provider.local {
            assert!(provider.secrets.is_empty(), "{}", provider.name);
            assert!(provider.secret_optional, "{}", provider.name);
        }
    }
}

#[test]
fn an_entry_says_nothing_that_its_adapter_does_not_declare() {
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for provider in providers() {
        let file = adapters.join(&provider.adapter).join("adapter.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let manifest = Manifest::parse(&text).unwrap();
        let name = &provider.name;
        for endpoint in provider.endpoints.keys() {
            assert!(manifest.endpoints.contains_key(endpoint), "{name}: endpoint {endpoint}");
        }
        for secret in provider.secrets.keys() {
            assert!(manifest.secrets.contains_key(secret), "{name}: secret {secret}");
        }
        for endpoint in provider.places.keys() {
            assert!(provider.endpoints.contains_key(endpoint), "{name}: place of {endpoint}");
        }
        for setting in provider.variables.keys() {
            assert!(manifest.settings.contains_key(setting), "{name}: variable of {setting}");
            assert!(!provider.settings.contains_key(setting), "{name}: {setting} is fixed");
        }
        for (setting, value) in &provider.settings {
            let declared = manifest.settings.get(setting);
            let declared = declared.unwrap_or_else(|| panic!("{name}: setting {setting}"));
            let allowed = declared.values.is_empty() || declared.values.contains(value);
            assert!(allowed, "{name}: {setting} cannot be {value}");
            assert_ne!(declared.default.as_ref(), Some(value), "{name}: {setting} is so anyway");
        }
        let settings = provider.endpoints.values().flat_map(|url| {
            let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            let settings = hotcell_manifest::origin_settings(&origin).unwrap();
            settings.into_iter().map(str::to_owned).collect::<Vec<_>>()
        });
        for setting in settings {
            assert!(manifest.settings.contains_key(&setting), "{name}: {{{setting}}}");
        }
    }
}

/// An adapter is told what its settings are.
#[test]
fn no_variable_of_a_secret_is_one_of_a_setting() {
    let names = |maps: fn(&Provider) -> &BTreeMap<String, Variables>| {
        let all = providers().iter().flat_map(move |entry| maps(entry).values());
        all.flat_map(|variables| variables.iter().map(str::to_owned)).collect::<BTreeSet<_>>()
    };
    let secrets = names(|entry| &entry.secrets);
    let settings = names(|entry| &entry.variables);
    assert!(secrets.len() > 50 && settings.len() > 10);
    assert!(secrets.is_disjoint(&settings));
    for name in settings {
        let secret = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"];
        assert!(!secret.iter().any(|word| name.contains(word)), "{name}");
    }
}

/// A key goes to the same places by whichever of its variables.
#[test]
fn the_entries_of_one_provider_have_the_same_variables() {
    for entry in providers() {
        for route in &entry.routes {
            let led = provider(&route.to).unwrap();
            assert_eq!(entry.secrets, led.secrets, "{} and {}", entry.name, led.name);
            assert_eq!(entry.variables, led.variables, "{} and {}", entry.name, led.name);
            assert_eq!(entry.places, led.places, "{} and {}", entry.name, led.name);
        }
    }
}

#[test]
fn every_variable_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/providers.md")).unwrap();
    for entry in providers() {
        let maps = [&entry.secrets, &entry.variables, &entry.places];
        for variables in maps.into_iter().flat_map(BTreeMap::values) {
            let names: Vec<String> = variables.iter().map(|it| format!("`{it}`")).collect();
            let line = format!("| {} |", names.join(", "));
            let is_told = |row: &str| row.contains(&entry.name) && row.ends_with(&line);
            assert!(page.lines().any(is_told), "{}: {line}", entry.name);
        }
    }
}

#[test]
fn a_domain_is_a_whole_one() {
    for entry in providers() {
        for domain in &entry.domains {
            let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '-');
            let good = domain.chars().all(plain) && !domain.starts_with('.');
            assert!(good && domain.contains('.'), "{}: {domain}", entry.name);
        }
    }
}

/// `adapter = "NAME"` of a configuration may mean either.
#[test]
fn an_entry_with_the_name_of_an_adapter_is_on_that_adapter() {
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for entry in providers() {
        for name in entry.aliases.iter().chain([&entry.name]) {
            if adapters.join(name).join("adapter.toml").is_file() {
                assert_eq!(entry.adapter, *name, "{}", entry.name);
            }
        }
    }
}

#[test]
fn a_pattern_fits_what_it_says() {
    let table = [
        ("gpt-4o", "gpt-4o", true),
        ("gpt-4o", "gpt-4o-mini", false),
        ("gpt-5*", "GPT-5-pro", true),
        ("*codex*", "gpt-5.1-codex-mini", true),
        ("*codex*", "codex", true),
        ("*-pro", "o3-pro", true),
        ("*-pro", "o3-pro-2025", false),
        ("a*b*c", "abc", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "acb", false),
        ("ab*ba", "aba", false),
        ("*/*", "meta/llama", true),
        ("*/*", "llama", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
    ];
    for (pattern, name, fits) in table {
        assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
    }
}

#[test]
fn a_route_is_for_what_it_names() {
    let route = |text: &str| toml::from_str::<Route>(text).unwrap();
    let asked = |interface, model, dialect| Asked { interface, model: Some(model), dialect };
    let by_model = route("to = 'b'\nmodels = ['o*-pro']");
    assert!(by_model.takes(&asked("chat", "o3-pro", None)));
    assert!(!by_model.takes(&asked("embeddings", "o3-pro", None)));
    assert!(!by_model.takes(&Asked { interface: "chat", model: None, dialect: None }));
    let by_interface = route("to = 'b'\ninterfaces = ['images', 'speech']");
    assert!(by_interface.takes(&asked("speech", "x", None)));
    assert!(!by_interface.takes(&asked("chat", "x", None)));
    let by_dialect = route("to = 'b'\ndialect = 'openai-responses'");
    assert!(by_dialect.takes(&asked("chat", "x", Some("openai-responses"))));
    assert!(!by_dialect.takes(&asked("chat", "x", Some("openai-chat"))));
    assert!(!by_dialect.takes(&asked("chat", "x", None)));
    let stripped = route("to = 'b'\nmodels = ['r/*']\nstrip = 'r/'");
    assert_eq!((stripped.model("r/x"), stripped.model("r/")), ("x", "r/"));
}

#[test]
fn a_route_leads_to_an_entry_with_no_routes_of_its_own() {
    for entry in providers() {
        for Route { interfaces, models, dialect, strip, to } in &entry.routes {
            let name = &entry.name;
            let led = provider(to).unwrap_or_else(|| panic!("{name}: there is no {to}"));
            assert!(led.routes.is_empty() && led.name == *to, "{name}: {to}");
            assert!(
                !interfaces.is_empty() || !models.is_empty() || dialect.is_some(),
                "{name}: the route to {to} takes everything"
            );
            if let Some(strip) = strip {
                let whole = format!("{strip}*");
                assert!(models.iter().all(|model| *model == whole), "{name}: {strip}");
            }
        }
    }
}

#[test]
fn a_provider_is_found_by_its_name_and_by_its_aliases() {
    assert_eq!(provider("groq").unwrap().endpoints["api"], "https://api.groq.com/openai/v1");
    assert_eq!(provider("kimi").unwrap().name, "moonshot");
    for (alias, name) in [
        ("mistralai", "mistral"),
        ("ollama_chat", "ollama"),
        ("text-completion-codestral", "codestral-fim"),
    ] {
        assert_eq!(provider(alias).unwrap().name, name);
    }
    assert_eq!(provider("Groq"), None);
    assert_eq!(provider(""), None);
}

#[test]
fn names_that_people_have_in_their_configurations_lead_to_the_same_providers() {
    let table = [
        ("azure", "azure"),
        ("azure_ai", "azure-ai"),
        ("bedrock", "bedrock"),
        ("bedrock_converse", "bedrock"),
        ("codestral", "codestral"),
        ("cohere_chat", "cohere"),
        ("databricks", "databricks"),
        ("fireworks_ai", "fireworks"),
        ("gemini", "gemini"),
        ("hosted_vllm", "vllm"),
        ("hf", "huggingface"),
        ("huggingface", "huggingface"),
        ("jina_ai", "jina"),
        ("mistral", "mistral"),
        ("ollama", "ollama"),
        ("ollama_chat", "ollama"),
        ("replicate", "replicate"),
        ("sagemaker", "sagemaker"),
        ("sagemaker_chat", "sagemaker-chat"),
        ("text-completion-openai", "openai-completions"),
        ("together_ai", "together"),
        ("vertex_ai", "vertex"),
        ("voyage", "voyage"),
        ("watsonx", "watsonx"),
    ];
    for (typed, name) in table {
        assert_eq!(provider(typed).map(|entry| entry.name.as_str()), Some(name), "{typed}");
    }
}

#[test]
fn requests_go_to_the_adapter_that_speaks_their_protocol() {
    let to = |name: &str, interface, model, dialect| {
        let entry = provider(name).unwrap();
        let route = entry.route(&Asked { interface, model: Some(model), dialect });
        route.map_or(entry.name.as_str(), |route| route.to.as_str())
    };
    let table = [
        ("huggingface", "chat", "openai/gpt-oss-120b:cerebras", None, "huggingface"),
        ("huggingface", "embeddings", "BAAI/bge-m3", None, "hf-inference"),
        ("huggingface", "rerank", "BAAI/bge-m3", None, "hf-inference"),
        ("openai", "chat", "gpt-4o", None, "openai"),
        ("openai", "chat", "gpt-4o", Some("openai-responses"), "openai-responses"),
        ("openai", "chat", "responses/gpt-4o", None, "openai-responses"),
        ("openai", "chat", "gpt-5-pro", None, "openai-responses"),
        ("openai", "chat", "gpt-5.4-pro-2026-03-05", None, "openai-responses"),
        ("openai", "chat", "gpt-5.1-codex-mini", None, "openai-responses"),
        ("openai", "chat", "o3-pro", None, "openai-responses"),
        ("openai", "chat", "o3-mini", None, "openai"),
        ("openai", "chat", "gpt-3.5-turbo-instruct", None, "openai-completions"),
        ("openai", "embeddings", "text-embedding-3-small", None, "openai"),
        ("openai", "images", "gpt-image-1", None, "openai-media"),
        ("openai", "moderation", "omni-moderation-latest", None, "openai-media"),
        ("bedrock", "chat", "anthropic.claude-v2", None, "bedrock"),
        ("bedrock", "chat", "invoke/us.anthropic.claude-x", None, "bedrock-anthropic"),
        (
            "bedrock",
            "chat",
            "us.anthropic.claude-x",
            Some("anthropic-messages"),
            "bedrock-anthropic",
        ),
        ("bedrock", "chat", "us.amazon.nova-pro-v1:0", Some("anthropic-messages"), "bedrock"),
        ("bedrock", "chat", "invoke/amazon.nova-micro-v1:0", None, "bedrock-nova"),
        ("bedrock", "chat", "invoke/meta.llama3-8b-instruct-v1:0", None, "bedrock"),
        ("bedrock", "chat", "llama/arn:aws:bedrock:r:1:imported-model/x", None, "bedrock-llama"),
        ("bedrock", "chat", "deepseek_r1/arn:aws:x", None, "bedrock-deepseek"),
        ("bedrock", "chat", "meta.llama3-8b", Some("bedrock-invoke"), "bedrock-text"),
        ("bedrock", "embeddings", "amazon.titan-embed-text-v2:0", None, "bedrock"),
        ("vertex_ai", "chat", "gemini-2.5-pro", None, "vertex"),
        ("vertex_ai", "chat", "claude-sonnet-4-5", None, "vertex-anthropic"),
        ("vertex_ai", "tokens", "claude-sonnet-4-5", None, "vertex-anthropic"),
        ("vertex_ai", "chat", "meta/llama-4-scout", None, "vertex-openai"),
        ("vllm", "rerank", "bge-reranker", None, "vllm-rerank"),
    ];
    for (name, interface, model, dialect, expected) in table {
        assert_eq!(to(name, interface, model, dialect), expected, "{name}/{model}");
    }
}

#[test]
fn the_providers_that_people_use_are_there() {
    let names = [
        "anthropic",
        "azure",
        "cerebras",
        "codestral",
        "dashscope",
        "deepinfra",
        "deepseek",
        "doubleword",
        "fireworks",
        "github",
        "groq",
        "huggingface",
        "llamacpp",
        "lmstudio",
        "mistral",
        "moonshot",
        "nebius",
        "novita",
        "nvidia",
        "ollama",
        "ollama-cloud",
        "ollama-openai",
        "openai",
        "openai-compatible",
        "openrouter",
        "perplexity",
        "sambanova",
        "together",
        "venice",
        "vllm",
        "xai",
        "zai",
    ];
    for name in names {
        assert!(provider(name).is_some(), "{name}");
    }
}
