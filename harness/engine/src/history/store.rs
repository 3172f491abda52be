//! The file of history: what is in it, how runs get in and out.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::place::Place;
use fixgate_core::history::{PastRun, RunOutcome};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::record::Occasion;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

/// "fixg", by which a file is known to be ours.
const APPLICATION: i32 = 0x6669_7867;
/// The version of the tables, and of the numbers in them. A file of another version is made again.
const VERSION: i32 = 5;
/// How long to wait for another process that is writing.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the file holds. A verdict is a row of less than a hundred bytes: the run and the scenario by number, in the order in which a
/// run is written, so that a run is added at the end and taken out in one piece. `verdict` counts in the order of
/// `Verdict::ALL`. The index holds what can make a run end late, and is empty where every scenario is quick.
const TABLES: &str = "
    CREATE TABLE runs(
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, started TEXT NOT NULL,
        candidate TEXT NOT NULL, candidate_digest TEXT NOT NULL, baseline TEXT, baseline_digest TEXT,
        release TEXT, complete INTEGER NOT NULL, planned INTEGER NOT NULL, seconds REAL NOT NULL, void TEXT,
        night INTEGER NOT NULL, journal TEXT NOT NULL
    ) STRICT;
    CREATE TABLE scenarios(name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE verdicts(
        run INTEGER NOT NULL, scenario INTEGER NOT NULL, verdict INTEGER NOT NULL, differs INTEGER NOT NULL,
        definition BLOB NOT NULL, seen BLOB, microseconds INTEGER NOT NULL, PRIMARY KEY(run, scenario)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX long ON verdicts(scenario, microseconds) WHERE microseconds >= 100000;
";

/// Why history can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// SQLite says no.
    #[error("`{path}`: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
    /// The file cannot be opened, or is no plain file of its own.
    #[error("`{path}` cannot be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is in the way and stays there.
    #[error("`{path}` cannot be removed: {source}")]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is another program's, or another version's.
    #[error("`{0}` is not a history of this version of Fixgate")]
    Foreign(PathBuf),
    /// A row says what no run can have said.
    #[error("`{path}` is damaged: {reason}")]
    Row {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl HistoryError {
    /// Whether the file itself is at fault, so that making it again helps; otherwise the system refused.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Foreign(_) | Self::Row { .. } => true,
            Self::Open { .. } | Self::Remove { .. } => false,
            Self::Sqlite { source, .. } => !matches!(
                source.sqlite_error_code(),
                Some(
                    ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::CannotOpen
                        | ErrorCode::PermissionDenied
                        | ErrorCode::ReadOnly
                        | ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::FileLockingProtocolFailed
                        | ErrorCode::OutOfMemory
                )
            ),
        }
    }
}

/// An open history.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the file, or makes a new one.
    ///
    /// # Errors
    /// When the system refuses, or the file is damaged or not of this version.
    pub fn open(place: &Place) -> Result<Self, HistoryError> {
        let path = place.path().into_std_path_buf();
        // SQLite opens it by its path, and is told to follow no link either.
        let own = place.open_to_write().map_err(|source| HistoryError::Open { path: path.clone(), source })?;
        drop(own);
        let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let opened = Connection::open_with_flags(&path, flags);
        let connection = opened.map_err(|source| HistoryError::Sqlite { path: path.clone(), source })?;
        Self::prepare(connection, &path)
    }

    /// A history that is gone with its value.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Self, HistoryError> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|source| HistoryError::Sqlite { path: path.to_owned(), source })?;
        Self::prepare(connection, path)
    }

    fn prepare(connection: Connection, path: &Path) -> Result<Self, HistoryError> {
        let store = Self { connection, path: path.to_owned() };
        let known = store.told(store.connection.busy_timeout(PATIENCE).and_then(|()| {
            // A rollback journal keeps the file whole when a process is killed, in one file, and writes what is new only once.
            // Nothing waits for the disk: what a loss of power damages is made again.
            store.connection.pragma_update(None, "journal_mode", "DELETE")?;
            store.connection.pragma_update(None, "synchronous", "OFF")?;
            store.marks()
        }))?;
        match known {
            (APPLICATION, VERSION, _) => Ok(store),
            (0, 0, true) => store.create(),
            _ => Err(HistoryError::Foreign(path.to_owned())),
        }
    }

    /// The application's and the version's number, and whether the file is empty.
    fn marks(&self) -> rusqlite::Result<(i32, i32, bool)> {
        let number = |name| self.connection.pragma_query_value(None, name, |row| row.get(0));
        let tables: i64 = self.connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        Ok((number("application_id")?, number("user_version")?, tables == 0))
    }

    fn create(mut self) -> Result<Self, HistoryError> {
        self.change(|transaction| {
            let made: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            // Another process may have been quicker.
            if made == 0 {
                transaction.execute_batch(TABLES)?;
                transaction.pragma_update(None, "application_id", APPLICATION)?;
                transaction.pragma_update(None, "user_version", VERSION)?;
            }
            Ok(())
        })?;
        Ok(self)
    }

    /// Adds a run in one transaction, in the place of what was known of it.
    ///
    /// # Errors
    /// When it cannot be written; nothing is added then.
    pub fn add<'e>(
        &mut self,
        run: &PastRun,
        outcomes: impl IntoIterator<Item = (&'e ScenarioId, RunOutcome)>,
    ) -> Result<(), HistoryError> {
        self.change(|transaction| {
            take_out(transaction, run.name.as_str())?;
            let number = add_run(transaction, run)?;
            let mut scenarios = Scenarios::new(transaction)?;
            let mut insert = transaction.prepare("INSERT INTO verdicts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for (scenario, outcome) in outcomes {
                let RunOutcome { verdict, differs, definition, seen, time } = outcome;
                let microseconds = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
                insert.execute((
                    number,
                    scenarios.number(scenario)?,
                    verdict as u8,
                    differs,
                    definition.bytes(),
                    seen.as_ref().map(Digest::bytes),
                    microseconds,
                ))?;
            }
            Ok(())
        })
    }

    /// Takes runs out by their names, and the scenarios that no other run has.
    ///
    /// # Errors
    /// When they cannot be taken out; all are still there then.
    pub fn forget<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<(), HistoryError> {
        self.change(|transaction| {
            for name in names {
                take_out(transaction, name)?;
            }
            transaction.execute("DELETE FROM scenarios WHERE id NOT IN (SELECT scenario FROM verdicts)", ())?;
            Ok(())
        })
    }

    /// Until it is dropped, everything read is of the moment of the first reading.
    pub(super) fn snapshot(&self) -> Result<Transaction<'_>, HistoryError> {
        self.told(self.connection.unchecked_transaction())
    }

    fn change(&mut self, act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) -> Result<(), HistoryError> {
        let done = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
            act(&transaction)?;
            transaction.commit()
        });
        self.told(done)
    }

    /// An error, with the file it is about.
    pub(super) fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T, HistoryError> {
        result.map_err(|source| HistoryError::Sqlite { path: self.path.clone(), source })
    }

    /// A row that cannot be.
    pub(super) fn damaged(&self, reason: String) -> HistoryError {
        HistoryError::Row { path: self.path.clone(), reason }
    }
}

