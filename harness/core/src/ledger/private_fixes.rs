//! Private fixes in the train: what a step of their life needs, and which release supersedes them.

use jiff::civil::Date;

use crate::attestation::unvalidated;
use crate::defect::{Defect, Status};
use crate::id::{DefectId, Digest};
use crate::ledger::Ledger;
use crate::private_fix::{PrivateFix, PrivateFixState};
use crate::problem::Problem;
use crate::release::{Position, Release};

impl Ledger {
    /// The private fixes with this very build.
    pub fn private_fixes_of(&self, digest: Digest) -> impl Iterator<Item = &PrivateFix> {
        self.private_fixes.iter().filter(move |fix| fix.digest == digest)
    }

    /// The release that supersedes a private fix.
    pub fn superseding(&self, fix: &PrivateFix) -> Option<&Release> {
        self.first_with(self.train.position(&fix.base)?, &fix.defects)
    }

    /// The first release after a place that has all of these fixes: a customer who has them privately can move to it.
    pub fn first_with(&self, base: Position, fixes: &[DefectId]) -> Option<&Release> {
        self.train.releases().iter().find(|release| {
            let place = self.train.position(&release.name);
            place.is_some_and(|place| base < place && fixes.iter().all(|defect| self.has_fix(defect, place)))
        })
    }

    /// What the records do not show on this day and the state needs; one line for each, none if it may be reached.
    pub fn lacks(&self, fix: &PrivateFix, state: PrivateFixState, today: Date) -> Vec<String> {
        match state {
            PrivateFixState::Coded | PrivateFixState::Validated | PrivateFixState::Delivered | PrivateFixState::Accepted => {
                Vec::new()
            }
            PrivateFixState::CheckedIn => {
                let words = fix.defects.iter().flat_map(|id| unvalidated(&self.attestations, id, fix.digest, today));
                let defects = fix.defects.iter().filter_map(|id| self.defects.get(id));
                words.chain(defects.filter_map(|defect| self.not_checked_in(defect))).collect()
            }
            PrivateFixState::Superseded if self.superseding(fix).is_some() => Vec::new(),
            PrivateFixState::Superseded => {
                let missing = |id: &&DefectId| !self.train.newest().is_some_and(|newest| self.is_fixed_by(id, newest));
                let missing: Vec<&str> = fix.defects.iter().filter(missing).map(DefectId::as_str).collect();
                vec![format!("no release after {} has the fix of {}", fix.base, missing.join(", "))]
            }
        }
    }

    fn is_fixed_by(&self, defect: &DefectId, release: &Release) -> bool {
        self.train.position(&release.name).is_some_and(|place| self.has_fix(defect, place))
    }

    fn not_checked_in(&self, defect: &Defect) -> Option<String> {
        let id = &defect.id;
        match &defect.status {
            Status::Open | Status::PrivateFix | Status::WontFix => {
                return Some(format!("{id} is not `fixed`: say so in {}, without `fixed-in`", defect.place.source.path));
            }
            Status::Fixed(_) => {}
        }
        let pair = self.pair(id);
        match self.proofs.get(id) {
            _ if pair.is_empty() => Some(format!("no case names {id}: fixgate new case regression/NAME --defect {id}")),
            None => Some(format!("{id} is not proved: fixgate prove {id} --base B --fixed B")),
            Some(proof) => {
                let stale = proof.staleness(&pair);
                (!stale.is_empty()).then(|| format!("the proof of {id} is stale: {}", stale.join("; ")))
            }
        }
    }

    /// Private fixes that are further than the records show, or that the base has already.
    ///
    /// They stand apart from [`Ledger::gaps`], since these records are not among those that a run and its gate rest on.
    pub fn private_fix_gaps(&self, today: Date) -> Vec<Problem> {
        self.private_fixes.iter().flat_map(|fix| self.gaps_of(fix, today)).collect()
    }

    fn gaps_of(&self, fix: &PrivateFix, today: Date) -> Vec<Problem> {
        let at = |message: String, help: &str| Problem::at(fix.place.clone(), message).help(help);
        let base = self.train.position(&fix.base);
        let idle = fix.defects.iter().filter(|defect| base.is_some_and(|base| self.has_fix(defect, base))).map(|defect| {
            let message = format!("the private fix {} is made from {}, which has the fix of {defect}", fix.id, fix.base);
            at(message, "name the release that the build was made from, and the defects that it fixes beyond that")
        });
        let reached = PrivateFixState::ALL.iter().copied().filter(|state| *state <= fix.state);
        let early = reached.flat_map(|state| self.lacks(fix, state, today).into_iter().map(move |lack| (state, lack)));
        let early = early.map(|(state, lack)| {
            at(
                format!("the private fix {} is {state}, yet {lack}", fix.id),
                "its steps are taken by `fixgate private-fix advance`",
            )
        });
        idle.chain(early).collect()
    }
}
