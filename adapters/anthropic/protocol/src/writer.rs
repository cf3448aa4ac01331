//! Writes JSON objects, so that no tree of them has to be built first.

use crate::wire::Members;
use hotcell_sdk::Failure;
use hotcell_sdk::json::write_string;
use serde::Serialize;

/// An object that is being written. Members that `extra` spells are the client's
/// own, and are not written a second time.
pub(crate) struct Object<'w, 'e> {
    out: &'w mut Vec<u8>,
    extra: Members<'e>,
    first: bool,
}

impl<'w, 'e> Object<'w, 'e> {
    pub(crate) fn open(out: &'w mut Vec<u8>, extra: Members<'e>) -> Self {
        out.push(b'{');
        Self { out, extra, first: true }
    }

    /// Whether the client spells this member itself.
    pub(crate) fn spells(&self, name: &str) -> bool {
        self.extra.get(name).is_some()
    }

    /// A member that holds a text.
    pub(crate) fn put(&mut self, name: &str, text: impl AsRef<str>) {
        if self.name(name) {
            write_string(text.as_ref(), self.out);
        }
    }

    /// A member that holds a number, a flag or a list of something plain.
    pub(crate) fn value(&mut self, name: &str, value: impl Serialize) {
        if self.name(name) {
            scalar(self.out, value);
        }
    }

    /// The same of one that may be absent.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    /// A member whose value is JSON text already.
    #[inline(never)]
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        if self.name(name) {
            self.out.extend_from_slice(json.as_bytes());
        }
    }

    /// A member that `write` writes.
    pub(crate) fn with(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self.name(name) {
            true => write(self.out),
            false => Ok(()),
        }
    }

    /// Adds the client's own members and ends the object.
    pub(crate) fn close(mut self) {
        for (name, value) in std::mem::take(&mut self.extra).0 {
            self.name(&name);
            self.out.extend_from_slice(value.get().as_bytes());
        }
        self.out.push(b'}');
    }

    #[inline(never)]
    fn name(&mut self, name: &str) -> bool {
        if self.spells(name) {
            return false;
        }
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        write_string(name, self.out);
        self.out.push(b':');
        true
    }
}

/// Writes a list, one element per item.
pub(crate) fn list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item)?;
    }
    out.push(b']');
    Ok(())
}

fn scalar(out: &mut Vec<u8>, value: impl Serialize) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, &value).is_err() {
        // Nothing that comes here can fail; if it did, null keeps the JSON whole.
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}
