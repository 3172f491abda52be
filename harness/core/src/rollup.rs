//! The train: what each release brought, what is checked in for the next, and the objections to cutting it.

mod actions;
pub mod nights;
mod objections;
mod private;
mod signing;
mod version;

use jiff::civil::Date;
use serde::Serialize;

pub use self::actions::Action;
pub use self::nights::Night;
pub use self::objections::{Objection, objections};
pub use self::private::Waiting;
pub use self::signing::Standing;
pub use self::version::with_version;
use crate::defect::{Defect, DefectKind, Severity, Status};
use crate::id::{Component, DefectId, ReleaseName};
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::release::{Exception, Release, Window, WindowState, days_between};

/// Where the train stands on a day.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TrainStatus {
    /// The product.
    pub product: String,
    /// The day.
    pub date: Date,
    /// The releases in order.
    pub releases: Vec<ReleaseStatus>,
    /// What comes after the newest of them; absent where there is no release yet.
    pub next: Option<NextRollup>,
    /// The private fixes that are not superseded yet, the most urgent first.
    pub private_fixes: Vec<Waiting>,
    /// The last nights that are known here, the newest first.
    pub nights: Vec<Night>,
    /// What to do, the most urgent first.
    pub actions: Vec<Action>,
}

/// One release of the train.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseStatus {
    /// Its name.
    pub name: ReleaseName,
    /// The product's own version.
    pub version: String,
    /// When its tree was cut.
    pub cut: Option<Date>,
    /// When it shipped.
    pub shipped: Option<Date>,
    /// What it was cut in spite of.
    pub allowed: Vec<Exception>,
    /// What it brought.
    pub fixes: Vec<FixLine>,
    /// How it was signed off; absent if it was not.
    pub signoff: Option<Standing>,
}

/// A fix or a change, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixLine {
    /// Its record.
    pub id: DefectId,
    /// Its title.
    pub title: String,
    /// A fix, or a change.
    pub kind: DefectKind,
    /// How much the problem hurts.
    pub severity: Severity,
    /// The part of the product.
    pub component: Component,
}

impl FixLine {
    fn of(defect: &Defect) -> Self {
        Self {
            id: defect.id.clone(),
            title: defect.title.clone(),
            kind: defect.kind,
            severity: defect.severity,
            component: defect.component.clone(),
        }
    }
}

/// The rollup that is not cut yet.
#[derive(Debug, Clone, Serialize)]
pub struct NextRollup {
    /// The release that it follows.
    pub follows: ReleaseName,
    /// What is checked in for it.
    pub fixes: Vec<CheckedIn>,
    /// When it is to be cut; absent where no cadence is stated, or no date of the release before.
    pub window: Option<NextCut>,
    /// The objections to cutting it on this day.
    pub objections: Vec<Objection>,
}

/// Something that is checked in and in no cut release.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedIn {
    /// What it is.
    #[serde(flatten)]
    pub fix: FixLine,
    /// Whether it could be in a rollup.
    pub readiness: Readiness,
}

/// Whether a fix that is checked in could be in a rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// It could: it is paired and proved, or a change, which owes neither.
    Ready,
    /// No case names it.
    Unpaired,
    /// It has no proof.
    Unproved,
    /// Its proof no longer proves it.
    StaleProof,
}

impl Readiness {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Readiness::Ready => "ready",
            Readiness::Unpaired => "unpaired",
            Readiness::Unproved => "unproved",
            Readiness::StaleProof => "stale proof",
        }
    }

    /// Whether a fix could be in one, with what is wrong with it.
    pub(crate) fn of(ledger: &Ledger, defect: &Defect) -> (Self, Vec<Problem>) {
        if !defect.owes_pair() {
            return (Readiness::Ready, Vec::new());
        }
        let gaps = ledger.pair_gaps(defect);
        let readiness = if ledger.pair(&defect.id).is_empty() {
            Readiness::Unpaired
        } else if !ledger.proofs.contains_key(&defect.id) {
            Readiness::Unproved
        } else if gaps.is_empty() {
            Readiness::Ready
        } else {
            Readiness::StaleProof
        };
        (readiness, gaps)
    }
}

/// When a cut is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextCut {
    /// The days on which it is to be cut.
    #[serde(flatten)]
    pub window: Window,
    /// Whether the window begins at the day on which the release before shipped, because the day of its cut is missing.
    pub from_shipping: bool,
    /// Where the day lies.
    pub state: WindowState,
    /// How many days have passed.
    pub days: i64,
}

impl NextCut {
    /// When the rollup after `last` is to be cut.
    pub fn after(ledger: &Ledger, last: &Release, day: Date) -> Option<Self> {
        let since = last.cut.or(last.shipped)?;
        let window = Window::after(since, ledger.project.cadence?);
        Some(Self { window, from_shipping: last.cut.is_none(), state: window.state(day), days: days_between(since, day) })
    }
}

/// What is checked in and in no cut release, in the order of ids; also defects that repeat another, which a cut dates too.
pub fn checked_in(ledger: &Ledger) -> impl Iterator<Item = &Defect> {
    ledger.defects.values().filter(|defect| defect.status == Status::Fixed(None))
}

/// What a release brought: the worst problems first. A defect that repeats another is told with that one.
pub fn brought<'l>(ledger: &'l Ledger, release: &'l ReleaseName) -> Vec<&'l Defect> {
    let mut brought: Vec<&Defect> = ledger.new_in(Some(release)).collect();
    brought.sort_by_key(|defect| (defect.kind == DefectKind::Change, defect.severity, &defect.component));
    brought
}

impl TrainStatus {
    /// Puts together what records and earlier sign-offs say.
    pub fn new(ledger: &Ledger, signed: &[Standing], nights: Vec<Night>, day: Date) -> Self {
        let status = |release: &Release| ReleaseStatus {
            name: release.name.clone(),
            version: release.version.clone(),
            cut: release.cut,
            shipped: release.shipped,
            allowed: release.allowed.clone(),
            fixes: brought(ledger, &release.name).into_iter().map(FixLine::of).collect(),
            signoff: signed.iter().find(|standing| standing.signed.release == release.name).cloned(),
        };
        let mut train = Self {
            product: ledger.project.product.clone(),
            date: day,
            releases: ledger.train.releases().iter().map(status).collect(),
            next: ledger.train.newest().map(|last| next(ledger, last, day)),
            private_fixes: private::waiting(ledger, day),
            nights,
            actions: Vec::new(),
        };
        train.actions = actions::actions(ledger, &train);
        train
    }

    /// The releases after the named one, in order: what a customer gets who has that one and takes the newest.
    pub fn after(&self, name: &ReleaseName) -> &[ReleaseStatus] {
        let start = self.releases.iter().position(|release| release.name == *name).map_or(self.releases.len(), |index| index + 1);
        &self.releases[start..]
    }
}

fn next(ledger: &Ledger, last: &Release, day: Date) -> NextRollup {
    let fixes = ledger.new_in(None);
    NextRollup {
        follows: last.name.clone(),
        fixes: fixes.map(|defect| CheckedIn { fix: FixLine::of(defect), readiness: Readiness::of(ledger, defect).0 }).collect(),
        window: NextCut::after(ledger, last, day),
        objections: objections(ledger, None, day),
    }
}
