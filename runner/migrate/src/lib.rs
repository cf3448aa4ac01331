//! Configurations of other gateways, in hotcell's words.
//!
//! [`litellm`] reads what LiteLLM's proxy is started with. What comes out is a [`Config`] and
//! the file that says the same, beside [`Note`]s: what could not be carried, what is otherwise
//! here, and what somebody has to do. Nothing is left out in silence, and no key that stands in
//! the file is in what comes out.
//!
//! The text is somebody's file: it is read within bounds, and whatever is in it, there is an
//! answer or an error with a line.

#![forbid(unsafe_code)]

pub mod litellm;
mod note;
mod render;
mod yaml;

pub use note::{Kind, Note};
pub use yaml::ReadError;

use hotcell::Config;
use std::path::PathBuf;

/// What a file amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Migrated {
    /// The configuration.
    pub config: Config,
    /// What there is to say of it, in the order of the file's lines.
    pub notes: Vec<Note>,
    /// Secrets that stand in the file itself. They were not taken along: the configuration
    /// names a variable or a file for each, which has to be there.
    pub literals: Vec<Literal>,
    /// The other files that it is made of, which the first one includes.
    pub included: Vec<PathBuf>,
}

/// A secret that stands in a file. What it is, and never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The file that it stands in, where that is not the first one, but one that was included.
    pub file: Option<PathBuf>,
    /// The line that it stands in, counted from 1.
    pub line: usize,
    /// What it is for, as the file has it: `model_list[0].litellm_params.api_key`.
    pub setting: String,
    /// Where it is looked for from now on: `env:OPENAI_API_KEY`.
    pub source: String,
}

impl Migrated {
    /// The configuration as a file. Every word of it is in [`Self::config`], and the other way
    /// round.
    pub fn to_toml(&self) -> String {
        render::config(&self.config)
    }

    /// Whether something of the file is not in the configuration.
    pub fn left_something_out(&self) -> bool {
        self.notes.iter().any(|note| note.kind == Kind::LeftOut)
    }
}
