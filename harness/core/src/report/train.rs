//! The train for a terminal: all of it, what a customer gets, and the page that says what to do next.

use crate::defect::DefectKind;
use crate::gate::Decision;
use crate::id::ReleaseName;
use crate::release::{Exception, WindowState};
use crate::rollup::{Action, FixLine, NextCut, NextRollup, Night, Readiness, ReleaseStatus, Standing, TrainStatus, Waiting};
use crate::visible::visible_line;
use crate::words::{counted, counted_as};

/// The whole chain with the fixes of each release, then what is checked in for the next.
pub fn chain(train: &TrainStatus) -> String {
    let mut text = format!("{} on {}\n\n", visible_line(&train.product), train.date);
    train.releases.iter().for_each(|release| push_release(&mut text, release));
    text.push('\n');
    if let Some(next) = &train.next {
        push_next(&mut text, next);
    }
    train.private_fixes.iter().for_each(|fix| text.push_str(&format!("private fix {}\n", private_fix(fix))));
    text
}

/// What a customer gets who has the named release and takes the newest.
pub fn gets(train: &TrainStatus, from: &ReleaseName) -> String {
    let releases = train.after(from);
    let Some(newest) = releases.last() else { return format!("{from} is the newest release: there is nothing to get\n") };
    let mut text = format!(
        "from {from} to {} ({}): {}\n\n",
        newest.name,
        visible_line(&newest.version),
        amounts(releases.iter().flat_map(|r| &r.fixes))
    );
    releases.iter().for_each(|release| push_release(&mut text, release));
    text
}

/// The page that says where the train stands and what to do next.
pub fn dashboard(train: &TrainStatus) -> String {
    let mut text = format!("{} on {}\n\n", visible_line(&train.product), train.date);
    let all = train.releases.iter().flat_map(|release| &release.fixes);
    push_row(&mut text, "train", &format!("{}, {}", counted(train.releases.len(), "release"), amounts(all)));
    if let Some(last) = train.releases.last() {
        let version = visible_line(&last.version);
        push_row(&mut text, "newest", &format!("{} ({version}), {}{}", last.name, dates(last), gate(last)));
    }
    if let Some(next) = &train.next {
        push_row(&mut text, "next", &checked_in(next));
        push_row(&mut text, "window", &window(next));
    }
    for fix in &train.private_fixes {
        push_row(&mut text, "private", &private_fix(fix));
    }
    train.nights.iter().for_each(|known| push_row(&mut text, "night", &night(known)));
    text.push_str("\nto do\n");
    if train.actions.is_empty() {
        text.push_str("  nothing\n");
    }
    train.actions.iter().for_each(|action| push_action(&mut text, action));
    text
}

fn push_row(text: &mut String, name: &str, words: &str) {
    text.push_str(&format!("{name:<8}{words}\n"));
}

fn push_action(text: &mut String, Action { why, command }: &Action) {
    text.push_str(&format!("  {}\n    {command}\n", visible_line(why)));
}

fn push_release(text: &mut String, release: &ReleaseStatus) {
    let ReleaseStatus { name, version, fixes, .. } = release;
    let (version, gate) = (visible_line(version), gate(release));
    text.push_str(&format!("{name} ({version}), {}{}; {gate}\n", dates(release), amounts(fixes)));
    if !release.allowed.is_empty() {
        let allowed: Vec<String> = release.allowed.iter().map(ToString::to_string).collect();
        text.push_str(&format!("  cut in spite of {}\n", allowed.join(", ")));
    }
    fixes.iter().for_each(|fix| text.push_str(&format!("  {}\n", line(fix))));
}

fn push_next(text: &mut String, next: &NextRollup) {
    text.push_str(&format!("after {}: {}\n", next.follows, checked_in(next)));
    for checked_in in &next.fixes {
        text.push_str(&format!("  {:<12}{}\n", checked_in.readiness.as_str(), line(&checked_in.fix)));
    }
    text.push_str(&format!("window: {}\n", window(next)));
    if !next.fixes.is_empty() && !next.objections.is_empty() {
        text.push_str("against a cut today:\n");
        for objection in &next.objections {
            text.push_str(&format!("  {}: {}\n    {}\n", objection.exception, visible_line(&objection.reason), objection.help));
        }
    }
}

