//! One execution: a fresh store and instance of one adapter, with one provider's
//! capabilities, for one request. Nothing survives it.

mod call;
mod door;
mod imports;
mod limiter;
#[cfg(hotcell_native)]
pub mod native;
mod promise;
mod sound;
mod time;
mod wait;

pub(crate) use door::{Door, Player};
pub use door::{Endpoint, Response};
pub(crate) use imports::link;
pub(crate) use sound::Speaking;

use crate::adapter::Adapter;
use crate::bindings::exports::hotcell::adapter as exports;
use crate::failure::Error;
use crate::interface::Interface;
use crate::limits::Limits;
use crate::transcript::Answered;
use crate::types::{ChatRequest, Event, Failure, FailureKind, StoredRequest};
use crate::wasi::Wasi;
use limiter::Limiter;
use promise::Progress;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use time::Budget;
use wait::{Errand, Wait};
use wasmtime::component::{Instance, ResourceAny, ResourceTable};
use wasmtime::{PoolConcurrencyLimitError, Store, Trap};

/// What a cell is made of: everything that it will ever have.
pub(crate) struct Grants {
    pub(crate) door: Door,
    pub(crate) settings: Arc<BTreeMap<String, String>>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) provider: Arc<str>,
}

/// The host's side of a cell: what the guest's imports work on.
pub(crate) struct State {
    table: ResourceTable,
    door: Door,
    settings: Arc<BTreeMap<String, String>>,
    limits: Arc<Limits>,
    limiter: Limiter,
    budget: Budget,
    provider: Arc<str>,
    log_lines: u32,
    errand: Errand,
    /// The guest has sent something to somebody.
    has_asked: bool,
    /// Made when the guest first asks for something of WASI.
    wasi: Option<Wasi>,
}

/// A cell that is open.
pub(crate) struct Cell {
    store: Store<State>,
    instance: Instance,
    adapter: Arc<Adapter>,
    wait: Wait,
    limits: Arc<Limits>,
}

impl Cell {
    /// What the adapter in it speaks.
    pub(crate) fn dialect(&self) -> &str {
        &self.adapter.inspection().manifest.adapter.dialect
    }

