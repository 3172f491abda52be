//! What the harness inherited changed verdicts, or its own working.

use std::process::{Command, Stdio};

use crate::common::{Product, Said};

/// A program that prints what it can see of what it could have inherited.
const LOOKING: &str = r#"
umask; ulimit -a; ulimit -Ha; nice
grep -E '^(Sig(Pnd|Blk|Ign|Cgt)|ShdPnd|Umask|NoNewPrivs|Groups):' /proc/self/status
cat /proc/self/oom_score_adj /proc/self/personality
(exec ls /proc/self/fd) | wc -l
for stream in 0 1 2; do readlink /proc/self/fd/$stream | sed 's/[0-9][0-9]*/N/'; done
grep -E '^flags' /proc/self/fdinfo/0
cut -d' ' -f7 /proc/self/stat; chrt -p $$ | sed 's/^[^:]*://'
stat -c '%a %n' . data sub sub/tool; uname -m; date +%Z
env | sort | sed "s|$HOME|HOME|g; /^_=/d"
sh -c 'kill -SEGV $$; echo ignores SIGSEGV' 2>/dev/null
"#;

const CASE: &str = r#"title = "what it could have inherited"
[files]
"data" = "data\n"
"sub/tool" = { text = "true\n", executable = true }
[[step]]
run = ["${product}"]
expect = { exit = "any", stdout = "", stderr = "" }
"#;

/// A product whose only case passes if its program sees what it sees where nothing odd is inherited; a canary fails.
fn looking() -> Product {
    let product = Product::of(&[("RTM", LOOKING)]);
    product.edit("testcases/canary/blind.toml", "\"greet\"", "\"greet\", \"more\"");
    product.put("testcases/suite/greeting.toml", CASE);
    product.fixgate(&RUN).exits(1);
    let journal = product.journal(&product.runs().remove(0));
    let seen = journal.iter().find_map(|line| line["scenario"]["printed"]["stdout"].as_str()).unwrap();
    product.put("testcases/suite/seen.txt", seen);
    product.edit("testcases/suite/greeting.toml", "stdout = \"\"", "stdout = { file = \"seen.txt\" }");
    product.fixgate(&RUN).exits(0);
    product
}

const RUN: [&str; 4] = ["run", "--candidate", "RTM", "--quiet"];

/// The command, started by another program.
fn by(product: &Product, wrapper: &[&str], arguments: &[&str]) -> Command {
    let fixgate = product.command(arguments);
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(fixgate.get_program()).args(fixgate.get_args()).env("NO_COLOR", "1");
    command.current_dir(product.path("")).stdin(Stdio::null());
    command
}

fn said_by(product: &Product, wrapper: &[&str]) -> Said {
    product.said(&by(product, wrapper, &RUN).output().unwrap())
}

fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", &format!("{script}; exec \"$0\" \"$@\"")].map(str::to_owned).to_vec()
}

fn python(script: &str) -> Vec<String> {
    let script = format!("import os, sys, signal, resource\n{script}\nos.execvp(sys.argv[1], sys.argv[1:])");
    ["python3", "-c", &script].map(str::to_owned).to_vec()
}

