//! Where secrets come from. A configuration names a source, never a value.

use super::Secret;
use crate::authority::Authority;
use hotcell_manifest::Variables;
use secrecy::zeroize::{Zeroize, Zeroizing};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};
use thiserror::Error;

/// The longest file or output that is read. Service-account files have 2 to 3 kB, and AWS's
/// own with a thousand profiles 200.
const LONGEST: usize = 1024 * 1024;
/// A command may ask a person or a vault, and not for ever.
const COMMAND_TIME: Duration = Duration::from_secs(30);

/// Where a secret comes from. Its text form stands in configurations and
/// listings: `env:NAME` or `env:NAME|OTHER`, `file:PATH`, `cmd:COMMAND` or `keyring:SERVICE/USER`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum SecretSource {
    /// An environment variable, or the first of several that is set, and not to an empty
    /// text: `env:NAME` or `env:NAME|OTHER`.
    Env(Variables),
    /// The text of a file, without the line break at its end.
    File(PathBuf),
    /// What a shell command prints, without the line break at its end.
    Command(String),
    /// An entry of the desktop's keyring, asked for with the system's own program
    /// (`secret-tool` on Linux, `security` on macOS).
    Keyring {
        /// The service that the entry belongs to.
        service: String,
        /// The account within it.
        user: String,
    },
}

/// Why a secret cannot be had. Never holds the value.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// There is none at that place.
    #[error("{}", absent(.source_text))]
    Absent {
        /// The source, as configured.
        source_text: String,
    },
    /// There is something, but it cannot be read.
    #[error("{source_text} cannot be read: {why}")]
    Unreadable {
        /// The source, as configured.
        source_text: String,
        /// What the system said.
        why: String,
    },
}

fn absent(source: &str) -> String {
    match source.split_once(':') {
        Some(("env", names)) => match names.split_once('|') {
            None => format!("the environment variable {names} is not set"),
            Some(_) => {
                let names = names.replace('|', ", ");
                format!("none of the environment variables {names} is set")
            }
        },
        Some(("file", path)) => format!("there is no file {path}"),
        _ => format!("{source} has nothing"),
    }
}

impl SecretSource {
    /// Whether there is something at the source, without keeping it. A command is
    /// not run for this.
    ///
    /// # Errors
    /// [`SecretError::Unreadable`], where something is there but cannot be read.
    pub fn present(&self) -> Result<bool, SecretError> {
        match self {
            Self::Command(_) => Ok(true),
            _ => match self.read(&Authority::of_the_process()) {
                Ok(_) => Ok(true),
                Err(SecretError::Absent { .. }) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }

    /// Reads it and forgets it: whether a request could have it. Unlike [`Self::present`],
    /// this runs a command.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn check(&self) -> Result<(), SecretError> {
        self.read(&Authority::of_the_process()).map(drop)
    }

    /// The same source, narrowed to the variable that counts now, where it names several. One
    /// that none of them has anything for stays as it is.
    pub fn settled(self) -> Self {
        let Self::Env(names) = &self else { return self };
        let is_set = |name: &str| {
            let value = self.variable(name).map(|value| value.map(Zeroizing::new));
            // One that cannot be read is one that is set.
            Ok::<_, Infallible>((!matches!(value, Ok(None))).then_some(()))
        };
        match names.find(is_set) {
            Ok(Some((name, ()))) => Self::Env(Variables::from(name)),
            _ => self,
        }
    }

    /// Whether a program gives it: a command, or the one that asks the keyring.
    pub fn is_program(&self) -> bool {
        self.blocks()
    }

    /// Whether reading it can take long enough to hold others up.
    pub(crate) fn blocks(&self) -> bool {
        matches!(self, Self::Command(_) | Self::Keyring { .. })
    }

    pub(crate) fn read(&self, _: &Authority) -> Result<Secret, SecretError> {
        let text = match self {
            Self::Env(names) => match names.find(|name| self.variable(name))? {
                Some((_, value)) => value,
                None => return Err(self.absent()),
            },
            Self::File(path) => self.read_file(path)?,
            Self::Command(command) => self.run(Command::new("sh").args(["-c", command]))?,
            Self::Keyring { service, user } if cfg!(target_os = "macos") => {
                self.run(Command::new("security").args([
                    "find-generic-password",
                    "-s",
                    service,
                    "-a",
                    user,
                    "-w",
                ]))?
            }
            Self::Keyring { service, user } => self.run(
                Command::new("secret-tool").args(["lookup", "service", service, "username", user]),
            )?,
        };
        let trimmed = without_line_break(&text);
        if trimmed.is_empty() {
            return Err(self.absent());
        }
        let secret = Secret::from(trimmed.to_owned());
        let mut text = text;
        text.zeroize();
        Ok(secret)
    }

    /// What a variable holds, if that is anything.
    fn variable(&self, name: &str) -> Result<Option<String>, SecretError> {
        match std::env::var(name) {
            Ok(value) if without_line_break(&value).is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(self.unreadable(&format!("{name} is not UTF-8")))
            }
        }
    }