    /// Opens a cell.
    pub(crate) async fn open(adapter: Arc<Adapter>, grants: Grants) -> Result<Self, Error> {
        let limits = grants.limits.clone();
        let running = adapter.engine().running().map_err(|error| {
            Error::new(FailureKind::Internal, format!("the clock of cells does not start: {error}"))
        })?;
        let errand = Errand::default();
        let mut wait = Wait::new(Duration::from_millis(limits.total_ms), errand.clone());
        let state = State {
            table: handles(limits.handles),
            door: grants.door,
            settings: grants.settings,
            limiter: Limiter::new(&limits),
            budget: Budget::new(Duration::from_millis(limits.cpu_ms), running),
            limits: limits.clone(),
            provider: grants.provider,
            log_lines: 0,
            errand,
            has_asked: false,
            wasi: None,
        };
        let mut store = Store::new(adapter.engine().wasmtime(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(crate::limits::CALL_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| context.data_mut().budget.tick());
        let opened = match wait.finish(pin!(adapter.instantiate(&mut store))).await {
            Some(opened) => opened.map_err(|error| failure_of(&error, &adapter)),
            None => Err(time_is_up()),
        };
        let instance = noted(&mut store, opened)?;
        Ok(Self { store, instance, adapter, wait, limits })
    }

    /// Sends a chat request; the answer comes with [`Completion::next`].
    pub(crate) async fn complete(mut self, request: &ChatRequest) -> Result<Completion, Error> {
        let begun = self.begin(request).await;
        let (guest, resource) = noted(&mut self.store, begun)?;
        Ok(Completion::new(self, guest, resource))
    }

    /// Has an answer that is kept told once more; it comes with [`Completion::next`].
    pub(crate) async fn retell(mut self, request: &StoredRequest) -> Result<Completion, Error> {
        let begun = self.begin_again(request).await;
        let (guest, resource) = noted(&mut self.store, begun)?;
        Ok(Completion::new(self, guest, resource))
    }

    async fn begin(&mut self, request: &ChatRequest) -> Result<(Guest, ResourceAny), Error> {
        let chat = self.chat()?;
        let call = chat.call_complete(computing(&mut self.store), request);
        let called = self.wait.finish(pin!(call)).await;
        let resource = self.end(called)?;
        Ok((Guest::Chat(chat), resource))
    }

    async fn begin_again(
        &mut self,
        request: &StoredRequest,
    ) -> Result<(Guest, ResourceAny), Error> {
        let indices = self.adapter.interfaces().stored.as_ref();
        let indices = indices.ok_or_else(|| self.lacks("stored"))?;
        let stored = indices.load(&mut self.store, &self.instance);
        let stored = stored.map_err(|error| failure_of(&error, &self.adapter))?;
        let call = stored.call_retell(computing(&mut self.store), request);
        let called = self.wait.finish(pin!(call)).await;
        let resource = self.end(called)?;
        Ok((Guest::Stored(stored), resource))
    }

    fn chat(&mut self) -> Result<exports::chat::Guest, Error> {
        let indices = self.adapter.interfaces().chat.as_ref().ok_or_else(|| self.lacks("chat"))?;
        let guest = indices.load(&mut self.store, &self.instance);
        guest.map_err(|error| failure_of(&error, &self.adapter))
    }

    /// What a call of the guest's amounts to, which has ended.
    fn end<T>(&mut self, called: Called<T>) -> Result<T, Error> {
        self.store.data_mut().budget.pause();
        match called {
            Some(Ok(Ok(result))) => Ok(result),
            Some(Ok(Err(failure))) => Err(promise::failure(failure, &self.limits, &self.adapter)),
            Some(Err(error)) if self.is_out_of_memory(&error) => Err(self.out_of_memory()),
            Some(Err(error)) => Err(failure_of(&error, &self.adapter)),
            None => Err(time_is_up()),
        }
    }

    fn is_out_of_memory(&self, error: &wasmtime::Error) -> bool {
        let has_given_up = error.downcast_ref() == Some(&Trap::UnreachableCodeReached);
        has_given_up && self.store.data().limiter.is_short()
    }

    /// Where nobody was asked yet, it is the request that has no room.
    fn out_of_memory(&self) -> Error {
        let name = self.adapter.name();
        let most = self.limits.memory_bytes / (1024 * 1024);
        if self.store.data().has_asked {
            let message = format!("the adapter `{name}` ran out of memory: it may have {most} MiB");
            return Error::new(FailureKind::Internal, message);
        }
        let message = format!(
            "the request is too large for the adapter `{name}`, which ran out of memory: it may \
             have {most} MiB, and needs some times the request's size"
        );
        let code = Some("request_too_large".to_owned());
        Failure { code, ..Failure::new(FailureKind::TooLarge, message) }.into()
    }

    /// Writes the end of the answer down, where somebody writes along.
    fn ended(&mut self, what: impl FnOnce(&mut Answered)) {
        if let Some(recorder) = self.store.data_mut().door.recorder() {
            what(&mut recorder.transcript.answer);
            recorder.transcript.answer.ended = true;
        }
    }

    fn lacks(&self, interface: &str) -> Error {
        let message = format!("the adapter `{}` has no `{interface}`", self.adapter.name());
        let lacks = Interface::ALL.iter().find(|it| it.name() == interface).copied();
        Error { lacks, ..Error::new(FailureKind::Unsupported, message) }
    }
}

/// A chat answer that is still coming, with the cell that it comes from.
pub(crate) struct Completion {
    cell: Cell,
    guest: Guest,
    resource: ResourceAny,
    progress: Progress,
    done: bool,
}

/// The interface whose answer it is.
enum Guest {
    Chat(exports::chat::Guest),
    Stored(exports::stored::Guest),
}

impl Completion {
    fn new(cell: Cell, guest: Guest, resource: ResourceAny) -> Self {
        Self { cell, guest, resource, progress: Progress::default(), done: false }
    }

    /// The next events; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        if self.done {
            return Ok(None);
        }
        let events = self.advance().await;
        let events = noted(&mut self.cell.store, events)?;
        match &events {
            Some(events) => {
                if let Some(recorder) = self.cell.store.data_mut().door.recorder() {
                    recorder.transcript.answer.events.extend_from_slice(events);
                }
            }
            None => self.cell.ended(|_| ()),
        }
        Ok(events)
    }

