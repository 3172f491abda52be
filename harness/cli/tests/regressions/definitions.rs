//! Cases, files and normalization.

mod cases;
mod files;
mod newlines;
mod normalize;
