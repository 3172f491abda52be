//! The criteria that rest on what people attest: each gives what is open, and a line that says what there is.
//!
//! An attestation counts for the build that it names and for no other, if its signer could be held to it. Anything else there
//! is about the same thing is told with the reason why it does not count. Of several words of one person on the same thing the
//! newest counts.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::finding::Fact;
use super::found::Found;
use super::{Evidence, bears_on};
use crate::attestation::{Approval, Attestation, Attested, Deployment, IncidentState, ManualResult, Outcome, Statement};
use crate::id::{AttestationName, CaseId, Digest, Principal};
use crate::manual::ManualCase;
use crate::signer::{Refusal, Role};
use crate::words::counted;

/// An attestation that bears on a sign-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct AttestationResult {
    /// The file's stem.
    pub name: AttestationName,
    /// The digest of the statement.
    pub digest: Digest,
    /// The build that it is about.
    pub build: Digest,
    /// The role in which it is stated.
    pub role: Role,
    /// Who states it.
    pub by: Principal,
    /// When.
    pub at: String,
    /// What is stated, in one line.
    pub states: String,
    /// Why it does not count; absent if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whether its file was deleted, and only the history of the records has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// When the key expired, where that was before the run: only the signer says that the statement is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_expired: Option<Timestamp>,
}

/// Everything that is attested and bears on the sign-off.
pub(super) fn results(evidence: &Evidence<'_>) -> Vec<AttestationResult> {
    let (ledger, release, build) = (evidence.ledger, &evidence.release.name, evidence.record.header.candidate.digest);
    let bearing = evidence.attestations.iter().filter(|known| bears_on(ledger, release, build, known));
    bearing
        .map(|known| AttestationResult {
            name: known.name.clone(),
            digest: known.digest,
            build: known.statement.subject.digest,
            role: known.statement.role(),
            by: known.statement.by.clone(),
            at: known.statement.at.to_string(),
            states: known.statement.attested.to_string(),
            refused: known.counts(evidence.today).err().map(|why| why.to_string()),
            gone: known.gone,
            key_expired: key_expired(evidence, &known.statement),
        })
        .collect()
}

/// When the last key that may have signed the statement expired, if that was before the run.
fn key_expired(evidence: &Evidence<'_>, statement: &Statement) -> Option<Timestamp> {
    let keys = evidence.ledger.signers.of(&statement.by).filter(|signer| signer.is_valid(statement.at).is_ok());
    let last: Option<Vec<Timestamp>> = keys.map(|signer| signer.valid_before).collect();
    last?.into_iter().max().filter(|last| *last < evidence.record.header.started)
}

/// What people said, and the build that it is to be about.
#[derive(Debug, Clone, Copy)]
pub(super) struct BuildAttestations<'r> {
    /// The build.
    pub(super) build: Digest,
    /// All attestations.
    pub(super) attestations: &'r [Attestation],
    /// The day on which they are looked at.
    pub(super) today: Date,
}

impl<'r> BuildAttestations<'r> {
    pub(super) fn of(evidence: &Evidence<'r>) -> Self {
        let build = evidence.record.header.candidate.digest;
        Self { build, attestations: evidence.attestations, today: evidence.today }
    }
}

/// What there is about one thing, sorted by what it is worth.
pub(super) struct Words<'r, T> {
    /// What counts: each person's newest word.
    pub(super) counted: Vec<(&'r Attestation, &'r T)>,
    /// What is about this very thing and does not count, with the reason.
    pub(super) refused: Vec<(&'r Attestation, Refusal)>,
    /// The newest word about another build.
    pub(super) elsewhere: Option<&'r Attestation>,
}

impl<'r, T> Words<'r, T> {
    pub(super) fn new(said: BuildAttestations<'r>, meant: impl Fn(&'r Attestation) -> Option<&'r T>) -> Self {
        let BuildAttestations { build, attestations, today } = said;
        let (mut counted, mut refused, mut elsewhere) = (Vec::<(&Attestation, &T)>::new(), Vec::new(), Vec::new());
        for (attestation, word) in attestations.iter().filter_map(|known| Some((known, meant(known)?))) {
            match attestation.counts(today) {
                Ok(()) | Err(_) if !attestation.is_about(build) => elsewhere.push(attestation),
                Err(why) => refused.push((attestation, why)),
                Ok(()) => counted.push((attestation, word)),
            }
        }
        Self { counted, refused, elsewhere: elsewhere.into_iter().max_by_key(|word| word.order()) }
    }

    /// What does not count, a line each.
    fn refused_lines(&self) -> Vec<String> {
        self.refused.iter().map(|(word, why)| format!("{}: {why}", word.name)).collect()
    }

    /// What to append to a line that says that something is missing.
    fn told_elsewhere(&self) -> String {
        let told = |word: &Attestation| format!("; {} is about another build, {}", word.name, word.statement.subject.digest);
        self.elsewhere.map(told).unwrap_or_default()
    }

    /// Keeps each person's newest word; of two of the same second, the one whose name comes later.
    pub(super) fn newest(mut self) -> Self {
        let all = self.counted.clone();
        self.counted.retain(|(word, _)| {
            let mut same = all.iter().filter(|(other, _)| other.statement.by == word.statement.by);
            !same.any(|(other, _)| word.order() < other.order())
        });
        self
    }
}

