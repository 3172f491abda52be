//! The `fixgate` command.

use std::process::ExitCode;

use fixgate_engine::Memory;
use mimalloc::MiMalloc;

/// A ledger is millions of small values, made by all threads at once: the system's allocator takes twice as long over them.
#[global_allocator]
static ALLOCATOR: Memory<MiMalloc> = Memory { allocator: MiMalloc, none_left: fixgate::no_memory_left };

fn main() -> ExitCode {
    fixgate::main()
}
