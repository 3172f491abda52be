//! Bugs that Fixgate had. Each test is named by what went wrong, and failed before the fix.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where the code under test may not")]

#[path = "../common/mod.rs"]
mod common;

mod builds;
mod circumstances;
mod committed;
mod definitions;
mod documents;
mod evidence;
mod identity;
mod processes;
mod shown;
mod surroundings;
