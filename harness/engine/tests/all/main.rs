//! The tests of this crate that need no process of their own: one binary, as each costs a link and runs alone.
//! A test holds that no file below this directory is left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where the code under test may not")]

mod attachments;
mod build;
mod history;
mod journal;
mod workdir;
