//! Gateways that share their state: what holds among them, and what is left when one of them, or
//! a server, dies under load.

mod accounts;
mod background;
mod bed;
mod limits;
mod secrets;
#[allow(dead_code, reason = "other tests use more of it")]
mod servers;