    fn read_file(&self, path: &Path) -> Result<String, SecretError> {
        let file = std::fs::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => self.absent(),
            _ => self.unreadable(&error.to_string()),
        })?;
        self.read_text(file)
    }

    fn read_text(&self, from: impl Read) -> Result<String, SecretError> {
        let mut text = String::new();
        let read = from.take(LONGEST as u64 + 1).read_to_string(&mut text);
        match read {
            Ok(length) if length <= LONGEST => Ok(text),
            Ok(_) => {
                text.zeroize();
                Err(self.unreadable(&format!("it has more than {LONGEST} bytes")))
            }
            Err(error) => Err(self.unreadable(&error.to_string())),
        }
    }

    fn run(&self, command: &mut Command) -> Result<String, SecretError> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| {
                let program = command.get_program().to_string_lossy().into_owned();
                self.unreadable(&format!("`{program}` does not start: {error}"))
            })?;
        let Some(stdout) = child.stdout.take() else {
            return Err(self.unreadable("its output cannot be read"));
        };
        let source = self.clone();
        let reader = std::thread::spawn(move || source.read_text(stdout));
        let status = wait(&mut child, COMMAND_TIME).map_err(|why| self.unreadable(&why))?;
        let text = reader.join().map_err(|_| self.unreadable("its output cannot be read"))??;
        match status.success() {
            true => Ok(text),
            false if matches!(self, Self::Keyring { .. }) => Err(self.absent()),
            false => Err(self.unreadable(&format!("the command ended with {status}"))),
        }
    }

    fn absent(&self) -> SecretError {
        SecretError::Absent { source_text: self.to_string() }
    }

    fn unreadable(&self, why: &str) -> SecretError {
        SecretError::Unreadable { source_text: self.to_string(), why: why.to_owned() }
    }
}

fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Waits for a child, and ends it when its time is up.
fn wait(child: &mut Child, most: Duration) -> Result<std::process::ExitStatus, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() >= most => {
                // It may have ended between the two calls, which is just as well.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("the command took longer than {most:?}"));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(error.to_string()),
        }
    }
}

impl FromStr for SecretSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or(("", text));
        // The text may be a secret that was pasted by mistake: it is not repeated.
        let bad = "expected a source of the secret, not the secret: \
                   env:NAME, file:PATH, cmd:COMMAND or keyring:SERVICE/USER";
        if rest.is_empty() {
            return Err(bad.to_owned());
        }
        match kind {
            "env" => rest.parse().map(Self::Env).map_err(|_| bad.to_owned()),
            "file" => Ok(Self::File(PathBuf::from(rest))),
            "cmd" => Ok(Self::Command(rest.to_owned())),
            "keyring" => match rest.split_once('/') {
                Some((service, user)) if !service.is_empty() && !user.is_empty() => {
                    Ok(Self::Keyring { service: service.to_owned(), user: user.to_owned() })
                }
                _ => Err("expected keyring:SERVICE/USER".to_owned()),
            },
            _ => Err(bad.to_owned()),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(names) => {
                f.write_str("env:")?;
                for (index, name) in names.iter().enumerate() {
                    write!(f, "{}{name}", if index > 0 { "|" } else { "" })?;
                }
                Ok(())
            }
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Command(command) => write!(f, "cmd:{command}"),
            Self::Keyring { service, user } => write!(f, "keyring:{service}/{user}"),
        }
    }
}

impl TryFrom<String> for SecretSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<SecretSource> for String {
    fn from(source: SecretSource) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn of_several_variables_the_first_that_is_set_counts() {
        let read = |text: &str| text.parse::<SecretSource>().unwrap();
        // Every process has a path.
        let source = read("env:HOTCELL_HAS_NONE|PATH|HOME");
        assert_eq!(source.to_string(), "env:HOTCELL_HAS_NONE|PATH|HOME");
        assert!(source.present().unwrap());
        let value = source.read(&Authority::of_the_process()).unwrap();
        assert_eq!(value.expose_secret(), std::env::var("PATH").unwrap());
        assert_eq!(source.settled(), read("env:PATH"));
        let none = read("env:HOTCELL_HAS_NONE|HOTCELL_HAS_NEITHER");
        let error = none.check().unwrap_err().to_string();
        let both = "none of the environment variables HOTCELL_HAS_NONE, HOTCELL_HAS_NEITHER is set";
        assert_eq!(error, both);
        assert_eq!(none.clone().settled(), none);
        assert_eq!(read("cmd:a|b").settled(), SecretSource::Command("a|b".to_owned()));
    }

    #[test]
    fn what_names_no_variable_is_not_repeated() {
        for bad in ["env:", "env:A=hunter22", "env:|A", "env:A||B", "env:A|A", "env:hunter 22"] {
            let error = bad.parse::<SecretSource>().unwrap_err();
            assert!(!error.contains("hunter"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        assert!(wait(&mut child, Duration::ZERO).unwrap_err().contains("took longer"));
        assert!(!child.try_wait().unwrap().unwrap().success());
    }
}
