//! Which release or private fix a build is: by its digest from records, or by what its paired scenarios say of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Scenario;
use crate::id::{DefectId, Digest, ReleaseName, ScenarioId};
use crate::ledger::Ledger;
use crate::private_fix::PrivateFix;
use crate::proof::BuildIdentity;
use crate::release::{Position, Release};
use crate::verdict::Verdict;

/// What the records know of a digest.
#[derive(Debug, Default)]
pub struct Identity<'l> {
    /// The releases that it is a build of, in the order of the train.
    pub releases: Vec<&'l ReleaseName>,
    /// The private fixes that it is, in the order of their ids.
    pub private_fixes: Vec<&'l PrivateFix>,
    /// The defects that were proved on it, as the fixed build, in the order of their ids.
    pub proved: Vec<&'l DefectId>,
}

impl<'l> Identity<'l> {
    /// Looks a digest up: in the pins of releases, in proofs, in private fixes, and in `seen`, what else says which release a
    /// build is of.
    pub fn of(ledger: &'l Ledger, digest: Digest, seen: &[BuildIdentity]) -> Self {
        let proofs = || ledger.proofs.values().flat_map(|proof| [&proof.base, &proof.fixed]);
        let named: BTreeSet<&str> =
            proofs().chain(seen).filter(|build| build.digest == digest).map(|build| build.name.as_str()).collect();
        let is_of = |release: &&Release| release.digest == Some(digest) || named.contains(release.name.as_str());
        let proved = ledger.proofs.iter().filter(|(_, proof)| proof.fixed.digest == digest).map(|(defect, _)| defect);
        Self {
            releases: ledger.train.releases().iter().filter(is_of).map(|release| &release.name).collect(),
            private_fixes: ledger.private_fixes_of(digest).collect(),
            proved: proved.collect(),
        }
    }
}

/// A release as the train names what a customer has: `RTM`, `RTM+RU3`.
pub fn full_name(ledger: &Ledger, release: &ReleaseName) -> String {
    match ledger.train.releases().first() {
        Some(first) if first.name != *release => format!("{}+{release}", first.name),
        Some(_) | None => release.to_string(),
    }
}

/// Which fixes a build shows, by its verdicts on paired scenarios.
#[derive(Debug, PartialEq, Eq)]
pub struct Probe {
    /// The release whose fixes and defects it shows most of: where the cases were taken to apply.
    pub nearest: ReleaseName,
    /// How many of the scenarios that apply there went as they do on that release, and of how many.
    pub agreeing: (usize, usize),
    /// The fixes present, of each release that has some; without a release while no cut one has it.
    pub present: BTreeMap<DefectId, Option<ReleaseName>>,
    /// The fixes absent.
    pub absent: BTreeMap<DefectId, Option<ReleaseName>>,
    /// The defects that are not there, and that were found only in the release named, after the nearest: whether they were
    /// fixed, or never there, cannot be told.
    pub untold: BTreeMap<DefectId, ReleaseName>,
}

impl Probe {
    /// Reads verdicts; `None` if they tell nothing of any release.
    ///
    /// A fix is present if every scenario of its pair that applies passes. The release taken is the one with the largest share of
    /// scenarios that go as its records say; of several, the newest.
    pub fn read(ledger: &Ledger, verdicts: &BTreeMap<ScenarioId, Verdict>) -> Option<Self> {
        let judged: Vec<(&Scenario, bool)> = ledger
            .scenarios
            .iter()
            .filter_map(|scenario| Some((scenario, verdicts.get(&scenario.id)?)))
            .filter(|(_, verdict)| verdict.is_judged())
            .map(|(scenario, verdict)| (scenario, !verdict.is_failure()))
            .collect();
        let releases =
            ledger.train.releases().iter().filter_map(|release| Some((release, ledger.train.position(&release.name)?)));
        let fits = releases.map(|(release, place)| (agreeing(ledger, &judged, place), place, release));
        let ((agreed, of), place, nearest) = fits.filter(|((_, of), ..)| *of > 0).max_by(|(one, at, _), (other, then, _)| {
            // Shares are compared without rounding.
            (one.0 * other.1, at).cmp(&(other.0 * one.1, then))
        })?;
        let mut probe = Self {
            nearest: nearest.name.clone(),
            agreeing: (agreed, of),
            present: BTreeMap::new(),
            absent: BTreeMap::new(),
            untold: BTreeMap::new(),
        };
        for defect in ledger.defects.values() {
            let pair = judged
                .iter()
                .filter(|(scenario, _)| scenario.defects.contains(&defect.id) && ledger.applies(&scenario.case, place));
            let passing: Vec<bool> = pair.map(|(_, passes)| *passes).collect();
            let later = defect.found_in.as_ref().filter(|found| ledger.train.position(found) > Some(place));
            match (passing.is_empty(), passing.into_iter().all(|passes| passes), later) {
                (true, ..) => {}
                (false, true, Some(found)) => drop(probe.untold.insert(defect.id.clone(), found.clone())),
                (false, true, None) => drop(probe.present.insert(defect.id.clone(), defect.fixed_in().cloned())),
                (false, false, _) => drop(probe.absent.insert(defect.id.clone(), defect.fixed_in().cloned())),
            }
        }
        Some(probe)
    }

