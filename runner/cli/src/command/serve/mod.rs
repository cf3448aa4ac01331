//! The gateway, as processes: one that the operator started and that keeps what is open, and one
//! that serves. The second reads and binds everything first, then confines itself, and only then
//! its runtime starts; another one takes its place where something was changed.

mod prepared;

#[cfg(target_os = "linux")]
mod asked;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod message;
#[cfg(target_os = "linux")]
mod notify;
#[cfg(target_os = "linux")]
mod supervisor;
#[cfg(target_os = "linux")]
mod watched;
#[cfg(target_os = "linux")]
mod worker;

use crate::arguments::{GlobalArguments, ServeArguments};
use crate::problem::Problem;
use crate::terminal::Terminal;
use prepared::{Inherited, Prepared};
use std::net::TcpListener;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

pub(crate) fn run(
    arguments: &ServeArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    #[cfg(target_os = "linux")]
    {
        if arguments.worker {
            return worker::run(arguments, global, terminal);
        }
        if !arguments.no_supervisor {
            match supervisor::run(arguments, global, terminal) {
                Ok(()) => return Ok(()),
                Err(supervisor::Impossible::Here(why)) => terminal.note(&format!(
                    "no other process can be started ({why}); this one serves, and a changed \
                     configuration needs a restart\n"
                )),
                Err(supervisor::Impossible::Over(problem)) => return Err(problem),
            }
        }
    }
    alone(arguments, global, terminal)
}

/// Serves in this process, to its end.
fn alone(
    arguments: &ServeArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let prepared = Prepared::new(arguments, global, terminal, &mut Inherited::default())?;
    prepared.say_where(terminal)?;
    let gateway = prepared.gateway;
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let listeners = polled(prepared.listeners.into_iter().map(|bound| bound.listener))?;
        let metrics = polled(prepared.metrics.into_iter().map(|bound| bound.listener))?;
        let serving = gateway.serve_with_metrics(listeners, metrics, async {
            asked_to_end().await;
            terminal.note(ENDING);
        });
        tokio::select! {
            () = serving => Ok(()),
            () = async { asked_to_end().await; asked_to_end().await } => Err(Problem::Interrupted),
        }
    });
    // Whoever was cut off has an account too, which is written down when the gateway goes.
    runtime.shutdown_timeout(LAST);
    served
}

const ENDING: &str = "ending; what is under way has its time, once more ends at once\n";

/// How long what is written down at the very end may take.
const LAST: Duration = Duration::from_secs(1);

/// Sockets as the runtime has them.
fn polled(
    listeners: impl Iterator<Item = TcpListener>,
) -> Result<Vec<tokio::net::TcpListener>, Problem> {
    Ok(listeners.map(tokio::net::TcpListener::from_std).collect::<Result<_, _>>()?)
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

/// Enough for whoever only waits.
#[cfg(target_os = "linux")]
fn runtime_of_one() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
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
        other => Problem::Gateway(Box::new(other)),
    }
}
