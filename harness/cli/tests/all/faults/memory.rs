//! A harness that is given too little memory, or too few processes.

use std::process::Command;

use crate::common::{Product, Said};
use crate::faults::everywhere::{Subject, ready};

/// Runs the command by a shell that sets a limit first.
fn limited(product: &Product, limit: &str, arguments: &[&str]) -> Said {
    let fixgate = product.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")]).arg(fixgate.get_program()).args(fixgate.get_args());
    product.said(&shell.current_dir(product.path("")).output().unwrap())
}

#[test]
fn with_too_little_memory_a_run_is_void_and_goes_on_with_more() {
    let subject = Subject::run();
    let starts = |mebibytes: &u32| limited(&subject.before, &format!("-v {}", mebibytes * 1024), &["--version"]).code == Some(0);
    let least = (8..256).find(starts).unwrap();
    let mut voids = 0;
    for mebibytes in least..least + 24 {
        let product = ready(&subject.before);
        let said = limited(&product, &format!("-v {}", mebibytes * 1024), subject.arguments);
        let place = format!("with {mebibytes} MiB, of which {least} MiB start it:\n{}{}", said.stdout, said.stderr);
        // Where not even the stack can grow, or the C library has no room for a thread's own, the process ends by a signal: that is
        // no answer either.
        assert!([Some(subject.exit), Some(3), None].contains(&said.code), "{:?} {place}", said.code);
        voids += u32::from(said.code == Some(3));
        assert!(said.code != Some(3) || said.stderr.contains("void: ") || said.stdout.contains("VOID, "), "{place}");
        // What a worker could not be started for has its verdict, `error`, and stays void.
        if !product.runs().iter().any(|run| product.read(&format!("reports/runs/{run}/journal.jsonl")).contains("footer")) {
            subject.goes_on(&product, &place);
        }
    }
    assert!(voids > 0, "{least} MiB were enough");
}
