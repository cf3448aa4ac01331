//! The adapter's imports where it is linked into a program that really sends: a benchmark, which
//! tells what a cell costs by doing without.

pub use crate::bindings::imports::hotcell::adapter::egress::Request;

use crate::{Failure, Header, LogLevel};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// What stands behind the imports of an adapter, in the place of a script.
pub trait Wall {
    /// Takes hold of an endpoint.
    ///
    /// # Errors
    /// `denied`, where the grant has no endpoint of this name.
    fn endpoint(&self, name: &str) -> Result<Box<dyn Endpoint>, Failure>;

    /// The value of a setting.
    fn setting(&self, name: &str) -> Option<String>;

    /// Writes one line for the operator.
    fn log(&self, level: LogLevel, message: &str);
}

/// An endpoint that was granted.
pub trait Endpoint {
    /// Sends a request, and returns when the head of its response is there.
    ///
    /// # Errors
    /// As `send` of `wit/egress.wit`.
    fn send(&self, request: Request) -> Result<Box<dyn Response>, Failure>;
}

/// A response whose body is still coming.
pub trait Response {
    /// The status code.
    fn status(&self) -> u16;

    /// The headers that the manifest asks to see.
    fn headers(&self) -> Vec<Header>;

    /// The next bytes, at most so many; none at the end.
    ///
    /// # Errors
    /// As `read` of `wit/egress.wit`.
    fn read(&self, limit: u32) -> Result<Option<Vec<u8>>, Failure>;
}

impl fmt::Debug for dyn Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint")
    }
}

impl fmt::Debug for dyn Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response")
    }
}

thread_local! {
    static WALL: RefCell<Option<Rc<dyn Wall>>> = const { RefCell::new(None) };
}

/// Puts this behind the imports of every adapter that runs on this thread, and gives back what
/// was there. With none there is the script. Whoever lets several of them run on one thread by
/// turns calls it at each turn.
pub fn put(wall: Option<Rc<dyn Wall>>) -> Option<Rc<dyn Wall>> {
    WALL.replace(wall)
}

/// What is there now.
pub(super) fn wall() -> Option<Rc<dyn Wall>> {
    WALL.with_borrow(Clone::clone)
}

/// A failure in words of the length that an adapter's export lets through.
pub fn bounded(failure: Failure) -> Failure {
    crate::failure::bounded(failure)
}
