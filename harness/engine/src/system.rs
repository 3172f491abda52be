//! The system calls that neither the standard library nor rustix offers safely.
#![allow(
    unsafe_code,
    reason = "starting a program without copying this process, reading its peak memory, and an allocator, have no other door"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::ptr;

use rustix::process::{Pid, Resource, Rlimit};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// An allocator that never reports that there is no memory left: the process ends then, in a way of its own.
/// Left alone, a program ends by a signal, as if it had crashed.
#[derive(Debug)]
pub struct Memory<A> {
    /// Where memory comes from.
    pub allocator: A,
    /// What to do where there is none. It must not ask for any.
    pub none_left: fn() -> !,
}

impl<A> Memory<A> {
    fn had(&self, memory: *mut u8) -> *mut u8 {
        if memory.is_null() { (self.none_left)() } else { memory }
    }
}

// SAFETY: every call is passed on as it came, and every answer that comes back is the allocator's.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Memory<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.had(unsafe { self.allocator.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.had(unsafe { self.allocator.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.had(unsafe { self.allocator.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { self.allocator.dealloc(memory, layout) }
    }
}

/// Texts as the system takes them: each ends with a zero, the list with a null.
pub(crate) struct Words {
    text: Vec<u8>,
    starts: Vec<usize>,
}

impl Words {
    /// # Errors
    /// When a text holds a zero, with which it would end early.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = [&'t str; 3]>) -> io::Result<Self> {
        let mut words = Self { text: Vec::with_capacity(512), starts: Vec::with_capacity(16) };
        for parts in texts {
            words.starts.push(words.text.len());
            for part in parts {
                if part.contains('\0') {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{part:?} holds a zero byte")));
                }
                words.text.extend_from_slice(part.as_bytes());
            }
            words.text.push(0);
        }
        Ok(words)
    }

    fn pointers(&self) -> Vec<*const c_char> {
        let start = self.text.as_ptr().cast::<c_char>();
        // SAFETY: every start is an index into the text.
        let words = self.starts.iter().map(|offset| unsafe { start.add(*offset) });
        words.chain([ptr::null()]).collect()
    }
}

/// A program to be started.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a CStr,
    /// The program's name first.
    pub(crate) arguments: &'a Words,
    /// Each `NAME=value`.
    pub(crate) environment: &'a Words,
    pub(crate) directory: &'a CStr,
    /// What becomes its first three descriptors. Every other one is to be closed by its own flag.
    pub(crate) streams: [BorrowedFd<'a>; 3],
    /// What it may use of each, and how far it may raise that.
    pub(crate) limits: &'a [(Resource, Rlimit)],
    /// A Landlock ruleset that it is confined by.
    pub(crate) domain: Option<BorrowedFd<'a>>,
}

/// A program that has been started, and is to be reaped.
pub(crate) struct Started {
    pub(crate) pid: Pid,
    /// Readable once the program has exited, regardless of its descendants.
    pub(crate) exit: OwnedFd,
}

/// What the new process reads, in memory that it shares with this one until it is the program.
struct Orders {
    program: *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    directory: *const c_char,
    streams: [RawFd; 3],
    limits: *const [(Resource, Rlimit)],
    domain: Option<RawFd>,
    /// Why it did not become the program; 0 if it did.
    error: c_int,
}

/// More than the new process needs for a few calls, also without optimisation.
const STACK_SIZE: usize = 64 * 1024;

/// Starts a program as the leader of a new process group, which ends with the thread that called this.
///
/// It shares this process's memory until it has become the program, as with `vfork`: nothing is copied, however large this
/// process is, and why it failed needs no pipe to come back.
pub(crate) fn start(start: &Start<'_>) -> io::Result<Started> {
    let (arguments, environment) = (start.arguments.pointers(), start.environment.pointers());
    let mut orders = Orders {
        program: start.program.as_ptr(),
        arguments: arguments.as_ptr(),
        environment: environment.as_ptr(),
        directory: start.directory.as_ptr(),
        streams: start.streams.map(|stream| stream.as_raw_fd()),
        limits: start.limits,
        domain: start.domain.map(|domain| domain.as_raw_fd()),
        error: 0,
    };
    let mut stack = Box::<[u128]>::new_uninit_slice(STACK_SIZE / size_of::<u128>());
    let top = stack.as_mut_ptr_range().end.cast::<c_void>();
    let mut exit: c_int = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    let signals = BlockedSignals::new();
    // SAFETY: the new process runs `become_program` on a stack of its own, while this thread waits; orders and stack outlive
    // that. The kernel puts the descriptor into `exit`, and only on success.
    let pid = unsafe { libc::clone(become_program, top, flags, (&raw mut orders).cast(), &raw mut exit) };
    let failed = io::Error::last_os_error();
    drop(signals);
    let Some(pid) = Pid::from_raw(pid).filter(|_| pid > 0) else { return Err(failed) };
    // SAFETY: the descriptor is new and has no other owner.
    let started = Started { pid, exit: unsafe { OwnedFd::from_raw_fd(exit) } };
    if orders.error == 0 {
        return Ok(started);
    }
    reap(started.pid)?;
    Err(io::Error::from_raw_os_error(orders.error))
}

