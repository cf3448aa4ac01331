//! The gateway, as a process: everything is read and bound first, then the process confines
//! itself, and only then its runtime starts.

use super::{configuration, confine, migrate, with_options};
use crate::arguments::{GlobalArguments, ServeArguments};
use crate::problem::{Problem, why};
use crate::terminal::Terminal;
use hotcell::{Allocation, Runner};
use hotcell_gateway::{Gateway, Watch};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(crate) fn run(
    arguments: &ServeArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let config = match (&arguments.litellm_config, &global.config) {
        (None, _) => configuration(global)?,
        (Some(file), None) => with_options(migrate::in_place(file, terminal)?, global),
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
    let watch = Arc::new(Watch::default());
    let mut builder =
        Runner::builder().config(config).allocation(Allocation::Pooled(cells)).audit(watch.clone());
    if let Some(directory) = &global.record {
        builder = builder.record(directory.clone());
    }
    let runner = builder.build()?;
    let gateway = Gateway::new(runner.clone()).map_err(problem)?.watching(watch);
    for address in &addresses {
        gateway.may_listen(*address).map_err(problem)?;
    }
    let listeners = addresses.iter().map(listen).collect::<Result<Vec<_>, _>>()?;
    let metrics = metrics.iter().map(listen).collect::<Result<Vec<_>, _>>()?;
    gateway.prepare().map_err(problem)?;
    let ready = runner.providers_at_rest().into_iter().filter(|provider| provider.is_ready());
    let ready: Vec<_> = ready.map(|provider| provider.name).collect();
    confine::confine(&runner, ready.iter().map(|name| (name.as_str(), None)), |needed| {
        gateway.confinement(needed)
    })?;
    for listener in &listeners {
        terminal.note(&format!("listening on http://{}\n", listener.local_addr()?));
    }
    for listener in &metrics {
        terminal.note(&format!("metrics at http://{}/metrics\n", listener.local_addr()?));
    }
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let ready = |listeners: Vec<TcpListener>| {
            let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std);
            listeners.collect::<Result<Vec<_>, _>>()
        };
        let (listeners, metrics) = (ready(listeners)?, ready(metrics)?);
        let serving = gateway.serve_with_metrics(listeners, metrics, async {
            asked_to_end().await;
            terminal.note("ending; what is under way has its time, once more ends at once\n");
        });
        tokio::select! {
            () = serving => Ok(()),
            () = async { asked_to_end().await; asked_to_end().await } => Err(Problem::Interrupted),
        }
    });
    // Whoever was cut off has an account too, which is written down when the gateway goes.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// A socket that nobody has connected to yet.
fn listen(address: &SocketAddr) -> Result<TcpListener, Problem> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|error| {
        Problem::usage(format!("cannot listen on {address}: {}", why(&error)))
            .with_help("choose another with `--listen ADDRESS:PORT`")
    })
}

/// As many threads as this process may use of the machine.
fn runtime() -> Result<Runtime, Problem> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    Ok(builder.worker_threads(threads).enable_all().build()?)
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

pub(super) fn problem(error: hotcell_gateway::GatewayError) -> Problem {
    match error {
        hotcell_gateway::GatewayError::Provider(error) => error.into(),
        other => Problem::usage(other.to_string()),
    }
}