#[test]
fn what_the_harness_inherited_showed_in_what_programs_saw() {
    let product = looking();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let inherited = [
        words(&["env", "--ignore-signal"]),
        words(&["env", "--block-signal"]),
        words(&["env", "--ignore-signal=SEGV", "--ignore-signal=CHLD"]),
        words(&["nohup"]),
        words(&["nice", "-n", "7"]),
        words(&["chrt", "--batch", "0"]),
        words(&["chrt", "--idle", "0"]),
        words(&["setarch", "linux32", "-R"]),
        words(&["choom", "-n", "500", "--"]),
        words(&["setsid"]),
        words(&["env", "-i"]),
        words(&["env", "TZ=Asia/Kathmandu", "LC_ALL=de_DE.UTF-8", "POSIXLY_CORRECT=1"]),
        words(&["env", "TMPDIR="]),
        shell("umask 077"),
        shell("umask 777"),
        shell("umask 0"),
        shell("ulimit -S -n 64"),
        shell("ulimit -S -n $(ulimit -H -n)"),
        shell("ulimit -S -u 20"),
        shell("ulimit -S -f 8"),
        shell("ulimit -S -s 256"),
        shell("ulimit -S -c 0"),
        shell("ulimit -S -l 0"),
        shell("ulimit -S -t 2"),
        shell("ulimit -S -d 100000"),
        shell("exec 0<&-"),
        shell("exec 1>&-"),
        shell("exec 0<&- 1>&- 2>&-"),
        shell("exec 0</dev/zero"),
        python("for stream in (0, 1, 2): os.set_blocking(stream, False)"),
        python("for _ in range(1000): os.set_inheritable(os.open('/etc/passwd', os.O_RDONLY), True)"),
    ];
    for wrapper in inherited {
        let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
        let said = said_by(&product, &wrapper);
        let header = &product.journal(product.runs().last().unwrap())[0];
        // An ordinary user cannot lower a niceness: programs see it, and the record has it.
        if wrapper[0] == "nice" && header["circumstances"]["machine"]["held"]["nice"].is_u64() {
            continue;
        }
        let shown = product.fixgate(&["report", product.runs().last().unwrap(), "--format", "text"]).stdout;
        assert_eq!(said.code, Some(0), "{wrapper:?}\n{}{}\n{shown}", said.stdout, said.stderr);
        assert!(!said.stderr.contains("warning"), "{wrapper:?}: {}", said.stderr);
    }
}

/// A privileged user raises them for programs, and any other is told.
#[test]
fn a_low_limit_of_the_shell_failed_programs() {
    let product = looking();
    for (limit, words) in [
        ("-n 16", "open files"),
        ("-n 64", "open files"),
        ("-u 20", "processes"),
        ("-f 4096", "the size of files"),
        ("-s 256", "the stack"),
        ("-v 500000", "address space"),
        ("-d 500000", "data"),
        ("-t 20", "processor time"),
    ] {
        let wrapper = shell(&format!("ulimit {limit}"));
        let said = said_by(&product, &wrapper.iter().map(String::as_str).collect::<Vec<_>>());
        if said.code != Some(0) {
            let (message, help) =
                (format!(" on {words}, and programs under test are to have "), format!("`ulimit {}", &limit[..2]));
            said.exits(3).mentions(&["void: the harness inherited a limit of ", &message, "\nhelp: raise it", &help]);
        }
    }
}

/// Where programs get all the same what they are to have, the rest is told.
#[test]
fn limits_that_cannot_be_raised_were_in_no_record() {
    let product = Product::new();
    let wrapper = shell("ulimit -n 2000; ulimit -l 16");
    said_by(&product, &wrapper.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    let header = &product.journal(&product.runs().remove(0))[0];
    let machine = &header["circumstances"]["machine"];
    let held = machine.get("held").map_or(0, |held| held["open-files"].as_u64().unwrap());
    assert!(held == 2000 || held == 0, "{machine}");
    assert!(machine["work-place"].as_str().is_some_and(|place| place.starts_with("tmpfs")) || !product.path("/dev/shm").exists());
}

fn with_place(product: &Product, place: impl AsRef<std::ffi::OsStr>) -> Said {
    product.said(&product.command(&RUN).env("TMPDIR", place).output().unwrap())
}

#[test]
fn an_odd_place_for_work_directories_gave_errors_of_scenarios_or_no_reason() {
    let product = looking();
    let elsewhere = tempfile::tempdir().unwrap();
    let at = |name: &str| elsewhere.path().join(name);
    let spaces = at("with spaces and ü");
    let long = at(&format!("{}/{}", "a".repeat(200), "b".repeat(200)));
    for place in [&spaces, &long] {
        std::fs::create_dir_all(place).unwrap();
        with_place(&product, place).exits(0);
    }
    let relative = Product::new();
    let parent = tempfile::tempdir().unwrap();
    std::fs::create_dir(parent.path().join("place")).unwrap();
    let mut command = relative.command(&["-C", relative.path("").to_str().unwrap()]);
    command.args(RUN).current_dir(parent.path()).env("TMPDIR", "place");
    relative.said(&command.output().unwrap()).exits(0);

    std::fs::write(at("file"), "").unwrap();
    let not_utf8 = elsewhere.path().join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"not-utf8-\xff"));
    std::fs::create_dir(&not_utf8).unwrap();
    for (place, words) in [
        (at("missing"), "No such file or directory"),
        (at("file"), "Not a directory"),
        (not_utf8, "is not UTF-8"),
        (at(&"x".repeat(300)), "File name too long"),
    ] {
        with_place(&product, &place).exits(3).mentions(&["void: ", words, "\nhelp: ", "TMPDIR"]);
    }
}

