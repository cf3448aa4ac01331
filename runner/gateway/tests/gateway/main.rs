//! The gateway as clients see it, in front of a mock of the providers.

mod bad_json;
mod bed;
mod belated;
mod bodies;
mod cache;
mod cache_server;
mod chat;
mod collector;
mod conformance;
mod crossing;
mod endpoints;
mod heard;
mod hostile;
mod machine;
mod reliability;
mod seeing;
mod stored;
#[cfg(target_os = "linux")]
mod succession;
mod tokens;
mod trust;
mod upstream;
