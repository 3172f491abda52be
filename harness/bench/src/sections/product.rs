//! The product tree: a real test product with real builds. It is measured in a clone, so that nothing is left in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixgate_core::record::Entry;
use fixgate_engine::load::load;
use fixgate_engine::run;
use serde_json::Value;

use crate::context::{Context, Place, only_run, repository};
use crate::failure::{Failure, Outcome, While};
use crate::replay::{BEFORE, CANDIDATE, Processes, tree};
use crate::statistics::Spread;
use crate::table::{Table, Unit};

/// One scenario: what a person waits for beyond the product itself.
pub(super) fn one(context: &Context, table: &mut Table) -> Outcome<()> {
    const RUNS: u64 = 3;
    let root = match clone(context, &[CANDIDATE])? {
        Ok(root) => root,
        Err(missing) => {
            table.add_missing("one", 1, Unit::Seconds, missing);
            return Ok(());
        }
    };
    let scenario = first_scenario(context, &root)?;
    let (mut beyond, mut canaries) = (Vec::new(), Vec::new());
    for _ in 0..context.options.pairs * RUNS {
        forget(&root.join("reports/runs"))?;
        let mut command = context.fixgate(&root, &["run", &scenario, "--candidate", CANDIDATE]);
        let whole = context.programs.measure(&mut command, &[0, 1])?.seconds;
        let (own, other) = product_seconds(&root, &scenario)?;
        beyond.push(whole - own);
        canaries.push(other);
    }
    let canaries = 1e3 * Spread::of(&canaries).median;
    let note =
        format!("{scenario} on {CANDIDATE}: wall less the product's own time; the canaries took the product {canaries:.0} ms");
    table.add("one", 1, Unit::Seconds, Spread::of(&beyond), note);
    Ok(())
}

/// The whole sign-off over as many processes of the product, and over the very same.
pub(super) fn signoff(context: &Context, table: &mut Table) -> Outcome<()> {
    let root = match clone(context, &[CANDIDATE, BEFORE])? {
        Ok(root) => root,
        Err(missing) => {
            table.add_missing("signoff", 0, Unit::Ratio, missing);
            return Ok(());
        }
    };
    let ledger = load(&tree(&root)?).so("cannot load the product tree")?;
    let processes = Processes::of(&ledger)?;
    let (scenarios, count) = (processes.planned, processes.count());
    let product = root.join(format!(".fixgate/builds/{CANDIDATE}/bin/rg")).display().to_string();
    // The number that each process of the floor gets as its last argument is here how many lines may match.
    let words = [product.as_str(), "--no-config", "-n", "-e", "one", "a.txt", "--max-count"];
    let (mut floors, mut walls, mut same) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..context.options.peer_pairs {
        floors.push(context.floor_of(&words, count, context.jobs, Place::WithFiles)?.seconds);
        forget(&root.join("reports/runs"))?;
        forget(&root.join(".fixgate/baselines"))?;
        let mut command = context.fixgate(&root, &["signoff", CANDIDATE, "--jobs", &context.jobs.to_string()]);
        walls.push(context.programs.measure(&mut command, &[0, 1])?.seconds);
        same.push(replayed(context, &root)?);
    }
    let wall = Spread::of(&walls).median;
    let mut add = |row, floors: &[f64], what: &str| {
        let ratios: Vec<f64> = walls.iter().zip(floors).map(|(wall, floor)| wall / floor).collect();
        let note = format!("{wall:.1} s over {:.1} s for {what}", Spread::of(floors).median);
        table.add(row, scenarios, Unit::Ratio, Spread::of(&ratios), note);
    };
    add("signoff", &floors, &format!("{count} processes of `rg --no-config -n -e one a.txt`"));
    add("signoff/same-processes", &same, &format!("its own {count} processes, each scenario in a directory with its files"));
    Ok(())
}

/// The seconds that the same processes take.
fn replayed(context: &Context, root: &Path) -> Outcome<f64> {
    let own = std::env::current_exe().so("cannot find this program")?;
    let output = Command::new(own).args(["replay", "--jobs", &context.jobs.to_string(), "--tree"]).arg(root).output();
    let output = output.so("cannot run this program")?;
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    said.trim().parse().so(format!("the processes cannot be run without Fixgate: {failed}"))
}

/// A clone of the product tree with these builds, or what is missing.
fn clone(context: &Context, builds: &[&str]) -> Outcome<Result<PathBuf, String>> {
    let origin = context.options.product_tree.clone().unwrap_or_else(repository);
    for build in builds {
        if !origin.join(".fixgate/builds").join(build).is_dir() {
            return Ok(Err(format!("no build {build} in {}; obtain it: fixgate build {build}", origin.display())));
        }
    }
    let root = context.directory("product")?;
    run_through(Command::new("git").args(["clone", "--quiet"]).args([&origin, &root]))?;
    for build in builds {
        // A build belongs to the place where it was made, so that here it is made by a copy.
        let record = root.join(format!("releases/{build}.toml"));
        let text = fs::read_to_string(&record).so("cannot read a release's record")?;
        let head = text.split_once("recipe").map_or(text.as_str(), |(head, _)| head);
        let recipe = serde_json::json!(["cp", "-a", origin.join(".fixgate/builds").join(build).join("."), "${out}"]);
        fs::write(&record, format!("{head}recipe = {recipe}\n")).so("cannot write a release's record")?;
    }
    // The sign-off is measured as it is made: of records that are committed.
    let person = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
    let commit = ["commit", "--quiet", "--all", "--message", "obtain the builds by copies"];
    run_through(Command::new("git").arg("-C").arg(&root).args(person).args(commit))?;
    run_through(Command::new(&context.fixgate).arg("-C").arg(&root).arg("build").args(builds))?;
    Ok(Ok(root))
}

fn run_through(command: &mut Command) -> Outcome<()> {
    let output = command.output().so(format!("cannot run {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr))))
}

/// The first scenario of the tree that is neither a canary nor one of many of its case.
fn first_scenario(context: &Context, root: &Path) -> Outcome<String> {
    let listed = Command::new(&context.fixgate).current_dir(root).args(["list", "--format", "json"]).output();
    let listed = listed.so("cannot list scenarios")?;
    let text = String::from_utf8_lossy(&listed.stdout);
    let ids = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?["id"].as_str().map(str::to_owned));
    let single = |id: &String| !id.starts_with("canary/") && !id.contains(['@', '#']);
    ids.into_iter().find(single).ok_or_else(|| Failure::new("the product tree lists no single scenario"))
}

/// How long the product itself took for a scenario, and for the canaries one after the other, by the record of the only run.
fn product_seconds(root: &Path, scenario: &str) -> Outcome<(f64, f64)> {
    let record = run::read(&tree(root)?, &only_run(root)?).so("cannot read the record")?;
    let (own, canaries): (Vec<_>, Vec<_>) = record.entries.iter().partition(|entry| entry.scenario.as_str() == scenario);
    let seconds = |entries: &[&Entry]| entries.iter().map(|entry| entry.seconds).sum();
    if own.is_empty() { Err(Failure::new(format!("{scenario} was not run"))) } else { Ok((seconds(&own), seconds(&canaries))) }
}

fn forget(path: &Path) -> Outcome<()> {
    if path.exists() { fs::remove_dir_all(path).so(format!("cannot remove {}", path.display())) } else { Ok(()) }
}
