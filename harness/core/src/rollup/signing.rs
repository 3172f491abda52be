//! What is to be done about the sign-off of a release that has not shipped.

use jiff::civil::Date;
use serde::Serialize;

use super::{Action, ReleaseStatus};
use crate::gate::{Decision, Missing, SignedOff, Statement};
use crate::id::ReleaseName;
use crate::ledger::Ledger;
use crate::project::Criterion;
use crate::record::Outdated;
use crate::words::counted;

/// A sign-off as it stands on a day.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Standing {
    /// What was written, or what is decided now.
    #[serde(flatten)]
    pub signed: SignedOff,
    /// How many attestations have come since it was written.
    pub attested_since: usize,
    /// Whether it was decided again with them.
    pub decided_again: bool,
    /// The statements that it waits for.
    #[serde(skip)]
    pub missing: Vec<Missing>,
    /// What was changed since its run, so that nothing can be decided by that run any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated: Option<Outdated>,
}

impl Standing {
    /// What was written, and how much of what people say it does not know.
    pub fn written(ledger: &Ledger, signed: SignedOff, today: Date) -> Self {
        let attested_since = signed.attested_since(ledger);
        Self { decided_again: false, ..Self::again(ledger, signed, attested_since, today) }
    }

    /// What was decided again, with all that people say.
    pub fn again(ledger: &Ledger, signed: SignedOff, attested_since: usize, today: Date) -> Self {
        let missing = Missing::of(ledger, &signed, today);
        Self { signed, attested_since, decided_again: true, missing, outdated: None }
    }

    /// The same, where the records are no longer those of its run.
    #[must_use]
    pub fn outdated(self, outdated: Outdated) -> Self {
        Self { outdated: Some(outdated), ..self }
    }

    fn is_behind(&self) -> bool {
        self.attested_since > 0 && !self.decided_again
    }
}

/// Everything there is to do about a release's sign-off.
pub(super) fn signing(release: &ReleaseStatus) -> Vec<Action> {
    let name = &release.name;
    let sign_off = |why| vec![Action::new(why, format!("fixgate signoff {name}"))];
    match &release.signoff {
        Some(standing) if release.shipped.is_some() => shipped(name, standing),
        None if release.shipped.is_some() => Vec::new(),
        None => sign_off(format!("{name} is not signed off")),
        Some(standing) => match (&standing.signed.void, standing.signed.decision, &standing.outdated) {
            (None, _, Some(outdated)) => start_again(name, &standing.signed, outdated),
            (_, _, None) if standing.is_behind() => vec![behind(name, standing)],
            (Some(void), _, _) => sign_off(format!("the sign-off of {name} has no answer: {void}")),
            (None, Decision::Hold, None) => held(name, standing),
            (None, Decision::Ship, None) if standing.decided_again => {
                let why = format!("{name} may ship, by attestations that its reports do not have yet");
                vec![Action::new(why, format!("fixgate sign {name}"))]
            }
            (None, Decision::Ship, None) => {
                let why =
                    format!("{name} may ship: write its notes, and once it has, `shipped = DATE` into releases/{name}.toml");
                vec![Action::new(why, format!("fixgate rollup notes {name}"))]
            }
        },
    }
}

/// A release that has shipped although its sign-off does not say that it may.
fn shipped(name: &ReleaseName, Standing { signed, .. }: &Standing) -> Vec<Action> {
    let against = match (&signed.void, signed.decision) {
        (Some(void), _) => format!("has no answer: {void}"),
        (None, Decision::Hold) => {
            let unsatisfied: Vec<&str> = signed.unsatisfied.iter().map(|criterion| criterion.as_str()).collect();
            format!("holds it by {}", unsatisfied.join(", "))
        }
        (None, Decision::Ship) => return Vec::new(),
    };
    vec![Action::new(format!("{name} has shipped, and its sign-off {against}"), format!("read reports/{name}/signoff.md"))]
}

/// The run is no answer for other records: the two ways out.
fn start_again(name: &ReleaseName, signed: &SignedOff, outdated: &Outdated) -> Vec<Action> {
    let why = format!("{outdated} changed since {name} was signed off: its run is no answer any more");
    let again = format!("fixgate signoff {name}");
    let Some(commit) = &outdated.commit else { return vec![Action::new(why, again)] };
    let run = &signed.run;
    vec![
        Action::new(
            format!("{why}; to finish it all the same, go on from the commit of {run} on a branch, and merge that later"),
            format!("git switch --create release-{name} {commit}"),
        ),
        Action::new(format!("or sign {name} off again with the records of today"), again),
    ]
}

fn behind(name: &ReleaseName, Standing { signed, attested_since, .. }: &Standing) -> Action {
    let have = if *attested_since == 1 { "has" } else { "have" };
    let came = counted(*attested_since, "attestation");
    let why = format!("{came} {have} come since {name} was decided, and its run is not here: decide again where it is");
    Action::new(why, format!("fixgate gate {} --release {name}", signed.run))
}

/// What no statement alone can settle, then each statement that is missing.
fn held(name: &ReleaseName, standing: &Standing) -> Vec<Action> {
    let Standing { signed, decided_again, missing, .. } = standing;
    let waits = |criterion: &&Criterion| missing.iter().any(|missing| missing.criterion == **criterion);
    let others = signed.unsatisfied.iter().filter(|criterion| !waits(criterion));
    // The approval waits for all the others.
    let others: Vec<&str> =
        others.filter(|criterion| **criterion != Criterion::Signed).map(|criterion| criterion.as_str()).collect();
    let look = if *decided_again {
        format!("fixgate gate {} --release {name}", signed.run)
    } else {
        format!("read reports/{name}/signoff.md")
    };
    let look = (!others.is_empty()).then(|| Action::new(format!("{name} is held by {}", others.join(", ")), look));
    let attest = |missing: &Missing| {
        Action::new(format!("{name} is held by {}: {}", missing.criterion.as_str(), missing.against), command(name, missing))
    };
    look.into_iter().chain(missing.iter().map(attest)).collect()
}

/// The build is named by its digest: a release's recipe need not give the very one that was signed off.
fn command(name: &ReleaseName, Missing { build, statement, .. }: &Missing) -> String {
    match statement {
        Statement::Manual(case) => format!("fixgate attest manual {case} --candidate {build} --outcome passed"),
        Statement::Fix(role, defect) => format!("fixgate attest {role} {defect} --candidate {build}"),
        Statement::Suite(suite) => format!("fixgate attest ci {suite} --run RUN"),
        Statement::Deployment => format!("fixgate attest deployment --candidate {build} --environment NAME --start DATE"),
        Statement::Approval => format!("fixgate attest release-manager {name}"),
    }
}
