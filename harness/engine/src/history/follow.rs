//! History follows the records: what is finished and missing is added, what has no record any more is taken out.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use fixgate_core::history::{PastRun, RunOutcome};
use fixgate_core::id::Digest;
use serde::Deserialize;

use super::Notice;
use super::store::{HistoryError, Store};
use crate::fault::Fault;
use crate::place::Place;
use crate::run_record;
use crate::tree::Tree;

/// Longer than any footer.
const TAIL: u64 = 4096;

/// The finished runs by their names, each with the digest of its journal.
pub(super) type Finished = BTreeMap<String, Digest>;

/// The runs whose journals have their last line.
///
/// # Errors
/// When the records cannot be listed.
pub(super) fn finished(tree: &Tree) -> Result<Finished, Fault> {
    let directory = tree.runs();
    let list = || -> io::Result<Finished> {
        let mut finished = Finished::new();
        for name in directory.list()? {
            if let Some(journal) = digest_of_ended(&directory.join(&name).join("journal.jsonl"))? {
                finished.insert(name, journal);
            }
        }
        Ok(finished)
    };
    match list() {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(Finished::new()),
        listed => listed.map_err(|reason| Fault::system(format!("the runs in {directory} cannot be listed: {reason}"), &reason)),
    }
}

/// The last line of a journal, as far as it is read here.
#[derive(Deserialize)]
struct Last {
    footer: Journal,
}

#[derive(Deserialize)]
struct Journal {
    journal: Digest,
}

/// The digest in a journal's footer, without reading what comes before; nothing where the last line is none.
fn digest_of_ended(journal: &Place) -> io::Result<Option<Digest>> {
    let mut file = match journal.open() {
        Err(reason) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&reason.kind()) => return Ok(None),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let Some(whole) = tail.strip_suffix(b"\n") else { return Ok(None) };
    let last = whole.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(serde_json::from_slice::<Last>(last).ok().map(|last| last.footer.journal))
}

/// Makes the store hold exactly the finished runs.
///
/// # Errors
/// When the store cannot be changed. A record that cannot be read is told of, and left out.
pub(super) fn catch_up(
    tree: &Tree,
    finished: &Finished,
    store: &mut Store,
    tell: &mut dyn FnMut(Notice),
) -> Result<(), HistoryError> {
    let known: Finished = store.runs()?.into_iter().map(|(_, run)| (run.name.to_string(), run.journal)).collect();
    let gone = known.iter().filter(|(name, journal)| finished.get(*name) != Some(journal));
    let gone: Vec<&str> = gone.map(|(name, _)| name.as_str()).collect();
    if !gone.is_empty() {
        store.forget(gone)?;
    }
    let missing = finished.iter().filter(|(name, journal)| known.get(*name) != Some(journal));
    let missing: Vec<&String> = missing.map(|(name, _)| name).collect();
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
