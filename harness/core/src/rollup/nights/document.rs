//! `nightly.json`, written and read by one type.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::gate::AgainResult;
use crate::id::{RunName, ScenarioId};
use crate::proof::BuildIdentity;
use crate::residual::ClassCounts;
use crate::verdict::{Verdict, VerdictCounts};

/// The version of `nightly.json`.
pub const SCHEMA: &str = "fixgate-night-1";

fn first_schema() -> String {
    SCHEMA.to_owned()
}

/// All that a night is reported to have found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct NightDocument {
    /// [`SCHEMA`]; earlier documents of this very form state none.
    #[serde(default = "first_schema")]
    pub schema: String,
    /// The night's run.
    pub run: RunName,
    /// When it started, in UTC.
    pub started: Timestamp,
    /// The build that was tested.
    pub candidate: BuildIdentity,
    /// The build that it was compared with.
    pub baseline: Option<BuildIdentity>,
    /// The night before.
    pub last_night: Option<LastNight>,
    /// How many scenarios were planned.
    pub planned: u64,
    /// How many have each verdict.
    pub verdicts: VerdictCounts,
    /// How many are in each class, with a baseline.
    pub classes: Option<ClassCounts>,
    /// Why there is no answer.
    pub void: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Whether anything was found that no defect accounts for.
    pub found: bool,
    /// Fail, and did not the night before, or differently.
    pub newly_failing: Vec<Failing>,
    /// Fail as they did before.
    pub still_failing: Vec<Failing>,
    /// Pass, and did not before.
    pub newly_passing: Vec<ScenarioId>,
    /// How many fail as they are recorded to.
    pub known: usize,
    /// Cannot be relied on.
    pub flaky: Vec<Flaky>,
    /// What takes longer than before.
    pub slower: Slow,
    /// Were not planned the night before.
    pub new: Vec<ScenarioId>,
    /// Are not planned any more.
    pub removed: Vec<ScenarioId>,
    /// The earlier fixes that were proved again; earlier versions proved none.
    #[serde(default)]
    pub proved_again: Vec<AgainResult>,
}

/// The night before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LastNight {
    /// Its run.
    pub run: RunName,
    /// When it started, in UTC.
    pub started: String,
    /// Its build.
    pub candidate: BuildIdentity,
}

/// A scenario that fails.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Failing {
    /// The scenario.
    pub id: ScenarioId,
    /// Its verdict.
    pub verdict: Verdict,
    /// The first run in which it fails like this.
    pub since: RunName,
    /// The day of that run.
    pub first_bad_night: String,
    /// In how many nights.
    pub nights: usize,
    /// What it did before that.
    pub before: Option<PastVerdict>,
}

/// What a scenario did in an earlier run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PastVerdict {
    /// The run.
    pub run: RunName,
    /// The verdict.
    pub verdict: Verdict,
}

/// A scenario that cannot be relied on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Flaky {
    /// The scenario.
    pub id: ScenarioId,
    /// How often.
    pub flakes: Rate,
    /// Who excuses it.
    pub quarantine: Option<Quarantined>,
}

/// How often a scenario flakes, with the bounds of 95 % confidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rate {
    /// How often it did.
    pub count: u64,
    /// Of how many runs.
    pub of: u64,
    /// The share; absent without runs.
    pub rate: Option<f64>,
    /// Its lower bound.
    pub low: Option<f64>,
    /// Its upper bound.
    pub high: Option<f64>,
}

/// Who excuses a flaky scenario, and until when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quarantined {
    /// Who.
    pub owner: String,
    /// The last day.
    pub expires: Date,
}

/// What takes longer than before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Slow {
    /// Over how many nights.
    pub nights: usize,
    /// How many scenarios were tested.
    pub tested: usize,
    /// Those that take longer.
    pub scenarios: Vec<SlowScenario>,
    /// How much longer all of them together take.
    pub all: Option<f64>,
}

/// A scenario that takes longer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct SlowScenario {
    /// The scenario.
    pub id: ScenarioId,
    /// How long it took.
    pub before_seconds: f64,
    /// How long it takes.
    pub now_seconds: f64,
    /// How likely chance alone explains it.
    pub probability: f64,
}

impl NightDocument {
    /// Reads `nightly.json`.
    ///
    /// # Errors
    /// Why it is none, or that it is of another version.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = |reason: serde_json::Error| reason.to_string();
        // The version comes first: what else a document of another form holds says nothing.
        let Versioned { schema } = serde_json::from_str(text).map_err(wrong)?;
        if schema != SCHEMA {
            return Err(format!("it is of format {schema}; this is {SCHEMA}"));
        }
        serde_json::from_str(text).map_err(wrong)
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        // Names, numbers and text can always be said in JSON.
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Versioned {
    #[serde(default = "first_schema")]
    schema: String,
}
