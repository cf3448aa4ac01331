//! An adapter as it was built before the wall had more than three interfaces.
//!
//! `wit/` is the package as it was then, and is never changed: components that were built of it
//! are out there. What this one is for is to go on running.

#[cfg(target_family = "wasm")]
mod adapter;

/// Generated from the package as it was.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers")]
#[allow(clippy::all, unreachable_pub, missing_docs, reason = "generated code")]
mod wall {
    wit_bindgen::generate!({ path: "wit", world: "adapter", pub_export_macro: true });
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers")]
#[allow(unreachable_pub, reason = "generated code")]
mod exported {
    use crate::adapter::Elder;

    crate::wall::export!(Elder with_types_in crate::wall);
}
