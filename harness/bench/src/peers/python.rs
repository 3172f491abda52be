//! The Python harnesses: one virtual environment for all of them.

use std::path::PathBuf;
use std::process::Command;

use super::{Missing, Setup, must};
use crate::failure::Outcome;

impl Setup {
    /// The program of a Python package, installed if it is not there, and its version.
    pub(super) fn python_program(&self, packages: &[&str], program: &str) -> Result<(PathBuf, String), Missing> {
        let environment = self.installed.join("python");
        let path = environment.join("bin").join(program);
        let pip = environment.join("bin/pip");
        let install = format!("python3 -m venv {} && {} install {}", environment.display(), pip.display(), packages.join(" "));
        let obtain = || -> Outcome<String> {
            if !pip.is_file() {
                must(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
            }
            must(Command::new(&pip).args(["install", "--quiet"]).args(packages))?;
            must(Command::new(&pip).args(["list", "--format", "freeze"]))
        };
        let listed = obtain().map_err(|failure| Missing::new(failure, install))?;
        let of = |package: &&str| listed.lines().find(|line| line.split("==").next() == Some(package)).unwrap_or_default();
        let versions: Vec<&str> = packages.iter().map(of).collect();
        Ok((path, versions.join(" ").replace("==", " ")))
    }
}
