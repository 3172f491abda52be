//! Stored documents and typed findings.
