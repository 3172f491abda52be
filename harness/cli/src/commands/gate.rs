//! `fixgate gate`

use fixgate_core::attestation::Attestation;
use fixgate_core::gate::{Decision, Evidence, Signoff, State, bears_on, decide};
use fixgate_core::id::{ReleaseName, RunName};
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_core::report::page;
use fixgate_core::report::paint::Paint;
use fixgate_core::report::summary::Extent;
use fixgate_core::report::text::ways_out;
use fixgate_engine::builds::{self, AtHand, unknown_release};
use fixgate_engine::fault::Fault;
use fixgate_engine::tree::Tree;
use fixgate_engine::{attest, reports, signoffs};

use super::records::Records;
use super::signoff::Rendered;
use crate::arguments::{Format, Gate};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Decides again from records alone.
pub(super) fn gate(session: &Session, arguments: &Gate) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let record = fixgate_engine::run::read(&tree, arguments.run.as_str())?;
    made_for(&ledger, &record, &arguments.release)?;
    let found = Records::of_run(session.output, &tree, &ledger, &record);
    let ledger = found.ledger(&ledger);
    let decided = decision(&tree, ledger, &record, &arguments.release)?;
    is_of_the_build_at_hand(session, (&tree, ledger), &record, &decided)?;
    let signoff = Rendered::new(ledger, &record, decided)?.signoff;
    session.output.result(&match arguments.format {
        Format::Text => text(&signoff, session.output.paint()),
        Format::Json => signoff.to_json(),
    })?;
    Ok(match (says_the_same(session, (&tree, ledger), &record, &signoff)?, exit(&signoff)) {
        (false, Exit::Success) => Exit::Failures,
        (_, exit) => exit,
    })
}

/// Holds if a run was made to sign this release off, and it is one.
pub(super) fn made_for(ledger: &Ledger, record: &RunRecord, release: &ReleaseName) -> Result<(), Fault> {
    ledger.train.release(release).ok_or_else(|| unknown_release(ledger, release))?;
    if record.header.release.as_ref() == Some(release) {
        return Ok(());
    }
    let message = format!("the run `{}` was not made to sign off {release}", record.header.run);
    Err(Fault::usage(message).help(format!("make one: fixgate signoff {release}")))
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

/// The run that a release's reports rest on.
pub(super) fn run_of_reports(tree: &Tree, release: &ReleaseName) -> Result<RunName, Fault> {
    let none = || {
        let message = format!("reports/{release}/ holds no sign-off");
        Fault::usage(message).help(format!("make it first: fixgate signoff {release}"))
    };
    let text = reports::signoff(tree, release)?.ok_or_else(none)?;
    Signoff::read(&text).map(|signoff| signoff.run).map_err(|reason| reports::damaged(release, &reason))
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
    let then = decision_as_of(&stated, (tree, ledger), record, release)?.0;
    let same = text == named_as_in(&stated, Rendered::new(ledger, record, then)?.signoff).to_json();
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
    if !stated.files.contains_key(page::NAME) {
        signoff.files.remove(page::NAME);
    }
    signoff
}

/// The decision over a record as it was when this `signoff.json` was written, and how many attestations have come since.
pub(super) fn decision_as_of(
    stated: &Signoff,
    (tree, ledger): (&Tree, &Ledger),
    record: &RunRecord,
    release: &ReleaseName,
) -> Result<(Signoff, usize), Fault> {
    let build = record.header.candidate.digest;
    let is_stated = |word: &Attestation| stated.attestations.iter().any(|known| known.digest == word.digest);
    let is_new = |word: &Attestation| bears_on(ledger, release, build, word) && !is_stated(word);
    let (new, then): (Vec<_>, Vec<_>) = all_said(tree, ledger)?.into_iter().partition(is_new);
    Ok((decision_over(tree, ledger, record, release, &then)?, new.len()))
}

/// The decision over a record.
pub(super) fn decision(tree: &Tree, ledger: &Ledger, record: &RunRecord, release: &ReleaseName) -> Result<Signoff, Fault> {
    decision_over(tree, ledger, record, release, &all_said(tree, ledger)?)
}

/// What people attested, and what they attested against a build and was deleted.
fn all_said(tree: &Tree, ledger: &Ledger) -> Result<Vec<Attestation>, Fault> {
    let deleted = attest::deleted(tree, ledger)?;
    Ok(ledger.attestations.iter().cloned().chain(deleted).collect())
}

fn decision_over(
    tree: &Tree,
    ledger: &Ledger,
    record: &RunRecord,
    release: &ReleaseName,
    attestations: &[Attestation],
) -> Result<Signoff, Fault> {
    let release = ledger.train.release(release).ok_or_else(|| unknown_release(ledger, release))?;
    let compared = signoffs::compared(tree, ledger, record, &release.name)?;
    // Waivers are judged where they are applied, and only those for this release.
    let gaps = ledger.gaps(None);
    Ok(decide(&Evidence {
        ledger,
        gaps: &gaps,
        release,
        record,
        last: compared.reference.as_ref(),
        signoffs: Some(compared.digest),
        earlier: &compared.earlier,
        attestations,
        today: today(),
    }))
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
    texts.iter().find(|text| fits(text)).cloned().unwrap_or_else(|| with_evidence(signoff, paint, 0))
}

fn with_evidence(signoff: &Signoff, paint: Paint, most: usize) -> String {
    let mut text = String::new();
    for criterion in &signoff.criteria {
        let state = paint.state(criterion.state, format!("{:>11}", criterion.state.as_str()));
        text.push_str(&format!("{state}  {:<10}  {}\n", criterion.id, criterion.summary));
        if criterion.state != State::Satisfied {
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
