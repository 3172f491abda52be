//! Cases, files and normalization.

mod cases;
mod files;
mod normalize;
