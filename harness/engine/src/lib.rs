//! The effects of Fixgate: loading the tree, obtaining builds, executing scenarios, keeping journals.
//!
//! The engine acts and the core decides: everything that can be told from values alone is asked of `fixgate_core`.

pub mod accept;
pub mod ancestry;
mod attach;
pub mod attest;
pub mod attribute;
pub mod baseline;
mod bounded;
pub mod build;
pub mod builds;
pub mod commit;
mod confine;
mod content;
pub mod execute;
pub mod fault;
mod git;
pub mod history;
mod home;
pub mod identify;
pub mod imported;
mod inherited;
pub mod journal;
pub mod keep;
pub mod keys;
pub mod load;
pub mod lock;
pub mod orphans;
mod new_record;
mod own;
pub mod packs;
pub mod place;
pub mod plan;
pub mod pool;
pub mod process;
pub mod prove;
mod remove;
pub mod output_file;
pub mod outputs;
pub mod reports;
pub mod run;
mod run_record;
pub mod running;
pub mod signoffs;
pub mod site;
pub mod stop;
mod system;
pub mod tree;
pub mod trust;
mod wire;
pub mod workdir;
pub mod waive;
pub mod worker;
pub mod workflow;

pub use inherited::{Patient, prepare};
pub use system::Memory;
