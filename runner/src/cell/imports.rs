//! What a guest can call: egress, settings, log. This is the host's whole surface.

use super::door::{Endpoint, Response};
use super::{BrokenLimit, State};
use crate::bindings::hotcell::adapter::{egress, log, settings, types};
use crate::limits::Limits;
use crate::types::{Failure, FailureKind};
use crate::wasi::Wasi;
use bytes::Bytes;
use hotcell_manifest::Method;
use wasmtime::component::{HasData, Linker, Resource};

struct Imports;

impl HasData for Imports {
    type Data<'a> = &'a mut State;
}

/// Links the three interfaces, and nothing else.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<State, Imports>(linker, |state| state)?;
    egress::add_to_linker::<State, Imports>(linker, |state| state)?;
    settings::add_to_linker::<State, Imports>(linker, |state| state)?;
    log::add_to_linker::<State, Imports>(linker, |state| state)
}

impl types::Host for State {}

impl egress::Host for State {}

impl egress::HostEndpoint for State {
    fn named(&mut self, name: String) -> wasmtime::Result<Result<Resource<Endpoint>, Failure>> {
        match self.door.endpoint(name) {
            Ok(endpoint) => Ok(Ok(self.table.push(endpoint).map_err(too_many)?)),
            Err(failure) => self.tell(failure).map(Err),
        }
    }

    async fn send(
        &mut self,
        endpoint: Resource<Endpoint>,
        request: egress::Request,
    ) -> wasmtime::Result<Result<Resource<Response>, Failure>> {
        let endpoint = self.table.get(&endpoint)?.key();
        let request = hotcell_egress::Request {
            method: method_of(request.method),
            path: request.path,
            headers: request
                .headers
                .into_iter()
                .map(|header| (header.name, header.value))
                .collect(),
            body: Bytes::from(request.body),
        };
        self.has_asked = true;
        self.budget.pause();
        let sending = self.door.send(endpoint, request);
        let answered = self.errand.send(sending).await;
        self.budget.resume();
        match self.door.received(*answered) {
            Ok(response) => Ok(Ok(self.table.push(response).map_err(too_many)?)),
            Err(failure) => self.tell(*failure).map(Err),
        }
    }

    fn drop(&mut self, endpoint: Resource<Endpoint>) -> wasmtime::Result<()> {
        self.table.delete(endpoint)?;
        Ok(())
    }
}

impl egress::HostResponse for State {
    fn status(&mut self, response: Resource<Response>) -> wasmtime::Result<u16> {
        Ok(self.table.get(&response)?.status())
    }

    fn headers(&mut self, response: Resource<Response>) -> wasmtime::Result<Vec<egress::Header>> {
        let headers = self.table.get(&response)?.headers().iter();
        Ok(headers
            .map(|(name, value)| egress::Header { name: name.clone(), value: value.clone() })
            .collect())
    }

    async fn read(
        &mut self,
        response: Resource<Response>,
        limit: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Failure>> {
        // A guest that asks for nothing would never see the end.
        let limit = (limit as usize).clamp(1, MOST_PER_READ);
        let response = self.table.get_mut(&response)?;
        let number = response.number();
        self.budget.pause();
        let read = response.read(limit).await;
        self.budget.resume();
        match self.door.note(number, &read).and(read) {
            Ok(bytes) => Ok(Ok(bytes)),
            Err(failure) => self.tell(*failure).map(Err),
        }
    }

    fn drop(&mut self, response: Resource<Response>) -> wasmtime::Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}

/// What one read hands over at the most, whatever a guest asks for.
pub(super) const MOST_PER_READ: usize = 1024 * 1024;

impl settings::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.get(&name).cloned())
    }
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let Self { log_lines, limits, provider, .. } = self;
        write_line(log_lines, limits, provider, level, &message);
        Ok(())
    }
}

/// Writes a line for the operator, of which there may have been too many.
pub(super) fn write_line(
    lines: &mut u32,
    limits: &Limits,
    provider: &str,
    level: log::Level,
    message: &str,
) {
    *lines = lines.saturating_add(1);
    if *lines > limits.log_lines {
        return;
    }
    let line: String = message
        .chars()
        .take(limits.log_line_bytes)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    match level {
        log::Level::Error => tracing::error!(target: "hotcell::adapter", %provider, "{line}"),
        log::Level::Warn => tracing::warn!(target: "hotcell::adapter", %provider, "{line}"),
        log::Level::Info => tracing::info!(target: "hotcell::adapter", %provider, "{line}"),
        log::Level::Debug => tracing::debug!(target: "hotcell::adapter", %provider, "{line}"),
        log::Level::Trace => tracing::trace!(target: "hotcell::adapter", %provider, "{line}"),
    }
    if *lines == limits.log_lines {
        tracing::warn!(target: "hotcell::adapter", %provider, "further lines of this request are dropped");
    }
}

impl State {
    /// What the guest is told, unless it has been told often enough.
    #[cold]
    fn tell(&self, failure: Failure) -> wasmtime::Result<Failure> {
        if self.door.has_been_denied_enough() {
            let what = "was refused more often than its limit".into();
            return Err(BrokenLimit { kind: FailureKind::Denied, what }.into());
        }
        Ok(failure)
    }

    /// Ends the cell, which called what it does not have.
    pub(crate) fn deny_import(&mut self, import: &str) -> wasmtime::Error {
        self.door.deny_import(import);
        let what = format!("called `{import}`, which no cell has").into();
        BrokenLimit { kind: FailureKind::Denied, what }.into()
    }

    /// What the guest has of WASI.
    pub(crate) fn wasi(&mut self) -> &mut Wasi {
        let handles = self.limits.handles;
        self.wasi.get_or_insert_with(|| Wasi::empty(handles))
    }
}

fn too_many(_: wasmtime::component::ResourceTableError) -> wasmtime::Error {
    BrokenLimit {
        kind: FailureKind::Internal,
        what: "holds more endpoints and responses than its limit".into(),
    }
    .into()
}

fn method_of(method: egress::Method) -> Method {
    match method {
        egress::Method::Get => Method::Get,
        egress::Method::Post => Method::Post,
        egress::Method::Put => Method::Put,
        egress::Method::Patch => Method::Patch,
        egress::Method::Delete => Method::Delete,
    }
}
