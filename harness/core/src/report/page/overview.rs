//! The first screen: the decision in words, why, what would turn it, the causes, and counts that add up to what was planned.

use serde::Serialize;

use super::outcome::came;
use super::past::Past;
use super::shown::thousands;
use super::ways::{WayOut, ways};
use super::{About, Source};
use crate::cause::{Cause, Causes, Feature};
use crate::gate::{CriterionResult, CriterionState};
use crate::project::Criterion;
use crate::report::criteria::asks;
use crate::residual::{Class, Residual};
use crate::verdict::Verdict;

/// The most causes on the first screen; the others are one line below.
const FIRST: usize = 7;

/// The first screen.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    product: String,
    name: String,
    version: String,
    /// `SHIP`, `HOLD`, `NO ANSWER`, or what a run that is no sign-off comes to.
    word: String,
    /// `ship`, `hold` or `void`, for style.
    tone: &'static str,
    why: String,
    /// That the candidate is the very build of the baseline, where it is.
    same_build: Option<String>,
    candidate: String,
    candidate_name: String,
    baseline: Option<String>,
    date: String,
    seconds: String,
    ways: Vec<WayOut>,
    failing: u64,
    causes: Vec<CauseRow>,
    more_causes: Vec<CauseRow>,
    rest: String,
    counts: Vec<Count>,
    planned: u64,
    missing: u64,
    criteria: Vec<CriterionRow>,
    satisfied: usize,
}

/// A cause in a line.
#[derive(Debug, Serialize)]
pub(super) struct CauseRow {
    number: usize,
    shared: Vec<Shared>,
    failing: u64,
    of: u64,
    more: u64,
    first: String,
    classes: String,
    /// How many of them are there since when.
    since: String,
    /// Its part of all failures, in hundredths.
    width: u64,
}

/// Something that failures share.
#[derive(Debug, Serialize)]
pub(super) struct Shared {
    kind: &'static str,
    text: String,
}

/// How many scenarios are in one class, or have one verdict.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    word: &'static str,
    count: u64,
    meaning: &'static str,
    tone: &'static str,
    query: String,
    /// Where its part of the bar begins and how long it is, in thousandths.
    from: u64,
    length: u64,
}

/// A criterion.
#[derive(Debug, Serialize)]
pub(super) struct CriterionRow {
    id: Criterion,
    asks: &'static str,
    state: &'static str,
    summary: String,
    evidence: Vec<String>,
    /// How many lines of evidence are not among these.
    left_out: u64,
    is_open: bool,
}

impl Overview {
    pub(super) fn of(source: &Source<'_>, past: &Past<'_>) -> Self {
        let header = &source.record.header;
        let signoff = source.signoff();
        let causes = signoff.map_or_else(|| Causes::of(&source.analysis.residuals), |signoff| signoff.causes.clone());
        let (word, tone, why) = came(source, causes.failing);
        let open: Vec<&Residual<'_>> = source.analysis.residuals.iter().filter(|residual| residual.is_open()).collect();
        let mut rows: Vec<CauseRow> =
            causes.causes.iter().zip(1..).map(|(cause, number)| row(cause, number, &causes, &open, past)).collect();
        let more_causes = rows.split_off(rows.len().min(FIRST));
        let counts = counts(source);
        let criteria: Vec<CriterionRow> = signoff.iter().flat_map(|signoff| &signoff.criteria).map(criterion).collect();
        Self {
            product: source.ledger.project.product.clone(),
            name: name(source),
            version: signoff.map(|signoff| signoff.version.clone()).unwrap_or_default(),
            word,
            tone,
            why,
            same_build: header.same_build().map(|baseline| baseline.build.name.clone()),
            candidate: header.candidate.digest.short().to_string(),
            candidate_name: header.candidate.name.clone(),
            baseline: header.baseline.as_ref().map(|baseline| baseline.build.name.clone()),
            date: header.date.to_string(),
            seconds: thousands(source.record.footer.as_ref().map_or(0.0, |footer| footer.seconds).round() as u64),
            ways: signoff.map(ways).unwrap_or_default(),
            failing: causes.failing,
            rest: crate::report::causes::rest(&causes),
            causes: rows,
            more_causes,
            planned: header.planned,
            missing: signoff.map_or(0, |signoff| signoff.classes.get(Class::Missing)),
            counts,
            satisfied: criteria.iter().filter(|row| !row.is_open).count(),
            criteria,
        }
    }

    pub(super) fn title(&self) -> String {
        format!("{}: {} {} {}", self.word, self.product, self.name, self.version).trim_end().to_owned()
    }
}

/// What the page is of, after the product's name.
fn name(source: &Source<'_>) -> String {
    let candidate = &source.record.header.candidate.name;
    match source.about {
        About::Run => candidate.clone(),
        About::Signoff(signoff) => signoff.release.to_string(),
        About::Night(night) => format!("{candidate}, the night of {}", night.started.strftime("%Y-%m-%d")),
        About::Validation(validation) => format!("{} with {}", validation.base_in_words(), validation.ids()),
    }
}

fn criterion(result: &CriterionResult) -> CriterionRow {
    let all = result.findings.as_ref().map_or(result.evidence.len(), Vec::len);
    let is_open = result.state == CriterionState::Unsatisfied;
    // One that holds has nothing to be read but what it was waived for.
    let evidence = result.evidence.iter().take(EVIDENCE).cloned().collect::<Vec<_>>();
    CriterionRow {
        id: result.id,
        asks: asks(result.id),
        state: result.state.as_str(),
        summary: result.summary.clone(),
        left_out: all.saturating_sub(evidence.len()) as u64,
        evidence,
        is_open,
    }
}

