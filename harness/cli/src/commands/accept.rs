//! `fixgate accept`

use fixgate_core::accepted::Accepted;
use fixgate_core::case::Scenario;
use fixgate_core::defect::Defect;
use fixgate_core::id::Glob;
use fixgate_core::ledger::Ledger;
use fixgate_core::report::paint::Paint;
use fixgate_core::words::{counted, counted_as};
use fixgate_engine::accept::{Difference, differences};
use fixgate_engine::fault::Fault;
use fixgate_engine::tree::Tree;
use fixgate_engine::{builds, reports};
use toml_edit::{DocumentMut, InlineTable, Item, Value};

use super::prove::no_defect;
use crate::arguments::Accept;
use crate::exit::Exit;
use crate::session::Session;

/// What came of one record's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Each of them explains something, and all of that can be pinned.
    Differences,
    /// One of them explains nothing.
    Idle,
    /// An output varies from one run to the next.
    Varying,
}

/// Shows what claims explain, and pins it once a person says so.
pub(super) fn accept(session: &Session, arguments: &Accept) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let mut worst = Found::Differences;
    for id in &arguments.defects {
        let defect = ledger.defects.get(id).ok_or_else(|| no_defect(&ledger, id))?;
        worst = worst.max(accept_one(session, (&tree, &ledger), defect, arguments.yes)?);
    }
    let ids: Vec<&str> = arguments.defects.iter().map(|id| id.as_str()).collect();
    let ids = ids.join(" ");
    match (worst, arguments.yes) {
        (Found::Differences, true) => {}
        (Found::Differences, false) => {
            session.output.note(&format!("nothing was pinned; if this is as it should be: fixgate accept {ids} --yes\n"));
        }
        (Found::Idle, _) => {
            session
                .output
                .note(&format!("not pinned: a claim that explains nothing; correct `changes`, then: fixgate accept {ids}\n"));
        }
        (Found::Varying, _) => {
            session
                .output
                .note(&format!("not pinned: what varies is another each time; settle it, then: fixgate accept {ids}\n"));
        }
    }
    Ok(Exit::found(worst != Found::Differences))
}

/// Shows, and pins if told to, what one record's claims explain.
fn accept_one(session: &Session, (tree, ledger): (&Tree, &Ledger), defect: &Defect, pin: bool) -> Result<Found, Fault> {
    let id = &defect.id;
    let without = |what: &str| Fault::usage(format!("{id} has no {what}, so there is nothing to accept"));
    if defect.claims.is_empty() {
        let help = "if its fix changes what scenarios give that expect what the baseline gives, name them in its record: \
                    changes = [\"suite/NAME\"]";
        return Err(without("claims (`changes`)").help(help));
    }
    let fixed_in =
        defect.fixed_in().ok_or_else(|| without("`fixed-in`").help("a claim counts from the release that has the fix"))?;
    let before = ledger.train.before(fixed_in).ok_or_else(|| {
        without("release before `fixed-in`").help("a claim explains a difference from an earlier release: take `changes` out")
    })?;
    let progress = session.progress();
    let site = session.site_of_cases(tree, ledger, &progress)?;
    let base = builds::find(&site, before.name.as_str(), None)?;
    let fixed = builds::find(&site, fixed_in.as_str(), None)?;
    let found = differences(&site, defect, (&base, &fixed))?;
    let accepted = Accepted::new(found.iter().map(|difference| (difference.scenario.clone(), difference.outputs)));
    let mut worst = Found::Differences;
    for claim in &defect.claims {
        let claimed: Vec<&Difference> = found.iter().filter(|difference| claim.scenarios.matches(&difference.scenario)).collect();
        let differ = counted_as(claimed.len(), "scenario differs", "scenarios differ");
        session.output.result(&format!("{id} `{}`: {differ}\n", claim.scenarios.as_str()))?;
        if claimed.is_empty() {
            worst = worst.max(Found::Idle);
            let between = (before.name.as_str(), fixed_in.as_str());
            session.output.result(&format!("  {}\n", why_idle(ledger, &claim.scenarios, between)))?;
        }
        let varying = claimed.iter().filter(|difference| difference.varying.is_some());
        worst = worst.max(varying.clone().next().map_or(Found::Differences, |_| Found::Varying));
        varying.clone().try_for_each(|difference| session.output.result(&varies(ledger, difference)))?;
        if !pin {
            claimed.iter().try_for_each(|difference| session.output.result(&shown(difference)))?;
        }
    }
    if pin && worst == Found::Differences {
        write_pins(tree, defect, &accepted)?;
    }
    Ok(worst)
}

/// Why a claim explains nothing between two releases, and what to do.
fn why_idle(ledger: &Ledger, claim: &Glob, (before, after): (&str, &str)) -> String {
    let matching: Vec<&Scenario> = ledger.scenarios.iter().filter(|scenario| claim.matches(&scenario.id)).collect();
    let comparing = matching.iter().filter(|scenario| scenario.needs_baseline()).count();
    match (matching.len(), comparing) {
        (0, _) => "no scenario matches it: correct it in `changes`, or take it out".to_owned(),
        (all, 0) => format!(
            "{} matches it, and none expects what the baseline gives; what a case states itself needs no claim: take it out",
            counted(all, "scenario")
        ),
        (_, comparing) => format!(
            "none of {} that it is about gives something else on {after} than on {before}: it is stale, take it out",
            counted(comparing, "scenario")
        ),
    }
}

/// That an output cannot be pinned, and what settles it.
fn varies(ledger: &Ledger, difference: &Difference) -> String {
    let scenario = ledger.scenarios.iter().find(|scenario| scenario.id == difference.scenario);
    let advice = scenario.zip(difference.varying.as_ref()).map(|(scenario, varying)| varying.advice(scenario));
    let advice = advice.iter().flat_map(|advice| advice.lines());
    let advice: String = advice.map(|line| format!("    {}\n", Paint::Plain.shown(line))).collect();
    format!("  {} varies from one run to the next and cannot be pinned\n{advice}", difference.scenario)
}

fn shown(difference: &Difference) -> String {
    let lines: String = difference.detail.lines().map(|line| format!("    {}\n", Paint::Plain.shown(line))).collect();
    format!("  {}\n{lines}", difference.scenario)
}

/// Writes the accepted outputs, then their digests into the record's claims; everything else of the record stays as it is.
fn write_pins(tree: &Tree, defect: &Defect, accepted: &Accepted) -> Result<(), Fault> {
    let path = tree.place(&defect.place.source.path);
    let unexpected = || Fault::harness(format!("{path} has changed while it was read"));
    let mut document: DocumentMut = defect.place.source.text.parse().map_err(|_| unexpected())?;
    let claims = document.get_mut("changes").and_then(Item::as_array_mut).ok_or_else(unexpected)?;
    for (claim, value) in defect.claims.iter().zip(claims.iter_mut()) {
        let mut pinned = InlineTable::new();
        pinned.insert("scenarios", claim.scenarios.as_str().into());
        pinned.insert("accepted", accepted.digest(&claim.scenarios).to_string().into());
        let decor = value.decor().clone();
        *value = Value::InlineTable(pinned);
        *value.decor_mut() = decor;
    }
    reports::write_file(&tree.defects().join(format!("{}.accepted.jsonl", defect.id)), accepted.to_text().as_bytes())?;
    reports::write_file(&path, document.to_string().as_bytes())
}
