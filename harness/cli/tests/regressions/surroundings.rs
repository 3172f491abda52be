//! Output files, resuming, locks and other test runners.
