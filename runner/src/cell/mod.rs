//! One execution: a fresh store and instance of one adapter, with one provider's
//! capabilities, for one request. Nothing survives it.

mod imports;
mod limiter;
mod time;

pub(crate) use imports::link;
pub use imports::{Endpoint, Response};

use crate::adapter::{Adapter, Interface};
use crate::bindings::exports::hotcell::adapter as exports;
use crate::engine::Running;
use crate::failure::Error;
use crate::limits::Limits;
use crate::types::{ChatRequest, EmbedRequest, EmbedResponse, Event, Failure, FailureKind, Model};
use hotcell_egress::CellEgress;
use limiter::Limiter;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use time::Budget;
use tokio::time::Instant;
use wasmtime::component::{Instance, ResourceAny, ResourceTable};
use wasmtime::{Store, Trap};

/// What a cell is made of: everything that it will ever have.
pub(crate) struct Grants {
    pub(crate) egress: CellEgress,
    pub(crate) settings: Arc<BTreeMap<String, String>>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) provider: Arc<str>,
}

/// The host's side of a cell: what the guest's imports work on.
pub(crate) struct State {
    table: ResourceTable,
    egress: CellEgress,
    settings: Arc<BTreeMap<String, String>>,
    limits: Arc<Limits>,
    limiter: Limiter,
    budget: Budget,
    provider: Arc<str>,
    log_lines: u32,
    /// What a limit on the host's side wants to be reported as.
    pub(crate) wasi: Option<crate::wasi::Wasi>,
    _running: Running,
}

/// A cell that is open.
pub(crate) struct Cell {
    store: Store<State>,
    instance: Instance,
    adapter: Arc<Adapter>,
    deadline: Instant,
    limits: Arc<Limits>,
}

impl Cell {
    /// Opens a cell.
    pub(crate) async fn open(adapter: Arc<Adapter>, grants: Grants) -> Result<Self, Error> {
        let limits = grants.limits.clone();
        let state = State {
            table: handles(limits.handles),
            egress: grants.egress,
            settings: grants.settings,
            limiter: Limiter::new(&limits),
            budget: Budget::new(Duration::from_millis(limits.cpu_ms)),
            limits: limits.clone(),
            provider: grants.provider,
            log_lines: 0,
            wasi: adapter.wasi().then(crate::wasi::Wasi::empty),
            _running: adapter.engine().running(),
        };
        let mut store = Store::new(adapter.engine().wasmtime(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(crate::limits::CALL_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| context.data_mut().budget.tick());
        let deadline = Instant::now() + Duration::from_millis(limits.total_ms);
        let opened = adapter.instantiate(&mut store).await;
        let instance = opened.map_err(|error| failure_of(&error, &adapter))?;
        Ok(Self { store, instance, adapter, deadline, limits })
    }

    /// Sends a chat request; the answer comes with [`Completion::next`].
    pub(crate) async fn complete(mut self, request: &ChatRequest) -> Result<Completion, Error> {
        let chat = self.chat()?;
        let call = chat.call_complete(&mut self.store, request);
        let resource = within(self.deadline, &self.adapter, call).await??;
        Ok(Completion { cell: self, chat, resource, events: 0, bytes: 0, done: false })
    }

    /// Turns texts into vectors.
    pub(crate) async fn embed(mut self, request: &EmbedRequest) -> Result<EmbedResponse, Error> {
        let indices = self.adapter.embeddings().ok_or_else(|| self.lacks("embeddings"))?;
        let guest = indices.load(&mut self.store, &self.instance);
        let guest = guest.map_err(|error| failure_of(&error, &self.adapter))?;
        let call = guest.call_embed(&mut self.store, request);
        Ok(within(self.deadline, &self.adapter, call).await??)
    }

    /// Lists the provider's models.
    pub(crate) async fn list_models(mut self) -> Result<Vec<Model>, Error> {
        let indices = self.adapter.models().ok_or_else(|| self.lacks("models"))?;
        let guest = indices.load(&mut self.store, &self.instance);
        let guest = guest.map_err(|error| failure_of(&error, &self.adapter))?;
        let call = guest.call_list_models(&mut self.store);
        Ok(within(self.deadline, &self.adapter, call).await??)
    }

    fn chat(&mut self) -> Result<exports::chat::Guest, Error> {
        let indices = self.adapter.chat().ok_or_else(|| self.lacks("chat"))?;
        let guest = indices.load(&mut self.store, &self.instance);
        guest.map_err(|error| failure_of(&error, &self.adapter))
    }

    fn lacks(&self, interface: Interface) -> Error {
        Error::new(
            FailureKind::Unsupported,
            format!("the adapter `{}` has no `{interface}`", self.adapter.name()),
        )
    }
}

/// A chat answer that is still coming, with the cell that it comes from.
pub(crate) struct Completion {
    cell: Cell,
    chat: exports::chat::Guest,
    resource: ResourceAny,
    events: u64,
    bytes: u64,
    done: bool,
}

impl Completion {
    /// The next events; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        if self.done {
            return Ok(None);
        }
        // Whatever happens now, a guest is not asked again after it has failed.
        self.done = true;
        let cell = &mut self.cell;
        let completion = self.chat.completion();
        let call = completion.call_next(&mut cell.store, self.resource);
        let events = within(cell.deadline, &cell.adapter, call).await??;
        let Some(events) = events else { return Ok(None) };
        if events.is_empty() {
            return Err(broken(&cell.adapter, "yielded no event where at least one is due"));
        }
        self.events += events.len() as u64;
        self.bytes += events.iter().map(size).sum::<u64>();
        if self.events > cell.limits.events || self.bytes > cell.limits.event_bytes {
            return Err(Error::new(
                FailureKind::TooLarge,
                format!(
                    "the answer has more than {} events or {} bytes",
                    cell.limits.events, cell.limits.event_bytes
                ),
            ));
        }
        events.iter().try_for_each(|event| json_of(event, &cell.adapter))?;
        self.done = false;
        Ok(Some(events))
    }
}

