//! The differences of a record one by one, as a person at a terminal says what each is.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _};

use fixgate_core::defect::Defect;
use fixgate_core::id::{DefectId, ScenarioId};
use fixgate_core::ledger::Ledger;
use fixgate_engine::accept::Difference;
use fixgate_engine::fault::Fault;

use super::super::waive::waive;
use super::{shown, varies};
use crate::arguments::Waive;
use crate::session::Session;

/// What a person said of a record's differences.
#[derive(Debug, Default)]
pub(super) struct Review {
    /// Are as they should be.
    pub(super) accepted: Vec<ScenarioId>,
    /// Are made by other records.
    pub(super) claimed: BTreeMap<DefectId, Vec<ScenarioId>>,
    /// How many nothing accounts for yet.
    pub(super) left: usize,
}

/// What a person says of one difference.
enum Answer {
    Accept,
    Claim,
    Waive,
    Leave,
    Quit,
}

const KEYS: &str = "[a]ccept, [c]laim for another record, [w]aive for a time, [l]eave, [q]uit";

/// Whether a person is there: questions are asked and answered at a terminal alone.
pub(super) fn is_person_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks about each difference in turn. What is not answered is left.
pub(super) fn review(session: &Session, ledger: &Ledger, defect: &Defect, found: &[Difference]) -> Result<Review, Fault> {
    let mut review = Review::default();
    for (difference, number) in found.iter().zip(1..) {
        let heading = format!("{}: {number} of {}\n{}", defect.id, found.len(), shown(difference));
        let varying = if difference.varying.is_some() { varies(ledger, difference) } else { String::new() };
        session.output.prompt(&format!("\n{heading}{varying}"));
        match decide(session, ledger, defect, difference)? {
            Decided::Accepted => review.accepted.push(difference.scenario.clone()),
            Decided::Claimed(by) => review.claimed.entry(by).or_default().push(difference.scenario.clone()),
            Decided::Waived => {}
            Decided::Left => review.left += 1,
            Decided::Quit => {
                review.left += found.len() + 1 - number;
                break;
            }
        }
    }
    Ok(review)
}

/// What became of one difference.
enum Decided {
    Accepted,
    Claimed(DefectId),
    Waived,
    Left,
    Quit,
}

/// Asks until the answer is one.
fn decide(session: &Session, ledger: &Ledger, defect: &Defect, difference: &Difference) -> Result<Decided, Fault> {
    loop {
        let Some(answer) = ask(session, &format!("{KEYS}: "))? else { return Ok(Decided::Quit) };
        match read(&answer) {
            Some(Answer::Accept) if difference.varying.is_some() => {
                session.output.prompt("it varies from one run to the next, so there is nothing to accept\n");
            }
            Some(Answer::Accept) => return Ok(Decided::Accepted),
            Some(Answer::Leave) => return Ok(Decided::Left),
            Some(Answer::Quit) => return Ok(Decided::Quit),
            Some(Answer::Claim) => {
                if let Some(by) = other(session, ledger, defect)? {
                    return Ok(Decided::Claimed(by));
                }
            }
            Some(Answer::Waive) => {
                if waived(session, difference)? {
                    return Ok(Decided::Waived);
                }
            }
            None => session.output.prompt("give one of these letters\n"),
        }
    }
}

fn read(answer: &str) -> Option<Answer> {
    match answer {
        "a" | "accept" => Some(Answer::Accept),
        "c" | "claim" => Some(Answer::Claim),
        "w" | "waive" => Some(Answer::Waive),
        "l" | "leave" => Some(Answer::Leave),
        "q" | "quit" => Some(Answer::Quit),
        _ => None,
    }
}

/// The record that makes the difference; none if there is no such record.
fn other(session: &Session, ledger: &Ledger, defect: &Defect) -> Result<Option<DefectId>, Fault> {
    let Some(name) = ask(session, "which record makes it (its id): ")? else { return Ok(None) };
    let known = name.parse::<DefectId>().ok().filter(|id| ledger.defects.contains_key(id) && *id != defect.id);
    if known.is_none() {
        session.output.prompt(&format!("`{}` is no other record\n", name.escape_debug()));
    }
    Ok(known)
}

/// Whether the difference was waived, as its last run saw it.
fn waived(session: &Session, difference: &Difference) -> Result<bool, Fault> {
    let mut asked = Vec::new();
    for question in ["who accepts it, not the author of the fix: ", "why: ", "until which day, such as 2026-03-31: "] {
        let Some(answer) = ask(session, question)?.filter(|answer| !answer.is_empty()) else { return Ok(false) };
        asked.push(answer);
    }
    let [owner, reason, expires] = asked.as_slice() else { return Ok(false) };
    let Ok(expires) = expires.parse() else {
        session.output.prompt(&format!("`{}` is no day\n", expires.escape_debug()));
        return Ok(false);
    };
    let waiver = Waive {
        scenario: Some(difference.scenario.clone()),
        owner: owner.clone(),
        reason: reason.clone(),
        expires,
        run: None,
        normalize: Vec::new(),
        criterion: None,
        defect: None,
        release: None,
        test_is_bad: false,
        name: None,
    };
    match waive(session, &waiver) {
        Ok(_) => Ok(true),
        Err(fault) => {
            session.output.fault(&fault);
            Ok(false)
        }
    }
}

/// One line from the person, without blanks around it; nothing at the end of input, or where the command is to stop.
fn ask(session: &Session, question: &str) -> Result<Option<String>, Fault> {
    session.output.prompt(question);
    let mut line = String::new();
    let count = io::stdin().lock().read_line(&mut line);
    let count = count.map_err(|reason| Fault::system(format!("the answer cannot be read: {reason}"), &reason))?;
    let is_over = count == 0 || session.stop.load(std::sync::atomic::Ordering::Relaxed);
    Ok((!is_over).then(|| line.trim().to_owned()))
}
