use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Ask a model, once or in a conversation
///
/// The prompt is what stands on the command line, what comes through a pipe, and
/// what is attached, together. Without any of them, on a terminal, a conversation
/// begins.
///
///   hotcell chat "What is a hot cell?"
///   git diff | hotcell chat "Write a commit message for this"
///   hotcell chat -f plan.pdf -f photo.jpg "Does the photo match the plan?"
///   hotcell chat --schema person.json "Ada Lovelace" --json
///   hotcell chat
///
/// On a terminal the answer is rendered as Markdown; in a pipe it comes as it is.
/// In a script's loop add `</dev/null`, or what the loop reads becomes the prompt.
#[derive(Args, Clone, Debug, Default)]
#[command(verbatim_doc_comment)]
pub(crate) struct ChatArguments {
    /// What to ask; several words need no quotes
    #[arg(value_name = "PROMPT")]
    pub(crate) prompt: Vec<String>,

    /// The model, as `provider/model`; without it the configuration's
    /// `default-model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_MODEL")]
    pub(crate) model: Option<String>,

    /// Attach a file: a text, an image, a sound, a film or a PDF; `-` is standard
    /// input; may be repeated
    ///
    /// Texts become part of the prompt, under their name. What a file is, is told by
    /// its first bytes, then by its name. An http(s) URL of a medium is handed to the
    /// provider, which fetches it.
    #[arg(short, long = "file", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<String>,

    /// Instructions that stand above the conversation
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) system: Option<String>,

    /// Answer with JSON that fits this JSON schema
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) schema: Option<PathBuf>,

    /// Refuse a request of which anything would be left out or changed for this
    /// provider, instead of warning of it
    #[arg(long)]
    pub(crate) strict: bool,

    /// Ask the provider how many tokens the request has, and generate nothing
    #[arg(long)]
    pub(crate) count_tokens: bool,

    #[command(flatten)]
    pub(crate) sampling: SamplingArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// How the model answers.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sampling")]
pub(crate) struct SamplingArguments {
    /// How free the choice of words is: 0 for none, mostly up to 2
    #[arg(short, long, value_name = "T")]
    pub(crate) temperature: Option<f64>,

    /// Choose among the likeliest tokens that add up to this probability
    #[arg(long, value_name = "P")]
    pub(crate) top_p: Option<f64>,

    /// Choose among this many likeliest tokens
    #[arg(long, value_name = "K")]
    pub(crate) top_k: Option<u32>,

    /// The longest answer, in tokens, reasoning included
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u32>,

    /// Ask for the same answer to the same request
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<i64>,

    /// End the answer before this text; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) stop: Vec<String>,

    /// Avoid what was said before
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) presence_penalty: Option<f64>,

    /// Avoid what was said often
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) frequency_penalty: Option<f64>,

    /// How hard to think, in the provider's word: low, medium, high …
    #[arg(long, value_name = "EFFORT")]
    pub(crate) reasoning_effort: Option<String>,

    /// The most tokens to think with
    #[arg(long, value_name = "N")]
    pub(crate) reasoning_budget: Option<u32>,
}

/// How the answer is shown.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// Print one JSON document at the end: text, calls, finish, usage
    #[arg(long)]
    pub(crate) json: bool,

    /// Print each event as it comes, one JSON object a line
    #[arg(long, conflicts_with = "json")]
    pub(crate) events: bool,

    /// Ask the provider for the whole answer at once
    #[arg(long)]
    pub(crate) no_stream: bool,

    /// Print the answer as it is, on a terminal too
    #[arg(long)]
    pub(crate) plain: bool,

    /// Show what the model thinks, where the provider tells: dim on a terminal, on
    /// standard error in a pipe
    #[arg(long)]
    pub(crate) show_reasoning: bool,

    /// Say at the end how many tokens it took
    #[arg(long)]
    pub(crate) usage: bool,
}
