//! What there is to say of settings that are not carried. A name that ends in `*` is the
//! beginning of many.

use super::params::Word;
use crate::Kind::{Differs, LeftOut, Needless};

/// Sections that are read.
pub(super) const READ: &[&str] = &[
    "credential_list",
    "environment_variables",
    "general_settings",
    "litellm_settings",
    "model_list",
    "router_settings",
];

/// What models may be for.
pub(super) const MODES: &[&str] = &[
    "audio_speech",
    "audio_transcription",
    "chat",
    "completion",
    "embedding",
    "image_edit",
    "image_generation",
    "moderation",
    "rerank",
    "responses",
];

pub(super) const UNKNOWN: &str = "is not known here, and nothing stands for it";
pub(super) const INFORMATION: &str = "what only LiteLLM's own pages show is not kept";

const PYTHON: &str = "no Python is run, and nothing else that a configuration names: what has to \
                      look at requests stands before the gateway";
const SEEING: &str = "what happens is seen at `/metrics`, in the access log (`[gateway.log]`), and where \
                      `[gateway.traces]` sends spans; there is nothing else to set";
const KEYS: &str = "keys and teams, with their budgets and rates, are made by `hotcell keys` and \
                    `hotcell teams`, and are not part of a configuration";
const STATE: &str = "how many connections there are, and what LiteLLM has in its database, is not \
                     carried over: keys for clients are made anew by `hotcell keys`";
const REDIS_WHY: &str = "where several gateways share a `database`, the same server can count what \
                         is used in a minute: name it as `counters` of `[gateway.state]`, such as \
                         `counters = \"rediss://HOST:PORT\"` and `counters-password = \
                         \"env:REDIS_PASSWORD\"`";
const CACHE: &str = "say `seconds` in `[gateway.cache]`: answers are kept for the key that asked, or for those that \
     `share` names, in memory or at a `server`";
const SHOWN: &str = "is about LiteLLM's own pages and logs";
const NO_LOGS: &str = "prompts and answers are in no log, unless `[transcripts]` asks for them";
const PASS: &str = "nothing is passed through that no adapter understands: an adapter reaches the \
                    paths of its own provider that it was granted";
const FILES: &str = "files, batches and fine-tuning are not among what is answered";
const TOOLS: &str = "tools are run by whoever asks, and not by the gateway";
const GUARD: &str = "requests and answers are not looked into by the gateway; what a provider \
                     filters is told as `content-filtered`";
const REGISTER: &str = "is where LiteLLM keeps other things than models";
const ALERTS: &str =
    "nobody is told of anything by the gateway itself: alert upon its metrics (`/metrics`)";

/// Of one deployment.
pub(super) const PARAMS: &[Word] = &[
    ("drop_params", LeftOut, DROP),
    ("additional_drop_params", LeftOut, DROP),
    (
        "allowed_openai_params",
        Needless,
        "a member that the adapter does not know is passed on or refused by name",
    ),
    ("tags", LeftOut, "no deployment is chosen by tags: give each its own model"),
    ("tag_regex", LeftOut, "no deployment is chosen by tags: give each its own model"),
    ("max_budget", LeftOut, "a deployment has no budget: keys and teams have (`hotcell budget`)"),
    (
        "budget_duration",
        LeftOut,
        "a deployment has no budget: keys and teams have (`hotcell budget`)",
    ),
    ("tpd", LeftOut, "there are limits for a minute, and none for a day"),
    ("rpd", LeftOut, "there are limits for a minute, and none for a day"),
    ("itpm", LeftOut, "`tokens-per-minute` counts what is asked and what is answered together"),
    ("otpm", LeftOut, "`tokens-per-minute` counts what is asked and what is answered together"),
    (
        "mock_response",
        LeftOut,
        "nothing is answered that no provider said; `hotcell demo` has a provider for trying",
    ),
    (
        "mock_*",
        LeftOut,
        "nothing is answered that no provider said; `hotcell demo` has a provider for trying",
    ),
    (
        "cache_control_injection_points",
        LeftOut,
        "what a provider is to cache is said by the client",
    ),
    ("configurable_clientside_auth_params", LeftOut, "a client chooses no address and no key"),
    ("s3_*", LeftOut, FILES),
    ("aws_batch_role_arn", LeftOut, FILES),
    ("gcs_bucket_name", LeftOut, FILES),
    ("bucket_name", LeftOut, FILES),
    ("use_in_pass_through", LeftOut, PASS),
    ("guardrails", LeftOut, GUARD),
    (
        "guardrailConfig",
        LeftOut,
        "name a guardrail of Bedrock's in the provider's settings: `settings.guardrail-id`",
    ),
    ("use_chat_completions_api", Needless, "each model is asked by the interface that it has"),
    (
        "merge_reasoning_content_in_choices",
        LeftOut,
        "reasoning stays apart from the answer, as the client's dialect has it",
    ),
    ("litellm_trace_id", Needless, SHOWN),
    ("timeout_by_service_tier", LeftOut, "`start-ms` holds for all requests to a model"),
    ("stream_timeout_by_service_tier", LeftOut, "`start-ms` holds for all requests to a model"),
    (
        "ssl_verify",
        LeftOut,
        "certificates are always checked; name the authority that signed yours: `tls-roots = \"ca.pem\"`",
    ),
    ("api_version", LeftOut, "this provider's adapter has no version to choose"),
    ("vertex_*", LeftOut, "this provider is not Google's Vertex AI"),
    ("aws_*", LeftOut, "this setting of AWS's has no counterpart here"),
    ("region_name", LeftOut, "this provider has no region to choose"),
    ("temperature", LeftOut, ADDS),
    ("max_tokens", LeftOut, ADDS),
    ("stop", LeftOut, ADDS),
    ("top_p", LeftOut, ADDS),
    ("seed", LeftOut, ADDS),
    ("extra_body", LeftOut, ADDS),
    ("thinking", LeftOut, ADDS),
    ("reasoning_effort", LeftOut, ADDS),
];
const ADDS: &str = "hotcell sends what a client asks for, and adds no parameters of its own: the \
                    client has to say it";
