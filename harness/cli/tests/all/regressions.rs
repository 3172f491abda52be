//! Bugs that Fixgate had. Each test is named by what went wrong, and failed before the fix.

mod builds;
mod circumstances;
mod committed;
mod definitions;
mod documents;
mod evidence;
mod identity;
mod processes;
mod shown;
mod swallowed;
mod surroundings;
mod unseen;
