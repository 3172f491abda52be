//! `fixgate completions` and `fixgate man`: the command line as shells and `man` read it.

use std::fs;
use std::io;

use camino::Utf8Path;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use fixgate_engine::fault::Fault;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::session::Session;

/// Prints the completions for a shell.
pub(super) fn completions(session: &Session, shell: Shell) -> Result<Exit, Fault> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "fixgate", &mut script);
    session.output.result_by(|output| output.write_all(&script))?;
    Ok(Exit::Success)
}

/// Writes the manual pages into a directory, which is made if need be.
pub(super) fn man(directory: &Utf8Path) -> Result<Exit, Fault> {
    let refused =
        |reason: io::Error| Fault::system(format!("the manual pages cannot be written to {directory}: {reason}"), &reason);
    fs::create_dir_all(directory).map_err(refused)?;
    clap_mangen::generate_to(Arguments::command(), directory).map_err(refused)?;
    Ok(Exit::Success)
}
