//! Programs of others that read what Fixgate writes, and the Python in which they run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Reads a statement, or an envelope with a key, as in-toto does.
pub(crate) fn in_toto(arguments: &[&Path]) -> Output {
    const SCRIPT: &str = include_str!("intoto.py");
    let python = python_with("in-toto", &["in-toto-attestation==0.9.3", "securesystemslib==1.6.0", "cryptography==46.0.3"]);
    Command::new(python).args(["-c", SCRIPT]).args(arguments).output().unwrap()
}

/// Checks documents against a JSON Schema. Of a file whose name ends in `.jsonl` each line is one.
pub(crate) fn json_schema(schema: &Path, documents: &[PathBuf]) -> Output {
    const SCRIPT: &str = include_str!("jsonschema.py");
    let python = python_with("jsonschema", &["jsonschema==4.25.1"]);
    Command::new(python).args(["-c", SCRIPT]).arg(schema).args(documents).output().unwrap()
}

/// A Python with these packages, installed below the target directory under this name.
pub(crate) fn python_with(name: &str, packages: &[&str]) -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = environment.join("bin").join("python");
    let run = |command: &mut Command| {
        let install = "install python3 with its venv module, for instance: apt-get install python3 python3-venv";
        let output = command.output().unwrap_or_else(|reason| panic!("{command:?} cannot start: {reason}; {install}"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    if !environment.join("installed").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages));
        fs::write(environment.join("installed"), "").unwrap();
    }
    python
}
