//! The tests of this crate that need no process of their own: one binary, as each costs a link and runs alone.
//! A test holds that no file below this directory is left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where the code under test may not")]

mod accept;
mod ancestry;
mod attacks;
mod attestations;
mod attribute;
mod bad_attestations;
mod bad_input;
mod bad_records;
mod bad_usage;
mod bombs;
mod causes;
mod builds;
mod commands;
mod common;
mod contents;
mod crash;
mod documented;
mod explain;
mod faults;
mod formats;
mod history;
mod hostile;
mod identify;
mod imports;
mod isolation;
mod nightly;
mod packs;
mod page;
mod private_fix;
mod prove;
mod readers;
mod regressions;
mod rollup;
mod schemas;
mod seals;
mod series;
mod servicing_of_ripgrep;
mod shards;
mod shell;
mod signoff;
mod site;
mod style;
mod suites;
mod threats;

mod tidy;
mod trackers;
mod validation_reports;
mod verifiers;
mod void;
mod waive;
