//! Waivers, known failures and clusters are about what was seen.
