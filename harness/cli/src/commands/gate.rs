//! `fixgate gate`

use fixgate_core::gate::{CriterionState, Decision, Signoff};
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_core::report::files::SignoffFile;
use fixgate_core::report::paint::Paint;
use fixgate_core::report::summary::Extent;
use fixgate_core::report::text::ways_out;
use fixgate_core::visible::inert_text;
use fixgate_engine::builds::{self, AtHand};
use fixgate_engine::fault::Fault;
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::{Rendered, decide, decide_as_of, made_for};
use fixgate_engine::{reports, signoffs};

use super::records::Records;
use crate::arguments::{Gate, GateFormat};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Decides again from records alone.
pub(super) fn gate(session: &Session, arguments: &Gate) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let record = fixgate_engine::run::read(&tree, arguments.run.as_str())?;
    made_for(&ledger, &record, &arguments.release)?;
    let found = Records::of_run(session.output, &tree, &ledger, &record)?;
    let ledger = found.ledger(&ledger);
    let decided = decide(&tree, ledger, &record, &arguments.release, today())?;
    is_of_the_build_at_hand(session, (&tree, ledger), &record, &decided.signoff)?;
    let rendered = Rendered::new(ledger, &record, &decided)?;
    let signoff = rendered.signoff.clone();
    session.output.result(&match arguments.format {
        GateFormat::Text => text(&signoff, session.output.paint()),
        GateFormat::Json => signoff.to_json(),
        GateFormat::Html => String::from_utf8_lossy(&rendered.file(SignoffFile::Page)).into_owned(),
    })?;
    Ok(match (says_the_same(session, (&tree, ledger), &record, &signoff)?, exit(&signoff)) {
        (false, Exit::Success) => Exit::Failures,
        (_, exit) => exit,
    })
}

/// Holds unless another build has taken the place of the one that was tested; tells where there is none to look at. What is void
/// says nothing of any build.
pub(super) fn is_of_the_build_at_hand(
    session: &Session,
    (tree, ledger): (&Tree, &Ledger),
    record: &RunRecord,
    signoff: &Signoff,
) -> Result<(), Fault> {
    if signoff.void.is_some() {
        return Ok(());
    }
    match builds::at_hand(tree, ledger, record)? {
        AtHand::Tested => {}
        AtHand::Nothing(path) => {
            session.output.note(&format!("{path} is not here, so the build that was tested is not digested again\n"));
        }
        AtHand::Unrecorded => {
            session.output.note("the run does not record where its build was, so that is not digested again\n");
        }
    }
    Ok(())
}

/// Whether the checked-in decision over this very run, if there is one, is what the record gave: attestations may have come since.
fn says_the_same(
    session: &Session,
    (tree, ledger): (&Tree, &Ledger),
    record: &RunRecord,
    signoff: &Signoff,
) -> Result<bool, Fault> {
    let release = &signoff.release;
    let Some(text) = reports::signoff(tree, release)? else { return Ok(true) };
    let stated = match Signoff::read(&text) {
        Ok(stated) if stated.run != signoff.run => return Ok(true),
        Ok(stated) => stated,
        Err(reason) => {
            session.output.complaint(&format!("reports/{release}/ holds no decision that can be read: {reason}\n"));
            return Ok(false);
        }
    };
    let strangers = signoffs::strangers(tree, &stated)?;
    for stranger in &strangers {
        session.output.complaint(&format!("reports/{release}/{stranger} is not the one that signoff.json names\n"));
    }
    if text == named_as_in(&stated, signoff.clone()).to_json() {
        return Ok(strangers.is_empty());
    }
    let then = decide_as_of(&stated, tree, ledger, record, release, today())?.0;
    let same = text == named_as_in(&stated, Rendered::new(ledger, record, &then)?.signoff).to_json();
    if stated.is_of_older_form() {
        session.output.complaint(&format!(
            "reports/{release}/signoff.json was written by an older fixgate, so it cannot be compared with what this record gives: \
             fixgate sign {release} writes it again\n"
        ));
    } else if same {
        let note = format!("reports/{release}/ is older than the newest attestations: fixgate sign {release} writes it again\n");
        session.output.note(&note);
    } else {
        session.output.complaint(&format!(
            "reports/{release}/signoff.json is not what this record gives: it was edited, or the rules were\n"
        ));
    }
    Ok(same && strangers.is_empty())
}

/// A decision as it was written before sign-offs had a page, where the stated one names none.
fn named_as_in(stated: &Signoff, mut signoff: Signoff) -> Signoff {
    if !stated.files.contains_key(SignoffFile::Page.name()) {
        signoff.files.remove(SignoffFile::Page.name());
    }
    signoff
}

/// The decision for a terminal: what does not hold is shown with its first evidence.
pub(super) fn text(signoff: &Signoff, paint: Paint) -> String {
    with_evidence(signoff, paint, 10)
}

/// The decision below what a run found, which is then shown with little of its evidence where both would not fit.
pub(super) fn decided_text(signoff: &Signoff, paint: Paint, extent: Extent) -> String {
    const PART: usize = 2;
    let fits = |text: &String| match extent {
        Extent::Lines(most) => text.lines().count() * PART <= most,
        Extent::All => true,
    };
    let texts = [10, 3, 1].map(|most| with_evidence(signoff, paint, most));
    inert_text(texts.iter().find(|text| fits(text)).cloned().unwrap_or_else(|| with_evidence(signoff, paint, 0)))
}

fn with_evidence(signoff: &Signoff, paint: Paint, most: usize) -> String {
    let mut text = String::new();
    for criterion in &signoff.criteria {
        let state = paint.state(criterion.state, format!("{:>11}", criterion.state.as_str()));
        text.push_str(&format!("{state}  {:<10}  {}\n", criterion.id, criterion.summary));
        if criterion.state != CriterionState::Satisfied {
            criterion.first_evidence(most).for_each(|line| text.push_str(&format!("             {line}\n")));
        }
    }
    if let Some(void) = &signoff.void {
        text.push_str(&paint.void(format!("VOID, there is no answer: {void}")));
        text.push('\n');
    }
    ways_out(signoff).iter().for_each(|way| text.push_str(&format!("way out: {way}\n")));
    let word = signoff.decision.as_str().to_uppercase();
    let word = paint.decision(signoff.decision, word);
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
