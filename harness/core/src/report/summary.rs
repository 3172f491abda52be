//! A run in one JSON object, and in text for a terminal.

use serde::Serialize;

use super::causes;
use super::paint::Paint;
use super::text::headline;
use crate::cause::Causes;
use crate::id::{Digest, RunName};
use crate::proof::BuildIdentity;
use crate::record::{BaselineIdentity, RunRecord};
use crate::residual::{Analysis, Class, ClassCounts, Residual, clusters};
use crate::verdict::VerdictCounts;
use crate::words::{counted, counted_as};

/// How many clusters a terminal shows in full.
const SHOWN_CLUSTERS: usize = 20;
/// How many scenarios of a cluster a terminal names.
const SHOWN_SCENARIOS: usize = 5;

/// What `run --format json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run's name.
    pub run: RunName,
    /// The build that was tested.
    pub candidate: BuildIdentity,
    /// The build it was compared with.
    pub baseline: Option<BuildIdentity>,
    /// The digest of the plan.
    pub plan: Digest,
    /// How many scenarios were planned.
    pub planned: u64,
    /// How many have each verdict.
    pub verdicts: VerdictCounts,
    /// How many are in each class, with a baseline.
    pub residuals: Option<ClassCounts>,
    /// The reason why there is no answer.
    pub void: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

impl Summary {
    /// The summary of a run.
    pub fn new(record: &RunRecord, analysis: &Analysis<'_>) -> Self {
        let header = &record.header;
        Self {
            run: header.run.clone(),
            candidate: header.candidate.clone(),
            baseline: header.baseline.as_ref().map(|baseline| baseline.build.clone()),
            plan: header.plan,
            planned: header.planned,
            verdicts: record.verdicts(),
            residuals: header.baseline.as_ref().map(|_| analysis.counts),
            void: record.void_reason(),
            seconds: record.footer.as_ref().map_or(0.0, |footer| footer.seconds),
        }
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// Whether anything was found that no defect accounts for and nobody waived.
pub fn has_findings(analysis: &Analysis<'_>) -> bool {
    analysis.residuals.iter().any(Residual::is_open) || !analysis.missing.is_empty()
}

/// What a run found, for a terminal: clusters with the command that runs their first scenario again, then the counts.
pub fn text(record: &RunRecord, analysis: &Analysis<'_>, paint: Paint) -> String {
    let mut text = same_build(record);
    text.push_str(&clusters_text(record, analysis, paint));
    text.push_str(&counts(record, analysis, paint));
    text
}

/// The first line of a run that compared a build with itself.
fn same_build(record: &RunRecord) -> String {
    let header = &record.header;
    let line = |baseline: &BaselineIdentity| {
        let (candidate, name) = (&header.candidate.name, &baseline.build.name);
        if candidate == name {
            format!("{candidate} is compared with itself\n")
        } else {
            format!("{candidate} is the very build of the baseline {name}: {}\n", baseline.build.digest)
        }
    };
    header.same_build().map(line).unwrap_or_default()
}

/// What a run found, in clusters.
pub(super) fn clusters_text(record: &RunRecord, analysis: &Analysis<'_>, paint: Paint) -> String {
    let mut text = causes::text(&Causes::of(&analysis.residuals));
    let clusters = clusters(&record.header, &analysis.residuals);
    for cluster in clusters.iter().take(SHOWN_CLUSTERS) {
        text.push_str(&format!("{}\n", paint.verdict(cluster.verdict, cluster.class, headline(cluster))));
        for scenario in cluster.scenarios.iter().take(SHOWN_SCENARIOS) {
            text.push_str(&format!("  {scenario}\n"));
        }
        if cluster.scenarios.len() > SHOWN_SCENARIOS {
            text.push_str(&format!("  … and {} more\n", cluster.scenarios.len() - SHOWN_SCENARIOS));
        }
        cluster.detail.lines().for_each(|line| text.push_str(&format!("    {}\n", paint.shown(line))));
        text.push_str(&format!("  again: {}\n\n", cluster.rerun));
    }
    if clusters.len() > SHOWN_CLUSTERS {
        text.push_str(&format!(
            "… and {}: fixgate report {} --format markdown\n\n",
            counted(clusters.len() - SHOWN_CLUSTERS, "more cluster"),
            record.header.run
        ));
    }
    text
}

/// The counts with their denominators.
fn counts(record: &RunRecord, analysis: &Analysis<'_>, paint: Paint) -> String {
    let (header, verdicts) = (&record.header, record.verdicts());
    let seconds = record.footer.as_ref().map_or(0.0, |footer| footer.seconds);
    let mut text =
        format!("{} of {}: {verdicts} ({seconds:.1} s)\n", verdicts.total(), counted(header.planned, "planned scenario"));
    let known = analysis.counts.get(Class::Known);
    if let Some(baseline) = &header.baseline {
        let classes = Class::ALL.into_iter().filter(|class| analysis.counts.get(*class) > 0);
        let classes: Vec<String> = classes.map(|class| format!("{} {class}", analysis.counts.get(class))).collect();
        text.push_str(&format!("against {}: {}\n", baseline.build.name, classes.join(", ")));
    } else if known > 0 {
        text.push_str(&format!("{} known: not fixed here\n", counted_as(known, "failure is", "failures are")));
    }
    if let Some(void) = record.void_reason() {
        text.push_str(&paint.void(format!("VOID, there is no answer: {void}")));
        text.push('\n');
    }
    text.push_str(&format!("run {}\n", header.run));
    text
}
