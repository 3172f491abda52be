//! Pieces of text that several reports share.

use crate::attribute::listed;
use crate::id::ScenarioId;
use crate::record::Header;
use crate::residual::{Class, Cluster};
use crate::words::counted;

/// How a scenario is run again, as a line of a report.
pub fn rerun(header: &Header, scenario: &ScenarioId) -> String {
    format!("again: {}", header.rerun(scenario))
}

/// A cluster's first line: how many, of which class, and what the first of them showed.
pub fn headline(cluster: &Cluster) -> String {
    let scenarios = counted(cluster.scenarios.len(), "scenario");
    let class = cluster.class.map_or(cluster.verdict.as_str(), Class::as_str);
    let waived = if cluster.waived > 0 { format!(" ({} waived)", cluster.waived) } else { String::new() };
    let way = match cluster.as_on_baseline {
        None => "",
        Some(true) => " in the same way",
        Some(false) => " from the baseline",
    };
    let defects = if cluster.defects.is_empty() { String::new() } else { format!(" ({})", listed(&cluster.defects)) };
    format!("{scenarios} {class}{way}{defects}{waived}: {}", cluster.reason)
}
