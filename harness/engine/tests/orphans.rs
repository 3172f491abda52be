//! That nothing outlives a program, not even a daemon. One test, alone in its process: it ends every child there.
#![allow(clippy::expect_used, reason = "a helper of a test fails by panicking")]

use std::fs;
use std::time::Duration;

use camino::Utf8Path;
use fixgate_engine::orphans::{self, Reach};
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
fn daemons_end_when_they_shall() {
    let place = tempfile::tempdir().expect("a temporary directory");
    orphans::adopt().expect("any process may");
    let command = Command {
        program: "/bin/sh".into(),
        arguments: vec!["-c".to_owned(), SCRIPT.to_owned()],
        environment: Vec::new(),
        directory: Utf8Path::from_path(place.path()).expect("a text path").to_owned(),
        timeout: Duration::from_secs(120),
        output_limit: 1 << 20,
    };
    let outcome = run(&command, None).expect("/bin/sh starts");
    assert_eq!(outcome.ending, Ending::Exited(0));
    let text = String::from_utf8(outcome.stdout).expect("numbers");
    let daemons: Vec<String> = text.lines().map(|id| format!("/proc/{id}")).collect();
    assert_eq!(daemons.len(), 2, "{text}");
    assert!(daemons.iter().all(|daemon| fs::exists(daemon).expect("readable")));

    assert!(orphans::end(Reach::Everything).expect("readable") >= 3);
    assert!(!daemons.iter().any(|daemon| fs::exists(daemon).expect("readable")));
    assert_eq!(orphans::end(Reach::Everything).expect("readable"), 0);
}
