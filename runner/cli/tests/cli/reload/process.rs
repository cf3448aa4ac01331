//! Processes that are killed, stopped, ended, confined and told of.

use super::client::{Client, chat};
use super::upstream::{Upstream, world};
use super::{eventually, reload, serve, until};
use crate::context::Context;
use crate::served::{PATIENCE, Served, kill};
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

/// Whether a process is there, and not only its name.
fn is_there(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_worker_that_is_killed_has_a_successor() {
    let context = Context::new();
    let mut served = serve(&context, &[]);
    for round in 1..=3 {
        let worker = served.workers();
        kill(worker[0], "KILL");
        // Whoever connects meanwhile waits, and is answered.
        assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", true).status, 200);
        until(&mut served, "another one takes its place", round);
        assert!(served.said().contains("ended by signal 9"), "{}", served.said());
        assert_ne!(served.workers(), worker);
    }
    assert!(served.child.try_wait().unwrap().is_none());
    // One that cannot be started is tried again, until it can.
    let good = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    context.file("hotcell.toml", "what = \"is this\"\n");
    kill(served.workers()[0], "KILL");
    until(&mut served, "hotcell.toml:1:", 2);
    context.file("hotcell.toml", good);
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", true).status, 200);
}

/// Mebibytes of a process that are in memory.
#[cfg(target_env = "gnu")]
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Whoever sends much at once takes much, and no longer than it is needed.
#[test]
#[cfg(target_env = "gnu")]
fn what_large_requests_took_is_free_when_they_are_over() {
    let context = Context::new();
    let served = serve(&context, &[]);
    let (worker, address) = (served.workers()[0], served.address);
    assert_eq!(Client::new(address).chat("mock/gpt-4o-mini", false).status, 200);
    let before = resident(worker);
    let large = chat("mock/gpt-4o-mini", false).replace("hello", &"x".repeat(8 << 20));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = Client::new(address);
                for _ in 0..3 {
                    let answer = client.ask("POST", "/v1/chat/completions", "none", &large);
                    assert_eq!(answer.status, 200, "{:.300}", answer.body);
                }
            });
        }
    });
    eventually("it keeps what they took", || resident(worker) < before + 64);
}

#[test]
fn a_worker_that_does_not_listen_any_more_is_replaced() {
    let context = Context::new();
    let mut served = serve(&context, &[]);
    let worker = served.workers()[0];
    kill(worker, "STOP");
    for _ in 0..3 {
        served.signal("HUP");
    }
    until(&mut served, "reloaded in ", 1);
    assert!(!is_there(worker));
    assert!(served.said().contains("ended by signal 9"), "{}", served.said());
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
}

#[test]
fn a_supervisor_that_is_killed_takes_its_workers_along() {
    let upstream = Upstream::new();
    let context = world(&upstream, "");
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
    let _go = upstream.begun();
    reload(&mut served, 1);
    let workers = served.workers();
    assert!(workers.len() >= 2);
    served.child.kill().unwrap();
    for worker in workers {
        eventually("it is still there", || !is_there(worker));
    }
    // What its threads had open is closed with the last of them.
    eventually("somebody listens", || TcpStream::connect(served.address).is_err());
}

#[test]
fn an_end_is_one_for_all_and_a_second_word_ends_at_once() {
    let upstream = Upstream::new();
    let context = world(&upstream, "");
    for is_patient in [true, false] {
        let mut served = serve(&context, &[]);
        let mut clients: Vec<_> = (0..2).map(|_| Client::new(served.address)).collect();
        let mut goes = Vec::new();
        // One in a worker that has retired, and one in the one that serves.
        for (number, client) in clients.iter_mut().enumerate() {
            client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
            goes.push(upstream.begun());
            assert_eq!(client.head().0, 200);
            if number == 0 {
                reload(&mut served, 1);
            }
        }
        served.signal("TERM");
        until(&mut served, "ending; ", 1);
        eventually("it still listens", || TcpStream::connect(served.address).is_err());
        assert!(served.child.try_wait().unwrap().is_none());
        if is_patient {
            for (client, go) in clients.iter_mut().zip(goes) {
                go.send(()).unwrap();
                let whole: String = std::iter::from_fn(|| client.chunk()).collect();
                assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
            }
            assert_eq!(served.wait().code(), Some(0));
        } else {
            served.signal("INT");
            assert_eq!(served.wait().code(), Some(130));
        }
    }
}

/// What the kernel says of every thread of a process.
fn threads(process: u32) -> BTreeSet<(String, String)> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let of = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    let states = tasks.filter_map(|task| {
        // A thread may have ended in between.
        let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        Some((of(&status, "NoNewPrivs:"), of(&status, "Seccomp:")))
    });
    states.collect()
}

#[test]
fn every_worker_is_confined() {
    let context = Context::new();
    let measures = context.run(&["doctor", "--json"]).json()["confinement"]["measures"].clone();
    let lacks = measures.as_array().unwrap().iter().find(|it| it["outcome"] != "active");
    if let Some(lacks) = lacks {
        eprintln!("SKIPPED: this machine does not have it: {lacks}");
        return;
    }
    let mut served = serve(&context, &["--confinement", "require"]);
    let confined = BTreeSet::from([("1".to_owned(), "2".to_owned())]);
    for number in 1..=3 {
        assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
        assert_eq!(threads(served.workers()[0]), confined);
        reload(&mut served, number);
        eventually("the old one ends", || served.workers().len() == 1);
    }
    assert!(!served.said().contains("is gone"), "{}", served.said());
    kill(served.workers()[0], "KILL");
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
    assert_eq!(threads(served.workers()[0]), confined);
}

/// The supervisor has the environment of them all, and keys may be in it.
#[test]
fn other_processes_of_the_user_cannot_look_into_the_supervisor() {
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let context = Context::new();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if is_root {
        for folder in [context.project(), context.home()] {
            chown(&folder, Some(NOBODY), None).unwrap();
            chown(folder.parent().unwrap(), Some(NOBODY), None).unwrap();
        }
    }
    let looks = |mode: &str| {
        let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--confinement", mode]).env("XDG_CACHE_HOME", context.home());
        let mut look = std::process::Command::new("cat");
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
            look.uid(NOBODY).gid(NOBODY);
        }
        let served = Served::of(command);
        let looked = look.arg(format!("/proc/{}/environ", served.child.id())).output().unwrap();
        String::from_utf8_lossy(&looked.stdout).contains("MOCK_KEY=")
    };
    if !looks("off") {
        eprintln!("SKIPPED: no process can look into another one of the same user here");
        return;
    }
    assert!(!looks("attempt"));
}

#[test]
fn a_service_manager_is_told() {
    let context = Context::new();
    let socket = context.project().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let told = || {
        let mut bytes = [0; 4096];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", &socket);
    let served = Served::of(command);
    assert!(told().starts_with("READY=1\n"));
    served.signal("HUP");
    let reloading = told();
    let micros = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(reloading.starts_with("RELOADING=1\n"), "{reloading}");
    assert!(micros.unwrap().parse::<u64>().is_ok(), "{reloading}");
    assert!(told().starts_with("READY=1\n"));
    served.end();
    assert!(told().starts_with("STOPPING=1\n"));
}

#[test]
fn one_process_alone_serves_as_well() {
    let context = Context::new();
    let served = serve(&context, &["--no-supervisor"]);
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
    assert!(served.workers().is_empty());
    served.end();
    let mut command = context.command(&["serve", "--worker"]);
    let screen = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(screen.status.code(), Some(2), "{screen:?}");
}