const DROP: &str = "nothing is dropped in silence: what a provider has no word for is refused by \
                    name, or left out with a warning where that changes nothing";

/// What models cost.
pub(super) const PRICES: &[Word] = &[
    ("input_cost_*", LeftOut, PRICE),
    ("output_cost_*", LeftOut, PRICE),
    ("cache_*_input_token_cost*", LeftOut, PRICE),
    ("cache_read_*", LeftOut, PRICE),
    ("cache_creation_*", LeftOut, PRICE),
    ("cost_per_*", LeftOut, PRICE),
];
const PRICE: &str = "prices are for tokens of a prompt, of an answer, and of a cache that is read or \
                     written, and the same for few and for many: `[gateway.prices.\"provider/model\"]`";

/// Of an entry of the list.
pub(super) const MODEL: &[Word] =
    &[("access_control", LeftOut, KEYS), ("id", Needless, INFORMATION)];

pub(super) const MODEL_INFO: &[Word] = &[
    ("id", Needless, INFORMATION),
    ("db_model", Needless, INFORMATION),
    ("base_model", Needless, "the price is that of the model that is asked"),
    ("description", Needless, INFORMATION),
    ("key", Needless, INFORMATION),
    ("litellm_provider", Needless, INFORMATION),
    ("max_*", Needless, "how much a model takes is in the catalogue"),
    ("supports_*", Needless, "what a model can do is in the catalogue"),
    ("supported_*", Needless, "what a model can do is in the catalogue"),
    ("access_groups", LeftOut, KEYS),
    (
        "team_id",
        LeftOut,
        "a model of one team's is there for whoever may use models: name models in each key's scope",
    ),
    ("team_public_model_name", LeftOut, "a model has one name for all"),
    ("health_check_*", Needless, "how a provider is doing is known from its answers"),
    (
        "disable_background_health_check",
        Needless,
        "how a provider is doing is known from its answers",
    ),
    ("*", Needless, INFORMATION),
];

/// Of `litellm_settings.cache_params`.
pub(super) const CACHE_PARAMS: &[Word] = &[
    ("namespace", Needless, "what is kept lies under names that nobody else has"),
    ("default_in_memory_ttl", Needless, "is not asked for where answers are at a server"),
    ("default_in_redis_ttl", Needless, "is not asked for where answers are in memory"),
    ("max_size_in_memory", LeftOut, "say `entries` and `bytes` in `[gateway.cache]`"),
    ("redis_startup_nodes", LeftOut, "a server is one, and no cluster"),
    ("service_name", LeftOut, "a server has an address"),
    ("sentinel_*", LeftOut, "a server has an address"),
    ("gcp_*", LeftOut, "a server has a password"),
    ("redis_flush_size", Needless, "every answer is kept by itself"),
];

