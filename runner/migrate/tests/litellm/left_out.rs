//! What cannot be carried is told, with its line and with what there is instead.

use crate::{good, page, said};
use hotcell_migrate::Kind;

#[test]
fn nothing_is_left_out_in_silence() {
    let migrated = good(
        r#"
model_list:
  - model_name: m
    litellm_params:
      model: openai/m
      temperature: 0.2
      drop_params: true
      mock_response: hello
      made_up: 1
    model_info: { id: x, mode: chat, team_id: t, input_cost_per_token: 0.1, anything: 2 }
    other: 3
  - { model_name: lost, litellm_params: { model: unheard-of/m } }
  - { model_name: bare, litellm_params: { model: my-own-model } }
  - { model_name: no-base, litellm_params: { model: custom_openai/m } }
litellm_settings:
  drop_params: true
  callbacks: [my_module.handler, langfuse]
  cache: true
  set_verbose: true
  ssl_verify: false
  made_up: yes
  switched_off: false
router_settings:
  allowed_fails: 2
  redis_host: os.environ/REDIS_HOST
  retry_policy: { TimeoutErrorRetries: 2 }
  optional_pre_call_checks: [prompt_caching]
general_settings:
  database_url: postgres://user:hunter@db/litellm
  custom_auth: my_auth.check
  alerting: [slack]
  pass_through_endpoints: [{ path: /x, target: https://x.example.com }]
guardrails: [{ guardrail_name: pii }]
environment_variables: { REDIS_HOST: localhost }
made_up: { a: b }
"#,
    );
    assert!(migrated.left_something_out());
    let page = page(&migrated);
    assert!(!page.contains("hunter"), "{page}");
    insta::assert_snapshot!(page);
}

#[test]
fn the_same_of_many_deployments_is_said_once() {
    let entries: String = (0..5)
        .map(|n| {
            format!(
                "- {{ model_name: m{n}, litellm_params: {{ model: openai/m, temperature: 1 }} }}\n"
            )
        })
        .collect();
    let migrated = good(&format!("model_list:\n{entries}"));
    assert_eq!(migrated.notes.len(), 1);
    let note = said(&migrated, "model_list[0].litellm_params.temperature")[0];
    assert_eq!((note.0, note.1), (2, Kind::LeftOut));
    assert!(note.2.ends_with("(and 4 times more)"), "{note:?}");
}

#[test]
fn what_is_switched_off_asks_for_nothing() {
    let migrated = good(
        "model_list: [{ model_name: m, litellm_params: { model: openai/m, drop_params: false } }]\n\
         litellm_settings: { callbacks: [], cache: no, success_callback: null }\n\
         general_settings:\nrouter_settings: {}\n",
    );
    assert_eq!(migrated.notes, []);
}

#[test]
fn an_empty_file_has_no_models() {
    for text in ["", "model_list: []\n", "{}", "---\n"] {
        let migrated = good(text);
        assert!(migrated.left_something_out(), "{text:?}");
    }
}

#[test]
fn whoever_was_told_of_requests_is_told_where_they_are_seen() {
    let migrated = good(
        "model_list: [{ model_name: m, litellm_params: { model: openai/m } }]\n\
         litellm_settings:\n  callbacks: [prometheus, otel]\n  success_callback: [langfuse]\n  \
         failure_callback: my.handler\n",
    );
    for (setting, line, kind, word) in [
        ("callbacks.prometheus", 3, Kind::Differs, "/metrics"),
        ("callbacks.otel", 3, Kind::LeftOut, "[gateway.traces]"),
        ("success_callback.langfuse", 4, Kind::LeftOut, "[gateway.log]"),
        ("failure_callback.my.handler", 5, Kind::LeftOut, "no Python"),
    ] {
        let notes = said(&migrated, &format!("litellm_settings.{setting}"));
        let [(at, is, message)] = notes[..] else { panic!("{setting}: {notes:?}") };
        assert_eq!((at, is), (line, kind), "{setting}");
        assert!(message.contains(word), "{setting}: {message}");
    }
}

#[test]
fn what_nobody_here_asks_or_answers_is_told() {
    let migrated = good(
        r#"
model_list:
  - { model_name: a, litellm_params: { model: bedrock/agent/ID/ALIAS, aws_region_name: us-east-1 } }
  - { model_name: b, litellm_params: { model: vertex_ai/gemini/123456, vertex_project: p, vertex_location: us-east5 } }
  - { model_name: c, litellm_params: { model: vertex_ai/gemini-2.5-pro, vertex_project: p, vertex_location: us-east5 } }
  - { model_name: d, litellm_params: { model: openai/gpt-4o-realtime-preview }, model_info: { mode: realtime } }
  - { model_name: e, litellm_params: { model: openai/gpt-image-1 }, model_info: { mode: image_edit } }
"#,
    );
    let models = &migrated.config.gateway.as_ref().unwrap().models;
    assert_eq!(models.keys().collect::<Vec<_>>(), ["c", "d", "e"]);
    for (setting, line) in
        [("model_list[0]", 3), ("model_list[1]", 4), ("model_list[3].model_info.mode", 6)]
    {
        let notes = said(&migrated, setting);
        assert_eq!((notes[0].0, notes[0].1, notes.len()), (line, Kind::LeftOut, 1), "{notes:?}");
    }
    assert_eq!(migrated.notes.len(), 3, "{:?}", migrated.notes);
}
