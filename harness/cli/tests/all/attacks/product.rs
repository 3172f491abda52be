//! A product that reaches for what strict isolation keeps from it: programs that try, and what they said of it.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::process::{Child, Command, Stdio};

use crate::common::{GREETING, Product, Said, wait_until};

/// A product whose program is this script in Python, run by one case that expects `hello` and nothing else.
fn trying(script: &str) -> Product {
    let product = Product::new();
    product.program("build/bin/greeter", &format!("exec python3 - 2>&1 <<'END'\n{PRELUDE}\n{script}\nprint('hello')\nEND\n"));
    product
}

/// `tried` says what it could do, and nothing of what it could not.
const PRELUDE: &str = "\
import array, ctypes, errno, os, socket, struct, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def tried(what, attempt):
    try:
        attempt()
    except OSError:
        return
    print('could', what)
def call(*words):
    answer = libc.syscall(*[ctypes.c_long(word) if isinstance(word, int) else word for word in words])
    if answer < 0:
        raise OSError(ctypes.get_errno(), 'refused')
    return answer
";

fn run(product: &Product) -> Said {
    product.fixgate(&["run", "suite/**", "--candidate", "build", "--quiet", "--jobs", "1"])
}

/// Holds if none of what the script tries succeeds.
#[track_caller]
fn holds(script: &str) {
    run(&trying(script)).exits(0);
}

/// A process that ends with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_product_has_the_agent_of_its_user_sign() {
    let product = Product::new();
    let (socket, said) = (product.path("agent"), "spoke with the agent");
    let mut agent = Command::new("ssh-agent");
    let _agent = Ended(agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap());
    wait_until("the agent listens", || socket.exists());
    // It ends with 2 where there is no agent.
    let script = format!("SSH_AUTH_SOCK={socket:?} ssh-add -l >/dev/null 2>&1; [ $? = 2 ] || echo {said}; echo hello");
    product.program("build/bin/greeter", &script);
    run(&product).exits(0).says_nothing_of(&[said]);
}

#[test]
fn a_product_connects_to_a_socket_of_its_user() {
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| outside.path().join(name).to_str().unwrap().to_owned();
    let (stream, datagram) = (path("stream"), path("datagram"));
    let name = format!("fixgate-test-{}", std::process::id());
    let _held = (UnixListener::bind(&stream).unwrap(), UnixDatagram::bind(&datagram).unwrap());
    let _named = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let script = format!(
        "for place in ({stream:?}, {datagram:?}, '\\0{name}'):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        tried('connect', lambda: socket.socket(socket.AF_UNIX, kind).connect(place))
        for end in (0, 1):
            tried('connect a pair', lambda: socket.socketpair(socket.AF_UNIX, kind)[end].connect(place))
            tried('send by a pair', lambda: socket.socketpair(socket.AF_UNIX, kind)[end].sendto(b'x', place))
            tried('send a message', lambda: socket.socketpair(socket.AF_UNIX, kind)[end].sendmsg([b'x'], [], 0, place))
# Of two that are connected a program has the use.
one, other = socket.socketpair()
one.send(b'x')
assert other.recv(1) == b'x'
"
    );
    holds(&script);
}

#[test]
fn a_product_inherits_a_descriptor_of_the_harness() {
    holds(
        "
for number in range(3, 1024):
    try:
        print('inherited', number, os.readlink(f'/proc/self/fd/{number}'))
    except FileNotFoundError:
        pass
",
    );
}

#[test]
fn a_product_opens_a_socket_of_another_family() {
    let script = "
for family in range(0, 64):
    for kind in (1, 2, 3, 5):
        tried(f'open family {family}', lambda: call(41 if os.uname().machine == 'x86_64' else 198, family, kind, 0))
        if family != socket.AF_UNIX:
            pair = (ctypes.c_int * 2)()
            tried('pair', lambda: call(53 if os.uname().machine == 'x86_64' else 199, family, kind, 0, ctypes.byref(pair)))
# The number of another family in the lower half, and the one that is allowed in neither.
tried('hide a family', lambda: call(53 if os.uname().machine == 'x86_64' else 199, (1 << 32) + 1, 2, 0, ctypes.byref(pair)))
ring = ctypes.create_string_buffer(256)
tried('io_uring', lambda: call(425, 8, ring))
";
    holds(script);
}

