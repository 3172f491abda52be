//! Whole outputs of failures, kept within a budget.

use fixgate_core::id::Digest;

use crate::common::{GREETING, Product};

/// Prints `count` numbers, then a word that differs between the builds.
fn product(count: usize) -> Product {
    let program = |word: &str| format!("seq 1 {count}; echo {word}; seq 1 2000 >&2; echo {word} >&2");
    let product = Product::that_runs(&[("RTM", &program("old")), ("RU1", &program("new"))]);
    let case = GREETING.replace("{ stdout = \"hello\\n\" }", "\"baseline\"");
    product.put("testcases/suite/greeting.toml", &case);
    product
}

/// Where `explain` says that an output is.
fn place(said: &str, stream: &str) -> String {
    let line = said.lines().find(|line| line.contains(&format!("{stream}, "))).unwrap_or_else(|| panic!("{stream}: {said}"));
    line.split(": ").last().unwrap().to_owned()
}

#[test]
fn of_a_long_output_only_the_end_was_ever_kept() {
    let product = product(5000);
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let said = product.fixgate(&["explain", &run, "suite/greeting"]).exits(0).stdout;
    for (stream, first, last, lines) in [
        ("stdout of this build", "1", "new", 5001),
        ("stdout of the baseline", "1", "old", 5001),
        ("stderr of this build", "1", "new", 2001),
        ("stderr of the baseline", "1", "old", 2001),
    ] {
        let path = place(&said, stream);
        let text = product.read(&path);
        let all: Vec<&str> = text.lines().collect();
        assert_eq!((all[0], all[all.len() - 1], all.len()), (first, last, lines), "{stream}");
        assert!(Digest::of(text.as_bytes()).to_string().ends_with(path.rsplit('/').next().unwrap()));
    }
    // What is not what its name says is not shown as an output.
    let path = place(&said, "stdout of this build");
    product.put(&path, "forged");
    let said = product.fixgate(&["explain", &run, "suite/greeting"]).exits(0).stdout;
    assert!(said.contains("stdout of this build, ") && !said.contains(&path), "{said}");
    assert!(said.contains("not kept"), "{said}");
    // What passes, and what is short, leaves no file.
    product.fixgate(&["run", "canary/**", "suite/**", "--candidate", "RTM", "--baseline", "RTM", "--quiet"]).exits(0);
    let last = product.runs().pop().unwrap();
    assert!(!product.path(&format!("reports/runs/{last}/outputs")).exists());
}

#[test]
fn whole_outputs_have_a_budget_and_the_record_is_the_same_beyond_it() {
    let product = product(1);
    let rows: String = (0..14).map(|number| format!("{{\"id\": \"r{number}\", \"args\": [\"{number}\"]}}\n")).collect();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put(
        "testcases/suite/rows.toml",
        &GREETING.replace("tags", "table = \"rows.jsonl\"\ntags").replace("stdout = \"hello\\n\"", "exit = 3"),
    );
    product.put("programs/RTM", "#!/bin/sh\nyes yes | head -c 5000000; echo $2");
    product.fixgate(&["run", "suite/rows*", "--candidate", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let kept = std::fs::read_dir(product.path(&format!("reports/runs/{run}/outputs"))).unwrap();
    let size: u64 = kept.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!((55_000_000..=64 << 20).contains(&size), "{size}");
    let journal = product.journal(&run);
    let whole = journal.iter().filter(|line| line["scenario"]["printed"]["whole"].is_array()).count();
    assert_eq!(whole, 14, "the digest of each is recorded, kept or not");
}
