//! The section that says what changed in the rules, so that a reviewer sees it without looking.

use std::fmt::{self, Write as _};

use super::{cell, code};
use crate::case::Effect;
use crate::id::ReleaseName;
use crate::rules::{AppliedRules, Beside, CaseChange, Fate, Lacks, Misattributed, Since, Why};
use crate::words::counted;

/// The most changes that are shown.
const SHOWN: usize = 50;

/// Writes the section.
pub(super) fn write(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    writeln!(page, "## What changed in the rules since the last release\n")?;
    write_since(page, rules)?;
    rules.beside.iter().try_for_each(|beside| writeln!(page, "{}\n", told(beside)))?;
    if !rules.not_required.is_empty() {
        let names: Vec<&str> = rules.not_required.iter().map(|criterion| criterion.as_str()).collect();
        writeln!(page, "Criteria that are not required: {}.\n", names.join(", "))?;
    }
    write_unattributed(page, rules)?;
    write_misattributed(page, rules)?;
    write_changes(page, rules)?;
    write_edits(page, rules)?;
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
            let is_known = |release: &ReleaseName| rules.beside.iter().any(|beside| beside.signoff.release == *release);
            if let Some(follows) = follows.as_ref().filter(|follows| **follows != since.release && !is_known(follows)) {
                writeln!(page, "**{follows} is not signed off here**; {} is the last release that is.\n", since.release)?;
            }
            let nothing = rules.changes.is_empty() && rules.cases.iter().all(|change| change.fate == Fate::New);
            let words = if nothing { "Nothing changed since the sign-off" } else { "Compared with the sign-off" };
            writeln!(page, "{words} of {} on {}, rules `{}`.\n", since.release, since.date, since.digest)?;
            if since.starts {
                writeln!(
                    page,
                    "**That sign-off keeps only twelve digits of each definition's digest**, and a definition can be made to share \
                     them. Sign {} off again to compare whole digests.\n",
                    since.release
                )?;
            }
            if since.trainless {
                let release = &since.release;
                writeln!(
                    page,
                    "**That sign-off doesn't keep the order of the train.** Sign {release} off again to compare it.\n"
                )?;
            }
            Ok(())
        }
    }
}

/// Why a sign-off is not simply the last that shipped, in a sentence.
fn told(Beside { signoff, why }: &Beside) -> String {
    let Since { release, date, digest, starts: _, trainless: _ } = signoff;
    let rules = format!("rules `{digest}`");
    match why {
        Why::Held => format!("**The sign-off of {release} on {date} is a hold.** It is compared, too; {rules}."),
        Why::ShippedAlthoughHeld { on } => {
            format!("**{release} shipped on {on} although its sign-off of {date} is a hold.** It is compared, too; {rules}.")
        }
        Why::Deleted => {
            format!(
                "**The sign-off of {release} on {date} was deleted.** It is read from the history, and compared, too; {rules}."
            )
        }
        Why::Replaced => {
            format!("**{release} was signed off again after its sign-off of {date}.** What changed since is below, too; {rules}.")
        }
        Why::NoRelease => format!(
            "**{release} was signed off on {date} and is no release any more.** What changed since is below, too; {rules}."
        ),
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

/// The fixes of which something is not told that could be.
fn write_unattributed(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    let lacking = |lacks: Lacks| -> Vec<&str> {
        rules.unattributed.iter().filter(|fix| fix.lacks == lacks).map(|fix| fix.defect.as_str()).collect()
    };
    for lacks in Lacks::ALL {
        let words = lacks.words();
        let ids = lacking(lacks);
        let more =
            ids.len().checked_sub(SHOWN).filter(|more| *more > 0).map(|more| format!(" and {more} more")).unwrap_or_default();
        if !ids.is_empty() {
            writeln!(page, "Fixes that {words}: {}{more}.\n", ids[..ids.len().min(SHOWN)].join(", "))?;
        }
    }
    Ok(())
}

/// The fixes whose commit has another author than their record states.
fn write_misattributed(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    for Misattributed { defect, stated, committed } in rules.misattributed.iter().take(SHOWN) {
        let [stated, committed] = [stated, committed].map(|person| code(person));
        writeln!(page, "**The author of {defect} is {stated} by its record, and {committed} by its commit.**\n")?;
    }
    match rules.misattributed.len().checked_sub(SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(page, "{more} more fixes have another author by their commit than by their record.\n"),
    }
}

/// What was edited in definitions, what is loosened first.
fn write_edits(page: &mut String, rules: &AppliedRules) -> fmt::Result {
    for edited in rules.edits.iter().take(SHOWN) {
        let effect = match edited.edit.effect {
            Effect::Loosened => "**loosened**",
            Effect::Changed => "changed",
            Effect::Tightened => "tightened",
        };
        let (case, scenarios) = (code(&edited.case), counted(edited.count, "scenario"));
        let first: Vec<String> = edited.first.iter().map(|scenario| code(scenario.as_str())).collect();
        let more = if edited.count > edited.first.len() as u64 { ", …" } else { "" };
        writeln!(page, "- {effect}: {} of {case}, {scenarios}: {}{more}", edited.edit.about, first.join(", "))?;
    }
    if rules.edits.len() > SHOWN {
        writeln!(page, "- … and {}; signoff.json has them all", counted(rules.edits.len() - SHOWN, "more edit"))?;
    }
    if rules.edits.is_empty() { Ok(()) } else { writeln!(page) }
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
