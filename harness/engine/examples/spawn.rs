//! Runs one program many times, to be compared with the spawn floor of the same machine in the same minute.
//!
//! usage: `spawn WORKERS COUNT PROGRAM [ARGUMENT...]`

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fixgate_engine::process::{Command, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [workers, count, program, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: spawn WORKERS COUNT PROGRAM [ARGUMENT...]");
        return ExitCode::from(2);
    };
    let (Ok(workers), Ok(count)) = (workers.parse::<u64>(), count.parse::<u64>()) else {
        eprintln!("WORKERS and COUNT are numbers");
        return ExitCode::from(2);
    };
    let (started, captured) = (AtomicU64::new(0), AtomicU64::new(0));
    let program = PathBuf::from(program);
    let environment: Vec<(String, String)> = env::vars().collect();
    let command = Command {
        program: &program,
        arguments: rest,
        environment: &environment,
        directory: Path::new("/"),
        input: None,
        timeout: Duration::from_secs(60),
        output_limit: 1 << 20,
    };
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while started.fetch_add(1, Ordering::Relaxed) < count {
                    match run(&command) {
                        Ok(outcome) => {
                            let bytes = outcome.stdout.len() + outcome.stderr.len();
                            captured.fetch_add(bytes as u64, Ordering::Relaxed)
                        }
                        Err(error) => panic!("{error}"),
                    };
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let rate = count as f64 / seconds;
    println!("{count} processes {seconds:.3} s {rate:.0}/s {} bytes", captured.into_inner());
    ExitCode::SUCCESS
}