    /// The absent fixes that a build of the nearest release has.
    pub fn lost<'p>(&'p self, ledger: &Ledger) -> impl Iterator<Item = (&'p DefectId, &'p ReleaseName)> {
        let nearest = ledger.train.position(&self.nearest);
        let absent = self.absent.iter().filter_map(|(defect, fixed)| Some((defect, fixed.as_ref()?)));
        absent.filter(move |(_, fixed)| ledger.train.position(fixed) <= nearest)
    }

    /// The releases up to the nearest of which no fix is told, present or absent; of the first there is none to tell.
    pub fn silent<'l>(&self, ledger: &'l Ledger) -> Vec<&'l ReleaseName> {
        let nearest = ledger.train.position(&self.nearest);
        let told =
            |name: &ReleaseName| self.present.values().chain(self.absent.values()).any(|fixed| fixed.as_ref() == Some(name));
        let names = ledger.train.releases().iter().skip(1).map(|release| &release.name);
        names.filter(|name| ledger.train.position(name) <= nearest && !told(name)).collect()
    }

    /// `RTM + the fixes of RU1, RU2, and RG-2884`: releases all of whose told fixes are present, then what is over.
    pub fn in_words(&self, ledger: &Ledger) -> String {
        let first = ledger.train.releases().first().map(|release| release.name.to_string()).unwrap_or_default();
        let of = |fixes: &BTreeMap<DefectId, Option<ReleaseName>>, release: &ReleaseName| {
            fixes.values().any(|fixed| fixed.as_ref() == Some(release))
        };
        let whole: Vec<&ReleaseName> = ledger
            .train
            .releases()
            .iter()
            .map(|release| &release.name)
            .filter(|release| of(&self.present, release) && !of(&self.absent, release))
            .collect();
        let single = self.present.iter().filter(|(_, fixed)| !fixed.as_ref().is_some_and(|fixed| whole.contains(&fixed)));
        let names: Vec<&str> =
            whole.iter().map(|release| release.as_str()).chain(single.map(|(defect, _)| defect.as_str())).collect();
        match names.as_slice() {
            [] => format!("{first} without any fix"),
            [one] => format!("{first} + the fixes of {one}"),
            [one, other] => format!("{first} + the fixes of {one} and {other}"),
            [others @ .., last] => format!("{first} + the fixes of {}, and {last}", others.join(", ")),
        }
    }
}

/// How many of the judged scenarios that apply at a place went as a build there does, and of how many.
///
/// A defect may be older than the release that it was found in, so before that nothing is to be expected of its pair.
fn agreeing(ledger: &Ledger, judged: &[(&Scenario, bool)], place: Position) -> (usize, usize) {
    let mut counts = (0, 0);
    for (scenario, passes) in judged.iter().filter(|(scenario, _)| ledger.applies(&scenario.case, place)) {
        let has_all = scenario.defects.iter().all(|defect| ledger.has_fix(defect, place));
        let has_defect = scenario.defects.iter().any(|defect| ledger.has_defect(defect, place));
        if has_all || has_defect {
            counts = (counts.0 + usize::from(*passes == has_all), counts.1 + 1);
        }
    }
    counts
}
