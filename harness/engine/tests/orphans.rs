//! That nothing outlives a run, not even a daemon. One test, alone in its process: it ends every orphan there.
#![allow(clippy::expect_used, reason = "a helper of a test fails by panicking")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command as StdCommand;
use std::time::Duration;

use fixgate_engine::orphans;
use fixgate_engine::process::{Command, Ending, run};

/// Starts a daemon in a session of its own that starts another below it; both ignore what can be ignored, and the
/// program ends when they are ready.
const SCRIPT: &str = r#"
mkfifo ready
setsid sh -c 'trap "" TERM HUP; echo $$; setsid sh -c "trap \"\" TERM; echo \$\$; echo >ready; sleep 1000" & wait' &
read line <ready
sleep 1000 &
"#;

#[test]
fn daemons_end_with_the_run_and_programs_still_running_do_not() {
    let place = tempfile::tempdir().expect("a temporary directory");
    orphans::adopt().expect("any process may");
    let outcome = run(&Command {
        program: Path::new("/bin/sh"),
        arguments: &["-c".to_owned(), SCRIPT.to_owned()],
        environment: &[],
        directory: place.path(),
        input: None,
        timeout: Duration::from_secs(120),
        output_limit: 1 << 20,
    })
    .expect("/bin/sh starts");
    assert_eq!(outcome.ending, Ending::Exited(0));
    let text = String::from_utf8(outcome.stdout).expect("numbers");
    let daemons: Vec<String> = text.lines().map(|id| format!("/proc/{id}")).collect();
    assert_eq!(daemons.len(), 2, "{text}");
    assert!(daemons.iter().all(|daemon| fs::exists(daemon).expect("readable")));

    let mut own = StdCommand::new("/bin/cat");
    let mut own = own.process_group(0).stdin(std::process::Stdio::piped()).spawn().expect("it starts");
    assert!(orphans::end().expect("readable") >= 3);
    assert!(!daemons.iter().any(|daemon| fs::exists(daemon).expect("readable")));
    assert_eq!(orphans::bury().expect("readable"), 0);
    // Its input is closed here; a killed one would not exit by itself.
    assert!(own.wait().expect("our child").success());
}
