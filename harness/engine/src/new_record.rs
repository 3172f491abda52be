//! The beginning of a run's record: made aside, and given its name once its plan and its header are whole.

use std::io;

use fixgate_core::id::RunName;
use fixgate_core::record::{Header, JournalLine, PlannedScenario};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::fault::Fault;
use crate::journal::Journal;
use crate::run_record::{JOURNAL, PLAN, PlanHeader};
use crate::tree::Tree;

/// The directory of a record that has no name yet. It is no run's name, and there is one at a time.
const BEGINNING: &str = ".beginning";

/// A record that is to be begun.
pub(crate) struct NewRecord<'t> {
    tree: &'t Tree,
    /// The run's name.
    pub(crate) name: RunName,
}

impl<'t> NewRecord<'t> {
    /// A name that no run has: the time, and what the run is for.
    pub(crate) fn name(tree: &'t Tree, now: Timestamp, label: &str) -> Result<Self, Fault> {
        let base = format!("{}-{label}", now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ"));
        let runs = tree.runs();
        tree.make(&runs)?;
        // Where that cannot be told, it is when the record is put there.
        let free = |name: &String| !runs.join(name).exists().unwrap_or(false);
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(free).unwrap_or(base);
        Ok(Self { tree, name: name.parse().map_err(Fault::harness)? })
    }

    /// Writes the plan, the header and the first lines, and puts them in their place.
    pub(crate) fn begin(&self, header: &Header, plan: &[PlannedScenario], lines: &[JournalLine]) -> Result<Journal, Fault> {
        let runs = self.tree.runs();
        let (aside, directory) = (runs.join(BEGINNING), runs.join(self.name.as_str()));
        let refused = |reason: io::Error| Fault::system(format!("the run {directory} cannot be begun: {reason}"), &reason);
        aside.remove().map_err(refused)?;
        self.tree.make(&aside)?;
        let mut planned = Journal::create(&aside.join(PLAN), &PlanHeader { planned: plan.len() as u64 })?;
        planned.append(plan)?;
        planned.sync()?;
        let mut journal = Journal::create(&aside.join(JOURNAL), header)?;
        journal.append(lines)?;
        aside.rename(&directory).map_err(refused)?;
        journal.moved(&directory.join(JOURNAL));
        Ok(journal)
    }
}