/// The new process: nothing here may allocate, panic or return, for the memory is its parent's.
extern "C" fn become_program(orders: *mut c_void) -> c_int {
    // SAFETY: it is the `Orders` of `start`, which waits and does not touch it meanwhile. The calls are system calls alone.
    unsafe {
        let orders = &mut *orders.cast::<Orders>();
        libc::setpgid(0, 0);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let mut ready = libc::chdir(orders.directory) == 0;
        for (resource, Rlimit { current, maximum }) in &*orders.limits {
            let [rlim_cur, rlim_max] = [*current, *maximum].map(|most| most.unwrap_or(libc::RLIM_INFINITY));
            let limit = libc::rlimit { rlim_cur, rlim_max };
            ready = ready && libc::setrlimit(*resource as libc::__rlimit_resource_t, &limit) == 0;
        }
        if let Some(domain) = orders.domain {
            ready = ready && libc::syscall(libc::SYS_landlock_restrict_self, domain, 0) == 0;
        }
        for (target, stream) in (0..).zip(orders.streams) {
            ready = ready && libc::dup2(stream, target) == target;
        }
        if ready {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            let mut none = MaybeUninit::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
            libc::execve(orders.program, orders.arguments, orders.environment);
        }
        orders.error = *libc::__errno_location();
        libc::_exit(127)
    }
}

/// While it lives, no signal reaches this thread, nor what it starts: no handler must run in memory that two share.
struct BlockedSignals(libc::sigset_t);

impl BlockedSignals {
    fn new() -> Self {
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: both sets are live and filled in by the calls, which can't fail with these arguments.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            Self(before.assume_init())
        }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: the set is a live one that the system gave.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, ptr::null_mut()) };
    }
}

/// Gives every signal its default meaning again, but for a broken pipe, which this process is told by an error, and for two whose
/// handlers tell of an overflown stack.
///
/// What is ignored stays so in programs that are started: under `nohup`, or in a shell's background, that would be some. Two
/// that the C library keeps for itself, and will not hear of, are ignored after any `posix_spawn`.
pub(crate) fn default_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        let is_kept = match signal {
            libc::SIGPIPE => true,
            // A handler goes with the image of this process. To ignore a signal does not.
            libc::SIGSEGV | libc::SIGBUS => !is_ignored(signal),
            _ => false,
        };
        if !is_kept {
            default_signal(signal);
        }
    }
}

fn default_signal(signal: c_int) {
    // The kernel's form of "the default": a null handler, no flags, no mask.
    let default = [0_usize; 4];
    let (none, set_size) = (ptr::null_mut::<c_void>(), size_of::<u64>());
    // SAFETY: no handler is set. Where the system refuses, the signal has no other meaning than its default.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, &raw const default, none, set_size) };
}

