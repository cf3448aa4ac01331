//! What can be typed, defined once: parsing, `--help` and completions come from
//! here. Nothing in this module does anything.

mod adapter;
mod audit;
mod chat;
mod control;
mod grant;
mod media;
mod migrate;
mod sbom;
mod serve;
mod signature;
mod transcript;

pub(crate) use adapter::{AdapterCommand, DiffArguments, PackArguments, VerifyArguments};
pub(crate) use audit::{AuditArguments, AuditCommand, AuditFormat};
pub(crate) use chat::{ChatArguments, OutputArguments, SamplingArguments};
pub(crate) use control::{
    BudgetArguments, IdArguments, KeysArguments, KeysCommand, LimitArguments, SpendingArguments,
    StateArguments, TeamArguments, TeamsArguments, TeamsCommand, UsageArguments, UsageBy,
    VirtualKeyArguments,
};
pub(crate) use grant::{AddArguments, ConsentArguments, SourceArguments, TrustArguments};
pub(crate) use media::{
    ImageArguments, ModerateArguments, RerankArguments, SpeakArguments, TimingChoice,
    TranscribeArguments,
};
pub(crate) use migrate::{LitellmArguments, MigrateCommand};
pub(crate) use sbom::{SbomArguments, SbomFormat};
pub(crate) use serve::ServeArguments;
pub(crate) use signature::{KeyArguments, SignArguments};
pub(crate) use transcript::{ContentChoice, OutlineArguments, OutlineContent, ReplayArguments};

use anstyle::{AnsiColor, Style};
use clap::builder::{PossibleValuesParser, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use hotcell::confinement::ConfinementMode;
use std::path::PathBuf;

/// The table of `hotcell::failure`, in words. A test compares them.
const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  what was checked is not as it should be
    2  wrong usage or configuration, or a file that cannot be read
    3  the provider or the adapter does not take this request
    4  no credential, a wrong one, or one without the permission
    5  denied: the adapter asked for something that it was not granted, or it is
       not the one that was agreed to
    6  rate limit or quota
    7  the provider failed, is overloaded or cannot be reached
    8  refused by the provider's content filter
    9  timed out
   70  hotcell itself failed
  130  interrupted (Ctrl-C)";

/// Sends requests to LLM providers through adapters that nobody has to trust.
///
/// An adapter is a WebAssembly component that speaks one provider's protocol. It
/// runs in a sealed cell, one per request: it sees no key, no file, no
/// environment, no clock and no other request, and can reach nothing but the
/// paths of its own provider that it was granted.
///
/// With a key in the usual environment variable, say OPENAI_API_KEY, nothing needs
/// to be configured:
///
///   hotcell chat -m openai/gpt-4o-mini "hello"
///
/// Without a key, `hotcell demo` shows everything on this machine alone.
#[derive(Debug, Parser)]
#[command(
    name = "hotcell",
    bin_name = "hotcell",
    version,
    about = "Sends requests to LLM providers through adapters that nobody has to trust",
    verbatim_doc_comment,
    after_help = EXIT_CODES,
    styles = STYLES,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 90
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default());

/// What every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// Read this configuration, and no other
    ///
    /// Without it the user's file (~/.config/hotcell/config.toml) and then the
    /// project's (./hotcell.toml) are read, where they exist; the latter wins.
    #[arg(long, global = true, value_name = "FILE", env = "HOTCELL_CONFIG", value_hint = ValueHint::FilePath, hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,

    /// Append every decision of egress to this file, one JSON object a line
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) audit: Option<PathBuf>,

    /// Write a transcript of every request into this folder, which holds prompts and answers
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) record: Option<PathBuf>,

    /// How much this process must be confined before it asks anybody; `hotcell doctor` shows
    /// what that is
    #[arg(
        long,
        global = true,
        value_name = "MODE",
        env = "HOTCELL_CONFINEMENT",
        hide_env_values = true
    )]
    pub(crate) confinement: Option<ConfinementChoice>,

    /// What transcripts keep of prompts and answers: all of it, hashes of it, or lengths
    #[arg(long, global = true, value_name = "WHAT")]
    pub(crate) record_content: Option<ContentChoice>,

    /// Ask nothing and write no lock file: what was not granted yet is not granted
    #[arg(long, global = true, env = "HOTCELL_LOCKED", value_parser = clap::builder::FalseyValueParser::new(), hide_env_values = true)]
    pub(crate) locked: bool,

    /// When to use colours; NO_COLOR is honoured
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false
    )]
    pub(crate) color: ColorChoice,

    /// Say more on standard error: once for usage and what the adapter logs, twice
    /// for every decision of egress
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum ConfinementChoice {
    /// Nobody is asked unless all of it is active
    Require,
    /// As much as this machine has, which is the default
    Attempt,
    /// Not at all
    Off,
}

