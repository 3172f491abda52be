//! History follows the records: what is finished and missing is added, what has no record any more is taken out.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use fixgate_core::history::{PastRun, RunOutcome};

use super::Notice;
use super::store::{HistoryError, Store};
use crate::fault::Fault;
use crate::place::Place;
use crate::run_record;
use crate::tree::Tree;

/// Longer than any footer.
const TAIL: u64 = 4096;

/// The names of the runs whose journals have their last line.
///
/// # Errors
/// When the records cannot be listed.
pub(super) fn finished(tree: &Tree) -> Result<BTreeSet<String>, Fault> {
    let directory = tree.runs();
    let list = || -> io::Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for name in directory.list()? {
            if has_ended(&directory.join(&name).join("journal.jsonl"))? {
                names.insert(name);
            }
        }
        Ok(names)
    };
    match list() {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        listed => listed.map_err(|reason| Fault::system(format!("the runs in {directory} cannot be listed: {reason}"), &reason)),
    }
}

/// Whether a journal's last line is a footer, without reading what comes before.
fn has_ended(journal: &Place) -> io::Result<bool> {
    let mut file = match journal.open() {
        Err(reason) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&reason.kind()) => return Ok(false),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let Some(whole) = tail.strip_suffix(b"\n") else { return Ok(false) };
    let last = whole.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(last.starts_with(br#"{"footer":"#))
}

/// Makes the store hold exactly the finished runs.
///
/// # Errors
/// When the store cannot be changed. A record that cannot be read is told of, and left out.
pub(super) fn catch_up(
    tree: &Tree,
    finished: &BTreeSet<String>,
    store: &mut Store,
    tell: &mut dyn FnMut(Notice),
) -> Result<(), HistoryError> {
    let known: BTreeSet<String> = store.runs()?.into_iter().map(|(_, run)| run.name.to_string()).collect();
    let gone: Vec<&str> = known.difference(finished).map(String::as_str).collect();
    if !gone.is_empty() {
        store.forget(gone)?;
    }
    let missing: Vec<&String> = finished.difference(&known).collect();
    if !missing.is_empty() {
        tell(Notice::Adding(missing.len()));
    }
    for name in missing {
        match run_record::read(tree, name) {
            Ok(record) => {
                if let Some(run) = PastRun::of(&record) {
                    store.add(&run, RunOutcome::all(&record))?;
                }
            }
            Err(reason) => tell(Notice::LeftOut { run: name.clone(), reason }),
        }
    }
    Ok(())
}
