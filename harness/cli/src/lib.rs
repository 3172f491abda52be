//! Fixgate for people: the `fixgate` command, and the [`libtest`] view for `cargo test`.

mod arguments;
mod clock;
mod commands;
mod exit;
pub mod libtest;
mod output;
mod progress;
mod session;

use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::session::Session;

/// Runs the command that the process's arguments ask for.
pub fn main() -> ExitCode {
    if let Some(exit) = fixgate_engine::worker::serve_if_asked() {
        return exit;
    }
    if let Err(fault) = fixgate_engine::prepare() {
        output::Output::plain().fault(&fault);
        return exit::Exit::of(&fault).into();
    }
    panic::set_hook(Box::new(|panic| {
        let help = "if memory or threads had run out, let it have more; otherwise this is a defect of Fixgate: please report it";
        let _ = writeln!(io::stderr(), "void: Fixgate {panic}\nhelp: {help}");
        exit::Exit::Void.now()
    }));
    let arguments = Arguments::parse();
    let output = output::Output::new(&arguments.common);
    let done =
        Session::new(arguments.common, output).and_then(|session| commands::run(&session, arguments.command.unwrap_or_default()));
    match done {
        Ok(exit) => exit.into(),
        Err(fault) => {
            output.fault(&fault);
            exit::Exit::of(&fault).into()
        }
    }
}

/// Ends this process where there is no memory left: that is no answer, and what was recorded before stays.
pub fn no_memory_left() -> ! {
    const SAID: &[u8] = b"void: there is no memory left\n\
        help: let it have more, then run the same command again; a run that had begun goes on with --resume and its name\n";
    let _ = io::stderr().write_all(SAID);
    exit::Exit::Void.now()
}
