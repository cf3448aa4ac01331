//! What `migrate` takes.

use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    Litellm(LitellmArguments),
}

/// Turn a configuration of LiteLLM's proxy into one of hotcell's
///
/// Writes hotcell.toml to standard output, and to standard error what could not be carried
/// over, what is otherwise here, and what somebody has to do. Nothing is left out in silence.
///
///   hotcell migrate litellm config.yaml > hotcell.toml
///   hotcell serve
///
/// A key that stands in the file is not taken along, nor shown: the note says where it is
/// looked for from now on. A variable is looked up now only where it holds no secret, such as
/// `api_base: os.environ/MY_BASE`. What comes out is checked as `hotcell config check` does.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct LitellmArguments {
    /// The file that LiteLLM's proxy is started with
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Write the configuration into this file, which must not be there yet
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// End with exit code 1 where something was left out
    #[arg(long)]
    pub(crate) strict: bool,

    /// Print one JSON document with the configuration and the notes
    #[arg(long)]
    pub(crate) json: bool,
}
