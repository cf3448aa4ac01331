//! How connections pass from one process of a gateway to the next.
//!
//! A connection at which no request is under way belongs to nobody in particular: what is left
//! of it is the socket, and perhaps the first bytes of a request that has not come whole. Both go
//! to the process that serves from now on, so that no client ever finds its connection closed
//! because a configuration was changed. Whatever was sent and not taken waits in the passage,
//! also while no process is there to take it.

use crate::packet::{self, Patience};
use crate::seeing::Door;
use bytes::Bytes;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

/// The first bytes of a request that pass with a connection, at the most: what is kept of one
/// that is not whole, and a little.
const MOST: usize = 2 * crate::connection::BUFFER_BYTES;

/// Both ends of a way that all processes of a gateway share.
#[derive(Debug)]
pub struct Passage {
    entry: OwnedFd,
    exit: OwnedFd,
}

impl Passage {
    /// From the ends of a [`packet::pair`]: into the first one connections go, and out of the
    /// second one they come.
    pub fn new(entry: OwnedFd, exit: OwnedFd) -> Self {
        Self { entry, exit }
    }

    pub(crate) fn open(self) -> io::Result<(Entry, Exit)> {
        Ok((Entry(polled(self.entry)?), Exit(polled(self.exit)?)))
    }
}

/// The runtime has no name for sockets of this kind, whose messages it moves like others.
fn polled(end: OwnedFd) -> io::Result<UnixDatagram> {
    let socket = std::os::unix::net::UnixDatagram::from(end);
    socket.set_nonblocking(true)?;
    UnixDatagram::from_std(socket)
}

/// Where connections go in.
#[derive(Debug)]
pub(crate) struct Entry(UnixDatagram);

/// Where they come out.
#[derive(Debug)]
pub(crate) struct Exit(UnixDatagram);

/// A connection between two requests.
#[derive(Debug)]
pub(crate) struct Passing {
    pub(crate) stream: TcpStream,
    pub(crate) door: Door,
    /// What was read of it, and belongs to no request yet.
    pub(crate) begun: Bytes,
}

impl Entry {
    /// Gives a connection away.
    pub(crate) async fn send(&self, passing: Passing) -> io::Result<()> {
        let mut bytes = vec![mark(passing.door)];
        bytes.extend_from_slice(&passing.begun);
        let files = [passing.stream.as_fd()];
        let send = || packet::send(&self.0, &bytes, &files, Patience::No);
        self.0.async_io(Interest::WRITABLE, send).await
    }
}

impl Exit {
    /// Takes the next one. What is no connection is an error, after which the next one can come.
    pub(crate) async fn receive(&self) -> io::Result<Passing> {
        let receive = || packet::receive(&self.0, MOST, Patience::No);
        let mut packet = self.0.async_io(Interest::READABLE, receive).await?;
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "that is no connection");
        let file = packet.files.pop().filter(|_| packet.files.is_empty()).ok_or_else(wrong)?;
        let stream = TcpStream::from(file);
        // A socket of another kind has no such address.
        let address = stream.local_addr()?;
        stream.set_nonblocking(true)?;
        let mut bytes = Bytes::from(packet.bytes);
        let door = match bytes.first() {
            // Whoever says so has to have come that way.
            Some(b'l') if address.ip().is_loopback() => Door::Loopback,
            Some(b'l' | b'p') => Door::Public,
            Some(b'm') => Door::Metrics,
            _ => return Err(wrong()),
        };
        let begun = bytes.split_off(1);
        Ok(Passing { stream, door, begun })
    }
}

fn mark(door: Door) -> u8 {
    match door {
        Door::Loopback => b'l',
        Door::Public => b'p',
        Door::Metrics => b'm',
    }
}