/// Every manual case that applies was carried out on this build, as it is written now, and went well.
pub(super) fn manual(evidence: &Evidence<'_>) -> (Found, String) {
    let cases: Vec<&ManualCase> = evidence.ledger.manual_at(evidence.record.header.place).collect();
    let facts = |case: &&ManualCase| {
        let (against, unattested) = manual_case(BuildAttestations::of(evidence), case);
        let fact = |why| Fact::Manual { case: case.id.clone(), why };
        against.into_iter().chain(unattested).map(fact).collect::<Vec<_>>()
    };
    let mut found = Found::open(cases.iter().flat_map(facts).chain(failed_and_dropped(evidence, &cases)));
    let open = cases.iter().filter(|case| !facts(case).is_empty()).count();
    if cases.is_empty() {
        found.open.push(Fact::NoManualCase);
    }
    (found, format!("{} of {} passed on this build", cases.len() - open, counted(cases.len(), "manual case")))
}

/// The failures that a person saw on this build of manual cases that are not asked for any more.
fn failed_and_dropped(evidence: &Evidence<'_>, asked_for: &[&ManualCase]) -> Vec<Fact> {
    let results = evidence.attestations.iter().filter_map(manual_result);
    let dropped: BTreeSet<&CaseId> = results.map(|result| &result.case).collect();
    let dropped = dropped.into_iter().filter(|id| asked_for.iter().all(|case| case.id != **id));
    let failures = |id: &CaseId| {
        let words = Words::new(BuildAttestations::of(evidence), |known| manual_result(known).filter(|result| result.case == *id))
            .newest();
        let failed = words.counted.into_iter().filter(|(_, result)| result.outcome == Outcome::Failed);
        let fact = |(word, result): (&Attestation, &ManualResult)| Fact::Manual {
            case: id.clone(),
            why: format!("{}; the case does not apply here any more", saw_it_fail(word, result)),
        };
        failed.map(fact).collect::<Vec<_>>()
    };
    dropped.flat_map(failures).collect()
}

fn saw_it_fail(word: &Attestation, result: &ManualResult) -> String {
    format!("{} saw it fail ({}): {}", word.statement.by, word.told(), result.note)
}

/// What is open about a manual case, and apart from that the line which says that it is not attested.
pub(super) fn manual_case(said: BuildAttestations<'_>, case: &ManualCase) -> (Vec<String>, Option<String>) {
    let meant = |known| manual_result(known).filter(|result| result.case == case.id);
    let words = Words::new(said, meant).newest();
    let (mut passed, mut stale, mut against) = (false, String::new(), words.refused_lines());
    for (word, result) in &words.counted {
        match result.outcome {
            Outcome::Failed => against.push(saw_it_fail(word, result)),
            Outcome::Passed if result.definition == case.digest() => passed = true,
            Outcome::Passed => stale.push_str(&format!("; {} is of the case as it was before it was changed", word.name)),
        }
    }
    let unattested = format!("it has not been attested on this build{stale}{}", words.told_elsewhere());
    (against, (!passed).then_some(unattested))
}

fn manual_result(known: &Attestation) -> Option<&ManualResult> {
    match &known.statement.attested {
        Attested::Manual(result) => Some(result),
        Attested::Tester(_) | Attested::Customer(_) | Attested::Deployment(_) | Attested::Ci(_) | Attested::ReleaseManager(_) => {
            None
        }
    }
}

/// The build was in use for as many days as the gate asks for, and nothing that went wrong meanwhile is open.
pub(super) fn deployed(evidence: &Evidence<'_>) -> (Found, String) {
    let said = BuildAttestations::of(evidence);
    let words = Words::new(said, deployment);
    let mut against = words.refused_lines();
    for (word, deployment) in &words.counted {
        // A person may tell of the same environment again and again: what is open there is what was said last.
        let told_again = words.counted.iter().any(|(later, other)| {
            let same = (&later.statement.by, &other.environment) == (&word.statement.by, &deployment.environment);
            same && later.order() > word.order()
        });
        let open = deployment.incidents.iter().filter(|incident| incident.state == IncidentState::Open && !told_again);
        let line = |title: &str| format!("{} ({}): an incident is open: {title}", deployment.environment, word.told());
        against.extend(open.map(|incident| line(&incident.title)));
        if let Some(cut) = evidence.release.cut.filter(|cut| deployment.start < *cut) {
            against.push(format!(
                "{} ({}): it starts on {}, before {} was cut on {cut}",
                deployment.environment, word.name, deployment.start, evidence.release.name
            ));
        }
    }
    let required = evidence.ledger.project.gate.deployed_days.unwrap_or_default();
    against.extend(too_few_days(said, required));
    let days = deployed_days(&words.counted);
    let found = Found::open(against.into_iter().map(|why| Fact::Deployment { why }));
    (found, format!("{} in use on this build, {required} are required", counted(usize::try_from(days).unwrap_or(0), "day")))
}