/// Runs the command in a mount namespace of its own, after a script.
fn mounted(product: &Product, script: &str) -> Said {
    let script = format!("{script}; exec \"$0\" \"$@\"");
    said_by(product, &["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", &script])
}

#[test]
fn a_system_without_proc_or_the_null_device_gave_errors_of_programs() {
    let product = Product::new();
    product.fixgate(&RUN).exits(0);
    let said = mounted(&product, "mount -t tmpfs tmpfs /proc").exits(3);
    said.mentions(&[
        "void: programs cannot be run: /proc/self/exe cannot be read",
        "\nhelp: mount the proc file system on /proc",
    ]);
    let file = product.put("no-device", "text").path("no-device");
    let instead = format!("mount --bind {file:?} /dev/null");
    let said = mounted(&product, &instead).exits(3);
    said.mentions(&["void: programs cannot be run: /dev/null cannot be used: it is not the null device", "\nhelp: "]);
    mounted(&product, "mount -t tmpfs tmpfs /dev").exits(3).mentions(&["/dev/null cannot be used: No such file or directory"]);
    mounted(&product, "mount -t tmpfs -o noexec tmpfs /dev/shm").exits(0);
}

/// A reader that is slow, of a pipe that does not wait.
#[test]
fn a_result_was_lost_on_a_stream_that_does_not_wait() {
    let product = Product::new();
    let rows: String = (0..3000).map(|row| format!("{{\"id\": \"row-{row}\"}}\n")).collect();
    product.put("testcases/suite/many.jsonl", &rows);
    product.put("testcases/suite/many.toml", &crate::common::GREETING.replace("tags", "table = \"many.jsonl\"\ntags"));
    let fixgate = product.command(&["list", "--format", "json"]);
    let script = "import os, subprocess, sys, time\n\
        reader, writer = os.pipe()\n\
        os.set_blocking(writer, False)\n\
        child = subprocess.Popen(sys.argv[1:], stdout=writer)\n\
        os.close(writer)\n\
        time.sleep(0.2)\n\
        read = sum(len(part.splitlines()) for part in [open(reader).read()])\n\
        print(read, child.wait())";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(fixgate.get_program()).args(fixgate.get_args()).current_dir(product.path(""));
    let said = product.said(&command.output().unwrap()).exits(0);
    assert_eq!(said.stdout, "3002 0\n", "{}", said.stderr);
}

#[test]
fn programs_of_a_case_could_not_be_read_under_another_umask() {
    let product = Product::of(&[("RTM", "stat -c '%a %n' . a a/b a/b/c tool empty")]);
    product.put(
        "testcases/suite/greeting.toml",
        "title = \"modes\"\n[files]\n\"a/b/c\" = \"text\"\ntool = { text = \"true\", executable = true }\n\
         empty = { directory = true }\n[[step]]\nrun = [\"${product}\"]\n\
         expect = { stdout = \"755 .\\n755 a\\n755 a/b\\n644 a/b/c\\n755 tool\\n755 empty\\n\" }\n",
    );
    product.fixgate(&RUN).exits(0);
    for mask in ["077", "777", "0", "027"] {
        let wrapper = shell(&format!("umask {mask}"));
        said_by(&product, &wrapper.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    }
    let unprivileged = product.command_of("65534", &RUN);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 777; exec \"$0\" \"$@\""]).arg(unprivileged.get_program()).args(unprivileged.get_args());
    product.said(&command.current_dir(product.path("")).output().unwrap()).exits(0);
}
