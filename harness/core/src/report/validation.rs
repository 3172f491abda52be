//! The validation of a private fix: what came of it, on one page for a terminal and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::paint::Paint;
use super::scenarios::folder;
use super::summary::{Extent, clusters_text, has_findings};
use crate::cause::Causes;
use crate::circumstances::Circumstances;
use crate::gate::{Decision, FixResult};
use crate::id::{CaseId, Digest, ReleaseName, RunName};
use crate::ledger::Ledger;
use crate::manual::ManualStep;
use crate::project::Isolation;
use crate::proof::BuildIdentity;
use crate::record::{Header, RunKind, RunRecord, TestProduct};
use crate::residual::{Analysis, Class, ClassCounts, Cluster, clusters};
use crate::running::Role;
use crate::validation::{SMOKE, Scope};
use crate::verdict::VerdictCounts;
use crate::visible::inert_text;
use crate::words::counted;

/// The version of the JSON.
pub const SCHEMA: &str = "fixgate-validation-1";

/// How many folders of scenarios that were not run a terminal names.
const SHOWN_PARTS: usize = 6;

/// What came of a validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ValidationOutcome {
    /// Every fix is red on the base and green here, and nothing that was run counts against the build.
    Passed,
    /// A fix is not proved, or something else was found.
    Failed,
    /// There is no answer.
    Void,
}

/// How many scenarios were run, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Scenarios of the pairs.
    pub pair: usize,
    /// Scenarios near the fixes.
    pub near: usize,
    /// How many are near them in all.
    pub near_in_all: usize,
    /// Scenarios tagged `smoke`.
    pub smoke: usize,
    /// All that were run; canaries come on top.
    pub run: usize,
    /// All that apply here.
    pub available: usize,
}

/// A folder of cases, and how many of its scenarios were not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Part {
    /// The folder below `testcases/`.
    pub folder: String,
    /// How many scenarios.
    pub scenarios: usize,
}

/// A manual case that is about a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Manual {
    /// The case.
    pub case: CaseId,
    /// What must hold.
    pub title: String,
    /// What is done and seen, in order.
    pub steps: Vec<ManualStep>,
}

/// All that a validation says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Validation {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The product.
    pub product: String,
    /// What came of it.
    pub outcome: ValidationOutcome,
    /// The reason why there is no answer, if there is none.
    pub void: Option<String>,
    /// The run that it rests on.
    pub run: RunName,
    /// Its date.
    pub date: String,
    /// The build that was validated.
    pub candidate: BuildIdentity,
    /// The build that it was made from.
    pub base: BuildIdentity,
    /// The version of the base, if that is a release.
    pub base_version: Option<String>,
    /// The fixes, each with its proof.
    pub fixes: Vec<FixResult>,
    /// The first release that has all of them; absent while none has.
    pub superseded_by: Option<ReleaseName>,
    /// How much was run.
    pub coverage: Coverage,
    /// What makes a validation that passes worth less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What was not run, by folder, the largest first.
    pub not_run: Vec<Part>,
    /// What is checked by hand, apart from this run.
    pub manual: Vec<Manual>,
    /// How many scenarios have each verdict.
    pub verdicts: VerdictCounts,
    /// How many are in each class against the base.
    pub classes: ClassCounts,
    /// What the scenarios that need a reader share; nothing is decided by it.
    #[serde(default, skip_serializing_if = "Causes::is_empty")]
    pub causes: Causes,
    /// What is left over, in clusters.
    pub residuals: Vec<Cluster>,
    /// The digest of the plan.
    pub plan: Digest,
    /// The digest of the journal.
    pub journal: Option<Digest>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How programs under test were kept apart.
    pub isolation: Isolation,
    /// What else they could see that can decide what they do; absent where the run did not record it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circumstances: Option<Circumstances>,
    /// The tree of records and cases.
    pub test_product: TestProduct,
}

