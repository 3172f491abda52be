//! Every parser of the core, fed with what valid input becomes by mutation, and with noise: it gives a value or says what is
//! wrong and where; it never panics.
//!
//! `cargo test` tries a few hundred inputs for each. `PROPTEST_CASES=100000 cargo test --release -p fixgate-core fuzz::`
//! tries as many as it says.

mod bombs;
mod journals;
mod mutate;
mod records;
mod seeds;
mod statements;
mod words;
