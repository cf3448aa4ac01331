//! The process that serves: it begins with what the supervisor kept, and does as it is told.

use super::message::{Kept, Line, Name, Reloads, Start, Told};
use super::prepared::{Bound, Inherited, Prepared};
use super::{LAST, polled, runtime};
use crate::arguments::{GlobalArguments, ServeArguments};
use crate::problem::Problem;
use crate::terminal::Terminal;
use hotcell_gateway::{Order, Passage};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};

pub(super) fn run(
    arguments: &ServeArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    // Nobody is served when nobody is there to end it.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from)?;
    let start = Start::receive(io::stdin().as_fd()).map_err(|_| {
        Problem::usage("`--worker` is for hotcell itself").with_help("leave it out")
    })?;
    let (mut inherited, mut entry, mut exit) = (Inherited::default(), None, None);
    inherited.others_serve = start.others_serve;
    for Kept { name, file } in start.kept {
        match name {
            Name::Listener(listen) => inherited.listeners.push((listen, file.into())),
            Name::Lock => inherited.lock = Some(file.into()),
            Name::Entry => entry = Some(file),
            Name::Exit => exit = Some(file),
        }
    }
    let passage = entry.zip(exit).map(|(entry, exit)| Passage::new(entry, exit));
    let passage = passage.ok_or_else(|| io::Error::other("the supervisor sent too little"))?;
    let prepared = Prepared::new(arguments, global, terminal, &mut inherited)?;
    // What is not listened to any more is closed here, and when this one serves, everywhere.
    drop(inherited);
    let runtime = runtime()?;
    let served = runtime.block_on(serve(prepared, passage, start.reloads, terminal));
    // Whoever was cut off has an account too, which is written down when the gateway goes.
    runtime.shutdown_timeout(LAST);
    served
}

async fn serve(
    prepared: Prepared,
    passage: Passage,
    reloads: Reloads,
    terminal: &Terminal,
) -> Result<(), Problem> {
    // The supervisor says what happens. A signal to all of its processes is one to it as well,
    // and what it makes of that it tells; but one to end is obeyed here too.
    let mut ended = signal(SignalKind::terminate())?;
    let (mut interrupted, mut hung_up) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?);
    let line = Line::new(io::stdin().as_fd().try_clone_to_owned()?)?;
    let gateway = &prepared.gateway;
    gateway.reloaded(reloads.done, reloads.failed);
    let grace = gateway.config().limits.unwrap_or_default().retire_ms;
    line.ready(&kept(&prepared)?, &prepared.files, Duration::from_millis(grace))?;
    let (order, orders) = watch::channel(Order::Serve);
    loop {
        match line.told().await? {
            Some(Told::Go) => break,
            Some(Told::Alone) => warn(gateway.alone().await),
            Some(Told::Count(reloads)) => gateway.reloaded(reloads.done, reloads.failed),
            Some(Told::Retire) => {}
            Some(Told::End) => return Ok(()),
            Some(Told::Now) | None => return Err(Problem::Interrupted),
        }
    }
    prepared.say_where(terminal)?;
    let listeners = polled(prepared.listeners.into_iter().map(|bound| bound.listener))?;
    let metrics = polled(prepared.metrics.into_iter().map(|bound| bound.listener))?;
    let (retired, mut has_retired) = oneshot::channel();
    let serving = gateway.serve_in_turn(listeners, metrics, passage, orders, retired);
    let mut serving = std::pin::pin!(serving);
    let mut retires = false;
    loop {
        let told = tokio::select! {
            () = &mut serving => {
                // It may have had nothing to end.
                if retires {
                    line.retired()?;
                }
                return Ok(());
            }
            told = line.told() => told?,
            Ok(()) = &mut has_retired, if retires => {
                retires = false;
                line.retired()?;
                continue;
            }
            _ = ended.recv() => Some(Told::End),
            // A terminal sends these to all of its processes.
            _ = interrupted.recv() => continue,
            _ = hung_up.recv() => continue,
        };
        match told {
            Some(Told::Retire) => {
                warn(gateway.share().await);
                retires = order.send_if_modified(|order| {
                    let is_new = *order == Order::Serve;
                    *order = (*order).max(Order::Retire);
                    is_new
                });
            }
            Some(Told::End) => _ = order.send_replace(Order::End),
            Some(Told::Alone) => warn(gateway.alone().await),
            Some(Told::Count(reloads)) => gateway.reloaded(reloads.done, reloads.failed),
            Some(Told::Go) => {}
            Some(Told::Now) | None => return Err(Problem::Interrupted),
        }
    }
}

/// What has to stay open when this process ends.
fn kept(prepared: &Prepared) -> io::Result<Vec<Kept>> {
    let again = |listener: &TcpListener| listener.try_clone().map(OwnedFd::from);
    let bound = prepared.listeners.iter().chain(&prepared.metrics);
    let kept = bound.map(|Bound { asked, listener, .. }| {
        Ok(Kept { name: Name::Listener(*asked), file: again(listener)? })
    });
    let mut kept = kept.collect::<io::Result<Vec<_>>>()?;
    if let Some(lock) = prepared.gateway.lock() {
        kept.push(Kept { name: Name::Lock, file: lock.try_clone()?.into() });
    }
    Ok(kept)
}

fn warn(done: Result<(), hotcell_gateway::StoreError>) {
    if let Err(error) = done {
        let what = "limits may not hold among the processes of this gateway";
        tracing::error!(target: "hotcell::gateway", %error, "{what}");
    }
}
