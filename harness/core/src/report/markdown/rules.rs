//! The section that says what changed in the rules, so that a reviewer sees it without looking.

use std::fmt::{self, Write as _};

use super::{cell, code};
use crate::rules::{AppliedRules, CaseChange, Fate};
use crate::words::counted;

/// The most changes that are shown.
const SHOWN: usize = 50;

/// Writes the section.
pub(super) fn write(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    writeln!(page, "## What changed in the rules since the last release\n")?;
    write_since(page, rules)?;
    if !rules.not_required.is_empty() {
        let names: Vec<&str> = rules.not_required.iter().map(|criterion| criterion.as_str()).collect();
        writeln!(page, "Criteria that are not required: {}.\n", names.join(", "))?;
    }
    write_changes(page, rules)?;
    write_cases(page, rules)
}

fn write_since(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    match (&rules.since, &rules.follows) {
        (None, None) => writeln!(page, "This is the first release: there are none to compare with.\n"),
        (None, Some(follows)) => writeln!(
            page,
            "**Neither {follows} nor any release before it is signed off here**: nothing shows what changed, or which scenarios are missing.\n"
        ),
        (Some(since), follows) => {
            if follows.as_ref() != Some(&since.release) {
                let follows = follows.as_ref().map(ToString::to_string).unwrap_or_default();
                writeln!(page, "**{follows} is not signed off here**; {} is the last release that is.\n", since.release)?;
            }
            let nothing = rules.changes.is_empty() && rules.cases.iter().all(|change| change.fate == Fate::New);
            let words = if nothing { "Nothing changed since the sign-off" } else { "Compared with the sign-off" };
            writeln!(page, "{words} of {} on {}, rules `{}`.\n", since.release, since.date, since.digest)
        }
    }
}

fn write_changes(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    if rules.changes.is_empty() {
        return Ok(());
    }
    writeln!(page, "| rule | before | now |\n|---|---|---|")?;
    let shown = |words: &Option<String>| words.as_ref().map_or("none".to_owned(), |words| cell(words));
    for change in rules.changes.iter().take(SHOWN) {
        writeln!(page, "| {} {} | {} | **{}** |", change.subject, code(&change.name), shown(&change.before), shown(&change.now))?;
    }
    writeln!(page)?;
    match rules.changes.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(page, "… and {more} more; signoff.json has them all.\n"),
    }
}

/// Cases line by line, but new ones as one number: they take nothing away.
fn write_cases(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    let (new, others): (Vec<&CaseChange>, Vec<&CaseChange>) = rules.cases.iter().partition(|change| change.fate == Fate::New);
    for change in others.iter().take(SHOWN) {
        let scenarios = counted(change.count as usize, "scenario");
        let first: Vec<String> = change.first.iter().map(|shown| code(shown)).collect();
        let more = if change.count > change.first.len() as u64 { ", …" } else { "" };
        writeln!(page, "- {}: {scenarios} {}: {}{more}", code(&change.case), change.fate.words(), first.join(", "))?;
    }
    if others.len() > SHOWN {
        writeln!(page, "- … and {}; signoff.json has them all", counted(others.len() - SHOWN, "more case"))?;
    }
    let added: u64 = new.iter().map(|change| change.count).sum();
    if added > 0 {
        writeln!(page, "- {} new", counted(added as usize, "scenario"))?;
    }
    if rules.cases.is_empty() { Ok(()) } else { writeln!(page) }
}
