//! The effects of Fixgate: loading the tree, obtaining builds, executing scenarios, keeping journals.
//!
//! The engine acts and the core decides: whatever can be told from values alone is asked of `fixgate_core`.

mod attach;
pub mod commit;
pub mod fault;
pub mod load;
pub mod process;
mod system;
pub mod tree;
