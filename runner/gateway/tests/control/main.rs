//! Who is let in, what they may, and what it costs them: a real gateway on loopback, with a
//! provider that is none.

mod admin;
mod budget;
mod cache;
mod door;
mod stored;
mod token;
mod world;
