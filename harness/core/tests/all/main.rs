//! The tests of this crate that need no process of their own: one binary, as each costs a link and runs alone.
//! A test holds that no file below this directory is left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where the code under test may not")]

mod attestations;
mod attribute;
mod case_errors;
mod cases;
mod classes;
mod common;
mod definitions;
mod edits;
mod fuzz;
mod gate;
mod history;
mod judging;
mod junit_consumers;
mod junit_crates;
mod junit_scenarios;
mod ledger;
mod night;
mod normalization;
mod notes;
mod other_formats;
mod processors;
mod properties;
mod records;
mod rules;
mod signoffs;
mod validation;
