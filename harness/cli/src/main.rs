//! The `fixgate` command.
fn main() {}
