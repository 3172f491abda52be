//! Pieces of text that several reports share.

use crate::attribute::listed;
use crate::gate::{Decision, Signoff};
use crate::id::ScenarioId;
use crate::record::Header;
use crate::residual::{Class, Cluster};
use crate::verdict::Verdict;
use crate::words::counted;

/// How a scenario is run again, as a line of a report.
pub fn rerun(header: &Header, scenario: &ScenarioId) -> String {
    format!("again: {}", header.rerun(scenario))
}

/// A cluster's first line: how many, of which class, and what the first of them showed.
pub fn headline(cluster: &Cluster) -> String {
    let scenarios = counted(cluster.scenarios.len(), "scenario");
    let class = class_of(cluster);
    let waived = if cluster.waived > 0 { format!(" ({} waived)", cluster.waived) } else { String::new() };
    let way = match cluster.as_on_baseline {
        None => "",
        Some(true) => " in the same way",
        Some(false) => " from the baseline",
    };
    let defects = if cluster.defects.is_empty() { String::new() } else { format!(" ({})", listed(&cluster.defects)) };
    format!("{scenarios} {class}{way}{defects}{waived}: {}", cluster.reason)
}

/// The word for what is the matter with a cluster.
pub(super) fn class_of(cluster: &Cluster) -> &'static str {
    match (cluster.verdict, cluster.class) {
        // What is flaky is as on the baseline, or new: its class tells nothing of it.
        (Verdict::Flaky, _) | (_, None) => cluster.verdict.as_str(),
        (_, Some(class)) => class.as_str(),
    }
}

/// What to do first about a sign-off, as a command.
pub fn next_step(signoff: &Signoff) -> String {
    let open = signoff
        .residuals
        .iter()
        .find(|cluster| !matches!(cluster.class, Some(Class::Same | Class::Fixed | Class::Explained | Class::Known)));
    match (&signoff.void, signoff.decision, open) {
        (Some(_), ..) => format!("fixgate signoff {}", signoff.release),
        (None, Decision::Ship, _) => format!("commit reports/{0}/, then: fixgate verify {0}", signoff.release),
        (None, Decision::Hold, Some(cluster)) if !cluster.rerun.is_empty() => cluster.rerun.clone(),
        (None, Decision::Hold, Some(_) | None) => "fixgate status".to_owned(),
    }
}

/// What can be done about a sign-off that holds, a line for each way.
pub fn ways_out(signoff: &Signoff) -> Vec<String> {
    if signoff.decision == Decision::Ship || signoff.void.is_some() {
        return Vec::new();
    }
    let has = |class| signoff.classes.get(class) > 0;
    let meant =
        "a difference that is meant: name its scenarios in the `changes` of the record that makes it, then: fixgate accept ID";
    let varies = "a build that differs from itself: take out what varies with `normalize` in the case";
    let waived = format!(
        "a failure that is accepted: fixgate waive SCENARIO --run {} --owner \"A. Person\" --reason \"…\" --expires DATE",
        signoff.run
    );
    let fails = signoff.residuals.iter().any(|cluster| cluster.verdict.is_failure() && cluster.class != Some(Class::Known));
    let ways = [
        has(Class::Unexplained).then(|| meant.to_owned()),
        has(Class::Varying).then(|| varies.to_owned()),
        fails.then_some(waived),
    ];
    ways.into_iter().flatten().collect()
}
