//! The statements that a held sign-off waits for: what could be attested next, in the words of the gate and with what it is about.

use jiff::civil::Date;

use super::SignedOff;
use super::attested::{BuildAttestations, manual_case, too_few_days};
use super::imported::lacks;
use super::reasons::SuiteLack;
use super::validated::best_builds;
use crate::id::{CaseId, DefectId, Digest, SuiteName};
use crate::ledger::Ledger;
use crate::project::{Criterion, ImportedSuite};
use crate::signer::Role;

/// A statement that has not been made yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The criterion that waits for it.
    pub criterion: Criterion,
    /// What the gate says while it is missing.
    pub against: String,
    /// The build that it is to be about.
    pub build: Digest,
    /// What it is.
    pub statement: Statement,
}

/// What is to be stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// That a manual case was carried out.
    Manual(CaseId),
    /// That a fix is one, in this role.
    Fix(Role, DefectId),
    /// How a suite went that is run elsewhere.
    Suite(SuiteName),
    /// That the build was in use.
    Deployment,
    /// That the release may ship.
    Approval,
}

impl Missing {
    /// All that a sign-off waits for, in the order of its criteria. The approval comes last, when it alone is missing: a release
    /// manager is refused before. What was stated and does not count is none of it.
    pub fn of(ledger: &Ledger, signed: &SignedOff, today: Date) -> Vec<Self> {
        signed.unsatisfied.iter().flat_map(|criterion| Self::of_criterion(ledger, signed, *criterion, today)).collect()
    }

    fn of_criterion(ledger: &Ledger, signed: &SignedOff, criterion: Criterion, today: Date) -> Vec<Self> {
        let said = BuildAttestations { build: signed.candidate, attestations: &ledger.attestations, today };
        let about = |build, against, statement| Self { criterion, against, build, statement };
        let here = |against, statement| about(signed.candidate, against, statement);
        match criterion {
            Criterion::Manual => {
                let cases = ledger.train.position(&signed.release).into_iter().flat_map(|place| ledger.manual_at(place));
                let unattested = cases.filter_map(|case| {
                    let (against, unattested) = manual_case(said, case);
                    let unattested = unattested.filter(|_| against.is_empty())?;
                    Some(here(format!("{}: {unattested}", case.id), Statement::Manual(case.id.clone())))
                });
                unattested.collect()
            }
            Criterion::Validated => {
                let best = best_builds(ledger, &signed.release, said.attestations, today);
                let roles = best.iter().flat_map(|fix| [Role::Tester, Role::Customer].map(|role| (role, fix)));
                let silent = roles.filter_map(|(role, (defect, build, _))| {
                    let said = said.attestations.iter().filter(|word| word.is_about(*build));
                    let mut words = said.filter_map(|word| word.fix_word(role));
                    let against = format!("{defect}: no {role} has attested it on its private fix");
                    let is_silent = words.all(|word| word.defect != **defect);
                    is_silent.then(|| about(*build, against, Statement::Fix(role, (*defect).clone())))
                });
                silent.collect()
            }
            Criterion::Imported => {
                let missing = |suite: &ImportedSuite| {
                    let lacks = lacks(said, suite);
                    let [lack @ SuiteLack::NotAttested { .. }] = &*lacks else { return None };
                    Some(here(format!("{}: {lack}", suite.name), Statement::Suite(suite.name.clone())))
                };
                ledger.project.imports.iter().filter_map(missing).collect()
            }
            Criterion::Deployed => {
                let required = ledger.project.gate.deployed_days.unwrap_or_default();
                too_few_days(said, required).map(|against| here(against, Statement::Deployment)).into_iter().collect()
            }
            Criterion::Signed if signed.unsatisfied == [Criterion::Signed] => {
                vec![here("no release manager has approved it by its run".to_owned(), Statement::Approval)]
            }
            // What a run showed, no statement changes.
            Criterion::Signed
            | Criterion::Ledger
            | Criterion::Committed
            | Criterion::Proved
            | Criterion::Cumulative
            | Criterion::Complete
            | Criterion::Clean
            | Criterion::Explained
            | Criterion::Canary
            | Criterion::Flaky
            | Criterion::Packs
            | Criterion::Cadence => Vec::new(),
        }
    }
}