/// The numbers of 32-bit programs, and those of `x32`, pass every rule that knows only the usual ones.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_product_opens_a_socket_by_another_set_of_numbers() {
    holds(
        "
import mmap
tried('x32', lambda: call(0x40000000 + 41, 1, 1, 0))
# mov eax, 359 (socket); mov ebx, 1; mov ecx, 1; xor edx, edx; int 0x80; ret, with rbx kept
code = bytes.fromhex('53b867010000bb01000000b90100000031d2cd805bc3')
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(code)
child = os.fork()
if child == 0:
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    opened = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    os._exit(0 if opened >= 0 else 1)
_, status = os.waitpid(child, 0)
if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0: print('could open a socket by int 0x80')
",
    );
}

#[test]
fn a_product_leaves_a_note_in_memory_that_outlives_it() {
    holds(
        "
libc.shmget.restype = libc.msgget.restype = libc.semget.restype = ctypes.c_int
def checked(answer):
    if answer < 0: raise OSError()
tried('make shared memory', lambda: checked(libc.shmget(77, 4096, 0o1600)))
tried('make a message queue', lambda: checked(libc.msgget(77, 0o1600)))
tried('make semaphores', lambda: checked(libc.semget(77, 1, 0o1600)))
tried('make a POSIX queue', lambda: checked(libc.mq_open(b'/note', os.O_CREAT | os.O_RDWR, 0o600, None)))
tried('make POSIX memory', lambda: checked(libc.shm_open(b'/note', os.O_CREAT | os.O_RDWR, 0o600)))
numbers = {'x86_64': (248, 249, 250)}.get(os.uname().machine, (217, 218, 219))
for keyring in (-3, -4, -5):
    tried('add a key', lambda: call(numbers[0], b'user', b'note', b'x', 1, keyring))
tried('join a keyring', lambda: call(numbers[2], 1, b'note'))
",
    );
}

