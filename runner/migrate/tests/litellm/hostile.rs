//! Files that nobody should write.

use crate::{good, read};

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
