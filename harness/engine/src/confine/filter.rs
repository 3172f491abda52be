//! The system calls that a confined program is refused.
//!
//! An error of the kind that each call has on a system without it, or for a user who may not, is one that programs are prepared for.

use std::collections::BTreeMap;

use fixgate_core::case::Network;
use libc::{c_int, c_long};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    sock_filter,
};

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// What lives on when its program has ended, or is a way round the other rules: a program finds a system that has no such thing.
const ABSENT: [c_long; 27] = [
    // System calls that are not filtered as such.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Its flags are in memory, where no filter sees them. The C library then calls `clone`.
    libc::SYS_clone3,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_mq_timedsend,
    libc::SYS_mq_timedreceive,
    libc::SYS_mq_notify,
    libc::SYS_mq_getsetattr,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
];

/// What only a superuser may do, or one of a user namespace of its own. It takes capabilities besides, which no program has.
const PRIVILEGED: [c_long; 14] = [
    libc::SYS_clock_settime,
    libc::SYS_settimeofday,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fsconfig,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    // By such a handle a file is opened wherever it is.
    libc::SYS_open_by_handle_at,
];

/// The kinds of sockets that the network is made of, with the news of it. Others lead to the machine, its virtual ones and its devices.
const NETWORK_FAMILIES: [c_int; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// By these a terminal takes what it is told for what its user typed (`TIOCSTI`, `TIOCLINUX`).
const INJECT: u32 = 0x5412;
const PASTE: u32 = 0x541c;

/// The filters of a confined process, each to be applied.
pub(super) fn filters(network: Network, unix_sockets: bool) -> Result<Vec<BpfProgram>, BackendError> {
    let program = |rules: Rules, error: c_int| {
        let refused = SeccompAction::Errno(error.unsigned_abs());
        SeccompFilter::new(rules, SeccompAction::Allow, refused, std::env::consts::ARCH.try_into()?)?.try_into()
    };
    let always = |calls: &[c_long]| calls.iter().map(|call| (*call, Vec::new())).collect::<Rules>();
    let mut privileged = always(&PRIVILEGED);
    privileged.extend(conditional()?);
    // A program of another kind, 32 bits wide say, is ended by any of these: its calls have other numbers.
    Ok(vec![
        program(always(&ABSENT), libc::ENOSYS)?,
        program(privileged, libc::EPERM)?,
        program(sockets(network, unix_sockets)?, libc::EACCES)?,
        without_other_numbers(),
    ])
}

/// Calls that are refused by what they are called with.
fn conditional() -> Result<Rules, BackendError> {
    let new_user = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
    let makes_user = || SeccompRule::new(vec![is_set(0, new_user)?]);
    Ok(Rules::from([
        // In a user namespace of its own a program is a superuser, whom more of the system lets in.
        (libc::SYS_unshare, vec![makes_user()?]),
        (libc::SYS_clone, vec![makes_user()?]),
        (libc::SYS_ioctl, vec![SeccompRule::new(vec![is(1, INJECT)?])?, SeccompRule::new(vec![is(1, PASTE)?])?]),
        // The limits of another process, the harness among them.
        (libc::SYS_prlimit64, vec![SeccompRule::new(vec![is_not(0, 0)?, is_given(2)?])?]),
    ]))
}

/// There are pairs of connected sockets, but none that could be connected again, as one for datagrams can; and sockets of what is open.
fn sockets(network: Network, unix_sockets: bool) -> Result<Rules, BackendError> {
    let families: &[c_int] = match network {
        Network::Closed => &[],
        Network::Open => &NETWORK_FAMILIES,
    };
    let families = families.iter().chain(unix_sockets.then_some(&libc::AF_UNIX));
    let foreign = families.map(|family| is_not(0, number(*family))).collect::<Result<Vec<_>, _>>()?;
    let mut pairs = vec![SeccompRule::new(vec![is_not(0, number(libc::AF_UNIX))?])?];
    if !unix_sockets {
        pairs.extend([of_type(libc::SOCK_DGRAM)?, of_type(libc::SOCK_RAW)?]);
    }
    let mut rules = Rules::from([(libc::SYS_socketpair, pairs)]);
    if foreign.is_empty() {
        rules.extend([(libc::SYS_socket, Vec::new()), (libc::SYS_connect, Vec::new())]);
    } else {
        // Of what the system tells by such a socket, a network's addresses are what programs ask for.
        let is_news = is(0, number(libc::AF_NETLINK))?;
        let other_news = SeccompRule::new(vec![is_news, is_not(2, number(libc::NETLINK_ROUTE))?])?;
        rules.insert(libc::SYS_socket, vec![SeccompRule::new(foreign)?, other_news]);
    }
    Ok(rules)
}

// The system takes these arguments for 32 bits wide, so that higher bits must not tell two apart.

fn is(argument: u8, value: u32) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value.into())
}

fn is_not(argument: u8, value: u32) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value.into())
}

fn is_set(argument: u8, bits: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bits), bits)
}

fn number(constant: c_int) -> u32 {
    constant.unsigned_abs()
}

/// A pointer that is not null.
fn is_given(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)
}

/// A socket's type, in which flags stand as well.
fn of_type(kind: c_int) -> Result<SeccompRule, BackendError> {
    const TYPE: u64 = 0xf;
    let is_of_type = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(TYPE), number(kind).into())?;
    SeccompRule::new(vec![is_of_type])
}

/// Refuses calls by the second set of numbers that one kind of processor has for most of them (`x32`), which no filter above knows.
fn without_other_numbers() -> BpfProgram {
    const FIRST_OTHER: u32 = 0x4000_0000;
    let statement = |code: u32, operand: u32| sock_filter { code: code as u16, jt: 0, jf: 0, k: operand };
    let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let is_other = sock_filter { jf: 1, ..statement(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, FIRST_OTHER) };
    // The number comes first in what a filter is given.
    vec![
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        is_other,
        statement(libc::BPF_RET | libc::BPF_K, refused),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
    ]
}
