//! A run in one JSON object, and in text for a terminal.

use serde::Serialize;

use super::causes;
use super::paint::Paint;
use super::text::headline;
use crate::cause::Causes;
use crate::id::{Digest, RunName, ScenarioId};
use crate::proof::BuildIdentity;
use crate::record::{BaselineIdentity, RunRecord};
use crate::residual::{Analysis, Class, ClassCounts, Cluster, Residual, clusters};
use crate::verdict::VerdictCounts;
use crate::visible::inert_text;
use crate::words::{counted, counted_as, quoted, thousands};

/// How many scenarios of a cluster a terminal names.
const SHOWN_SCENARIOS: usize = 5;
/// How many lines below the clusters tell counts and the run.
const COUNTS: usize = 5;

/// How much a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// As much as fits into so many lines; what is left out is counted.
    Lines(usize),
    /// Everything.
    All,
}

impl Extent {
    /// What a person reads without scrolling far.
    pub const SHORT: Extent = Extent::Lines(60);

    /// What is left beside so many lines; a difference is still shown.
    #[must_use]
    pub fn beside(self, lines: usize) -> Self {
        match self {
            Extent::Lines(most) => Extent::Lines(most.saturating_sub(lines)),
            Extent::All => Extent::All,
        }
    }

    fn has_room(self, lines: usize) -> bool {
        match self {
            Extent::Lines(most) => lines <= most,
            Extent::All => true,
        }
    }
}

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

/// Whether anything was found that no defect accounts for and that is not waived.
pub fn has_findings(analysis: &Analysis<'_>) -> bool {
    analysis.residuals.iter().any(Residual::is_open) || !analysis.missing.is_empty()
}

/// What a run found, for a terminal: clusters with the command that runs their first scenario again, then the counts.
pub fn text(record: &RunRecord, analysis: &Analysis<'_>, paint: Paint, extent: Extent) -> String {
    let mut text = same_build(record);
    text.push_str(&clusters_text(record, analysis, paint, extent.beside(COUNTS)));
    text.push_str(&counts(record, analysis, paint));
    inert_text(text)
}

/// What to do first about what a run found, as a command; nothing where nothing was found, or the run is no answer.
pub fn next_step(record: &RunRecord, analysis: &Analysis<'_>) -> Option<String> {
    if !record.void.is_empty() {
        return None;
    }
    let run = &record.header.run;
    let clusters = clusters(&record.header, &analysis.residuals);
    let open = |id: &&ScenarioId| analysis.residuals.iter().any(|known| known.is_open() && known.entry.scenario == **id);
    let first = clusters.iter().filter_map(|cluster| cluster.scenarios.first()).find(open)?;
    Some(format!("fixgate explain {run} {}", quoted(first.as_str())))
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

/// What a run found, in clusters: as many as there is room for, the first of them in any case.
pub(super) fn clusters_text(record: &RunRecord, analysis: &Analysis<'_>, paint: Paint, extent: Extent) -> String {
    let mut text = causes::text(&Causes::of(&analysis.residuals));
    let clusters = clusters(&record.header, &analysis.residuals);
    let mut lines = text.lines().count();
    for (index, cluster) in clusters.iter().enumerate() {
        // Two lines say that there are more.
        let room = extent.beside(lines + 2);
        let block = cluster_text(cluster, paint, room);
        if index > 0 && !room.has_room(block.lines().count()) {
            let (more, run) = (counted(clusters.len() - index, "more cluster"), &record.header.run);
            text.push_str(&format!("… and {more}: --all, or fixgate report {run} --format markdown\n\n"));
            break;
        }
        lines += block.lines().count();
        text.push_str(&block);
    }
    text
}

/// A cluster with its first difference, the end of which is left out where there is no room for it.
fn cluster_text(cluster: &Cluster, paint: Paint, room: Extent) -> String {
    const AROUND: usize = 4;
    let mut text = format!("{}\n", paint.verdict(cluster.verdict, cluster.class, headline(cluster)));
    for scenario in cluster.scenarios.iter().take(SHOWN_SCENARIOS) {
        text.push_str(&format!("  {scenario}\n"));
    }
    if cluster.scenarios.len() > SHOWN_SCENARIOS {
        text.push_str(&format!("  … and {} more\n", thousands(cluster.scenarios.len() - SHOWN_SCENARIOS)));
    }
    let (all, room) = (cluster.detail.lines().count(), room.beside(text.lines().count() + AROUND));
    let shown = match room {
        Extent::Lines(most) if all > most => most.max(10).min(all),
        Extent::Lines(_) | Extent::All => all,
    };
    cluster.detail.lines().take(shown).for_each(|line| text.push_str(&format!("    {}\n", paint.shown(line))));
    if shown < all {
        text.push_str(&format!("    … {} left out: --all\n", counted(all - shown, "line")));
    }
    text + &format!("  again: {}\n\n", cluster.rerun)
}

/// The counts with their denominators.
fn counts(record: &RunRecord, analysis: &Analysis<'_>, paint: Paint) -> String {
    let (header, verdicts) = (&record.header, record.verdicts());
    let seconds = record.footer.as_ref().map_or(0.0, |footer| footer.seconds);
    let mut text = format!(
        "{} of {}: {verdicts} ({seconds:.1} s)\n",
        thousands(verdicts.total()),
        counted(header.planned, "planned scenario")
    );
    let known = analysis.counts.get(Class::Known);
    if let Some(baseline) = &header.baseline {
        let classes = Class::ALL.iter().copied().filter(|class| analysis.counts.get(*class) > 0);
        let classes: Vec<String> = classes.map(|class| format!("{} {class}", thousands(analysis.counts.get(class)))).collect();
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