impl Validation {
    /// What a run's record says of the private fix that it validates.
    ///
    /// # Errors
    /// Why the record is none of a validation, or cannot be read with these records, in words.
    pub fn new(ledger: &Ledger, record: &RunRecord, analysis: &Analysis<'_>) -> Result<Self, String> {
        let header = &record.header;
        let (RunKind::Validation, Some(base)) = (header.kind(), &header.baseline) else {
            return Err(format!("the run `{}` validates no private fix", header.run));
        };
        let scope = Scope::new(ledger, header.standing())?;
        let defects = header.fixes.iter().filter_map(|id| ledger.defects.get(id));
        let fixes: Vec<FixResult> = defects.map(|defect| FixResult::of(ledger, defect, record)).collect();
        let mut void = record.void.clone();
        if header.test_product.digest != ledger.digest {
            void.push("records or cases were changed after the run".to_owned());
        }
        if record.running.is_empty() {
            void.extend([Role::Candidate, Role::Baseline].into_iter().filter_map(|role| record.shown(role).err()));
        }
        let holds = fixes.len() == header.fixes.len() && fixes.iter().all(|fix| fix.proof.proved) && !has_findings(analysis);
        let outcome = match (void.is_empty(), holds) {
            (false, _) => ValidationOutcome::Void,
            (true, true) => ValidationOutcome::Passed,
            (true, false) => ValidationOutcome::Failed,
        };
        Ok(Self {
            schema: SCHEMA,
            product: ledger.project.product.clone(),
            outcome,
            void: (!void.is_empty()).then(|| void.join("; ")),
            run: header.run.clone(),
            date: header.date.to_string(),
            candidate: header.candidate.clone(),
            base: base.build.clone(),
            base_version: version(ledger, &base.build.name),
            fixes,
            superseded_by: ledger.first_with(header.place, &header.fixes).map(|release| release.name.clone()),
            coverage: Coverage {
                pair: scope.pair.len(),
                near: scope.near.len(),
                near_in_all: scope.near_in_all,
                smoke: scope.smoke.len(),
                run: scope.selected(),
                available: scope.available(),
            },
            warning: scope.warning(ledger, &header.fixes),
            not_run: not_run(&scope),
            manual: manual(ledger, header),
            verdicts: record.verdicts(),
            classes: analysis.counts,
            causes: Causes::of(&analysis.residuals),
            residuals: clusters(header, &analysis.residuals),
            plan: header.plan,
            journal: record.footer.as_ref().map(|footer| footer.journal),
            seconds: record.footer.as_ref().map_or(0.0, |footer| footer.seconds),
            isolation: header.isolation,
            circumstances: header.circumstances.clone(),
            test_product: header.test_product.clone(),
        })
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// The ids of what it fixes, with commas.
    pub fn ids(&self) -> String {
        self.fixes.iter().map(|fix| fix.defect.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The base with its version.
    pub fn base_in_words(&self) -> String {
        let version = self.base_version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
        format!("{}{version}", self.base.name)
    }

    /// What supersedes the build, in a sentence.
    pub fn superseded(&self) -> String {
        match &self.superseded_by {
            Some(release) => format!("{release} supersedes this build: it has what is fixed here, move on to it"),
            None => "The next rollup supersedes this build: move on to it when it ships".to_owned(),
        }
    }

    /// What was run, part by part.
    pub fn parts(&self) -> String {
        let Coverage { pair, near, near_in_all, smoke, .. } = self.coverage;
        format!("{pair} of the pair, {near} of {near_in_all} near it, {smoke} more tagged {SMOKE}")
    }

    /// How many scenarios are in each class that has any.
    pub fn classes_in_words(&self) -> String {
        let classes = Class::ALL.iter().copied().filter(|class| self.classes.get(*class) > 0);
        classes.map(|class| format!("{} {class}", self.classes.get(class))).collect::<Vec<_>>().join(", ")
    }
}

fn version(ledger: &Ledger, name: &str) -> Option<String> {
    let release = ledger.train.release(&name.parse().ok()?)?;
    Some(release.version.clone())
}

fn not_run(scope: &Scope<'_>) -> Vec<Part> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for scenario in &scope.left_out {
        *folders.entry(folder(&scenario.id)).or_default() += 1;
    }
    let mut parts: Vec<Part> =
        folders.into_iter().map(|(folder, scenarios)| Part { folder: folder.to_owned(), scenarios }).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.scenarios));
    parts
}