    /// Asks for nothing more.
    pub(crate) fn cancel(&mut self) {
        self.done = true;
    }

    async fn advance(&mut self) -> Result<Option<Vec<Event>>, Error> {
        // Whatever happens now, a guest is not asked again after it has failed.
        self.done = true;
        let cell = &mut self.cell;
        let store = computing(&mut cell.store);
        let called = match &self.guest {
            Guest::Chat(chat) => {
                let completion = chat.completion();
                let call = completion.call_next(store, self.resource);
                cell.wait.finish(pin!(call)).await
            }
            Guest::Stored(stored) => {
                let retelling = stored.retelling();
                let call = retelling.call_next(store, self.resource);
                cell.wait.finish(pin!(call)).await
            }
        };
        let events = cell.end(called)?;
        let Some(events) = events else {
            self.progress.end(&cell.adapter)?;
            return Ok(None);
        };
        self.progress.advance(&events, &cell.limits, &cell.adapter)?;
        self.done = false;
        Ok(Some(events))
    }
}

/// A table that holds no more than this at one time.
pub(crate) fn handles(most: usize) -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(most);
    table
}

/// Writes down how an answer failed, where somebody writes along.
fn noted<T>(store: &mut Store<State>, result: Result<T, Error>) -> Result<T, Error> {
    if let (Err(error), Some(recorder)) = (&result, store.data_mut().door.recorder()) {
        recorder.transcript.answer.failure = Some(error.failure.clone());
        recorder.transcript.answer.ended = true;
    }
    result
}

/// The store for a call of the guest's, which computes from now on.
fn computing(store: &mut Store<State>) -> &mut Store<State> {
    store.data_mut().budget.resume();
    store
}

/// What a guest gives back, or how it stopped; none where its time was up before.
type Called<T> = Option<wasmtime::Result<Result<T, Failure>>>;

fn time_is_up() -> Error {
    Error::new(FailureKind::TimedOut, "the request's time is up")
        .with_help("raise `limits.total-ms` of the provider, if it may take longer")
}

/// What a guest that stopped amounts to. The words of a trap are Wasmtime's own.
fn failure_of(error: &wasmtime::Error, adapter: &Adapter) -> Error {
    let name = adapter.name();
    if let Some(limit) = error.downcast_ref::<BrokenLimit>() {
        return Error::new(limit.kind, format!("the adapter `{name}` {}", limit.what));
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Error::new(FailureKind::Overloaded, "all cells are in use")
            .with_help("try again, or give the runner more cells with `Allocation::Pooled`");
    }
    let what = match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => "ran out of stack",
        Some(Trap::UnreachableCodeReached) => "gave up (it panicked, or ran out of memory)",
        Some(_) | None => "stopped",
    };
    let cause = error.root_cause().to_string();
    let cause = cause.lines().next().unwrap_or_default();
    Error::new(FailureKind::Internal, format!("the adapter `{name}` {what}: {cause}"))
}

/// A limit of the host's that a guest reached; ends the cell.
#[derive(Debug)]
pub(crate) struct BrokenLimit {
    kind: FailureKind,
    what: Cow<'static, str>,
}

impl std::fmt::Display for BrokenLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for BrokenLimit {}