/// The line which says that a build was in use for fewer days than are required.
pub(super) fn too_few_days(said: BuildAttestations<'_>, required: u32) -> Option<String> {
    let words = Words::new(said, deployment);
    let days = deployed_days(&words.counted);
    (days < i64::from(required))
        .then(|| format!("{days} of {} on this build{}", counted(required, "day"), words.told_elsewhere()))
}

fn deployed_days(counted: &[(&Attestation, &Deployment)]) -> i64 {
    // What was deleted still counts against a build, and for none.
    let standing = counted.iter().filter(|(word, _)| !word.gone);
    days(standing.map(|(_, deployment)| (deployment.start, deployment.end)).collect())
}

fn deployment(known: &Attestation) -> Option<&Deployment> {
    match &known.statement.attested {
        Attested::Deployment(deployment) => Some(deployment),
        Attested::Tester(_) | Attested::Customer(_) | Attested::Manual(_) | Attested::Ci(_) | Attested::ReleaseManager(_) => None,
    }
}

/// How many days these spans cover, each day once: two environments on one day are one day of use.
fn days(mut spans: Vec<(Date, Date)>) -> i64 {
    spans.sort();
    let mut total = 0;
    let mut reached: Option<Date> = None;
    for (start, end) in spans {
        let start = reached.map_or(start, |reached| reached.max(start));
        total += start.until((Unit::Day, end)).map_or(0, |span| i64::from(span.get_days()).max(0));
        reached = Some(reached.map_or(end, |reached| reached.max(end)));
    }
    total
}

/// A release manager approved this release on this build, by this plan and this journal.
pub(super) fn signed(evidence: &Evidence<'_>) -> (Found, String) {
    let header = &evidence.record.header;
    let words = Words::new(BuildAttestations::of(evidence), |known| {
        approval(known).filter(|approval| approval.release == evidence.release.name)
    });
    let journal = evidence.record.footer.as_ref().map(|footer| footer.journal);
    let is_of_this_run = |approval: &Approval| approval.plan == header.plan && Some(approval.journal) == journal;
    let (mut against, elsewhere) = (words.refused_lines(), words.told_elsewhere());
    let (these, others): (Vec<_>, Vec<_>) = words.counted.into_iter().partition(|(_, approval)| is_of_this_run(approval));
    // An approval is no older than what it approves: an earlier date can make an expired key look valid.
    let end = evidence.record.end();
    let (early, these): (Vec<_>, Vec<_>) = these.into_iter().partition(|(word, _)| word.statement.at < end);
    against.extend(early.iter().map(|(word, _)| {
        format!("{}: it is dated {}, before the run that it approves ended at {end}", word.name, word.statement.at)
    }));
    if these.is_empty() {
        let other = |(word, approval): &(&Attestation, &Approval)| match &approval.run {
            run if *run == header.run => format!("; {} is about {run} with another journal", word.name),
            run => format!("; {} is about another run, {run}", word.name),
        };
        let others: String = others.iter().map(other).collect();
        let release = &evidence.release.name;
        against.push(format!("no release manager has approved {release} on this build by this run{others}{elsewhere}"));
    }
    let by: Vec<String> = these.iter().map(|(word, _)| format!("{} on {}", word.statement.by, stated(word))).collect();
    let found = Found::open(against.into_iter().map(|why| Fact::Approval { why }));
    (found, if by.is_empty() { "not approved".to_owned() } else { format!("approved by {}", by.join(", ")) })
}

fn approval(known: &Attestation) -> Option<&Approval> {
    match &known.statement.attested {
        Attested::ReleaseManager(approval) => Some(approval),
        Attested::Tester(_) | Attested::Customer(_) | Attested::Manual(_) | Attested::Deployment(_) | Attested::Ci(_) => None,
    }
}

fn stated(word: &Attestation) -> Date {
    word.statement.at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(day: i8) -> Date {
        Date::constant(2026, 1, day)
    }

    proptest! {
        #[test]
        fn days_are_those_that_any_span_covers(spans in prop::collection::vec((1..=28_i8, 1..=28_i8), 0..8)) {
            let spans: Vec<(Date, Date)> = spans.into_iter().map(|(one, other)| (date(one.min(other)), date(one.max(other)))).collect();
            let covered = (1..=28).filter(|day| spans.iter().any(|(start, end)| (*start..*end).contains(&date(*day)))).count();
            prop_assert_eq!(days(spans), covered as i64);
        }
    }

    #[test]
    fn a_day_in_two_environments_is_one_day() {
        assert_eq!(days(vec![]), 0);
        assert_eq!(days(vec![(date(5), date(5))]), 0);
        assert_eq!(days(vec![(date(5), date(12))]), 7);
        assert_eq!(days(vec![(date(5), date(12)), (date(5), date(12))]), 7);
        assert_eq!(days(vec![(date(10), date(14)), (date(5), date(12))]), 9);
        assert_eq!(days(vec![(date(5), date(7)), (date(20), date(22))]), 4);
        assert_eq!(days(vec![(date(5), date(20)), (date(6), date(8)), (date(19), date(21))]), 16);
    }
}