fn manual(ledger: &Ledger, header: &Header) -> Vec<Manual> {
    let about = ledger.manual_at(header.place).filter(|case| case.defects.iter().any(|id| header.fixes.contains(id)));
    about.map(|case| Manual { case: case.id.clone(), title: case.title.clone(), steps: case.steps.clone() }).collect()
}

/// The page for a terminal: what was found first, the outcome last.
pub fn text(validation: &Validation, record: &RunRecord, analysis: &Analysis<'_>, paint: Paint) -> String {
    let mut text = clusters_text(record, analysis, paint, Extent::SHORT);
    for fix in &validation.fixes {
        text.push_str(&format!("{}  {}\n", fix.defect, fix.title));
        if fix.proof.proved {
            text.push_str(&format!("  {}\n", proof(fix, &validation.base.name)));
        }
        fix.proof.refusals.iter().for_each(|refusal| text.push_str(&format!("  not proved: {}\n", refusal.trim_end())));
    }
    let Coverage { run, available, .. } = validation.coverage;
    text.push_str(&format!(
        "run: {run} of {} ({}), and the canaries\n  {} ({:.1} s)\n  against {}: {}\n",
        counted(available, "scenario"),
        validation.parts(),
        validation.verdicts,
        validation.seconds,
        validation.base.name,
        validation.classes_in_words(),
    ));
    text.push_str(&not_run_text(&validation.not_run));
    text.push_str(&manual_text(&validation.manual));
    text.push_str(&format!("candidate {}\n{}\nrun {}\n", validation.candidate.digest, validation.superseded(), validation.run));
    if let Some(warning) = &validation.warning {
        text.push_str(&format!("warning: {warning}\n"));
    }
    if let Some(void) = &validation.void {
        text.push_str(&format!("{}, there is no answer: {void}\n", paint.void("VOID")));
    }
    let word = match validation.outcome {
        ValidationOutcome::Passed => paint.decision(Decision::Ship, "VALIDATED"),
        ValidationOutcome::Failed => paint.decision(Decision::Hold, "NOT VALIDATED"),
        ValidationOutcome::Void => paint.void("NO ANSWER"),
    };
    text.push_str(&format!("{word}: {} {} with {}\n", validation.product, validation.base_in_words(), validation.ids()));
    inert_text(text)
}

/// How a fix was proved.
pub(super) fn proof(fix: &FixResult, base: &str) -> String {
    let scenarios = counted(fix.proof.scenarios as usize, "scenario");
    format!("red on {base} and green here: {scenarios}, {} on each", counted(fix.proof.runs as usize, "run"))
}

fn manual_text(manual: &[Manual]) -> String {
    let mut text = String::new();
    for Manual { case, title, steps } in manual {
        text.push_str(&format!("by hand, then fixgate attest manual {case}: {title}\n"));
        steps.iter().for_each(|step| text.push_str(&format!("  [ ] {}: {}\n", step.action, step.expect)));
    }
    text
}

fn not_run_text(parts: &[Part]) -> String {
    let total: usize = parts.iter().map(|part| part.scenarios).sum();
    if total == 0 {
        return String::new();
    }
    let mut named: Vec<String> =
        parts.iter().take(SHOWN_PARTS).map(|part| format!("{} {}", part.folder, part.scenarios)).collect();
    if parts.len() > SHOWN_PARTS {
        named.push(format!("{} more", counted(parts.len() - SHOWN_PARTS, "folder")));
    }
    format!("not run: {} that a sign-off runs: {}\n", counted(total, "scenario"), named.join(", "))
}
