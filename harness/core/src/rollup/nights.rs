//! The last nights, as they were reported.

mod document;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

pub use self::document::{Failing, Flaky, LastNight, NightDocument, PastVerdict, Quarantined, Rate, SCHEMA, Slow, SlowScenario};
use crate::id::RunName;
use crate::proof::BuildIdentity;

/// One night.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Night {
    /// Its run.
    pub run: RunName,
    /// The day on which it started, UTC.
    pub date: Date,
    /// The build.
    pub candidate: BuildIdentity,
    /// How many scenarios were planned.
    pub planned: u64,
    /// How many failed, known failures aside.
    pub failing: usize,
    /// How many of them had not failed the night before.
    pub newly_failing: usize,
    /// Whether anything was found.
    pub found: bool,
    /// Why there is no answer, if there is none.
    pub void: Option<String>,
}

impl Night {
    /// A night by its report.
    pub fn of(night: NightDocument) -> Self {
        let NightDocument { run, started, candidate, planned, newly_failing, still_failing, found, void, .. } = night;
        Self {
            run,
            date: started.to_zoned(TimeZone::UTC).date(),
            candidate,
            planned,
            failing: newly_failing.len() + still_failing.len(),
            newly_failing: newly_failing.len(),
            found,
            void,
        }
    }
}
