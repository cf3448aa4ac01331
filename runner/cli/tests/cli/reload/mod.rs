//! A gateway that loads anew what was changed, as the processes that it is: nobody who asks
//! something meanwhile notices, and whatever goes wrong, somebody serves.

mod budget;
mod client;
mod configuration;
mod process;
mod request;
mod upstream;

use crate::context::Context;
use crate::served::{ADMIN_KEY, PATIENCE, Served};
use std::time::{Duration, Instant};

fn serve(context: &Context, more: &[&str]) -> Served {
    let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.args(more).env("ADMIN_KEY", ADMIN_KEY);
    Served::of(command)
}

/// Asks for it, and waits until it is done for the `times`th time.
fn reload(served: &mut Served, times: usize) {
    served.signal("HUP");
    until(served, "reloaded in ", times);
}

fn until(served: &mut Served, what: &str, times: usize) {
    let deadline = Instant::now() + PATIENCE;
    while served.said().matches(what).count() < times {
        assert!(Instant::now() < deadline, "{}", served.said());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[track_caller]
fn eventually(what: &str, is: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
