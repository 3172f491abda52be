//! `fixgate gate`

use fixgate_core::gate::{Decision, Evidence, Signoff, State, decide};
use fixgate_core::id::ReleaseName;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_engine::builds::unknown;
use fixgate_engine::fault::Fault;
use fixgate_engine::reports;
use fixgate_engine::tree::Tree;

use crate::arguments::{Format, Gate};
use crate::exit::Exit;
use crate::session::Session;

/// Decides again from records alone.
pub(super) fn gate(session: &Session, arguments: &Gate) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let record = fixgate_engine::run::read(&tree, arguments.run.as_str())?;
    if record.header.release.as_ref() != Some(&arguments.release) {
        let message = format!("the run `{}` was not made to sign off {}", arguments.run, arguments.release);
        return Err(Fault::usage(message).help(format!("make one: fixgate signoff {}", arguments.release)));
    }
    let signoff = decision(&tree, &ledger, &record, &arguments.release)?;
    session.output.result(&match arguments.format {
        Format::Text => text(&signoff),
        Format::Json => signoff.to_json(),
    })?;
    Ok(match (says_the_same(session, &tree, &signoff)?, exit(&signoff)) {
        (false, Exit::Success) => Exit::Failures,
        (_, exit) => exit,
    })
}

/// Whether the checked-in decision over this very run, if there is one, is what the record gives.
fn says_the_same(session: &Session, tree: &Tree, signoff: &Signoff) -> Result<bool, Fault> {
    let release = &signoff.release;
    let Some(text) = reports::signoff(tree, release)? else { return Ok(true) };
    let run = serde_json::from_str::<serde_json::Value>(&text).map(|value| value["run"].clone());
    let of_another_run = run.is_ok_and(|run| run != signoff.run.as_str());
    let same = of_another_run || text == signoff.to_json();
    if !same {
        session.output.complaint(&format!(
            "reports/{release}/signoff.json is not what this record gives: it was edited, or the rules were\n"
        ));
    }
    Ok(same)
}

/// The decision over a record.
pub(super) fn decision(tree: &Tree, ledger: &Ledger, record: &RunRecord, release: &ReleaseName) -> Result<Signoff, Fault> {
    let release = ledger.train.release(release).ok_or_else(|| unknown(ledger, release.as_str()))?;
    let last = reports::last_signoff(tree, ledger, &release.name)?;
    // Waivers are judged where they are applied, and only those for this release.
    let gaps = ledger.gaps(None);
    Ok(decide(&Evidence { ledger, gaps: &gaps, release, record, last: last.as_ref() }))
}

/// The decision for a terminal: what does not hold is shown with its first evidence.
pub(super) fn text(signoff: &Signoff) -> String {
    const SHOWN: usize = 10;
    let mut text = String::new();
    for criterion in &signoff.criteria {
        text.push_str(&format!("{:>11}  {:<10}  {}\n", criterion.state.as_str(), criterion.id, criterion.summary));
        if criterion.state != State::Satisfied {
            criterion.evidence.iter().take(SHOWN).for_each(|line| text.push_str(&format!("             {line}\n")));
            if criterion.evidence.len() > SHOWN {
                text.push_str(&format!("             … and {} more\n", criterion.evidence.len() - SHOWN));
            }
        }
    }
    if let Some(void) = &signoff.void {
        text.push_str(&format!("VOID, there is no answer: {void}\n"));
    }
    let word = signoff.decision.as_str().to_uppercase();
    text.push_str(&format!("{word}: {} {} ({})\n", signoff.product, signoff.release, signoff.version));
    text
}

/// How a decision ends the command.
pub(super) fn exit(signoff: &Signoff) -> Exit {
    match (&signoff.void, signoff.decision) {
        (Some(_), _) => Exit::Void,
        (None, Decision::Ship) => Exit::Success,
        (None, Decision::Hold) => Exit::Failures,
    }
}
