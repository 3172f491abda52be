//! `fixgate merge`

use fixgate_core::id::RunName;
use fixgate_core::record::{Requested, RunRecord};
use fixgate_engine::fault::Fault;
use fixgate_engine::run;
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::Asked;

use super::run::{Pass, Shown, pass};
use crate::arguments::Merge;
use crate::exit::Exit;
use crate::session::Session;

/// Joins the shards of one plan into a record of the whole, and says what was found.
pub(super) fn merge(session: &Session, arguments: Merge) -> Result<Exit, Fault> {
    let tree = session.tree()?;
    let Merge { runs, candidate, baseline, junit, all, format } = arguments;
    let shards = shards(&tree, &runs)?;
    let request = shards.first().and_then(|first| first.header.request.clone()).unwrap_or_default();
    let asked = Asked::as_recorded(&tree, Requested { shard: None, ..request }, candidate, baseline);
    pass(session, &tree, Pass { asked, shards, keep: false, shown: Shown { junit, all, format } })
}

/// The records of runs, by their names.
pub(super) fn shards(tree: &Tree, runs: &[RunName]) -> Result<Vec<RunRecord>, Fault> {
    runs.iter().map(|run| run::read(tree, run.as_str())).collect()
}
