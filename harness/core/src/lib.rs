//! The pure core of Fixgate: bytes and values in, values out.
