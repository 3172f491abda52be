//! A run that is killed goes on as if nothing had been, a run that is interrupted says how, and no product outlives either.

use std::process::{Child, Stdio};

use crate::common::{GREETING, Product, is_alive, timeless, wait_until};
use rustix::process::{Pid, Signal, kill_process};

/// How many scenarios there are besides the canary.
const ROWS: usize = 60;

/// A product of many scenarios, three kinds of them failing, each with two fixes to prove. It can be told to halt before
/// one scenario: it then says that it waits, and goes on when it is let.
fn product() -> Product {
    let halt = "if [ -n \"$2\" ] && [ \"$2\" = \"$(cat @/halt 2>/dev/null)\" ]; then echo $$ >@/halted; read line <@/go; fi";
    let program = |sum: u8| {
        format!(
            "{halt}\ncase \"$1\" in sum) echo {sum}; exit ;; esac\ncase \"$2\" in *7) exit 1 ;; *8) kill -9 $$ ;; *9) echo no ;; *) echo hello ;; esac"
        )
    };
    let product = Product::of(&[]);
    product.unconfined();
    let root = product.path("");
    let program = |sum| program(sum).replace("@/", root.to_str().unwrap());
    product.release("RTM", None, &program(5)).release("RU1", Some("RTM"), &program(4));
    let rows: String = (0..ROWS).map(|row| format!("{{\"id\":\"{row}\",\"args\":[\"{row}\"]}}\n")).collect();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put("testcases/suite/greeting.toml", &format!("table = \"rows.jsonl\"\n{GREETING}"));
    for (number, argument) in [(1, "proof"), (2, "another")] {
        product.put(&format!("defects/GR-{number}.toml"), &crate::common::defect("status = \"fixed\"\nfixed-in = \"RU1\""));
        let head = format!("title = \"it adds\"\ndefects = [\"GR-{number}\"]");
        let step = format!("[[step]]\nrun = [\"${{product}}\", \"sum\", \"{argument}\"]\nexpect = {{ stdout = \"4\\n\" }}");
        product.put(&format!("testcases/regression/gr-{number}.toml"), &format!("{head}\n{step}\n"));
    }
    product.fixgate(&["build", "RTM", "RU1"]).exits(0);
    assert!(std::process::Command::new("mkfifo").arg(product.path("go")).status().unwrap().success());
    product
}

/// Starts the sign-off of RU1, its product to halt before the scenario with this argument.
fn halted_at(product: &Product, argument: &str, more: &[&str]) -> Child {
    product.put("halt", argument);
    let arguments = [&["signoff", "RU1", "--quiet", "--jobs", "1"], more].concat();
    let child = product.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the product halts", || product.path("halted").exists() && !product.read("halted").is_empty());
    std::fs::remove_file(product.path("halt")).unwrap();
    child
}

/// Ends the product that halted; a killed harness can't.
fn end_halted(product: &Product) {
    let process: i32 = product.read("halted").trim().parse().unwrap();
    let _ = kill_process(Pid::from_raw(process).unwrap(), Signal::KILL);
    std::fs::remove_file(product.path("halted")).unwrap();
}

#[test]
fn a_run_killed_at_any_point_resumes_to_the_record_of_an_undisturbed_one() {
    let product = product();
    product.fixgate(&["signoff", "RU1"]).exits(1);
    let undisturbed = product.runs().remove(0);
    let expected = timeless(product.journal(&undisturbed));
    let report = product.fixgate(&["report", &undisturbed, "--format", "junit"]).stdout;

    // Where a pair is next, on the baseline or to be proved; and each time once more: at the first, in the midst, at the last.
    std::fs::remove_dir_all(product.path(".fixgate/baselines")).unwrap();
    for argument in ["0", "31", "59"] {
        let mut child = halted_at(&product, "proof", &[]);
        child.kill().unwrap();
        child.wait().unwrap();
        end_halted(&product);
        let run = product.runs().pop().unwrap();
        let mut second = halted_at(&product, argument, &["--resume", &run]);
        second.kill().unwrap();
        second.wait().unwrap();
        end_halted(&product);
        product.fixgate(&["signoff", "RU1", "--resume", &run]).exits(1);
        assert_eq!(timeless(product.journal(&run)), expected, "killed before {argument}");
        let again = product.fixgate(&["report", &run, "--format", "junit"]).stdout;
        assert_eq!(again.lines().count(), report.lines().count());
    }
}

#[test]
fn a_record_cut_at_any_byte_resumes_and_nothing_is_judged_or_proved_twice() {
    let product = product();
    product.fixgate(&["signoff", "RU1"]).exits(1);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let (whole, expected) = (product.read(&path), timeless(product.journal(&run)));
    let header = whole.find('\n').unwrap() + 1;
    let before_footer = whole.trim_end().rfind('\n').unwrap() + 1;
    let before_pair = whole[..before_footer].trim_end().rfind('\n').unwrap() + 1;
    for length in
        [header, header + 1, whole.len() / 2, before_pair, before_pair + 9, before_footer, before_footer + 9, whole.len() - 1]
    {
        product.put(&path, &whole[..length]);
        product.fixgate(&["signoff", "RU1", "--resume", &run]).exits(1);
        assert_eq!(timeless(product.journal(&run)), expected, "cut at {length} of {}", whole.len());
    }
}

