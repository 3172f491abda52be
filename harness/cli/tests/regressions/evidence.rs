//! Red and green for the right reason.
