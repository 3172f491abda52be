//! The ledger: all records together, with every reference resolved.

mod check;
mod file;
mod packs;
mod private_fixes;
mod quarantined;
mod references;
mod unreadable;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

pub use self::file::{RecordFile, Stamp};
pub use self::unreadable::Unreadable;
use crate::accepted::Accepted;
use crate::attestation::Attestation;
use crate::case::{Applies, Case, Scenario};
use crate::defect::{Defect, Status};
use crate::id::{AttestationName, DefectId, Digest, Glob, ReleaseName};
use crate::manual::ManualCase;
use crate::pack::Pack;
use crate::person::Person;
use crate::private_fix::PrivateFix;
use crate::problem::{Problem, Source};
use crate::project::Project;
use crate::proof::Proof;
use crate::quarantine::Quarantine;
use crate::release::{Position, Release, Standing, Train};
use crate::signer::AllowedSigners;
use crate::waiver::{Waived, Waiver};

/// Records that are well formed one by one.
#[derive(Debug)]
pub struct Records {
    /// `fixgate.toml`.
    pub project: Project,
    /// `releases/`.
    pub releases: Vec<Release>,
    /// `defects/`.
    pub defects: Vec<Defect>,
    /// The proofs beside the defects.
    pub proofs: BTreeMap<DefectId, Proof>,
    /// The accepted outputs beside the defects.
    pub accepted: BTreeMap<DefectId, Accepted>,
    /// `waivers/`.
    pub waivers: Vec<Waiver>,
    /// `quarantine/`.
    pub quarantine: Vec<Quarantine>,
    /// `testcases/packs/*/pack.toml`.
    pub packs: Vec<Pack>,
    /// `private-fixes/`.
    pub private_fixes: Vec<PrivateFix>,
    /// All scenarios of `testcases/`.
    pub scenarios: Vec<Scenario>,
    /// `testcases/manual/`.
    pub manual: Vec<ManualCase>,
    /// `allowed_signers`.
    pub signers: AllowedSigners,
    /// The statements of `attestations/`.
    pub attestations: Vec<Attestation>,
    /// The signatures beside them.
    pub signatures: BTreeMap<AttestationName, Arc<Source>>,
    /// The files that a run is bound to, in the order of their paths.
    pub files: Vec<RecordFile>,
    /// The digest of the text of every record that a run is bound to, so that a change shows.
    pub digest: Digest,
}

/// All records, with every reference resolved. Scenarios are in the order of their cases' ids, then as their case states them.
#[derive(Debug)]
pub struct Ledger {
    /// `fixgate.toml`.
    pub project: Project,
    /// The releases in order.
    pub train: Train,
    /// The defects by id.
    pub defects: BTreeMap<DefectId, Defect>,
    /// The proofs by their defects.
    pub proofs: BTreeMap<DefectId, Proof>,
    /// The accepted outputs by their defects.
    pub accepted: BTreeMap<DefectId, Accepted>,
    /// The waivers in the order of their names.
    pub waivers: Vec<Waiver>,
    /// The quarantines in the order of their names.
    pub quarantine: Vec<Quarantine>,
    /// The packs in the order of their names.
    pub packs: Vec<Pack>,
    /// The private fixes in the order of their ids.
    pub private_fixes: Vec<PrivateFix>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The manual cases in the order of their ids.
    pub manual: Vec<ManualCase>,
    /// Whose signatures count.
    pub signers: AllowedSigners,
    /// The attestations in the order of their names, each verified.
    pub attestations: Vec<Attestation>,
    /// The files that a run is bound to, in the order of their paths.
    pub files: Vec<RecordFile>,
    /// The digest of the text of every record that a run is bound to.
    pub digest: Digest,
    /// Where the scenarios of each case stand.
    cases: Vec<Range<usize>>,
    /// Where the scenarios stand that name a defect, also one that has no record.
    pairs: BTreeMap<DefectId, Vec<usize>>,
    /// What stood beside these and could not be read: nothing, where they are to be used.
    unreadable: Unreadable,
}

impl Ledger {
    /// Puts records together.
    ///
    /// # Errors
    /// Every reference that does not resolve, every id that appears twice, and what is wrong with the train.
    pub fn new(records: Records) -> Result<Self, Vec<Problem>> {
        let (ledger, problems, _) = Self::put_together(records, Unreadable::default());
        if problems.is_empty() { Ok(ledger) } else { Err(problems) }
    }

