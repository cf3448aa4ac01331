//! A guest's memory: the allocator of Rust's own library for WebAssembly, over what a cell's
//! memory has from the start.
//!
//! Two things are done here that its own way does not do. Memory that grows costs the host a
//! change of its page tables, and another one before the next cell: more than all that a small
//! request allocates. So an adapter begins with some memory, and takes that first. And it takes
//! the first of it page by page: the allocator marks the end of what it has, and a mark at the
//! end of a whole mebibyte is a page of the host's memory for every open answer, for four bytes.

#![allow(unsafe_code, reason = "what memory is given out by is told to the language here")]

use core::arch::wasm32::{memory_grow, memory_size};
use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::ptr;

/// What memory grows by.
const WASM_PAGE: usize = 64 * 1024;

/// What the host has memory by, on most machines.
const HOST_PAGE: usize = 4096;

/// Whoever needs more than this takes all there is: what grows in its place is not copied.
const LITTLE: usize = 4 * HOST_PAGE;

/// How much the allocator asks for at the least, so that it does not ask for the next page before
/// it needs it.
const LEAST: usize = 64;

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(allocator()));

const fn allocator() -> Dlmalloc<Memory> {
    let mut allocator = Dlmalloc::new_with_allocator(Memory { taken: Cell::new(0) });
    assert!(allocator.set_granularity(LEAST), "a power of two that is large enough");
    allocator
}

struct Heap(UnsafeCell<Dlmalloc<Memory>>);

// SAFETY: a component of this target has one thread.
#[cfg(not(target_feature = "atomics"))]
unsafe impl Sync for Heap {}

// SAFETY: what is asked for is handed on as it is, to an allocator that keeps this promise. It
// calls nothing that would come back here, so that there is never a second reference to it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { (*self.0.get()).free(place, layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { (*self.0.get()).realloc(place, layout.size(), layout.align(), size) }
    }
}

/// The memory behind what the component itself brings, from its lower end to its upper.
struct Memory {
    /// Where it is taken up to, if it is.
    taken: Cell<usize>,
}

// SAFETY: each piece begins where the last one ended, behind everything that the linker has placed
// and within what memory there is.
unsafe impl Allocator for Memory {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        unsafe extern "C" {
            /// Where the linker ends.
            static __heap_base: u8;
        }
        let base = (&raw const __heap_base).addr();
        let from = self.taken.get().max(base);
        let none = (ptr::null_mut(), 0, 0);
        let to = from.checked_add(size).and_then(|to| to.checked_next_multiple_of(HOST_PAGE));
        let Some(mut to) = to else { return none };
        let there_is = memory_size(0) * WASM_PAGE;
        let lacking = to.saturating_sub(there_is).div_ceil(WASM_PAGE);
        if lacking > 0 && memory_grow(0, lacking) == usize::MAX {
            return none;
        }
        if to - base > LITTLE {
            to = memory_size(0) * WASM_PAGE;
        }
        self.taken.set(to);
        (ptr::with_exposed_provenance_mut(from), to - from, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        HOST_PAGE
    }
}