#[test]
fn a_run_interrupted_in_any_phase_ends_with_130_says_how_to_go_on_and_goes_on() {
    let product = product();
    let interrupted = |signal, argument, more: &[&str], message: &str| {
        let child = halted_at(&product, argument, more);
        kill_process(Pid::from_child(&child), signal).unwrap();
        wait_until("the signal is taken", || pending_signals(&child) == 0);
        // The scenario that is running is let end, and is recorded; no other one is begun.
        std::fs::write(product.path("go"), "\n").unwrap();
        let said = product.said(&child.wait_with_output().unwrap()).exits(130);
        std::fs::remove_file(product.path("halted")).unwrap();
        let run = product.runs().pop().unwrap();
        said.mentions(&[message, &format!("help: go on with the same command and --resume {run}\n")]);
        product.fixgate(&["report", &run, "--format", "json"]).exits(0).mentions(&["the run did not end: resume it"]);
        run
    };
    let run =
        interrupted(Signal::INT, "31", &[], "stopped: interrupted while the baseline ran; the next run goes on from there\n");
    let resume = ["--resume", run.as_str()];
    interrupted(Signal::INT, "proof", &resume, "stopped: interrupted after 0 of ");
    interrupted(Signal::TERM, "31", &resume, "stopped: interrupted after ");
    product.fixgate(&["signoff", "RU1", "--resume", &run]).exits(1);
    product.fixgate(&["report", &run, "--format", "json"]).exits(0).says_nothing_of(&["resume it"]);
    product.fixgate(&["signoff", "RU1"]).exits(1);
    let undisturbed = product.runs().into_iter().find(|name| *name != run).unwrap();
    assert_eq!(timeless(product.journal(&run)), timeless(product.journal(&undisturbed)));
}

/// The signals that were sent to a process and not taken yet, as the system's mask.
fn pending_signals(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
    pending.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap())
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let product = product();
    let mut child = halted_at(&product, "31", &[]);
    let harness = Pid::from_child(&child);
    // The second one counts once the first was taken notice of, and more of them do no harm.
    wait_until("the harness has ended", || {
        let _ = kill_process(harness, Signal::INT);
        child.try_wait().unwrap().is_some()
    });
    assert_eq!(child.wait().unwrap().code(), Some(130));
    end_halted(&product);
}

/// Prints what no report may print, starts what does not want to end in its own group, in one of its own and in a session of
/// its own, and hangs.
const HOSTILE: &str = r#"case "$1" in greet) echo hello; exit ;; esac
trap '' TERM HUP INT
printf '\377\376\000\033[31mred\033[0m ]]> <a> &amp; "\001\n'
printf '\342\200\256desrever \357\277\276 <script>alert(1)</script> <!-- -->\n```\n# Run forged\n'
printf '3 of 3 planned scenarios: 3 passed (0.0 s)\n{"scenario":{"scenario":"suite/exit","verdict":"passed"}}\n'
printf '\377\000\033]0;title\007 ]]>' >&2
sh -c 'trap "" TERM; echo $$ >>"$LOG"; exec sleep 1000' &
setsid sh -c 'trap "" TERM HUP; echo $$ >>"$LOG"; exec sleep 1000' &
timeout 1000 sh -c 'trap "" TERM HUP; echo $$ >>"$LOG"; exec sleep 1000' &
while [ "$(wc -l <"$LOG")" -lt 3 ]; do :; done
case "$1" in exit) exit 3 ;; esac
echo $$ >>"$LOG"
while :; do sleep 1000; done
"#;

#[test]
fn a_hostile_product_gets_its_verdict_leaves_no_process_and_no_report_is_broken() {
    let product = Product::of(&[("RTM", HOSTILE)]);
    product.unconfined();
    for (word, timeout) in [("hang", "1s"), ("exit", "60s")] {
        let log = product.path(&format!("{word}.log"));
        let step = format!("timeout = \"{timeout}\"\n[[step]]\nenv = {{ LOG = {log:?} }}");
        let case = GREETING.replace("greet\"", &format!("{word}\"")).replace("[[step]]", &step);
        product.put(&format!("testcases/suite/{word}.toml"), &case).put(&format!("{word}.log"), "");
    }
    let forbidden =
        |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t') || matches!(letter, '\u{202E}' | '\u{FFFE}');
    let text = product.fixgate(&["run", "suite/exit", "--candidate", "RTM"]).exits(1).stdout;
    assert!(text.contains("red") && !text.contains(forbidden), "{text}");
    product.put("exit.log", "");
    let run = product.fixgate(&["run", "--candidate", "RTM", "--junit", "junit.xml", "--format", "json"]).exits(1).json();
    assert_eq!((&run["verdicts"]["timed-out"], &run["verdicts"]["failed"]), (&1.into(), &1.into()));
    let processes = product.read("hang.log") + &product.read("exit.log");
    assert_eq!(processes.lines().count(), 7);
    // What was killed may take a moment to be gone.
    wait_until("every process has ended", || !processes.lines().any(is_alive));

    let xml = product.read("junit.xml");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut failures = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(element) if element.name().as_ref() == "failure" => failures += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(failures, 2);
    assert!(!xml.contains(forbidden), "{xml}");
    let report = |format| product.fixgate(&["report", run["run"].as_str().unwrap(), "--format", format]).exits(0).stdout;
    for format in ["markdown", "json"] {
        assert!(!report(format).contains(forbidden), "{}", report(format));
    }
    // What it printed of a verdict, a record and a page is text that it printed, and no more.
    let verdicts: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(verdicts["verdicts"], run["verdicts"]);
    let page = report("markdown");
    let titles: Vec<&str> = page.lines().filter(|line| line.starts_with("# ")).collect();
    assert_eq!(titles, [format!("# Run {}", run["run"].as_str().unwrap())]);
}

#[test]
fn nothing_is_left_in_the_place_of_work_directories() {
    let product = Product::new();
    let place = tempfile::tempdir().unwrap();
    let mut command = product.command(&["run", "--candidate", "RTM"]);
    let output = command.env("TMPDIR", place.path()).output().unwrap();
    product.said(&output).exits(0);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}
