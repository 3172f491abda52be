//! LLVM's lit, with a test format of its own: a process for each scenario and a comparison in lit itself. Its shell tests would
//! need a second process to compare, and be slower for it.

use super::{Missing, Ready, Setup};
use crate::failure::Outcome;

/// In a module of its own, as lit's workers have to find the class by its name.
const FORMAT: &str = r#"
import subprocess
import lit.Test, lit.formats

class Compared(lit.formats.FileBasedTest):
    def execute(self, test, lit_config):
        with open(test.getSourcePath()) as file:
            arguments, expected = file.read().split("\n", 1)
        done = subprocess.run([PRODUCT, *arguments.split(" ")], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if (done.returncode, done.stdout, done.stderr) == (0, expected, ""):
            return lit.Test.PASS, ""
        return lit.Test.FAIL, done.stdout
"#;

const CONFIGURATION: &str = r#"
import os, sys
sys.path.insert(0, os.path.dirname(__file__))
from compared import Compared

config.name = "rows"
config.test_format = Compared()
config.suffixes = [".row"]
config.test_source_root = os.path.dirname(__file__)
"#;

pub(super) fn prepare(setup: &Setup) -> Result<Ready, Missing> {
    let (program, version) = setup.python_program(&["lit"], "lit")?;
    write(setup).map_err(|failure| Missing::new(failure, "make room"))?;
    let jobs = setup.jobs.to_string();
    let arguments = ["-j", &jobs, "--succinct", "--no-progress-bar", "--order", "lexical", "--skip-test-time-recording", "."];
    let says = format!("Passed: {} (100.00%)", setup.scenarios);
    Ok(Ready { version, program, arguments: arguments.map(Into::into).to_vec(), environment: Vec::new(), says })
}

fn write(setup: &Setup) -> Outcome<()> {
    setup.put("compared.py", &format!("PRODUCT = {:?}\n{FORMAT}", setup.product()))?;
    setup.put("lit.cfg.py", CONFIGURATION)?;
    (0..setup.scenarios)
        .try_for_each(|number| setup.put(&format!("row-{number}.row"), &format!("hello row {number}\nhello row {number}\n")))
}
