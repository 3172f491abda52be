//! Other harnesses on the same scenarios: the same program, arguments and expected output.

mod bats;
mod lit;
mod nextest;
mod prysk;
mod pytest;
mod python;
mod trials;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::arguments::Peer;
use crate::context::{Context, target_directory};
use crate::failure::{Failure, Outcome, While};
use crate::programs::{Measured, Product};
use crate::statistics::Spread;
use crate::table::{Table, Unit};
use crate::workload::Kind;

/// What a harness is set up with.
struct Setup {
    /// An empty directory for its scenarios.
    directory: PathBuf,
    /// Where harnesses are installed, and stay.
    installed: PathBuf,
    /// The program under test.
    product: PathBuf,
    scenarios: u64,
    jobs: usize,
}

/// A harness that is ready to run.
struct Ready {
    /// Its name and version, as it tells them.
    version: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    /// What its output holds when every scenario passed.
    says: String,
}

/// A harness that is not available.
struct Missing {
    reason: String,
    /// The command that obtains it.
    install: String,
}

impl Missing {
    fn new(failure: Failure, install: impl Into<String>) -> Self {
        Self { reason: failure.0, install: install.into() }
    }
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Lit => "lit",
            Self::LitInProcess => "lit-in-process",
            Self::PytestXdist => "pytest-xdist",
            Self::Nextest => "nextest",
            Self::LibtestMimic => "libtest-mimic",
            Self::Bats => "bats",
            Self::Prysk => "prysk",
        }
    }

    fn prepare(self, setup: &Setup) -> Result<Ready, Missing> {
        match self {
            Self::Lit => lit::prepare(setup, lit::Form::Shell),
            Self::LitInProcess => lit::prepare(setup, lit::Form::InProcess),
            Self::PytestXdist => pytest::prepare(setup),
            Self::Nextest => nextest::prepare(setup),
            Self::LibtestMimic => trials::prepare(setup),
            Self::Bats => bats::prepare(setup),
            Self::Prysk => prysk::prepare(setup),
        }
    }
}

/// Fixgate, another, Fixgate, another, …, for each of the others.
pub(crate) fn compare(context: &Context, table: &mut Table) -> Outcome<()> {
    let options = &context.options;
    let scenarios = options.peer_scenarios;
    let workload = context.workload(Kind::Table, scenarios, Product::Line)?;
    let own = context.run(&workload, context.jobs)?.seconds;
    table.add_one("peers/fixgate", scenarios, Unit::Seconds, own, "a whole run, for scale");
    let installed = match &options.peers_dir {
        Some(directory) => directory.clone(),
        None => target_directory()?.with_file_name("bench").join("peers"),
    };
    fs::create_dir_all(&installed).so(format!("cannot make {}", installed.display()))?;
    let installed = installed.canonicalize().so(format!("cannot find {}", installed.display()))?;
    let peers = if options.peers.is_empty() { Peer::value_variants() } else { &options.peers };
    for peer in peers {
        let name = format!("peers/{}", peer.name());
        let directory = context.directory(peer.name())?;
        let product = context.programs.product(Product::Line);
        let setup = Setup { directory, installed: installed.clone(), product, scenarios, jobs: context.jobs };
        let ready = match peer.prepare(&setup) {
            Ok(ready) => ready,
            Err(Missing { reason, install }) => {
                table.add_missing(
                    &name,
                    scenarios,
                    Unit::Ratio,
                    format!("{}: {install}", reason.trim().lines().last().unwrap_or_default()),
                );
                continue;
            }
        };
        let pair = |_| {
            let ours = context.run(&workload, context.jobs)?.seconds;
            let theirs = run(context, &setup, &ready)?.seconds;
            Ok((theirs / ours, theirs))
        };
        match (0..options.peer_pairs).map(pair).collect::<Outcome<Vec<(f64, f64)>>>() {
            Ok(pairs) => {
                let (ratios, walls): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
                let note = format!("{}: {:.2} s", ready.version, Spread::of(&walls).median);
                table.add(&name, scenarios, Unit::Ratio, Spread::of(&ratios), note);
            }
            Err(Failure(reason)) => table.add_missing(&name, scenarios, Unit::Ratio, format!("{}: {reason}", ready.version)),
        }
    }
    context.discard(workload)
}

/// Runs a harness, and makes sure that it ran everything.
fn run(context: &Context, setup: &Setup, ready: &Ready) -> Outcome<Measured> {
    let mut command = context.programs.command(&ready.program);
    command.args(&ready.arguments).envs(ready.environment.iter().cloned()).current_dir(&setup.directory);
    let measured = context.programs.measure(&mut command, &[0])?;
    let said = context.programs.last_output();
    if said.contains(&ready.says) {
        return Ok(measured);
    }
    Err(Failure::new(format!("{} did not say {:?}: {said}", ready.version, ready.says)))
}

impl Setup {
    /// Writes a file for the harness.
    fn put(&self, name: &str, text: &str) -> Outcome<()> {
        let path = self.directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).so(format!("cannot make {}", parent.display()))?;
        }
        fs::write(&path, text).so(format!("cannot write {}", path.display()))
    }

    fn product(&self) -> String {
        self.product.display().to_string()
    }
}

/// Runs a command of an installation to its end.
fn must(command: &mut std::process::Command) -> Outcome<String> {
    let output = command.output().so(format!("cannot run {}", Path::new(command.get_program()).display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(Failure::new(text(&output.stderr))) }
}