    /// As [`Self::new`], of the records that could be read, to say in one pass everything that is wrong with them.
    ///
    /// # Errors
    /// Where something is wrong, or was with others: as [`Self::new`], and the gaps as of `today` besides. What could come of a
    /// record that could not be read, or of a train that is none, is left out.
    pub fn examine(records: Records, unreadable: Unreadable, today: Date) -> Result<Self, Vec<Problem>> {
        let (ledger, mut problems, has_train) = Self::put_together(records, unreadable);
        if problems.is_empty() && ledger.unreadable.is_empty() {
            return Ok(ledger);
        }
        if has_train {
            problems.extend(ledger.gaps(Some(today)));
        }
        if has_train && ledger.unreadable.is_empty() {
            problems.extend(ledger.private_fix_gaps(today));
        }
        Err(problems)
    }

    /// With what is wrong, and whether there is a train that gaps can be told by.
    fn put_together(records: Records, unreadable: Unreadable) -> (Self, Vec<Problem>, bool) {
        let Records { project, releases, defects, proofs, accepted, mut waivers, mut packs, mut scenarios, .. } = records;
        let Records {
            mut quarantine,
            mut private_fixes,
            mut manual,
            signers,
            mut attestations,
            mut signatures,
            files,
            digest,
            ..
        } = records;
        let mut problems = Vec::new();
        let train = if unreadable.has_release() { Err(Vec::new()) } else { Train::new(releases) };
        let has_train = train.is_ok();
        let train = train.unwrap_or_else(|found| {
            problems.extend(found);
            Train::default()
        });
        let defects: BTreeMap<_, _> = defects.into_iter().map(|defect| (defect.id.clone(), defect)).collect();
        // Sorting is stable: scenarios of one case stay as their case states them.
        scenarios.sort_by(|one, other| if is_of_case(one, other) { Ordering::Equal } else { one.case.id.cmp(&other.case.id) });
        waivers.sort_by(|one, other| one.name.cmp(&other.name));
        quarantine.sort_by(|one, other| one.name.cmp(&other.name));
        packs.sort_by(|one, other| one.name.cmp(&other.name));
        private_fixes.sort_by(|one, other| one.id.cmp(&other.id));
        manual.sort_by(|one, other| one.id.cmp(&other.id));
        attestations.sort_by(|one, other| one.name.cmp(&other.name));
        for attestation in &mut attestations {
            if let Some(signature) = signatures.remove(&attestation.name) {
                attestation.verify(&signature.text, &project, &signers);
            }
        }
        let alone = signatures.into_iter().filter(|(name, _)| !unreadable.is(&format!("attestations/{name}.json")));
        problems.extend(alone.map(|(_, signature)| without_statement(&signature)));
        let mut cases = Vec::new();
        for scenarios in scenarios.chunk_by(is_of_case) {
            let start = cases.last().map_or(0, |before: &Range<usize>| before.end);
            cases.push(start..start + scenarios.len());
        }
        let pairs = pairs(&scenarios);
        let ledger = Self {
            project,
            train,
            defects,
            proofs,
            accepted,
            waivers,
            quarantine,
            packs,
            private_fixes,
            scenarios,
            manual,
            signers,
            attestations,
            files,
            digest,
            cases,
            pairs,
            unreadable,
        };
        if has_train {
            ledger.check_releases(&mut problems);
        }
        ledger.check_references(&mut problems);
        ledger.check_duplicates(&mut problems);
        ledger.check_twins(&mut problems);
        (ledger, problems, has_train)
    }

    /// The scenarios case by case, in the order of the cases' ids.
    pub fn by_case(&self) -> impl Iterator<Item = (&Case, &[Scenario])> {
        self.cases.iter().map(|range| (&*self.scenarios[range.start].case, &self.scenarios[range.clone()]))
    }