fn take_out(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM verdicts WHERE run = (SELECT id FROM runs WHERE name = ?1)", [name])?;
    transaction.execute("DELETE FROM runs WHERE name = ?1", [name])?;
    Ok(())
}

fn add_run(transaction: &Transaction<'_>, run: &PastRun) -> rusqlite::Result<i64> {
    let baseline = run.baseline.as_ref();
    transaction.execute(
        "INSERT INTO runs VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        (
            run.name.as_str(),
            &run.started,
            &run.candidate.name,
            run.candidate.digest.to_string(),
            baseline.map(|baseline| &baseline.name),
            baseline.map(|baseline| baseline.digest.to_string()),
            run.release.as_ref().map(|release| release.as_str()),
            run.complete,
            run.planned.cast_signed(),
            run.seconds,
            run.void.as_ref(),
            run.occasion == Occasion::Night,
            run.journal.to_string(),
        ),
    )?;
    Ok(transaction.last_insert_rowid())
}

/// The numbers of scenarios.
struct Scenarios<'t> {
    transaction: &'t Transaction<'t>,
    find: rusqlite::Statement<'t>,
    insert: rusqlite::Statement<'t>,
    /// Whether any has been known before: a run names each of its scenarios once.
    any_known: bool,
    /// The next new number, once one was needed: to look for it reads the whole table.
    next: Option<i64>,
}

impl<'t> Scenarios<'t> {
    fn new(transaction: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        let find = transaction.prepare("SELECT id FROM scenarios WHERE name = ?1")?;
        let insert = transaction.prepare("INSERT INTO scenarios VALUES (?1, ?2)")?;
        let any_known = transaction.query_row("SELECT EXISTS (SELECT 1 FROM scenarios)", (), |row| row.get(0))?;
        Ok(Self { transaction, find, insert, any_known, next: None })
    }

    fn number(&mut self, scenario: &ScenarioId) -> rusqlite::Result<i64> {
        let name = scenario.as_str();
        if self.any_known
            && let Some(known) = self.find.query_row([name], |row| row.get(0)).optional()?
        {
            return Ok(known);
        }
        let number = match self.next {
            Some(next) => next,
            None => {
                let sql = "SELECT coalesce(max(id), -1) + 1 FROM scenarios";
                self.transaction.query_row(sql, (), |row| row.get(0))?
            }
        };
        self.insert.execute((name, number))?;
        self.next = Some(number + 1);
        Ok(number)
    }
}
