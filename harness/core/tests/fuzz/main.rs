//! Every parser of the core, fed with what valid input becomes by mutation, and with noise: it gives a value or says what is
//! wrong and where; it never panics.
//!
//! `cargo test` tries a few hundred inputs for each. `PROPTEST_CASES=100000 cargo test --release -p fixgate-core --test fuzz`
//! tries as many as it says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test may panic as the test may")]

#[path = "../common/mod.rs"]
mod common;
mod bombs;
mod journals;
mod mutate;
mod records;
mod seeds;
mod statements;
mod words;
