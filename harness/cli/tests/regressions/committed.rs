//! What is committed, and who said so.