fn is_ignored(signal: c_int) -> bool {
    let mut action = MaybeUninit::uninit();
    // SAFETY: the action is filled in by the call, and only looked at where it says so.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0 && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Lets every signal come through, and gives those their default meaning by which this process would not hear of its children.
/// To write more than a limit on files allows is to be an error, and no end.
pub(crate) fn own_signals() {
    default_signal(libc::SIGCHLD);
    let mut none = MaybeUninit::uninit();
    // SAFETY: the set is filled in by the first call, and no handler is set.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Has this process scheduled as any other is. Gives its policy where that is refused.
pub(crate) fn plain_scheduling() -> Option<u64> {
    let plain = libc::sched_param { sched_priority: 0 };
    // SAFETY: the parameters are live, and 0 is this process.
    let policy = unsafe {
        libc::sched_setscheduler(0, libc::SCHED_OTHER, &plain);
        libc::sched_getscheduler(0)
    };
    u64::try_from(policy).ok().filter(|policy| *policy > 0)
}

/// The scheduling policy of this process, and the class and level of its input and output.
pub(crate) fn scheduling() -> [libc::c_long; 2] {
    // SAFETY: no argument is an address. They mean this process.
    unsafe { [libc::syscall(libc::SYS_sched_getscheduler, 0), libc::syscall(libc::SYS_ioprio_get, 1, 0)] }
}

/// Has the system imitate no other one for what this process starts. Gives the imitation where that is refused.
pub(crate) fn plain_personality() -> Option<u64> {
    const ASKED: libc::c_ulong = 0xffff_ffff;
    // SAFETY: the calls take a number, and change nothing but this process's own execution domain.
    let personality = unsafe {
        libc::personality(0);
        libc::personality(ASKED)
    };
    u64::try_from(personality).ok().filter(|personality| *personality > 0)
}

/// Gives this process namespaces of its own, in place of those that it shares. To be called by a process with one thread.
pub(crate) fn unshare(namespaces: UnshareFlags) -> io::Result<()> {
    // SAFETY: no other thread could lose what they share.
    Ok(unsafe { unshare_unsafe(namespaces) }?)
}

/// Mounts everything below a path for reading alone, in the mount namespace of this process.
pub(crate) fn mount_read_only(path: &CStr) -> io::Result<()> {
    let change = libc::mount_attr { attr_set: libc::MOUNT_ATTR_RDONLY, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let (call, size) = (libc::SYS_mount_setattr, size_of_val(&change));
    // SAFETY: the path and the change are live, and the size is that of the change.
    let done = unsafe { libc::syscall(call, libc::AT_FDCWD, path.as_ptr(), libc::AT_RECURSIVE, &raw const change, size) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Confines this thread by a Landlock ruleset.
pub(crate) fn restrict_self(domain: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the call takes an open descriptor and no flags.
    let restricted = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, domain.as_raw_fd(), 0) };
    if restricted == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Why a system call is refused that would fail at least by its arguments, which are all zero.
pub(crate) fn refusal(call: libc::c_long) -> Option<c_int> {
    // SAFETY: no argument is an address, and what the call could make by them goes with this process.
    let answer = unsafe { libc::syscall(call, 0, 0, 0, 0, 0, 0) };
    if answer < 0 { io::Error::last_os_error().raw_os_error() } else { None }
}

/// Starts a command, after `prepare` in the new process. To be called by a process with one thread.
pub(crate) fn spawn_prepared(
    command: &mut Command,
    prepare: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) -> io::Result<Child> {
    // SAFETY: there is no other thread that could hold a lock while this process is copied.
    unsafe { command.pre_exec(prepare) }.spawn()
}

/// Runs `work` in a copy of this process, and gives what it gave. To be called by a process with one thread.
pub(crate) fn in_child(work: impl FnOnce() -> u8) -> io::Result<ExitStatus> {
    // SAFETY: there is no other thread that could hold a lock, and the copy ends without returning.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let code = work();
        // SAFETY: the call takes a number and does not return.
        unsafe { libc::_exit(code.into()) }
    }
    match Pid::from_raw(pid).filter(|_| pid > 0) {
        Some(pid) => Ok(reap(pid)?.status),
        None => Err(io::Error::last_os_error()),
    }
}

/// How many descriptors are closed one by one, at most.
const MOST_INHERITED: u64 = 64 << 10;

/// Closes every descriptor but the first three: what the parent of this process left open is no program's business.
///
/// To be called by a process that has opened nothing yet.
pub(crate) fn close_inherited() {
    // SAFETY: nothing in this process owns any of them.
    let closed = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) } == 0;
    if !closed {
        // An older system lacks the call, and a filter may refuse it.
        let most = rustix::process::getrlimit(Resource::Nofile).maximum.unwrap_or(MOST_INHERITED).min(MOST_INHERITED);
        for descriptor in 3..RawFd::try_from(most).unwrap_or(RawFd::MAX) {
            // SAFETY: as above. It fails where there is none.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// How a child ended, and the most memory it had resident, in bytes.
pub(crate) struct Reaped {
    pub(crate) status: ExitStatus,
    pub(crate) peak_memory: u64,
}

/// Waits for the child `pid` to end and takes it off the process table: from then on its id may be another's.
pub(crate) fn reap(pid: Pid) -> io::Result<Reaped> {
    let (mut status, mut usage) = (0, no_usage());
    loop {
        // SAFETY: both pointers are to live, exclusively borrowed values of the types that the call fills in.
        let waited = unsafe { libc::wait4(pid.as_raw_pid(), &mut status, 0, &mut usage) };
        if waited >= 0 {
            return Ok(Reaped { status: ExitStatus::from_raw(status), peak_memory: resident_bytes(&usage) });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The most memory that this process has had resident so far, in bytes.
pub(crate) fn own_peak_memory() -> u64 {
    let mut usage = no_usage();
    // SAFETY: the pointer is to a live, exclusively borrowed `rusage`; with it the call has no way to fail.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    resident_bytes(&usage)
}

fn no_usage() -> libc::rusage {
    // SAFETY: a `rusage` is a plain record of integers, for which all zeroes is a value.
    unsafe { mem::zeroed() }
}

/// Linux counts `ru_maxrss` in KiB.
fn resident_bytes(usage: &libc::rusage) -> u64 {
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024
}
