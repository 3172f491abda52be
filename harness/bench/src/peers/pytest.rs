//! pytest with pytest-xdist: one parametrized test, spread over processes.

use super::{Missing, Ready, Setup};

const TEST: &str = r#"
import subprocess
import pytest

@pytest.mark.parametrize("number", range(SCENARIOS))
def test_row(number):
    done = subprocess.run([PRODUCT, "hello", "row", str(number)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"hello row {number}\n", "")
"#;

pub(super) fn prepare(setup: &Setup) -> Result<Ready, Missing> {
    let (program, version) = setup.python_program(&["pytest", "pytest-xdist"], "pytest")?;
    let text = format!("PRODUCT = {:?}\nSCENARIOS = {}\n{TEST}", setup.product(), setup.scenarios);
    setup.put("test_rows.py", &text).map_err(|failure| Missing::new(failure, "make room"))?;
    let jobs = setup.jobs.to_string();
    let arguments = ["-n", &jobs, "-q", "-p", "no:cacheprovider", "test_rows.py"].map(Into::into).to_vec();
    let says = format!("{} passed", setup.scenarios);
    Ok(Ready { version, program, arguments, environment: Vec::new(), says })
}
