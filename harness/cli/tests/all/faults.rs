//! Faults of the machine and of the harness itself: full, broken and read-only disks, kills, signals, clocks, memory.
//!
//! Nothing in the harness knows of these tests: what goes wrong is done to it from outside, by the system.

mod change;
mod disk;
mod everywhere;
mod kills;
mod memory;
mod product;
mod signals;
mod spoil;
