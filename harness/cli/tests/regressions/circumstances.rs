//! Kept results, and what the harness inherits.
