//! The effects of Fixgate: loading, obtaining builds, executing, journals.

pub mod build;
pub mod journal;
pub mod lock;
pub mod orphans;
pub mod process;
mod remove;
mod system;
pub mod workdir;
