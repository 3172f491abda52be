//! History: the verdicts of finished runs in one file that can be asked.
//!
//! It is a cache of the records under `reports/runs/` and never the truth. A run adds itself when it ends; the first question
//! has what is missing added, and what has no record any more taken out. A file that is missing, damaged or of another version
//! is made again, and one that cannot be used keeps neither a run from its verdict nor a question from its answer.

mod follow;
mod query;
mod store;

use std::fmt;

use fixgate_core::history::{PastRun, RunOutcome};
use fixgate_core::id::ScenarioId;
use fixgate_core::record::RunRecord;
use fixgate_core::words::counted;

pub use query::Runs;
pub use store::{HistoryError, Store};

use crate::fault::Fault;
use crate::place::Place;
use crate::tree::Tree;

/// What a user should know of the file, though nothing fails for it.
#[derive(Debug)]
pub enum Notice {
    /// The records of so many runs are read, which may take a while.
    Adding(usize),
    /// A run's record cannot be read; it is left out.
    LeftOut {
        /// The run.
        run: String,
        /// What is wrong with its record.
        reason: Fault,
    },
    /// The file is thrown away and made again.
    Remade(HistoryError),
    /// The file cannot be used; the answer comes from the records alone.
    Unused(HistoryError),
    /// The run that ends could not be added.
    NotAdded(HistoryError),
}

impl Notice {
    /// Whether something is wrong.
    pub fn is_warning(&self) -> bool {
        match self {
            Self::Adding(_) => false,
            Self::LeftOut { .. } | Self::Remade(_) | Self::Unused(_) | Self::NotAdded(_) => true,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adding(runs) => write!(formatter, "adding {} to the history …", counted(*runs, "run")),
            Self::LeftOut { run, reason } => write!(formatter, "the run `{run}` is left out of the history: {reason}"),
            Self::Remade(error) => write!(formatter, "{error}; it is made again"),
            Self::Unused(error) => write!(formatter, "{error}; the records are read without it"),
            Self::NotAdded(error) => write!(formatter, "{error}; `fixgate history` will add this run"),
        }
    }
}

/// The newest run that is finished, if there is one.
///
/// # Errors
/// When the runs cannot be listed.
pub fn newest(tree: &Tree) -> Result<Option<String>, Fault> {
    // A run's name begins with its time. What was imported tells nothing of scenarios.
    let is_own =
        |name: &String| name.split_once('-').is_none_or(|(_, label)| label.split('-').next() != Some(crate::run_record::IMPORT));
    Ok(follow::finished(tree)?.into_keys().rfind(is_own))
}

/// Adds a run, if it is finished. What prevents that is told and is no fault: the next question has it added.
pub fn record(tree: &Tree, record: &RunRecord, tell: &mut dyn FnMut(Notice)) {
    let Some(run) = PastRun::of(record) else { return };
    let added = mended(&tree.history(), tell, |store, _| store.add(&run, RunOutcome::all(record)));
    if let Err(error) = added {
        tell(Notice::NotAdded(error));
    }
}

/// The scenarios among these that are known to take long, longest first, perhaps with others between them. Without a history that
/// can be read there are none: then nothing is lost but time, and the end of the run tells why.
pub fn longest(tree: &Tree, among: &[&ScenarioId]) -> Vec<ScenarioId> {
    let path = tree.history();
    if !path.is_file().unwrap_or(false) {
        return Vec::new();
    }
    Store::open(&path).and_then(|store| store.longest(among)).unwrap_or_default()
}

/// Asks a history that holds exactly the finished runs of the tree. Where the file cannot be used, one is made in memory.
///
/// # Errors
/// When the records cannot be listed, or not even a history in memory gives an answer.
pub fn consult<T>(
    tree: &Tree,
    tell: &mut dyn FnMut(Notice),
    ask: impl Fn(&Store, &Runs) -> Result<T, HistoryError>,
) -> Result<T, Fault> {
    let finished = follow::finished(tree)?;
    let path = tree.history();
    // Where it cannot be made, the file cannot be opened either, and that is told.
    let _ = tree.make(&tree.state());
    let answer = |store: &mut Store, tell: &mut dyn FnMut(Notice)| {
        follow::catch_up(tree, &finished, store, tell)?;
        // Without it, a run that another process adds once more meanwhile would have lost its verdicts.
        let _snapshot = store.snapshot()?;
        ask(store, &store.runs()?)
    };
    mended(&path, tell, answer)
        .or_else(|error| {
            tell(Notice::Unused(error));
            answer(&mut Store::in_memory()?, tell)
        })
        .map_err(|error| Fault::harness(error.to_string()))
}

/// Throws the file away, so that it is made again.
///
/// # Errors
/// When it cannot be removed.
pub fn discard(tree: &Tree) -> Result<(), Fault> {
    remove(&tree.history()).map_err(|error| Fault::harness(error.to_string()))
}

/// Does something with the file, and if it turns out to be damaged, once more with a new one.
fn mended<T>(
    place: &Place,
    tell: &mut dyn FnMut(Notice),
    act: impl Fn(&mut Store, &mut dyn FnMut(Notice)) -> Result<T, HistoryError>,
) -> Result<T, HistoryError> {
    match Store::open(place).and_then(|mut store| act(&mut store, tell)) {
        Err(error) if error.is_damage() => {
            tell(Notice::Remade(error));
            remove(place)?;
            act(&mut Store::open(place)?, tell)
        }
        done => done,
    }
}

fn remove(place: &Place) -> Result<(), HistoryError> {
    // A journal that is left behind would be played back into the new file.
    let journal = format!("{}-journal", place.below().file_name().unwrap_or_default());
    for place in [&place.join("..").join(journal), place] {
        place.remove_file().map_err(|source| HistoryError::Remove { path: place.path().into(), source })?;
    }
    Ok(())
}
