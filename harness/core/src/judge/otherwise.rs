//! What tells the failure of a build from the failure of its baseline.

use super::difference::{Sides, diff};
use super::{Against, Subject};
use crate::observation::Observation;

/// In lines, what the baseline gave otherwise where it failed, too: its endings and streams, at each step.
pub fn otherwise(seen: &Observation, baseline: &Observation) -> String {
    let mut text = String::from("the baseline fails, too, and not in the same way:\n");
    let said = text.len();
    for ((step, seen), before) in (1..).zip(&seen.steps).zip(&baseline.steps) {
        if seen.ending != before.ending {
            text.push_str(&format!("step {step}: {}, the baseline gives {}\n", seen.ending, before.ending));
        }
        for (subject, before, seen) in
            [(Subject::Stdout, &before.stdout, &seen.stdout), (Subject::Stderr, &before.stderr, &seen.stderr)]
        {
            if before != seen {
                text.push_str(&diff(Sides { step, subject: &subject, against: Against::Baseline }, before, seen));
            }
        }
    }
    if seen.steps.len() != baseline.steps.len() {
        text.push_str(&format!("it ended at step {}, the baseline at step {}\n", seen.steps.len(), baseline.steps.len()));
    }
    if text.len() == said {
        text.push_str("its endings and streams are the same; what differs is a file, or which expectations were not met\n");
    }
    text
}
