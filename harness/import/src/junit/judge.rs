//! What a test's element means: how it came out, by the rules of the programs that write it.

use super::{Case, Mark, Said};
use crate::seen::Outcome;

/// How a test came out, and what is said of it.
pub(super) fn judge(case: &Case) -> (Outcome, Option<&Said>) {
    let first = |mark: Mark| case.said.iter().find(|said| said.mark == mark);
    let skipped = first(Mark::Skipped);
    if let Some(said) = skipped.filter(|said| is_expected_to_fail(said)) {
        return (Outcome::Skipped, Some(said));
    }
    if let Some(said) = first(Mark::Failure).or_else(|| first(Mark::Rerun).filter(|_| first(Mark::Error).is_none())) {
        return (Outcome::Failed, Some(said));
    }
    let unknown = || case.said.iter().find(|said| matches!(said.mark, Mark::Unknown(_)));
    if let Some(said) = first(Mark::Error).or_else(|| first(Mark::Warning)).or_else(unknown) {
        return (Outcome::Error, Some(said));
    }
    match status(case) {
        Some(outcome) if outcome.is_bad() || (outcome == Outcome::Skipped && skipped.is_none()) => {
            return (outcome, first(Mark::Flaky));
        }
        Some(_) | None => {}
    }
    match (first(Mark::Flaky), skipped) {
        (_, Some(said)) if hides_failure(case, said) => (Outcome::Error, Some(said)),
        (Some(said), _) => (Outcome::Flaky, Some(said)),
        (None, Some(said)) => (Outcome::Skipped, Some(said)),
        (None, None) => (Outcome::Passed, None),
    }
}

/// Whether the failure beside it is one that the test is allowed: Catch2's `!mayfail`, and what node:test is still to do.
fn is_expected_to_fail(said: &Said) -> bool {
    said.message.starts_with("TEST_CASE tagged with !mayfail") || said.kind == "todo"
}

/// How the test came out by its status, of programs that tell it there.
fn status(case: &Case) -> Option<Outcome> {
    // googletest's status says whether it was run.
    let word = case.result.as_deref().unwrap_or(&case.status).to_ascii_lowercase();
    Some(match word.as_str() {
        "passed" | "pass" | "success" | "successful" | "ok" | "run" | "completed" => Outcome::Passed,
        "fail" | "failed" | "failure" | "timeout" | "timedout" | "crashed" => Outcome::Failed,
        "error" | "errored" | "broken" | "aborted" | "undefined" | "unresolved" => Outcome::Error,
        "skipped" | "skip" | "pending" | "ignored" | "disabled" | "suppressed" | "notrun" => Outcome::Skipped,
        _ => return None,
    })
}

/// Whether a test that is said to be skipped is one that its program counts among the failures.
fn hides_failure(case: &Case, said: &Said) -> bool {
    match case.result.as_deref() {
        Some("skipped") => set_up_failed(case, said),
        Some(_) => false,
        None if case.status == "notrun" => !is_ctests_skip(&said.message),
        None => {
            ["passes unexpectedly", "passed unexpectedly", "unexpected success"].iter().any(|words| said.message.contains(words))
        }
    }
}

/// CTest says why a test was not run: these are the reasons that it doesn't count as a failure.
fn is_ctests_skip(message: &str) -> bool {
    message.starts_with("SKIP_") || message == "Disabled"
}

/// googletest skips each test of a suite whose set-up failed: none has begun, and the reason, which is empty, is at the test itself.
fn set_up_failed(case: &Case, said: &Said) -> bool {
    let never_began = case.timestamp.starts_with("1970-01-01T") || case.timestamp.starts_with("1969-12-31T");
    let reason = said.message.trim_end();
    let at_itself = reason == case.location || reason.is_empty();
    at_itself && (never_began || case.timestamp.is_empty())
}
