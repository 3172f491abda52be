//! Attributions, in text for a terminal and as one JSON object.

use serde::Serialize;
use serde_json::{Value, json};

use crate::attribute::{Attribution, BuildContent, Cause, Conclusion, ERROR, Mark, Probe, listed};
use crate::words::counted;

/// One scenario's answer with every build that was tried; `candidate` is the build that it was asked about, `again` the command
/// that asks again.
pub fn text(attribution: &Attribution, candidate: &str, again: &str) -> String {
    let Attribution { scenario, alike, reference, answer, probes } = attribution;
    let mut text = format!("{scenario}: {}\n", headline(answer));
    if *alike > 0 {
        text.push_str(&format!("  {} failed with the same shape\n", counted(*alike, "other scenario")));
    }
    if let Some(reference) = reference {
        text.push_str(&format!("  it is compared with what {reference} gives\n"));
    }
    if let Conclusion::Since { bad, cause, claimed_by, .. } = answer {
        text.push_str(&format!("  {}\n", blame(cause)));
        if !claimed_by.is_empty() {
            text.push_str(&format!("  claims of what is new in {bad} speak of it: {}\n", listed(claimed_by)));
        }
    }
    let width = probes.iter().map(|probe| probe.content.to_string().chars().count()).max().unwrap_or_default();
    for probe in probes {
        text.push_str(&format!("    {:<width$}  {:<10}  {}\n", probe.content.to_string(), probe.mark.as_str(), shown(probe)));
    }
    let runs: u32 = probes.iter().map(|probe| probe.tally.runs).sum();
    if probes.iter().any(|probe| probe.mark == Mark::Bad) {
        text.push_str(&format!(
            "  {}, {}; wrong with a probability of {:.0}% at most, if every build fails as often as {candidate} or less than \
             half as often\n",
            counted(probes.len(), "build"),
            counted(runs, "run"),
            ERROR * 100.0
        ));
    }
    text.push_str(&format!("  again: {again}\n"));
    text
}

/// All answers as JSON.
pub fn json(attributions: &[Attribution]) -> String {
    let scenarios: Vec<Value> = attributions.iter().map(scenario_json).collect();
    line(&json!({ "error-probability": ERROR, "scenarios": scenarios }))
}

fn headline(answer: &Conclusion) -> String {
    match answer {
        Conclusion::Passes => "it does not fail".to_owned(),
        Conclusion::TooSeldom => "it fails too seldom for builds to be told apart".to_owned(),
        Conclusion::Always(oldest) => format!("it fails on every build that was tried, down to {oldest}"),
        Conclusion::Since { good, bad, untestable, .. } if untestable.is_empty() => {
            format!("it fails since {bad}, not on {good}")
        }
        Conclusion::Since { good, bad, untestable, .. } => {
            format!("it fails since {bad} or before, not on {good}; {} cannot be told", untestable.join(", "))
        }
    }
}

fn blame(cause: &Cause) -> String {
    match cause {
        Cause::Commits(commits) => match commits.as_slice() {
            [commit] => format!("the commit {commit} is to blame"),
            _ => format!("one of these commits is to blame, and all but the last are untestable: {}", commits.join(", ")),
        },
        Cause::Fixes(fixes) => match fixes.as_slice() {
            [fix] => format!("{fix} is to blame: it fails with it alone, and not without fixes"),
            fixes => format!("together, {} are to blame: without any one of them it does not fail", listed(fixes)),
        },
        Cause::NotNarrowed(reason) => format!("not narrowed down further: {reason}"),
    }
}

fn shown(probe: &Probe) -> String {
    let runs = match (&probe.reason, probe.tally.runs) {
        (Some(reason), 0) => return reason.clone(),
        (None, 0) => "the same bits as before".to_owned(),
        (_, runs) => format!("{} of {} failed", probe.tally.failures, counted(runs as usize, "run")),
    };
    let build = probe.build.as_ref().map(|build| format!("  {}", build.digest.short())).unwrap_or_default();
    format!("{runs}{build}")
}

fn scenario_json(attribution: &Attribution) -> Value {
    let Attribution { scenario, alike, reference, answer, probes } = attribution;
    let probe = |probe: &Probe| {
        json!({
            "content": content_json(&probe.content), "build": probe.build, "runs": probe.tally.runs,
            "failures": probe.tally.failures, "mark": probe.mark.as_str(), "reason": probe.reason,
        })
    };
    let probes: Vec<Value> = probes.iter().map(probe).collect();
    json!({ "id": scenario, "alike": alike, "reference": reference, "answer": answer_json(answer), "probes": probes })
}

fn answer_json(answer: &Conclusion) -> Value {
    match answer {
        Conclusion::Passes => json!({ "state": "passes" }),
        Conclusion::TooSeldom => json!({ "state": "too-seldom" }),
        Conclusion::Always(oldest) => json!({ "state": "always", "oldest": oldest }),
        Conclusion::Since { good, bad, untestable, cause, claimed_by } => {
            let (commits, fixes, reason) = match cause {
                Cause::Commits(commits) => (Some(commits), None, None),
                Cause::Fixes(fixes) => (None, Some(fixes), None),
                Cause::NotNarrowed(reason) => (None, None, Some(reason)),
            };
            json!({
                "state": "since", "good": good, "bad": bad, "untestable": untestable, "commits": commits, "fixes": fixes,
                "not-narrowed": reason, "claimed-by": claimed_by,
            })
        }
    }
}

fn content_json(content: &BuildContent) -> Value {
    match content {
        BuildContent::Build(name) => json!({ "build": name }),
        BuildContent::Commit(commit) => json!({ "commit": commit }),
        BuildContent::Fixes(fixes) => json!({ "fixes": fixes }),
    }
}

fn line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).map(|text| text + "\n").unwrap_or_default()
}
