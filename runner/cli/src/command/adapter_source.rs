//! Where a component that somebody may agree to comes from: a file, an HTTPS address whose
//! digest is known, or a registry.

use super::adapter::read_file;
use super::watch::waiting;
use super::{block_on, runtime};
use crate::arguments::SourceArguments;
use crate::problem::Problem;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::egress::fetch::{
    FetchError, FetchErrorKind, Fetcher, Login, Permits, Place, Reference,
};
use hotcell::manifest::Digest;
use hotcell::signature::{Kind, Signature};
use hotcell::types::FailureKind;
use hotcell::{Config, Error, limits};
use std::future::Future;
use std::path::{Path, PathBuf};

/// Where a component comes from, and how to get there.
pub(super) struct Origin<'a> {
    source: Source,
    arguments: &'a SourceArguments,
    login: Option<Login>,
    fetcher: Fetcher,
    terminal: &'a Terminal,
}

enum Source {
    File(PathBuf),
    Web(Place, Digest),
    Registry(Reference),
}

/// A component with the place that a lock file remembers.
pub(super) struct Read {
    pub(super) component: Vec<u8>,
    pub(super) place: String,
}

impl<'a> Origin<'a> {
    /// Reads what was typed. Nobody is asked yet.
    pub(super) fn new(
        source: &Path,
        arguments: &'a SourceArguments,
        config: &Config,
        terminal: &'a Terminal,
    ) -> Result<Self, Problem> {
        let text = source.to_string_lossy();
        let source = match text.split_once("://") {
            None => Source::File(source.to_owned()),
            Some(("oci", _)) => Source::Registry(text.parse().map_err(problem)?),
            Some(("https" | "http", _)) => {
                let place: Place = text.parse().map_err(problem)?;
                let digest = arguments.digest.ok_or_else(|| no_digest(&place))?;
                Source::Web(place, digest)
            }
            Some((scheme, _)) => {
                let message = format!("components are not added by {}", visible_line(scheme));
                return Err(Problem::usage(message)
                    .with_help("name a file, an https:// address or an oci:// reference"));
            }
        };
        let login = match (&arguments.credential, &source) {
            (None, _) => None,
            (Some(text), Source::Registry(_)) => {
                let wrong = |why: String| Problem::usage(format!("--credential: {why}"));
                let token_host = arguments.token_host.clone();
                Some(Login { source: text.parse().map_err(wrong)?, token_host })
            }
            (Some(_), _) => {
                return Err(Problem::usage("`--credential` is for registries, as oci://…"));
            }
        };
        let permits = Permits {
            allow_private: arguments.allow_private,
            allow_plaintext: arguments.allow_plaintext,
        };
        let fetcher = config.egress()?.build().fetcher(permits);
        Ok(Self { source, arguments, login, fetcher, terminal })
    }

    /// Where a grant's component came from, as it is looked for again: a tag means what it
    /// means by now.
    pub(super) fn again(source: &str) -> PathBuf {
        let reference: Option<Reference> = source.parse().ok();
        reference.map_or_else(|| source.into(), |it| it.anew().to_string().into())
    }

    /// Reads or fetches the component. It has the digest that was given.
    pub(super) fn read(&self) -> Result<Read, Problem> {
        let most = limits::COMPONENT_BYTES;
        let read = match &self.source {
            Source::File(file) => {
                let place = file.canonicalize().unwrap_or_else(|_| file.to_owned());
                Read { component: read_file(file)?, place: place.display().to_string() }
            }
            Source::Web(place, digest) => {
                let component = self.fetch(self.fetcher.component(place, *digest, most))?;
                Read { component, place: place.to_string() }
            }
            Source::Registry(reference) => {
                let login = self.login.as_ref();
                let pulled = self.fetch(self.fetcher.pull(reference, login, most))?;
                let place = reference.at(pulled.manifest).to_string();
                Read { component: pulled.component, place }
            }
        };
        match self.arguments.digest {
            Some(digest) if Digest::of(&read.component) != digest => {
                let message = format!("{} has not the digest {digest}", visible_line(&read.place));
                Err(Problem::finding(message)
                    .with_help("compare it with what the author publishes"))
            }
            _ => Ok(read),
        }
    }

    pub(super) fn names_signatures(&self) -> bool {
        !self.arguments.signature.is_empty()
    }

    /// The signatures that were named, or else those that lie beside the component. In a
    /// registry none do: what is signed there is the image and not the component.
    pub(super) fn signatures(&self) -> Result<Vec<Signature>, Problem> {
        let unread = |error: &dyn std::fmt::Display| Problem::usage(error.to_string());
        let named = &self.arguments.signature;
        if !named.is_empty() {
            let read = named.iter().map(|file| Signature::read(file));
            return read.collect::<Result<_, _>>().map_err(|error| unread(&error));
        }
        match &self.source {
            Source::File(file) => Signature::beside(file).map_err(|error| unread(&error)),
            Source::Web(place, _) => {
                let beside = |kind: Kind| {
                    let found = self.fetcher.beside(place, kind.extension(), kind.most_bytes());
                    let found = self.fetch(found)?;
                    Ok(found.map(|bytes| Signature { kind, bytes }))
                };
                Kind::ALL.into_iter().filter_map(|kind| beside(kind).transpose()).collect()
            }
            Source::Registry(_) => Ok(Vec::new()),
        }
    }

    /// Waits for it, until Ctrl-C.
    fn fetch<T>(&self, work: impl Future<Output = Result<T, FetchError>>) -> Result<T, Problem> {
        let label = match &self.source {
            Source::File(file) => file.display().to_string(),
            Source::Web(place, _) => place.to_string(),
            Source::Registry(reference) => reference.to_string(),
        };
        block_on(runtime()?, async {
            waiting(self.terminal, &format!("fetching {label}"), work).await.map_err(problem)
        })
    }
}

fn no_digest(place: &Place) -> Problem {
    Problem::usage(format!("{place} is not fetched without `--digest`")).with_help(
        "give the digest that the author publishes elsewhere, such as with a release that is \
         signed: what comes from the address itself says nothing about whose it is",
    )
}

/// What a fetch that failed means to whoever asked for it.
fn problem(error: FetchError) -> Problem {
    let FetchError { kind, message, help } = error;
    let failure = match kind {
        FetchErrorKind::Source => None,
        FetchErrorKind::Mismatch | FetchErrorKind::TooLarge => {
            let problem = Problem::finding(message);
            return help.into_iter().fold(problem, Problem::with_help);
        }
        FetchErrorKind::Denied => Some(FailureKind::Denied),
        FetchErrorKind::Authentication => Some(FailureKind::Authentication),
        FetchErrorKind::NotFound => Some(FailureKind::NotFound),
        FetchErrorKind::Unreachable => Some(FailureKind::Unreachable),
        FetchErrorKind::TimedOut => Some(FailureKind::TimedOut),
        FetchErrorKind::Server => Some(FailureKind::ProviderError),
        _ => Some(FailureKind::Internal),
    };
    let problem = match failure {
        Some(kind) => Error::new(kind, message).into(),
        None => Problem::usage(message),
    };
    help.into_iter().fold(problem, Problem::with_help)
}
