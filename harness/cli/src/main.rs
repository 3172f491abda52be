//! The `fixgate` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    fixgate::main()
}
