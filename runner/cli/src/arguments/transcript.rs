//! What is said about transcripts.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum ContentChoice {
    Keep,
    Hash,
    Drop,
}

/// Let what was recorded happen again, and see whether it does
///
/// Takes transcripts that `--record DIR` wrote, and plays to the same component what its
/// provider answered then, without any network. It has to send and to yield the same, to the
/// last bit: otherwise somebody edited the transcript, or it is of another component.
/// With `--adapter` it shows what another version would have done. Ends with exit code 1
/// where anything differs.
///
/// What was recorded with `--record-content hash` or `drop` cannot be replayed. Its
/// structure is checked, and with `--against` whether it is the outline of a transcript
/// that somebody else has kept whole.
#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// Transcripts, and folders of them
    #[arg(value_name = "FILE|DIR", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) transcripts: Vec<PathBuf>,

    /// Play them to this adapter: a bundled, configured or granted one's name, or a
    /// component's file
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) adapter: Option<String>,

    /// Hold those without content against this transcript, or the one of a folder that has
    /// the same request id
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) against: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write the outline of a transcript: all of it but what was said
///
/// Roles, kinds, counts, order, lengths, statuses, usage and times stay; prompts, answers,
/// bodies, headers and values of settings do not. It is for those who may not have the
/// content. With hashes anybody who gets the transcript later can show that it is the same:
///
///   hotcell replay OUTLINE --against TRANSCRIPT
///
/// Hashes are salted, but whoever has the outline can try what could have been said, and
/// finds what is short. Where that matters, take `--content drop`.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct OutlineArguments {
    /// The transcript
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) transcript: PathBuf,

    /// What stands in the place of the content: hashes, or nothing
    #[arg(long, value_name = "WHAT", default_value = "hash")]
    pub(crate) content: OutlineContent,

    /// Write it to this file, which must not be there
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum OutlineContent {
    Hash,
    Drop,
}
