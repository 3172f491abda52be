//! What notes are about: the values that a template has.

use jiff::civil::Date;
use serde::Serialize;

use crate::case::Scenario;
use crate::defect::{Defect, DefectKind, Severity, Status};
use crate::id::ReleaseName;
use crate::ledger::Ledger;
use crate::private_fix::PrivateFix;
use crate::release::{Position, Release};
use crate::report::markdown::is_plain_in_link;
use crate::rollup::brought;
use crate::visible::visible_line;
use crate::waiver::{Waived, Waiver, WaiverKind};

/// The notes of one release.
#[derive(Debug, Clone, Serialize)]
pub struct Notes {
    /// The product.
    pub product: String,
    /// The release.
    pub release: String,
    /// The product's own version.
    pub version: String,
    /// When it shipped, or else was cut; absent if neither is recorded.
    pub date: Option<Date>,
    /// The release before; absent for the first.
    pub follows: Option<String>,
    /// The fixes that are new, by component.
    pub components: Vec<Component>,
    /// The changes of behaviour that are new.
    pub changes: Vec<Fix>,
    /// What it has from the releases before, the newest first.
    pub earlier: Vec<Earlier>,
    /// The problems that it has.
    pub known_issues: Vec<KnownIssue>,
    /// The problems that it has and that a later release of the train has not.
    pub fixed_later: Vec<Fix>,
    /// The private fixes that were made before this release, with what their customers are to do.
    pub private_fixes: Vec<Upgrade>,
}

/// What a customer with a private fix is to do.
#[derive(Debug, Clone, Serialize)]
pub struct Upgrade {
    /// The private fix.
    pub id: String,
    /// The release that it was made from.
    pub base: String,
    /// The defects that it fixes.
    pub defects: Vec<String>,
    /// The defects of these that this release does not fix; to lose none, the customer waits.
    pub lost: Vec<String>,
}

/// The new fixes of one part of the product.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// The worst problems first.
    pub fixes: Vec<Fix>,
}

/// A fix or a change.
#[derive(Debug, Clone, Serialize)]
pub struct Fix {
    /// Its record's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How much the problem hurts.
    pub severity: Severity,
    /// The part of the product.
    pub component: String,
    /// Where it was reported; absent where that is no plain https address.
    pub link: Option<String>,
    /// The release that has it first; absent if none has.
    pub fixed_in: Option<String>,
}

/// What an earlier release brought.
#[derive(Debug, Clone, Serialize)]
pub struct Earlier {
    /// Its name.
    pub release: String,
    /// Its version.
    pub version: String,
    /// Its fixes, the worst problems first.
    pub fixes: Vec<Fix>,
    /// Its changes of behaviour.
    pub changes: Vec<Fix>,
}

/// A problem that the release has.
#[derive(Debug, Clone, Serialize)]
pub struct KnownIssue {
    /// In one line.
    pub title: String,
    /// Its record, if it has one.
    pub defect: Option<Fix>,
    /// Why the release may have it, where a waiver says so.
    pub reason: Option<String>,
}

impl Notes {
    /// The notes of a release, by the records of today.
    pub fn of(ledger: &Ledger, release: &Release) -> Self {
        let (changes, fixes) = split(brought(ledger, &release.name));
        let mut components: Vec<Component> = Vec::new();
        let mut by_component = fixes;
        // Sorting is stable: within a component the worst stays first.
        by_component.sort_by(|one, other| one.component.cmp(&other.component));
        for fix in by_component {
            match components.last_mut().filter(|last| last.name == fix.component) {
                Some(last) => last.fixes.push(fix),
                None => components.push(Component { name: fix.component.clone(), fixes: vec![fix] }),
            }
        }
        let earlier = ledger.train.until(&release.name).map(|before| {
            let (changes, fixes) = split(brought(ledger, &before.name));
            Earlier { release: before.name.to_string(), version: before.version.clone(), fixes, changes }
        });
        let mut earlier: Vec<Earlier> = earlier.collect();
        earlier.reverse();
        let (fixed_later, open) = present(ledger, release).into_iter().partition(|defect| defect.fixed_in().is_some());
        Self {
            product: ledger.project.product.clone(),
            release: release.name.to_string(),
            version: release.version.clone(),
            date: release.shipped.or(release.cut),
            follows: release.follows.as_ref().map(ToString::to_string),
            components,
            changes,
            earlier,
            known_issues: known_issues(ledger, release, open),
            fixed_later: fixed_later.into_iter().map(fix).collect(),
            private_fixes: upgrades(ledger, release),
        }
    }
}

