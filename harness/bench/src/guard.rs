//! The guard: instructions that the pure phases need for fixed workloads, against bounds. Never time, so that it says the same on
//! any machine however busy.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use crate::arguments::Phase;
use crate::context::{build_fixgate, only_run, repository};
use crate::failure::{Failure, Outcome, While};
use crate::programs::{Product, Programs};
use crate::sections::word;
use crate::workload::{Kind, RELEASE, Workload};

/// Where the bounds are kept, below the repository's root.
const BOUNDS: &str = "harness/bench/guard.json";
const ROWS: u64 = 2_000;
const CASE_FILES: u64 = 500;

/// What is counted: a name, a phase, and whether its workload is of case files.
const GUARDED: [(&str, Phase, Kind); 8] = [
    ("load-rows", Phase::Load, Kind::TableWithFailures),
    ("load-case-files", Phase::Load, Kind::CaseFiles),
    ("judge", Phase::Judge, Kind::TableWithFailures),
    ("read-record", Phase::ReadRecord, Kind::TableWithFailures),
    ("residuals", Phase::Residuals, Kind::TableWithFailures),
    ("gate", Phase::Gate, Kind::TableWithFailures),
    ("junit", Phase::Junit, Kind::TableWithFailures),
    ("markdown", Phase::Markdown, Kind::TableWithFailures),
];

/// The file of bounds.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    /// How to make this file again.
    renew: String,
    /// How many times as many instructions a phase may need.
    factor: f64,
    /// How many it needed when this was written.
    instructions: BTreeMap<String, u64>,
}

impl Default for Bounds {
    fn default() -> Self {
        let renew = "cargo run --release -p fixgate-bench -- guard --renew".to_owned();
        Self { renew, factor: 1.3, instructions: BTreeMap::new() }
    }
}

/// Counts, and compares or renews.
pub(crate) fn guard(renew: bool, fixgate: Option<PathBuf>) -> Outcome<ExitCode> {
    let path = repository().join(BOUNDS);
    let fixgate = fixgate.map_or_else(build_fixgate, |given| given.canonicalize().so("cannot find fixgate"))?;
    let counted = count(&fixgate)?;
    if renew {
        let bounds = Bounds { instructions: counted, ..Bounds::default() };
        let text = serde_json::to_string_pretty(&bounds).so("the bounds have no JSON form")?;
        fs::write(&path, text + "\n").so(format!("cannot write {}", path.display()))?;
        println!("written: {BOUNDS}");
        return Ok(ExitCode::SUCCESS);
    }
    let text = fs::read_to_string(&path).so(format!("cannot read {}", path.display()))?;
    let bounds: Bounds = serde_json::from_str(&text).so(format!("{BOUNDS} is not as it should be"))?;
    let (text, holds) = compare(&bounds, &counted);
    print!("{text}");
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line for each phase, and whether all are within bounds. What only one of both sides knows is out of bounds.
fn compare(bounds: &Bounds, counted: &BTreeMap<String, u64>) -> (String, bool) {
    let mut text = String::new();
    let mut holds = true;
    for (name, count) in counted {
        let known = bounds.instructions.get(name).copied();
        let within = known.is_some_and(|known| *count as f64 <= known as f64 * bounds.factor);
        let ratio = known.map_or("never counted before".to_owned(), |known| format!("{:.2} x", *count as f64 / known as f64));
        let word = if within { "within" } else { "OUT OF" };
        text.push_str(&format!("{name:<16} {count:>14} instructions, {ratio}: {word} bounds ({} x)\n", bounds.factor));
        holds &= within;
    }
    for name in bounds.instructions.keys().filter(|name| !counted.contains_key(*name)) {
        text.push_str(&format!("{name:<16} has a bound and is not counted any more\n"));
        holds = false;
    }
    if !holds {
        text.push_str(&format!("if the phase is meant to need so many, renew the bounds: {}\n", bounds.renew));
    }
    (text, holds)
}

fn count(fixgate: &Path) -> Outcome<BTreeMap<String, u64>> {
    let scratch = tempfile::Builder::new().prefix("guard-").tempdir().so("cannot make a temporary directory")?;
    let programs = Programs::build(&scratch.path().join("programs"))?;
    let make = |name: &str, kind, scenarios| {
        Workload::make(scratch.path().join(name), kind, scenarios, &programs.product(Product::Tiny))
    };
    let rows = make("rows", Kind::TableWithFailures, ROWS)?;
    let cases = make("cases", Kind::CaseFiles, CASE_FILES)?;
    let mut signoff = programs.command(fixgate);
    signoff.current_dir(&rows.root).args(["signoff", RELEASE, "--candidate", "build", "--quiet", "--no-progress"]);
    programs.measure(&mut signoff, &[0, 1])?;
    let run = only_run(&rows.root)?;
    let counted = |(name, phase, kind): (&str, Phase, Kind)| {
        let tree = if kind == Kind::CaseFiles { &cases.root } else { &rows.root };
        let instructions = |part: &[&str]| instructions(scratch.path(), tree, phase, &run, part);
        // What the phase needs is what the process needs beyond its preparation.
        Ok((name.to_owned(), instructions(&[])?.saturating_sub(instructions(&["--prepare-only"])?)))
    };
    GUARDED.into_iter().map(counted).collect()
}

/// The instructions of a process that performs one phase.
fn instructions(scratch: &Path, tree: &Path, phase: Phase, run: &str, part: &[&str]) -> Outcome<u64> {
    let out = scratch.join("callgrind.out");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(env::current_exe().so("cannot find this program")?);
    command.args(["phase", &word(phase), "--run", run]).arg("--tree").arg(tree).args(part);
    let output = command.env("RAYON_NUM_THREADS", "1").output().so("cannot run valgrind (Debian's package valgrind)")?;
    if !output.status.success() {
        return Err(Failure::new(format!("{} failed: {}", word(phase), String::from_utf8_lossy(&output.stderr))));
    }
    let text = fs::read_to_string(&out).so("cannot read what valgrind counted")?;
    summary(&text).ok_or_else(|| Failure::new(format!("valgrind counted nothing for {}", word(phase))))
}

/// The total of a callgrind profile, over all threads.
fn summary(profile: &str) -> Option<u64> {
    let totals = profile.lines().filter_map(|line| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")));
    totals.map(|total| total.trim().parse().ok()).next()?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn more_than_the_bound_fails_and_so_does_what_only_one_side_knows() {
        let bounds = Bounds { instructions: counts(&[("judge", 1_000)]), ..Bounds::default() };
        let holds = |counted: &[(&str, u64)]| compare(&bounds, &counts(counted)).1;
        assert!(holds(&[("judge", 1_300)]));
        assert!(!holds(&[("judge", 1_301)]));
        assert!(!holds(&[("judge", 1_000), ("gate", 1)]));
        assert!(!holds(&[]));
        let (text, _) = compare(&bounds, &counts(&[("judge", 2_000)]));
        assert!(text.contains("2.00 x: OUT OF bounds") && text.contains("guard --renew"), "{text}");
    }

    #[test]
    fn the_bounds_are_those_of_the_phases_that_are_counted() {
        let text = fs::read_to_string(repository().join(BOUNDS)).unwrap();
        let bounds: Bounds = serde_json::from_str(&text).unwrap();
        let mut names: Vec<&str> = GUARDED.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        assert_eq!(bounds.instructions.keys().map(String::as_str).collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_profile_tells_its_total() {
        assert_eq!(summary("version: 1\nsummary: 1234\n\ntotals: 1234\n"), Some(1234));
        assert_eq!(summary("version: 1\n"), None);
    }
}
