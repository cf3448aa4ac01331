//! A gateway that has read, compiled and bound all that it needs, in a process that has given up
//! the rest.

use super::super::{configuration, confine, migrate, with_options};
use crate::arguments::{GlobalArguments, ServeArguments};
use crate::problem::{Problem, why};
use crate::terminal::Terminal;
use hotcell::egress::SecretSource;
use hotcell::{Allocation, Config, LOCK_FILE, Origin, ProviderInfo, Runner};
use hotcell_gateway::{Gateway, Inheritance, Watch};
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What comes from the processes of this gateway that were there before.
#[derive(Debug, Default)]
pub(super) struct Inherited {
    /// Sockets, by what they were asked for.
    pub(super) listeners: Vec<(Listen, TcpListener)>,
    /// The lock of the state.
    pub(super) lock: Option<File>,
    /// Another process serves, or ends what it began.
    pub(super) others_serve: bool,
}

/// An address, and what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listen {
    All(SocketAddr),
    Metrics(SocketAddr),
}

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Bound {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nobody comes later"))]
    pub(super) asked: Listen,
    pub(super) listener: TcpListener,
    /// This process made it.
    pub(super) is_new: bool,
}

/// All of that.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) gateway: Gateway,
    pub(super) listeners: Vec<Bound>,
    pub(super) metrics: Vec<Bound>,
    /// What it was made of.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nobody watches"))]
    pub(super) files: Vec<PathBuf>,
}

impl Prepared {
    pub(super) fn new(
        arguments: &ServeArguments,
        global: &GlobalArguments,
        terminal: &Terminal,
        inherited: &mut Inherited,
    ) -> Result<Self, Problem> {
        let (config, included) = match (&arguments.litellm_config, &global.config) {
            (None, _) => (configuration(global)?, Vec::new()),
            (Some(file), None) => {
                let (config, included) = migrate::in_place(file, terminal)?;
                (with_options(config, global), included)
            }
            (Some(_), Some(_)) => {
                return Err(Problem::usage("`--litellm-config` beside `--config`").with_help(
                    "one configuration is read: `hotcell migrate litellm` makes one of both",
                ));
            }
        };
        let gateway = config.gateway.clone().unwrap_or_default();
        let cells = gateway.limits.clone().unwrap_or_default().requests;
        let addresses = match arguments.listen.is_empty() {
            true => gateway.addresses(),
            false => arguments.listen.clone(),
        };
        let metrics = gateway.metrics.map(|metrics| metrics.listen).unwrap_or_default();
        let mut files = named(arguments, global, &config);
        files.extend(included);
        // What LiteLLM's file says stands under other names there.
        let tables = match arguments.litellm_config {
            Some(_) => Vec::new(),
            None => super::super::config::files(global),
        };
        let problem = |error| super::problem(error).placed(&tables);
        let watch = Arc::new(Watch::default());
        let mut builder = Runner::builder()
            .config(config)
            .allocation(Allocation::Pooled(cells))
            .audit(watch.clone());
        if let Some(directory) = &global.record {
            builder = builder.record(directory.clone());
        }
        let runner = builder.build()?;
        let providers = runner.providers_at_rest();
        if let Some(error) = hotcell_gateway::check(&runner, &providers).into_iter().next() {
            return Err(problem(error));
        }
        let inheritance =
            Inheritance { lock: inherited.lock.take(), others_serve: inherited.others_serve };
        let gateway = Gateway::inheriting(runner.clone(), inheritance).map_err(problem)?;
        let gateway = gateway.watching(watch);
        for address in &addresses {
            gateway.may_listen(*address).map_err(problem)?;
        }
        let mut bind = |asked| bound(asked, inherited);
        let listeners = addresses.into_iter().map(Listen::All).map(&mut bind);
        let listeners = listeners.collect::<Result<_, _>>()?;
        let metrics = metrics.into_iter().map(Listen::Metrics).map(bind);
        let metrics = metrics.collect::<Result<_, _>>()?;
        gateway.prepare().map_err(problem)?;
        say_what_is_absent(&gateway, &providers, terminal);
        let secrets = providers.iter().flat_map(|provider| &provider.secrets);
        files.extend(secrets.filter_map(|secret| match &secret.source {
            Some(SecretSource::File(file)) => Some(file.clone()),
            _ => None,
        }));
        let ready = providers.iter().filter(|provider| provider.is_ready());
        confine::confine(&runner, ready.map(|it| (it.name.as_str(), None)), |needed| {
            gateway.confinement(needed)
        })?;
        Ok(Self { gateway, listeners, metrics, files })
    }

    /// Tells where it has begun to listen.
    pub(super) fn say_where(&self, terminal: &Terminal) -> Result<(), Problem> {
        for bound in self.listeners.iter().filter(|bound| bound.is_new) {
            terminal.note(&format!("listening on http://{}\n", bound.listener.local_addr()?));
        }
        for bound in self.metrics.iter().filter(|bound| bound.is_new) {
            terminal.note(&format!("metrics at http://{}/metrics\n", bound.listener.local_addr()?));
        }
        Ok(())
    }
}

/// What keeps a provider from being asked that somebody means to ask: it may come yet, and others
/// can be asked.
fn say_what_is_absent(gateway: &Gateway, providers: &[ProviderInfo], terminal: &Terminal) {
    let led = gateway.providers();
    let meant = providers.iter().filter(|provider| {
        provider.origin == Origin::Configured || led.contains(provider.name.as_str())
    });
    for provider in meant {
        let needed = provider.secrets.iter().filter(|it| !it.optional && !it.present);
        for secret in needed {
            let why = secret.source.as_ref().and_then(|source| source.check().err());
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            terminal.note(&format!(
                "provider `{}` cannot be asked yet, as it has no `{}`{why}\n",
                provider.name, secret.name
            ));
        }
    }
}

/// The files that a configuration was made of, whether or not they are there.
fn named(arguments: &ServeArguments, global: &GlobalArguments, config: &Config) -> Vec<PathBuf> {
    let mut files = match (&arguments.litellm_config, &global.config) {
        (Some(file), _) | (None, Some(file)) => vec![file.clone()],
        (None, None) => Config::default_files(),
    };
    let beside = |file: &PathBuf| file.parent().unwrap_or(Path::new("")).join(LOCK_FILE);
    files.extend(files.iter().map(beside).collect::<Vec<_>>());
    files.extend(config.adapters.values().map(|adapter| adapter.path.clone()));
    files.extend(config.tls_roots.clone());
    files
}

/// A socket that was there already, or one that nobody has connected to yet.
fn bound(asked: Listen, inherited: &mut Inherited) -> Result<Bound, Problem> {
    if let Some(at) = inherited.listeners.iter().position(|(known, _)| *known == asked) {
        let (_, listener) = inherited.listeners.remove(at);
        return Ok(Bound { asked, listener, is_new: false });
    }
    let (Listen::All(address) | Listen::Metrics(address)) = asked;
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    let listener = listener.map_err(|error| {
        Problem::usage(format!("cannot listen on {address}: {}", why(&error)))
            .with_help("choose another with `--listen ADDRESS:PORT`")
    })?;
    Ok(Bound { asked, listener, is_new: true })
}