/// Private fixes made from a release before this one, but for those that an earlier one has superseded.
fn upgrades(ledger: &Ledger, release: &Release) -> Vec<Upgrade> {
    let Some(place) = ledger.train.position(&release.name) else { return Vec::new() };
    let is_before = |name: &ReleaseName| ledger.train.position(name).is_some_and(|before| before < place);
    let counts = |fix: &&PrivateFix| {
        let superseded = ledger.superseding(fix);
        is_before(&fix.base) && superseded.is_none_or(|superseding| !is_before(&superseding.name))
    };
    let upgrade = |fix: &PrivateFix| Upgrade {
        id: fix.id.to_string(),
        base: fix.base.to_string(),
        defects: fix.defects.iter().map(ToString::to_string).collect(),
        lost: fix.defects.iter().filter(|id| !ledger.has_fix(id, place)).map(ToString::to_string).collect(),
    };
    ledger.private_fixes.iter().filter(counts).map(upgrade).collect()
}

fn split(brought: Vec<&Defect>) -> (Vec<Fix>, Vec<Fix>) {
    let (changes, fixes): (Vec<&Defect>, Vec<&Defect>) =
        brought.into_iter().partition(|defect| defect.kind == DefectKind::Change);
    (changes.into_iter().map(fix).collect(), fixes.into_iter().map(fix).collect())
}

fn fix(defect: &Defect) -> Fix {
    let plain = |source: &&String| source.starts_with("https://") && source.chars().all(is_plain_in_link);
    Fix {
        id: defect.id.to_string(),
        title: visible_line(&defect.title),
        severity: defect.severity,
        component: defect.component.to_string(),
        link: defect.source.as_ref().filter(plain).cloned(),
        fixed_in: defect.fixed_in().map(ToString::to_string),
    }
}

/// The defects that a release has by the records of today, the worst first: found by then, and not fixed by then.
fn present<'l>(ledger: &'l Ledger, release: &Release) -> Vec<&'l Defect> {
    let Some(place) = ledger.train.position(&release.name) else { return Vec::new() };
    let mut present: Vec<&Defect> = ledger.defects.values().filter(|defect| is_present(ledger, defect, place)).collect();
    present.sort_by_key(|defect| (defect.severity, &defect.component));
    present
}

fn is_present(ledger: &Ledger, defect: &Defect, place: Position) -> bool {
    let counts = match defect.status {
        Status::Open | Status::PrivateFix | Status::Fixed(_) | Status::WontFix => defect.kind == DefectKind::Defect,
    };
    counts && defect.duplicate_of.is_none() && ledger.has_defect(&defect.id, place)
}

/// What waivers accept of this release, then the defects that no release has fixed.
fn known_issues(ledger: &Ledger, release: &Release, open: Vec<&Defect>) -> Vec<KnownIssue> {
    let accepted = ledger.waivers.iter().filter(|waiver| waiver.release == release.name && waiver.kind == WaiverKind::Accepted);
    let mut issues: Vec<KnownIssue> = accepted.map(|waiver| waived(ledger, waiver)).collect();
    let told: Vec<String> = issues.iter().filter_map(|issue| Some(issue.defect.as_ref()?.id.clone())).collect();
    let open = open.into_iter().filter(|defect| !told.contains(&defect.id.to_string()));
    issues.extend(open.map(|defect| KnownIssue { title: visible_line(&defect.title), defect: Some(fix(defect)), reason: None }));
    issues
}

fn waived(ledger: &Ledger, waiver: &Waiver) -> KnownIssue {
    let (defect, title) = match &waiver.waived {
        Waived::Criterion { defect, .. } => (ledger.defects.get(defect), defect.to_string()),
        Waived::Scenario { scenario, .. } => {
            let known: Option<&Scenario> = ledger.scenarios.iter().find(|known| known.id == *scenario);
            let paired = known.and_then(|scenario| scenario.defects.iter().find_map(|defect| ledger.defects.get(defect)));
            (paired, known.map_or_else(|| scenario.to_string(), |scenario| format!("not so: {}", scenario.case.title)))
        }
    };
    KnownIssue {
        title: visible_line(&defect.map_or(title, |defect| defect.title.clone())),
        defect: defect.map(fix),
        reason: Some(visible_line(&waiver.reason)),
    }
}
