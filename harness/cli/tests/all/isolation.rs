//! What a program under test is kept from, and what it is granted, tried by programs that try it.

use crate::common::{GREETING, Product};

/// A product whose program is this script, run by one case that expects `hello`.
fn trying(script: &str) -> Product {
    let product = Product::new();
    product.program("build/bin/greeter", script);
    product
}

fn run(product: &Product) -> crate::common::Said {
    product.fixgate(&["run", "suite/**", "--candidate", "build", "--quiet", "--jobs", "1"])
}

/// Holds if the script prints `hello` under strict isolation.
#[track_caller]
fn holds(script: &str) {
    run(&trying(script)).exits(0);
}

#[test]
fn a_program_writes_in_its_work_directory_and_nowhere_else() {
    let product = trying("");
    let root = product.path("");
    let script = format!(
        "echo >here && mkdir sub && echo >sub/x && mv sub/x y && rm y && echo >/dev/null || exit 1\n\
         for place in ../x ../../x /tmp/fixgate-test-$$ /dev/shm/fixgate-test-$$ \"$0\" {root:?}fixgate.toml {root:?}.fixgate/x; do\n\
         (echo >\"$place\") 2>/dev/null && echo \"wrote $place\"; done\n\
         rmdir \"$HOME\" 2>/dev/null && echo 'removed its directory'; mv \"$HOME\" ../other 2>/dev/null && echo moved; echo hello"
    );
    product.program("build/bin/greeter", &script);
    run(&product).exits(0);
}

#[test]
fn a_program_reads_the_system_its_build_and_what_its_case_states() {
    let product = trying("");
    product.put("testcases/suite/data/named.txt", "named").put("testcases/suite/beside.txt", "beside").put("secret", "secret");
    let root = product.path("");
    let script = format!(
        "cat \"$2\" \"$0\" /etc/passwd >/dev/null || exit 1\n\
         for secret in {root:?}testcases/suite/beside.txt {root:?}secret {root:?}fixgate.toml; do cat \"$secret\" 2>/dev/null; done\n\
         echo hello"
    );
    product.program("build/bin/greeter", &script);
    for named in ["${case-dir}/data/named.txt", "${root}/testcases/suite/data/named.txt"] {
        let case = GREETING.replace("\"greet\"", &format!("\"greet\", \"{named}\""));
        let case = case.replace("tags", "uses = [\"data/\"]\ntags");
        product.put("testcases/suite/greeting.toml", &case);
        run(&product).exits(0);
    }
}

#[test]
fn grants_open_what_they_name() {
    let product = trying("");
    product.put("data/in", "hello\n").put("data/out", "");
    let (data, out) = (product.path("data/in"), product.path("data/out"));
    product.program("build/bin/greeter", &format!("cat {data:?} | tee {out:?}"));
    run(&product).exits(1).mentions(&["Permission denied"]);
    let grants = format!("[run]\ngrants = {{ read = [{data:?}], write = [{out:?}] }}\n");
    product.edit("fixgate.toml", "[run]\n", &grants).own();
    run(&product).exits(0);
    assert_eq!(product.read("data/out"), "hello\n");
}

#[test]
fn a_program_signals_no_process_but_its_own() {
    holds("kill -9 $PPID 2>/dev/null && echo 'killed its parent'; sleep 100 & kill -9 $! || exit 1; echo hello");
}

#[test]
fn there_is_no_network_unless_the_case_says_so() {
    let script = "exec 2>&1; exec /bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/1; exec 4<>/dev/udp/127.0.0.1/1'";
    let product = trying(script);
    run(&product).exits(1).mentions(&["/dev/tcp/127.0.0.1/1: Permission denied", "/dev/udp/127.0.0.1/1: Permission denied"]);
    product.edit("testcases/suite/greeting.toml", "tags", "network = true\ntags");
    run(&product).exits(1).mentions(&["/dev/tcp/127.0.0.1/1: Connection refused"]).says_nothing_of(&["Permission denied"]);
}

#[test]
fn the_network_is_none_of_unix_sockets_which_a_grant_opens() {
    const SPEAKS: &str = "exec python3 - <<'END'
import socket, sys, threading
def spoken(family, place):
    server = socket.socket(family)
    server.bind(place)
    server.listen()
    thread = threading.Thread(target=lambda: server.accept()[0].sendall(b'hel'))
    thread.start()
    client = socket.socket(family)
    client.connect(server.getsockname())
    said = client.recv(3)
    thread.join()
    return said
spoken(socket.AF_INET, ('127.0.0.1', 0))
socket.if_nameindex()
for family in (socket.AF_PACKET, socket.AF_VSOCK, socket.AF_ALG, 15):
    try:
        socket.socket(family, socket.SOCK_RAW)
        print('could open', family)
    except OSError as reason:
        pass
spoken(socket.AF_UNIX, 'here')
print('hello')
END";
    let product = trying(SPEAKS);
    run(&product).exits(1).mentions(&["no network: `network = true` in the case"]);
    product.edit("testcases/suite/greeting.toml", "tags", "network = true\ntags");
    run(&product).exits(1).mentions(&["no Unix sockets: `unix-sockets = true` among the `grants`"]);
    product.edit("fixgate.toml", "[run]\n", "[run]\ngrants = { unix-sockets = true }\n").own();
    run(&product).exits(0);
}

