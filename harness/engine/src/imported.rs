//! The record of a run that Fixgate did not make.

use std::fs::File;
use std::io;
use std::time::Instant;

use camino::Utf8Path;
use fixgate_core::id::Digest;
use fixgate_core::imported::Imported;
use fixgate_core::project::Isolation;
use fixgate_core::record::{
    Entry, Footer, Header, JournalLine, Occasion, PlannedScenario, Requested, RunRecord, SCHEMA, TestProduct,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::bounded;
use crate::builds::Placed;
use crate::execute::seconds;
use crate::fault::Fault;
use crate::load;
use crate::lock::DirectoryLock;
use crate::new_record::NewRecord;
use crate::own::{host, tool};
use crate::run_record::{IMPORT, read};
use crate::site::Site;

/// Results of another program that are to become a run.
pub struct Import<'r> {
    /// Where the work is done.
    pub site: Site<'r>,
    /// The right to be the only one at work here.
    pub lock: &'r DirectoryLock,
    /// The commit of the records.
    pub test_product: TestProduct,
    /// The build that the results are said to be of.
    pub candidate: Placed,
    /// Where they are from.
    pub imported: Imported,
    /// The tests, in their order.
    pub entries: Vec<Entry>,
}

/// The bytes of a file that a person names, of which there may be no more than `limit`.
///
/// # Errors
/// When it is no regular file, too large, or cannot be read.
pub fn file(path: &Utf8Path, limit: u64) -> Result<Vec<u8>, Fault> {
    let read = || -> io::Result<Vec<u8>> {
        // Opening a pipe would wait for its writer.
        if !path.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        bounded::read_opened(File::open(path)?, limit)
    };
    read().map_err(|reason| Fault::usage(format!("{path} cannot be read: {reason}")))
}

/// Writes the record of an import, and reads it back.
///
/// # Errors
/// When it cannot be written.
pub fn record(import: Import<'_>) -> Result<RunRecord, Fault> {
    let Import { site, lock: _, test_product, candidate, imported, entries } = import;
    let begun = Instant::now();
    let now = Timestamp::now();
    let new = NewRecord::name(site.tree, now, IMPORT)?;
    // Nothing is known of what a test was when it was run, so that no definition of today or of another import is its own.
    let plan: Vec<PlannedScenario> = entries
        .iter()
        .map(|entry| PlannedScenario {
            scenario: entry.scenario.clone(),
            digest: Digest::of_json(&(&imported.files, new.name.as_str(), &entry.scenario)),
        })
        .collect();
    let header = Header {
        schema: SCHEMA,
        tool: tool(),
        harness: None,
        host: host(),
        run: new.name.clone(),
        started: Timestamp::from_second(now.as_second()).unwrap_or(now),
        occasion: Occasion::Request,
        date: now.to_zoned(TimeZone::UTC).date(),
        isolation: Isolation::Process,
        circumstances: None,
        candidate: candidate.build.identity(),
        place: candidate.place,
        placed_as: candidate.placed_as.clone(),
        fixes: Vec::new(),
        baseline: None,
        release: None,
        packs: Vec::new(),
        found: Vec::new(),
        used: None,
        proved_again: Vec::new(),
        ancestry: None,
        past: None,
        shards: Vec::new(),
        plan: Digest::of_json_array(plan.iter().map(|planned| (&planned.scenario, planned.digest))),
        planned: plan.len() as u64,
        complete: false,
        test_product,
        request: Some(Requested::default()),
        imported: Some(imported),
    };
    let lines: Vec<JournalLine> = entries.into_iter().map(JournalLine::Scenario).collect();
    let mut journal = new.begin(&header, &plan, &lines)?;
    let footer = Footer {
        journal: journal.digest(),
        seconds: (seconds(begun.elapsed()) * 1e3).round() / 1e3,
        candidate: candidate.build.digest_now()?,
        baseline: None,
        found: Vec::new(),
        changed: Some(load::changed_since(site.tree, site.ledger)),
    };
    journal.append(&[JournalLine::Footer(footer)])?;
    journal.sync()?;
    read(site.tree, new.name.as_str())
}
