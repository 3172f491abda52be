//! Judging: what was seen against what was expected. Pure; the engine asks after every step.

mod alike;
mod compare;
mod difference;
mod excerpt;
mod masked;
mod otherwise;
mod printed;
mod seen;
mod shape;

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::case::{Family, Scenario, StatusExpectation, Step, Symptom};
use crate::id::{DefectId, Digest};
use crate::observation::{Ending, Observation, StepObservation};
use crate::verdict::Verdict;
use crate::words::{size, span};

pub use self::masked::masked;
pub use self::otherwise::otherwise;
pub use self::printed::{KEPT, Printed, Stream, WholeOutput, whole_outputs};

/// What an expectation was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The case states it.
    Stated,
    /// The baseline did it.
    Baseline,
}

/// What an expectation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// How the program ended.
    Ending,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file in the work directory.
    File(Utf8PathBuf),
    /// How long it took.
    Time,
    /// How much memory it used.
    Memory,
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Ending => formatter.write_str("the end"),
            Subject::Stdout => formatter.write_str("stdout"),
            Subject::Stderr => formatter.write_str("stderr"),
            Subject::File(path) => write!(formatter, "the file {path}"),
            Subject::Time => formatter.write_str("the time"),
            Subject::Memory => formatter.write_str("the memory"),
        }
    }
}

/// One unmet expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The step, from 1.
    pub step: usize,
    /// What the expectation was taken from.
    pub against: Against,
    /// What the expectation is about.
    pub subject: Subject,
    /// What is wrong, in one line.
    pub message: String,
    /// The difference, in lines; may be empty.
    pub detail: String,
    /// What kind of difference it is, without the particulars of this scenario.
    shape: String,
}

/// What came of a scenario, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What was not met; also of a canary that failed as it must, and of an explained difference.
    pub findings: Vec<Finding>,
    /// The digest of the shape of what differed, which groups failures for readers; of failures only.
    pub signature: Option<Digest>,
    /// The digest of exactly what was seen, by which a failure is known again; of failures only.
    pub seen: Option<Digest>,
    /// The digest of the outputs.
    pub outputs: Digest,
    /// The fix that accounts for the difference from the baseline.
    pub explained_by: Option<DefectId>,
    /// What was printed; of what did not pass only.
    pub printed: Option<Box<Printed>>,
}

/// Judges one step; `baseline` is what the baseline showed at the same step, where there is one.
pub fn judge_step(number: usize, step: &Step, seen: &StepObservation, baseline: Option<&StepObservation>) -> Vec<Finding> {
    let expect = &step.expect;
    let mut findings = Findings { step: number, found: Vec::new() };
    findings.status(expect.status, seen, baseline);
    findings.stream(&Subject::Stdout, &expect.stdout, &seen.stdout, baseline.map(|baseline| &*baseline.stdout));
    findings.stream(&Subject::Stderr, &expect.stderr, &seen.stderr, baseline.map(|baseline| &*baseline.stderr));
    for (path, expected) in &expect.files {
        findings.file(path, expected, seen.files.get(path));
    }
    if let Some(most) = expect.max_time.filter(|most| seen.elapsed > *most) {
        let (took, most) = (span(seen.elapsed), span(most));
        // Rounded, a time can read as the limit that it exceeds.
        let took = if took == most { format!("{} ns", seen.elapsed.as_nanos()) } else { took };
        let message = format!("took {took}, at most {most} expected");
        findings.stated(Subject::Time, "took too long", message);
    }
    if let Some(most) = expect.max_rss.filter(|most| seen.peak_memory > *most) {
        let message = format!("used {} of memory, at most {} expected", size(seen.peak_memory), size(most));
        findings.stated(Subject::Memory, "used too much memory", message);
    }
    findings.found
}

/// Whether the next step is to be run: nothing that the case states was left unmet, and the program ended by itself.
pub fn goes_on(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.against == Against::Baseline)
}