fn private_fix(fix: &Waiting) -> String {
    let Waiting { id, customer, base, state, deadline, .. } = fix;
    let defects: Vec<&str> = fix.defects.iter().map(|defect| defect.as_str()).collect();
    let due = fix.due.clone().unwrap_or_else(|| format!("by {deadline}"));
    let release = fix.superseded_by.as_ref().map(|release| format!("; {release} has it")).unwrap_or_default();
    format!("{id} ({} on {base}) for {}: {state}, {due}{release}", defects.join(", "), visible_line(customer))
}

fn night(night: &Night) -> String {
    let Night { date, candidate, planned, failing, newly_failing, found, void, .. } = night;
    let result = match (void, found) {
        (Some(reason), _) => format!("void: {}", visible_line(reason)),
        (None, false) => format!("all is well, {}", counted(*planned as usize, "scenario")),
        (None, true) => format!("{failing} of {} fail, {newly_failing} new", counted(*planned as usize, "scenario")),
    };
    format!("{date}, {} {}: {result}", visible_line(&candidate.name), candidate.digest.short())
}

fn line(fix: &FixLine) -> String {
    let severity = match (fix.kind, fix.severity) {
        (DefectKind::Change, _) => "change",
        (DefectKind::Defect, severity) => severity.as_str(),
    };
    format!("{severity:<9}{:<13} {}: {}", fix.component, fix.id, visible_line(&fix.title))
}

fn amounts<'f>(fixes: impl IntoIterator<Item = &'f FixLine>) -> String {
    let (changes, fixes): (Vec<&FixLine>, Vec<&FixLine>) = fixes.into_iter().partition(|fix| fix.kind == DefectKind::Change);
    let mut words = counted_as(fixes.len(), "fix", "fixes");
    if !changes.is_empty() {
        words.push_str(&format!(", {}", counted(changes.len(), "change")));
    }
    words
}

fn dates(release: &ReleaseStatus) -> String {
    let date = |word, date: Option<_>| date.map(|date| format!("{word} {date}, ")).unwrap_or_default();
    format!("{}{}", date("cut", release.cut), date("shipped", release.shipped))
}

fn gate(release: &ReleaseStatus) -> String {
    let Some(Standing { signed, attested_since, decided_again, .. }) = &release.signoff else {
        return "not signed off".to_owned();
    };
    let (date, held) = (signed.date, signed.criteria - signed.unsatisfied.len());
    let so_far = format!("{held} of {} hold", counted_as(signed.criteria, "criterion", "criteria"));
    let words: Vec<&str> = signed.unsatisfied.iter().map(|criterion| criterion.as_str()).collect();
    let decision = match (&signed.void, signed.decision) {
        (Some(_), _) => format!("void on {date}"),
        (None, Decision::Ship) => format!("ship on {date}, {so_far}"),
        (None, Decision::Hold) => format!("hold on {date} by {}, {so_far}", words.join(", ")),
    };
    let attestations = counted(*attested_since, "attestation");
    match (attested_since, decided_again) {
        (0, _) => decision,
        (_, true) => format!("{decision}, decided again with {attestations} since"),
        (_, false) => format!("{decision}, before {attestations} that came since"),
    }
}

fn checked_in(next: &NextRollup) -> String {
    if next.fixes.is_empty() {
        return "nothing is checked in".to_owned();
    }
    let count = |readiness| next.fixes.iter().filter(|checked_in| checked_in.readiness == readiness).count();
    let all = [Readiness::Ready, Readiness::Unpaired, Readiness::Unproved, Readiness::StaleProof];
    let parts: Vec<String> = all
        .into_iter()
        .filter(|readiness| count(*readiness) > 0)
        .map(|readiness| format!("{} {}", count(readiness), readiness.as_str()))
        .collect();
    format!("{} checked in: {}", amounts(next.fixes.iter().map(|checked_in| &checked_in.fix)), parts.join(", "))
}

fn window(next: &NextRollup) -> String {
    let Some(NextCut { window, from_shipping, state, days }) = next.window else {
        let unknown = next.objections.iter().find(|objection| objection.exception == Exception::OutsideWindow);
        return unknown.map_or("none: no cadence is stated".to_owned(), |objection| format!("unknown: {}", objection.reason));
    };
    let (opens, closes) = (window.opens, window.closes);
    let since = if from_shipping { "shipped, as no cut date is recorded" } else { "was cut" };
    let state = match state {
        WindowState::Early => "not open yet",
        WindowState::Open => "open",
        WindowState::Late => "late",
    };
    format!("{state}, {opens} to {closes}; {} since {} {since}", counted(usize::try_from(days).unwrap_or(0), "day"), next.follows)
}
