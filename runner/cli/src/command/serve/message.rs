//! What the supervisor and a worker say to each other.
//!
//! A message is a packet of a few lines, the first of which is a word. What a worker says before
//! it serves anybody is its own; later it has read what strangers sent, and so it is asked for no
//! more than one word then.

use super::prepared::Listen;
use hotcell_gateway::packet::{self, Packet, Patience};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UnixDatagram;

/// A message, at the most: names of files and addresses.
const MOST: usize = 64 * 1024;

/// What is open, and stays open when a worker ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Listener(Listen),
    /// The lock of the state.
    Lock,
    /// The ends of the way that connections take from one worker to the next.
    Entry,
    Exit,
}

/// Something open.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) name: Name,
    pub(super) file: OwnedFd,
}

/// What a worker is told first.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) others_serve: bool,
    pub(super) reloads: Reloads,
    pub(super) kept: Vec<Kept>,
}

/// How often something new was loaded, and how often it could not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reloads {
    pub(super) done: u64,
    pub(super) failed: u64,
}

/// What a worker is told later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Serve.
    Go,
    /// Let another one serve.
    Retire,
    /// No other one is there any more.
    Alone,
    /// End what is under way.
    End,
    /// End.
    Now,
    Count(Reloads),
}

/// What a worker says.
#[derive(Debug)]
pub(super) enum Said {
    /// It could serve: what has to stay open for that, what it was made of, and how long it may
    /// take to end what it began once another one serves.
    Ready { kept: Vec<Kept>, files: Vec<PathBuf>, grace: Duration },
    /// Another one may serve.
    Retired,
}

impl Name {
    fn text(self) -> String {
        match self {
            Self::Listener(Listen::All(address)) => format!("listen {address}"),
            Self::Listener(Listen::Metrics(address)) => format!("metrics {address}"),
            Self::Lock => "lock".to_owned(),
            Self::Entry => "entry".to_owned(),
            Self::Exit => "exit".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once(' ') {
            Some(("listen", address)) => Self::Listener(Listen::All(address.parse().ok()?)),
            Some(("metrics", address)) => Self::Listener(Listen::Metrics(address.parse().ok()?)),
            None if text == "lock" => Self::Lock,
            None if text == "entry" => Self::Entry,
            None if text == "exit" => Self::Exit,
            _ => return None,
        })
    }
}

impl Start {
    pub(super) fn send(&self, to: impl AsFd) -> io::Result<()> {
        let Reloads { done, failed } = self.reloads;
        let head = format!("start {} {done} {failed}", u8::from(self.others_serve));
        send_kept(to, head, &self.kept, &[])
    }

    /// Waits for it.
    pub(super) fn receive(from: impl AsFd) -> io::Result<Self> {
        let packet = packet::receive(from, MOST, Patience::Wait)?;
        let (head, kept, _) = kept(packet).ok_or_else(wrong)?;
        let numbers = head.strip_prefix("start ").ok_or_else(wrong)?;
        let numbers: Vec<u64> = numbers.split(' ').map_while(|it| it.parse().ok()).collect();
        let [others, done, failed] = numbers[..] else { return Err(wrong()) };
        Ok(Self { others_serve: others != 0, reloads: Reloads { done, failed }, kept })
    }
}

impl Told {
    fn text(self) -> String {
        match self {
            Self::Go => "go".to_owned(),
            Self::Retire => "retire".to_owned(),
            Self::Alone => "alone".to_owned(),
            Self::End => "end".to_owned(),
            Self::Now => "now".to_owned(),
            Self::Count(Reloads { done, failed }) => format!("count {done} {failed}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "go" => Self::Go,
            "retire" => Self::Retire,
            "alone" => Self::Alone,
            "end" => Self::End,
            "now" => Self::Now,
            _ => {
                let (done, failed) = text.strip_prefix("count ")?.split_once(' ')?;
                Self::Count(Reloads { done: done.parse().ok()?, failed: failed.parse().ok()? })
            }
        })
    }
}

/// One side's end of the way, once there is a runtime.
#[derive(Debug)]
pub(super) struct Line(UnixDatagram);

impl Line {
    pub(super) fn new(end: OwnedFd) -> io::Result<Self> {
        // The runtime has no name for sockets of this kind, whose messages it moves like others.
        let socket = std::os::unix::net::UnixDatagram::from(end);
        socket.set_nonblocking(true)?;
        Ok(Self(UnixDatagram::from_std(socket)?))
    }

    /// Tells a worker something. One that takes nothing more is told nothing more.
    pub(super) fn tell(&self, told: Told) -> io::Result<()> {
        packet::send(&self.0, told.text().as_bytes(), &[], Patience::No)
    }

    /// What a worker is told; nothing where nobody is there to tell it anything.
    pub(super) async fn told(&self) -> io::Result<Option<Told>> {
        let packet = self.next().await?;
        if packet.bytes.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(&packet.bytes).map_err(|_| wrong())?;
        Told::parse(text).map(Some).ok_or_else(wrong)
    }

