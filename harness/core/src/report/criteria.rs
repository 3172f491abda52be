//! The criteria in words: what each asks, and what it lacks where it does not hold.

use crate::gate::CriterionResult;
use crate::project::Criterion;
use crate::words::thousands;

/// What a criterion asks.
pub(super) fn asks(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Ledger => "every fixed defect has a case, nothing dangles",
        Criterion::Committed => "records and cases are those of the named commit",
        Criterion::Proved => "each new fix is red before and green here",
        Criterion::Cumulative => "every earlier fix is still green",
        Criterion::Complete => "all planned scenarios were judged on this build",
        Criterion::Clean => "no failure that is neither known nor waived",
        Criterion::Explained => "no difference that nothing accounts for",
        Criterion::Canary => "what must fail fails",
        Criterion::Flaky => "flakiness is within its budget",
        Criterion::Packs => "every required pack is green",
        Criterion::Cadence => "the cut lies in its window",
        Criterion::Manual => "every manual case passed on this build",
        Criterion::Imported => "every suite that is run elsewhere is green",
        Criterion::Validated => "tester and customer vouch for private fixes",
        Criterion::Deployed => "the build was in use inside the company",
        Criterion::Signed => "a release manager approves",
    }
}

/// What a criterion lacks, in words.
pub(super) fn lacks(criterion: &CriterionResult) -> String {
    let open = criterion.findings.iter().flatten().filter(|finding| finding.accepted.is_none()).count() as u64;
    let several = |one: &str, more: &str| if open == 1 { format!("1 {one}") } else { format!("{} {more}", thousands(open)) };
    let words = match criterion.id {
        Criterion::Ledger => several("record is not in order", "records are not in order"),
        Criterion::Committed => "the records are not those of a commit".to_owned(),
        Criterion::Proved => several("new fix is not proved", "new fixes are not proved"),
        Criterion::Cumulative => several("earlier fix is lost", "earlier fixes are lost"),
        Criterion::Complete => "the run is not the whole, on this build".to_owned(),
        Criterion::Clean => several("failure has neither defect nor waiver", "failures have neither defect nor waiver"),
        Criterion::Explained => several(
            "difference is accounted for by no fix and no intended change",
            "differences are accounted for by no fix and no intended change",
        ),
        Criterion::Canary => "a case that must fail did not".to_owned(),
        Criterion::Flaky => several("scenario is flaky", "scenarios are flaky"),
        Criterion::Packs => several("scenario of a third party is not green", "scenarios of third parties are not green"),
        Criterion::Cadence => "the cut is outside its window".to_owned(),
        Criterion::Manual => several("manual case has not passed on this build", "manual cases have not passed on this build"),
        Criterion::Imported => several("suite is not green on this build", "suites are not green on this build"),
        Criterion::Validated => several("private fix lacks a person's word", "private fixes lack a person's word"),
        Criterion::Deployed => "the build was not in use long enough".to_owned(),
        Criterion::Signed => "no release manager has approved it".to_owned(),
    };
    format!("{words} ({})", criterion.id)
}
