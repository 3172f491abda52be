//! Faults of the machine and of the harness itself: full, broken and read-only disks, kills, signals, clocks, memory.
//!
//! Nothing in the harness knows of these tests: what goes wrong is done to it from outside, by the system.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where the code under test may not")]

#[path = "../common/mod.rs"]
mod common;

mod change;
mod disk;
mod everywhere;
mod kills;
mod memory;
mod product;
mod signals;
mod spoil;
