//! The clusters, each with the differences that it holds.

use std::borrow::Cow;

use serde::Serialize;

use super::Source;
use super::hunks::{Line, lines};
use super::past::Past;
use crate::id::DefectId;
use crate::ledger::Ledger;
use crate::report::html::is_link;
use crate::report::text::headline;
use crate::residual::{self, Class, Cluster};

/// The most clusters that are shown; all are in the packed data.
const CLUSTERS: usize = 80;
/// The most differences of a cluster that are shown, and scenarios of each; all are in the packed data.
const DIFFERENCES: usize = 3;
const SCENARIOS: usize = 5;

/// The clusters of the page.
#[derive(Debug, Serialize)]
pub(super) struct Differences<'c> {
    /// What needs a reader.
    open: Vec<Shown<'c>>,
    /// How many of those are not shown.
    open_left_out: usize,
    /// What is accounted for.
    known: Vec<Shown<'c>>,
    known_left_out: usize,
}

/// A cluster.
#[derive(Debug, Serialize)]
struct Shown<'c> {
    /// From 1, in the order of the sign-off.
    number: usize,
    class: &'static str,
    count: usize,
    headline: String,
    /// The records of what is known of it.
    known: Vec<KnownDefect<'c>>,
    /// Since when.
    since: String,
    signature: Option<String>,
    differences: Vec<Difference<'c>>,
    differences_left_out: usize,
    /// How many differences there are at the least.
    kinds: usize,
    rerun: &'c str,
}

/// A defect that accounts for a failure.
#[derive(Debug, Serialize)]
struct KnownDefect<'c> {
    id: &'c str,
    title: &'c str,
    /// How much it hurts and where, what became of it, and who repaired it.
    state: String,
    link: Option<&'c str>,
}

impl<'c> KnownDefect<'c> {
    fn of(ledger: &'c Ledger, id: &'c DefectId) -> Self {
        let Some(defect) = ledger.defects.get(id) else {
            return Self { id: id.as_str(), title: "no record", state: String::new(), link: None };
        };
        let author = defect.fix.as_ref().and_then(|fix| fix.author.as_ref()).map(|author| format!(" by {author}"));
        let state =
            format!("{} in {}, {}{}", defect.severity.as_str(), defect.component, defect.status, author.unwrap_or_default());
        Self { id: id.as_str(), title: &defect.title, state, link: defect.source.as_deref().filter(|source| is_link(source)) }
    }
}

/// A difference of it.
#[derive(Debug, Serialize)]
struct Difference<'c> {
    /// Where it is not that of the cluster.
    reason: Option<&'c str>,
    lines: Vec<Line<'c>>,
    scenarios: Vec<&'c str>,
    more: usize,
}

/// The clusters of a run: those of its sign-off, where it has one.
pub(super) fn clusters<'s>(source: &Source<'s>) -> Cow<'s, [Cluster]> {
    match source.signoff() {
        Some(signoff) => Cow::Borrowed(&signoff.residuals),
        None => Cow::Owned(residual::clusters(&source.record.header, &source.analysis.residuals)),
    }
}

impl<'c> Differences<'c> {
    pub(super) fn of(source: &Source<'c>, past: &Past<'_>, clusters: &'c [Cluster]) -> Self {
        let (known, open): (Vec<_>, Vec<_>) = clusters.iter().zip(1..).partition(|(cluster, _)| is_known(cluster));
        let shown = |clusters: &[(&'c Cluster, usize)]| {
            clusters
                .iter()
                .take(CLUSTERS)
                .map(|(cluster, number)| Shown::of(source.ledger, past, cluster, *number))
                .collect::<Vec<_>>()
        };
        Self {
            open_left_out: open.len().saturating_sub(CLUSTERS),
            known_left_out: known.len().saturating_sub(CLUSTERS),
            open: shown(&open),
            known: shown(&known),
        }
    }
}

/// Whether something accounts for it.
fn is_known(cluster: &Cluster) -> bool {
    let waived = cluster.waived == cluster.scenarios.len() as u64;
    waived
        || cluster.class == Some(Class::Known)
        || !cluster.verdict.is_failure() && !cluster.class.is_some_and(Class::is_unaccounted)
}

impl<'c> Shown<'c> {
    fn of(ledger: &'c Ledger, past: &Past<'_>, cluster: &'c Cluster, number: usize) -> Self {
        let differences: Vec<Difference<'c>> = cluster
            .differences
            .iter()
            .take(DIFFERENCES)
            .map(|difference| Difference {
                reason: (difference.reason != cluster.reason).then_some(&*difference.reason),
                lines: lines(&difference.detail),
                scenarios: difference.scenarios.iter().take(SCENARIOS).map(|seen| seen.scenario.as_str()).collect(),
                more: difference.scenarios.len().saturating_sub(SCENARIOS),
            })
            .collect();
        Self {
            number,
            class: cluster.class.map_or(cluster.verdict.as_str(), Class::as_str),
            count: cluster.scenarios.len(),
            headline: headline(cluster),
            known: cluster.defects.iter().map(|id| KnownDefect::of(ledger, id)).collect(),
            since: past.of_several(&cluster.scenarios),
            signature: cluster.signature.map(|signature| signature.to_string()),
            differences_left_out: cluster.differences.len().saturating_sub(DIFFERENCES),
            kinds: cluster.differences.len(),
            differences,
            rerun: &cluster.rerun,
        }
    }
}
