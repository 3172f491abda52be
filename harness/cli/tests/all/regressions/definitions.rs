//! Cases, files and normalization.

mod cases;
mod files;
mod machine;
mod names;
mod newlines;
mod normalize;
