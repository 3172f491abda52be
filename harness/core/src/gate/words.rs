//! The gate's findings in English, for people. No code reads these words back.

use std::fmt;

use super::finding::{Acceptance, Fact, Finding};
use super::reasons::{Loss, LossSource, SuiteLack};
use crate::words::{counted, counted_as};

/// The most findings of one criterion that are put into words.
const SHOWN: usize = 100;

/// The first findings of one criterion, a line each, and how many are left out.
pub(super) fn evidence(findings: &[Finding]) -> (Vec<String>, u64) {
    let lines = findings.iter().take(SHOWN).map(ToString::to_string).collect();
    (lines, findings.len().saturating_sub(SHOWN) as u64)
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fact)?;
        match &self.accepted {
            None => Ok(()),
            Some(Acceptance::Waiver { owner, .. }) => write!(f, " (waived by {owner})"),
            Some(Acceptance::Quarantine { owner, expires, .. }) => write!(f, " (quarantined by {owner} until {expires})"),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Gap { place: Some((file, line)), message } => write!(f, "{file}:{line}: {message}"),
            Fact::Gap { place: None, message } => f.write_str(message),
            Fact::IdleWaiver { waiver } => write!(f, "the waiver {waiver} matches nothing, or has expired"),
            Fact::ExpiredQuarantine { quarantine, expires } => write!(f, "the quarantine {quarantine} expired on {expires}"),
            Fact::NoCommit => f.write_str("the records are under no version control"),
            Fact::NotCommitted { commit } => write!(f, "records or cases differ from those of commit {commit}"),
            Fact::UnknownCommit { why } => write!(f, "the commit of the records is unknown: {why}"),
            Fact::Differs { file } => file.fmt(f),
            Fact::DifferMore { count } => write!(f, "… and {}", counted(*count, "other file")),
            Fact::SignoffNotInHistory { signed_off, presence } => write!(
                f,
                "the commit of the sign-off of {signed_off} {} the history of this commit: merge it, or sign {signed_off} off again",
                presence.words()
            ),
            Fact::ChangedAfterRun => f.write_str("records or cases were changed after the run"),
            Fact::Unproved { defect, why } => write!(f, "{defect}: {why}"),
            Fact::NotGreen { defect, failing, lost } => {
                match failing {
                    None => write!(f, "{defect}: no paired scenario is green")?,
                    Some(failing) => {
                        let failing = counted_as(*failing, "paired scenario fails", "paired scenarios fail");
                        write!(f, "{defect}: {failing}")?;
                    }
                }
                lost.as_ref().map_or(Ok(()), |lost| write!(f, "; {lost}"))
            }
            Fact::FixNotInCommit { defect, presence, commit, release } => {
                write!(f, "{defect}: its commit {} {commit}, of which {release} is made", presence.words())
            }
            Fact::Retracted { defect, signed_off, now } => {
                let now = now.as_deref().unwrap_or("without a record");
                write!(f, "{defect}: {signed_off} was signed off with its fix, and now it is {now}")
            }
            Fact::ReleaseNotInCommit { earlier, presence, commit, release } => {
                write!(f, "the commit of {earlier} {} {commit}, of which {release} is made", presence.words())
            }
            Fact::PrivateFixGone { defect, signed_off } => {
                write!(f, "{defect}: it was a private fix at the sign-off of {signed_off}, and none is recorded")
            }
            Fact::Void { reason } => f.write_str(reason),
            Fact::NotJudged { planned, judged } => {
                write!(f, "{} planned and {judged} judged", counted_as(*planned, "scenario was", "scenarios were"))
            }
            Fact::OtherBuild { release, pinned } => {
                write!(f, "the candidate is not the build that {release} is pinned to, {pinned}")
            }
            Fact::OtherPlace { release } => {
                write!(f, "the run judged the candidate at another place of the train than that of {release}")
            }
            Fact::NotExecuted { scenario } => write!(f, "{scenario} has a verdict and was not executed"),
            Fact::Filtered => f.write_str("scenarios were filtered away"),
            Fact::TooFewScenarios { judged, required } => {
                let judged = counted_as(*judged, "scenario was", "scenarios were");
                write!(f, "{judged} judged, at least {} required", counted_as(*required, "is", "are"))
            }
            Fact::Residual { scenario, verdict, class, reason } => {
                let class = class.map(|class| class.as_str()).unwrap_or_default();
                write!(f, "{verdict} {class}: {scenario}: {reason}")
            }
            Fact::NoBaseline => f.write_str("the run was not compared with a baseline"),
            Fact::BaselineNotEarlier { baseline } => {
                write!(f, "the baseline {baseline} does not come before the candidate in the train")
            }
            Fact::SameBuild { baseline } => write!(
                f,
                "the candidate is the very build of {baseline}, so that every comparison is of a build with itself; check the \
                 recipe, or say in the release's record why nothing changed: unchanged = \"…\""
            ),
            Fact::NotUnchanged { baseline } => {
                write!(f, "the release's record says `unchanged`, and the candidate is another build than that of {baseline}")
            }
            Fact::Missing { scenario } => write!(f, "missing: {scenario}"),
            Fact::ComparedWithNothing { scenario } => write!(
                f,
                "{scenario} states only what the baseline gives, and does not apply to the baseline: it was compared with nothing; \
                 state a result in the case, such as exit = 0"
            ),
            Fact::StaleClaim { defect, scenarios } => {
                write!(f, "the claim `{scenarios}` of {defect} explains nothing: it is stale")
            }
            Fact::NoCanary => f.write_str("there is no canary: nothing shows that failures are seen"),
            Fact::BlindCanary { scenario } => write!(f, "{scenario} did not fail"),
            Fact::Flaky { scenario } => write!(f, "{scenario}"),
            Fact::IdlePack { pack, owner, contact } => {
                write!(f, "the required pack {pack} ran nothing; ask {owner} ({contact})")
            }
            Fact::PackNotGreen { scenario, verdict, owner, contact } => {
                write!(f, "{scenario} is {verdict}; ask {owner} ({contact})")
            }
            Fact::NoCutDate { release, before } => write!(f, "{release} or {before} has no cut date"),
            Fact::OutOfCadence { days, before, weeks: (least, most) } => {
                write!(f, "cut {} after {before}; {least} to {most} weeks are meant", counted(days.unsigned_abs(), "day"))
            }
            Fact::NoManualCase => f.write_str("no manual case applies: the criterion would hold of nothing"),
            Fact::Manual { case, why } => write!(f, "{case}: {why}"),
            Fact::NoSuite => f.write_str("fixgate.toml names no suite under [import]: the criterion would hold of nothing"),
            Fact::Suite { suite, lack } => write!(f, "{suite}: {lack}"),
            Fact::NotShownToRun { why } | Fact::Unvalidated { why, .. } | Fact::Deployment { why } | Fact::Approval { why } => {
                f.write_str(why)
            }
        }
    }
}

