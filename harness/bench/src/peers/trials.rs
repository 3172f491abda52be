//! libtest-mimic with `Command::output`, in one process: the crate's example `trials`.

use super::{Missing, Ready, Setup, must};
use crate::context::{cargo, target_directory};
use crate::failure::Outcome;

/// What the example is told, by the environment.
pub(super) fn environment(setup: &Setup) -> Vec<(String, String)> {
    let told = [("BENCH_PRODUCT", setup.product()), ("BENCH_SCENARIOS", setup.scenarios.to_string())];
    told.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

pub(super) fn prepare(setup: &Setup) -> Result<Ready, Missing> {
    let build = || -> Outcome<_> {
        must(&mut cargo(&["build", "--quiet", "--package", "fixgate-bench", "--example", "trials"]))?;
        Ok(target_directory()?.join("examples/trials"))
    };
    let install = "cargo build --release --package fixgate-bench --example trials";
    let program = build().map_err(|failure| Missing::new(failure, install))?;
    let jobs = format!("--test-threads={}", setup.jobs);
    let arguments = vec![jobs.into(), "--quiet".into()];
    let says = format!("{} passed", setup.scenarios);
    let version = "libtest-mimic, one process".to_owned();
    Ok(Ready { version, program, arguments, environment: environment(setup), says })
}
