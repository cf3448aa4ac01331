use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Put documents in the order of what they have to do with a query
///
/// The first argument is the query, each further one a document; without documents each
/// line of standard input is one. Prints a line for each, the best first: its score, its
/// number counted from 0, and the document.
#[derive(Args, Debug)]
pub(crate) struct RerankArguments {
    /// What is looked for
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,

    /// The documents
    #[arg(value_name = "DOCUMENT")]
    pub(crate) documents: Vec<String>,

    /// The model, as `provider/model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_RERANK_MODEL")]
    pub(crate) model: String,

    /// Only the best so many
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) top: Option<u32>,

    /// Print one JSON document with model, ranking and usage
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make images of a text, or change some
///
///   hotcell image -m openai/gpt-image-1 "A hot cell, in watercolours" -o cell.png
///   hotcell image -m openai/gpt-image-1 -f cell.png "Make it night" -o night.png
///
/// Several images are numbered: cell-1.png, cell-2.png. A file that is there already is
/// not written over. Where the provider gives an address instead of an image, that is
/// printed.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct ImageArguments {
    /// What to show; several words need no quotes
    #[arg(value_name = "PROMPT", required = true)]
    pub(crate) prompt: Vec<String>,

    /// The model, as `provider/model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_IMAGE_MODEL")]
    pub(crate) model: String,

    /// Where to write the image
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    /// An image to start from; may be repeated
    #[arg(short, long = "file", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<String>,

    /// An image whose transparent parts say where to change something
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "files")]
    pub(crate) mask: Option<String>,

    /// How many
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) count: Option<u32>,

    /// The provider's word for the size, such as 1024x1024
    #[arg(long, value_name = "SIZE")]
    pub(crate) size: Option<String>,

    /// The provider's word for the quality
    #[arg(long, value_name = "QUALITY")]
    pub(crate) quality: Option<String>,

    /// The form of the file, such as png; by default the ending of `--output`
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// Print one JSON document with the files that were written
    #[arg(long)]
    pub(crate) json: bool,
}

/// Speak a text
///
///   hotcell speak -m openai/gpt-4o-mini-tts --voice alloy "Hello" -o hello.mp3
///   hotcell speak -m openai/gpt-4o-mini-tts --voice alloy <letter.txt | mpv -
///
/// Without a text, standard input is one. Without `-o` the sound goes to standard output,
/// as it comes; not to a terminal.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct SpeakArguments {
    /// The text; several words need no quotes
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,

    /// The model, as `provider/model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_SPEECH_MODEL")]
    pub(crate) model: String,

    /// Where to write the sound; one that is there already is not written over
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// The provider's name of a voice
    #[arg(long, value_name = "VOICE")]
    pub(crate) voice: Option<String>,

    /// How to speak
    #[arg(long, value_name = "TEXT")]
    pub(crate) instructions: Option<String>,

    /// The form of the sound, such as mp3; by default the ending of `--output`
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// How fast; 1 is ordinary
    #[arg(long, value_name = "X")]
    pub(crate) speed: Option<f64>,
}

/// Write down what is said in a sound
#[derive(Args, Debug)]
pub(crate) struct TranscribeArguments {
    /// The sound; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: String,

    /// The model, as `provider/model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_TRANSCRIPTION_MODEL")]
    pub(crate) model: String,

    /// The language that is spoken, as a code of two letters
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,

    /// Write it in English, whatever is spoken
    #[arg(long)]
    pub(crate) translate: bool,

    /// Words and names that come up in it
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,

    /// Say when each word or segment was said; may be repeated
    #[arg(long, value_name = "WHAT")]
    pub(crate) timings: Vec<TimingChoice>,

    /// Print one JSON document with text, timings and usage
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum TimingChoice {
    Word,
    Segment,
}

/// Ask what a provider's policy says about texts
///
/// Each argument is one text; without arguments standard input is one. Prints a line for
/// each verdict. What is flagged is no error: the exit code is 0 either way.
#[derive(Args, Debug)]
pub(crate) struct ModerateArguments {
    /// The texts
    #[arg(value_name = "TEXT")]
    pub(crate) texts: Vec<String>,

    /// The model, as `provider/model`
    #[arg(short, long, value_name = "MODEL", env = "HOTCELL_MODERATION_MODEL")]
    pub(crate) model: String,

    /// An image to judge as well; may be repeated
    #[arg(short, long = "file", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<String>,

    /// Print one JSON document with all categories and scores
    #[arg(long)]
    pub(crate) json: bool,
}
