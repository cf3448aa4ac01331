//! What `serve` takes.

use clap::{Args, ValueHint};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Answer clients of OpenAI, Anthropic and Google with the configured models
///
/// Clients keep their SDKs and change one address. A model is one of [gateway.models] in the
/// configuration, or any `provider/model`:
///
///   hotcell serve
///   curl http://127.0.0.1:4000/v1/chat/completions -H 'content-type: application/json' \
///        -d '{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}'
///
/// Adapters are compiled and keys are read before it listens; then the process that serves
/// confines itself. Ctrl-C or SIGTERM lets what is under way end, a second one does not.
///
/// SIGHUP loads anew what was changed: the configuration, grants, adapters, and keys in files
/// and programs. No connection is closed for that, and no stream ends; where something is
/// wrong, it is said, and what was served before is served on (Linux).
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct ServeArguments {
    /// Listen here instead of where the configuration says; may be given more than once
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Vec<SocketAddr>,

    /// Serve what this configuration of LiteLLM's proxy says, and read no other; what could
    /// not be carried over is told, as `hotcell migrate litellm` does
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) litellm_config: Option<PathBuf>,

    /// Load anew by itself when one of those files was changed
    #[cfg(target_os = "linux")]
    #[arg(long, conflicts_with = "no_supervisor")]
    pub(crate) watch: bool,

    /// How long what is loaded anew may take to be ready
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) ready_within: u64,

    /// Serve in this process alone: to load something anew, it has to be started anew
    #[cfg(target_os = "linux")]
    #[arg(long)]
    pub(crate) no_supervisor: bool,

    /// This is the process that serves. For hotcell itself
    #[cfg(target_os = "linux")]
    #[arg(long, hide = true)]
    pub(crate) worker: bool,
}
