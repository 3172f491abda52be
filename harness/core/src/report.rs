//! Reports as bytes: what their readers accept, made from values alone.

pub mod history;
pub mod junit;
pub mod markdown;
pub mod notes;
pub mod scenarios;
pub mod summary;
pub mod text;
pub mod train;
pub mod validation;
mod visible;
