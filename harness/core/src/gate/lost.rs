//! Which release lost a fix: the first in which it is known to be red, after the last in which it is known to be green.

use super::reasons::{Loss, LossSource};
use super::{Evidence, SignedOff};
use crate::defect::Defect;
use crate::id::ReleaseName;
use crate::record::Entry;
use crate::release::Release;
use crate::verdict::Verdict;

/// A release of the train, and what says how the fix stood there.
struct Known {
    index: usize,
    source: LossSource,
}

/// Who lost the fix of an earlier release; nothing for a fix that is new here. `pair` is what its scenarios did.
pub(super) fn lost(evidence: &Evidence<'_>, defect: &Defect, pair: &[&Entry]) -> Option<Loss> {
    let releases = evidence.ledger.train.releases();
    let index = |name: &ReleaseName| releases.iter().position(|release| release.name == *name);
    let (fixed, here) = (index(defect.fixed_in()?)?, index(&evidence.release.name)?);
    // Where nothing of the pair was run, it is the cases that are gone.
    if fixed >= here || pair.is_empty() {
        return None;
    }
    let signed = |green: bool| {
        let says = move |signed: &&SignedOff| if green { &signed.green } else { &signed.red }.contains(&defect.id);
        evidence
            .earlier
            .iter()
            .filter(says)
            .filter_map(|signed| Some(Known { index: index(&signed.release)?, source: LossSource::Signoff }))
    };
    let baseline = |green: bool| {
        let known = Known { index: baseline_index(evidence, releases)?, source: LossSource::Baseline };
        (is_green_on_baseline(pair)? == green).then_some(known)
    };
    let between = |known: &Known| fixed <= known.index && known.index < here;
    let green = signed(true).chain(baseline(true)).filter(between).max_by_key(|known| known.index);
    let green = green.unwrap_or(Known { index: fixed, source: LossSource::Record });
    let red = signed(false).chain(baseline(false)).filter(|known| between(known) && green.index < known.index);
    let red = red.min_by_key(|known| known.index).unwrap_or(Known { index: here, source: LossSource::Here });
    let name = |index: usize| releases[index].name.clone();
    Some(Loss {
        green_in: name(green.index),
        green_by: green.source,
        first: name(green.index + 1),
        red_in: name(red.index),
        red_by: red.source,
    })
}

/// The release that the run's baseline stands as.
fn baseline_index(evidence: &Evidence<'_>, releases: &[Release]) -> Option<usize> {
    let place = evidence.record.header.baseline.as_ref()?.place;
    releases.iter().position(|release| evidence.ledger.train.position(&release.name) == Some(place))
}

/// Whether the scenarios that fail here passed on the baseline; nothing if it did not run them, or some of them did.
fn is_green_on_baseline(pair: &[&Entry]) -> Option<bool> {
    let failing: Vec<_> = pair.iter().filter(|entry| entry.verdict.is_failure()).collect();
    let before: Option<Vec<Verdict>> = failing.iter().map(|entry| Some(entry.baseline.as_ref()?.verdict)).collect();
    let before = before.filter(|before| !before.is_empty())?;
    if before.iter().all(|verdict| *verdict == Verdict::Passed) {
        return Some(true);
    }
    before.iter().all(|verdict| verdict.is_failure()).then_some(false)
}
