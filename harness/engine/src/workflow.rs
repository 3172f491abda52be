//! What commands carry out, from the request to the files: each step is here once, and a command only parses, calls and shows.

mod asked;
mod decide;
mod publish;

pub use self::asked::{Asked, Typed};
pub use self::decide::{Decided, decide, decide_as_of, made_for, run_of_reports};
pub use self::publish::{Rendered, junit, junit_of_unfinished, publish};