/// The verdict over all steps; `explain` names the fix that accounts for outputs like these, if one does.
pub fn conclude(
    scenario: &Scenario,
    seen: &Observation,
    findings: Vec<Finding>,
    explain: impl FnOnce(Digest) -> Option<DefectId>,
) -> Judgement {
    let outputs = seen.outputs();
    let explained_by = if !findings.is_empty() && goes_on(&findings) { explain(outputs) } else { None };
    let verdict = match (findings.is_empty() || explained_by.is_some(), seen.steps.last().map(|step| step.ending)) {
        (true, _) => Verdict::Passed,
        (false, Some(Ending::TimedOut)) => Verdict::TimedOut,
        (false, Some(Ending::Signalled(_))) => Verdict::Crashed,
        (false, Some(Ending::Exited(_) | Ending::TooMuchOutput) | None) => Verdict::Failed,
    };
    // A canary must fail: that it does is its pass, and that it passes is a failure of the harness.
    let verdict = match (&scenario.case.family, verdict.is_failure()) {
        (Family::Canary, true) => Verdict::Passed,
        (Family::Canary, false) => Verdict::Error,
        (Family::Regression | Family::Suite | Family::Pack(_), _) => verdict,
    };
    let signature = verdict.is_failure().then(|| signature(&findings));
    let printed = if verdict == Verdict::Passed { None } else { Printed::of(seen) };
    let seen = verdict.is_failure().then(|| seen::digest(seen, &findings));
    Judgement { verdict, findings, signature, seen, outputs, explained_by, printed }
}

/// Whether the step that failed looks as the symptom says.
pub fn shows(symptom: &Symptom, seen: &Observation) -> bool {
    let Some(last) = seen.steps.last() else { return false };
    let step = Step {
        run: Default::default(),
        input: None,
        environment: Default::default(),
        expect: std::sync::Arc::new(symptom.0.clone()),
    };
    let findings = judge_step(seen.steps.len(), &step, last, None);
    // A product that hangs or crashes shows its symptom if the symptom says nothing of how it ends.
    let ended = |finding: &Finding| symptom.0.status == StatusExpectation::Any && finding.subject == Subject::Ending;
    findings.iter().all(ended)
}

/// How many of the last lines of each stream are shown where a program did not end as expected.
const LAST_LINES: usize = 10;

fn signature(findings: &[Finding]) -> Digest {
    let shapes: Vec<(usize, &str)> = findings.iter().map(|finding| (finding.step, finding.shape.as_str())).collect();
    Digest::of_json(&shapes)
}

struct Findings {
    step: usize,
    found: Vec<Finding>,
}

impl Findings {
    fn stated(&mut self, subject: Subject, shape: &str, message: String) {
        self.push((Against::Stated, subject), shape.to_owned(), message, String::new());
    }

    fn push(&mut self, (against, subject): (Against, Subject), shape: String, message: String, detail: String) {
        self.found.push(Finding { step: self.step, against, subject, message, detail, shape });
    }

    fn status(&mut self, expected: StatusExpectation, seen: &StepObservation, baseline: Option<&StepObservation>) {
        let ending = seen.ending;
        let met = match (expected, ending) {
            (StatusExpectation::Exit(code), Ending::Exited(seen)) => code == seen,
            (StatusExpectation::NotExit(code), Ending::Exited(seen)) => code != seen,
            (StatusExpectation::Signal(signal), Ending::Signalled(seen)) => signal == seen,
            (StatusExpectation::Any | StatusExpectation::Baseline, Ending::Exited(_)) => true,
            (_, Ending::Exited(_) | Ending::Signalled(_) | Ending::TimedOut | Ending::TooMuchOutput) => false,
        };
        if !met {
            let message = format!("{} expected {}", seen.limits.explain(ending), words(expected));
            let detail = excerpt::streams(&seen.stdout, &seen.stderr, LAST_LINES);
            let shape = format!("ended: {ending}; {}", shape::message(&seen.stderr));
            self.push((Against::Stated, Subject::Ending), shape, message, detail);
        } else if let (StatusExpectation::Baseline, Some(baseline)) = (expected, baseline)
            && baseline.ending != ending
        {
            let shape = format!("{} became {ending}; {}", baseline.ending, shape::message(&seen.stderr));
            let message = format!("{ending}, the baseline gives {}", baseline.ending);
            let detail = excerpt::streams(&seen.stdout, &seen.stderr, LAST_LINES);
            self.push((Against::Baseline, Subject::Ending), shape, message, detail);
        }
    }
}

fn words(expected: StatusExpectation) -> String {
    match expected {
        StatusExpectation::Exit(code) => format!("exit {code}"),
        StatusExpectation::NotExit(code) => format!("any exit but {code}"),
        StatusExpectation::Any | StatusExpectation::Baseline => "an exit".to_owned(),
        StatusExpectation::Signal(signal) => format!("signal {signal}"),
    }
}
