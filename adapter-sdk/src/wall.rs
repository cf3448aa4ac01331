//! The adapter's side of the wall: imports of the cell on WebAssembly, the
//! script of [`crate::testing`] everywhere else.

use crate::Failure;
pub(crate) use crate::bindings::imports::hotcell::adapter::egress::Request;
pub use crate::bindings::imports::hotcell::adapter::egress::{Header, Method};
pub use crate::bindings::imports::hotcell::adapter::log::Level as LogLevel;

#[cfg(target_family = "wasm")]
pub(crate) use cell::{Endpoint, Response};
#[cfg(target_family = "wasm")]
pub use cell::{log, setting};

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::wall::{Endpoint, Response};
#[cfg(not(target_family = "wasm"))]
pub use crate::testing::wall::{log, setting};

/// Sends what nobody needs afterwards: a cell copies it out, and elsewhere nothing is copied.
pub(crate) fn send(endpoint: &Endpoint, request: Request) -> Result<Response, Failure> {
    #[cfg(target_family = "wasm")]
    let request = &request;
    endpoint.send(request)
}

#[cfg(target_family = "wasm")]
mod cell {
    use crate::bindings::imports::hotcell::adapter as wit;
    pub(crate) use wit::egress::{Endpoint, Response};

    /// The value of a plain setting, or the default that the manifest declares.
    pub fn setting(name: &str) -> Option<String> {
        wit::settings::get(name)
    }

    /// Writes one line for the operator.
    pub fn log(level: super::LogLevel, message: &str) {
        wit::log::write(level, message);
    }
}
