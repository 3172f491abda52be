//! Signals that stop a harness and let it go on.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{GREETING, Product, RUNS, defect, is_alive, wait_until};

/// The time limit of the scenario that waits.
const LIMIT: Duration = Duration::from_secs(2);

/// A run whose one scenario waits until it is let go on; its time limit is short.
struct Waiting {
    product: Product,
    run: Child,
}

impl Waiting {
    fn begin() -> Self {
        let product = Product::new();
        product.unconfined();
        let root = product.path("");
        let wait = "echo $$ >@/started; read line <@/go; echo hello".replace("@", root.to_str().unwrap());
        product.program("build/bin/greeter", &format!("case $1 in greet) {wait} ;; *) echo no ;; esac"));
        product.edit("testcases/canary/blind.toml", "greet", "other");
        let limited = GREETING.replace("[[step]]", &format!("timeout = \"{}s\"\n[[step]]", LIMIT.as_secs()));
        product.put("testcases/suite/greeting.toml", &limited);
        assert!(std::process::Command::new("mkfifo").arg(product.path("go")).status().unwrap().success());
        let mut command = product.command(&["run", "suite/**", "--candidate", "build", "--jobs", "1"]);
        let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("the product runs", || fs::read_to_string(product.path("started")).is_ok_and(|text| text.ends_with('\n')));
        Self { product, run }
    }

    /// Every process of the run: the harness, its workers, the product.
    fn processes(&self) -> Vec<Pid> {
        let mut found = vec![Pid::from_child(&self.run)];
        let mut next = 0;
        while let Some(process) = found.get(next) {
            let process = process.as_raw_nonzero();
            for task in fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten() {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                found.extend(children.split_whitespace().map(|child| Pid::from_raw(child.parse().unwrap()).unwrap()));
            }
            next += 1;
        }
        found
    }

    /// Stops these for longer than the scenario may take. The product then has its verdict, and no more time than it took.
    fn stopped_meanwhile(self, processes: &[Pid]) {
        processes.iter().for_each(|process| kill_process(*process, Signal::STOP).unwrap());
        // A product that was stopped before it began to read keeps the writer waiting.
        let go = self.product.path("go");
        let written = thread::spawn(|| fs::write(go, "\n"));
        thread::sleep(LIMIT + Duration::from_secs(1));
        processes.iter().for_each(|process| kill_process(*process, Signal::CONT).unwrap());
        written.join().unwrap().unwrap();
        self.product.said(&self.run.wait_with_output().unwrap()).exits(0).mentions(&["2 passed"]);
        let run = self.product.runs().remove(0);
        let entries = self.product.journal(&run);
        let waited = entries.iter().find(|line| line["scenario"]["scenario"] == "suite/greeting").unwrap();
        let seconds = waited["scenario"]["seconds"].as_f64().unwrap();
        assert!(seconds < LIMIT.as_secs_f64(), "{seconds} s were counted");
    }
}

#[test]
fn the_time_in_which_all_of_a_run_was_stopped_does_not_count() {
    let waiting = Waiting::begin();
    let processes = waiting.processes();
    assert!(processes.len() >= 3, "the harness, a worker, the product: {processes:?}");
    waiting.stopped_meanwhile(&processes);
}

/// As a terminal does it: its signals reach the harness, and neither workers nor products.
#[test]
fn the_time_in_which_the_harness_alone_was_stopped_does_not_count() {
    let waiting = Waiting::begin();
    let harness = Pid::from_child(&waiting.run);
    waiting.stopped_meanwhile(&[harness]);
}

/// A command whose build's recipe waits for ever, once it has said so.
fn building(product: &Product, arguments: &[&str]) -> (Child, String) {
    product.put("releases/RTM.toml", "version = \"1\"\n[build]\nrecipe = [\"sh\", \"programs/recipe\", \"${out}\"]\n");
    let root = product.path("");
    let script = "mkdir -p $1/bin; [ -e @/quick ] || { echo $$ >>@/.fixgate/target/recipes; sleep 1000; }; install programs/RTM $1/bin/greeter; echo $$ >>@/.fixgate/target/order";
    product.put("programs/recipe", &script.replace("@/", root.to_str().unwrap()));
    let child = product.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = || fs::read_to_string(product.path(".fixgate/target/recipes")).unwrap_or_default();
    wait_until("the recipe runs", || said().ends_with('\n'));
    let recipe = said().trim().to_owned();
    fs::write(product.path("quick"), "").unwrap();
    (child, recipe)
}