fn handles(most: usize) -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(most);
    table
}

/// Waits for a guest until its time is up.
async fn within<T>(
    deadline: Instant,
    adapter: &Adapter,
    call: impl Future<Output = wasmtime::Result<Result<T, Failure>>>,
) -> Result<Result<T, Failure>, Error> {
    match tokio::time::timeout_at(deadline, call).await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) => Err(failure_of(&error, adapter)),
        Err(_) => Err(Error::new(FailureKind::TimedOut, "the request's time is up")
            .with_help("raise `limits.total-ms` of the provider, if it may take longer")),
    }
}

/// What a guest that stopped amounts to. The words of a trap are Wasmtime's own.
fn failure_of(error: &wasmtime::Error, adapter: &Adapter) -> Error {
    let name = adapter.name();
    if let Some(limit) = error.downcast_ref::<BrokenLimit>() {
        return Error::new(limit.kind, format!("the adapter `{name}` {}", limit.what));
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

fn broken(adapter: &Adapter, what: &str) -> Error {
    Error::new(FailureKind::Internal, format!("the adapter `{}` {what}", adapter.name()))
}

/// A limit of the host's that a guest reached; ends the cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BrokenLimit {
    kind: FailureKind,
    what: &'static str,
}

impl std::fmt::Display for BrokenLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for BrokenLimit {}

/// Roughly what an event takes: its texts and a constant.
fn size(event: &Event) -> u64 {
    let native = |native: &Option<crate::types::Native>| {
        native.as_ref().map_or(0, |native| native.value.len() + native.dialect.len())
    };
    let text = match event {
        Event::Started(started) => native(&started.extra),
        Event::Warning(text) => text.len(),
        Event::Text(delta)
        | Event::Reasoning(delta)
        | Event::Refusal(delta)
        | Event::Signature(delta)
        | Event::RedactedReasoning(delta)
        | Event::ToolCallArguments(delta) => delta.text.len(),
        Event::ToolCallStarted(call) => call.name.len() + call.id.len() + native(&call.extra),
        Event::Media(media) => match &media.part.source {
            crate::types::MediaSource::Bytes(bytes) => bytes.len(),
            crate::types::MediaSource::Url(text) | crate::types::MediaSource::FileId(text) => {
                text.len()
            }
        },
        Event::Citation(at) | Event::Logprobs(at) | Event::Native(at) => at.value.value.len(),
        Event::Usage(usage) => native(&usage.raw),
        Event::Finished(finished) => native(&finished.extra),
    };
    text as u64 + 64
}

/// `json` in WIT is a promise, and callers rely on it.
fn json_of(event: &Event, adapter: &Adapter) -> Result<(), Error> {
    let native = match event {
        Event::Citation(at) | Event::Logprobs(at) | Event::Native(at) => Some(&at.value),
        Event::Started(started) => started.extra.as_ref(),
        Event::ToolCallStarted(call) => call.extra.as_ref(),
        Event::Usage(usage) => usage.raw.as_ref(),
        Event::Finished(finished) => finished.extra.as_ref(),
        _ => None,
    };
    match native {
        Some(native) if serde_json::from_str::<serde::de::IgnoredAny>(&native.value).is_err() => {
            Err(broken(adapter, "yielded something as JSON that is not JSON"))
        }
        _ => Ok(()),
    }
}
