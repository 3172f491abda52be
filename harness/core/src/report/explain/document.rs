//! `explain --format json`, as one type.

use serde::Serialize;

use super::Explained;
use crate::cause::{Causes, Feature};
use crate::history::ScenarioHistory;
use crate::id::{DefectId, Digest, RunName, ScenarioId};
use crate::judge::Stream;
use crate::proof::BuildIdentity;
use crate::report::commands::command_lines;
use crate::residual::Class;
use crate::verdict::Verdict;
use crate::visible::escaped;

/// The version of the document.
pub const SCHEMA: &str = "fixgate-explained-1";

/// Everything that a run says of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ExplainedDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The run.
    pub run: RunName,
    /// Why the run is no answer, if it is none.
    pub void: Option<String>,
    /// The build that was tested.
    pub candidate: BuildIdentity,
    /// The build that it was compared with.
    pub baseline: Option<BuildIdentity>,
    /// The scenario.
    pub scenario: ScenarioId,
    /// Its definition when it was planned.
    pub definition: Digest,
    /// What the records of the run, or of today, say of it; absent if it is gone.
    pub stated: Option<Stated>,
    /// What was seen of it; absent if the run ended before.
    pub seen: Option<Seen>,
    /// Whether it needs a reader: no defect accounts for it, and it is not waived.
    pub open: bool,
    /// What it shares with others that need a reader; nothing is decided by it.
    pub causes: Vec<SharedCause>,
    /// How many scenarios failed in the same way, this one among them.
    pub alike: u64,
    /// Its verdicts in runs that are here, the newest first.
    pub history: Vec<PastResult>,
    /// The command that runs it again.
    pub again: String,
    /// What can be done about it.
    pub next: Vec<String>,
}

/// What records say of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Stated {
    /// The title of its case.
    pub title: String,
    /// The file.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// Whether its definition is that of the run.
    pub unchanged: bool,
    /// Its defects.
    pub defects: Vec<DefectId>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its steps as lines of a shell.
    pub commands: Vec<String>,
}

/// What was seen. Bytes that are not plain text are escapes, as `\u{1b}`, `\xff` and `\\`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Seen {
    /// The verdict.
    pub verdict: Verdict,
    /// The class against the baseline.
    pub class: Option<Class>,
    /// How often it was tried.
    pub attempts: u32,
    /// How long it took.
    pub seconds: f64,
    /// Why it is not as it should be, in one line.
    pub reason: Option<String>,
    /// The difference in lines.
    pub difference: String,
    /// The end of standard output.
    pub stdout: String,
    /// The end of standard error.
    pub stderr: String,
    /// The outputs that are too long for the record.
    pub whole: Vec<Whole>,
    /// The verdict on the baseline, if it applies there and was run.
    pub baseline: Option<Verdict>,
    /// The waiver that accepts it.
    pub waiver: Option<String>,
    /// The record whose claim explains it.
    pub explained_by: Option<DefectId>,
    /// The claims that come near, in words.
    pub claims_near: Vec<String>,
}

/// A whole output.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Whole {
    /// Which.
    pub stream: Stream,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their digest.
    pub digest: Digest,
    /// The file that has them, if it is kept.
    pub path: Option<String>,
}

/// What failures share.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SharedCause {
    /// The features.
    pub shared: Vec<Feature>,
    /// How many scenarios that have them need a reader.
    pub failing: u64,
    /// How many have them.
    pub of: u64,
}

/// A verdict in another run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PastResult {
    /// The run.
    pub run: RunName,
    /// When it started, in UTC.
    pub started: String,
    /// The build.
    pub candidate: BuildIdentity,
    /// The verdict.
    pub verdict: Verdict,
}

impl ExplainedDocument {
    /// All that is known of a scenario; the arguments are those of [`Explained::text`].
    pub fn of(explained: &Explained<'_>, history: Option<&ScenarioHistory<'_>>, kept: &[Option<String>]) -> Self {
        let Explained { record, analysis, id, definition, scenario, residual, .. } = *explained;
        let header = &record.header;
        let open = residual.is_some_and(crate::residual::Residual::is_open);
        let causes = if open { Causes::of(&analysis.residuals).causes } else { Vec::new() };
        let causes = causes.into_iter().filter(|cause| scenario.is_some_and(|scenario| cause.is_of(scenario)));
        let clusters = crate::residual::clusters(header, &analysis.residuals);
        let alike = clusters.iter().find(|cluster| cluster.scenarios.contains(id)).map_or(0, |cluster| cluster.scenarios.len());
        let past = history.iter().flat_map(|history| &history.verdicts).map(|past| PastResult {
            run: past.run.name.clone(),
            started: past.run.started.clone(),
            candidate: past.run.candidate.clone(),
            verdict: past.outcome.verdict,
        });
        Self {
            schema: SCHEMA,
            run: header.run.clone(),
            void: record.void_reason(),
            candidate: header.candidate.clone(),
            baseline: header.baseline.as_ref().map(|baseline| baseline.build.clone()),
            scenario: id.clone(),
            definition,
            stated: explained.stated(),
            seen: explained.seen(kept),
            open,
            causes: causes.map(|cause| SharedCause { shared: cause.shared, failing: cause.failing, of: cause.of }).collect(),
            alike: alike as u64,
            history: past.collect(),
            again: header.rerun(id),
            next: explained.next(),
        }
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        // Names, numbers and text can always be said in JSON.
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }
}

impl Explained<'_> {
    fn stated(&self) -> Option<Stated> {
        let scenario = self.scenario?;
        Some(Stated {
            title: scenario.case.title.clone(),
            file: scenario.place.source.path.to_string(),
            line: scenario.line,
            unchanged: scenario.digest() == self.definition,
            defects: scenario.defects.to_vec(),
            tags: scenario.tags.iter().map(ToString::to_string).collect(),
            commands: command_lines(self.ledger, scenario),
        })
    }

    fn seen(&self, kept: &[Option<String>]) -> Option<Seen> {
        let residual = self.residual?;
        let entry = residual.entry;
        let printed = entry.printed.as_deref();
        let whole = self.whole().iter().zip(kept).map(|(output, path)| Whole {
            stream: output.stream,
            bytes: output.bytes,
            digest: output.digest,
            path: path.clone(),
        });
        Some(Seen {
            verdict: entry.verdict,
            class: residual.class,
            attempts: entry.attempts,
            seconds: entry.seconds,
            reason: entry.reason.as_deref().map(str::to_owned),
            difference: entry.detail.to_string(),
            stdout: printed.map(|printed| escaped(&printed.stdout)).unwrap_or_default(),
            stderr: printed.map(|printed| escaped(&printed.stderr)).unwrap_or_default(),
            whole: whole.collect(),
            baseline: entry.baseline.as_ref().map(|baseline| baseline.verdict),
            waiver: residual.waiver.map(|waiver| waiver.name.to_string()),
            explained_by: entry.explained_by.clone(),
            claims_near: if residual.is_open() { self.analysis.claims.near_in_words(self.id) } else { Vec::new() },
        })
    }
}
