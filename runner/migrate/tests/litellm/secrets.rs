//! No key that stands in a file comes out of it.

use crate::{good, good_with, page, read, said};
use hotcell_migrate::Kind;

const FILE: &str = r#"
model_list:
  - model_name: a
    litellm_params: { model: openai/gpt-4o, api_key: sk-hunter-one }
  - model_name: a
    litellm_params: { model: openai/gpt-4o, api_key: sk-hunter-two }
  - model_name: b
    litellm_params: { model: openai/x, api_base: "https://llm.example.com/v1", api_key: sk-hunter-one }
  - model_name: c
    litellm_params: { model: bedrock/amazon.nova-pro-v1:0, aws_region_name: us-east-1, aws_access_key_id: AKIAHUNTER, aws_secret_access_key: hunter-secret }
  - model_name: d
    litellm_params: { model: vertex_ai/gemini-2.5-pro, vertex_project: p, vertex_credentials: '{"private_key": "hunter-key"}' }
  - model_name: e
    litellm_params: { model: openai/y, extra_headers: { X-Api-Key: hunter-header, x-team: blue } }
  - model_name: f
    litellm_params: { model: openai/z, api_base: "https://user:hunter-pass@llm.example.com/v1" }
  - model_name: g
    litellm_params: { model: openai/z, api_base: "https://llm.example.com/v1?key=hunter-query" }
  - model_name: h
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: sk-ant-hunter }
general_settings:
  master_key: sk-hunter-master
environment_variables:
  GROQ_API_KEY: gsk-hunter
  LANGFUSE_SECRET: lf-hunter
"#;

#[test]
fn nothing_of_them_is_in_what_comes_out() {
    let migrated = good(FILE);
    let all = format!("{}{migrated:?}", page(&migrated)).to_lowercase();
    assert!(!all.contains("hunter"), "{all}");
    insta::assert_snapshot!(page(&migrated));
}

#[test]
fn each_is_told_with_its_line_and_with_where_it_is_looked_for() {
    let migrated = good(FILE);
    let literals: Vec<_> =
        migrated.literals.iter().map(|it| (it.line, it.source.as_str())).collect();
    assert_eq!(
        literals,
        [
            (4, "env:OPENAI_A_API_KEY"),
            (6, "env:OPENAI_2_API_KEY"),
            (8, "env:LLM_API_KEY"),
            (10, "env:BEDROCK_AWS_ACCESS_KEY_ID"),
            (10, "env:BEDROCK_AWS_SECRET_ACCESS_KEY"),
            (12, "google-file:vertex-credentials.json"),
            (20, "env:ANTHROPIC_API_KEY"),
            (22, "env:HOTCELL_ADMIN_KEY"),
            (24, "env:GROQ_API_KEY"),
        ]
    );
}

#[test]
fn a_variable_that_is_set_already_has_nowhere_to_move_from() {
    let text = "model_list: [{ model_name: a, litellm_params: { model: groq/x } }]\n\
                environment_variables: { GROQ_API_KEY: gsk-hunter }\n";
    assert_eq!(good(text).literals.len(), 1);
    assert_eq!(good_with(text, &[("GROQ_API_KEY", "set")]).literals, []);
}

#[test]
fn a_header_that_is_no_secret_is_sent() {
    let migrated = good(FILE);
    let toml = migrated.to_toml();
    assert!(toml.contains("headers.x-team = \"blue\""), "{toml}");
    let header = said(&migrated, "model_list[5].litellm_params.extra_headers.X-Api-Key");
    assert_eq!((header[0].0, header[0].1), (14, Kind::LeftOut));
}

#[test]
fn a_header_that_may_be_a_secret_is_left_out_whatever_its_name() {
    for value in ["os.environ/TEAM", "Bearer hunter", "sk-hunter", "' basic hunter'"] {
        let text = format!(
            "model_list:\n- model_name: a\n  litellm_params:\n    model: openai/x\n    extra_headers: {{ x-team: {value} }}\n"
        );
        let migrated = good_with(&text, &[("TEAM", "hunter-of-the-environment")]);
        assert!(!page(&migrated).contains("hunter"), "{}", page(&migrated));
        assert!(migrated.left_something_out(), "{value}");
    }
}

#[test]
fn a_key_written_where_a_variables_name_belongs_is_not_repeated() {
    for name in ["sk-hunter", "A|B", "", "a b", "=x"] {
        let text = format!(
            "model_list:\n- model_name: a\n  litellm_params:\n    model: openai/x\n    api_key: 'os.environ/{name}'\n"
        );
        let error = read(&text, &[]).unwrap_err();
        assert_eq!(error.line, 5, "{name}");
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
        assert!(error.help.unwrap().contains("os.environ/NAME"));
    }
}

/// An adapter's key goes to its own provider, whatever address stands beside it.
#[test]
fn a_key_by_convention_is_not_sent_elsewhere() {
    let migrated = good(
        "model_list: [{ model_name: a, litellm_params: { model: groq/x, api_base: 'https://elsewhere.example.com/v1' } }]",
    );
    let provider = migrated.config.providers.values().next().unwrap();
    assert!(provider.secrets.is_empty());
    let key = said(&migrated, "model_list[0].litellm_params.api_key");
    assert!(key[0].2.contains("GROQ_API_KEY"), "{key:?}");
}
