//! The effects of Fixgate: loading, obtaining builds, executing, journals.

pub mod process;
mod system;
