//! bats, from npm. It reads a file again for each of its tests, so a file holds a hundred; GNU parallel runs several at a time where
//! it is installed, and without it bats knows no more than one.

use std::fmt::Write as _;
use std::process::Command;

use super::{Missing, Ready, Setup, must};
use crate::failure::{Failure, Outcome};
use crate::machine::first_line;

const IN_A_FILE: u64 = 100;

pub(super) fn prepare(setup: &Setup) -> Result<Ready, Missing> {
    let prefix = setup.installed.join("node");
    let program = prefix.join("node_modules/bats/bin/bats");
    let obtain = || -> Outcome<String> {
        if !program.is_file() {
            must(Command::new("npm").args(["install", "--silent", "--no-save", "--prefix"]).arg(&prefix).arg("bats"))?;
        }
        write(setup)?;
        must(Command::new(&program).arg("--version"))
    };
    let install = format!("npm install --prefix {} bats", prefix.display());
    let version = obtain().map_err(|failure| Missing::new(failure, install))?.trim().to_owned();
    let parallel = first_line(Command::new("parallel").arg("--version"));
    let (jobs, how) = match (setup.jobs, parallel.as_str()) {
        (1, _) => (None, "one at a time".to_owned()),
        (_, "") => (None, "one at a time, as GNU parallel is missing: apt-get install parallel".to_owned()),
        (jobs, parallel) => (Some(jobs.to_string()), parallel.to_owned()),
    };
    let mut arguments: Vec<std::ffi::OsString> = vec!["--formatter".into(), "tap".into()];
    arguments.extend(jobs.into_iter().flat_map(|jobs| ["--jobs".into(), jobs.into()]));
    arguments.push(".".into());
    let says = format!("ok {} row {}\n", setup.scenarios, setup.scenarios - 1);
    Ok(Ready { version: format!("{version}, {how}"), program, arguments, environment: Vec::new(), says })
}

fn write(setup: &Setup) -> Outcome<()> {
    if setup.product().contains('\'') {
        return Err(Failure::new("the path of the product cannot be quoted"));
    }
    let product = setup.product();
    for (file, first) in (0..setup.scenarios).step_by(IN_A_FILE as usize).enumerate() {
        let mut text = String::new();
        for number in first..(first + IN_A_FILE).min(setup.scenarios) {
            let _ = write!(
                text,
                "@test 'row {number}' {{\n  run --separate-stderr '{product}' hello row {number}\n  \
                 [ \"$status\" -eq 0 ] && [ \"$output\" = 'hello row {number}' ] && [ -z \"$stderr\" ]\n}}\n"
            );
        }
        setup.put(&format!("rows-{file:05}.bats"), &format!("bats_require_minimum_version 1.5.0\n{text}"))?;
    }
    Ok(())
}
