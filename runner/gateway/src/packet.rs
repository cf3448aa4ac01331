//! Messages between processes of one gateway: some bytes, and open files with them.
//!
//! They go over a pair of Unix sockets that was made before anybody confined itself, and that
//! nobody else can reach: it has no name. A message comes as it was sent, or not at all.

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Open files in one message, at the most. The kernel takes 253.
pub const MOST_FILES: usize = 250;

/// A message.
#[derive(Debug, Default)]
pub struct Packet {
    /// What it says.
    pub bytes: Vec<u8>,
    /// What came with it.
    pub files: Vec<OwnedFd>,
}

/// Whether to wait until the other side is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The thread waits.
    Wait,
    /// [`io::ErrorKind::WouldBlock`] comes back where it would have to.
    No,
}

/// The two ends of a new way. Neither is left open to programs that this process starts.
///
/// # Errors
/// What the system said.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?)
}

/// Sends a message. The other side has the files as well then.
///
/// # Errors
/// Nobody is there any more, the message is too large, or what else the system said.
pub fn send(
    to: impl AsFd,
    bytes: &[u8],
    files: &[BorrowedFd<'_>],
    patience: Patience,
) -> io::Result<()> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut beside = SendAncillaryBuffer::new(&mut room);
    if !files.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many open files at once"));
    }
    let wait = if patience == Patience::Wait { SendFlags::empty() } else { SendFlags::DONTWAIT };
    loop {
        let flags = wait | SendFlags::NOSIGNAL;
        match rustix::net::sendmsg(to.as_fd(), &[IoSlice::new(bytes)], &mut beside, flags) {
            Err(Errno::INTR) => {}
            sent => return sent.map(drop).map_err(io::Error::from),
        }
    }
}

/// Takes the next message, of `most` bytes at the most. An empty one is the end: nobody is
/// there to send another.
///
/// # Errors
/// A message that is longer, or what the system said.
pub fn receive(from: impl AsFd, most: usize, patience: Patience) -> io::Result<Packet> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut beside = RecvAncillaryBuffer::new(&mut room);
    let mut bytes = vec![0; most];
    let wait = if patience == Patience::Wait { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
    let received = loop {
        let flags = wait | RecvFlags::CMSG_CLOEXEC;
        let mut into = [IoSliceMut::new(&mut bytes)];
        match rustix::net::recvmsg(from.as_fd(), &mut into, &mut beside, flags) {
            Err(Errno::INTR) => {}
            received => break received?,
        }
    };
    let mut files = Vec::new();
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(those) = message {
            files.extend(those);
        }
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    bytes.truncate(received.bytes);
    Ok(Packet { bytes, files })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_goes_on_in_other_hands() {
        let (here, there) = pair().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mine, _) = listener.accept().unwrap();
        send(&here, b"begun", &[mine.as_fd()], Patience::No).unwrap();
        drop(mine);
        let mut packet = receive(&there, 64, Patience::Wait).unwrap();
        assert_eq!((packet.bytes.as_slice(), packet.files.len()), (&b"begun"[..], 1));
        let mut theirs = TcpStream::from(packet.files.remove(0));
        theirs.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
    }

    #[test]
    fn what_is_too_long_is_refused_and_an_end_is_told() {
        let (here, there) = pair().unwrap();
        send(&here, &[1; 65], &[], Patience::No).unwrap();
        assert_eq!(
            receive(&there, 64, Patience::No).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        let nothing = receive(&there, 64, Patience::No).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        drop(here);
        let end = receive(&there, 64, Patience::No).unwrap();
        assert!(end.bytes.is_empty() && end.files.is_empty());
        assert!(send(&there, b"x", &[], Patience::No).is_err());
    }
}
