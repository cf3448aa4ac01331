//! A gateway that answers chat requests either in cells, as `hotcell serve` does, or with
//! adapters that are linked into it. Nothing else differs: between the two lies what the sandbox
//! costs. `tests/bench/gateway.sh` builds it, with the one `cfg` that makes it possible, and
//! measures.

#[cfg(hotcell_native)]
mod crossing;
#[cfg(any(hotcell_native, test))]
mod fiber;
#[cfg(hotcell_native)]
mod linked;

#[cfg(not(hotcell_native))]
fn main() -> std::process::ExitCode {
    eprintln!("build it with RUSTFLAGS=\"--cfg hotcell_native\", as tests/bench/gateway.sh does");
    std::process::ExitCode::from(2)
}

/// Serves as `hotcell serve --no-supervisor` does on one core, until it is killed.
#[cfg(hotcell_native)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use hotcell::{Allocation, Config, Runner};
    use hotcell_gateway::{Gateway, Watch};
    use std::sync::Arc;

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, config, address] = arguments.as_slice() else {
        return Err("hotcell-native cells|native CONFIG ADDRESS:PORT".into());
    };
    let config = Config::read(config.as_ref())?;
    let limits = config.gateway.clone().unwrap_or_default().limits.unwrap_or_default();
    let mode = config.confinement.as_ref().map(|it| it.mode).unwrap_or_default();
    let watch = Arc::new(Watch::default());
    let builder = Runner::builder()
        .config(config)
        .allocation(Allocation::Pooled(limits.requests))
        .audit(watch.clone());
    let runner = match way.as_str() {
        "cells" => builder,
        "native" => linked::link(builder),
        other => return Err(format!("`{other}` is neither `cells` nor `native`").into()),
    };
    let runner = runner.build()?;
    let gateway = Gateway::new(runner.clone())?.watching(watch);
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    gateway.prepare()?;
    for provider in runner.providers_at_rest().iter().filter(|provider| provider.is_ready()) {
        runner.prepare(&provider.name)?;
    }
    gateway.confinement(runner.confinement()).enforce(mode)?;
    // Fibers stay on the thread that they began on.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        gateway.serve(vec![listener], std::future::pending()).await;
        Ok(())
    })
}
