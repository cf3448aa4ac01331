//! Files that nobody should write.

use crate::{good, read};
use hotcell::Config;
use proptest::prelude::*;
use std::path::Path;

#[test]
fn a_wrong_type_is_told_with_its_line_and_never_with_its_value() {
    let entry =
        |params: &str| format!("model_list:\n- model_name: m\n  litellm_params:\n    {params}\n");
    let table = [
        ("[hunter]".to_owned(), 1, "the file"),
        ("model_list: hunter".to_owned(), 1, "model_list"),
        ("\nmodel_list: { hunter: x }".to_owned(), 2, "model_list"),
        ("model_list:\n- hunter".to_owned(), 2, "model_list[0]"),
        ("model_list:\n- litellm_params: { model: a/b }".to_owned(), 2, "model_name"),
        ("model_list:\n- model_name: hunter".to_owned(), 2, "litellm_params"),
        (entry("api_key: hunter"), 4, "model"),
        (entry("model: [hunter]"), 4, "model"),
        (entry("model: openai/m\n    api_key: { hunter: x }"), 5, "api_key"),
        (entry("model: openai/m\n    rpm: hunter"), 5, "rpm"),
        (entry("model: openai/m\n    rpm: -1"), 5, "rpm"),
        (entry("model: openai/m\n    rpm: 1.5"), 5, "rpm"),
        (entry("model: openai/m\n    weight: 1e999"), 5, "weight"),
        (entry("model: openai/m\n    extra_headers: hunter"), 5, "extra_headers"),
        ("router_settings: hunter".to_owned(), 1, "router_settings"),
        ("litellm_settings:\n  fallbacks: [hunter]".to_owned(), 2, "fallbacks"),
        (
            "router_settings:\n  model_group_alias: { a: [hunter] }".to_owned(),
            2,
            "model_group_alias",
        ),
        ("environment_variables: [hunter]".to_owned(), 1, "environment_variables"),
        ("credential_list:\n- { credential_name: hunter }".to_owned(), 2, "credential_values"),
    ];
    for (text, line, part) in table {
        let error = read(&text, &[]).expect_err(&text);
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
    }
}

#[test]
fn names_that_mean_something_to_toml_stay_names() {
    let migrated = good(
        "model_list:\n\
         - { model_name: \"a.b]\\n[gateway]\\nonly-models = false #\\\"\", litellm_params: { model: \"openai/x\\\"]\\ny\" } }\n\
         - { model_name: '', litellm_params: { model: openai/m } }\n\
         - { model_name: \"\\u202e\", litellm_params: { model: openai/m, api_base: 'https://x.example.com', api_key: os.environ/K } }\n",
    );
    assert_eq!(migrated.config.gateway.unwrap().models.len(), 3);
}

#[test]
fn a_provider_is_called_by_a_name_that_nobody_else_has() {
    let entries: String = ["groq", "openai", "anthropic", "groq", "api.groq", "..", "gemini"]
        .iter()
        .enumerate()
        .map(|(n, host)| {
            format!(
                "- {{ model_name: m{n}, litellm_params: {{ model: openai/m, api_base: 'https://{host}.example.com/{n}', api_key: os.environ/K{n} }} }}\n"
            )
        })
        .collect();
    let migrated = good(&format!("model_list:\n{entries}"));
    let providers = &migrated.config.providers;
    assert_eq!(providers.len(), 7, "{:?}", providers.keys());
    for name in providers.keys() {
        assert!(hotcell::catalogue::provider(name).is_none(), "{name}");
        assert!(!name.contains('/'), "{name}");
    }
}

#[test]
fn there_is_an_end_to_deployments() {
    let entries = "- { model_name: m, litellm_params: { model: openai/m } }\n".repeat(10_001);
    let error = read(&format!("model_list:\n{entries}"), &[]).unwrap_err();
    assert!(error.message.contains("more than 10000"), "{error}");
}

#[test]
fn a_name_with_a_slash_and_a_client_that_chooses_cannot_choose_the_provider() {
    let migrated = good("model_list: [{ model_name: '*', litellm_params: { model: '*/x' } }]");
    assert!(migrated.config.gateway.unwrap().models.is_empty());
}

