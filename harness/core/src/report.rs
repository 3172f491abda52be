//! Reports as bytes: what their readers accept, made from values alone.

pub mod junit;
mod visible;
