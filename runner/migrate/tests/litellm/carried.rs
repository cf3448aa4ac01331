//! What is carried over, as files.

use crate::{good, good_with, page, said};
use hotcell_migrate::Kind;
use insta::assert_snapshot;

#[test]
fn a_small_one_needs_no_providers() {
    let migrated = good(
        "model_list:\n\
         - model_name: gpt-4o\n  litellm_params:\n    model: gpt-4o\n\
         - model_name: claude\n  litellm_params:\n    model: anthropic/claude-sonnet-4-5\n    api_key: os.environ/ANTHROPIC_API_KEY\n",
    );
    assert_snapshot!(page(&migrated), @r#"
    [gateway]
    only-models = true

    [gateway.models.claude]
    deployments = ["anthropic/claude-sonnet-4-5"]

    [gateway.models.gpt-4o]
    deployments = ["openai/gpt-4o"]
    ---
    "#);
}

#[test]
fn several_deployments_of_a_model_and_how_they_are_chosen() {
    let migrated = good(
        r#"
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o-eu
      api_base: https://contoso-eu.openai.azure.com/
      api_key: os.environ/AZURE_API_KEY_EU
      api_version: "2024-10-21"
      rpm: 600
      tpm: 100_000
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o-us
      api_base: https://contoso-us.openai.azure.com
      api_key: os.environ/AZURE_API_KEY_US
      api_version: "2024-10-21"
      rpm: 300
      max_parallel_requests: 20
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      organization: org-example
      rpm: 300
      timeout: 30
      max_retries: 4
router_settings:
  routing_strategy: simple-shuffle
  enable_pre_call_checks: true
  num_retries: 3
  cooldown_time: 30
  timeout: 60
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn strategies_have_their_own_names() {
    let with = |strategy: &str| {
        let text = format!(
            "model_list:\n\
             - {{ model_name: m, litellm_params: {{ model: openai/a, weight: 3 }} }}\n\
             - {{ model_name: m, litellm_params: {{ model: openai/b, weight: 1 }} }}\n\
             router_settings: {{ routing_strategy: {strategy} }}\n"
        );
        let migrated = good(&text);
        let toml = migrated.to_toml();
        let lines =
            toml.lines().filter(|line| line.contains("weight") || line.contains("strategy"));
        (lines.map(str::trim).collect::<Vec<_>>().join(" "), migrated.left_something_out())
    };
    let weights = r#"{ model = "openai/a", weight = 3 },"#;
    assert_eq!(with("simple-shuffle"), (weights.to_owned(), false));
    assert_eq!(with("least-busy"), (r#"strategy = "least-busy""#.to_owned(), false));
    assert_eq!(with("latency-based-routing"), (r#"strategy = "lowest-latency""#.to_owned(), false));
    assert_eq!(with("usage-based-routing-v2"), (r#"strategy = "least-used""#.to_owned(), false));
    assert_eq!(with("cost-based-routing"), (weights.to_owned(), true));
    assert_eq!(with("by-the-moon"), (weights.to_owned(), true));
}

#[test]
fn fallbacks_of_every_kind() {
    let migrated = good(
        r#"
model_list:
  - { model_name: small, litellm_params: { model: openai/gpt-4o-mini } }
  - { model_name: large, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: other, litellm_params: { model: anthropic/claude-sonnet-4-5 } }
  - { model_name: "groq/*", litellm_params: { model: "groq/*" } }
litellm_settings:
  fallbacks: [{ small: [other, nowhere] }, { "groq/llama-3.3-70b": [small] }]
  context_window_fallbacks: [{ small: [large] }]
  content_policy_fallbacks: [{ small: [other] }, { absent: [other] }]
  default_fallbacks: [other]
router_settings:
  model_group_alias:
    cheap: small
    hidden: { model: large, hidden: true }
    lost: nothing
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn patterns_and_everything() {
    let migrated = good(
        r#"
model_list:
  - { model_name: "anthropic/*", litellm_params: { model: "anthropic/*", api_key: os.environ/ANTHROPIC_API_KEY } }
  - { model_name: "gpt-*", litellm_params: { model: "azure/gpt-*", api_base: "https://a.openai.azure.com", api_version: v1 } }
  - { model_name: "*", litellm_params: { model: "openai/*" } }
  - { model_name: "a-*-*", litellm_params: { model: "openai/*" } }
  - { model_name: "plain", litellm_params: { model: "openai/*" } }
"#,
    );
    assert_snapshot!(page(&migrated));
    let open = good("model_list: [{ model_name: '*', litellm_params: { model: '*' } }]");
    assert_eq!(open.config.gateway.unwrap().only_models, None);
}

#[test]
fn servers_of_ones_own_say_what_egress_would_refuse() {
    let migrated = good(
        r#"
model_list:
  - { model_name: a, litellm_params: { model: openai/llama, api_base: "http://10.0.0.7:8000/v1", api_key: none } }
  - { model_name: b, litellm_params: { model: openai/qwen, api_base: "http://10.0.0.7:8000/v1", api_key: none } }
  - { model_name: c, litellm_params: { model: hosted_vllm/llama, api_base: "http://vllm:8000" } }
  - { model_name: d, litellm_params: { model: ollama_chat/qwen3, api_base: "http://localhost:11434" } }
  - { model_name: e, litellm_params: { model: ollama/qwen3, api_base: "http://gpu.lan:11434" } }
  - { model_name: f, litellm_params: { model: openai/x, api_base: "https://llm.example.com/openai/v1/", api_key: os.environ/EXAMPLE_KEY } }
  - { model_name: g, litellm_params: { model: openai/gpt-4o, api_base: "https://api.openai.com/v1" } }
  - { model_name: h, litellm_params: { model: litellm_proxy/x, api_base: "https://other-proxy.example.com", api_key: os.environ/OTHER } }
  - { model_name: i, litellm_params: { model: openai/pic, api_base: "https://llm.example.com/openai/v1/", api_key: os.environ/EXAMPLE_KEY }, model_info: { mode: image_generation } }
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn clouds_with_their_regions_and_identities() {
    let migrated = good(
        r#"
credential_list:
  - credential_name: team-aws
    credential_values: { aws_region_name: eu-west-1, aws_profile_name: team }
model_list:
  - { model_name: a, litellm_params: { model: bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0, aws_region_name: us-east-1 } }
  - { model_name: b, litellm_params: { model: bedrock/converse/us.amazon.nova-pro-v1:0, litellm_credential_name: team-aws } }
  - { model_name: c, litellm_params: { model: bedrock/us-west-2/meta.llama3-70b-instruct-v1:0, aws_access_key_id: os.environ/MY_ID, aws_secret_access_key: os.environ/MY_SECRET } }
  - { model_name: d, litellm_params: { model: vertex_ai/gemini-2.5-pro, vertex_project: my-project, vertex_location: europe-west4, vertex_credentials: /secrets/vertex.json } }
  - { model_name: e, litellm_params: { model: vertex_ai/claude-sonnet-4-5@20250929, vertex_project: my-project, vertex_location: us-east5 } }
  - { model_name: f, litellm_params: { model: azure/chat, api_base: "https://gateway.example.com/azure/openai/deployments/x", tenant_id: t-1, client_id: c-1, client_secret: os.environ/ENTRA } }
  - { model_name: g, litellm_params: { model: azure_ai/phi-4, api_base: "https://mine.services.ai.azure.com/models", api_key: os.environ/AZURE_AI_API_KEY } }
  - { model_name: h, litellm_params: { model: watsonx/ibm/granite-3-8b, api_base: "https://eu-de.ml.cloud.ibm.com", project_id: p-1 } }
  - { model_name: i, litellm_params: { model: databricks/llama, api_base: "https://adb-1.2.azuredatabricks.net/serving-endpoints", api_key: os.environ/DATABRICKS_API_KEY } }
  - { model_name: j, litellm_params: { model: bedrock/amazon.titan, aws_role_name: "arn:aws:iam::1:role/x" } }
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn an_order_is_a_model_to_fall_back_to() {
    let migrated = good(
        r#"
model_list:
  - { model_name: m, litellm_params: { model: openai/second, order: 2 } }
  - { model_name: m, litellm_params: { model: openai/first, order: 1, weight: 0.7 } }
  - { model_name: m, litellm_params: { model: openai/also-first, order: 1, weight: 0.3 } }
  - { model_name: other, litellm_params: { model: openai/o } }
litellm_settings: { default_fallbacks: [other] }
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn what_holds_for_the_whole_gateway() {
    let migrated = good(
        r#"
model_list: [{ model_name: m, litellm_params: { model: openai/m } }]
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: os.environ/DATABASE_URL
  global_max_parallel_requests: 200
  max_request_size_mb: 8
litellm_settings:
  request_timeout: 600
  num_retries: 0
  ssl_verify: /etc/ssl/company.pem
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn addresses_of_the_environment_are_looked_up_and_keys_are_not() {
    let text = "model_list:\n- model_name: m\n  litellm_params:\n    model: openai/m\n    api_base: os.environ/BASE\n    api_key: os.environ/KEY\n";
    let variables = [("BASE", "https://llm.example.com/v1"), ("KEY", "sk-never-looked-at")];
    let migrated = good_with(text, &variables);
    assert_snapshot!(page(&migrated));
    assert!(!page(&migrated).contains("never-looked-at"));
    let unset = good(text);
    assert!(unset.config.gateway.as_ref().unwrap().models.is_empty());
    let base = said(&unset, "model_list[0].litellm_params.api_base");
    assert_eq!((base[0].0, base[0].1), (5, Kind::LeftOut));
    // The file itself may say what the environment does not.
    let own = format!("{text}environment_variables:\n  BASE: https://own.example.com\n");
    let toml = good(&own).to_toml();
    assert!(toml.contains("endpoints.api = \"https://own.example.com/\""), "{toml}");
    let base = good(&own);
    let base = said(&base, "environment_variables.BASE");
    assert_eq!((base[0].0, base[0].1), (8, Kind::Needless));
}

#[test]
fn anchors_are_read_as_what_they_stand_for() {
    let migrated = good(
        "shared: &shared\n  api_base: https://llm.example.com/v1\n  api_key: os.environ/EXAMPLE\n\
         model_list:\n\
         - model_name: a\n  litellm_params:\n    <<: *shared\n    model: openai/a\n\
         - model_name: b\n  litellm_params: { <<: *shared, model: openai/b }\n",
    );
    let models = &migrated.config.gateway.as_ref().unwrap().models;
    assert_eq!(models["a"].deployments[0].model(), "llm/a");
    assert_eq!(models["b"].deployments[0].model(), "llm/b");
}

/// What the catalogue reads from the same variable needs no value now, and may have another one
/// tomorrow.
#[test]
fn a_variable_that_is_read_anyway_is_left_to_the_gateway() {
    let migrated = good_with(
        r#"
model_list:
  - { model_name: a, litellm_params: { model: azure/a, api_base: os.environ/AZURE_API_BASE, api_key: os.environ/AZURE_API_KEY, api_version: v1 } }
  - { model_name: b, litellm_params: { model: vertex_ai/gemini-2.5-pro, vertex_project: os.environ/VERTEXAI_PROJECT, vertex_location: us-east5 } }
  - { model_name: c, litellm_params: { model: bedrock/amazon.nova-pro-v1:0, aws_region_name: os.environ/AWS_REGION_NAME } }
  - { model_name: d, litellm_params: { model: bedrock/amazon.nova-pro-v1:0, aws_region_name: os.environ/MY_REGION } }
"#,
        &[("AWS_REGION_NAME", "eu-west-1"), ("MY_REGION", "us-east-1")],
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn prices_for_a_token_are_prices_for_a_million() {
    let migrated = good(
        r#"
model_list:
  - model_name: own
    litellm_params:
      model: openai/llama
      api_base: https://llm.example.com/v1
      input_cost_per_token: 0.0000025
      output_cost_per_token: 1e-5
    model_info:
      input_cost_per_token: 7
      cache_read_input_token_cost: 2.5e-07
      cache_creation_input_token_cost: 0.000003125
  - model_name: free
    litellm_params: { model: groq/llama-3.3-70b-versatile, input_cost_per_token: 0, output_cost_per_token: 0 }
  - model_name: half
    litellm_params: { model: groq/other }
    model_info: { output_cost_per_token: 0.000001 }
  - model_name: by-time
    litellm_params: { model: groq/whisper, input_cost_per_second: 0.0001 }
  - model_name: again
    litellm_params: { model: groq/other, input_cost_per_token: 1.0e-6, output_cost_per_token: 0.000001 }
  - model_name: "mistral/*"
    litellm_params: { model: "mistral/*", input_cost_per_token: 0.000001, output_cost_per_token: 0 }
  - model_name: much
    litellm_params: { model: groq/much, input_cost_per_token: 1001 }
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn answers_that_are_kept_in_memory() {
    let migrated = good(
        r#"
model_list: [{ model_name: m, litellm_params: { model: openai/m } }]
litellm_settings:
  cache: true
  cache_params:
    type: local
    ttl: 120
    supported_call_types: [acompletion, completion, aembedding, anthropic_messages, atranscription]
    namespace: mine
"#,
    );
    assert_snapshot!(page(&migrated));
}

#[test]
fn answers_that_are_kept_at_a_server() {
    let migrated = good_with(
        r#"
model_list: [{ model_name: m, litellm_params: { model: openai/m } }]
litellm_settings:
  cache: true
  cache_params:
    type: redis
    host: os.environ/REDIS_HOST
    port: 6380
    db: 2
    ssl: true
    password: os.environ/REDIS_SECRET
"#,
        &[("REDIS_HOST", "valkey.internal"), ("REDIS_SECRET", "never-looked-at")],
    );
    assert_snapshot!(page(&migrated));
    assert!(!page(&migrated).contains("never-looked-at"));
}

/// LiteLLM looks for its server in the environment, too.
#[test]
fn a_server_of_the_environment() {
    let text = "model_list: [{ model_name: m, litellm_params: { model: openai/m } }]\n\
                litellm_settings: { cache: true }\n";
    let cache = |variables| good_with(text, variables).config.gateway.and_then(|it| it.cache);
    let by_address = cache(&[("REDIS_URL", "rediss://:secret@valkey.internal:6379")]).unwrap();
    assert_eq!(by_address.server.unwrap().to_string(), "env:REDIS_URL");
    assert_eq!(by_address.password, None);
    let by_host = cache(&[("REDIS_HOST", "10.0.0.7"), ("REDIS_PASSWORD", "secret")]).unwrap();
    assert_eq!(by_host.server.unwrap().to_string(), "redis://10.0.0.7:6379");
    assert_eq!(by_host.password.unwrap().to_string(), "env:REDIS_PASSWORD");
    // The file itself may say it, and then somebody else has to.
    let own = good(&format!(
        "{text}environment_variables: {{ REDIS_HOST: 10.0.0.7, REDIS_PASSWORD: hunter2hunter2 }}\n"
    ));
    assert!(!page(&own).contains("hunter2"));
    assert_eq!(said(&own, "environment_variables.REDIS_PASSWORD")[0].1, Kind::ToDo);
    assert_eq!(own.literals[0].source, "env:REDIS_PASSWORD");
    let host = said(&own, "environment_variables.REDIS_HOST")[0];
    assert_eq!(host, (3, Kind::Needless, "its value stands where it is used"));
    // Nothing is kept where it is not known where, and that is said.
    assert_eq!(cache(&[]), None);
    let nowhere = good(text);
    assert_eq!(said(&nowhere, "litellm_settings.cache_params.host")[0].1, Kind::LeftOut);
}

#[test]
fn answers_are_not_kept_where_that_would_be_something_else() {
    for (params, setting) in [
        ("type: redis-semantic, similarity_threshold: 0.8", "type"),
        ("type: s3, s3_bucket_name: b", "type"),
        ("type: local, mode: default_off", "mode"),
    ] {
        let migrated = good(&format!(
            "model_list: [{{ model_name: m, litellm_params: {{ model: openai/m }} }}]\n\
             litellm_settings: {{ cache: true, cache_params: {{ {params} }} }}\n"
        ));
        assert_eq!(migrated.config.gateway.as_ref().unwrap().cache, None, "{params}");
        let said = said(&migrated, &format!("litellm_settings.cache_params.{setting}"));
        assert_eq!((said[0].0, said[0].1), (2, Kind::LeftOut), "{params}");
    }
}

#[test]
fn a_password_of_the_cache_stays_where_it_is() {
    let migrated = good(
        "model_list: [{ model_name: m, litellm_params: { model: openai/m } }]\n\
         litellm_settings:\n  cache: true\n  cache_params:\n    host: 10.0.0.7\n    password: hunter2hunter2\n",
    );
    assert!(!page(&migrated).contains("hunter2"));
    assert_eq!(migrated.literals[0].source, "env:REDIS_PASSWORD");
    let password = said(&migrated, "litellm_settings.cache_params.password");
    assert_eq!((password[0].0, password[0].1), (6, Kind::ToDo));
}

/// An address of which one segment begins as a path of Azure's does is not cut there.
#[test]
fn what_stands_before_azures_own_path_is_kept() {
    let at = |base: &str| {
        let migrated = good(&format!(
            "model_list: [{{ model_name: a, litellm_params: {{ model: azure/a, api_base: \"{base}\", api_version: v1 }} }}]"
        ));
        let providers = &migrated.config.providers;
        providers.values().next().unwrap().endpoints["api"].clone()
    };
    for (base, endpoint) in [
        ("https://apim.example.com/openai-eu", "https://apim.example.com/openai-eu/"),
        ("https://apim.example.com/openai-eu/openai/v1", "https://apim.example.com/openai-eu/"),
        ("https://apim.example.com/x/openai/deployments/d", "https://apim.example.com/x/"),
        ("https://apim.example.com/my-models/models", "https://apim.example.com/my-models/"),
    ] {
        assert_eq!(at(base), endpoint, "{base}");
    }
}

/// A profile, throughput that was bought: what LiteLLM asks Bedrock for is this, and not the model.
#[test]
fn a_model_id_of_bedrocks_is_what_is_asked() {
    let arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/p";
    let migrated = good(&format!(
        "model_list: [{{ model_name: a, litellm_params: {{ model: bedrock/anthropic.claude-3-haiku, model_id: \"{arn}\", aws_region_name: us-east-1 }} }}]"
    ));
    let models = &migrated.config.gateway.as_ref().unwrap().models;
    assert_eq!(models["a"].deployments[0].model(), format!("bedrock/{arn}"));
    assert_eq!(said(&migrated, "model_list[0].litellm_params.model_id")[0].1, Kind::Differs);
}

#[test]
fn fallbacks_for_every_model() {
    let migrated = good(
        r#"
model_list:
  - { model_name: a, litellm_params: { model: openai/a } }
  - { model_name: b, litellm_params: { model: openai/b } }
  - { model_name: c, litellm_params: { model: openai/c } }
litellm_settings:
  fallbacks: [{ a: [b] }, { "*": [b] }]
  default_fallbacks: [c]
  context_window_fallbacks: [{ a: [c] }, { "*": [b] }]
  content_policy_fallbacks: [{ "*": [c] }]
"#,
    );
    let models = &migrated.config.gateway.as_ref().unwrap().models;
    let of = |name: &str| {
        let model = &models[name];
        [&model.fallbacks, &model.context_fallbacks, &model.content_fallbacks]
            .map(|it| it.join(" "))
    };
    assert_eq!(of("a"), ["b", "c", "c"]);
    assert_eq!(of("b"), ["c", "", "c"]);
    assert_eq!(of("c"), ["", "b", ""]);
    let star = said(&migrated, "litellm_settings.fallbacks.*");
    assert_eq!((star[0].0, star[0].1), (7, Kind::LeftOut), "{star:?}");
    assert_eq!(migrated.notes.len(), 1);
}

#[test]
fn a_model_that_is_asked_by_responses_is_asked_so_elsewhere_too() {
    let migrated = good(
        r#"
model_list:
  - { model_name: there, litellm_params: { model: openai/responses/a, api_base: "https://llm.example.com/v1", api_key: none } }
  - { model_name: usual, litellm_params: { model: openai/responses/a } }
"#,
    );
    let config = &migrated.config;
    let models = &config.gateway.as_ref().unwrap().models;
    assert_eq!(models["there"].deployments[0].model(), "llm/a");
    assert_eq!(config.providers["llm"].adapter.as_deref(), Some("openai-responses-compatible"));
    // A route of the catalogue's is for it.
    assert_eq!(models["usual"].deployments[0].model(), "openai/responses/a");
}

#[test]
fn a_server_that_ranks_is_asked_for_rankings() {
    let migrated = good(
        r#"
model_list:
  - { model_name: a, litellm_params: { model: infinity/bge, api_base: "http://infinity:7997" }, model_info: { mode: rerank } }
  - { model_name: b, litellm_params: { model: infinity/bge, api_base: "http://infinity:7997" }, model_info: { mode: embedding } }
"#,
    );
    let config = &migrated.config;
    let models = &config.gateway.as_ref().unwrap().models;
    let adapter = |name: &str| {
        let (provider, _) = models[name].deployments[0].model().split_once('/').unwrap();
        config.providers[provider].adapter.clone().unwrap_or(provider.to_owned())
    };
    assert_eq!([adapter("a"), adapter("b")], ["vllm-rerank", "openai-compatible"]);
}
