//! Sound that is still coming.

use super::{Called, Cell, computing, noted};
use crate::bindings::exports::hotcell::adapter as exports;
use crate::failure::Error;
use crate::transcript::Bytes;
use crate::types::{Failure, SpeechRequest};
use std::pin::pin;
use wasmtime::component::ResourceAny;

/// A cell that speaks.
pub(crate) struct Speaking {
    cell: Cell,
    guest: exports::speech::Guest,
    resource: ResourceAny,
    mime: Option<String>,
    bytes: u64,
    done: bool,
}

impl Cell {
    /// Turns a text into sound; it comes with [`Speaking::next`].
    pub(crate) async fn speak(mut self, request: &SpeechRequest) -> Result<Speaking, Error> {
        let begun = self.begin_speech(request).await;
        let (guest, resource, mime) = noted(&mut self.store, begun)?;
        Ok(Speaking { cell: self, guest, resource, mime, bytes: 0, done: false })
    }

    async fn begin_speech(
        &mut self,
        request: &SpeechRequest,
    ) -> Result<(exports::speech::Guest, ResourceAny, Option<String>), Error> {
        let indices = self.adapter.interfaces().speech.as_ref();
        let indices = indices.ok_or_else(|| self.lacks("speech"))?;
        let guest = indices.load(&mut self.store, &self.instance);
        let guest = guest.map_err(|error| super::failure_of(&error, &self.adapter))?;
        let call = guest.call_speak(computing(&mut self.store), request);
        let called = self.wait.finish(pin!(call)).await;
        let resource = self.end(called)?;
        let audio = guest.audio();
        let call = audio.call_mime(computing(&mut self.store), resource);
        // It has no failure of its own.
        let call = async { call.await.map(Ok::<_, Failure>) };
        let called: Called<Option<String>> = self.wait.finish(pin!(call)).await;
        let mime = self.end(called)?;
        super::promise::mime(mime.as_deref(), &self.adapter)?;
        Ok((guest, resource, mime))
    }
}

impl Speaking {
    /// The media type, where the provider says it.
    pub(crate) fn mime(&self) -> Option<&str> {
        self.mime.as_deref()
    }

    /// The next bytes; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.done {
            return Ok(None);
        }
        let bytes = self.advance().await;
        let bytes = noted(&mut self.cell.store, bytes)?;
        match &bytes {
            Some(bytes) => {
                if let Some(recorder) = self.cell.store.data_mut().door.recorder() {
                    recorder.transcript.answer.sound.push(Bytes(bytes.clone()));
                }
            }
            None => self.cell.ended(|_| ()),
        }
        Ok(bytes)
    }

    async fn advance(&mut self) -> Result<Option<Vec<u8>>, Error> {
        // Whatever happens now, a guest is not asked again after it has failed.
        self.done = true;
        let cell = &mut self.cell;
        let audio = self.guest.audio();
        let call = audio.call_next(computing(&mut cell.store), self.resource);
        let called = cell.wait.finish(pin!(call)).await;
        let Some(bytes) = cell.end(called)? else { return Ok(None) };
        self.bytes += bytes.len() as u64;
        super::promise::sound(&bytes, self.bytes, &cell.limits, &cell.adapter)?;
        self.done = false;
        Ok(Some(bytes))
    }
}
