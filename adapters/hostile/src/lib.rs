//! An adapter that tries to break out.
//!
//! The model of a request names the attempt: [`attempts::ATTEMPTS`] lists them, one
//! small function each. An attempt tells honestly what it got, so that a breach is
//! seen: every line of its answer is a refusal, or begins with `GOT`. Any other
//! model is asked for politely, as an ordinary adapter would.
//!
//! Only [`attempts`] exists outside of a cell.

pub mod attempts;

#[cfg(target_family = "wasm")]
mod ask;
#[cfg(target_family = "wasm")]
mod cell;
#[cfg(target_family = "wasm")]
mod echo;
#[cfg(target_family = "wasm")]
mod endpoint;
#[cfg(target_family = "wasm")]
mod header;
#[cfg(target_family = "wasm")]
mod path;
#[cfg(target_family = "wasm")]
mod protocol;
#[cfg(target_family = "wasm")]
mod resource;
#[cfg(target_family = "wasm")]
mod stored;
#[cfg(target_family = "wasm")]
mod trap;

#[cfg(target_family = "wasm")]
use cell::Hostile;

#[cfg(target_family = "wasm")]
hotcell_sdk::export!(Hostile: chat, embeddings, models, stored);
