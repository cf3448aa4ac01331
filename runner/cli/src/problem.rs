//! What ends a command early, and with which exit code.

use hotcell::types::FailureKind;
use hotcell::{ConfigError, Error, SetupError};
use hotcell_gateway::GatewayError;
use std::io;
use std::path::PathBuf;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Something on the command line, or a file that it names.
    Usage { message: String, help: Option<String> },
    /// What was checked is not as it should be.
    Finding { message: String, help: Option<String> },
    /// The configuration, or what it leads to.
    Setup(SetupError),
    /// What it says of the gateway.
    Gateway(Box<GatewayError>),
    /// The same, and where it stands.
    Placed {
        /// The setting's file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<Problem>,
    },
    /// The request.
    Failure(Box<Error>),
    /// The output cannot be written.
    Output(io::Error),
    /// Ctrl-C.
    Interrupted,
    /// What the process said, and how it ended, that did it for this one.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "one process does it all"))]
    Told(u8),
}

impl Problem {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: None }
    }

    pub(crate) fn finding(message: impl Into<String>) -> Self {
        Self::Finding { message: message.into(), help: None }
    }

    /// Adds the next step.
    pub(crate) fn with_help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Usage { message, .. } => Self::Usage { message, help: Some(text.into()) },
            Self::Finding { message, .. } => Self::Finding { message, help: Some(text.into()) },
            Self::Failure(mut error) => {
                error.help = Some(text.into());
                Self::Failure(error)
            }
            other => other,
        }
    }

    /// Adds where in these files of a configuration the setting stands that it is about.
    pub(crate) fn placed(self, files: &[PathBuf]) -> Self {
        let setting = match &self {
            Self::Setup(error) => error.setting(),
            Self::Gateway(error) => error.setting(),
            _ => Vec::new(),
        };
        match crate::place::of(files, &setting) {
            Some((file, line)) => Self::Placed { file, line, problem: Box::new(self) },
            None => self,
        }
    }

    /// Nothing is left to be said of it.
    pub(crate) fn was_said(&self) -> bool {
        self.is_broken_pipe() || matches!(self, Self::Told(_))
    }

    /// Whoever read the output has had enough of it, which is no problem.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Finding { .. } => 1,
            Self::Usage { .. } => 2,
            Self::Setup(SetupError::Engine(_)) => 70,
            Self::Setup(error) if error.kind() == FailureKind::Denied => 5,
            Self::Setup(_) => 2,
            Self::Gateway(error) => match &**error {
                GatewayError::Setup(error) if error.kind() == FailureKind::Denied => 5,
                _ => 2,
            },
            Self::Placed { problem, .. } => problem.exit_code(),
            Self::Failure(error) => error.consequence().exit_code,
            Self::Output(_) if self.is_broken_pipe() => 0,
            Self::Output(_) => 70,
            Self::Interrupted => 130,
            Self::Told(code) => *code,
        }
    }
}

/// What the system says about a file, without its error numbers.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self::Setup(error.into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Failure(Box::new(error))
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
