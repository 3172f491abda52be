//! Objections to cutting a rollup from what is checked in.

use jiff::civil::Date;
use serde::Serialize;

use super::{NextCut, Readiness, checked_in};
use crate::ancestry::{Ancestry, Presence};
use crate::defect::Defect;
use crate::ledger::Ledger;
use crate::release::{Exception, WindowState};
use crate::waiver::Waiver;
use crate::words::counted;

/// One objection to a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Objection {
    /// What to allow, if it shall be cut all the same.
    pub exception: Exception,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub help: String,
}

/// All objections to a cut on this day. `ancestry` is what the product's repository says of the commit to be cut.
pub fn objections(ledger: &Ledger, ancestry: Option<&Ancestry>, day: Date) -> Vec<Objection> {
    let mut found: Vec<Objection> = empty(ledger).into_iter().chain(window(ledger, day)).collect();
    found.extend(checked_in(ledger).filter_map(|defect| backing(ledger, defect)));
    found.extend(ancestry.into_iter().flat_map(not_in_commit));
    found.extend(ledger.waivers.iter().filter(|waiver| waiver.expires < day).map(expired));
    found.extend(gaps(ledger));
    found
}

fn empty(ledger: &Ledger) -> Option<Objection> {
    checked_in(ledger).next().is_none().then(|| Objection {
        exception: Exception::Empty,
        reason: "no fix and no change is checked in".to_owned(),
        help: "a record with status = \"fixed\" and no `fixed-in` is".to_owned(),
    })
}

fn window(ledger: &Ledger, day: Date) -> Option<Objection> {
    let (last, _) = (ledger.train.newest()?, ledger.project.cadence?);
    let object = |reason, help| Some(Objection { exception: Exception::OutsideWindow, reason, help });
    let Some(due) = NextCut::after(ledger, last, day) else {
        let reason = format!("{} has no cut date, so the window cannot be told", last.name);
        return object(reason, format!("write `cut = DATE` into releases/{}.toml", last.name));
    };
    let (opens, closes) = (due.window.opens, due.window.closes);
    match due.state {
        WindowState::Open => None,
        WindowState::Early => {
            object(format!("the window opens on {opens}: it is early"), format!("cut it from {opens} to {closes}"))
        }
        WindowState::Late => {
            object(format!("the window closed on {closes}: it is late"), "cut it in spite of that, by name".to_owned())
        }
    }
}

fn backing(ledger: &Ledger, defect: &Defect) -> Option<Objection> {
    let id = defect.id.clone();
    let (readiness, gaps) = Readiness::of(ledger, defect);
    let reason = gaps.iter().map(|gap| gap.message.clone()).collect::<Vec<_>>().join("; ");
    let last = ledger.train.newest().map(|last| last.name.as_str()).unwrap_or_default();
    let prove = format!("fixgate prove {id} --base {last} --fixed PATH");
    match readiness {
        Readiness::Ready => None,
        Readiness::Unpaired => Some(Objection {
            help: format!("fixgate new case regression/{} --defect {id}", id.as_str().to_ascii_lowercase()),
            exception: Exception::Unpaired(id),
            reason,
        }),
        Readiness::Unproved => {
            let reason = format!("{id} is fixed but not proved");
            Some(Objection { exception: Exception::Unproved(id), reason, help: prove })
        }
        Readiness::StaleProof => Some(Objection { exception: Exception::StaleProof(id), reason, help: prove }),
    }
}

fn not_in_commit(ancestry: &Ancestry) -> Vec<Objection> {
    let Some(commit) = &ancestry.commit else { return Vec::new() };
    let absent = ancestry.fixes.iter().filter(|(_, presence)| **presence != Presence::Present);
    let object = |(id, presence): (&crate::id::DefectId, &Presence)| Objection {
        exception: Exception::NotInCommit(id.clone()),
        reason: format!("the commit of {id} {} commit {commit}", presence.words()),
        help: "check it in there, or correct `fix.commit` of its record".to_owned(),
    };
    absent.map(object).collect()
}

fn expired(waiver: &Waiver) -> Objection {
    Objection {
        exception: Exception::ExpiredWaiver(waiver.name.clone()),
        reason: format!("the waiver {} expired on {}", waiver.name, waiver.expires),
        help: format!("ask {} to renew it with a reason, or delete it", waiver.owner),
    }
}

/// Gaps of other records than those that are checked in.
fn gaps(ledger: &Ledger) -> Option<Objection> {
    let told: Vec<_> = checked_in(ledger).flat_map(|defect| Readiness::of(ledger, defect).1).collect();
    let gaps: Vec<_> = ledger.gaps(None).into_iter().filter(|gap| !told.contains(gap)).collect();
    let first = gaps.first()?;
    let more = if gaps.len() > 1 { ", …" } else { "" };
    Some(Objection {
        exception: Exception::Gaps,
        reason: format!("the records have {}: {}{more}", counted(gaps.len(), "gap"), first.message),
        help: "fixgate check shows them".to_owned(),
    })
}