/// What programs of many kinds do at their start, or all the time.
#[test]
fn programs_that_need_nothing_else_work() {
    holds(
        "exec 2>&1
python3 -c '
import asyncio, multiprocessing, os, subprocess, tempfile, threading
async def main():
    process = await asyncio.create_subprocess_exec(\"echo\", \"x\", stdout=subprocess.PIPE)
    assert (await process.communicate())[0] == b\"x\\n\"
asyncio.run(main())
thread = threading.Thread(target=print)
ours, theirs = multiprocessing.Pipe()
child = multiprocessing.Process(target=lambda: theirs.send(1))
child.start()
assert ours.recv() == 1
child.join()
tempfile.NamedTemporaryFile().close()
os.sched_setaffinity(0, os.sched_getaffinity(0))
' || exit 1
git init --quiet repository && git -C repository -c user.name=a -c user.email=a commit --quiet --allow-empty -m a || exit 1
ssh-keygen -q -t ed25519 -N '' -f key || exit 1
bash -c 'ulimit -n 64; diff <(echo a) <(echo a); sleep 0 & wait; [[ -r /dev/urandom ]]' || exit 1
if command -v node >/dev/null; then
  node -e 'require(\"child_process\").execFileSync(\"true\"); require(\"fs\").promises.readFile(\"key\")' || exit 1
fi
echo hello",
    );
}

#[test]
fn a_program_that_misses_what_would_outlive_it_is_said_to() {
    for script in [
        "import multiprocessing; multiprocessing.Lock()",
        "import ctypes, os; x = ctypes.CDLL(None, use_errno=True)
if x.shmget(1, 1, 0o1600) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))",
    ] {
        let said = run(&trying(&format!("exec python3 - <<'END'\n{script}\nEND\n"))).exits(1);
        said.mentions(&["strict isolation leaves it no message queues", "`isolation = \"process\"` in [run]"]);
    }
}

#[test]
fn a_program_of_another_architecture_is_said_to_be_ended() {
    let product = trying("kill -SYS $$");
    run(&product).exits(1).mentions(&["strict isolation ends what calls the system as a program of another architecture does"]);
    product.unconfined();
    run(&product).exits(1).says_nothing_of(&["strict isolation"]);
}

#[test]
fn a_program_that_root_runs_has_no_privileges_under_either_isolation() {
    let product = trying("grep -q '^CapEff:.0000000000000000$' /proc/self/status && echo hello");
    run(&product).exits(0);
    product.unconfined();
    run(&product).exits(0);
    product.program("build/bin/greeter", "chown 1 \"$0\" || exit 1");
    let said = run(&product).exits(1);
    if rustix::process::geteuid().is_root() {
        said.mentions(&["a program has no privileges, although root runs it"]);
    }
}

#[test]
fn a_file_has_a_length_that_it_may_not_exceed() {
    let product = trying("head -c 3000000 /dev/zero >big; wc -c <big");
    product.edit("fixgate.toml", "[run]\n", "[run]\nlimits = { file-size = \"2MiB\" }\n");
    run(&product).exits(1).mentions(&["+2097152"]);
}

#[test]
fn a_crash_leaves_no_core_file() {
    holds("(ulimit -c unlimited) 2>/dev/null; sh -c 'kill -SEGV $$' 2>/dev/null; ls; echo hello");
}

#[test]
fn the_record_says_how_programs_were_kept_apart() {
    let product = trying("echo hello");
    run(&product).exits(0);
    product.unconfined();
    run(&product).exits(0);
    let said: Vec<_> = product.runs().iter().map(|run| product.journal(run)[0]["isolation"].clone()).collect();
    assert_eq!(said, ["strict", "process"]);
}

#[test]
fn bad_rules_of_isolation_are_shown() {
    let product = Product::new();
    product.edit(
        "fixgate.toml",
        "[run]\n",
        "[run]\nisolation = \"strickt\"\ngrants = { read = [\"data\"] }\nlimits = { file-size = \"2\" }\n",
    );
    product.fixgate(&["check"]).exits(2).complains(
        r#"
error: unknown isolation `strickt`
 --> fixgate.toml:6:13
  |
6 | isolation = "strickt"
  |             ^^^^^^^^^
  |
  = help: did you mean `strict`?

error: a grant is an absolute path, and "data" is none
 --> fixgate.toml:7:20
  |
7 | grants = { read = ["data"] }
  |                    ^^^^^^

error: "2" is not a size; write a whole number and B, KiB, MiB or GiB
 --> fixgate.toml:8:24
  |
8 | limits = { file-size = "2" }
  |                        ^^^

error: 3 problems in the records; nothing was run
"#,
    );
}
