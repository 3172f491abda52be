//! Cases, files and normalization.

mod files;
