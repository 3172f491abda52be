//! Run records: what a run writes down, and what can be told from it without the run.

mod again;
mod deciding;
mod footer;
mod found;
mod kind;
mod masked;
mod occasion;
mod pair;
mod past;
mod product;
mod requested;
mod rerun;
mod shards;
mod void;

use crate::imported::Imported;
use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ancestry::Ancestry;
use crate::case::Scenario;
use crate::circumstances::Circumstances;
use crate::id::{DefectId, Digest, ReleaseName, RunName, ScenarioId};
use crate::judge::{Against, Finding, Judgement, Printed};
use crate::project::Isolation;
use crate::proof::BuildIdentity;
use crate::release::{Position, Standing};
use crate::running::{Role, Running};
use crate::varying::Varying;
use crate::verdict::{Verdict, VerdictCounts};

pub use self::again::{AgainOn, ProvedAgain};
use self::deciding::named;
pub use self::deciding::{Outdated, decides_the_same};
pub use self::footer::Footer;
pub use self::found::{FoundBuild, LessConfined, are_as_found};
pub use self::kind::RunKind;
pub use self::masked::Masked;
pub use self::occasion::Occasion;
pub use self::pair::{PairResult, PairSide};
pub use self::past::{CaseEdit, Edits, Former, Past};
pub use self::product::{Departure, Differing, DifferingFile, TestProduct};
pub use self::requested::{NamedBuild, Requested};
pub use self::shards::{Joined, ShardRun, join};

/// The version of the format; a record of another version is not read.
pub const SCHEMA: u32 = 1;

/// The first line of a journal: all that was fixed before the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The tool that wrote it, with its version.
    pub tool: String,
    /// The digest of the tool's program; told for sign-offs and shards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harness: Option<Digest>,
    /// The system that it ran on.
    pub host: String,
    /// The run's name.
    pub run: RunName,
    /// When it started, to the second; written as RFC 3339 in UTC.
    pub started: Timestamp,
    /// What it was made for.
    #[serde(default, skip_serializing_if = "Occasion::is_request")]
    pub occasion: Occasion,
    /// The stated date by which waivers expire.
    pub date: Date,
    /// How programs under test were kept apart.
    pub isolation: Isolation,
    /// What else they could see that can decide what they do; absent in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circumstances: Option<Circumstances>,
    /// The build under test.
    pub candidate: BuildIdentity,
    /// Its place in the train.
    pub place: Position,
    /// The release that says so, where the build's name does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_as: Option<ReleaseName>,
    /// The defects that it fixes beyond its place, where this run validates a private fix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<DefectId>,
    /// The build it is compared with.
    pub baseline: Option<BaselineIdentity>,
    /// The release it is to be signed off as.
    pub release: Option<ReleaseName>,
    /// The builds of the third parties whose cases are planned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<BuildIdentity>,
    /// How all of these builds were found on the machine; absent in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FoundBuild>,
    /// What tells the files that programs use where they stand from those that were touched since; absent where none are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Digest>,
    /// For a sign-off, what the product's repository said of its release; absent where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestry: Option<Ancestry>,
    /// For a sign-off, the earlier ones; absent in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
    /// The fixes of earlier releases that are proved again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proved_again: Vec<ProvedAgain>,
    /// The runs that its verdicts were taken from, where it was joined from shards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<ShardRun>,
    /// The digest of the plan.
    pub plan: Digest,
    /// How many scenarios are planned.
    pub planned: u64,
    /// Whether nothing was filtered away.
    pub complete: bool,
    /// The tree that the records and cases came from.
    pub test_product: TestProduct,
    /// What was asked for; absent in records that were made before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Requested>,
    /// Of a run that Fixgate did not make: where its results are from. Absent in every run that it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

impl Header {
    /// Where the candidate stands.
    pub fn standing(&self) -> Standing<'_> {
        Standing { place: self.place, fixes: &self.fixes }
    }

    /// The baseline, where the candidate is the very same build.
    pub fn same_build(&self) -> Option<&BaselineIdentity> {
        self.baseline.as_ref().filter(|baseline| baseline.build.digest == self.candidate.digest)
    }
}

