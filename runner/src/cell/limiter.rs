//! Memory and tables.

use crate::limits::Limits;
use wasmtime::ResourceLimiter;

/// Refuses growth past the limits; a guest's allocator then gives up by itself.
pub(crate) struct Limiter {
    memory_bytes: usize,
    table_elements: usize,
    /// Of all memories together.
    used: usize,
    /// It wanted more memory than there is for it.
    is_short: bool,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let Limits { memory_bytes, table_elements, .. } = *limits;
        Self { memory_bytes, table_elements, used: 0, is_short: false }
    }

    /// Whether the guest wanted more memory than it may have.
    pub(crate) fn is_short(&self) -> bool {
        self.is_short
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.memory_bytes {
            self.is_short = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    /// A pool has an end of its own.
    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.is_short = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= self.table_elements)
    }

    // A wrapped adapter has a handful of each; a runtime of another language a
    // dozen.
    fn instances(&self) -> usize {
        32
    }

    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        4
    }
}