#[test]
fn an_interrupted_build_ends_with_its_recipe() {
    for (signal, arguments) in [
        (Signal::TERM, &["run", "--candidate", "RTM"][..]),
        (Signal::INT, &["signoff", "RTM"]),
        (Signal::TERM, &["build", "RTM"]),
    ] {
        let product = Product::new();
        let (child, recipe) = building(&product, arguments);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let said = product.said(&child.wait_with_output().unwrap()).exits(130);
        said.mentions(&["stopped: interrupted while RTM was built\nhelp: run the same command again\n"]);
        assert!(!is_alive(&recipe), "{arguments:?}");
        product.fixgate(arguments).exits(0);
    }
}

#[test]
fn a_recipe_ends_with_a_harness_that_is_killed() {
    let product = Product::new();
    let (mut child, recipe) = building(&product, &["build", "RTM"]);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the recipe is ended", || !is_alive(&recipe));
    product.fixgate(&["build", "RTM"]).exits(0);
    assert_eq!(product.read(".fixgate/target/order").lines().count(), 1, "the first recipe never came to its end");
}

/// Two recipes that fill one directory would give a build of neither.
#[test]
fn a_recipe_without_its_keeper_keeps_its_turn() {
    let product = Product::new();
    let (child, recipe) = building(&product, &["build", "RTM"]);
    let stat = fs::read_to_string(format!("/proc/{recipe}/stat")).unwrap();
    let keeper = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap();
    kill_process(Pid::from_raw(keeper).unwrap(), Signal::KILL).unwrap();
    let said = product.said(&child.wait_with_output().unwrap()).exits(3);
    said.mentions(&[
        "void: the process that ran the recipe of build `RTM` was lost: signal: 9 (SIGKILL)\nhelp: run the same command again\n",
    ]);
    assert!(is_alive(&recipe));
    let mut next = product.command(&["build", "RTM"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(next.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "waiting for RTM, which another process works with …\n");
    let sleeper = fs::read_to_string(format!("/proc/{recipe}/task/{recipe}/children")).unwrap();
    kill_process(Pid::from_raw(sleeper.trim().parse().unwrap()).unwrap(), Signal::KILL).unwrap();
    assert!(next.wait().unwrap().success());
    let order = product.read(".fixgate/target/order");
    let order: Vec<&str> = order.lines().collect();
    assert_eq!((order.len(), order[0]), (2, &*recipe), "the second began when the first had ended");
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
}

#[test]
fn an_interrupted_proof_is_made_by_the_same_command() {
    let product = Product::of(&[("RTM", ""), ("RU1", "")]);
    product.unconfined();
    let root = product.path("");
    let sum = "[ -e @/quick ] || { echo $$ >>@/started; sleep 1000; }; echo".replace("@/", root.to_str().unwrap());
    product.release("RTM", None, &format!("{sum} 5")).release("RU1", Some("RTM"), &format!("{sum} 4"));
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    let case = GREETING.replace("tags", "defects = [\"GR-1\"]\ntags").replace("hello", "4");
    product.put("testcases/regression/gr-1.toml", &case).put("testcases/suite/runs.toml", &RUNS.replace("^h", "^[45]"));
    let child = product.command(&["prove"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = || fs::read_to_string(product.path("started")).unwrap_or_default();
    wait_until("the product runs", || started().ends_with('\n'));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let said = product.said(&child.wait_with_output().unwrap()).exits(130);
    said.mentions(&["stopped: interrupted while checking that the builds run\nhelp: run the same command again\n"]);
    assert!(!is_alive(started().trim()), "the product has ended");
    fs::write(product.path("quick"), "").unwrap();
    product.fixgate(&["prove"]).exits(0).mentions(&["1 of 1 proved"]);
}