#[test]
fn a_product_sets_the_clock_or_makes_devices_or_mounts() {
    holds(
        "
import time
tried('set the clock', lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
tried('make a device', lambda: os.mknod('device', 0o60600, os.makedev(8, 0)))
libc.mount.restype = ctypes.c_int
os.mkdir('m')
def mounted(answer):
    if answer != 0: raise OSError()
tried('mount', lambda: mounted(libc.mount(b'none', b'm', b'tmpfs', 0, None)))
tried('have another user', lambda: os.setuid(65534 if os.getuid() == 0 else 0))
open('closed', 'w').close()
os.chmod('closed', 0)
tried('read against permissions', lambda: open('closed').read())
tried('leave its root', lambda: os.chroot('m'))
tried('have a user namespace', lambda: mounted(libc.unshare(0x10000000)))
tried('clone a user namespace', lambda: call(56 if os.uname().machine == 'x86_64' else 220, 0x10000011, 0, 0, 0, 0) or os._exit(0))
status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
if int(status['NoNewPrivs']) != 1: print('could gain privileges')
for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
    if int(status[name], 16): print('could use', name)
",
    );
}

#[test]
fn a_product_gains_the_rights_of_a_program_of_another_user() {
    // What is started has no more than what started it, also where the superuser's programs would have everything again.
    holds(
        "
rights = subprocess.run(['/bin/sh', '-c', 'cat /proc/self/status'], capture_output=True, text=True).stdout
held = [line for line in rights.splitlines() if line.startswith(('CapPrm', 'CapEff')) and int(line.split()[1], 16)]
if held: print('could have', held)
",
    );
}

#[test]
fn a_product_reads_what_is_expected_of_it() {
    let product = trying("");
    product.put("testcases/suite/beside.txt", "beside").put(".git/HEAD", "ref").put("reports/RTM/signoff.json", "{}");
    let root = product.path("").to_str().unwrap().to_owned();
    let script = format!(
        "root = {root:?}
for place in ('testcases', 'testcases/suite', '.git', 'reports', 'reports/runs', '.fixgate', '.', 'build/..'):
    tried('list ' + place, lambda: os.listdir(root + place))
for place in ('testcases/suite/greeting.toml', 'testcases/suite/beside.txt', 'fixgate.toml', '.git/HEAD', 'releases/RTM.toml',
              'reports/RTM/signoff.json', 'build/../fixgate.toml'):
    tried('read ' + place, lambda: open(root + place).read())
os.symlink(root + 'testcases/suite/greeting.toml', 'link')
tried('read by a link', lambda: open('link').read())
tried('link', lambda: os.link(root + 'testcases/suite/greeting.toml', 'hard'))
tried('list its own neighbours', lambda: os.listdir('..'))
tried('list the neighbours of its place', lambda: os.listdir('../..'))
tried('list shared memory', lambda: os.listdir('/dev/shm'))
tried('list devices', lambda: os.listdir('/dev'))
me = os.path.realpath('/proc/self/exe')"
    );
    product.program("build/bin/greeter", &trying(&script).read("build/bin/greeter").replacen("#!/bin/sh\n", "", 1));
    run(&product).exits(0);
}

/// Landlock rules on none of these. A read-only file system holds them, where the system gives a namespace to mount it in.
#[test]
fn a_product_changes_modes_owners_and_times_of_files_of_its_user() {
    let product = trying("");
    let victim = product.home("key");
    std::fs::write(&victim, "").unwrap();
    let script = format!(
        "
for path in ({victim:?}, {case:?}, sys.argv[1], os.path.dirname(os.getcwd()) + '/..'):
    tried('change the mode of ' + path, lambda: os.chmod(path, 0o777))
    tried('change the owner of ' + path, lambda: os.chown(path, os.getuid(), os.getgid()))
    tried('change the times of ' + path, lambda: os.utime(path, (0, 0)))
    tried('set an attribute of ' + path, lambda: os.setxattr(path, 'user.note', b'x'))
    tried('change the mode by a descriptor of ' + path, lambda: os.fchmod(os.open(path, os.O_PATH), 0o777))
os.chmod('.', 0o700)
open('mine', 'w').close()
os.chmod('mine', 0o600)
os.utime('mine', (0, 0))",
        case = product.path("testcases/suite/greeting.toml"),
    );
    let program = trying(&script).read("build/bin/greeter").replacen("#!/bin/sh\n", "", 1);
    product.program("build/bin/greeter", &program.replacen("python3 -", "python3 - \"$0\"", 1));
    let said = run(&product);
    let journal = product.journal(product.runs().last().unwrap());
    if journal[0]["circumstances"]["machine"]["mounts"] != "read-only" {
        eprintln!("this machine gives its user no mount namespace: {}", journal[0]["circumstances"]["machine"]);
        return;
    }
    said.exits(0);
}

#[test]
fn a_product_runs_the_build_that_it_is_compared_with() {
    let product = Product::of(&[("RTM", "echo hello\n"), ("RU1", "\"$(dirname \"$0\")\"/../../RTM/bin/greeter greet\n")]);
    product.fixgate(&["build", "RTM"]).exits(0);
    let expected = GREETING.replace("\"hello\\n\"", "\"baseline\"");
    product.put("testcases/suite/greeting.toml", &expected);
    let run = ["run", "suite/**", "--candidate", "RU1", "--baseline", "RTM", "--quiet", "--jobs", "1"];
    // What is left of this one cannot run by itself, so that nothing is said of it.
    product.fixgate(&run).exits(3).mentions(&["Permission denied", "of this tree a program sees its own build"]);
}

#[test]
fn a_product_types_into_a_terminal_of_its_user() {
    holds(
        "
import pty
tried('have a terminal', pty.openpty)
tried('list terminals', lambda: os.listdir('/dev/pts'))
import fcntl, termios
for name in ('0', '1', '2', '3'):
    tried('write to a terminal', lambda: os.write(os.open('/dev/pts/' + name, os.O_WRONLY | os.O_NOCTTY), b''))
try:
    fcntl.ioctl(0, termios.TIOCSTI, b'x')
except OSError as reason:
    if reason.errno != errno.EPERM: print('was asked of a terminal:', reason)
",
    );
}

#[test]
fn a_product_limits_what_the_harness_may_use() {
    holds(
        "
import resource
tried('limit its parent', lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (1, 1)))
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
",
    );
}

