//! seccomp: what a run never asks the kernel for is refused, with `EPERM`.
//!
//! It is a list of what is denied and not of what is allowed. The process compiles machine
//! code, runs an asynchronous runtime and calls the C library, whose needs differ from
//! machine to machine and change with each update: a list of what they may do would end
//! somebody's request by a signal on the day after an upgrade, and be switched off for good.
//! What is denied are the calls that lead out of the process, each for a reason that stands
//! beside it.

use super::{numbers, outcome};
use crate::confinement::Outcome;
use libc::{c_long, c_ulong};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};
use std::collections::BTreeMap;

/// Calls that are denied whatever their arguments are.
const DENIED: &[c_long] = &[
    // Another program, or another process.
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    // Another process: its memory, its files, what it does.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // What is shared with other processes without a file.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    // Wide doors into the kernel, of which one goes around this filter.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    // Another view of the file system, or files by other names than paths.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    // Keys of the kernel's own store.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // The machine, for a process that the administrator started.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    // Connections from others: a server has its socket before it confines itself.
    libc::SYS_listen,
    // A way to have none of this, for what is started later.
    libc::SYS_personality,
];

/// Refuses them to this thread, and to those that it starts.
pub(super) fn deny() -> Outcome {
    let filter = match filter() {
        Ok(filter) => filter,
        Err(error) => return Outcome::Failed(format!("seccomp: {error}")),
    };
    match seccompiler::apply_filter(&filter) {
        Err(seccompiler::Error::Seccomp(error)) if error.raw_os_error() == Some(libc::ENOSYS) => {
            Outcome::Missing("this kernel has no seccomp".into())
        }
        applied => outcome(applied.map_err(|error| format!("seccomp: {error}"))),
    }
}

fn filter() -> Result<BpfProgram, BackendError> {
    let rules: BTreeMap<c_long, Vec<SeccompRule>> = conditional()?.into();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let arch = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch)?;
    let mut program = numbers::filter(DENIED);
    program.extend(BpfProgram::try_from(filter)?);
    Ok(program)
}

/// Calls that are denied with certain arguments only; for each call, what is denied.
fn conditional() -> Result<[(c_long, Vec<SeccompRule>); 7], BackendError> {
    let all = |conditions: Vec<Result<SeccompCondition, BackendError>>| {
        SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)
    };
    // Internet, and what the C library asks for the machine's own addresses. No Unix sockets:
    // behind them are services that start programs for whoever asks.
    let families = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    let other_family = families.map(|family| is_not(0, family as u64)).into();
    let kind = |kind: i32| masked(1, 0xf, kind as u64);
    let not_netlink = || is_not(0, libc::AF_NETLINK as u64);
    // What is no thread of this process would be another one; and no thread moves elsewhere.
    let mut clones = vec![all(vec![masked(0, libc::CLONE_THREAD as u64, 0)])?];
    for namespace in NAMESPACES {
        clones.push(all(vec![masked(0, namespace as u64, namespace as u64)])?);
    }
    Ok([
        (
            libc::SYS_socket,
            vec![
                all(other_family)?,
                // Packets of one's own making.
                all(vec![kind(libc::SOCK_RAW), not_netlink()])?,
                all(vec![kind(SOCK_PACKET), not_netlink()])?,
                // Of netlink only routes, not audit, firewall or devices.
                all(vec![is(0, libc::AF_NETLINK as u64), is_not(2, libc::NETLINK_ROUTE as u64)])?,
            ],
        ),
        (libc::SYS_socketpair, vec![all(vec![is_not(0, libc::AF_UNIX as u64)])?]),
        (libc::SYS_clone, clones),
        // What is typed into the terminal is run by the shell that waits there.
        (
            libc::SYS_ioctl,
            vec![
                all(vec![is(1, u64::from(libc::TIOCSTI as u32))])?,
                all(vec![is(1, u64::from(TIOCLINUX))])?,
            ],
        ),
        // What was switched off stays off.
        (libc::SYS_prctl, vec![all(vec![is(0, libc::PR_SET_DUMPABLE as u64)])?]),
        (
            libc::SYS_prlimit64,
            vec![
                // Of another process.
                all(vec![is_not(0, 0)])?,
                all(vec![is(1, libc::RLIMIT_CORE as u64), given(2)])?,
            ],
        ),
        (SETRLIMIT, vec![all(vec![is(0, libc::RLIMIT_CORE as u64)])?]),
    ])
}

#[cfg(target_arch = "x86_64")]
const SETRLIMIT: c_long = libc::SYS_setrlimit;
/// Which `libc` does not name. From `asm-generic/unistd.h`.
#[cfg(target_arch = "aarch64")]
const SETRLIMIT: c_long = 164;

/// Views of the system that a new thread or process could be given.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// An older name for packets of one's own making. From `linux/net.h`.
const SOCK_PACKET: i32 = 10;

/// Selects and pastes text on a virtual console. From `linux/tiocl.h`.
const TIOCLINUX: u32 = 0x541c;

fn is(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn is_not(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, BackendError> {
    let operator = SeccompCmpOp::MaskedEq(mask);
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

/// A pointer that is not null.
fn given(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)
}

const _: () = assert!(size_of::<c_ulong>() == 8, "arguments are read as 64 bits");
