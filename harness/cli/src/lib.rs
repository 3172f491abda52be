//! Fixgate for people: the `fixgate` command, and the [`libtest`] view for `cargo test`.

mod arguments;
mod commands;
mod exit;
pub mod libtest;
mod output;
mod progress;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::session::Session;

/// Runs the command that the process's arguments ask for.
pub fn main() -> ExitCode {
    if let Some(exit) = fixgate_engine::worker::serve_if_asked() {
        return exit;
    }
    let arguments = Arguments::parse();
    let output = output::Output::new(&arguments.common);
    let done = Session::new(arguments.common, output).and_then(|session| commands::run(&session, arguments.command));
    match done {
        Ok(exit) => exit.into(),
        Err(fault) => {
            output.fault(&fault);
            exit::Exit::of(&fault).into()
        }
    }
}
