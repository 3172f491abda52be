//! The cases of the gate: the sentinel, the private fixes that are validated, and the criteria.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Accounting;
use crate::gate::{CriterionResult, CriterionState, FixResult, Signoff, is_flaky};
use crate::ledger::Ledger;
use crate::project::Criterion;
use crate::record::{RunKind, RunRecord};
use crate::report::junit::{Case, CaseResult, Reason, ReasonKind};
use crate::report::text::rerun;
use crate::residual::Analysis;
use crate::validation::Scope;
use crate::words::counted;

/// All that the cases are made from.
pub(super) struct Gate<'r> {
    pub(super) ledger: &'r Ledger,
    pub(super) record: &'r RunRecord,
    pub(super) analysis: &'r Analysis<'r>,
    pub(super) fixes: &'r [FixResult],
    pub(super) signoff: Option<&'r Signoff>,
    pub(super) accounting: Accounting,
}

impl Gate<'_> {
    /// The sentinel, one case for each fix that is validated, one for each criterion; what is flaky is counted in any case.
    pub(super) fn cases(&self) -> Vec<Case> {
        let criteria = self.signoff.map_or(&[][..], |signoff| &signoff.criteria);
        let counted = criteria.iter().any(|criterion| criterion.id == Criterion::Flaky);
        let fixes = self.fixes.iter().map(|fix| self.fix(fix));
        let criteria = criteria.iter().map(|criterion| self.criterion(criterion));
        let flaky = (!counted).then(|| self.flaky());
        std::iter::once(self.sentinel()).chain(fixes).chain(self.nothing_near()).chain(criteria).chain(flaky).collect()
    }

    /// It tells a reader that the report is whole.
    fn sentinel(&self) -> Case {
        let RunRecord { header, plan, void, footer, .. } = self.record;
        let (planned, written, judged) = (header.planned, plan.len() as u64, self.record.verdicts().total());
        let message = format!("{} planned, {written} written, {judged} with a verdict", counted(planned, "scenario"));
        if void.is_empty() && planned == written && written == judged {
            return Case { stdout: message.into_bytes(), ..case("plan-complete", CaseResult::Passed) };
        }
        let next = match footer {
            None => format!("go on with the same command and --resume {}", header.run),
            Some(_) => format!("shown by: fixgate report {} --format markdown", header.run),
        };
        case("plan-complete", failed("Void", message, void, next))
    }

    fn fix(&self, fix: &FixResult) -> Case {
        let pair = self.ledger.pair(&fix.defect);
        let again = pair.first().map_or_else(String::new, |scenario| rerun(&self.record.header, &scenario.id));
        let result = if fix.proof.proved {
            CaseResult::Passed
        } else {
            failed("NotProved", format!("{} is not red on the base and green here", fix.defect), &fix.proof.refusals, again)
        };
        case(&format!("validated {}", fix.defect), result)
    }

    /// Where nothing is near the fixes that are validated: no failure, and not to be passed over.
    fn nothing_near(&self) -> Option<Case> {
        let header = &self.record.header;
        let scope = (header.kind() == RunKind::Validation).then(|| Scope::new(self.ledger, header.standing()))?.ok()?;
        let warning = scope.warning(self.ledger, &header.fixes)?;
        let reason = Reason { kind: ReasonKind::new("NothingNear"), message: format!("WARNING: {warning}"), text: String::new() };
        Some(case("near the fix", CaseResult::Skipped(reason)))
    }

    fn criterion(&self, criterion: &CriterionResult) -> Case {
        let CriterionResult { id, state, summary, terms, .. } = criterion;
        let evidence: &[String] = &criterion.first_evidence(usize::MAX).collect::<Vec<_>>();
        let release = self.signoff.map(|signoff| signoff.release.as_str()).unwrap_or_default();
        let again = format!("again: fixgate gate {} --release {release}", self.record.header.run);
        let result = match (state, self.accounting) {
            (CriterionState::Satisfied, _) => CaseResult::Passed,
            (CriterionState::Waived, Accounting::Shown) => {
                let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
                let message = format!("WAIVED: {}", terms.join("; "));
                let text = lines(std::slice::from_ref(summary), &lines(evidence, &again));
                CaseResult::Skipped(Reason { kind: ReasonKind::new("Waived"), message, text })
            }
            (CriterionState::Waived, Accounting::Raw) | (CriterionState::Unsatisfied, _) => {
                failed("Unsatisfied", summary.clone(), evidence, again)
            }
        };
        case(id.as_str(), result)
    }

    /// What is quarantined does not count against the budget, nor what only informs.
    fn flaky(&self) -> Case {
        let header = &self.record.header;
        let all = self.analysis.residuals.iter().filter(|residual| is_flaky(self.ledger, residual));
        let all: Vec<_> = all.map(|residual| &residual.entry.scenario).collect();
        let open = all.iter().filter(|id| self.ledger.quarantined(id, header.date).is_none());
        let open: Vec<String> = open.map(ToString::to_string).collect();
        let most = self.ledger.project.gate.max_flaky;
        let counts = format!("{} flaky, at most {most} allowed", all.len());
        match all.iter().find(|id| open.contains(&id.to_string())) {
            Some(first) if open.len() as u64 > most => {
                let message = format!("{} open; {counts}", open.len());
                case("flaky", failed("Unsatisfied", message, &open, rerun(header, first)))
            }
            Some(_) | None => Case { stdout: counts.into_bytes(), ..case("flaky", CaseResult::Passed) },
        }
    }
}

fn failed(kind: &'static str, message: String, evidence: &[String], again: String) -> CaseResult {
    CaseResult::Failed(Reason { kind: ReasonKind::new(kind), message, text: lines(evidence, &again) })
}

fn lines(evidence: &[String], last: &str) -> String {
    let last = last.trim_end();
    evidence.iter().map(String::as_str).chain([last]).map(|line| format!("{line}\n")).collect()
}

fn case(name: &str, result: CaseResult) -> Case {
    Case {
        name: name.to_owned(),
        classname: "fixgate.gate".to_owned(),
        file: "fixgate.toml".to_owned(),
        line: NonZeroU32::MIN,
        time: Duration::ZERO,
        result,
        properties: Vec::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        attachment: None,
    }
}
