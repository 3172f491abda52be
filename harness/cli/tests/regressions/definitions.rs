//! Cases, files and normalization.

mod cases;
mod files;
mod machine;
mod newlines;
mod normalize;
