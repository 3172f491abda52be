//! What the shards of a run judged, wherever that was, in the circumstances of this run.

use fixgate_core::record::{Joined, join};

use super::{Request, other_circumstances, other_subject};
use crate::fault::Fault;
use crate::own::own_digest;
use crate::packs::PackBuilds;
use crate::worker::Workers;

/// The verdicts of the request's shards; nothing where it has none.
///
/// # Errors
/// When they are not all shards of this very run.
pub(super) fn joined(request: &Request<'_>, workers: &Workers<'_>, packs: &PackBuilds) -> Result<Joined, Fault> {
    if request.shards.is_empty() {
        return Ok(Joined::default());
    }
    let refused = |why: String| {
        Fault::usage(format!("these runs cannot be joined: {why}")).help(
            "run each shard K/N with the same command, of the same commit and on the same bits, and name all of them here once",
        )
    };
    for record in &request.shards {
        if record.header.imported.is_some() {
            return Err(refused(format!("the run `{}` was imported", record.header.run)));
        }
        let mut others = other_subject(&record.header, request, workers, packs);
        others.extend(other_circumstances(&record.header, request, workers));
        let is_shard = record.header.request.as_ref().is_some_and(|request| request.shard.is_some());
        if is_shard && record.header.harness != Some(own_digest()?) {
            others.push("another build of Fixgate");
        }
        if !others.is_empty() {
            return Err(refused(format!("the run `{}` had {}", record.header.run, others.join(", "))));
        }
    }
    join(request.plan.scenarios(), &request.shards).map_err(refused)
}
