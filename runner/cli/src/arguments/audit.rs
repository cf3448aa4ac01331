//! The arguments of `hotcell audit`.

use super::AuditLogCommand;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use hotcell::manifest::Severity;
use std::path::PathBuf;

/// See what every provider may do, who says so, and what should not be so
///
/// Shows for each provider its adapter, that component's digest, signature and imports,
/// where it may go and with what, which secrets the runner sends, its limits, and what an
/// auditor should look at, graded by severity. Nothing is compiled, run, connected or
/// written. Without a configuration it shows the providers whose key is there.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,

    /// How to write it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: AuditFormat,

    /// Print one JSON document: the same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Write it to this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// End with exit code 1 where a finding is of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    /// Look for advisories about what adapters and hotcell are built from: a file, or a
    /// folder of files, in the format of OSV
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) advisories: Option<PathBuf>,

    /// Show the whole catalogue, not only what is configured or has its key
    #[arg(short, long)]
    pub(crate) all: bool,

    /// Print the JSON schema of the JSON document
    #[arg(long, exclusive = true)]
    pub(crate) schema: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check the audit log
    #[command(subcommand)]
    Log(AuditLogCommand),
}

/// How an audit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    /// A page for the terminal
    Text,
    /// One JSON document, as `--schema` describes it
    Json,
    /// A page for a repository or a ticket
    Markdown,
    /// A page to print and sign, without scripts or anything to fetch
    Html,
    /// The findings for code scanning, as SARIF 2.1.0
    Sarif,
    /// The findings for a spreadsheet
    Csv,
}

/// From which severity on an audit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Info => Self::Info,
            FailOn::Low => Self::Low,
            FailOn::Medium => Self::Medium,
            FailOn::High => Self::High,
            FailOn::Critical => Self::Critical,
        }
    }
}