/// Files of the words that are read, in places where they may or may not belong.
fn words() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "1",
        "0.5",
        "-1",
        "true",
        "no",
        "null",
        "''",
        "'*'",
        "openai/*",
        "openai/gpt-4o",
        "m",
        "n*",
        "azure/x",
        "bedrock/us-east-1/a.b",
        "vertex_ai/gemini",
        "watsonx/a",
        "ollama/x",
        "*/x",
        "custom_openai/x",
        "https://a.example.com/v1",
        "http://10.0.0.7:1",
        "http://[::1]/",
        "ftp://x",
        "https://a@b",
        "os.environ/A",
        "os.environ/",
        "hunter",
        "\"a\\nb\\u0000\"",
        "least-busy",
        "v1",
        "{ m: [n, m] }",
        "[{ m: m }]",
        "{ a: b }",
        "[]",
        "{}",
        "[[]]",
        "{ model: m, hidden: true }",
    ]);
    let param = prop::sample::select(vec![
        "model",
        "api_base",
        "api_key",
        "api_version",
        "rpm",
        "tpm",
        "weight",
        "order",
        "timeout",
        "stream_timeout",
        "max_retries",
        "extra_headers",
        "organization",
        "custom_llm_provider",
        "aws_region_name",
        "aws_access_key_id",
        "aws_profile_name",
        "vertex_project",
        "client_id",
        "vertex_credentials",
        "tenant_id",
        "client_secret",
        "project_id",
        "max_parallel_requests",
        "litellm_credential_name",
        "temperature",
        "unheard_of",
    ]);
    let setting = prop::sample::select(vec![
        "router_settings.fallbacks",
        "router_settings.routing_strategy",
        "router_settings.timeout",
        "router_settings.model_group_alias",
        "router_settings.default_fallbacks",
        "router_settings.cooldown_time",
        "litellm_settings.context_window_fallbacks",
        "litellm_settings.num_retries",
        "litellm_settings.ssl_verify",
        "general_settings.master_key",
        "general_settings.max_request_size_mb",
        "general_settings.global_max_parallel_requests",
        "environment_variables.A",
        "credential_list",
        "include",
    ]);
    let deployment =
        (value.clone(), prop::collection::btree_map(param, value.clone(), 0..6), value.clone());
    let settings = prop::collection::btree_map(setting, value, 0..5);
    (prop::collection::vec(deployment, 0..5), settings).prop_map(|(deployments, settings)| {
        let mut text = "model_list:\n".to_owned();
        for (name, params, model) in deployments {
            text.push_str(&format!("- model_name: {name}\n  litellm_params:\n"));
            if !params.contains_key("model") {
                text.push_str(&format!("    model: {model}\n"));
            }
            params.iter().for_each(|(key, value)| text.push_str(&format!("    {key}: {value}\n")));
        }
        let mut section = "";
        for (setting, value) in &settings {
            let (of, key) = setting.split_once('.').unwrap_or((setting, ""));
            if of != section {
                text.push_str(&format!(
                    "{of}:{}\n",
                    if key.is_empty() { format!(" {value}") } else { String::new() }
                ));
            }
            if !key.is_empty() {
                text.push_str(&format!("  {key}: {value}\n"));
            }
            section = of;
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// There is an answer or an error, the answer is a configuration, and a key is in neither.
    #[test]
    fn whatever_stands_where_there_is_an_answer(text in words()) {
        match read(&text, &[("A", "https://a.example.com")]) {
            Err(error) => prop_assert!(error.line > 0, "{text}\n{error:?}"),
            Ok(migrated) => {
                let toml = migrated.to_toml();
                let parsed = Config::parse(&toml, Path::new("hotcell.toml"));
                prop_assert_eq!(parsed.as_ref(), Ok(&migrated.config), "{}\n{}", text, toml);
                let is_secret = |key| text.contains(&format!("{key}: hunter"));
                if ["api_key", "aws_access_key_id", "client_secret", "master_key"].into_iter().any(is_secret)
                    && text.matches("hunter").count() == 1
                {
                    prop_assert!(!format!("{migrated:?}").contains("hunter"), "{text}\n{toml}");
                }
            }
        }
    }
}
