//! Readers of seals that are not ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs our script with the packages of others, installed below the target directory.
pub(crate) fn in_toto(arguments: &[&Path]) -> Output {
    const SCRIPT: &str = include_str!("intoto.py");
    const PACKAGES: [&str; 3] = ["in-toto-attestation==0.9.3", "securesystemslib==1.6.0", "cryptography==46.0.3"];
    let environment: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("in-toto");
    let python = environment.join("bin").join("python");
    let run = |command: &mut Command| {
        let output = command.output().unwrap_or_else(|reason| panic!("{command:?} cannot start: {reason}"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    if !environment.join("installed").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES));
        fs::write(environment.join("installed"), "").unwrap();
    }
    Command::new(&python).args(["-c", SCRIPT]).args(arguments).output().unwrap()
}
