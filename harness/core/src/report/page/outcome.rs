//! What came of a run in a word, and why in a sentence.

use super::shown::{counted, thousands};
use super::{About, Source};
use crate::gate::{CriterionState, Decision, Signoff};
use crate::report::criteria::lacks;
use crate::report::validation::{Validation, ValidationOutcome};
use crate::rollup::nights::NightDocument;
use crate::words::counted_as;

/// What came of a run: in a word, for style, and in a sentence.
pub(in crate::report) fn came(source: &Source<'_>, failing: u64) -> (String, &'static str, String) {
    match source.about {
        About::Run => ran(source, failing),
        About::Signoff(signoff) => decided(signoff),
        About::Night(night) => passed_the_night(source, night),
        About::Validation(validation) => validated(validation),
    }
}

fn passed_the_night(source: &Source<'_>, night: &NightDocument) -> (String, &'static str, String) {
    if let Some(void) = source.record.void_reason() {
        return ("NO ANSWER".to_owned(), "void", format!("The run is void: {void}."));
    }
    let (new, still) = (night.newly_failing.len(), night.still_failing.len());
    let verb = |count: usize, one: &'static str, several: &'static str| if count == 1 { one } else { several };
    let newly = format!("{} newly {}", thousands(new), verb(new, "fails", "fail"));
    let known = format!("{} {} as recorded", thousands(night.known), verb(night.known, "fails", "fail"));
    let parts = [newly, format!("{} still {}", thousands(still), verb(still, "fails", "fail")), known].join(", ");
    let refused = night.proved_again.iter().filter(|again| !again.against().is_empty()).count();
    let lost = if refused > 0 {
        format!(" {} no longer proved.", counted_as(refused, "earlier fix is", "earlier fixes are"))
    } else {
        String::new()
    };
    let why = format!("Of {}, {parts}.{lost}", counted(night.planned, "scenario"));
    match (night.found, new) {
        (false, _) => ("ALL IS WELL".to_owned(), "ship", why),
        (true, 0) => ("FAILURES".to_owned(), "hold", why),
        (true, new) => (counted_as(new, "NEW FAILURE", "NEW FAILURES"), "hold", why),
    }
}

fn validated(validation: &Validation) -> (String, &'static str, String) {
    let fixes = validation.fixes.len();
    let proved = validation.fixes.iter().filter(|fix| fix.proof.proved).count();
    let proofs = format!(
        "{} of {} red on {} and green here",
        thousands(proved),
        counted_as(fixes, "fix is", "fixes are"),
        validation.base.name
    );
    match (validation.outcome, &validation.void) {
        (ValidationOutcome::Passed, _) => ("VALIDATED".to_owned(), "ship", format!("{proofs}, and nothing near breaks.")),
        (ValidationOutcome::Failed, _) => {
            let failing = counted(validation.causes.failing, "scenario");
            ("NOT VALIDATED".to_owned(), "hold", format!("{proofs}; {failing} to look at."))
        }
        (ValidationOutcome::Void, void) => {
            let why = void.as_deref().unwrap_or("the run gives no answer");
            ("NO ANSWER".to_owned(), "void", format!("The run is void: {why}."))
        }
    }
}

/// The decision in a word, and why.
pub(in crate::report) fn decided(signoff: &Signoff) -> (String, &'static str, String) {
    if let Some(void) = &signoff.void {
        return ("NO ANSWER".to_owned(), "void", format!("The run is void: {void}."));
    }
    let all = signoff.criteria.len();
    let in_state = |state| signoff.criteria.iter().filter(move |criterion| criterion.state == state);
    let waived: Vec<&str> = in_state(CriterionState::Waived).map(|criterion| criterion.id.as_str()).collect();
    match signoff.decision {
        Decision::Ship if waived.is_empty() => ("SHIP".to_owned(), "ship", format!("All {all} criteria hold.")),
        Decision::Ship => {
            let waivers =
                format!("All {all} criteria hold, {} only by waivers: {}.", thousands(waived.len() as u64), waived.join(", "));
            ("SHIP".to_owned(), "ship", waivers)
        }
        Decision::Hold => {
            let lacks: Vec<String> = in_state(CriterionState::Unsatisfied).map(lacks).collect();
            let verb = if lacks.len() == 1 { "does" } else { "do" };
            ("HOLD".to_owned(), "hold", format!("{} of {all} criteria {verb} not hold: {}.", lacks.len(), lacks.join("; ")))
        }
    }
}

/// What a run that is no sign-off comes to.
fn ran(source: &Source<'_>, failing: u64) -> (String, &'static str, String) {
    if let Some(void) = source.record.void_reason() {
        return ("NO ANSWER".to_owned(), "void", format!("The run is void: {void}."));
    }
    let judged = format!("{} planned: {}", counted(source.record.header.planned, "scenario"), source.record.verdicts());
    if failing == 0 {
        return ("NOTHING FOUND".to_owned(), "ship", format!("{judged}. This run is no sign-off: it decides nothing."));
    }
    let word = format!("{} TO LOOK AT", thousands(failing));
    (word, "hold", format!("{judged}. This run is no sign-off: it decides nothing."))
}
