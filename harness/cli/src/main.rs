//! The `fixgate` command.

use std::process::ExitCode;

/// A ledger is millions of small values, made by all threads at once: the system's allocator takes twice as long over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fixgate::main()
}