/// The most lines of evidence that are shown of a criterion: where there are more, causes and differences tell them better.
const EVIDENCE: usize = 10;

fn row(cause: &Cause, number: usize, causes: &Causes, open: &[&Residual<'_>], past: &Past<'_>) -> CauseRow {
    let of_cause = |residual: &&&Residual<'_>| residual.scenario.is_some_and(|scenario| cause.is_of(scenario));
    let own: Vec<&Residual<'_>> = open.iter().filter(of_cause).copied().collect();
    let count = |class: Class| own.iter().filter(|own| own.class == Some(class)).count() as u64;
    let classes = ORDER.into_iter().map(|class| (class, count(class))).filter(|(_, count)| *count > 0);
    let classes: Vec<String> = classes.map(|(class, count)| format!("{} {class}", thousands(count))).collect();
    CauseRow {
        number,
        shared: cause.shared.iter().map(shared).collect(),
        failing: cause.failing,
        of: cause.of,
        more: cause.more,
        first: cause.first.to_string(),
        classes: classes.join(", "),
        since: past.of_several(own.iter().map(|residual| &residual.entry.scenario)),
        width: (cause.failing * 100).div_ceil(causes.failing.max(1)),
    }
}

fn shared(feature: &Feature) -> Shared {
    let (kind, text) = match feature {
        Feature::Word(text) | Feature::Axis(text) => ("", text.clone()),
        Feature::Variable(text) => ("the variable ", text.clone()),
        Feature::Tag(text) => ("the tag ", text.clone()),
        Feature::Case(text) => ("the case ", text.clone()),
        Feature::Folder(text) => ("the folder ", format!("{text}/")),
    };
    Shared { kind, text }
}

/// Classes in the order of the page, then verdicts without a class, then what was not run: together all that was planned.
fn counts(source: &Source<'_>) -> Vec<Count> {
    let residuals = &source.analysis.residuals;
    let of = |class: Option<Class>, verdict: Option<Verdict>| {
        let is =
            |residual: &&Residual<'_>| residual.class == class && verdict.is_none_or(|verdict| residual.entry.verdict == verdict);
        residuals.iter().filter(is).count() as u64
    };
    let mut rows: Vec<(&'static str, u64, &'static str, &'static str, String)> = ORDER
        .into_iter()
        .map(|class| {
            let (meaning, tone) = meaning(class);
            (class.as_str(), of(Some(class), None), meaning, tone, format!("class:{class}"))
        })
        .collect();
    rows.extend(Verdict::ALL.iter().copied().map(|verdict| {
        let (meaning, tone) = unclassed(verdict);
        (verdict.as_str(), of(None, Some(verdict)), meaning, tone, format!("class:none verdict:{verdict}"))
    }));
    let not_run = source.record.header.planned.saturating_sub(residuals.len() as u64);
    rows.push(("not run", not_run, "planned, and the run ended before", "bad", "verdict:not-run".to_owned()));
    let planned = source.record.header.planned.max(1);
    let mut from = 0;
    rows.into_iter()
        .filter(|(_, count, ..)| *count > 0)
        .map(|(word, count, meaning, tone, query)| {
            let length = (count * 1000).div_ceil(planned);
            let row = Count { word, count, meaning, tone, query, from, length };
            from += length;
            row
        })
        .collect()
}

/// Every class of a planned scenario, what needs a reader first.
pub(in crate::report) const ORDER: [Class; 11] = [
    Class::Regressed,
    Class::Unexplained,
    Class::FailingDifferently,
    Class::UnexpectedPass,
    Class::Varying,
    Class::New,
    Class::StillFailing,
    Class::Known,
    Class::Explained,
    Class::Fixed,
    Class::Same,
];

/// What a class means, and whether it is bad, to be known of, or good.
pub(in crate::report) fn meaning(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Regressed => ("passed before, fails here", "bad"),
        Class::Unexplained => ("differs, and nothing accounts for it", "bad"),
        Class::FailingDifferently => ("fails in another way than was accepted or known", "bad"),
        Class::UnexpectedPass => ("passes, although its defects are recorded as present", "bad"),
        Class::Varying => ("a build differs from itself", "bad"),
        Class::Missing => ("in the last plan, and not in this one", "bad"),
        Class::New => ("did not apply to the baseline", "known"),
        Class::StillFailing => ("failed before in the same way", "known"),
        Class::Known => ("fails by a defect that is not fixed here", "known"),
        Class::Explained => ("differs as a fix claims", "good"),
        Class::Fixed => ("failed before, passes here", "good"),
        Class::Same => ("as before", "good"),
    }
}

/// What a verdict means where there is no class.
fn unclassed(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Passed => ("as its case says", "good"),
        Verdict::Failed => ("not as its case says", "bad"),
        Verdict::Crashed => ("a signal ended the product", "bad"),
        Verdict::TimedOut => ("did not end in time", "bad"),
        Verdict::Flaky => ("failed, and passed when tried again", "known"),
        Verdict::Skipped => ("not run, for a stated reason", "known"),
        Verdict::Error => ("the harness could not tell", "bad"),
    }
}
