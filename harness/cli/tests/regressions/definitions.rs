//! Cases, files and normalization.