pub(super) const ROUTER: &[Word] = &[
    ("allowed_fails", LeftOut, FAILS),
    ("allowed_fails_policy", LeftOut, FAILS),
    ("retry_policy", LeftOut, RETRY),
    ("model_group_retry_policy", LeftOut, RETRY),
    (
        "retry_after",
        Needless,
        "a provider's own `retry-after` is kept, and else the wait grows by chance",
    ),
    ("routing_strategy_args", LeftOut, "the strategies have nothing to set"),
    (
        "routing_groups",
        LeftOut,
        "one strategy holds for all models; change `strategy` in [gateway.models.NAME]",
    ),
    ("enable_tag_filtering", LeftOut, "no deployment is chosen by tags: give each its own model"),
    ("tag_*", LeftOut, "no deployment is chosen by tags: give each its own model"),
    ("weights", LeftOut, "name `weight` at each deployment"),
    ("max_fallbacks", LeftOut, "all models that are named are asked, in their order"),
    (
        "provider_budget_config",
        LeftOut,
        "a provider has no budget: keys and teams have (`hotcell budget`)",
    ),
    ("cache_responses", LeftOut, CACHE),
    ("cache_kwargs", LeftOut, CACHE),
    ("caching_groups", LeftOut, CACHE),
    ("client_ttl", Needless, "connections are kept by egress"),
    ("set_verbose", Needless, VERBOSE),
    ("debug_level", Needless, VERBOSE),
    ("default_litellm_params", LeftOut, ADDS),
    ("default_priority", LeftOut, "requests wait in the order in which they come"),
    ("polling_interval", Needless, "requests wait in the order in which they come"),
    ("model_group_affinity_config", LeftOut, "no deployment is chosen by what was sent before"),
    ("deployment_affinity*", LeftOut, "no deployment is chosen by what was sent before"),
    ("alerting_config", LeftOut, ALERTS),
    ("assistants_config", LeftOut, FILES),
    (
        "fallback_on_unsupported_params",
        LeftOut,
        "what no provider could change is not asked of another one",
    ),
];
const FAILS: &str = "after three failures in a row a deployment is left alone, and at once where \
                     it says so itself or its key is refused";
const RETRY: &str = "how often is said for a model by `retries`; what would fail again is not sent \
                     again";
const VERBOSE: &str = "`-v` says more, and `-vv` each decision of egress";

pub(super) const REDIS: &[Word] = &[("redis_*", LeftOut, REDIS_WHY)];

