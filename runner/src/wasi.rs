//! WASI for adapters in languages that bring it along, and only where a provider
//! says `wasi = true`.
//!
//! What is linked is harmless and deterministic: no arguments, environment, input
//! or directories, a clock that stands still, randomness from a fixed seed, output
//! into nothing. Every other import ends the cell when it is called, and is written
//! to the audit log.

use crate::cell::{self, State};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{
    Component, HasData, Linker, LinkerInstance, ResourceTable, ResourceType,
};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView as _};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};
use wasmtime_wasi::random::{Deterministic, WasiRandom};
use wasmtime_wasi::{
    HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
};

/// What an audit shows for an import of WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// There, and has nothing.
    Empty,
    /// There, and always says the same time.
    Frozen,
    /// There, and gives the same numbers in every cell.
    Seeded,
    /// Ends the cell when it is called.
    Trap,
}

/// What a cell gets for an import of WASI.
pub fn treatment(import: &str) -> Treatment {
    let interface = import.split('@').next().unwrap_or_default();
    match interface {
        "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => Treatment::Frozen,
        "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
            Treatment::Seeded
        }
        "wasi:cli/environment"
        | "wasi:cli/exit"
        | "wasi:cli/stdin"
        | "wasi:cli/stdout"
        | "wasi:cli/stderr"
        | "wasi:cli/terminal-input"
        | "wasi:cli/terminal-output"
        | "wasi:cli/terminal-stdin"
        | "wasi:cli/terminal-stdout"
        | "wasi:cli/terminal-stderr"
        | "wasi:filesystem/preopens"
        | "wasi:filesystem/types"
        | "wasi:io/error"
        | "wasi:io/poll"
        | "wasi:io/streams" => Treatment::Empty,
        _ => Treatment::Trap,
    }
}

/// The empty context of one cell.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl Wasi {
    /// Holds no more handles at one time than this.
    pub(crate) fn empty(handles: usize) -> Self {
        // The builder's defaults are no arguments, environment, directories or
        // network, closed input and output that goes nowhere.
        let context = WasiCtxBuilder::new()
            .wall_clock(Frozen)
            .monotonic_clock(Frozen)
            .secure_random(Deterministic::new(vec![0x5e]))
            .insecure_random(Deterministic::new(vec![0x5e]))
            .insecure_random_seed(0)
            .build();
        Self { context, table: cell::handles(handles) }
    }
}

struct Frozen;

impl HostWallClock for Frozen {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for Frozen {
    fn resolution(&self) -> u64 {
        1_000_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

fn table(state: &mut State) -> &mut ResourceTable {
    state.ctx().table
}

/// Links what [`treatment`] says.
pub(crate) fn link(linker: &mut Linker<State>, component: &Component) -> wasmtime::Result<()> {
    wasmtime_wasi_io::bindings::wasi::io::error::add_to_linker::<State, Io>(linker, table)?;
    wasmtime_wasi_io::bindings::wasi::io::poll::add_to_linker::<State, Io>(linker, table)?;
    wasmtime_wasi_io::bindings::wasi::io::streams::add_to_linker::<State, Io>(linker, table)?;
    clocks::wall_clock::add_to_linker::<State, WasiClocks>(linker, State::clocks)?;
    clocks::monotonic_clock::add_to_linker::<State, WasiClocks>(linker, State::clocks)?;
    random::random::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<State, WasiRandom>(linker, |state| {
        state.ctx().ctx.random()
    })?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::types::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)?;
    cli::environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    let engine = linker.engine().clone();
    for (import, external) in component.component_type().imports(&engine) {
        if let ComponentItem::ComponentInstance(interface) = &external.ty
            && import.starts_with("wasi:")
            && treatment(import) == Treatment::Trap
        {
            deny(&mut linker.instance(import)?, &engine, import, interface)?;
        }
    }
    Ok(())
}

/// Links an interface of which every function is denied.
fn deny(
    linker: &mut LinkerInstance<'_, State>,
    engine: &Engine,
    import: &str,
    interface: &ComponentInstance,
) -> wasmtime::Result<()> {
    for (name, external) in interface.exports(engine) {
        match external.ty {
            ComponentItem::ComponentFunc(_) => {
                let function = format!("{import}#{name}");
                linker.func_new(name, move |mut context, _, _, _| {
                    Err(context.data_mut().deny_import(&function))
                })?;
            }
            ComponentItem::Resource(_) => {
                linker.resource(name, ResourceType::host::<Denied>(), |_, _| Ok(()))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a resource of a denied interface would be. There never is one.
struct Denied;
