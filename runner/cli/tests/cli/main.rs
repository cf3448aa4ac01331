//! The command line as a user sees it: the real binary in a world of its own,
//! against a provider on loopback.

mod answers;
mod audit;
mod audit_log;
mod completions;
mod configuration;
#[cfg(target_os = "linux")]
mod confinement;
mod context;
mod control;
#[cfg(unix)]
mod conversation;
mod demo;
mod difference;
mod doctor;
mod failures;
mod fetch;
mod grants;
#[cfg(unix)]
mod interrupt;
#[cfg(target_os = "linux")]
mod killed;
mod listings;
mod litellm_2026;
mod man;
mod migrate;
#[cfg(target_os = "linux")]
mod reload;
mod sbom;
#[path = "../../../../sbom/tests/schema/mod.rs"]
mod schema;
mod served;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "other tests use more of it")]
#[path = "../../../gateway/tests/shared/servers.rs"]
mod servers;
mod signatures;
mod source;
mod transcripts;