#[test]
fn programs_are_granted_the_records_that_they_are_judged_by() {
    let product = Product::new();
    product.program("build/bin/greeter", "echo hello");
    let before = product.read("fixgate.toml");
    for place in ["", "testcases", "testcases/suite", "reports/runs", ".fixgate"] {
        let path = product.path(place).to_str().unwrap().trim_end_matches('/').to_owned();
        product.put("fixgate.toml", &before.replace("[run]\n", &format!("[run]\ngrants = {{ write = [{path:?}] }}\n")));
        run(&product).exits(2).mentions(&["`grants` lets programs write in"]);
    }
    product.put("fixgate.toml", &before.replace("[run]\n", "[run]\ngrants = { write = [\"/\"] }\n"));
    run(&product).exits(2).mentions(&["by which they are judged"]);
}

/// A wide grant opens what is around the tree, and nothing of the tree itself.
#[test]
fn a_wide_grant_opens_the_cases() {
    let product = trying("");
    let around = product.path("").parent().unwrap().to_owned();
    product.edit("fixgate.toml", "[run]\n", &format!("[run]\ngrants = {{ read = [{around:?}] }}\n")).own();
    let case = product.path("testcases/suite/greeting.toml");
    product.program("build/bin/greeter", &format!("cat {case:?} 2>/dev/null; ls {:?} 2>/dev/null; echo hello", product.path("")));
    run(&product).exits(0);
}

#[test]
fn a_product_prints_json_that_can_be_read_in_two_ways() {
    let product = Product::new();
    let expected = GREETING.replace("stdout = \"hello\\n\"", "stdout = { json = { ok = true } }");
    product.put("testcases/suite/greeting.toml", &expected).program("build/bin/greeter", "echo '{\"ok\": true}'");
    run(&product).exits(0);
    for (twice, wrong) in [
        ("{\"ok\": false, \"ok\": true}", "the key \"ok\" appears twice"),
        ("{\"\\u006fk\": false, \"ok\": true}", "the key \"ok\" appears twice"),
    ] {
        product.program("build/bin/greeter", &format!("cat <<'END'\n{twice}\nEND"));
        run(&product).exits(1).mentions(&["stdout is not JSON", wrong]);
    }
}

/// It moves itself out of the group that is killed at the time limit.
#[test]
fn a_product_goes_on_beyond_its_time_limit_in_the_group_of_its_worker() {
    for left in ["", "os.fork() or time.sleep(600)\n"] {
        let product = trying(&format!("import time\n{left}os.setpgid(0, os.getpgid(os.getppid()))\ntime.sleep(600)"));
        product.edit("testcases/suite/greeting.toml", "tags", "timeout = \"1s\"\ntags");
        run(&product).exits(1).mentions(&["timed out"]);
    }
}

/// Programs of later scenarios, and of the build that it is compared with, would be slower, or find a note in it.
#[test]
fn a_product_changes_how_its_worker_is_scheduled() {
    for change in [
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 7)",
        "os.sched_setscheduler(os.getppid(), os.SCHED_BATCH, os.sched_param(0))",
        "call(251, 1, os.getppid(), 3 << 13)",
    ] {
        run(&trying(change)).exits(3).mentions(&["it changed the priority or the processors of the process that started it"]);
    }
    holds("os.setpriority(os.PRIO_PROCESS, 0, 7)\nos.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))");
}