impl fmt::Display for SuiteLack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SuiteLack::NotAttested { elsewhere } => {
                f.write_str("no ci has attested its results on this build")?;
                let told = |(name, build): &(_, _)| write!(f, "; {name} is about another build, {build}");
                elsewhere.as_ref().map_or(Ok(()), told)
            }
            SuiteLack::Refused { attestation, why } => write!(f, "{attestation}: {why}"),
            SuiteLack::OtherProducer { attestation, found, wanted } => {
                write!(f, "{attestation}: these are results of {found}, not of {wanted}")
            }
            SuiteLack::NotGreen { attestation, gone, by, read, dropped } => {
                let gone = if *gone { ", which was deleted" } else { "" };
                let dropped = if *dropped { "; [import] does not name the suite any more" } else { "" };
                write!(f, "{by} saw {read} ({attestation}{gone}){dropped}")
            }
            SuiteLack::TooFew { attestation, passed, required } => {
                let passed = counted_as(*passed, "test passed", "tests passed");
                write!(f, "{attestation}: {passed}, at least {} required", counted_as(*required, "is", "are"))
            }
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { green_in, green_by, first, red_in, red_by } = self;
        write!(f, "green in {green_in} ({green_by}), not green in {red_in} ({red_by}): ")?;
        if first == red_in { write!(f, "{first} lost it") } else { write!(f, "one of {first} to {red_in} lost it") }
    }
}

impl fmt::Display for LossSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LossSource::Signoff => "its sign-off",
            LossSource::Baseline => "the baseline of this run",
            LossSource::Record => "it was fixed there; no sign-off tells more",
            LossSource::Here => "here",
        })
    }
}
