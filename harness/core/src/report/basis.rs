//! What a decision rests on, in the words that the Markdown and the page share. Both still have to make markup of them.

use crate::record::{LessConfined, ShardRun, TestProduct};
use crate::words::counted;

/// A shard, with the run that it comes from.
pub(super) fn shard(ShardRun { run, shard, journal, judged }: &ShardRun) -> String {
    format!("{shard}: {} from run {run}, journal {journal}", counted(*judged, "verdict"))
}

/// A build whose recipe was confined less than it can be.
pub(super) fn less_confined(LessConfined { build, confinement }: &LessConfined) -> String {
    format!("{build}: {}", confinement.meaning())
}

/// The commit of the records and cases.
pub(super) fn commit(product: &TestProduct) -> String {
    match (&product.commit, &product.unknown) {
        (_, Some(why)) => format!("its commit is unknown ({why})"),
        (None, None) => "under no version control".to_owned(),
        (Some(commit), None) if product.changed => format!("commit {commit}, changed since"),
        (Some(commit), None) => format!("commit {commit}"),
    }
}