    /// The cases, each once, in the order of their ids.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.by_case().map(|(case, _)| case)
    }

    /// The scenarios that a glob means, in order.
    pub fn matching<'l>(&'l self, glob: &'l Glob) -> impl Iterator<Item = &'l Scenario> {
        // A scenario's id begins with that of its case, and the cases are sorted.
        let start = glob.literal().split(['@', '#']).next().unwrap_or_default();
        let id = |range: &Range<usize>| self.scenarios[range.start].case.id.as_str();
        let first = self.cases.partition_point(|range| id(range) < start);
        let near = self.cases[first..].iter().take_while(move |range| id(range).starts_with(start));
        near.flat_map(|range| &self.scenarios[range.clone()]).filter(|scenario| glob.matches(&scenario.id))
    }

    /// The scenarios paired with a defect, sorted by their ids.
    pub fn pair(&self, defect: &DefectId) -> Vec<&Scenario> {
        let mut pair: Vec<_> = self.pairs.get(defect).into_iter().flatten().map(|index| &self.scenarios[*index]).collect();
        pair.sort_by(|one, other| one.id.cmp(&other.id));
        pair
    }

    /// The place from which the train has the fix; a fix that no cut release has yet comes after the newest.
    pub fn fixed_at(&self, defect: &Defect) -> Option<Position> {
        match &defect.status {
            Status::Fixed(Some(release)) => self.train.position(release),
            Status::Fixed(None) => Some(self.train.after_newest()),
            Status::Open | Status::PrivateFix | Status::WontFix => None,
        }
    }

    /// Whether a build that stands here has the fix.
    pub fn has_fix<'f>(&self, defect: &DefectId, at: impl Into<Standing<'f>>) -> bool {
        let Standing { place, fixes } = at.into();
        let fixed = self.defects.get(defect).and_then(|defect| self.fixed_at(defect));
        fixed.is_some_and(|fixed| fixed <= place) || fixes.contains(defect)
    }

    /// Whether a build that stands here is recorded to have the defect: it was found by then, and is not fixed there.
    pub fn has_defect<'f>(&self, defect: &DefectId, at: impl Into<Standing<'f>>) -> bool {
        let at = at.into();
        let found = self.defects.get(defect).and_then(|defect| self.train.position(defect.found_in.as_ref()?));
        found.is_none_or(|found| found <= at.place) && !self.has_fix(defect, at)
    }

    /// The fixes that a build at this place has and that owe a pair.
    pub fn fixes_at(&self, place: Position) -> impl Iterator<Item = &Defect> {
        self.defects.values().filter(move |defect| defect.owes_pair() && self.has_fix(&defect.id, place))
    }

    /// The fixes and changes that a release is the first to have; without a release, those that no cut release has yet.
    pub fn new_in<'l>(&'l self, release: Option<&'l ReleaseName>) -> impl Iterator<Item = &'l Defect> {
        let new = move |defect: &&Defect| match &defect.status {
            Status::Fixed(fixed_in) => fixed_in.as_ref() == release && defect.duplicate_of.is_none(),
            Status::Open | Status::PrivateFix | Status::WontFix => false,
        };
        self.defects.values().filter(new)
    }

    /// Whether a waiver counts in the sign-off of this release on this day: the author of a fix can't waive what is held against it.
    pub fn is_in_force(&self, waiver: &Waiver, release: &ReleaseName, today: Date) -> bool {
        waiver.release == *release && today <= waiver.expires && self.own_fix(waiver).is_none()
    }

    /// The fix that the waiver's owner made and that it is about.
    pub fn own_fix(&self, waiver: &Waiver) -> Option<&Defect> {
        let about = |id: &&DefectId| match &waiver.waived {
            Waived::Criterion { defect, .. } => defect == *id,
            Waived::Scenario { scenario, .. } => {
                self.scenarios.iter().any(|known| known.id == *scenario && known.defects.contains(id))
            }
        };
        self.fix_by(&waiver.owner, |id| about(&id))
    }

    /// A fix that a person made, of one of these defects.
    fn fix_by(&self, person: &Person, about: impl Fn(&DefectId) -> bool) -> Option<&Defect> {
        let author = |defect: &&Defect| {
            defect.fix.as_ref().and_then(|fix| fix.author.as_ref()).is_some_and(|author| author.may_be(person))
        };
        self.defects.values().filter(author).find(|defect| about(&defect.id))
    }

    /// Whether the case states what a build at this place does.
    pub fn applies(&self, case: &Case, place: Position) -> bool {
        self.is_within(&case.applies, place)
    }

    /// The manual cases that state what a build at this place does.
    pub fn manual_at(&self, place: Position) -> impl Iterator<Item = &ManualCase> {
        self.manual.iter().filter(move |case| self.is_within(&case.applies, place))
    }

    fn is_within(&self, bounds: &Applies, place: Position) -> bool {
        let position = |release: &Option<ReleaseName>| release.as_ref().and_then(|release| self.train.position(release));
        position(&bounds.from).is_none_or(|from| from <= place) && position(&bounds.until).is_none_or(|until| place <= until)
    }
}

/// A signature whose statement is not there.
fn without_statement(signature: &Arc<Source>) -> Problem {
    Problem::new(format!("{} belongs to no attestation", signature.path))
        .help("put the statement back that it was made for, or delete it")
}

fn is_of_case(one: &Scenario, other: &Scenario) -> bool {
    Arc::ptr_eq(&one.case, &other.case) || one.case.id == other.case.id
}

/// Where the scenarios stand that name a defect.
fn pairs(scenarios: &[Scenario]) -> BTreeMap<DefectId, Vec<usize>> {
    let mut pairs: BTreeMap<DefectId, Vec<usize>> = BTreeMap::new();
    for (scenario, index) in scenarios.iter().zip(0..) {
        for defect in scenario.defects.iter() {
            match pairs.get_mut(defect) {
                Some(pair) if pair.last() == Some(&index) => {}
                Some(pair) => pair.push(index),
                None => drop(pairs.insert(defect.clone(), vec![index])),
            }
        }
    }
    pairs
}
