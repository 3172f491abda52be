//! Kept results, and what the harness inherits.

mod inherited;
mod kept;
mod strict;
