//! What a hostile process tries. Each attempt is made so that, where it is not refused, it
//! does no harm, or fails for another reason than the one that is expected.

use hotcell::confinement::Measure;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::Command;

/// One attempt, and how it must be refused.
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    /// What has to be active for it to be refused.
    pub(crate) measure: Measure,
    pub(crate) errno: i32,
    pub(crate) make: fn(&World<'_>) -> io::Result<()>,
}

/// Where the attempts are made.
pub(crate) struct World<'a> {
    /// A folder that is none of the runner's business; the compiled adapters are in `cache`.
    pub(crate) folder: &'a Path,
    /// A port on loopback at which no provider is.
    pub(crate) port: u16,
}

macro_rules! attempts {
    ($($measure:ident $errno:ident $name:literal: $make:expr;)*) => {
        &[$(Attempt {
            name: $name,
            measure: Measure::$measure,
            errno: libc::$errno,
            make: $make,
        }),*]
    };
}

pub(crate) const ATTEMPTS: &[Attempt] = attempts! {
    Files EACCES "read a file": |world| File::open(world.folder.join("file")).map(drop);
    Files EACCES "read an SSH key": |world| File::open(world.folder.join(".ssh/id_ed25519")).map(drop);
    Files EACCES "read /etc/passwd": |_| File::open("/etc/passwd").map(drop);
    Files EACCES "read its own environment": |_| File::open("/proc/self/environ").map(drop);
    Files EACCES "list a folder": |world| fs::read_dir(world.folder).map(drop);
    Files EACCES "list /": |_| fs::read_dir("/").map(drop);
    Files EACCES "read a compiled adapter": |world| fs::read_dir(world.folder.join("cache")).map(drop);
    Files EACCES "put machine code among them": |world| fs::write(world.folder.join("cache/x.cwasm"), "x");
    Files EACCES "make a file": |world| fs::write(world.folder.join("made"), "x");
    Files EACCES "change a file": |world| {
        OpenOptions::new().append(true).open(world.folder.join("file")).map(drop)
    };
    Files EACCES "remove a file": |world| fs::remove_file(world.folder.join("doomed"));
    Files EACCES "make a folder": |world| fs::create_dir(world.folder.join("folder"));
    Files EACCES "make a link": |world| std::os::unix::fs::symlink("/", world.folder.join("link"));
    Files EACCES "write a library that others load": |_| {
        OpenOptions::new().append(true).open("/usr/lib/os-release").map(drop)
    };
    Connections EACCES "reach a port at which no provider is": |world| {
        TcpStream::connect(("127.0.0.1", world.port)).map(drop)
    };
    Connections EACCES "wait for connections at a port": |_| TcpListener::bind("127.0.0.1:0").map(drop);
    Signals EPERM "signal its parent": |_| call(libc::SYS_kill, [parent_id() as usize, 0, 0, 0, 0]);
    SystemCalls EPERM "start a shell": |_| Command::new("/bin/sh").args(["-c", ":"]).status().map(drop);
    SystemCalls EPERM "run another program in its place": |_| call(libc::SYS_execve, [0; 5]);
    SystemCalls EPERM "run a program by its descriptor": |_| call(libc::SYS_execveat, [NONE, 0, 0, 0, 0]);
    SystemCalls ENOSYS "make a process with clone3": |_| call(libc::SYS_clone3, [0; 5]);
    // Of flags that contradict each other, so that it fails in any case.
    SystemCalls EPERM "make a process with clone": |_| {
        call(libc::SYS_clone, [libc::CLONE_SIGHAND as usize, 0, 0, 0, 0])
    };
    SystemCalls EPERM "make a thread in a network of its own": |_| {
        call(libc::SYS_clone, [(libc::CLONE_THREAD | libc::CLONE_NEWNET) as usize, 0, 0, 0, 0])
    };
    SystemCalls EPERM "trace its parent": |_| {
        call(libc::SYS_ptrace, [libc::PTRACE_GETSIGINFO as usize, parent_id() as usize, 0, 0, 0])
    };
    SystemCalls EPERM "read its parent's memory": |_| {
        call(libc::SYS_process_vm_readv, [parent_id() as usize, 0, 0, 0, 0])
    };
    SystemCalls EPERM "write its parent's memory": |_| {
        call(libc::SYS_process_vm_writev, [parent_id() as usize, 0, 0, 0, 0])
    };
    SystemCalls EPERM "take a descriptor of another process": |_| call(libc::SYS_pidfd_getfd, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "compare itself with its parent": |_| {
        call(libc::SYS_kcmp, [parent_id() as usize, parent_id() as usize, 99, 0, 0])
    };
    SystemCalls EPERM "enter a user namespace": |_| call(libc::SYS_unshare, [0; 5]);
    SystemCalls EPERM "enter another's namespace": |_| call(libc::SYS_setns, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "mount": |_| call(libc::SYS_mount, [0; 5]);
    SystemCalls EPERM "move a mount": |_| call(libc::SYS_move_mount, [NONE, 0, NONE, 0, 0]);
    SystemCalls EPERM "open a file by its handle": |_| call(libc::SYS_name_to_handle_at, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "go around the filter by io_uring": |_| call(libc::SYS_io_uring_setup, [0; 5]);
    SystemCalls EPERM "load a program into the kernel": |_| call(libc::SYS_bpf, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "watch the machine's events": |_| call(libc::SYS_perf_event_open, [0, 0, 0, NONE, 0]);
    SystemCalls EPERM "handle its own page faults": |_| call(libc::SYS_userfaultfd, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "ask for a key of the kernel's": |_| call(libc::SYS_keyctl, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "share memory": |_| call(libc::SYS_shmget, [0, 0, 0, 0, 0]);
    SystemCalls EPERM "load a module": |_| call(libc::SYS_finit_module, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "change the clock": |_| call(libc::SYS_clock_settime, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "have fewer defences": |_| call(libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0]);
    SystemCalls EPERM "listen": |_| call(libc::SYS_listen, [NONE, 0, 0, 0, 0]);
    SystemCalls EPERM "ask a local service by its socket": |world| {
        UnixStream::connect(world.folder.join("service")).map(drop)
    };
    SystemCalls EPERM "write packets of its own": |_| socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
    SystemCalls EPERM "write datagrams of its own": |_| socket(libc::AF_INET, libc::SOCK_RAW, 255);
    SystemCalls EPERM "change the firewall": |_| socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_NETFILTER);
    SystemCalls EPERM "talk to the hypervisor": |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM, 0);
    SystemCalls EPERM "type into the terminal": |_| call(libc::SYS_ioctl, [NONE, libc::TIOCSTI as usize, 0, 0, 0]);
    SystemCalls EPERM "be looked into again": |_| {
        call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0])
    };
    SystemCalls EPERM "dump its memory again": |_| {
        call(libc::SYS_prlimit64, [0, libc::RLIMIT_CORE as usize, 1, 0, 0])
    };
    SystemCalls EPERM "limit its parent": |_| {
        call(libc::SYS_prlimit64, [parent_id() as usize, libc::RLIMIT_NOFILE as usize, 0, 0, 0])
    };
    SystemCalls EPERM "start a shell from another thread": |_| {
        in_a_thread(|| Command::new("/bin/sh").args(["-c", ":"]).status().map(drop))
    };
    Files EACCES "read a file from another thread": |_| in_a_thread(|| File::open("/etc/passwd").map(drop));
};

/// One of them, by name.
pub(crate) type Need = (&'static str, fn() -> io::Result<()>);

/// What the runner itself needs, and has to have after it confined itself.
pub(crate) const NEEDS: &[Need] = &[
    ("resolve a name", || std::net::ToSocketAddrs::to_socket_addrs(&("localhost", 80)).map(drop)),
    ("read the resolver's settings", || match File::open("/etc/hosts") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => opened.map(drop),
    }),
    ("start a thread", || in_a_thread(|| Ok(()))),
    ("ask for the machine's own addresses", || {
        socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)
    }),
    ("wake itself on a signal", || UnixStream::pair().map(drop)),
    ("get memory that can be run", || {
        let protection = (libc::PROT_READ | libc::PROT_EXEC) as usize;
        let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;
        call(libc::SYS_mmap, [0, 4096, protection, flags, NONE])
    }),
];

/// Calls by their second number on x86-64, which a list of the first ones would miss.
#[cfg(target_arch = "x86_64")]
pub(crate) fn by_another_number() -> io::Result<()> {
    const X32: libc::c_long = 0x4000_0000;
    call(X32 | libc::SYS_getppid, [0; 5])
}

/// A descriptor, a command or a pointer that there is none of.
const NONE: usize = usize::MAX;

fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<()> {
    call(libc::SYS_socket, [family as usize, kind as usize, protocol as usize, 0, 0])
}

fn in_a_thread(work: fn() -> io::Result<()>) -> io::Result<()> {
    let panicked = |_| io::Error::other("the thread panicked");
    std::thread::Builder::new().spawn(work)?.join().map_err(panicked)?
}

#[allow(unsafe_code, reason = "what is tried here has no safe form, which is the point of it")]
fn call(number: libc::c_long, [a, b, c, d, e]: [usize; 5]) -> io::Result<()> {
    // SAFETY: no pointer among the arguments of any attempt is one that the kernel could read
    // or write through, so that no memory of this process is changed.
    match unsafe { libc::syscall(number, a, b, c, d, e, 0_usize) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