impl From<ConfinementChoice> for ConfinementMode {
    fn from(choice: ConfinementChoice) -> Self {
        match choice {
            ConfinementChoice::Require => Self::Require,
            ConfinementChoice::Attempt => Self::Attempt,
            ConfinementChoice::Off => Self::Off,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Chat(Box<ChatArguments>),
    Embed(EmbedArguments),
    Rerank(RerankArguments),
    Image(ImageArguments),
    Speak(SpeakArguments),
    Transcribe(TranscribeArguments),
    Moderate(ModerateArguments),
    Models(ModelsArguments),
    Providers(ProvidersArguments),
    /// See what an adapter is and what it may do
    #[command(subcommand)]
    Adapter(AdapterCommand),
    Audit(AuditArguments),
    Replay(ReplayArguments),
    Sbom(SbomArguments),
    Serve(ServeArguments),
    Keys(Box<KeysArguments>),
    Teams(Box<TeamsArguments>),
    Usage(UsageArguments),
    Budget(SpendingArguments),
    /// Turn another gateway's configuration into one of hotcell's
    #[command(subcommand)]
    Migrate(MigrateCommand),
    Outline(OutlineArguments),
    /// See and check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    Doctor(DoctorArguments),
    Completions(CompletionsArguments),
    #[command(hide = true)]
    Man(ManArguments),
    Demo(DemoArguments),
}

/// Turn texts into vectors
///
/// Each argument is one text; without arguments each line of standard input is.
/// Prints one vector a line as JSON, in the order of the texts.
#[derive(Args, Debug)]
pub(crate) struct EmbedArguments {
    /// The texts
    #[arg(value_name = "TEXT")]
    pub(crate) texts: Vec<String>,

    /// The model, as `provider/model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_EMBED_MODEL")]
    pub(crate) model: String,

    /// Shorten the vectors to this many dimensions, where the model can
    #[arg(short, long, value_name = "N")]
    pub(crate) dimensions: Option<u32>,

    /// The provider's word for what the vectors are for, such as `search_query`
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,

    /// Print one JSON document with model, vectors and usage
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the models of a provider
///
/// Asks the provider itself. Without a name it asks every provider that has its
/// key, one after the other. With `--all` nobody is asked: it lists what the catalogue
/// knows of models, with sizes, prices and the day on which they retire.
#[derive(Args, Debug)]
pub(crate) struct ModelsArguments {
    /// The provider, as configured or in the catalogue
    #[arg(value_name = "PROVIDER")]
    pub(crate) provider: Option<String>,

    /// List what the catalogue knows, and ask nobody
    #[arg(short, long)]
    pub(crate) all: bool,

    /// Print one JSON document, with the provider's own entries
    #[arg(long)]
    pub(crate) json: bool,
}

/// List providers, and which key each one uses
///
/// Shows where each key would come from and whether it is there; never its value.
#[derive(Args, Debug)]
pub(crate) struct ProvidersArguments {
    /// Show the whole catalogue, not only what is configured or has its key
    #[arg(short, long)]
    pub(crate) all: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditLogCommand {
    Verify(AuditLogVerifyArguments),
}

/// Find a record of the audit log that was edited, removed, added or moved
///
/// Each record hangs on the one before by a hash, and so does each file that continues
/// another. What that cannot show is that records were cut off the end, or that all was
/// written anew by somebody who can write the file: note the last link somewhere else,
/// and give it with `--noted` the next time.
#[derive(Args, Debug)]
pub(crate) struct AuditLogVerifyArguments {
    /// The log, or its files, oldest first; without it the one that is configured. Of a
    /// single file, those that were put aside (FILE.1, FILE.2, …) are checked too
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// A link that was the last one before: the log must still have it
    #[arg(long, value_name = "LINK")]
    pub(crate) noted: Option<hotcell::manifest::Digest>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show what is in force, and which file says so
    Show {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print the files that are looked for, in the order in which they are read
    Path {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON schema of the configuration, for editors
    Schema,
    /// Check the configuration, or a file
    ///
    /// Also checks that each provider finds its adapter, endpoints and settings.
    Check {
        /// The file; without it what is in force
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
}

/// Examine this machine and the configuration, and say what to do
///
/// Looks at the configuration and who else can write it, the keys and who else can read
/// them, the folders that hotcell writes to, certificates and the clock, and confines itself
/// to see what this machine has for that. No key is shown, nobody is asked over the network,
/// and nothing is changed.
///
///   hotcell doctor
///   hotcell doctor --run-programs    # cmd: and keyring: sources too
///   hotcell doctor --json | jq '.findings[] | select(.severity == "error")'
///
/// The JSON document has
///
///   findings     severity (error, warning, note), area, what, remedy
///   confinement  mode, landlock (the kernel's version), measures: each with its outcome
///                (active, missing, failed) and why
///   examined     area, what
///
/// Ends with exit code 1 where there is an error.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct DoctorArguments {
    /// Run the programs that keys come from, which may ask you something
    #[arg(long)]
    pub(crate) run_programs: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write a completion script for a shell to standard output
///
/// For instance:
///
///   bash  hotcell completions bash > ~/.local/share/bash-completion/completions/hotcell
///   zsh   hotcell completions zsh > "${fpath[1]}/_hotcell"
///   fish  hotcell completions fish > ~/.config/fish/completions/hotcell.fish
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Write manual pages, one for each command
///
/// For whoever makes a package:
///
///   hotcell man /usr/local/share/man/man1
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct ManArguments {
    /// The folder for them; it is made where it is not there
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
}

/// See the wall at work, with no key and no network
///
/// Starts a provider of its own on loopback and runs the bundled adapters against
/// it in real cells: a conversation with a tool call, then an adapter that tries to
/// break out, then the audit of both. Ends by itself after a few seconds, and
/// leaves nothing behind.
///
/// With `--provider` it shows instead that an adapter gets along with its provider,
/// which this process plays: each interface, a round of tools, a wrong credential, and
/// a token that has expired.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Run this provider's adapter instead, against a provider that checks what the real one
    /// does; `all` runs every one
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(crate::demo::providers::names()))]
    pub(crate) provider: Option<String>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,

    /// Do not wait between the scenes
    #[arg(long)]
    pub(crate) fast: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }
}
