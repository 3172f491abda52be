//! Reports as bytes: what their readers accept, made from values alone.

pub mod attribute;
mod basis;
mod causes;
mod commands;
mod criteria;
pub mod ctrf;
pub mod explain;
pub mod github;
pub mod files;
pub mod history;
mod html;
pub mod junit;
pub mod markdown;
pub mod notes;
pub mod page;
pub mod paint;
pub mod night;
pub mod private_fixes;
pub mod scenarios;
mod sheet;
pub mod show;
pub mod site;
pub mod summary;
pub mod tap;
pub mod text;
pub mod train;
pub mod validation;
