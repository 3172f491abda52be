//! The records that a decision is made by.

use fixgate_core::ledger::Ledger;
use fixgate_core::record::{RunRecord, TestProduct};
use fixgate_engine::commit::{self, Since};
use fixgate_engine::fault::Fault;
use fixgate_engine::tree::Tree;

use crate::output::Output;

/// Those of the tree, or those that a run was made with.
pub(super) enum Records {
    /// They are those of the tree still, or none that are known to be others.
    Todays,
    /// They were read out of the commit that they are of.
    Commits(Box<Ledger>),
}

impl Records {
    /// Those that a sign-off rests on.
    ///
    /// # Errors
    /// Why they are not here, and what brings them.
    pub(super) fn of(tree: &Tree, today: &Ledger, stated: &TestProduct) -> Result<Self, String> {
        match &stated.commit {
            Some(commit) if today.digest != stated.digest => match commit::records_of(tree, commit) {
                Ok(ledger) => Ok(Self::Commits(Box::new(ledger))),
                Err(Fault { message, help, .. }) => {
                    Err(message + &help.map(|help| format!("\nhelp: {help}")).unwrap_or_default())
                }
            },
            Some(_) | None => Ok(Self::Todays),
        }
    }

    /// Those to decide about a run by: its own, as long as nothing that can decide was changed since. Otherwise the files are
    /// named, and by today's records the run is void.
    ///
    /// # Errors
    /// When the system or git fails: that tells nothing of the records.
    pub(super) fn of_run(output: Output, tree: &Tree, today: &Ledger, record: &RunRecord) -> Result<Self, Fault> {
        let run = &record.header.run;
        Ok(match commit::since(tree, today, &record.header.test_product)? {
            Since::Same => Self::Todays,
            Since::Described(ledger) => {
                output.note(&format!(
                    "only titles, comments or sources were changed since the run {run}: its own records decide\n"
                ));
                Self::Commits(ledger)
            }
            Since::Changed(outdated) => {
                if let Some(commit) = &outdated.commit {
                    output.complaint(&format!(
                        "the run {run} is void: {outdated} changed since\n\
                         help: go on from its commit, on a branch of the release, and merge that later: \
                         git switch --create NAME {commit}\n"
                    ));
                }
                Self::Todays
            }
        })
    }

    pub(super) fn ledger<'l>(&'l self, today: &'l Ledger) -> &'l Ledger {
        match self {
            Records::Todays => today,
            Records::Commits(ledger) => ledger,
        }
    }
}
