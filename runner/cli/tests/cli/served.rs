//! A gateway as the processes that it is, and clients that try nothing twice.

use crate::context::Context;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Until something comes about that has to.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The operator's key, where there is one.
pub(crate) const ADMIN_KEY: &str = "the-operators-own-key-0123456789";

/// A gateway as a process. It is killed when it is dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    /// What it said on standard error, so far.
    said: Arc<Mutex<String>>,
    listening: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves at a port of its own, and says all that it can.
    pub(crate) fn start(context: &Context) -> Self {
        let mut command = context.command(&["serve", "--listen", "127.0.0.1:0", "-vv"]);
        command.env("ADMIN_KEY", ADMIN_KEY);
        Self::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let said = Arc::<Mutex<String>>::default();
        let keeps = said.clone();
        let listening = std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).unwrap() > 0 {
                keeps.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        let address = "127.0.0.1:0".parse().unwrap();
        let mut served = Self { child, address, said, listening: Some(listening) };
        let said = served.until_said("listening on http://");
        let (_, rest) = said.split_once("listening on http://").unwrap();
        served.address = rest.lines().next().unwrap().parse().unwrap();
        served
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has said this, and gives all that it said.
    #[track_caller]
    pub(crate) fn until_said(&mut self, what: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.said();
            if said.rsplit_once('\n').is_some_and(|(lines, _)| lines.contains(what)) {
                return said;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended ({ended:?}): {}", self.said());
            assert!(Instant::now() < deadline, "it did not say `{what}`: {said}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The processes that it started, the oldest first.
    #[cfg(target_os = "linux")]
    pub(crate) fn workers(&self) -> Vec<u32> {
        let pid = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        children.unwrap().split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    }

    pub(crate) fn signal(&self, signal: &str) {
        kill(self.child.id(), signal);
    }

    /// Lets it end what is under way, and gives what it said.
    pub(crate) fn end(mut self) -> String {
        self.signal("TERM");
        self.child.wait().unwrap();
        self.listening.take().unwrap().join().unwrap();
        self.said()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Asks, and gives the answer if all of it came.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        ask(self.address, method, path, key, body)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // SIGKILL, and to who serves before its supervisor: whoever sees that its supervisor is
        // gone may have the time to write down what it cut off.
        #[cfg(target_os = "linux")]
        if let Ok(None) = self.child.try_wait() {
            send("STOP", self.child.id());
            self.workers().into_iter().for_each(|worker| _ = send("KILL", worker));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // All of its processes are gone when nobody can say anything any more.
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

/// Sends a signal, by its name.
#[track_caller]
pub(crate) fn kill(process: u32, signal: &str) {
    assert!(send(signal, process));
}

/// Whether there was somebody to send it to.
fn send(signal: &str, process: u32) -> bool {
    let arguments = [format!("-{signal}"), process.to_string()];
    Command::new("kill").args(arguments).stderr(Stdio::null()).status().unwrap().success()
}

/// Asks on a connection of its own, and gives the answer if all of it came.
pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    key: &str,
    body: &str,
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {key}\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_ascii_lowercase();
    let is_whole = match head.split_once("content-length: ") {
        Some((_, rest)) => rest.split("\r\n").next()?.parse() == Ok(body.len()),
        None => body.ends_with("0\r\n\r\n"),
    };
    let status = head.split(' ').nth(1)?.parse().ok()?;
    is_whole.then(|| (status, body.to_owned()))
}