/// The build that a candidate is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BaselineIdentity {
    /// The build.
    #[serde(flatten)]
    pub build: BuildIdentity,
    /// Its place in the train.
    pub place: Position,
}

/// What the baseline did with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BaselineResult {
    /// Its verdict, by what the case states.
    pub verdict: Verdict,
    /// The signature of its failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Digest>,
    /// Exactly what was seen of its failure; absent in older records, where it equals nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Digest>,
}

/// A line of the journal: one scenario's verdict and what stands behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The verdict.
    pub verdict: Verdict,
    /// How long its steps took, in seconds.
    pub seconds: f64,
    /// How often it was run.
    pub attempts: u32,
    /// The digest of its outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Digest>,
    /// The signature of its failure, by which failures are grouped for readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Digest>,
    /// Exactly what was seen of its failure; absent in older records, where it equals nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Digest>,
    /// What it is known by under the `normalize` of waivers; in older records by nothing.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub masked: Box<[Masked]>,
    /// Whether only the baseline was not met, and nothing that the case states.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
    /// The fix that accounts for the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<DefectId>,
    /// Why the verdict is not `passed`, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// The difference, in lines.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub detail: Box<str>,
    /// The end of what the product printed; of a scenario that did not pass, and there only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<Box<Printed>>,
    /// What the baseline did; absent without one, or where the scenario does not apply to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineResult>,
    /// What varies on one of the builds itself, where the difference from it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub varying: Option<Box<Varying>>,
}

impl Entry {
    /// A scenario that the harness could not judge, or did not run.
    pub fn unjudged(scenario: &ScenarioId, verdict: Verdict, reason: String) -> Self {
        Self {
            scenario: scenario.clone(),
            verdict,
            seconds: 0.0,
            attempts: 0,
            outputs: None,
            signature: None,
            seen: None,
            masked: Box::default(),
            differs: false,
            explained_by: None,
            reason: Some(reason.into()),
            detail: Box::default(),
            printed: None,
            baseline: None,
            varying: None,
        }
    }

    /// A judged scenario. A canary's findings, and those of an explained difference, stay behind a passed verdict as its reason.
    pub fn judged(scenario: &Scenario, judgement: Judgement, seconds: f64, baseline: Option<BaselineResult>) -> Self {
        let Judgement { verdict, findings, signature, seen, outputs, explained_by, printed } = judgement;
        let messages: Vec<String> =
            findings.iter().map(|finding| format!("step {}: {}", finding.step, finding.message)).collect();
        let blind = verdict == Verdict::Error;
        Self {
            scenario: scenario.id.clone(),
            verdict,
            // Microseconds are as fine as a scenario's time is known.
            seconds: (seconds * 1e6).round() / 1e6,
            attempts: 1,
            outputs: Some(outputs),
            signature,
            seen,
            masked: Box::default(),
            differs: !findings.is_empty() && findings.iter().all(|finding| finding.against == Against::Baseline),
            explained_by,
            reason: if blind {
                Some("this canary must fail and did not: the harness cannot see failures".into())
            } else {
                Some(messages.join("; ")).filter(|reason| !reason.is_empty()).map(String::into_boxed_str)
            },
            detail: findings.into_iter().map(|finding| finding.detail).collect::<String>().into(),
            printed,
            baseline,
            varying: None,
        }
    }

    /// The same entry of a scenario where one of the builds, run again, gave something else than before.
    #[must_use]
    pub fn varies(mut self, scenario: &Scenario, varying: Varying, again: &[Finding]) -> Self {
        let reason = self.reason.as_deref().unwrap_or_default();
        let build = varying.on.words();
        self.reason = Some(format!("{reason}; {build} differs from itself, too").into());
        let again: String = again.iter().map(|finding| format!("{}\n", finding.detail)).collect();
        self.detail = format!("{}{build}, run again:\n{again}{}", self.detail, varying.advice(scenario)).into();
        self.varying = Some(Box::new(varying));
        self
    }
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JournalLine {
    /// One scenario's verdict.
    Scenario(Entry),
    /// What proving one scenario of a new fix gave.
    Pair(PairResult),
    /// What shows that one of the builds runs.
    Running(Running),
    /// The end.
    Footer(Footer),
}

/// One scenario of a plan, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedScenario {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The digest of its definition.
    pub digest: Digest,
}

