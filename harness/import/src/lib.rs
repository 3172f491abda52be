//! What other programs wrote, read as they mean it: results of tests, and records of defects.
//!
//! Bytes come in and values go out, as in the core; parsers of foreign formats stay out of what decides. A result counts as good only if
//! its producer said so: what hides a failure, is cut off or contradicts itself is an error, or refused with its place.

mod ctrf;
mod entries;
mod format;
mod go_test;
mod junit;
mod lines;
mod merge;
mod seen;
mod tap;
mod tracker;
mod trx;
mod xml;

pub use self::format::{MOST_BYTES, read, source};
pub use self::merge::{Results, Test, merge};
pub use self::seen::{Found, Name, Outcome, Sighting};
pub use self::tracker::{Columns, Comparison, Defaults, Disagreement, Issue, IssueState, NewDefect, issues};
