//! Who is let in, what they may, and what it costs them: a real gateway on loopback, with a
//! provider that is none.

mod admin;
mod attempts;
mod belated;
mod budget;
mod cache;
mod door;
mod page;
mod stored;
mod token;
#[allow(dead_code, reason = "other tests use more of it")]
#[path = "../gateway/upstream.rs"]
mod upstream;
mod world;