/// Everything that a run wrote down, read back.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// What was fixed before the start.
    pub header: Header,
    /// The plan, in order.
    pub plan: Vec<PlannedScenario>,
    /// The verdicts, in the order of the plan.
    pub entries: Vec<Entry>,
    /// The new fixes' proofs.
    pub pairs: Vec<PairResult>,
    /// What shows that the builds run, one for each role; a record of an earlier version has none.
    pub running: Vec<Running>,
    /// What held at the end; absent while the run is not finished.
    pub footer: Option<Footer>,
    /// What makes it no answer.
    pub void: Vec<String>,
}

impl RunRecord {
    /// Puts a journal together, a line at a time, and looks for anything that makes it void.
    /// `journal` gives, once all lines were read, the digest of every line before the last.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn read<E, L: Iterator<Item = Result<JournalLine, E>>>(
        header: Header,
        plan: Vec<PlannedScenario>,
        mut lines: L,
        journal: impl FnOnce(L) -> Digest,
    ) -> Result<Self, E> {
        let order: HashMap<&ScenarioId, usize> = plan.iter().map(|planned| &planned.scenario).zip(0..).collect();
        let mut slots: Vec<Option<Entry>> = Vec::new();
        slots.resize_with(plan.len(), || None);
        let (mut pairs, mut footer, mut void) = (Vec::new(), None, Vec::new());
        let mut running: Vec<Running> = Vec::new();
        for line in lines.by_ref() {
            if footer.is_some() {
                void.push("the journal goes on after its end".to_owned());
            }
            match line? {
                JournalLine::Scenario(entry) => match order.get_key_value(&entry.scenario) {
                    // An id that a million lines repeat is kept once.
                    Some((id, index)) if slots[*index].is_none() => {
                        slots[*index] = Some(Entry { scenario: (*id).clone(), ..entry });
                    }
                    Some(_) => void.push(format!("{} was judged twice", entry.scenario)),
                    None => void.push(format!("{} was judged but never planned", entry.scenario)),
                },
                JournalLine::Pair(pair) => pairs.push(pair),
                // A run that was killed near its end looks again when it is resumed.
                JournalLine::Running(line) => {
                    running.retain(|before| before.role != line.role || (line.role == Role::Older && before.build != line.build));
                    running.push(line);
                }
                JournalLine::Footer(last) => footer = Some(last),
            }
        }
        #[expect(clippy::filter_map_identity, reason = "it collects in place, where flattening takes the memory twice")]
        let entries = slots.into_iter().filter_map(|slot| slot).collect();
        // They are recorded as they come.
        pairs.sort_by(|one: &PairResult, other| (&one.defect, &one.scenario).cmp(&(&other.defect, &other.scenario)));
        let mut record = Self { header, plan, entries, pairs, running, footer, void };
        record.find_void(journal(lines));
        Ok(record)
    }

    /// How many scenarios have each verdict.
    pub fn verdicts(&self) -> VerdictCounts {
        self.entries.iter().map(|entry| entry.verdict).collect()
    }

    /// When it ended at the earliest, to the second: a run that was interrupted ended later.
    pub fn end(&self) -> Timestamp {
        let seconds = self.footer.as_ref().map_or(0.0, |footer| footer.seconds);
        // A number from a file may be anything; what is no length of time is none.
        let length = SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
        self.header.started.checked_add(SignedDuration::from_secs(length.as_secs())).unwrap_or(self.header.started)
    }

    /// The reason why the record is no answer, if it is none.
    pub fn void_reason(&self) -> Option<String> {
        (!self.void.is_empty()).then(|| self.void.join("; "))
    }
}
