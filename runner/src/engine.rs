//! The Wasmtime engine: what is switched on, what is switched off, and the clock
//! that ends a guest that computes for ever.

use crate::limits;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;
use wasmtime::{
    Config, Enabled, EngineWeak, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    WasmFeatures,
};

/// One tick of the epoch: how long a guest may compute before others get their
/// turn, and the grain of its CPU limit.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Shadow stacks of adapters have 128 KiB; this is the machine stack beneath.
const WASM_STACK_BYTES: usize = 512 * 1024;
/// The fiber that a cell runs on holds the guest's stack and the host's calls.
const FIBER_STACK_BYTES: usize = 1024 * 1024;

/// What a slot of the pool keeps of the memory that its last cell used: as much as a
/// prompt of 100 kB takes, and no more, since an idle pool keeps it for every slot.
const KEPT_BYTES: usize = 1024 * 1024;

/// The same where it has to be cleared whether it was used or not: what a small request
/// takes.
const KEPT_BYTES_UNSEEN: usize = 256 * 1024;

/// How instances get their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool that is reserved at start: fastest per request, for servers.
    /// The number is how many cells can be open at one time.
    Pooled(u32),
    /// Fresh from the operating system: starts at once, for one-shot calls.
    OnDemand,
}

/// A configured engine, and the thread that ticks it while cells are open.
#[derive(Clone)]
pub(crate) struct Engine {
    inner: wasmtime::Engine,
    ticker: Arc<Ticker>,
}

impl Engine {
    pub(crate) fn new(allocation: Allocation) -> wasmtime::Result<Self> {
        let inner = wasmtime::Engine::new(&config(allocation))?;
        Ok(Self { inner, ticker: Arc::default() })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    /// Keeps the clock running for as long as the value lives. Its thread starts with the
    /// first cell, so that a process has none before that and can confine itself.
    ///
    /// # Errors
    /// A thread that cannot be started: without it there is no limit on time, so that there
    /// is no cell.
    pub(crate) fn running(&self) -> io::Result<Running> {
        self.ticker.clock.open.fetch_add(1, Ordering::Relaxed);
        let running = Running(self.ticker.clone());
        self.ticker.thread(&self.inner)?.unpark();
        Ok(running)
    }
}

fn config(allocation: Allocation) -> Config {
    let mut config = Config::new();
    // Adapters are plain Rust (or C, Go, JavaScript) compiled to the core of
    // WebAssembly. What they don't need is not there to be attacked.
    config.wasm_features(WasmFeatures::all(), false);
    config.wasm_features(
        WasmFeatures::MUTABLE_GLOBAL
            | WasmFeatures::SATURATING_FLOAT_TO_INT
            | WasmFeatures::SIGN_EXTENSION
            | WasmFeatures::REFERENCE_TYPES
            | WasmFeatures::CALL_INDIRECT_OVERLONG
            | WasmFeatures::MULTI_VALUE
            | WasmFeatures::BULK_MEMORY
            | WasmFeatures::BULK_MEMORY_OPT
            | WasmFeatures::SIMD
            | WasmFeatures::EXTENDED_CONST
            | WasmFeatures::FLOATS
            | WasmFeatures::COMPONENT_MODEL,
        true,
    );
    config.concurrency_support(false);
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    config.native_unwind_info(false);
    // Adapters are deterministic; so are the bits of their NaNs.
    config.cranelift_nan_canonicalization(true);
    config.cranelift_opt_level(OptLevel::Speed);
    config.epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK_BYTES);
    config.async_stack_size(FIBER_STACK_BYTES);
    if let Allocation::Pooled(cells) = allocation {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(cells)));
    }
    config
}

fn pool(cells: u32) -> PoolingAllocationConfig {
    // A component is wrapped in a few small core modules that carry its imports
    // over; languages with a runtime of their own bring some more.
    const MODULES: u32 = 8;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(cells);
    pool.total_core_instances(cells.saturating_mul(MODULES));
    pool.total_memories(cells);
    pool.total_tables(cells.saturating_mul(2));
    pool.total_stacks(cells);
    pool.max_core_instances_per_component(MODULES);
    pool.max_memories_per_component(1);
    pool.max_memories_per_module(1);
    pool.max_tables_per_component(2);
    pool.max_tables_per_module(1);
    // How much of it a cell may have is its own limit (`memory-bytes`). Addresses cost nothing.
    pool.max_memory_size(4 << 30);
    pool.table_elements(limits::TABLE_ELEMENTS);
    // What a request touches stays mapped between cells and is cleared by hand, which is
    // cheaper than giving it back page by page. Where the kernel can say which pages
    // those are (Linux 6.7), no others are cleared.
    let scan = PoolingAllocationConfig::is_pagemap_scan_available();
    pool.pagemap_scan(if scan { Enabled::Yes } else { Enabled::No });
    pool.linear_memory_keep_resident(if scan { KEPT_BYTES } else { KEPT_BYTES_UNSEEN });
    pool.table_keep_resident(16 * 1024);
    pool.async_stack_keep_resident(64 * 1024);
    pool
}

/// Ticks the epoch while at least one cell is open, and sleeps otherwise.
#[derive(Default)]
struct Ticker {
    clock: Arc<Clock>,
    thread: OnceLock<Thread>,
    /// Held while the thread is started, so that there is one.
    starting: Mutex<()>,
}

#[derive(Default)]
struct Clock {
    /// Cells that are open.
    open: AtomicUsize,
    /// Ticks so far.
    ticks: AtomicU64,
}

impl Ticker {
    /// The thread, started if it was not before.
    fn thread(&self, engine: &wasmtime::Engine) -> io::Result<&Thread> {
        if let Some(thread) = self.thread.get() {
            return Ok(thread);
        }
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = self.thread.get() {
            return Ok(thread);
        }
        let (engine, clock) = (engine.weak(), self.clock.clone());
        let spawned = thread::Builder::new()
            .name("hotcell-epoch".to_owned())
            .spawn(move || tick(&engine, &clock))?;
        Ok(self.thread.get_or_init(|| spawned.thread().clone()))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // The thread finds the engine gone, and ends.
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// How many idle ticks pass before the thread sleeps for good: waking it costs a
/// system call that a busy server should not pay per request.
const IDLE_TICKS: u32 = 200;

fn tick(engine: &EngineWeak, clock: &Clock) {
    let mut idle = 0;
    loop {
        if clock.open.load(Ordering::Relaxed) == 0 {
            idle += 1;
        } else {
            idle = 0;
        }
        if idle > IDLE_TICKS {
            thread::park();
            idle = 0;
        } else {
            thread::sleep(TICK);
        }
        match engine.upgrade() {
            Some(engine) => {
                clock.ticks.fetch_add(1, Ordering::Relaxed);
                engine.increment_epoch();
            }
            None => return,
        }
    }
}

/// See [`Engine::running`].
pub(crate) struct Running(Arc<Ticker>);

impl Running {
    /// Ticks so far: a time of day that costs nothing to read.
    pub(crate) fn ticks(&self) -> u64 {
        self.0.clock.ticks.load(Ordering::Relaxed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.clock.open.fetch_sub(1, Ordering::Relaxed);
    }
}