pub(super) const LITELLM: &[Word] = &[
    ("drop_params", LeftOut, DROP),
    ("modify_params", LeftOut, DROP),
    ("audit_log_callbacks", LeftOut, CALLBACKS),
    ("pre_call_rules", LeftOut, PYTHON),
    ("post_call_rules", LeftOut, PYTHON),
    (
        "custom_provider_map",
        LeftOut,
        "a provider of one's own is an adapter, which runs in a cell: `hotcell adapter add`",
    ),
    ("cache_params", LeftOut, CACHE),
    ("enable_caching_on_provider_specific_optional_params", LeftOut, CACHE),
    ("set_verbose", Needless, VERBOSE),
    ("json_logs", Needless, SHOWN),
    ("telemetry", Needless, "nothing is sent to anybody but providers"),
    ("suppress_debug_info", Needless, SHOWN),
    ("turn_off_message_logging", Needless, NO_LOGS),
    ("redact_*", Needless, NO_LOGS),
    (
        "log_raw_request_response",
        LeftOut,
        "what leaves and comes back is in transcripts (`[transcripts]`)",
    ),
    ("standard_logging_payload_excluded_fields", Needless, NO_LOGS),
    ("langfuse_*", LeftOut, SEEING),
    ("prometheus_*", LeftOut, SEEING),
    ("custom_prometheus_*", LeftOut, SEEING),
    ("datadog_*", LeftOut, SEEING),
    ("newrelic_params", LeftOut, SEEING),
    ("store_audit_logs", LeftOut, "the audit log has every decision of egress (`[audit]`)"),
    ("require_auth_for_metrics_endpoint", LeftOut, SEEING),
    ("default_team_settings", LeftOut, SEEING),
    ("guardrails", LeftOut, GUARD),
    ("blocked_user_list", LeftOut, GUARD),
    ("banned_keywords_list", LeftOut, GUARD),
    ("llamaguard_*", LeftOut, GUARD),
    (
        "model_alias_map",
        LeftOut,
        "name aliases in `router_settings.model_group_alias`, which is carried over",
    ),
    ("max_budget", LeftOut, BUDGET),
    ("budget_duration", LeftOut, BUDGET),
    ("max_user_budget", LeftOut, BUDGET),
    ("max_internal_user_budget", LeftOut, BUDGET),
    ("internal_user_budget_duration", LeftOut, BUDGET),
    ("max_end_user_budget*", LeftOut, BUDGET),
    ("default_max_internal_user_budget", LeftOut, BUDGET),
    ("default_internal_user_params", LeftOut, KEYS),
    ("default_team_params", LeftOut, KEYS),
    ("default_key_generate_params", LeftOut, KEYS),
    ("upperbound_key_generate_params", LeftOut, KEYS),
    ("key_generation_settings", LeftOut, KEYS),
    ("priority_reservation*", LeftOut, "requests wait in the order in which they come"),
    ("cost_discount_config", LeftOut, PRICE),
    ("cost_margin_config", LeftOut, PRICE),
    (
        "include_cost_in_streaming_usage",
        LeftOut,
        "usage is the provider's own, as the client's dialect has it",
    ),
    ("public_*", Needless, SHOWN),
    ("mcp_*", LeftOut, TOOLS),
    ("vector_store_*", LeftOut, REGISTER),
    ("ssl_certificate", LeftOut, "a provider is given no certificate of a client"),
    ("ssl_*", LeftOut, "how TLS is spoken is not chosen"),
    ("allowed_fails", LeftOut, FAILS),
    ("cooldown_time", LeftOut, "write it into `router_settings`, from where it is carried over"),
    ("content_policy_violation_fallbacks", LeftOut, "write `content_policy_fallbacks`"),
    ("max_fallbacks", LeftOut, "all models that are named are asked, in their order"),
    ("force_ipv4", Needless, "addresses are tried as they come"),
    ("request_timeout_by_*", LeftOut, "`start-ms` holds for all requests to a model"),
    (
        "forward_traceparent_to_llm_provider",
        LeftOut,
        "no header of a client's goes to a provider, save for those of its dialect",
    ),
    ("add_user_information_to_llm_headers", LeftOut, "who asked is not told to a provider"),
    ("return_response_headers", Needless, "what a client's SDK reads is there"),
    ("enable_json_schema_validation", LeftOut, "answers are not changed or checked by the gateway"),
    ("use_aiohttp_transport", Needless, "connections are kept by egress"),
    ("disable_aiohttp_*", Needless, "connections are kept by egress"),
    ("aiohttp_trust_env", LeftOut, "a proxy is named in `[proxy]`, whatever the environment says"),
];
pub(super) const CALLBACKS: &str = "no Python is run, and nobody else is told of requests: each is counted at \
                                    `/metrics`, a line of the access log (`[gateway.log]`), and a span where \
                                    `[gateway.traces]` sends them";
const BUDGET: &str = "keys and teams have budgets, given by `hotcell budget`, and a gateway as a \
                      whole has none";

