//! LLVM's lit: with its shell tests, as it is used; and with a test format of our own, which compares in lit itself and needs no
//! second process for it.

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

/// Lit's own format: a shell test, which lit's internal shell runs, and a second process that compares.
const SHELL_CONFIGURATION: &str = r#"
import os
import lit.formats

config.name = "rows"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".row"]
config.test_source_root = os.path.dirname(__file__)
"#;

/// How its tests are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// As shell tests, which is what lit is made for.
    Shell,
    /// With a test format of our own, the leanest that can be.
    InProcess,
}

pub(super) fn prepare(setup: &Setup, form: Form) -> Result<Ready, Missing> {
    let (program, version) = setup.python_program(&["lit"], "lit")?;
    write(setup, form).map_err(|failure| Missing::new(failure, "make room"))?;
    let jobs = setup.jobs.to_string();
    let arguments = ["-j", &jobs, "--succinct", "--no-progress-bar", "--order", "lexical", "--skip-test-time-recording", "."];
    let says = format!("Passed: {} (100.00%)", setup.scenarios);
    Ok(Ready { version, program, arguments: arguments.map(Into::into).to_vec(), environment: Vec::new(), says })
}

fn write(setup: &Setup, form: Form) -> Outcome<()> {
    let product = setup.product();
    let row = |number: u64| match form {
        Form::Shell => format!("RUN: {product} hello row {number} | grep -Fxq 'hello row {number}'\n"),
        Form::InProcess => format!("hello row {number}\nhello row {number}\n"),
    };
    match form {
        Form::Shell => setup.put("lit.cfg.py", SHELL_CONFIGURATION)?,
        Form::InProcess => {
            setup.put("compared.py", &format!("PRODUCT = {product:?}\n{FORMAT}"))?;
            setup.put("lit.cfg.py", CONFIGURATION)?;
        }
    }
    (0..setup.scenarios).try_for_each(|number| setup.put(&format!("row-{number}.row"), &row(number)))
}
