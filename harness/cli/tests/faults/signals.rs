//! Signals that stop a harness and let it go on.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{GREETING, Product, wait_until};

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
        fs::write(self.product.path("go"), "\n").unwrap();
        thread::sleep(LIMIT + Duration::from_secs(1));
        processes.iter().for_each(|process| kill_process(*process, Signal::CONT).unwrap());
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
