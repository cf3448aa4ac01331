//! The part of the filter that looks at the number of a call and at nothing else, as the
//! instructions of BPF that it is.
//!
//! When a filter is installed, the kernel plays every number that there is through it. A list
//! of some eighty is short enough to be written down, and too long to be compared one by one
//! by a command that lives for some milliseconds: it is cut into pieces, of which a number
//! meets one.

use libc::c_long;
use seccompiler::{BpfProgram, sock_filter};

/// How many numbers are compared one by one.
const PIECE: usize = 9;
/// From here on, calls on x86-64 have their second numbers, of an ABI that nothing uses (x32):
/// a list of the first ones would miss them.
const X32: u32 = 0x4000_0000;

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const JUMP: u32 = libc::BPF_JMP | libc::BPF_JA;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_GREATER: u32 = libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K;
const IF_NOT_LESS: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Refuses these calls with `EPERM`, `clone3` with `ENOSYS`, and leaves the others to what
/// follows.
///
/// `clone3` keeps its flags in memory, where no filter can read them. The C library takes the
/// answer for an older kernel, and starts its threads with `clone`.
pub(super) fn filter(denied: &[c_long]) -> BpfProgram {
    let mut denied: Vec<u32> = denied.iter().map(|call| *call as u32).collect();
    denied.sort_unstable();
    denied.dedup();
    // The number of the call is what a filter is given first.
    let mut program = vec![
        step(LOAD, 0, 0, 0),
        step(IF_EQUAL, libc::SYS_clone3 as u32, 0, 1),
        step(RETURN, refused(libc::ENOSYS), 0, 0),
        step(IF_NOT_LESS, X32, 0, 1),
        step(RETURN, refused(libc::EPERM), 0, 0),
    ];
    let pieces = denied.chunks(PIECE);
    // A piece has three instructions besides its numbers'.
    let mut rest = denied.len() + 3 * pieces.len();
    for piece in pieces {
        let length = piece.len() + 3;
        rest -= length;
        let last = piece.last().copied().unwrap_or_default();
        program.push(step(IF_GREATER, last, length - 1, 0));
        for (index, number) in piece.iter().enumerate() {
            program.push(step(IF_EQUAL, *number, piece.len() - index, 0));
        }
        // Not in this piece is in none.
        program.push(step(JUMP, rest as u32 + 1, 0, 0));
        program.push(step(RETURN, refused(libc::EPERM), 0, 0));
    }
    program
}

/// One instruction; the last two are how many others are passed over, if so and if not.
fn step(code: u32, k: u32, then: usize, otherwise: usize) -> sock_filter {
    sock_filter { code: code as u16, jt: then as u8, jf: otherwise as u8, k }
}

fn refused(errno: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would answer to a call; none where it is left to what follows.
    fn answer(program: &[sock_filter], number: u32) -> Option<u32> {
        let mut at = 0;
        let mut steps = 0;
        while let Some(sock_filter { code, jt, jf, k }) = program.get(at) {
            let choose = |holds: bool| usize::from(if holds { *jt } else { *jf });
            at += 1 + match u32::from(*code) {
                LOAD => 0,
                JUMP => *k as usize,
                IF_EQUAL => choose(number == *k),
                IF_GREATER => choose(number > *k),
                IF_NOT_LESS => choose(number >= *k),
                RETURN => return Some(*k),
                code => panic!("instruction {code}"),
            };
            steps += 1;
            assert!(steps < 40, "{number} takes too long");
        }
        assert_eq!(at, program.len(), "{number} goes past the end");
        None
    }

    #[test]
    fn what_is_listed_is_refused_and_nothing_else() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 80] {
            let listed: Vec<c_long> = (0..length as c_long).map(|it| it * 7 % 501).collect();
            let program = filter(&listed);
            for number in 0..1000 {
                let expected = match c_long::from(number) {
                    libc::SYS_clone3 => Some(refused(libc::ENOSYS)),
                    call if listed.contains(&call) => Some(refused(libc::EPERM)),
                    _ => None,
                };
                assert_eq!(answer(&program, number), expected, "{number} of {length}");
            }
            for number in [X32, X32 + 39, X32 + 435, u32::MAX] {
                assert_eq!(answer(&program, number), Some(refused(libc::EPERM)), "{number}");
            }
        }
    }
}