pub(super) const GENERAL: &[Word] = &[
    ("database_*", LeftOut, STATE),
    (
        "store_model_in_db",
        LeftOut,
        "models stand in the configuration, and those in LiteLLM's database are not read",
    ),
    ("supported_db_objects", LeftOut, STATE),
    ("use_redis_transaction_buffer", LeftOut, REDIS_WHY),
    ("coordination_redis", LeftOut, REDIS_WHY),
    (
        "custom_auth*",
        LeftOut,
        "no Python is run: clients have keys of hotcell's, or tokens of an identity provider (`[gateway.jwt]`)",
    ),
    ("enable_jwt_auth", LeftOut, JWT),
    ("litellm_jwtauth", LeftOut, JWT),
    ("enable_oauth2_*", LeftOut, JWT),
    ("custom_*", LeftOut, PYTHON),
    ("pass_through_*", LeftOut, PASS),
    (
        "key_management_*",
        LeftOut,
        "a secret is looked for in a variable, a file, a program's output or the keyring: `env:`, `file:`, `cmd:`, `keyring:`",
    ),
    ("use_google_kms", LeftOut, "name what prints the secret: `cmd:gcloud …`"),
    ("use_azure_key_vault", LeftOut, "name what prints the secret: `cmd:az …`"),
    ("alerting*", LeftOut, ALERTS),
    ("alert_*", LeftOut, ALERTS),
    (
        "completion_model",
        LeftOut,
        "a client's model is not exchanged for another; give that name the deployments that are meant",
    ),
    ("max_parallel_requests", LeftOut, "is for each key: keys have rates, given by `hotcell keys`"),
    ("infer_model_from_keys", Needless, "a provider is there as soon as its key is"),
    ("background_health_checks", Needless, HEALTH),
    ("health_check_*", Needless, HEALTH),
    ("enable_health_check_routing", Needless, HEALTH),
    ("use_shared_health_check", Needless, HEALTH),
    ("disable_spend_*", Needless, SHOWN),
    ("disable_*", Needless, SHOWN),
    (
        "store_prompts_in_spend_logs",
        LeftOut,
        "prompts are kept where `[transcripts]` asks for them",
    ),
    ("maximum_*", Needless, SHOWN),
    ("spend_*", Needless, SHOWN),
    ("proxy_batch_*", Needless, SHOWN),
    ("ui_*", Needless, SHOWN),
    ("max_failed_login_*", Needless, SHOWN),
    ("failed_login_*", Needless, SHOWN),
    ("password_policy_*", Needless, SHOWN),
    (
        "allowed_ips",
        LeftOut,
        "who can connect is decided by `listen`, and by what stands before it",
    ),
    ("use_x_forwarded_for", LeftOut, "no address is believed that a header names"),
    ("allowed_routes", LeftOut, "a key's scope says which endpoints it may use"),
    ("admin_only_routes", Needless, "the admin API wants the admin key"),
    ("public_routes", LeftOut, "only `/health/…` is answered without a key"),
    ("enforce_user_param", LeftOut, "a request needs no member but those of its dialect"),
    (
        "forward_client_headers_to_llm_api",
        LeftOut,
        "no header of a client's goes to a provider, save for those of its dialect",
    ),
    (
        "forward_openai_org_id",
        LeftOut,
        "no header of a client's goes to a provider; say the organization at the deployment",
    ),
    ("user_header_*", LeftOut, "who asks is known from the key alone"),
    (
        "max_response_size_mb",
        LeftOut,
        "the size of answers is limited for each provider: `egress.response-bytes`",
    ),
    ("max_file_size_mb", LeftOut, FILES),
    ("max_batch_*", LeftOut, FILES),
    ("global_max_parallel_requests", LeftOut, "say `limits.requests` in [gateway]"),
    ("mcp_*", LeftOut, TOOLS),
    (
        "dangerously_permit_weak_or_unset_master_key",
        Needless,
        "an admin key has at least 16 characters; without one there is no admin API",
    ),
    ("otel", LeftOut, SEEING),
    ("user_api_key_cache_*", Needless, SHOWN),
    ("proxy_config_reload_interval_seconds", Needless, "the configuration is a file"),
    (
        "cancel_on_disconnect",
        Needless,
        "a client that leaves ends its request at the provider, always",
    ),
    ("default_team_disabled", LeftOut, KEYS),
    ("user_url_*", Needless, "a client chooses no address"),
    ("provider_url_destination_allowed_hosts", Needless, "a client chooses no address"),
];
const HEALTH: &str = "how a provider is doing is known from its answers";
const JWT: &str = "tokens of an identity provider are let in by `[gateway.jwt]`, with an issuer, \
                   an audience and where its keys are";

/// Whole sections.
pub(super) const TOP: &[Word] = &[
    ("guardrails", LeftOut, GUARD),
    ("policies", LeftOut, GUARD),
    ("policy_attachments", LeftOut, GUARD),
    ("mcp_servers", LeftOut, TOOLS),
    ("mcp_tools", LeftOut, TOOLS),
    ("mcp_aliases", LeftOut, TOOLS),
    ("search_tools", LeftOut, TOOLS),
    ("sandbox_tools", LeftOut, TOOLS),
    ("pass_through_endpoints", LeftOut, PASS),
    ("default_vertex_config", LeftOut, PASS),
    ("callback_settings", LeftOut, CALLBACKS),
    ("files_settings", LeftOut, FILES),
    ("finetune_settings", LeftOut, FILES),
    ("assistant_settings", LeftOut, FILES),
    ("vector_store_registry", LeftOut, REGISTER),
    ("agents", LeftOut, REGISTER),
    ("agent_list", LeftOut, REGISTER),
    ("prompts", LeftOut, REGISTER),
    ("plugins", LeftOut, PYTHON),
    ("worker_registry", Needless, "hotcell is one process"),
    ("litellm_license", Needless, "there is no licence to name"),
    ("model_cost_map_url", LeftOut, PRICE),
    ("drop_params", Differs, "stands outside `litellm_settings`, where LiteLLM does not read it"),
    ("general", Differs, "is not `general_settings`, so that LiteLLM does not read it"),
];
