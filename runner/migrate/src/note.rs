//! What there is to say of what was carried over, and of what was not.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// One thing to say of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Note {
    /// The file that it is about, where that is not the first one, but one that was included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The line that it is about, counted from 1; 0 where it is about no single line.
    pub line: usize,
    /// What it is about.
    pub kind: Kind,
    /// The setting, as the file has it: `router_settings.redis_host`.
    pub setting: String,
    /// What became of it, and what there is instead. Never a secret.
    pub message: String,
}

/// What a note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It could not be carried.
    LeftOut,
    /// It is carried, and somebody has to do something besides.
    ToDo,
    /// It is carried, and is not quite what it was.
    Differs,
    /// It need not be carried: what it asks for is so anyway, or means nothing here.
    Needless,
}

impl Kind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LeftOut => "left out",
            Self::ToDo => "to do",
            Self::Differs => "differs",
            Self::Needless => "needless",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.kind.words(), self.setting, self.message)
    }
}