    /// Says that another one may serve.
    pub(super) fn retired(&self) -> io::Result<()> {
        packet::send(&self.0, b"retired", &[], Patience::No)
    }

    /// Says that this one can.
    pub(super) fn ready(
        &self,
        kept: &[Kept],
        files: &[PathBuf],
        grace: Duration,
    ) -> io::Result<()> {
        send_kept(&self.0, format!("ready {}", grace.as_millis()), kept, files)
    }

    /// What a worker says; nothing where it is gone.
    pub(super) async fn said(&self) -> io::Result<Option<Said>> {
        let packet = self.next().await?;
        if packet.bytes.is_empty() {
            return Ok(None);
        }
        if packet.bytes == b"retired" {
            return Ok(Some(Said::Retired));
        }
        let (head, kept, files) = kept(packet).ok_or_else(wrong)?;
        let grace = head.strip_prefix("ready ").and_then(|it| it.parse().ok()).ok_or_else(wrong)?;
        Ok(Some(Said::Ready { kept, files, grace: Duration::from_millis(grace) }))
    }

    async fn next(&self) -> io::Result<Packet> {
        let receive = || packet::receive(&self.0, MOST, Patience::No);
        match self.0.async_io(Interest::READABLE, receive).await {
            // The other side ended before it had read all that it was told.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Packet::default()),
            received => received,
        }
    }
}

fn send_kept(to: impl AsFd, head: String, kept: &[Kept], files: &[PathBuf]) -> io::Result<()> {
    let mut text = head;
    for kept in kept {
        text += "\nkeep ";
        text += &kept.name.text();
    }
    // A name that is no text is one that is not watched.
    for file in files.iter().filter_map(|file| file.to_str()).filter(|it| !it.contains('\n')) {
        if text.len() + file.len() < MOST / 2 {
            text += "\nfile ";
            text += file;
        }
    }
    let open: Vec<BorrowedFd<'_>> = kept.iter().map(|kept| kept.file.as_fd()).collect();
    packet::send(to, text.as_bytes(), &open, Patience::Wait)
}

/// The first line of a message, what is kept open, and names of files.
fn kept(packet: Packet) -> Option<(String, Vec<Kept>, Vec<PathBuf>)> {
    let text = String::from_utf8(packet.bytes).ok()?;
    let mut lines = text.lines();
    let head = lines.next()?.to_owned();
    let (mut names, mut files) = (Vec::new(), Vec::new());
    for line in lines {
        match line.split_once(' ')? {
            ("keep", name) => names.push(Name::parse(name)?),
            ("file", name) => files.push(name.into()),
            _ => return None,
        }
    }
    if names.len() != packet.files.len() {
        return None;
    }
    let kept = names.into_iter().zip(packet.files);
    Some((head, kept.map(|(name, file)| Kept { name, file }).collect(), files))
}

fn wrong() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "that is no message of hotcell's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        let count = Told::Count(Reloads { done: 3, failed: 1 });
        for told in [Told::Go, Told::Retire, Told::Alone, Told::End, Told::Now, count] {
            assert_eq!(Told::parse(&told.text()), Some(told));
        }
        assert_eq!(Told::parse("exec /bin/sh"), None);
    }

    /// As one ends that was told to by a signal, and by its supervisor at the same time.
    #[tokio::test]
    async fn whoever_ends_before_it_heard_all_has_said_nothing() {
        let (here, there) = packet::pair().unwrap();
        let line = Line::new(here).unwrap();
        line.tell(Told::End).unwrap();
        drop(there);
        assert!(matches!(line.said().await, Ok(None)));
    }

    #[test]
    fn a_start_has_what_is_open_under_its_name() {
        let (here, there) = packet::pair().unwrap();
        let (entry, exit) = packet::pair().unwrap();
        let listen = Name::Listener(Listen::All("[::1]:4000".parse().unwrap()));
        let file = std::fs::File::open("/dev/null").unwrap().into();
        let kept = vec![
            Kept { name: Name::Entry, file: entry },
            Kept { name: listen, file },
            Kept { name: Name::Exit, file: exit },
        ];
        let reloads = Reloads { done: 7, failed: 2 };
        Start { others_serve: true, reloads, kept }.send(&here).unwrap();
        let start = Start::receive(&there).unwrap();
        let names: Vec<Name> = start.kept.iter().map(|kept| kept.name).collect();
        assert_eq!(names, [Name::Entry, listen, Name::Exit]);
        assert!(start.others_serve);
        assert_eq!(start.reloads, reloads);
        // A name without what it names is none.
        packet::send(&here, b"start 0 0 0\nkeep lock", &[], Patience::Wait).unwrap();
        assert!(Start::receive(&there).is_err());
    }
}
