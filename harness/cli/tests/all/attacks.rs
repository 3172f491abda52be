//! Attacks: what an insider who wants a false "ship" would do. None of them leads to one unseen: each test names the criterion or
//! the complaint that stops it, or the line of the sign-off that shows it. THREATS.md at the root tells who, and what is left.

mod asked_for;
mod attestations;
mod candidate;
mod cases;
mod claims;
mod committed;
mod history;
mod imports;
mod ledger;
mod names;
mod product;
mod proofs;
mod quarantine;
mod reading;
mod recipes;
mod record;
mod reports;
mod rules;
mod shards;
mod strangers;
pub(crate) mod train;
mod used;
mod waivers;
