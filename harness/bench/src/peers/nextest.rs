//! cargo-nextest: the trials of libtest-mimic, each in a process of its own that starts the product in turn.

use std::process::Command;

use super::{Missing, Ready, Setup, must, trials};
use crate::context::{cargo, repository};
use crate::failure::Outcome;

pub(super) fn prepare(setup: &Setup) -> Result<Ready, Missing> {
    // nextest calls cargo's release profile by another name of the option.
    let build = || -> Outcome<String> {
        let version = must(Command::new("cargo-nextest").args(["nextest", "--version"]))?;
        let words = ["nextest", "run", "--package", "fixgate-bench", "--example", "trials", "--no-run"];
        must(cargo(&words).envs(trials::environment(setup)))?;
        Ok(version.lines().next().unwrap_or_default().to_owned())
    };
    let version = build().map_err(|failure| Missing::new(failure, "cargo install cargo-nextest --locked"))?;
    let manifest = repository().join("Cargo.toml").display().to_string();
    let jobs = setup.jobs.to_string();
    let mut arguments = vec!["nextest", "run", "--locked", "--manifest-path", &manifest];
    arguments.extend(["--package", "fixgate-bench", "--example", "trials", "--test-threads", &jobs]);
    arguments.extend(["--status-level", "fail", "--final-status-level", "fail", "--show-progress", "none"]);
    if !cfg!(debug_assertions) {
        arguments.push("--release");
    }
    let says = format!("{} passed", setup.scenarios);
    let (program, environment) = ("cargo-nextest".into(), trials::environment(setup));
    Ok(Ready { version, program, arguments: arguments.into_iter().map(Into::into).collect(), environment, says })
}
