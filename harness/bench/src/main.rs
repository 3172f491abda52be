//! The benchmark: what Fixgate takes over what the machine itself needs, and what others take over that.

mod arguments;
mod context;
mod failure;
mod goals;
mod guard;
mod machine;
mod peers;
mod phases;
mod programs;
mod replay;
mod sections;
mod statistics;
mod table;
mod workload;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};

use crate::arguments::{Arguments, Command, Options, Section};
use crate::context::{Context, build_fixgate, repository, target_directory};
use crate::failure::{Outcome, While};
use crate::machine::Machine;
use crate::table::Table;

fn main() -> ExitCode {
    // The phase that runs programs has workers, which are this executable.
    if let Some(exit) = fixgate_engine::worker::serve_if_asked() {
        return exit;
    }
    let Arguments { options, command } = Arguments::parse();
    let ended = match command {
        None => benchmark(options).map(|()| ExitCode::SUCCESS),
        Some(Command::Guard { renew, fixgate }) => guard::guard(renew, fixgate),
        Some(Command::Phase(arguments)) => phases::perform(&arguments).and_then(|reading| {
            println!("{}", serde_json::to_string(&reading).so("a reading has no JSON form")?);
            Ok(ExitCode::SUCCESS)
        }),
        Some(Command::Replay(arguments)) => replay::perform(&arguments).map(|seconds| {
            println!("{seconds}");
            ExitCode::SUCCESS
        }),
    };
    ended.unwrap_or_else(|failure| {
        eprintln!("error: {}", failure.0);
        ExitCode::from(2)
    })
}

/// Measures, shows and writes down. A goal that is not met is a figure like any other: it fails nothing.
fn benchmark(options: Options) -> Outcome<()> {
    let fixgate = match &options.fixgate {
        Some(given) => given.canonicalize().so(format!("cannot find {}", given.display()))?,
        None => build_fixgate()?,
    };
    let json = match &options.json {
        Some(given) => given.clone(),
        None => target_directory()?.with_file_name("bench").join("bench.json"),
    };
    let sections = if options.sections.is_empty() { Section::USUAL.to_vec() } else { options.sections.clone() };
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir().so("cannot make a temporary directory")?;
    let machine = Machine::describe(&repository(), &fixgate);
    let context = Context::new(options, fixgate, scratch.path())?;
    let mut table = Table::new(machine, context.jobs);
    let measured = sections.into_iter().try_for_each(|section| {
        let (begun, name) = (Instant::now(), section.to_possible_value());
        sections::measure(section, &context, &mut table)?;
        let name = name.map(|value| value.get_name().to_owned()).unwrap_or_default();
        eprintln!("{name}: {:.0} s", begun.elapsed().as_secs_f64());
        Ok(())
    });
    // What was measured before something failed is kept.
    write(&json, &table)?;
    print!("{}", table.text());
    eprintln!("written to {}", json.display());
    measured
}

fn write(path: &Path, table: &Table) -> Outcome<()> {
    let text = serde_json::to_string_pretty(table).so("the table has no JSON form")?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).so(format!("cannot make {}", parent.display()))?;
    }
    fs::write(path, text + "\n").so(format!("cannot write {}", path.display()))
}
