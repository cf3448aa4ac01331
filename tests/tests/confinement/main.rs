//! The red team inside the runner's own process: what somebody can do whose code runs
//! there, after the sandbox, TLS or HTTP had a hole.
//!
//! Each test starts this binary once more, as a process that sets a runner up, confines
//! itself as `hotcell chat` does, and then tries (`attempts`). A second process tries the same
//! without having confined itself, so that a refusal is known to be the confinement's. They
//! are processes of their own, with one thread, which is why this is no test of the usual kind.

#[cfg(target_os = "linux")]
mod attempts;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod tests;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(child::CHILD) => child::run(arguments),
        wanted => tests::run(wanted),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("confinement: SKIPPED: hotcell confines itself on Linux only");
}
